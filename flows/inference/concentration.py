"""How unevenly profit or revenue is spread over customers: the share of the top fifth, and Gini's coefficient.

Both come from a few sums over customers, which a query delivers, with a standard error by linearisation: the variance
of the estimate's influence function, which is what a bootstrap of customers tends to (Deville 1999, Survey Methodology
25:193). So the cost does not grow with customers. ``estimates`` makes limits and differences of value and error. Two
months hold mostly the same customers, so their difference is surer than independent errors say: such a test is
cautious.

Profits may be negative. Then the top share may exceed 1 and Gini's coefficient too, which is said where it is printed:
some customers eat up what others bring. With a total of zero or less neither exists.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

TOP = Fraction(1, 5)


class TopSums(NamedTuple):
    """What the share of the top needs, one of each a cell.

    ``n`` customers, their ``total`` and sum of ``squares``; of the ``top_n`` (see there) customers with the most:
    ``threshold``, the least that one of them has, ``top_total`` and ``top_squares``. Ties at the threshold may be cut
    anywhere: they have the same value.
    """

    n: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    top_n: np.ndarray
    threshold: np.ndarray
    top_total: np.ndarray
    top_squares: np.ndarray


class DistanceSums(NamedTuple):
    """What Gini's coefficient needs, one of each a cell.

    ``n`` customers, their ``total`` and sum of ``squares``; and of each customer's mean distance to all,
    h = Σ |x - x'| / n: ``distances`` Σ h, ``distance_squares`` Σ h², ``distance_products`` Σ h x. In ascending order,
    with rank i and running total c, h is (x (2 i - n) + total - 2 c) / n, in any order of ties.
    """

    n: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    distances: np.ndarray
    distance_squares: np.ndarray
    distance_products: np.ndarray


class Linearised(NamedTuple):
    """Value and standard error, one of each a cell; NaN where undefined."""

    value: np.ndarray
    error: np.ndarray


def top_n(n: ArrayLike, share: Fraction = TOP) -> np.ndarray:
    """How many customers a share of them is: rounded up, in whole numbers, so 1 of 5, 2 of 6, 199 of 995."""
    n = np.asarray(n, np.int64)
    return -(-n * share.numerator // share.denominator)


def top_sums(values: ArrayLike, share: Fraction = TOP) -> TopSums:
    """The sums of one cell from its customers' values, as a query must give them."""
    values = np.sort(np.asarray(values, float))[::-1]
    top = values[: int(top_n(len(values), share))]
    threshold = top[-1] if len(top) else np.nan
    return TopSums(
        *(
            np.asarray(part)
            for part in (len(values), values.sum(), values @ values, len(top), threshold, top.sum(), top @ top)
        )
    )


def distance_sums(values: ArrayLike) -> DistanceSums:
    """The sums of one cell from its customers' values, as a query must give them."""
    values = np.sort(np.asarray(values, float))
    n, total = len(values), values.sum()
    rank, running = np.arange(1, n + 1), np.cumsum(values)
    distance = (values * (2 * rank - n) + total - 2 * running) / max(n, 1)
    return DistanceSums(
        *(
            np.asarray(part)
            for part in (n, total, values @ values, distance.sum(), distance @ distance, distance @ values)
        )
    )


def top_share(sums: TopSums) -> Linearised:
    """Share of the total that the top customers have, as a fraction.

    Influence of a customer with value x on the share L, with mean m and threshold q: ((x - q)+ - L x + const) / m.
    """
    n, total, squares, number, threshold, top_total, top_squares = (np.asarray(part, float) for part in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total > 0, top_total / total, np.nan)
        # of y = (x - q)+ - L x
        excess = top_total - number * threshold
        excess_squares = top_squares - 2 * threshold * top_total + number * threshold**2
        excess_products = top_squares - threshold * top_total
        sum_y = excess - value * total
        sum_of_squares = excess_squares - 2 * value * excess_products + value**2 * squares
        return Linearised(value, _error(n, sum_y, sum_of_squares) * n / total)


def gini(sums: DistanceSums) -> Linearised:
    """Gini's coefficient, mean distance of two customers over twice the mean; 0 when all have the same.

    The plain estimate, without the factor n / (n - 1): of one customer who has it all it is 1 - 1 / n. Influence of a
    customer: (h - mean h - G (x - m)) / m.
    """
    n, total, squares, distances, distance_squares, distance_products = (np.asarray(part, float) for part in sums)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total > 0, distances / (2 * total), np.nan)
        # of y = h - G x
        sum_y = distances - value * total
        sum_of_squares = distance_squares - 2 * value * distance_products + value**2 * squares
        return Linearised(value, _error(n, sum_y, sum_of_squares) * n / total)


def _error(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Standard error of the mean of a y, from its sums; what is left below rounding counts as none, NaN stays NaN."""
    spread = squares - total**2 / n
    spread = np.where(spread <= 64 * np.finfo(float).eps * squares, 0.0, spread)
    return np.where(n > 1, np.sqrt(spread / (n - 1) / n), np.nan)
