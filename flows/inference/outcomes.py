"""What leaving and growing go with: the counts of ``outcome_strata`` as estimates, a row a KPI and month.

Told in percentage points, as associations: nobody was assigned to a bad experience or to support.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference.association import stratified_difference, trend
from flows.inference.intervals import normal_quantile

if TYPE_CHECKING:
    import pandas as pd

#: Numbers of bad experiences, as ordered groups.
LEVELS = ("none", "one", "several")
#: By KPI of the contact with support: who is counted, and with which outcome.
SUPPORT = {
    "cohort_support_churn": ("customers", "customers_left"),
    "cohort_support_expansion": ("customers_with_revenue", "customers_expanded"),
}
COLUMNS = ("kpi", "period", "n", "estimate", "estimate_low", "estimate_high", "estimate_error", "p", "compared")


def associations(strata: pd.DataFrame) -> pd.DataFrame:
    """The columns of COLUMNS, ordered by period and KPI; nothing where a month has nobody to compare.

    ``strata``: one row a period, customer_tier, tenure_band, bad_experience_level and contacted_support (null where
    the month before told nothing): customers, customers_left, customers_with_revenue, customers_expanded.

    ``churn_bad_exp_trend``: points more who left with each step of LEVELS, with p of the Cochran-Armitage test.
    SUPPORT: Mantel-Haenszel difference between who contacted support and who did not, over tier and tenure; n counts
    those in strata that hold both, ``compared`` is their share.
    """
    import pandas as pd

    rows = []
    for period, month in strata.groupby("period", sort=True):
        rows += [row | {"period": period} for row in (*_trend(month), *_support(month))]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"kpi": object, "period": object, "n": np.int64})


def _trend(month: pd.DataFrame) -> list[dict]:
    by_level = (
        month.groupby("bad_experience_level")[["customers", "customers_left"]].sum().reindex(LEVELS, fill_value=0)
    )
    customers, left = (by_level[column].to_numpy(float) for column in ("customers", "customers_left"))
    if not customers.sum():
        return []
    found = trend(left, customers)
    return _row("churn_bad_exp_trend", customers.sum(), found.slope, found.low, found.high, found.p, 1.0)


def _support(month: pd.DataFrame) -> list[dict]:
    rows = []
    told = month[month["contacted_support"].notna()]
    contacted = told["contacted_support"].astype(bool)
    for kpi, columns in SUPPORT.items():
        exposed, others = (
            told[mine].groupby(["customer_tier", "tenure_band"])[list(columns)].sum()
            for mine in (contacted, ~contacted)
        )
        exposed, others = exposed.align(others, join="outer", fill_value=0)
        (n1, a), (n0, c) = ([part[column].to_numpy(float) for column in columns] for part in (exposed, others))
        n = (n1 + n0)[(n1 > 0) & (n0 > 0)].sum()
        if n:
            found = stratified_difference(a, n1, c, n0)
            rows += _row(kpi, n, found.value, found.low, found.high, found.p, found.compared)
    return rows


def _row(kpi: str, n: float, value: float, low: float, high: float, p: float, compared: float) -> list[dict]:
    """One row in points; without a value none. An interval cut off at the end of the scale tells no error."""
    if not np.isfinite(value):
        return []
    cut = abs(low) == 1 or abs(high) == 1
    return [
        {
            "kpi": kpi,
            "n": int(n),
            "estimate": 100 * float(value),
            "estimate_low": 100 * float(low),
            "estimate_high": 100 * float(high),
            "estimate_error": np.nan if cut else 100 * float(high - low) / 2 / normal_quantile(),
            "p": float(p),
            "compared": float(compared),
        }
    ]
