"""What every reader gives to landing, and the errors they share. Nothing here quotes a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from flows.errors import DeliveryError

#: Rows a batch holds at most: bounds memory, and is a good size for a Parquet row group.
BATCH_ROWS = 50_000
#: Characters a batch holds at most, whatever its rows.
BATCH_CHARACTERS = 32_000_000


@dataclass
class Batch:
    """Some rows: one list or Arrow array per kept column, and where each row stands (its first line, from 1)."""

    columns: list[Any]
    lines: list[int]


class Extract(Protocol):
    """An extract opened for reading. ``headers`` are stripped, not empty and unlike each other whatever their case."""

    headers: list[str]
    #: Whether values have types (Parquet, SQL); otherwise every value is text.
    typed: bool

    def batches(self, places: list[int]) -> Iterator[Batch]:
        """The rows, with the columns at ``places`` of the headers only; raises DeliveryError with the line."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Origin:
    """Where rows come from, for sentences: the source and its file."""

    source: str
    file: str

    def line(self, number: int) -> str:
        return f"{self.source}, {self.file}, line {number}"

    def __str__(self) -> str:
        return f"{self.source}, {self.file}"


def clean_headers(raw: list[str], origin: Origin) -> list[str]:
    """The headers without surrounding blanks.

    Raises DeliveryError for an empty or repeated one by its place: without a header line, "headers" would be data.
    """
    headers = [header.strip().removeprefix("\ufeff").strip() for header in raw]
    seen: dict[str, int] = {}
    for place, header in enumerate(headers, start=1):
        if not header:
            raise DeliveryError(
                f"column {place} of {len(headers)} has no header",
                "name every column in the export; check files.delimiter, and that the first line holds the headers",
                where=str(origin),
            )
        if header.casefold() in seen:
            raise DeliveryError(
                f"columns {seen[header.casefold()]} and {place} have the same header",
                "give each column its own name in the export; the first line must hold the headers",
                where=str(origin),
            )
        seen[header.casefold()] = place
    return headers
