"""Writes the made-up company's tables as files; the same table gives the same bytes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from flows.demo.tables import Table

_THEN = datetime(2026, 7, 1)


def write_csv(path: Path, table: Table, *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    """Columns as a CSV with a header; gzip when the name ends in ``.gz``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*(np.asarray(values).tolist() for values in table.values()), strict=True))
    _write(path, text.getvalue().encode(encoding))


def write_jsonl(path: Path, table: Table) -> None:
    """Columns as JSON lines; a blank text is null."""
    names = list(table)
    columns = (np.asarray(values).tolist() for values in table.values())
    lines = [
        json.dumps(
            {name: None if value == "" else value for name, value in zip(names, row, strict=True)}, ensure_ascii=False
        )
        for row in zip(*columns, strict=True)
    ]
    _write(path, ("\n".join(lines) + "\n").encode())


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(gzip.compress(data, 6, mtime=0) if path.suffix == ".gz" else data)


def write_parquet(path: Path, table: Table, *, decimals: tuple[str, ...] = ()) -> None:
    """Columns as Parquet: datetime64 as timestamps without a zone, ``decimals`` as DECIMAL(12,2), blanks as null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {}
    for name, values in table.items():
        if name in decimals:
            columns[name] = pa.array([f"{value:.2f}" for value in values.tolist()]).cast(pa.decimal128(12, 2))
        elif values.dtype.kind == "M":
            columns[name] = pa.array(values.astype("datetime64[ms]"), from_pandas=True)
        elif values.dtype.kind in "UO":
            columns[name] = pa.array(values.tolist(), mask=values == "")
        else:
            columns[name] = pa.array(values)
    pq.write_table(pa.table(columns), path, compression="zstd")


def write_workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    """Sheets of rows, the first row the header, as XLSX; the clock is kept out of the file."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    book.properties.created = _THEN
    raw = io.BytesIO()
    book.save(raw)
    stamp = _THEN.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in made.namelist():
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            fixed.writestr(zipfile.ZipInfo(name, _THEN.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
