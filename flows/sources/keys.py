"""Keys that identify somebody: normalised, then hashed, so that the lake never holds them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flows.sources.declaration import Key

#: Hex digits kept of a hash: 128 bits.
_DIGITS = 32
_INTEGER = re.compile(r"([+-]?)0*([0-9]+)(?:\.0*)?", re.ASCII)


class NotAnInteger(ValueError):
    """A value of a key declared ``integer`` is none; ``place`` is its index in the column. Carries no value."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


def hashed(salt: str, key: Key, missing: Iterable[str]) -> Callable[[Sequence[str | None]], list[str | None]]:
    """A function that turns a column of texts into hashes: the first 32 hex digits of
    ``sha256(salt + "\0" + names + "\0" + value)``, null for blanks and ``missing`` markers.

    The function raises NotAnInteger.
    """
    markers = frozenset(marker.strip() for marker in missing) | {""}
    prefix = f"{salt}\0{key.names}\0".encode()
    normal = _NORMAL[key.case] if key.type == "text" else _integer

    def token(value: str) -> str | None:
        text = value.strip()
        if text in markers:
            return None
        return hashlib.sha256(prefix + normal(text).encode()).hexdigest()[:_DIGITS]

    def column(values: Sequence[str | None]) -> list[str | None]:
        known: dict[str | None, str | None] = {None: None}
        for place, value in enumerate(values):
            if value not in known:
                try:
                    known[value] = token(value)
                except ValueError:
                    raise NotAnInteger(place) from None
        return [known[value] for value in values]

    return column


_NORMAL: dict[str, Callable[[str], str]] = {"keep": str, "lower": str.lower, "upper": str.upper}


def _integer(text: str) -> str:
    if text.isascii() and text.isdigit():
        return text.lstrip("0") or "0"
    found = _INTEGER.fullmatch(text)
    if not found:
        raise ValueError
    return ("-" if found[1] == "-" and found[2] != "0" else "") + found[2]


def as_text(value: Any) -> str:
    """One value as text in one way only: 3.0 is ``3``, times are ISO 8601 with a blank between date and time."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e22:
            return str(int(value))
        case Decimal() if value == value.to_integral_value():
            return f"{value:.0f}"
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(int(seconds) if (seconds := value.total_seconds()).is_integer() else seconds)
        case _:
            return str(value)
