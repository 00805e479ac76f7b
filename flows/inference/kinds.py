"""The kinds of KPI: which sufficient statistics each needs, and which interval and comparison it has.

A kind is one entry of KINDS. Its functions take rows of cells (the observed columns as floats, with the KPI's
declaration beside them) and answer in the KPI's unit; whatever does not exist is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flows.inference import clustering, comparisons, intervals, log_means, nested_kinds, publishable, small_means
from flows.inference.comparisons import Difference
from flows.inference.estimates import two_estimates, wald

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


def _effective_n(cells: pd.DataFrame, total: np.ndarray, total_squares: np.ndarray) -> np.ndarray:
    """What the answers are worth in equal, independent ones: Kish's n where weighted, fewer still where clustered.

    ``total`` and ``total_squares`` are of the answers as the kind scores them.
    """
    n, weighted = cells["n"].to_numpy(copy=True), cells["weighted"].to_numpy(bool)
    n[weighted] = intervals.kish_sample_size(cells["weight"][weighted], cells["weight_squares"][weighted])
    clustered = np.isfinite(cells["clusters"].to_numpy())
    if clustered.any():
        columns = ("clusters", "cluster_squares", "cluster_cross", "cluster_total_squares")
        sums = [total, total_squares, *(cells[column].to_numpy() for column in columns)]
        found = clustering.clustered_mean(n[clustered], *(each[clustered] for each in sums))
        n[clustered] = found.effective_n
    return n


def _share_counts(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Positives and n, effective ones where weighted."""
    weighted, n = cells["weighted"].to_numpy(bool), cells["n"].to_numpy()
    hits = np.where(weighted, cells["total"], cells["positives"])
    effective = _effective_n(cells, hits, np.where(weighted, cells["total_squares"], hits))
    return hits / np.where(weighted, cells["weight"], n) * effective, effective


def presentation(cells: pd.DataFrame, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """What the NCHS standards say of each share, count or rate (``publishable``); None of other kinds."""
    answer = np.full(len(cells), None, object)
    kind, customers = cells["kind"].to_numpy(object), cells["clusters"].to_numpy() - 1
    freedom = np.where(np.isnan(customers), np.inf, customers)
    shares = np.isin(kind, ["proportion", "mix"])
    if shares.any():
        positives, n = _share_counts(cells[shares])
        answer[shares] = publishable.proportions(positives / n, n, freedom[shares])
    for name, column in (("rate", "positives"), ("count", "n")):
        rows = kind == name
        if rows.any():
            events = cells[column].to_numpy()[rows]
            value = events * np.where(name == "rate", cells["per"] / cells["exposure"], 1.0)[rows]
            answer[rows] = publishable.counts(value, low[rows], high[rows], events)
    return answer


def _share(cells: pd.DataFrame) -> Level:
    low, high = intervals.wilson(*_share_counts(cells))
    percent = np.where(cells["weighted"], 100 * cells["total"] / cells["weight"], 100 * cells["positives"] / cells["n"])
    return percent, 100 * low, 100 * high


def _share_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    low, high, p = comparisons.two_shares(*_share_counts(later), *_share_counts(earlier))
    return Difference(100 * low, 100 * high, p)


def _nps_counts(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Promoters, detractors and n, effective ones where weighted or clustered; answers are scored 1, 0 and -1."""
    weighted = cells["weighted"].to_numpy(bool)
    total = np.where(weighted, cells["total"], cells["positives"] - cells["negatives"])
    squares = np.where(weighted, cells["total_squares"], cells["positives"] + cells["negatives"])
    n = _effective_n(cells, total, squares)
    worth = n / np.where(weighted, cells["weight"], cells["n"])
    return (squares + total) / 2 * worth, (squares - total) / 2 * worth, n


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
    total, squares = cells["total"].to_numpy(), cells["total_squares"].to_numpy()
    n, weight = _effective_n(cells, total, squares), np.where(cells["weighted"], cells["weight"], cells["n"])
    mean = total / weight
    return n, mean, intervals.sample_variance(n, mean, cells["total_squares"] / weight)


def _mean(cells: pd.DataFrame) -> Level:
    n, mean, variance = _moments(cells)
    low, high = intervals.student_mean(n, mean, variance, *_scale(cells))
    # Below thirty answers Student's symmetry is not to be had of a scale with ends; the answers themselves are there.
    small = (n == cells["n"].to_numpy()) & (n < small_means.ENOUGH_FOR_STUDENT)
    few = np.flatnonzero(small & cells["small_sample"].notna().to_numpy())
    if len(few):
        low[few], high[few] = _small_mean(cells.iloc[few])
    return mean, np.fmin(low, mean), np.fmax(high, mean)


def _small_mean(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The answers of each cell, padded with answers that count for nothing."""
    values, counts = np.zeros((2, len(cells), small_means.ENOUGH_FOR_STUDENT))
    for row, answers in enumerate(cells["small_sample"]):
        values[row, : len(answers)], counts[row, : len(answers)] = answers, 1
    return small_means.bca_mean(values, counts, *_scale(cells))


def _scale(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return cells["scale_low"].to_numpy(), cells["scale_high"].to_numpy()


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


def _log_mean(cells: pd.DataFrame) -> Level:
    return log_means.log_mean(*_log_sums(cells))


def _log_mean_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    return log_means.two_log_means(*_log_sums(later), *_log_sums(earlier))


def _log_sums(cells: pd.DataFrame) -> list[np.ndarray]:
    return [cells[column].to_numpy() for column in ("n", "total", "total_squares")]


def _count(cells: pd.DataFrame) -> Level:
    low, high = intervals.garwood(cells["n"], np.ones(len(cells)))
    return cells["n"].to_numpy(), low, high


def _count_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    one = np.ones(len(later))
    return comparisons.two_rates(later["n"], one, earlier["n"].to_numpy(), one)


def _estimate(cells: pd.DataFrame) -> Level:
    """The value with the interval its model gave, or the normal one of its standard error, on the scale."""
    value, error = cells["estimate"].to_numpy(), cells["estimate_error"].to_numpy()
    limits = (
        np.where(np.isnan(cells[column]), normal, cells[column])
        for column, normal in zip(("estimate_low", "estimate_high"), wald(value, error)[1:], strict=True)
    )
    return value, *(np.clip(each, *_scale(cells)) for each in limits)


def _estimate_difference(later: pd.DataFrame, earlier: pd.DataFrame) -> Difference:
    """Two independent estimates; NaN where either came without a standard error."""
    columns = ("estimate", "estimate_error")
    return two_estimates(*(cells[column].to_numpy() for cells in (later, earlier) for column in columns))


_WEIGHTED_SUMS = ("weight", "weight_squares", "total", "total_squares")
KINDS = {
    "proportion": Kind(("positives",), _share, _share_difference, _WEIGHTED_SUMS, None, "weight"),
    "nps": Kind(("positives", "negatives"), _nps, _nps_difference, _WEIGHTED_SUMS, None, "weight"),
    "mean": Kind(("total", "total_squares"), _mean, _mean_difference, _WEIGHTED_SUMS, None, "weight"),
    "rate": Kind(("positives", "exposure"), _rate, _rate_difference, denominator="exposure"),
    "quantile": Kind((), _quantile, _quantile_difference),
    "mix": Kind(("positives",), _share, _share_difference),
    "count": Kind((), _count, _count_difference),
    "log_mean": Kind(("total", "total_squares"), _log_mean, _log_mean_difference),
    "ratio": Kind(("group_numbers",), nested_kinds.ratio, nested_kinds.ratio_difference),
    "spread": Kind(("cluster_mean_squares",), nested_kinds.between, nested_kinds.between_difference),
    "survival": Kind(("life_times",), nested_kinds.surviving, nested_kinds.surviving_difference),
    "estimate": Kind(("estimate",), _estimate, _estimate_difference),
    "composite": Kind(("estimate",), _estimate, _estimate_difference),
}
