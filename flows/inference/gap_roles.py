"""Where customers, frontline and management see the same dimension differently: a finding of its own (DOMAIN 1.3)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.comparisons import two_means

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

ROLES = ("customer", "frontline", "management")
_MEASURES = ("experience", "expectation", "satisfaction", "importance")


class RoleDifference(NamedTuple):
    """``role`` minus ``other`` in one measure of a dimension.

    Two samples have an interval and p (Welch). A sample against a judgement has none of its own: ``clear`` says whether
    the judgement lies outside the sample's interval. Of two judgements nothing more than the difference can be said.
    """

    period: str
    slice: str
    slice_value: str | None
    dimension: str
    measure: str
    role: str
    other: str
    difference: float
    low: float
    high: float
    p: float
    clear: bool | None


def role_differences(table: pd.DataFrame, roles: Sequence[str] = ROLES) -> list[RoleDifference]:
    """Every pair of ``roles`` in ``gap_analysis.gap_table``, in the order of the table, where both have the measure.

    The interval of two samples rests on the standard errors in the table, so nothing withheld gets in.
    """
    import pandas as pd

    place = ["period", "slice", "slice_value", "dimension"]
    found = []
    for identity, rows in table.groupby(place, dropna=False, sort=False):
        by_role = {row["role"]: row for row in rows.to_dict("records")}
        for role, other in combinations([role for role in roles if role in by_role], 2):
            for measure in _MEASURES:
                one, two = by_role[role], by_role[other]
                if np.isnan(one[measure]) or np.isnan(two[measure]):
                    continue
                label = None if pd.isna(identity[2]) else identity[2]
                compared = _compared(measure, one, two)
                found.append(RoleDifference(*identity[:2], label, identity[3], measure, role, other, *compared))
    return found


def _compared(measure: str, one: dict, two: dict) -> tuple[float, float, float, float, bool | None]:
    """Difference, low, high, p, clear."""
    difference = one[measure] - two[measure]
    if one["sample"] and two["sample"]:
        moments = []
        for row in (one, two):
            n = row[f"{measure}_freedom"] + 1
            moments += [n, row[measure], row[f"{measure}_error"] ** 2 * n]
        low, high, p = (float(part[0]) for part in two_means(*moments))
        return difference, low, high, p, None if np.isnan(low) else not low <= 0 <= high
    clear = None
    if one["sample"] != two["sample"]:
        sample, judgement = (one, two) if one["sample"] else (two, one)
        low, high = sample[f"{measure}_low"], sample[f"{measure}_high"]
        clear = None if np.isnan(low) else not low <= judgement[measure] <= high
    return difference, np.nan, np.nan, np.nan, clear
