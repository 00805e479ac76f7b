"""Composites: KPIs made of other KPIs' figures, each part put on a scale from 0 (worst) to 100 (best).

A part counts as much as any other of its dimension, and a dimension as much as any other (DOMAIN dim5). A part without
a figure is left out, never a zero; what a composite is made of is told with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.intervals import normal_quantile
from flows.inference.verdicts import DIRECTIONS

if TYPE_CHECKING:
    import pandas as pd

#: The slices under which the dimensions of a composite stand, and the parts of these.
DIMENSION, PART = "dimension", "part"
#: A part that is compared with its last figure, whenever that was, is measured less often than monthly: its last
#: figure counts for so many more months.
MONTHS_KEPT = 2


class Standing(NamedTuple):
    """A part, dimension or composite on the scale from 0 to 100; ``names`` are the parts it is made of."""

    names: tuple[str, ...]
    value: float
    low: float
    high: float
    error: float
    n: int


def standardised(
    value: np.ndarray, low: np.ndarray, high: np.ndarray, scale_low: np.ndarray, scale_high: np.ndarray, up: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values and limits on 0 to 100, 100 the good end; ``up`` where higher is better. NaN where the scale is open.

    What lies beyond an end of its scale, as a spread can, is at that end.
    """
    with np.errstate(invalid="ignore"):
        width = np.where(np.isfinite(scale_high - scale_low), scale_high - scale_low, np.nan)
        position, bottom, top = (np.clip(100 * (each - scale_low) / width, 0, 100) for each in (value, low, high))
    return (
        np.where(up, position, 100 - position),
        np.where(up, bottom, 100 - top),
        np.where(up, top, 100 - bottom),
    )


def composed(
    cells: pd.DataFrame, levels: tuple[np.ndarray, ...], hidden: np.ndarray, kpis: pd.DataFrame
) -> list[dict[str, object]]:
    """The observed rows of every composite: overall, one for each dimension (slice ``dimension``) and for each part.

    ``cells`` and ``levels`` (value, low, high) are those of the parts; only figures of the whole company that are
    shown count. ``n`` is the smallest base among the parts. ``parts_present`` names them, since months of different
    parts are not compared. Rows of parts (slice ``part``) have their interval and no standard error: their change is
    tested where it was measured, and not again here.

    The standard error is the mean of those of the parts, the largest that it can be however they go together
    (Minkowski): the same people answer several of the questions, so the parts are not independent. It is NaN where a
    part has no interval.
    """
    value, low, high = standardised(
        *levels,
        *(cells[column].to_numpy(float) for column in ("scale_low", "scale_high")),
        cells["direction"].map(DIRECTIONS).to_numpy(int) >= 0,
    )
    shown = (cells["slice"] == "overall").to_numpy() & ~hidden & ~np.isnan(value)
    kept = dict(zip(cells["kpi"], np.where(cells["compared_with"] == "last_with_data", MONTHS_KEPT, 0), strict=True))
    found: dict[tuple[str, int], Standing] = {}
    for row in np.flatnonzero(shown):
        name, period, n = (cells[column].iat[row] for column in ("kpi", "period", "n"))
        error = (high[row] - low[row]) / 2 / normal_quantile()
        found[name, _month(period)] = Standing((name,), value[row], low[row], high[row], error, int(n))
    rows: list[dict[str, object]] = []
    for kpi, given in zip(kpis["kpi"], kpis["parts"], strict=True):
        if not isinstance(given, str):
            continue
        parts: dict[str, list[str]] = json.loads(given)
        mine = {name for names in parts.values() for name in names}
        for period in sorted({cells["period"].iat[row] for row in np.flatnonzero(shown & cells["kpi"].isin(mine))}):
            dimensions = []
            for dimension, names in parts.items():
                latest = (_latest(found, name, _month(period), kept.get(name, 0)) for name in names)
                present = [standing for standing in latest if standing]
                rows += [_row(kpi, period, PART, part.names[0], part._replace(error=np.nan)) for part in present]
                if present:
                    dimensions.append(_mean(present))
                    rows.append(_row(kpi, period, DIMENSION, dimension, dimensions[-1]))
            rows.append(_row(kpi, period, "overall", None, _mean(dimensions)))
    return rows


def _month(period: str) -> int:
    return int(period[:4]) * 12 + int(period[5:7])


def _latest(found: dict[tuple[str, int], Standing], name: str, month: int, kept: int) -> Standing | None:
    """The part's figure of the month, or the latest of the ``kept`` months before it."""
    return next((found[name, month - back] for back in range(kept + 1) if (name, month - back) in found), None)


def _mean(parts: list[Standing]) -> Standing:
    """Equally weighted parts: means of their values and of their errors, and the smallest base."""
    value, error = (float(np.mean([getattr(part, field) for part in parts])) for field in ("value", "error"))
    names = tuple(name for part in parts for name in part.names)
    return Standing(names, value, np.nan, np.nan, error, min(part.n for part in parts))


def _row(kpi: str, period: str, slice_: str, label: str | None, standing: Standing) -> dict[str, object]:
    return {
        "kpi": kpi,
        "period": period,
        "slice": slice_,
        "slice_value": label,
        "n": standing.n,
        "estimate": standing.value,
        "estimate_low": standing.low,
        "estimate_high": standing.high,
        "estimate_error": standing.error,
        "parts_present": " ".join(standing.names),
    }


def comparable(cells: pd.DataFrame, earlier: np.ndarray, *change: np.ndarray) -> tuple[np.ndarray, ...]:
    """``change`` with NaN where the composites of the two months are made of different parts."""
    present = cells["parts_present"].to_numpy(object)
    differ = (earlier >= 0) & np.array([a != b for a, b in zip(present, present[earlier], strict=True)], bool)
    return tuple(np.where(differ, np.nan, column) for column in change)
