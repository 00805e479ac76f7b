"""Step 3: which experience is the key one, said only as far as every admissible filling of what is missing agrees.

A mean that is not given (or withheld) lies somewhere on its scale, so its dimension's weighted satisfaction 3a lies
between two bounds. What is claimed:

- A dimension whose satisfaction 2c is not known **cannot be ranked**; it is named, and so is whether it could be worse
  than the key experience.
- Among those that can be, a **key experience** is below nought, and no other is more negative, under every filling of
  the missing importances. Where no dimension is so under all of them, there is no key experience, only candidates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.gap_statistics import GROUP
from flows.inference.scales import ZERO_TO_TEN, Scale

if TYPE_CHECKING:
    import pandas as pd

#: Differences of sums of ratings below it are rounding.
_ROUNDING = 1e-9


class Rank(NamedTuple):
    """One dimension: the bounds of its 3a, and the ranks it can have among the rankable (1 is most negative).

    Both ranks are None where it cannot be ranked. Equals share the better rank.
    """

    dimension: str
    lowest: float
    highest: float
    best: int | None
    worst: int | None

    @property
    def rank(self) -> int | None:
        """The rank, where every filling gives the same."""
        return self.best if self.best == self.worst else None


class Ranking(NamedTuple):
    """What can be said of one group's dimensions, each list in the order of the rows."""

    ranks: tuple[Rank, ...]
    #: The key experience; several where they are equal; none where no filling-proof answer exists.
    key: tuple[str, ...]
    #: Where there is no key: those that some filling makes the most negative, below nought.
    candidates: tuple[str, ...]
    #: Those whose satisfaction is not known.
    unrankable: tuple[str, ...]
    #: Those of them that some filling makes more negative than the key experience (without one: than nought).
    could_be_worse: tuple[str, ...]
    #: Key experiences whose own importance is not given: key whatever it is, which must be said.
    key_without_importance: tuple[str, ...]


def rank_group(rows: pd.DataFrame, *, scale: Scale = ZERO_TO_TEN, importance_scale: Scale = ZERO_TO_TEN) -> Ranking:
    """The ranking of one group's rows of ``gap_analysis.gap_table``: dimension, experience, expectation, importance."""
    low, high = bounds(rows, scale, importance_scale)
    names = rows["dimension"].tolist()
    known = ~rows[["experience", "expectation"]].isna().any(axis=1).to_numpy() | (low == high)
    ranks, key, candidates = [], [], []
    for place, name in enumerate(names):
        if not known[place]:
            ranks.append(Rank(name, float(low[place]), float(high[place]), None, None))
            continue
        others = known & (np.arange(len(names)) != place)
        best = 1 + int((high[others] < low[place] - _ROUNDING).sum())
        worst = 1 + int((low[others] < high[place] - _ROUNDING).sum())
        ranks.append(Rank(name, float(low[place]), float(high[place]), best, worst))
        if worst == 1 and high[place] < -_ROUNDING:
            key.append(name)
        elif best == 1 and low[place] < -_ROUNDING:
            candidates.append(name)
    least = max((high[names.index(name)] for name in key), default=0.0)
    unrankable = [name for place, name in enumerate(names) if not known[place]]
    return Ranking(
        ranks=tuple(ranks),
        key=tuple(key),
        candidates=() if key else tuple(candidates),
        unrankable=tuple(unrankable),
        could_be_worse=tuple(name for name in unrankable if low[names.index(name)] < least - _ROUNDING),
        key_without_importance=tuple(name for name in key if np.isnan(_importance(rows)[names.index(name)])),
    )


def bounds(rows: pd.DataFrame, scale: Scale, importance_scale: Scale) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest 3a of each row under every admissible filling: a missing mean lies on its scale."""
    experience, expectation = (
        [rows[measure].fillna(end).to_numpy(float) for end in scale] for measure in ("experience", "expectation")
    )
    importance = [rows["importance"].fillna(end).to_numpy(float) for end in importance_scale]
    satisfaction = (experience[0] - expectation[1], experience[1] - expectation[0])
    # the extremes of a product of two intervals are at their ends; + 0.0 turns -0.0 into 0.0
    corners = np.array([one * other for one in satisfaction for other in importance]) + 0.0
    return corners.min(axis=0), corners.max(axis=0)


def rank_table(
    table: pd.DataFrame, *, scale: Scale = ZERO_TO_TEN, importance_scale: Scale = ZERO_TO_TEN
) -> tuple[pd.DataFrame, dict[tuple[str, str, str, str | None], Ranking]]:
    """``gap_analysis.gap_table`` with rank, rank_best and rank_worst (null where not known), and each group's Ranking
    by (period, role, slice, slice_value).
    """
    import pandas as pd

    table = table.reset_index(drop=True)
    found, ranked = {}, {name: [None] * len(table) for name in ("rank", "rank_best", "rank_worst")}
    for group, rows in table.groupby(GROUP, dropna=False, sort=False):
        label = None if pd.isna(group[-1]) else group[-1]
        found[*group[:-1], label] = ranking = rank_group(rows, scale=scale, importance_scale=importance_scale)
        for place, rank in zip(rows.index, ranking.ranks, strict=True):
            for name, value in zip(ranked, (rank.rank, rank.best, rank.worst), strict=True):
                ranked[name][place] = value
    return table.assign(**{name: pd.array(values, dtype="Int64") for name, values in ranked.items()}), found


def _importance(rows: pd.DataFrame) -> np.ndarray:
    return rows["importance"].to_numpy(float)
