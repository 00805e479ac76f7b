"""Scores of recency, frequency and monetary value by fifths, and the segments made of them.

Scores run from 1 (worst) to 5 (best): recency is the days since the last order, so few are good. Cut points are
quantiles of type 7 (NumPy's and DuckDB's ``quantile_cont``), so SQL can score a million customers with the four cut
points, and join ``segment_table`` for the segment; the functions here cost one pass over what they are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

BINS = 5
#: Where no segment of a table fits.
NO_SEGMENT = "Others"


class Segment(NamedTuple):
    """Lowest and highest score of each of the three, both included."""

    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]

    def holds(self, recency: np.ndarray, frequency: np.ndarray, monetary: np.ndarray) -> np.ndarray:
        inside = np.ones(np.shape(recency), bool)
        for score, (low, high) in zip((recency, frequency, monetary), self[1:], strict=True):
            inside &= (score >= low) & (score <= high)
        return inside


#: The bounds that the R package rfm documents (rsquaredacademy/rfm). The first segment that fits counts; here the
#: narrow ones come first, since in the package's order three of them are hidden by wider ones before them.
SEGMENTS = (
    Segment("Champions", (4, 5), (4, 5), (4, 5)),
    Segment("Can't Lose Them", (1, 1), (4, 5), (4, 5)),
    Segment("New Customers", (4, 5), (1, 1), (1, 1)),
    Segment("Promising", (3, 4), (1, 1), (1, 1)),
    Segment("Loyal Customers", (2, 5), (3, 5), (3, 5)),
    Segment("Potential Loyalist", (3, 5), (1, 3), (1, 3)),
    Segment("Need Attention", (2, 3), (2, 3), (2, 3)),
    Segment("About To Sleep", (2, 3), (1, 2), (1, 2)),
    Segment("At Risk", (1, 2), (2, 5), (2, 5)),
    Segment("Lost", (1, 2), (1, 2), (1, 2)),
)


def cut_points(values: ArrayLike, bins: int = BINS) -> np.ndarray:
    """The ``bins - 1`` quantiles (type 7) that part the values; NaN without any."""
    values = np.asarray(values, float)
    if not len(values):
        return np.full(bins - 1, np.nan)
    return np.quantile(values, np.arange(1, bins) / bins)


def scores(values: ArrayLike, cuts: ArrayLike, few_is_good: bool = False, cuts_plus_one: bool = False) -> np.ndarray:
    """1 for the lowest values to ``len(cuts) + 1`` for the highest, or the other way round where ``few_is_good``.

    A value equal to a cut point belongs below it, so equal values have equal scores and a change of unit (days into
    weeks, cents into euros) changes none. ``cuts_plus_one`` is the rule of the R package rfm, below means less than
    cut + 1: for whole numbers nearly the same, but it depends on the unit.
    """
    values, cuts = np.asarray(values, float), np.asarray(cuts, float)
    above = np.searchsorted(cuts + 1, values, "right") if cuts_plus_one else np.searchsorted(cuts, values, "left")
    return len(cuts) + 1 - above if few_is_good else above + 1


def segments_of(
    recency: ArrayLike, frequency: ArrayLike, monetary: ArrayLike, segments: Sequence[Segment] = SEGMENTS
) -> np.ndarray:
    """The name of the first segment that holds each triple of scores; NO_SEGMENT where none does."""
    triple = [np.asarray(score) for score in (recency, frequency, monetary)]
    return np.select(
        [segment.holds(*triple) for segment in segments], [segment.name for segment in segments], NO_SEGMENT
    )


def segment_table(segments: Sequence[Segment] = SEGMENTS, bins: int = BINS) -> list[tuple[int, int, int, str]]:
    """Every triple of scores with its segment, in order: what a query joins (125 rows of recency, frequency,
    monetary, segment).
    """
    triples = np.stack(np.meshgrid(*[np.arange(1, bins + 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    names = segments_of(*triples.T, segments=segments)
    return [(*map(int, triple), str(name)) for triple, name in zip(triples, names, strict=True)]
