"""The scale on which an answer was given, as a workspace declares it."""

from __future__ import annotations

from typing import NamedTuple


class Scale(NamedTuple):
    """The lowest and the highest answer that can be given; both can be."""

    lowest: float = 0.0
    highest: float = 10.0


#: The method does not state its scale; 10 is its top value (DOMAIN 1.3).
ZERO_TO_TEN = Scale()
