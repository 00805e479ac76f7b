"""Whether an outcome goes with an exposure: a trend over ordered groups, and a difference within strata.

Nobody was assigned to have a bad experience or to contact support, so these are associations, never effects: who
contacts support differs from who does not. The exposure must lie before the outcome (DOMAIN 2.2, immortal time).
All functions work on counts; the last axis holds the groups or strata, axes before it are cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.estimates import two_estimates
from flows.inference.intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Trend(NamedTuple):
    """``slope``: how much the share with the outcome differs per step of the score, as a fraction, with 95 % limits;
    z and two-sided p of the Cochran-Armitage test.
    """

    slope: np.ndarray
    low: np.ndarray
    high: np.ndarray
    z: np.ndarray
    p: np.ndarray


class StratifiedDifference(NamedTuple):
    """Share of the exposed minus share of the others, as a fraction, with 95 % limits and two-sided p.

    ``compared`` is the share of all who are in strata that hold both exposed and others; nobody else counts.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    compared: np.ndarray


def trend(events: ArrayLike, n: ArrayLike, scores: ArrayLike | None = None) -> Trend:
    """Trend of a share over ordered groups, scored 0, 1, 2 … unless ``scores`` says otherwise.

    z is that of Cochran (1954, Biometrics 10:417) and Armitage (1955, Biometrics 11:375), without a correction for
    continuity; it holds for large groups: where fewer than 5 events are expected in most groups read the shares. The
    slope is the weighted least-squares line through the groups' shares, its limits by the binomial variance of each.
    NaN where fewer than two groups hold anybody; without any event, or with nothing else, z is 0 and p is 1, and the
    slope has no limits.
    """
    from scipy.stats import norm

    events, n = np.asarray(events, float), np.asarray(n, float)
    _check(events, n)
    scores = np.arange(n.shape[-1], dtype=float) if scores is None else np.asarray(scores, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        everybody = n.sum(axis=-1, keepdims=True)
        centred = scores - (n * scores).sum(axis=-1, keepdims=True) / everybody
        spread = (n * centred**2).sum(axis=-1)
        pooled = events.sum(axis=-1) / everybody[..., 0]
        moved = (events * centred).sum(axis=-1)
        z = moved / np.sqrt(pooled * (1 - pooled) * spread)
        share = np.where(n > 0, events / np.where(n > 0, n, 1), 0.0)
        slope = moved / spread
        error = np.sqrt((n * centred**2 * share * (1 - share)).sum(axis=-1)) / spread
    # With one group the spread is 0 but for rounding; equal scores leave none either.
    possible = ((n > 0).sum(axis=-1) > 1) & (spread > 0)
    alike = (pooled == 0) | (pooled == 1)
    z = np.where(possible, np.where(alike, 0.0, z), np.nan)
    slope = np.where(possible, slope, np.nan)
    reach = np.where(possible & (error > 0), normal_quantile() * error, np.nan)
    return Trend(slope, slope - reach, slope + reach, z, 2 * norm.sf(np.abs(z)))


def stratified_difference(
    exposed_events: ArrayLike, exposed_n: ArrayLike, other_events: ArrayLike, other_n: ArrayLike
) -> StratifiedDifference:
    """Mantel-Haenszel difference of two shares over strata (tier, tenure), weights n1 n0 / (n1 + n0).

    Variance of Sato (1989, Biometrics 45:1323), which holds for few large strata and for many small ones; p is that of
    the same variance, so it agrees with the interval. NaN where no stratum holds both; limits are NaN where nobody, or
    everybody, had the outcome.
    """
    a, n1, c, n0 = (np.asarray(part, float) for part in (exposed_events, exposed_n, other_events, other_n))
    _check(a, n1)
    _check(c, n0)
    n = n1 + n0
    both = (n1 > 0) & (n0 > 0)
    size = np.where(both, n, 1)
    weight = np.where(both, n1 * n0 / size, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = weight.sum(axis=-1)
        value = np.where(both, (a * n0 - c * n1) / size, 0.0).sum(axis=-1) / weights
        p_term = np.where(both, (n1**2 * c - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / size**2, 0.0).sum(axis=-1)
        q_term = np.where(both, (a * (n0 - c) + c * (n1 - a)) / (2 * size), 0.0).sum(axis=-1)
        error = np.sqrt(np.maximum(value * p_term + q_term, 0)) / weights
        compared = np.where(both, n, 0.0).sum(axis=-1) / n.sum(axis=-1)
    tested = two_estimates(value, error, 0.0, 0.0)
    sure = error > 0
    return StratifiedDifference(
        value,
        np.where(sure, np.clip(tested.low, -1, 1), np.nan),
        np.where(sure, np.clip(tested.high, -1, 1), np.nan),
        tested.p,
        compared,
    )


def _check(events: np.ndarray, n: np.ndarray) -> None:
    if not ((events >= 0) & (events <= n)).all():
        raise ValueError("events must be given, not negative and at most as many as there are customers")
