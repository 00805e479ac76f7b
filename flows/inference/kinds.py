"""The kinds of KPI: which sufficient statistics each needs, and which interval and comparison it has.

A kind is one entry of KINDS. Its functions take rows of cells (the observed columns as floats, with the KPI's
declaration beside them) and answer in the KPI's unit; whatever does not exist is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flows.inference import comparisons, intervals
from flows.inference.comparisons import Difference

if TYPE_CHECKING:
    import pandas as pd

    Level = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Kind:
    """One statistic: the columns it needs (when weighted: the other ones), its level and its difference."""

    needs: tuple[str, ...]
    #: Value, low and high of each row.
    level: Callable[[pd.DataFrame], Level]
    #: The rows of the first frame minus those of the second.
    difference: Callable[[pd.DataFrame, pd.DataFrame], Difference]
    #: None where the kind cannot be weighted.
    needs_weighted: tuple[str, ...] | None = None
    #: What the value is divided by besides n.
    denominator: str | None = None
    denominator_weighted: str | None = None


def _effective_n(cells: pd.DataFrame) -> np.ndarray:
    n, weighted = cells["n"].to_numpy(copy=True), cells["weighted"].to_numpy(bool)
    n[weighted] = intervals.kish_sample_size(cells["weight"][weighted], cells["weight_squares"][weighted])
    return n


def _share_counts(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Positives and n, effective ones where weighted."""
    n = _effective_n(cells)
    return np.where(cells["weighted"], cells["total"] / cells["weight"] * n, cells["positives"]), n


def _share(cells: pd.DataFrame) -> Level:
    low, high = intervals.wilson(*_share_counts(cells))
    percent = np.where(cells["weighted"], 100 * cells["total"] / cells["weight"], 100 * cells["positives"] / cells["n"])
    return percent, 100 * low, 100 * high


def _share_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    low, high, p = comparisons.two_shares(*_share_counts(later), *_share_counts(earlier))
    return Difference(100 * low, 100 * high, p)


def _nps_counts(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Promoters, detractors and n; where weighted, effective ones from the sums of the answers scored 1, 0, -1."""
    n = _effective_n(cells)
    promoters = (cells["total_squares"] + cells["total"]) / 2 / cells["weight"] * n
    detractors = (cells["total_squares"] - cells["total"]) / 2 / cells["weight"] * n
    weighted = cells["weighted"]
    return np.where(weighted, promoters, cells["positives"]), np.where(weighted, detractors, cells["negatives"]), n


def _nps(cells: pd.DataFrame) -> Level:
    raw = 100 * (cells["positives"] - cells["negatives"]) / cells["n"]
    points = np.where(cells["weighted"], 100 * cells["total"] / cells["weight"], raw)
    low, high = intervals.adjusted_wald_nps(*_nps_counts(cells))
    # Of one answer or two the pseudo-answers can pull the interval off the raw NPS that is printed beside it.
    return points, np.minimum(low, points), np.maximum(high, points)


def _nps_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    return comparisons.two_nps(*_nps_counts(later), *_nps_counts(earlier))


def _moments(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effective n, mean and variance of one answer."""
    n, weight = _effective_n(cells), np.where(cells["weighted"], cells["weight"], cells["n"])
    mean = (cells["total"] / weight).to_numpy()
    return n, mean, intervals.sample_variance(n, mean, cells["total_squares"] / weight)


def _mean(cells: pd.DataFrame) -> Level:
    n, mean, variance = _moments(cells)
    return mean, *intervals.student_mean(n, mean, variance, cells["scale_low"], cells["scale_high"])


def _mean_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    low, high, p = comparisons.two_means(*_moments(later), *_moments(earlier))
    width = (later["scale_high"] - later["scale_low"]).to_numpy()
    return Difference(np.clip(low, -width, width), np.clip(high, -width, width), p)


def _rate(cells: pd.DataFrame) -> Level:
    per, events, exposure = (cells[column].to_numpy() for column in ("per", "positives", "exposure"))
    low, high = intervals.garwood(events, exposure)
    return per * events / exposure, per * low, per * high


def _rate_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    counts = [cells[column].to_numpy() for cells in (later, earlier) for column in ("positives", "exposure")]
    low, high, p = comparisons.two_rates(*counts)
    per = later["per"].to_numpy()
    return Difference(per * low, per * high, p)


def _quantile(cells: pd.DataFrame) -> Level:
    return tuple(cells[column].to_numpy() for column in ("quantile_value", "quantile_low", "quantile_high"))


def _quantile_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    """NaN where either month came without draws: months so small that they are not tested."""
    draws, earlier_draws = later["quantile_draws"].to_numpy(object), earlier["quantile_draws"].to_numpy(object)
    both = np.array([a is not None and b is not None for a, b in zip(draws, earlier_draws, strict=True)], bool)
    answer = Difference(*(np.full(len(draws), np.nan) for _ in range(3)))
    if both.any():
        found = comparisons.two_quantiles(np.stack(draws[both]), np.stack(earlier_draws[both]))
        for column, part in zip(answer, found, strict=True):
            column[both] = part
    return answer


_WEIGHTED_SUMS = ("weight", "weight_squares", "total", "total_squares")
KINDS = {
    "proportion": Kind(("positives",), _share, _share_difference, _WEIGHTED_SUMS, None, "weight"),
    "nps": Kind(("positives", "negatives"), _nps, _nps_difference, _WEIGHTED_SUMS, None, "weight"),
    "mean": Kind(("total", "total_squares"), _mean, _mean_difference, _WEIGHTED_SUMS, None, "weight"),
    "rate": Kind(("positives", "exposure"), _rate, _rate_difference, denominator="exposure"),
    "quantile": Kind((), _quantile, _quantile_difference),
}
