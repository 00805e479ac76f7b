"""What customers spend per purchase: the gamma-gamma model (Fader, Hardie & Lee 2005, J. Marketing Research 42:415;
Fader & Hardie 2013, "The Gamma-Gamma Model of Monetary Value").

A customer's purchases vary around a mean of their own (gamma with shape p), and the means vary over customers (gamma
with shape q and scale v behind them), independently of how often one buys. A customer is known by ``purchases`` x and
the mean value ``mean_value`` of these, in any one currency. Rows may be groups of customers with equal x and nearly
equal means, see ``grouped``; cost grows with the rows given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.likelihood import Maximum, maximise, no_maximum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Steps of the logarithm into which mean values are grouped: 5 %, which moves a fit by less than its rounding.
LOG_STEP = 0.05


class Spenders(NamedTuple):
    """Rows of customers with ``purchases`` of ``mean_value`` each, all arrays of one length; make them with
    ``spenders``.
    """

    purchases: np.ndarray
    mean_value: np.ndarray
    customers: np.ndarray


def spenders(purchases: ArrayLike, mean_value: ArrayLike, customers: ArrayLike | None = None) -> Spenders:
    """Checked rows; without ``customers`` each row is one.

    Raises ValueError for anybody without a purchase or with a mean that is not positive: the model knows no refunds,
    leave such customers out and say how many.
    """
    columns = [np.atleast_1d(np.asarray(column, float)) for column in (purchases, mean_value)]
    number = np.ones(len(columns[0])) if customers is None else np.asarray(customers, float)
    rows = Spenders(*columns, number)
    if not all((np.isfinite(column) & (column > 0)).all() for column in rows):
        raise ValueError("purchases, mean value and customers must be given and positive")
    return rows


def grouped(rows: Spenders, log_step: float = LOG_STEP) -> Spenders:
    """Customers of equal purchases whose mean values lie in one step of the logarithm as one row, with their mean."""
    keys = np.stack([rows.purchases, np.rint(np.log(rows.mean_value) / log_step)], axis=1)
    kinds, where = np.unique(keys, axis=0, return_inverse=True)
    where = where.reshape(-1)
    customers = np.bincount(where, rows.customers)
    return Spenders(kinds[:, 0], np.bincount(where, rows.customers * rows.mean_value) / customers, customers)


def log_likelihood(parameters: ArrayLike, rows: Spenders) -> np.ndarray:
    """Log-density of the mean value of one customer of each row, under ``parameters`` (p, q, v)."""
    return _log_likelihood(np.asarray(parameters, float), rows)[0]


def fit(rows: Spenders) -> Maximum:
    """p, q and v by maximum likelihood; NaN for fewer than three rows or without a trustworthy maximum."""

    def transformation(working: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Working scale: logs of p, q and the typical value p v / q, which the data know best.
        p, q, typical = np.exp(working)
        v = typical * q / p
        return np.array([p, q, v]), np.array([[p, 0, 0], [0, q, 0], [-v, v, v]])

    def total(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        each, slopes = _log_likelihood(parameters, rows)
        return rows.customers @ each, slopes @ rows.customers

    if len(rows.purchases) < 3:
        return no_maximum(3, transformation)
    value = float(np.log(rows.customers @ rows.mean_value / rows.customers.sum()))
    starts = [(1.0, 1.0, value), (0.0, 2.0, value), (2.0, 0.0, value)]
    return maximise(total, transformation, starts, (-7, -7, value - 10), (10, 10, value + 10))


def expected_value(parameters: ArrayLike, purchases: ArrayLike, mean_value: ArrayLike) -> np.ndarray:
    """Expected value of a further purchase of customers with so many purchases of that mean value.

    Between the customer's own mean and that of all customers, p v / (q - 1); of somebody without a purchase (0, and
    any mean) it is the latter. NaN where it is infinite, p x + q <= 1.
    """
    p, q, v = np.asarray(parameters, float)
    purchases = np.asarray(purchases, float)
    # Without a purchase there is no mean value: whatever stands there, NaN too, must not count.
    spent = np.where(purchases > 0, purchases * np.where(purchases > 0, mean_value, 0.0), 0.0)
    weight = p * purchases + q - 1
    return np.where(weight > 0, p * (v + spent) / np.where(weight > 0, weight, 1), np.nan)


def _log_likelihood(parameters: np.ndarray, rows: Spenders) -> tuple[np.ndarray, np.ndarray]:
    """Per row, with the derivatives by p, q and v."""
    from scipy.special import gammaln, psi

    p, q, v = parameters
    purchases, mean_value = rows.purchases, rows.mean_value
    shape, spent = p * purchases, purchases * mean_value
    log_all = np.log(v + spent)
    value = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * np.log(v)
        + (shape - 1) * np.log(mean_value)
        + shape * np.log(purchases)
        - (shape + q) * log_all
    )
    slopes = [
        purchases * (psi(shape + q) - psi(shape) + np.log(spent) - log_all),
        psi(shape + q) - psi(q) + np.log(v) - log_all,
        q / v - (shape + q) / (v + spent),
    ]
    return value, np.stack(slopes)
