"""Spoils the last month of a demo workspace, each way as extracts really go wrong."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

from flows.demo.clock import LAST
from flows.errors import ConfigurationError

Lines = list[list[str]]


def spoil(directory: Path | str, kind: str) -> Path:
    """Spoil one extract of the demo workspace in ``directory``; returns the file (gone, for the missing ones).

    Raises ConfigurationError for an unknown ``kind`` or when the extract is not there.
    """
    if kind not in KINDS:
        raise ConfigurationError(f"there is no way {kind!r} to spoil the demo", f"use one of {', '.join(KINDS)}")
    name, _, change = KINDS[kind]
    path = Path(directory) / "extracts" / name.format(period=LAST)
    if not path.is_file():
        raise ConfigurationError(f"extracts/{path.name} is not there", "make the demo workspace first")
    change(path)
    return path


def _rows(path: Path, change: Callable[[Lines], Lines]) -> None:
    lines = list(csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode(), newline="")))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(change(lines))
    path.write_bytes(gzip.compress(text.getvalue().encode(), 6, mtime=0))


def _scores(path: Path) -> None:
    def off_scale(lines: Lines) -> Lines:
        column = lines[0].index("recommend")
        for nth, line in enumerate(lines[30:45]):
            line[column] = str(11 + nth % 3)
        return lines

    _rows(path, off_scale)


def _half(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def _encoding(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    path.write_bytes(gzip.compress(text.encode("cp1250", errors="replace"), 6, mtime=0))


def _without_satisfaction(path: Path) -> None:
    def cut(lines: Lines) -> Lines:
        gone = lines[0].index("satisfaction")
        return [line[:gone] + line[gone + 1 :] for line in lines]

    _rows(path, cut)


def _same_keys(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    again = [line.replace('"satisfaction": 5', '"satisfaction": 1') for line in lines[40:43]]
    path.write_bytes(gzip.compress(("\n".join([*lines, *again]) + "\n").encode(), 6, mtime=0))


def _amount_as_text(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    place = table.schema.get_field_index("amount")
    texts = [f"{value} zł".replace(".", ",") for value in table["amount"].to_pylist()]
    pq.write_table(table.set_column(place, "amount", pa.array(texts)), path, compression="zstd")


#: Kind → file, what happened to it, and how.
KINDS: dict[str, tuple[str, str, Callable[[Path], None]]] = {
    "scores": ("survey_{period}.csv.gz", "fifteen recommendations of 11 to 13 on a scale that ends at 10", _scores),
    "missing_file": ("customers.csv", "the customer register was not delivered", Path.unlink),
    "missing_month": (
        "survey_{period}.csv.gz",
        "the survey's last month was not delivered, older ones were",
        Path.unlink,
    ),
    "half_written": ("calls_{period}.csv.gz", "the transfer broke off half-way", _half),
    "empty": (
        "case_surveys_{period}.csv.gz",
        "a header and no rows",
        lambda path: _rows(path, lambda lines: lines[:1]),
    ),
    "encoding": ("survey_{period}.csv.gz", "written in Windows code page 1250, declared as UTF-8", _encoding),
    "vanished_column": ("case_surveys_{period}.csv.gz", "the column satisfaction is gone", _without_satisfaction),
    "duplicate_keys": ("order_surveys_{period}.jsonl.gz", "three responses came again with other scores", _same_keys),
    "changed_type": (
        "orders_{period}.parquet",
        "amounts turned from decimals into texts such as 12,50 zł",
        _amount_as_text,
    ),
}
