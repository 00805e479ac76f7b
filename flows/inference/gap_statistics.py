"""What the gap analysis counts in a cell (group and dimension), and the intervals of a difference and of a product of
means whose answers come partly from the same people.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from flows.inference.intervals import kish_sample_size, normal_quantile
from flows.inference.resampling import percentile_interval, resampled_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

GROUP = ["period", "role", "slice", "slice_value"]
MEASURES = ("experience", "expectation", "importance")
_PAIRS = tuple(combinations(MEASURES, 2))


def statistics_of(answers: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """One row a group of ``answers`` and dimension of ``dimensions``, in this order: GROUP, dimension and n (whoever
    gave any of the three); of each measure its n, kish (what the answers are worth), mean and variance (divisor
    kish - 1); of each pair of measures its n, kish, and the covariance of the two means.

    Raises ValueError when a respondent rates a dimension twice in one group, or one that is not in ``dimensions``.
    """
    import pandas as pd

    answers = answers.reset_index(drop=True)
    keys = [*GROUP, "respondent", "dimension"]
    if answers.duplicated(keys).any():
        raise ValueError("a respondent rates a dimension twice in one group")
    if unknown := sorted(set(answers["dimension"]) - set(dimensions)):
        raise ValueError(f"rated, but not among the dimensions: {', '.join(unknown)}")
    groups = answers[GROUP].drop_duplicates().sort_values(GROUP, na_position="first")
    cells = groups.merge(pd.DataFrame({"dimension": list(dimensions)}), how="cross")
    # in a total order, so that sums of floats do not depend on the order of the rows
    answers = (
        cells.reset_index(names="cell").merge(answers, on=[*GROUP, "dimension"]).sort_values(["cell", "respondent"])
    )
    at = answers["cell"].to_numpy()
    values = {measure: answers[measure].to_numpy(float) for measure in MEASURES}
    weight = answers["weight"].to_numpy(float) if "weight" in answers else np.ones(len(answers))
    given = {measure: ~np.isnan(values[measure]) & (weight > 0) for measure in MEASURES}

    def total(summed: np.ndarray, of: np.ndarray) -> np.ndarray:
        return np.bincount(at[of], weights=summed[of], minlength=len(cells))

    cells["n"] = total(np.ones(len(at)), np.any(list(given.values()), axis=0)).astype(int)
    apart, weights = {}, {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for measure in MEASURES:
            who, value = given[measure], values[measure]
            weights[measure] = total(weight, who)
            kish = kish_sample_size(weights[measure], total(weight**2, who))
            mean = total(weight * value, who) / weights[measure]
            apart[measure] = value - mean[at]
            spread = total(weight * apart[measure] ** 2, who) / weights[measure]
            cells[f"{measure}_n"] = total(np.ones(len(at)), who).astype(int)
            cells[f"{measure}_kish"] = np.where(weights[measure] > 0, kish, 0.0)
            cells[f"{measure}_mean"] = mean
            cells[f"{measure}_variance"] = np.where(kish > 1, spread * kish / (kish - 1), np.nan)
        for first, second in _PAIRS:
            both = given[first] & given[second]
            squares = total(weight**2, both)
            kish = np.where(squares > 0, kish_sample_size(total(weight, both), squares), 0.0)
            correlation = _correlation(total, weight, values[first], values[second], both, at)
            spread = np.sqrt(cells[f"{first}_variance"] * cells[f"{second}_variance"]).to_numpy()
            covariance = correlation * spread * squares / (weights[first] * weights[second])
            cells[f"{first}_{second}_n"] = total(np.ones(len(at)), both).astype(int)
            cells[f"{first}_{second}_kish"] = kish
            cells[f"{first}_{second}_covariance"] = np.where(kish > 1, covariance, 0.0)
    return cells


def _correlation(total, weight, first, second, both, at) -> np.ndarray:
    """Pearson's correlation in each cell over those who gave both; 0 where one of the two never varies."""
    whole = total(weight, both)
    first, second = (value - (total(weight * value, both) / whole)[at] for value in (first, second))
    spread = np.sqrt(total(weight * first**2, both) * total(weight * second**2, both))
    return np.where(spread > 0, total(weight * first * second, both) / spread, 0.0)


def errors(statistics: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Standard error and degrees of freedom of each mean, and of ``satisfaction``, which is mean experience minus mean
    expectation, each over all who gave it. NaN where fewer than two did.

    Satisfaction: the partially overlapping samples t with unequal variances (Derrick, Russ, Toher & White 2017, Journal
    of Modern Applied Statistical Methods 16:137). The covariance of the two means comes from those who gave both; the
    degrees of freedom lie between those of the paired t, which it is where everybody gave both, and Welch's, which it
    is where nobody did. Weighted answers count as Kish's.
    """
    squares = {measure: _square_error(measure, statistics) for measure in MEASURES}
    found = {
        measure: (np.sqrt(squares[measure]), np.where(kish > 1, kish - 1, np.nan))
        for measure, kish in ((measure, statistics[f"{measure}_kish"].to_numpy()) for measure in MEASURES)
    }
    square, other_square = squares["experience"], squares["expectation"]
    n, other_n = (found[measure][1] + 1 for measure in MEASURES[:2])
    pairs = statistics["experience_expectation_kish"].to_numpy()
    independent = square + other_square
    variance = independent - 2 * statistics["experience_expectation_covariance"].to_numpy()
    variance = np.where(variance <= 16 * np.finfo(float).eps * independent, 0.0, variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        welch = independent**2 / (square**2 / (n - 1) + other_square**2 / (other_n - 1))
        alone = np.maximum(n - pairs, 0) + np.maximum(other_n - pairs, 0)
        freedom = np.where(pairs > 1, pairs - 1 + (welch - pairs + 1) * alone / (alone + 2 * pairs), welch)
    # where nothing varies the difference has no error, on whatever degrees of freedom
    freedom = np.where(independent == 0, np.minimum(n, other_n) - 1, freedom)
    return found | {"satisfaction": (np.sqrt(variance), freedom)}


def product_interval(statistics: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of importance times (experience minus expectation) by the delta method:
    Var = c² Var(d) + d² Var(c) + 2cd Cov(c, d) for difference c and importance d (DOMAIN 1.3).
    """
    variance = {measure: _square_error(measure, statistics) for measure in MEASURES}
    covariance = {pair: statistics[f"{pair[0]}_{pair[1]}_covariance"].to_numpy() for pair in _PAIRS}
    difference = (statistics["experience_mean"] - statistics["expectation_mean"]).to_numpy()
    importance = statistics["importance_mean"].to_numpy()
    of_difference = variance["experience"] + variance["expectation"] - 2 * covariance["experience", "expectation"]
    together = covariance["experience", "importance"] - covariance["expectation", "importance"]
    square = difference**2 * variance["importance"] + importance**2 * of_difference
    square = np.maximum(square + 2 * difference * importance * together, 0.0)
    half_width = normal_quantile() * np.sqrt(square)
    return difference * importance - half_width, difference * importance + half_width


def resampled_products(
    statistics: pd.DataFrame, answers: pd.DataFrame, *, sample: np.ndarray, seed: int, replicates: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """95 % percentile interval of importance times (experience minus expectation) of each cell, and in how many percent
    of the replicates the dimension is the most negative of its group.

    A respondent is drawn with everything it answered. Only groups where ``sample`` is true; NaN elsewhere, where a
    measure was given by fewer than two, and where it was given by nobody in more than half of the replicates.
    """
    import pandas as pd

    low, high, most_negative = (np.full(len(statistics), np.nan) for _ in range(3))
    enough = (statistics[[f"{measure}_n" for measure in MEASURES]] > 1).all(axis=1).to_numpy()
    if not (sample & enough).any():
        return low, high, most_negative
    cells = statistics.loc[sample & enough, [*GROUP, "dimension"]]
    cells = cells.assign(cell=cells.index, group=cells.groupby(GROUP, dropna=False, sort=False).ngroup())
    rated = cells.merge(answers, on=[*GROUP, "dimension"])
    # whole numbers once, instead of names for each group
    respondent = pd.factorize(rated["respondent"], sort=True)[0]
    rated = rated.assign(unit=respondent).sort_values(["group", "unit", "cell"])
    group, cell, unit = (rated[column].to_numpy() for column in ("group", "cell", "unit"))
    weight = rated["weight"].to_numpy(float) if "weight" in rated else np.ones(len(rated))
    values = rated[list(MEASURES)].to_numpy(float)
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    for start, end in zip(starts, [*starts[1:], len(group)], strict=True):
        rows = slice(start, end)
        places, column = np.unique(cell[rows], return_inverse=True)
        units, row = np.unique(unit[rows], return_inverse=True)
        parts = _parts(values[rows], weight[rows], row, column, (len(units), len(places)))
        drawn = _products(resampled_sums(parts, seed, replicates), len(places))
        low[places], high[places] = percentile_interval(drawn)
        worst = np.where(np.isnan(drawn), np.inf, drawn)
        most_negative[places] = 100 * ((worst < 0) & (worst == worst.min(axis=1, keepdims=True))).mean(axis=0)
    return low, high, most_negative


def _parts(values: np.ndarray, weight: np.ndarray, row: np.ndarray, column: np.ndarray, shape: tuple[int, int]):
    """One row a respondent: for each measure and dimension its weight and its weighted answer, nought if not given."""
    parts = np.zeros((shape[0], len(MEASURES), 2, shape[1]))
    for place in range(len(MEASURES)):
        given = ~np.isnan(values[:, place]) & (weight > 0)
        told = np.stack([weight[given], weight[given] * values[given, place]], axis=1)
        parts[row[given], place, :, column[given]] = told
    return parts.reshape(shape[0], -1)


def _products(sums: np.ndarray, dimensions: int) -> np.ndarray:
    """(replicates, dimensions): importance times (experience minus expectation), from the sums of ``_parts``."""
    sums = sums.reshape(len(sums), len(MEASURES), 2, dimensions)
    with np.errstate(divide="ignore", invalid="ignore"):
        experience, expectation, importance = np.moveaxis(sums[:, :, 1] / sums[:, :, 0], 1, 0)
    return importance * (experience - expectation)


def _square_error(measure: str, statistics: pd.DataFrame) -> np.ndarray:
    """The variance of the mean of ``measure``."""
    n = statistics[f"{measure}_kish"].to_numpy()
    return statistics[f"{measure}_variance"].to_numpy() / np.where(n > 0, n, np.nan)
