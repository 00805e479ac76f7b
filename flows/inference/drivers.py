"""Which dimensions move the outcome: key drivers from one row a respondent (DOMAIN section 3).

ratings, outcome ─► complete cases ─► sums of products ─► replicates ─► shares of R², ranks, warnings
                                                                    └─► closing_gap: what a better mean would go with

Everything rests on the sums of products, so weights and replicates cost a matrix product. What comes out is
association: ``CAVEAT`` is the sentence that must stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference import relative_importance
from flows.inference.intervals import kish_sample_size
from flows.inference.resampling import REPLICATES, percentile_interval, resampled_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

#: The key of the sentence beside every figure of this module.
CAVEAT = "association is not cause"
#: Above it a driver overlaps so much with the others that its slope cannot be trusted.
VIF_LIMIT = 5.0
MINIMUM_CASES, MINIMUM_CASES_PER_DRIVER = 100, 10
#: A driver that fewer than this share of the respondents rated is left out, or it would cost most of the others.
LEAST_ANSWERED = 0.5
#: What may be wrong with one driver.
WARNINGS = {
    "seldom answered": "Left out: rated by too few of those who answered the outcome.",
    "constant": "Left out: all complete cases give the same rating, so nothing can go with it.",
    "suppressor": "Its slope, the others held equal, has another sign than its correlation: read the correlation.",
    "high vif": "It overlaps so much with the other drivers that its slope is unstable; its share is not.",
}


class Moments(NamedTuple):
    """Means and standard deviations of drivers and outcome (last), and their correlations; stacked over replicates."""

    mean: np.ndarray
    spread: np.ndarray
    among: np.ndarray
    with_outcome: np.ndarray

    @property
    def slopes(self) -> np.ndarray:
        """Unstandardised slopes: how much the outcome differs with one unit of a driver, the others held equal."""
        flat = self.spread[..., :-1] == 0
        ratio = np.where(flat, 0.0, self.spread[..., -1:] / np.where(flat, 1.0, self.spread[..., :-1]))
        return relative_importance.standardised_betas(self.among, self.with_outcome) * ratio


@dataclass(frozen=True)
class DriverModel:
    """The complete cases of one outcome and its drivers, as sums and their replicates. Made by ``fit``."""

    names: tuple[str, ...]
    #: Per driver: who rated it among those who answered the outcome; and why it is left out, if it is.
    answered: tuple[int, ...]
    left_out: tuple[str | None, ...]
    #: Complete cases, what they are worth when weighted, and how many are needed.
    n: int
    n_effective: float
    minimum_cases: int
    #: None where there are too few cases, no driver, or an outcome that never varies.
    moments: Moments | None
    replicates: Moments | None

    @property
    def kept(self) -> list[int]:
        return [place for place, reason in enumerate(self.left_out) if reason is None]


class Driver(NamedTuple):
    """One driver of the outcome; NaN where the model does not exist or the driver is left out."""

    driver: str
    #: Who rated it among those who answered the outcome.
    n: int
    #: Shapley (LMG) share in units of R², with a 95 % percentile interval; all drivers' sum to R².
    share: float
    share_low: float
    share_high: float
    #: The same in percent of R²: the derived importance.
    importance_pct: float
    importance_pct_low: float
    importance_pct_high: float
    #: The ranks it can have: 1 + how many are more important for certain, and how many are not less important for
    #: certain; None where unknown. Drivers whose ranks overlap are tied.
    rank_best: int | None
    rank_worst: int | None
    #: Sign of the correlation: 1, -1 or 0.
    direction: float
    correlation: float
    beta: float
    slope: float
    vif: float
    #: Johnson's relative weight in percent of R²: a check of importance_pct, not to be printed as a result.
    relative_weight_pct: float
    #: Keys of WARNINGS.
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class KeyDrivers:
    """The drivers in the order given, and how well they tell the outcome together."""

    n: int
    n_effective: float
    minimum_cases: int
    r_squared: float
    adjusted_r_squared: float
    drivers: tuple[Driver, ...]

    @property
    def known(self) -> bool:
        return not np.isnan(self.r_squared)


def fit(
    ratings: ArrayLike,
    outcome: ArrayLike,
    names: Sequence[str],
    *,
    seed: int,
    weight: ArrayLike | None = None,
    replicates: int = REPLICATES,
    minimum_cases: int | None = None,
    least_answered: float = LEAST_ANSWERED,
) -> DriverModel:
    """The model of ``outcome`` (n) on ``ratings`` (n, drivers), NaN where not given; ``names`` of the drivers.

    Complete cases only, at least max(100, 10 a driver) or ``minimum_cases``. A driver rated by less than the share
    ``least_answered`` of those who answered the outcome is left out, so is one that never varies. ``weight``: survey
    weights; who has none is no case. The rows' order does not matter. Raises ConfigurationError for more drivers than
    ``relative_importance.MOST_DRIVERS``.
    """
    ratings, outcome = np.asarray(ratings, float).reshape(-1, len(names)), np.asarray(outcome, float)
    weight = np.ones(len(outcome)) if weight is None else np.asarray(weight, float)
    usable = ~np.isnan(outcome) & ~np.isnan(weight) & (weight > 0)
    ratings, outcome, weight = ratings[usable], outcome[usable], weight[usable]
    answered = (~np.isnan(ratings)).sum(axis=0)
    seldom = answered < least_answered * max(len(outcome), 1)
    complete = ~np.isnan(ratings[:, ~seldom]).any(axis=1)
    ratings, outcome, weight = ratings[complete], outcome[complete], weight[complete]
    constant = ~seldom & (_range(ratings) == 0)
    kept = ~seldom & ~constant
    relative_importance.check_count(int(kept.sum()))
    needed = max(MINIMUM_CASES, MINIMUM_CASES_PER_DRIVER * int(kept.sum())) if minimum_cases is None else minimum_cases
    n = len(outcome)
    moments = resampled = None
    if kept.any() and n >= needed and n > kept.sum() + 1 and np.ptp(outcome) > 0:
        parts = products(np.column_stack([ratings[:, kept], outcome]), weight)
        moments = moments_of(parts[np.lexsort(parts.T)].sum(axis=0))
        resampled = moments_of(resampled_sums(parts, seed, replicates))
    return DriverModel(
        names=tuple(names),
        answered=tuple(answered.tolist()),
        left_out=tuple(
            "seldom answered" if rare else "constant" if flat else None
            for rare, flat in zip(seldom, constant, strict=True)
        ),
        n=n,
        n_effective=float(kish_sample_size(weight.sum(), np.square(weight).sum())) if n else 0.0,
        minimum_cases=needed,
        moments=moments,
        replicates=resampled,
    )


def key_drivers(model: DriverModel, *, vif_limit: float = VIF_LIMIT) -> KeyDrivers:
    """Shares of R² with intervals and ranks, signs, slopes, VIF and warnings of every driver of ``model``.

    Two drivers are told apart only where the 95 % interval of the difference of their shares, over the same
    replicates, leaves out nought; otherwise they are tied.
    """
    columns = {field: np.full(len(model.names), np.nan) for field in Driver._fields[2:-1]}
    r_squared = adjusted = float("nan")
    if model.moments is not None and model.replicates is not None:
        among, with_outcome = model.moments.among, model.moments.with_outcome
        shares = relative_importance.lmg_shares(among, with_outcome)
        drawn = relative_importance.lmg_shares(model.replicates.among, model.replicates.with_outcome)
        r_squared = float(shares.sum())
        spare = model.n_effective - len(shares) - 1
        adjusted = 1 - (1 - r_squared) * (model.n_effective - 1) / spare if spare > 0 else float("nan")
        low, high = percentile_interval(drawn)
        pct_low, pct_high = percentile_interval(_pct(drawn))
        best, worst = ranks(drawn)
        found = {
            "share": shares,
            "share_low": low,
            "share_high": high,
            "importance_pct": _pct(shares),
            "importance_pct_low": pct_low,
            "importance_pct_high": pct_high,
            "rank_best": best,
            "rank_worst": worst,
            "direction": np.sign(with_outcome),
            "correlation": with_outcome,
            "beta": relative_importance.standardised_betas(among, with_outcome),
            "slope": model.moments.slopes,
            "vif": relative_importance.variance_inflation(among),
            "relative_weight_pct": _pct(relative_importance.relative_weights(among, with_outcome)),
        }
        for field, values in found.items():
            columns[field][model.kept] = values
    drivers = []
    for place, name in enumerate(model.names):
        numbers = {field: float(values[place]) for field, values in columns.items()}
        ranked = {
            field: None if np.isnan(numbers[field]) else int(numbers[field]) for field in ("rank_best", "rank_worst")
        }
        warned = [
            (model.left_out[place] or "", model.left_out[place] is not None),
            ("suppressor", numbers["beta"] * numbers["correlation"] < 0),
            ("high vif", numbers["vif"] > vif_limit),
        ]
        warnings = tuple(warning for warning, given in warned if given)
        drivers.append(Driver(name, model.answered[place], **numbers | ranked, warnings=warnings))
    return KeyDrivers(model.n, model.n_effective, model.minimum_cases, r_squared, adjusted, tuple(drivers))


def ranks(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst rank of each column of ``draws`` (replicates, columns), the largest being first.

    Best: 1 + how many columns are larger for certain; worst: how many are not smaller for certain, itself among them.
    """
    low, high = percentile_interval(draws[:, :, None] - draws[:, None, :])
    return 1 + (low > 0).sum(axis=0), (high >= 0).sum(axis=0)


def products(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted products of every pair of (1, values...): one row a respondent, the columns of the upper triangle.

    Their sums are what ``moments_of`` needs, of respondents or of whole groups of them.
    """
    rows, columns = np.triu_indices(values.shape[1] + 1)
    values = np.column_stack([np.ones(len(values)), values])
    return weight[:, None] * values[:, rows] * values[:, columns]


def moments_of(sums: np.ndarray) -> Moments:
    """Moments from sums of ``products`` (..., pairs), the last variable being the outcome.

    What never varies (within rounding) correlates with nothing.
    """
    size = int((np.sqrt(8 * sums.shape[-1] + 1) - 1) / 2)
    table = np.empty((*sums.shape[:-1], size, size))
    rows, columns = np.triu_indices(size)
    table[..., rows, columns] = table[..., columns, rows] = sums / sums[..., :1]
    mean, square = table[..., 0, 1:], table[..., 1:, 1:]
    covariance = square - mean[..., :, None] * mean[..., None, :]
    variance, whole = (np.diagonal(part, axis1=-2, axis2=-1) for part in (covariance, square))
    spread = np.sqrt(np.where(variance > 16 * np.finfo(float).eps * whole, variance, 0.0))
    scale = np.where(spread > 0, spread, np.inf)
    correlation = np.clip(covariance / (scale[..., :, None] * scale[..., None, :]), -1, 1)
    places = np.arange(size - 1)
    correlation[..., places, places] = 1.0
    return Moments(mean, spread, correlation[..., :-1, :-1], correlation[..., :-1, -1])


def _pct(shares: np.ndarray) -> np.ndarray:
    whole = shares.sum(axis=-1, keepdims=True)
    return np.where(whole > 0, 100 * shares / np.where(whole > 0, whole, 1.0), np.nan)


def _range(ratings: np.ndarray) -> np.ndarray:
    """Largest minus smallest rating of each column; NaN where a rating is missing."""
    return np.ptp(ratings, axis=0) if len(ratings) else np.full(ratings.shape[1], np.nan)
