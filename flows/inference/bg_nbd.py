"""How often customers without a contract buy again: the BG/NBD model (Fader, Hardie & Lee 2005, Marketing Science
24:275).

A customer buys at a rate of their own (gamma with shape r and rate alpha over customers) and after each repeat
purchase leaves for good with a probability of their own (beta with a and b over customers). A customer is known by
three numbers: ``frequency`` x, the repeat purchases (the first one is not counted); ``recency`` t_x, the time from the
first purchase to the last (0 if there was one only); ``age`` T, the time from the first purchase to now. Times are in
any one unit, and then so are rates and horizons.

Equal customers come as one row with their number ``customers``; recency and age may be means of nearly equal ones, see
``coarser``. Cost grows with the rows given, so not with customers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.likelihood import Maximum, beta_shapes, maximise, no_maximum, shape_and_rate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: A few thousand rows are enough for a fit that no finer grouping would move.
ROWS = 4000


class Buyers(NamedTuple):
    """Rows of equal (or nearly equal) customers, all arrays of one length; make them with ``buyers``."""

    frequency: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    customers: np.ndarray


def buyers(frequency: ArrayLike, recency: ArrayLike, age: ArrayLike, customers: ArrayLike | None = None) -> Buyers:
    """Checked rows; without ``customers`` each row is one.

    Raises ValueError where a number is missing or negative, the last purchase comes after now, or somebody with a
    single purchase has a recency.
    """
    columns = [np.atleast_1d(np.asarray(column, float)) for column in (frequency, recency, age)]
    number = np.ones(len(columns[0])) if customers is None else np.asarray(customers, float)
    rows = Buyers(*columns, number)
    if not all((np.isfinite(column) & (column >= 0)).all() for column in rows):
        raise ValueError("frequency, recency, age and customers must be given and not negative")
    if (rows.recency > rows.age).any() or (rows.recency[rows.frequency == 0] > 0).any():
        raise ValueError("recency is at most the age, and 0 without a repeat purchase")
    return rows


def coarser(rows: Buyers, most: int = ROWS) -> Buyers:
    """At most about ``most`` rows: customers of one frequency and nearly equal times become one.

    Times are grouped in equal steps of log(1 + time / a tenth of the mean age), since the likelihood depends on such
    logarithms, and the steps are widened until the rows are so few. A row keeps the means of its customers' times, so
    nobody is moved on average. Frequency is never rounded: there are at least as many rows as different frequencies.
    """
    if len(rows.frequency) <= most:
        return rows
    tenth = rows.customers @ rows.age / rows.customers.sum() / 10
    times = np.log1p(np.stack([rows.recency, rows.age], axis=1) / tenth)
    step, widest = 0.01, times.max()
    while True:
        keys = np.column_stack([rows.frequency, np.rint(times / step)])
        kinds, where = np.unique(keys, axis=0, return_inverse=True)
        if len(kinds) <= most or step > 2 * widest:
            break
        step *= 1.25
    where = where.reshape(-1)
    customers = np.bincount(where, rows.customers)
    recency, age = (np.bincount(where, rows.customers * column) / customers for column in (rows.recency, rows.age))
    return Buyers(kinds[:, 0], np.minimum(recency, age), age, customers)


def log_likelihood(parameters: ArrayLike, rows: Buyers) -> np.ndarray:
    """Log-likelihood of one customer of each row, under ``parameters`` (r, alpha, a, b)."""
    return _log_likelihood(np.asarray(parameters, float), rows)[0]


def fit(rows: Buyers) -> Maximum:
    """r, alpha, a and b by maximum likelihood.

    NaN where nothing can be told (nobody ever bought again, or no time has passed) or where the likelihood has no
    trustworthy maximum. A limit of the model (all buy at one rate, all leave alike, nobody leaves) is a parameter at
    the edge of its box, see ``likelihood``.
    """

    def transformation(working: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rates, rate_slopes = shape_and_rate(*working[:2])
        leaving, leaving_slopes = beta_shapes(*working[2:])
        slopes = np.zeros((4, 4))
        slopes[:2, :2], slopes[2:, 2:] = rate_slopes, leaving_slopes
        return np.concatenate([rates, leaving]), slopes

    def total(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        each, slopes = _log_likelihood(parameters, rows)
        return rows.customers @ each, slopes @ rows.customers

    purchases, time = rows.customers @ rows.frequency, rows.customers @ rows.age
    if not purchases or not time:
        return no_maximum(4, transformation)
    rate = float(np.log(purchases / time))
    starts = [(rate, 0.0, -1.0, 0.0), (rate + 1, -1.0, -1.0, 1.0), (rate, 1.0, -3.0, 1.0)]
    return maximise(total, transformation, starts, (rate - 10, -7, -10, -7), (rate + 10, 7, 10, 7))


def probability_alive(parameters: ArrayLike, rows: Buyers) -> np.ndarray:
    """Probability that a customer of each row has not left yet; 1 without a repeat purchase, by the model."""
    r, alpha, a, b = np.asarray(parameters, float)
    frequency, again = rows.frequency, rows.frequency > 0
    with np.errstate(over="ignore"):  # so late that the probability is 0
        left = np.exp(
            np.log(a)
            - np.log(np.where(again, b + frequency - 1, 1))
            + (r + frequency) * (np.log(alpha + rows.age) - np.log(alpha + rows.recency))
        )
    return np.where(again, 1 / (1 + left), 1.0)


def expected_purchases(parameters: ArrayLike, rows: Buyers, horizon: float) -> np.ndarray:
    """Purchases that a customer of each row is expected to make within the next ``horizon`` of time.

    Of a new customer after the first purchase: frequency, recency and age 0.
    """
    r, alpha, a, b = np.asarray(parameters, float)
    last = a + b + rows.frequency - 1
    # At a = 1, and at a + b = 1 - x, both sides of the formula's fraction vanish: take it from either side.
    if abs(a - 1) < 1e-4 or (np.abs(last) < 1e-4).any():
        sides = [_purchases_while_alive(r, alpha, a + aside, b, rows, horizon) for aside in (-3e-4, 3e-4)]
        while_alive = (sides[0] + sides[1]) / 2
    else:
        while_alive = _purchases_while_alive(r, alpha, a, b, rows, horizon)
    return while_alive * probability_alive(parameters, rows)


def _purchases_while_alive(r: float, alpha: float, a: float, b: float, rows: Buyers, horizon: float) -> np.ndarray:
    """Expected purchases of a customer known to be still there.

    The published hypergeometric function 2F1(r+x, b+x; a+b+x-1; z) overflows for frequent buyers; after Euler's
    transformation the frequency is left in one argument only.
    """
    from scipy.special import hyp2f1

    last = a + b + rows.frequency - 1
    z = horizon / (alpha + rows.age + horizon)
    return last / (a - 1) * (1 - (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, last, z))


def _log_likelihood(parameters: np.ndarray, rows: Buyers) -> tuple[np.ndarray, np.ndarray]:
    """Per row, with the derivatives by r, alpha, a and b."""
    from scipy.special import gammaln, psi

    r, alpha, a, b = parameters
    frequency, again = rows.frequency, rows.frequency > 0
    log_age, log_recency = np.log(alpha + rows.age), np.log(alpha + rows.recency)
    before = np.where(again, b + frequency - 1, 1.0)
    stayed = -(r + frequency) * log_age
    left = np.where(again, np.log(a) - np.log(before) - (r + frequency) * log_recency, -np.inf)
    either = np.logaddexp(stayed, left)
    gone = np.exp(left - either)
    value = (
        gammaln(r + frequency)
        - gammaln(r)
        + r * np.log(alpha)
        + gammaln(a + b)
        + gammaln(b + frequency)
        - gammaln(b)
        - gammaln(a + b + frequency)
        + either
    )
    both = psi(a + b) - psi(a + b + frequency)
    slopes = [
        psi(r + frequency) - psi(r) + np.log(alpha) - (1 - gone) * log_age - gone * log_recency,
        r / alpha - (r + frequency) * ((1 - gone) / (alpha + rows.age) + gone / (alpha + rows.recency)),
        both + gone / a,
        both + psi(b + frequency) - psi(b) - gone / before,
    ]
    return value, np.stack(slopes)
