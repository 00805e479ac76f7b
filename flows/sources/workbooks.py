"""XLSX: one sheet as a table of text. What would burst on opening is refused first."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.errors import ConfigurationError, DeliveryError
from flows.sources.declaration import Files
from flows.sources.extract import BATCH_ROWS, Batch, Origin, clean_headers
from flows.sources.keys import as_text

#: Bytes all parts of a workbook may come to when unpacked. Excel's own limit of rows fits several times.
LARGEST_UNPACKED = 1_000_000_000
#: Parts larger than this may not be packed tighter than 100 to 1; real sheets come to 10 or 20 to 1.
_SUSPECT_FROM = 20_000_000
_TIGHTEST = 100


class WorkbookExtract:
    """A sheet whose first row that is not blank holds the headers; later blank rows are no rows.

    Numbers land in one way (3.0 is ``3``), dates as ISO 8601, empty cells and Excel's errors (#N/A) as null.
    """

    typed = False

    def __init__(self, path: Path, files: Files, origin: Origin) -> None:
        self._origin = origin
        refuse_bomb(path, origin)
        sheet = self._sheet(path, files)
        self._rows = enumerate(sheet.iter_rows(), start=1)
        raw: list[Any] = []
        for _, raw in self._rows:
            if any(cell != "" for cell in raw):
                break
        headers = [as_text(cell) for cell in raw]
        # Cells that are only formatted stretch a sheet to the right.
        while headers and not headers[-1].strip():
            headers.pop()
        if not headers:
            raise DeliveryError(
                "the sheet is empty", "check files.sheet, or ask for the extract again", where=str(origin)
            )
        self.headers = clean_headers(headers, origin)

    def _sheet(self, path: Path, files: Files) -> Any:
        import python_calamine

        try:
            workbook = python_calamine.CalamineWorkbook.from_path(str(path))
            names = workbook.sheet_names
            if files.sheet is None:
                return workbook.get_sheet_by_index(0)
            if files.sheet in names:
                return workbook.get_sheet_by_name(files.sheet)
        except Exception:  # calamine's errors may quote cells
            raise _damaged(self._origin) from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # Rust's, which is no Exception
                raise
            raise _damaged(self._origin) from None
        raise ConfigurationError(
            f"the workbook {self._origin.file} has no sheet {files.sheet!r}",
            f"it has {', '.join(names)}",
            where=f"sources/{self._origin.source}.yml, files.sheet",
        )

    def close(self) -> None:
        """The workbook was read whole when it was opened."""

    def batches(self, places: list[int]) -> Iterator[Batch]:
        """Rows in batches; raises DeliveryError naming a row that goes on to the right of the headers."""
        width = len(self.headers)
        rows: list[list[str | None]] = []
        lines: list[int] = []
        for number, row in self._rows:
            if all(cell == "" for cell in row):
                continue
            if any(cell != "" for cell in row[width:]):
                raise DeliveryError(
                    "a cell stands to the right of the last header",
                    "give its column a header, or clear it",
                    where=f"{self._origin}, row {number}",
                )
            rows.append([None if row[place] == "" else as_text(row[place]) for place in places])
            lines.append(number)
            if len(rows) >= BATCH_ROWS:
                yield _batch(rows, lines, len(places))
                rows, lines = [], []
        if rows:
            yield _batch(rows, lines, len(places))


def _batch(rows: list[list[str | None]], lines: list[int], width: int) -> Batch:
    return Batch([[row[place] for row in rows] for place in range(width)], lines)


def refuse_bomb(path: Path, origin: Origin) -> None:
    """Unpack every part without keeping it; raises DeliveryError when it is damaged or swells beyond reason.

    zipfile gives no more than the size a part declares and checks its sum, so a part cannot lie about its size.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            tight = any(
                part.file_size > _SUSPECT_FROM and part.file_size > _TIGHTEST * max(1, part.compress_size)
                for part in parts
            )
            if unpacked > LARGEST_UNPACKED or tight:
                raise DeliveryError(
                    f"the workbook unpacks to {unpacked / 1e6:,.0f} MB out of {path.stat().st_size / 1e6:,.1f} MB",
                    "it looks made to fill the memory; if it is honest, export it as CSV",
                    where=str(origin),
                )
            for part in parts:
                with archive.open(part) as file:
                    while file.read(1 << 20):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise _damaged(origin) from None


def _damaged(origin: Origin) -> DeliveryError:
    return DeliveryError(
        "this is not a whole XLSX workbook: it is half-written, damaged, protected by a password or an old .xls",
        "wait until the export is complete, or save it as .xlsx without a password",
        where=str(origin),
    )
