"""JSON lines: one object a line. Columns are the union of all keys; what is nested lands as JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flows.errors import DeliveryError
from flows.sources.declaration import Files
from flows.sources.extract import BATCH_CHARACTERS, BATCH_ROWS, Batch, Origin, clean_headers
from flows.sources.personal import without_personal
from flows.sources.text import TextFile


class _Number(float):
    """A number that remembers how it was written."""

    def __new__(cls, text: str) -> _Number:
        number = super().__new__(cls, text)
        number.text = text
        return number


class JsonLinesExtract:
    """A file of JSON lines; read twice, because only the whole file tells its columns.

    A field within a nested value that ``is_personal`` names is left out.
    """

    typed = False

    def __init__(self, path: Path, files: Files, origin: Origin, is_personal: Callable[[str], bool]) -> None:
        self._path, self._files, self._origin, self._is_personal = path, files, origin, is_personal
        keys: dict[str, None] = {}
        for _, row, _ in self._rows():
            if not keys.keys() >= row.keys():
                keys.update(dict.fromkeys(row))
        self._keys = list(keys)
        self.headers = clean_headers(self._keys, origin)

    def close(self) -> None:
        """Nothing is held open between passes."""

    def batches(self, places: list[int]) -> Iterator[Batch]:
        """Rows in batches; a key that a line lacks is null. Raises DeliveryError naming the line."""
        keys = [self._keys[place] for place in places]
        columns: list[list[str | None]] = [[] for _ in keys]
        lines: list[int] = []
        full = BATCH_CHARACTERS
        for number, row, characters in self._rows():
            for column, key in zip(columns, keys, strict=True):
                column.append(self._text(row.get(key), number))
            lines.append(number)
            if len(lines) >= BATCH_ROWS or characters >= full:
                yield Batch(columns, lines)
                columns, lines, full = [[] for _ in keys], [], characters + BATCH_CHARACTERS
        if lines:
            yield Batch(columns, lines)

    def _rows(self) -> Iterator[tuple[int, dict[str, Any], int]]:
        file = TextFile(self._path, self._files, self._origin)
        decode = json.JSONDecoder(parse_float=_Number, parse_constant=_refuse_constant).decode
        try:
            for number, line in enumerate(file.lines(), start=1):
                if line.isspace():
                    continue
                try:
                    row = decode(line)
                except (ValueError, RecursionError):
                    row = None
                if not isinstance(row, dict):
                    raise DeliveryError(
                        "the line is not one JSON object",
                        "export one object a line, not one array; a line cut short means a half-written file",
                        where=self._origin.line(number),
                    )
                yield number, row, file.characters
        finally:
            file.close()

    def _text(self, value: Any, line: int) -> str | None:
        match value:
            case None:
                return None
            case str():
                text = value
            case bool():
                return "true" if value else "false"
            case int():
                return str(value)
            case _Number():
                return value.text
            case _:
                text = json.dumps(without_personal(value, self._is_personal), ensure_ascii=False)
        if "\0" in text or not (text.isascii() or _is_unicode(text)):
            raise DeliveryError(
                "a text holds a NUL or half a surrogate pair",
                "mend the export: such a text is not valid Unicode",
                where=self._origin.line(line),
            )
        return text


def _refuse_constant(_: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
