"""95 % intervals of one month's figures, over whole arrays at once.

Shares are fractions (0 to 1), NPS is in points (-100 to 100), means are in the unit of the measure, rates are events
per unit of exposure. Every function takes scalars or arrays of one length and gives a pair of arrays (low, high); a
limit that does not exist is NaN, which only ``figures`` turns into null. Quantiles are bounded by order statistics, see
``ranks``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    Limits = tuple[np.ndarray, np.ndarray]

CONFIDENCE = 0.95
#: Pseudo-answers of the adjusted Wald interval: detractors, passives, promoters (Rocks 2016).
NPS_PSEUDO_ANSWERS = (0.75, 1.5, 0.75)


def normal_quantile() -> float:
    """How many standard errors the limits of something normal lie from its value: 1.96."""
    from scipy.stats import norm

    return float(norm.ppf((1 + CONFIDENCE) / 2))


def kish_sample_size(weight: ArrayLike, weight_squares: ArrayLike) -> np.ndarray:
    """Effective number of answers (Σw)² / Σw² (Kish 1965): what weighted answers are worth in equal ones."""
    return np.square(np.asarray(weight, float)) / np.asarray(weight_squares, float)


def wilson(positives: ArrayLike, n: ArrayLike) -> Limits:
    """Wilson's score interval of a share, as fractions; counts may be fractional (effective) ones."""
    from statsmodels.stats.proportion import proportion_confint

    positives, n = _floats(positives), _floats(n)
    low, high = proportion_confint(positives, n, alpha=1 - CONFIDENCE, method="wilson")
    # None and all are exact ends; rounding leaves them a hair off.
    return np.where(positives == 0, 0.0, np.clip(low, 0.0, 1.0)), np.where(positives == n, 1.0, np.clip(high, 0.0, 1.0))


def nps_variance(promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike) -> np.ndarray:
    """Variance of one answer scored 1, 0 or -1: p + d - (p - d)². Passives stay in ``n``."""
    promoting, detracting = _floats(promoters) / _floats(n), _floats(detractors) / _floats(n)
    return promoting + detracting - (promoting - detracting) ** 2


def adjusted_nps(promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Centre and standard error of the adjusted Wald method, as fractions of 100 points.

    Three pseudo-answers (0.75 detractors, 1.5 passives, 0.75 promoters) keep the error above zero when all answer
    alike (Rocks 2016, The American Statistician 70:365). For intervals only: the printed NPS is the raw one.
    """
    fewer, passive, more = NPS_PSEUDO_ANSWERS
    promoters, detractors = _floats(promoters) + more, _floats(detractors) + fewer
    n = _floats(n) + fewer + passive + more
    return (promoters - detractors) / n, np.sqrt(nps_variance(promoters, detractors, n) / n)


def adjusted_wald_nps(promoters: ArrayLike, detractors: ArrayLike, n: ArrayLike) -> Limits:
    """Adjusted Wald interval of the NPS in points, clipped to -100 and 100."""
    centre, error = adjusted_nps(promoters, detractors, n)
    half_width = normal_quantile() * error
    return np.clip(100 * (centre - half_width), -100, 100), np.clip(100 * (centre + half_width), -100, 100)


def sample_variance(n: ArrayLike, mean: ArrayLike, mean_of_squares: ArrayLike) -> np.ndarray:
    """Variance with divisor n - 1, from the mean and the mean of squares; ``n`` may be Kish's. NaN where n <= 1.

    What is left of two nearly equal sums below their rounding error counts as zero, so equal answers have none.
    """
    n, square = _floats(n), _floats(mean_of_squares)
    spread = square - np.square(_floats(mean))
    spread = np.where(spread > 16 * np.finfo(float).eps * square, spread, 0.0)
    return np.where(n > 1, spread * n / np.where(n > 1, n - 1, 1), np.nan)


def student_mean(
    n: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    lowest: ArrayLike = -float("inf"),
    highest: ArrayLike = float("inf"),
) -> Limits:
    """Student's t interval of a mean, clipped to the scale ``lowest`` to ``highest``; NaN where n <= 1."""
    from scipy.stats import t

    n, mean = _floats(n), _floats(mean)
    freedom = np.where(n > 1, n - 1, np.nan)
    half_width = t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(_floats(variance) / n)
    return np.clip(mean - half_width, lowest, highest), np.clip(mean + half_width, lowest, highest)


def garwood(events: ArrayLike, exposure: ArrayLike) -> Limits:
    """Exact Poisson interval of a rate in events per unit of exposure (Garwood 1936, Biometrika 28:437)."""
    from statsmodels.stats.rates import confint_poisson

    return confint_poisson(_floats(events), _floats(exposure), method="exact-c", alpha=1 - CONFIDENCE)


def _floats(values: ArrayLike) -> np.ndarray:
    return np.atleast_1d(np.asarray(values, float))
