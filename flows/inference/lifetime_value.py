"""What customers are worth: the simple formula under contract, and expected purchases times value without one.

Money is in one currency, discount rates are those of one period. The other models are in ``shifted_beta_geometric``,
``bg_nbd`` and ``gamma_gamma``. All intervals are for the expected value of a typical customer: they hold what is
uncertain about the parameters, not how much single customers differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference import bg_nbd, gamma_gamma
from flows.inference.estimates import Estimate
from flows.inference.likelihood import Maximum, derived

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from flows.inference.bg_nbd import Buyers


def simple_clv(margin: ArrayLike, retention: ArrayLike, discount: ArrayLike) -> np.ndarray:
    """m r / (1 + d - r): margin ``m`` at the end of every period for as long as the customer is retained (DOMAIN 2.2).

    ``retention`` r is the share kept from period to period, alike for all and always. Infinite, so NaN, where r is 1
    and nothing is discounted.
    """
    retention = np.asarray(retention, float)
    left = 1 + np.asarray(discount, float) - retention
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 0, np.asarray(margin, float) * retention / np.where(left > 0, left, 1), np.nan)


def simple_clv_estimate(margin: Estimate, retention: Estimate, discount: ArrayLike) -> Estimate:
    """``simple_clv`` with limits from those of the margin and of retention, which count as independent.

    MOVER: how far the value moves when one of the two moves to its limit, squared and added (Zou & Donner 2008). With
    a margin that is known for certain (limits equal to it) the limits are the formula's at the limits of retention.
    """
    value = simple_clv(margin.value, retention.value, discount)
    moved = np.stack(
        [
            simple_clv(part, kept, discount) - value
            for part, kept in (
                (margin.low, retention.value),
                (margin.high, retention.value),
                (margin.value, retention.low),
                (margin.value, retention.high),
            )
        ]
    )
    down, up = np.minimum(moved, 0), np.maximum(moved, 0)
    return Estimate(value, value - np.sqrt((down**2).sum(axis=0)), value + np.sqrt((up**2).sum(axis=0)))


def discounted_purchases(
    parameters: ArrayLike, rows: Buyers, periods: int, period_length: float, discount: float
) -> np.ndarray:
    """Expected purchases of a customer of each row in the next ``periods``, each discounted to now as if it came at
    the end of its period.

    ``period_length`` is in the unit of the rows' times, ``discount`` the rate of one period.
    """
    expected = np.stack(
        [bg_nbd.expected_purchases(parameters, rows, period * period_length) for period in range(1, periods + 1)]
    )
    gained = np.diff(expected, axis=0, prepend=0)
    return (1 + discount) ** -np.arange(1.0, periods + 1) @ gained


def customer_value(
    purchases: Maximum,
    spending: Maximum,
    rows: Buyers,
    mean_value: ArrayLike,
    periods: int,
    period_length: float,
    discount: float,
    margin_share: float = 1.0,
) -> Estimate:
    """Expected discounted value over the next ``periods`` of the average customer of ``rows``, from both fits.

    ``mean_value`` is the mean, over the customers of a row, of the mean value of their repeat purchases (anything where
    frequency is 0): the expected value of a further purchase is linear in it, so groups lose nothing. ``margin_share``
    is the part of a purchase's value that is margin. One number; times the customers it is the value of all of them.
    """

    def average(rates: np.ndarray, values: np.ndarray) -> np.ndarray:
        number = discounted_purchases(rates, rows, periods, period_length, discount)
        each = number * gamma_gamma.expected_value(values, rows.frequency, mean_value) * margin_share
        return rows.customers @ each / rows.customers.sum()

    return derived([purchases, spending], average, "log")
