"""Composites: KPIs made of other KPIs' figures, each part put on a scale from 0 (worst) to 100 (best).

A part counts as much as any other of its dimension, and a dimension as much as any other (DOMAIN dim5). A part without
a figure is left out, never a zero; what a composite is made of is told with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from flows.inference.intervals import NORMAL_95
from flows.inference.verdicts import DIRECTIONS

if TYPE_CHECKING:
    import pandas as pd

#: The slice under which the dimensions of a composite stand.
DIMENSION = "dimension"


def standardised(
    value: np.ndarray, low: np.ndarray, high: np.ndarray, scale_low: np.ndarray, scale_high: np.ndarray, up: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and limits on 0 to 100, 100 the good end; ``up`` where higher is better. NaN where the scale is open."""
    with np.errstate(invalid="ignore"):
        width = np.where(np.isfinite(scale_high - scale_low), scale_high - scale_low, np.nan)
        position, bottom, top = (100 * (each - scale_low) / width for each in (value, low, high))
    return (
        np.where(up, position, 100 - position),
        np.where(up, bottom, 100 - top),
        np.where(up, top, 100 - bottom),
    )


def composed(
    cells: pd.DataFrame, levels: tuple[np.ndarray, ...], hidden: np.ndarray, kpis: pd.DataFrame
) -> list[dict[str, object]]:
    """The observed rows of every composite: overall, and one for each of its dimensions (slice ``dimension``).

    ``cells`` and ``levels`` (value, low, high) are those of the parts; only figures of the whole company that are
    shown count. ``n`` is the smallest base among the parts. The standard error treats parts as independent: they come
    of different questions and streams. ``parts_present`` names them, since months of different parts are not compared.
    """
    value, low, high = standardised(
        *levels,
        *(cells[column].to_numpy(float) for column in ("scale_low", "scale_high")),
        cells["direction"].map(DIRECTIONS).to_numpy(int) >= 0,
    )
    shown = (cells["slice"] == "overall").to_numpy() & ~hidden & ~np.isnan(value)
    found: dict[tuple[str, str], tuple[float, float, int]] = {}
    for row in np.flatnonzero(shown):
        error = (high[row] - low[row]) / 2 / NORMAL_95
        found[cells["period"].iat[row], cells["kpi"].iat[row]] = (value[row], error, int(cells["n"].iat[row]))
    rows: list[dict[str, object]] = []
    for kpi, given in zip(kpis["kpi"], kpis["parts"], strict=True):
        if not isinstance(given, str):
            continue
        parts: dict[str, list[str]] = json.loads(given)
        for period in sorted({period for period, _ in found}):
            dimensions = []
            for dimension, names in parts.items():
                present = [(name, *found[period, name]) for name in names if (period, name) in found]
                if present:
                    dimensions.append(_mean(present))
                    rows.append(_row(kpi, period, dimension, *dimensions[-1]))
            if dimensions:
                rows.append(_row(kpi, period, None, *_mean(dimensions)))
    return rows


def _mean(parts: list[tuple[str, float, float, int]]) -> tuple[str, float, float, int]:
    """Names, mean, standard error and smallest base of equally weighted parts."""
    names, values, errors, bases = zip(*parts, strict=True)
    # an error that is not known (no interval) leaves that of the mean unknown
    error = float(np.sqrt(np.sum(np.square(errors))) / len(parts))
    return " ".join(names), float(np.mean(values)), error, min(bases)


def _row(kpi: str, period: str, dimension: str | None, names: str, value: float, error: float, n: int) -> dict:
    return {
        "kpi": kpi,
        "period": period,
        "slice": "overall" if dimension is None else DIMENSION,
        "slice_value": dimension,
        "n": n,
        "estimate": value,
        "estimate_error": error,
        "parts_present": names,
    }


def comparable(cells: pd.DataFrame, earlier: np.ndarray, *change: np.ndarray) -> tuple[np.ndarray, ...]:
    """``change`` with NaN where the composites of the two months are made of different parts."""
    present = cells["parts_present"].to_numpy(object)
    differ = (earlier >= 0) & np.array([a != b for a, b in zip(present, present[earlier], strict=True)], bool)
    return tuple(np.where(differ, np.nan, column) for column in change)
