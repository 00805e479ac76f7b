"""How long customers stay, from period life tables: everybody's experience of the last twelve months, at whatever age.

Nobody is followed from the beginning: who is old already enters at that age (left truncation), who is still there at
the end leaves the table unharmed (censoring). So the curve tells what would become of a new customer if all ages went
on leaving as they did in these twelve months, and a month that is closed is not moved by what happens later. Customers
who joined within twelve months alone would tell the first year of tenure only, and hardly its end.

A retention that rises with tenure is no sign of improvement: those likely to leave are gone (Fader & Hardie 2007, and
``shifted_beta_geometric``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference import shifted_beta_geometric
from flows.inference.intervals import normal_quantile, wilson
from flows.inference.survival import log_log_limits

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


class Curve(NamedTuple):
    """After each period of tenure: survival with 95 % limits and standard error, as fractions; NaN beyond a gap."""

    survival: np.ndarray
    low: np.ndarray
    high: np.ndarray
    error: np.ndarray


def period_survival(at_risk: ArrayLike, lost: ArrayLike) -> Curve:
    """Product-limit curve over tenure periods 1, 2, 3 … with Greenwood's variance and limits on the log(-log) scale.

    As Kaplan and Meier's, but those at risk are given, since they may enter at any age (Tsai, Jewell & Wang 1987,
    Biometrika 74:883). Nobody at risk in a period: NaN from there on. Where nobody was lost yet there are no limits
    but 1 and Clopper and Pearson's for those at risk in the thinnest period.
    """
    from scipy.stats import norm

    at_risk, lost = np.asarray(at_risk, float), np.asarray(lost, float)
    if not ((lost >= 0) & (lost <= at_risk)).all():
        raise ValueError("in each period at least none and at most those at risk can be lost")
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - lost / at_risk)
        greenwood = np.cumsum(np.where(lost > 0, lost / (at_risk * (at_risk - lost)), 0 * at_risk / at_risk))
        error = np.where(survival > 0, survival * np.sqrt(greenwood), np.nan)
    low, high = log_log_limits(survival, greenwood, normal_quantile())
    tail = norm.sf(normal_quantile())
    low = np.where(survival == 1, tail ** (1 / np.minimum.accumulate(np.maximum(at_risk, 1))), low)
    if (ended := np.flatnonzero(survival == 0)).size:
        # Nobody is left: as far up as one step before, or Clopper and Pearson's limit where that is the first.
        step = ended[0]
        high[step:] = high[step - 1] if step else 1 - tail ** (1 / at_risk[0])
    undefined = np.isnan(survival)
    return Curve(*(np.where(undefined, np.nan, part) for part in (survival, low, high, error)))


def by_tenure(table: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    """Columns of a life table over tenure months 1, 2, 3 …; 0 where nobody was."""
    tenure = range(1, int(table["tenure_month"].max()) + 1)
    numbers = table.set_index("tenure_month")[list(columns)].astype(float).reindex(tenure, fill_value=0.0)
    return [numbers[column].to_numpy() for column in columns]


#: What ``survival_by_tenure`` answers.
COLUMNS = (
    *("population", "period", "tenure_month", "at_risk", "lost", "seen"),
    *("retention", "retention_low", "retention_high", "retention_fitted"),
    *("survival", "survival_low", "survival_high", "survival_error"),
)


def survival_by_tenure(life_tables: pd.DataFrame) -> pd.DataFrame:
    """The columns of COLUMNS, one row a population, period and tenure_month from 1 on, in this order.

    ``life_tables``: population, period, tenure_month, at_risk, entering, lost; a tenure that nobody had may be missing.
    ``seen`` are the people behind the curve so far; ``retention`` is the share of those at risk who stay through the
    tenure month, with Wilson's limits; ``retention_fitted`` what a shifted-beta-geometric model of the whole table
    says of it, for the latest period (NaN for others or without a fit). All are fractions.
    """
    import pandas as pd

    latest = life_tables["period"].max()
    parts = []
    for (population, period), table in life_tables.groupby(["population", "period"], sort=True):
        tenure = np.arange(1, int(table["tenure_month"].max()) + 1)
        at_risk, lost, entering = by_tenure(table, "at_risk", "lost", "entering")
        fitted = np.full(len(tenure), np.nan)
        if period == latest:
            fitted = shifted_beta_geometric.retention(shifted_beta_geometric.fit(at_risk, lost).parameters, tenure)
        with np.errstate(divide="ignore", invalid="ignore"):
            retention = 1 - lost / at_risk
            limits = wilson(at_risk - lost, at_risk)
        columns = [population, period, tenure, at_risk, lost, np.cumsum(entering)]
        columns += [retention, *limits, fitted, *period_survival(at_risk, lost)]
        parts.append(pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
