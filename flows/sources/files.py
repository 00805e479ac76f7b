"""Extracts that are files: which ones a glob means for a month, and the reader of each format."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flows.errors import ConfigurationError, DeliveryError
from flows.period import Period
from flows.settings import expand
from flows.sources.declaration import Files, Source
from flows.sources.extract import BATCH_ROWS, Batch, Extract, Origin, clean_headers
from flows.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

_ANY_MONTH = "[0-9][0-9][0-9][0-9]-[01][0-9]"


def files_of(workspace: Workspace, source: Source, period: Period) -> list[tuple[Path, str]]:
    """The files that the glob of ``source`` matches now, each with its origin, in order of that.

    The origin is the path relative to the glob's folder, the part before the first wildcard. Where the glob holds
    ``{period}`` every month's file is meant, and that of ``period`` must be there (with ``every_months``, that or one
    of the months since the last delivery was due). Raises DeliveryError when none is.
    """
    declared = source.files.glob
    pattern = expand(declared)
    found = _matches(workspace.root, pattern.replace("{period}", _ANY_MONTH))
    if not found:
        raise DeliveryError(
            f"no file matches {declared}",
            "put the extract there, or correct files.glob; it is relative to the workspace",
            where=f"sources/{source.name}.yml, files.glob",
        )
    due = [period.shift(-months) for months in range(source.every_months)]
    if "{period}" in declared and not any(
        _matches(workspace.root, pattern.replace("{period}", str(month))) for month in due
    ):
        raise DeliveryError(
            f"the extract of {period} is missing: no file matches {declared.replace('{period}', str(period))}",
            f"put it there; {len(found)} of other months are",
            where=f"sources/{source.name}.yml, files.glob",
        )
    folder = _folder(workspace.root, pattern.replace("{period}", _ANY_MONTH))
    origins = [(path, Path(os.path.relpath(path, folder)).as_posix()) for path in found]
    return sorted(origins, key=lambda item: item[1])


def _matches(root: Path, pattern: str) -> list[Path]:
    paths = (root / found for found in glob.glob(pattern, root_dir=root, recursive=True))
    return [path for path in paths if path.is_file()]


def _folder(root: Path, pattern: str) -> Path:
    parts = Path(pattern).parts
    fixed = 0
    while fixed < len(parts) - 1 and not glob.has_magic(parts[fixed]):
        fixed += 1
    return root.joinpath(*parts[:fixed])


def open_extract(path: Path, files: Files, origin: Origin, is_personal_field: Callable[[str], bool]) -> Extract:
    """Open ``path`` in the declared format and read its headers.

    Raises DeliveryError when the file is not whole or not what ``files`` declares, and ConfigurationError when the
    declaration cannot be meant. A personal field within a nested column never lands.
    """
    if files.compression != "none" and files.format in {"parquet", "xlsx"}:
        raise ConfigurationError(
            f"compression: {files.compression} does not go with format: {files.format}",
            "leave it out; these formats are compressed already",
            where=f"sources/{origin.source}.yml, files.compression",
        )
    try:
        match files.format:
            case "csv":
                from flows.sources.text import CsvExtract

                return CsvExtract(path, files, origin)
            case "jsonl":
                from flows.sources.json_lines import JsonLinesExtract

                return JsonLinesExtract(path, files, origin, is_personal_field)
            case "parquet":
                return ParquetExtract(path, origin, is_personal_field)
            case "xlsx":
                from flows.sources.workbooks import WorkbookExtract

                return WorkbookExtract(path, files, origin)
    except OSError as error:
        raise unreadable(error, origin) from None


def unreadable(error: OSError, origin: Origin) -> DeliveryError:
    """A DeliveryError for a file the system would not let us read."""
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    return DeliveryError(
        f"the file cannot be read: {why}", "check that it is there and its permissions", where=str(origin)
    )


class ParquetExtract:
    """A Parquet file; values keep their types, lines are row numbers from 1."""

    typed = True

    def __init__(self, path: Path, origin: Origin, is_personal_field: Callable[[str], bool]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._origin, self._is_personal_field = origin, is_personal_field
        self._source = path.open("rb")
        try:
            self._file = pq.ParquetFile(self._source)
            self._schema = self._file.schema_arrow
            self.headers = clean_headers(self._schema.names, origin)
        except (pa.ArrowException, OSError):
            self._source.close()
            raise self._damaged() from None
        except DeliveryError:
            self._source.close()
            raise

    def close(self) -> None:
        self._source.close()

    def batches(self, places: list[int]) -> Iterator[Batch]:
        """Rows in batches of Arrow arrays; raises DeliveryError when a page cannot be read."""
        import pyarrow as pa

        names = [self._schema.names[place] for place in places]
        for name in names:
            self._refuse_personal_fields(name, self._schema.field(name).type)
        row = 0
        try:
            for batch in self._file.iter_batches(batch_size=BATCH_ROWS, columns=names):
                lines = list(range(row + 1, row + len(batch) + 1))
                row += len(batch)
                yield Batch([_plain(batch.column(name)) for name in names], lines)
        except (pa.ArrowException, OSError):
            raise self._damaged() from None

    def _damaged(self) -> DeliveryError:
        return DeliveryError(
            "this is not a whole Parquet file: it is half-written or damaged",
            "wait until the export is complete, or pull it again",
            where=str(self._origin),
        )

    def _refuse_personal_fields(self, column: str, type_: pa.DataType) -> None:
        for place in range(type_.num_fields):
            field = type_.field(place)
            if self._is_personal_field(field.name):
                raise ConfigurationError(
                    f"the column {column} holds the field {field.name}, which is personal or looks so",
                    "leave the column out, or say why the field is not personal under not_personal",
                    where=f"sources/{self._origin.source}.yml",
                )
            self._refuse_personal_fields(column, field.type)


def _plain(column: pa.Array) -> pa.Array:
    """Dictionaries differ from batch to batch and cannot stay in one file: their values can."""
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
