"""Which target holds for a figure in its month, and whether it is met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.errors import ConfigurationError
from flows.inference.suppression import OVERALL

if TYPE_CHECKING:
    import pandas as pd


def targets_of(cells: pd.DataFrame, targets: pd.DataFrame) -> np.ndarray:
    """The target of each cell, NaN where none: of its KPI and slice value, the newest with valid_from <= period.

    A target without valid_from has always held; one without a slice is for the whole. Raises ConfigurationError when
    two targets are given for one cell from one month on.
    """
    import pandas as pd

    dated: dict[tuple, dict[str, float]] = {}
    for row in targets.to_dict("records"):
        whole = pd.isna(row["slice"]) or row["slice"] in ("", OVERALL)
        value = None if whole or pd.isna(row["slice_value"]) or row["slice_value"] == "" else str(row["slice_value"])
        cell = (row["kpi"], OVERALL if whole else row["slice"], value)
        since = "" if pd.isna(row["valid_from"]) else str(row["valid_from"])[:7]
        if since in dated.setdefault(cell, {}):
            raise ConfigurationError(
                f"two targets of {cell[0]} for {cell[1]} hold from {since or 'the beginning'}",
                "keep one of them, or give the newer one a later valid_from",
                where="targets.csv",
            )
        if not pd.isna(row["target"]):
            dated[cell][since] = float(row["target"])
    found = np.full(len(cells), np.nan)
    for place, (kpi, slices, value, period) in enumerate(
        zip(*(cells[column] for column in ("kpi", "slice", "slice_value", "period")), strict=True)
    ):
        held = dated.get((kpi, slices, value), {})
        since = max((month for month in held if month <= period), default=None)
        if since is not None:
            found[place] = held[since]
    return found


def met(value: np.ndarray, target: np.ndarray, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each value is on the good side of its target (on it counts), and where that can be said at all.

    ``direction`` is 1, -1 or 0; without a target, a value or a direction nothing can be said.
    """
    known = ~np.isnan(value) & ~np.isnan(target) & (direction != 0)
    return known & np.where(direction > 0, value >= target, value <= target), known
