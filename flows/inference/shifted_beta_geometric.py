"""How long customers under contract stay: the shifted-beta-geometric model (sBG; Fader & Hardie 2007, J. Interactive
Marketing 21:76).

Each customer leaves in a period with a churn probability of their own, and these follow a beta distribution (alpha,
beta) over customers. Retention of a cohort therefore rises with tenure, because those likely to leave are gone, not
because anybody became more loyal. Survival and retention are fractions, time is in periods (renewals).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference.likelihood import Maximum, beta_shapes, maximise, no_maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Box of the working scale: logit of the mean churn probability, log of alpha + beta. Beyond e^10 all are alike.
LOW, HIGH = (-12.0, -10.0), (12.0, 10.0)


def at_risk_and_lost(survivors: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """What ``fit`` takes, from one cohort's customers at the start and after each period.

    Raises ValueError where the cohort grows.
    """
    survivors = np.asarray(survivors, float)
    if (np.diff(survivors) > 0).any():
        raise ValueError("a cohort cannot grow: give the customers of its first period that are still there")
    return survivors[:-1], -np.diff(survivors)


def fit(at_risk: ArrayLike, lost: ArrayLike) -> Maximum:
    """alpha and beta by maximum likelihood from tenure periods 1, 2, 3 …: customers at risk, and those lost, in each.

    Cohorts of any age are simply added up, period by period; customers whose first periods were not observed count
    from where they were seen. The log-likelihood is Σ lost log h + (at risk - lost) log (1 - h) with the churn hazard
    h = alpha / (alpha + beta + t - 1) of period t. Cost grows with the number of periods.

    NaN where nothing can be told: fewer than two periods with customers, nobody lost, or everybody. Where hazards do
    not fall with tenure the best fit is the geometric one, a churn alike for all: alpha + beta is then at e^10.
    Raises ValueError where more are lost than are there.
    """
    at_risk, lost = np.asarray(at_risk, float), np.asarray(lost, float)
    kept = at_risk - lost
    if not ((lost >= 0) & (kept >= 0)).all():
        raise ValueError("in each period at least none and at most those at risk can be lost")
    before = np.arange(len(at_risk))

    def transformation(working: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return beta_shapes(*working)

    def log_likelihood(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        alpha, beta = parameters
        both = alpha + beta + before
        value = lost.sum() * np.log(alpha) + kept @ np.log(beta + before) - at_risk @ np.log(both)
        shared = (at_risk / both).sum()
        return value, np.array([lost.sum() / alpha - shared, (kept / (beta + before)).sum() - shared])

    if (at_risk > 0).sum() < 2 or not lost.sum() or not kept.sum():
        return no_maximum(2, transformation)
    churn = np.log(lost.sum() / kept.sum())
    return maximise(log_likelihood, transformation, [(churn, 0.0), (churn, 3.0)], LOW, HIGH)


def survival(parameters: ArrayLike, periods: ArrayLike) -> np.ndarray:
    """Share of a cohort still there after so many periods: B(alpha, beta + t) / B(alpha, beta)."""
    from scipy.special import betaln

    alpha, beta = parameters
    return np.exp(betaln(alpha, beta + np.asarray(periods, float)) - betaln(alpha, beta))


def retention(parameters: ArrayLike, period: ArrayLike) -> np.ndarray:
    """Share of those there at the start of a period (the first is 1) who stay through it."""
    alpha, beta = parameters
    before = np.asarray(period, float) - 1
    return (beta + before) / (alpha + beta + before)


def discounted_expected_lifetime(parameters: ArrayLike, discount: float) -> np.ndarray:
    """DEL of a new customer in periods: Σ S(t) / (1 + d)^t over t = 0, 1, 2 …, the first period paid at once.

    ``discount`` is the rate of one period. Without discount the mean lifetime is (alpha + beta - 1) / (alpha - 1); for
    alpha <= 1 it is infinite and NaN is given. Raises ValueError for a negative rate.
    """
    return _from_first(parameters, 0.0, discount)


def discounted_expected_residual_lifetime(
    parameters: ArrayLike, discount: float, periods_survived: ArrayLike
) -> np.ndarray:
    """DERL in periods of a customer who survived so many periods, just before the next renewal is due.

    Σ S(n + t) / S(n) / (1 + d)^(t - 1) over t = 1, 2, 3 … (Fader & Hardie 2010, Marketing Science 29:85): the next
    renewal is not certain and comes at once. NaN and ValueError as for a new customer.
    """
    survived = np.asarray(periods_survived, float)
    return retention(parameters, survived + 1) * _from_first(parameters, survived + 1, discount)


def _from_first(parameters: ArrayLike, renewals: ArrayLike, discount: float) -> np.ndarray:
    """Discounted periods from a renewal on that was made, the ``renewals``-th."""
    from scipy.special import hyp2f1

    if discount < 0:
        raise ValueError("a discount rate is 0 or more a period")
    alpha, beta = parameters
    first = beta + np.asarray(renewals, float)
    if discount == 0:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(alpha > 1, (alpha + first - 1) / (alpha - 1), np.nan)
    return hyp2f1(1, first, alpha + first, 1 / (1 + discount))
