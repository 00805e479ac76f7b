"""What customers are worth, and how unevenly: the sums of one report month as estimates, a row a KPI.

The cost does not depend on how many customers or orders there are: sums over them and some thousand cells come in.
What cannot be told has no estimate and a note that says why; that is no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference import bg_nbd, concentration, gamma_gamma, lifetime_value, shifted_beta_geometric
from flows.inference.estimates import Estimate, wald
from flows.inference.intervals import wilson
from flows.inference.likelihood import derived
from flows.inference.tenure import by_tenure

if TYPE_CHECKING:
    import pandas as pd

SECONDS_PER_WEEK = 7 * 86_400
#: A month's share of a year, in weeks.
WEEKS_PER_MONTH = 365.25 / 12 / 7
COLUMNS = ("kpi", "period", "n", "estimate", "estimate_low", "estimate_high", "estimate_error", "note")

NOBODY_LOST = "nobody left in the last twelve months, so how long customers stay cannot be told"
NO_FIT_OF_CONTRACTS = "the model of how long contracts last does not fit what was seen in the last twelve months"
NOBODY_NEW = "no customer is known to be new: that takes a year of orders before the first, and three years read"
NO_FIT_OF_PURCHASES = "the model of repeat purchases and their value does not fit the new customers of two years"
NO_PROFIT = "the customers' profits of twelve months add up to nothing or less"
REVENUE = "customer value and profit are told by revenue, since no margin of orders was delivered"


def monthly_rate(yearly: float) -> float:
    """The rate of a month that in twelve months makes the yearly one."""
    return (1 + yearly) ** (1 / 12) - 1


def value_estimates(
    period: str,
    *,
    life_tables: pd.DataFrame,
    revenue: pd.DataFrame,
    profits: pd.DataFrame,
    cells: pd.DataFrame,
    discount_rate: float,
    horizon_months: int,
) -> pd.DataFrame:
    """The columns of COLUMNS, one row for each of clv_simple, clv_contract, clv_orders, pareto_top20 and pareto_gini
    whose data are delivered. Money in the currency of what comes in, ``pareto_top20`` in percent.

    ``life_tables``: population, tenure_month, at_risk, entering and lost of the period. ``revenue``: n, total and
    squares of the monthly recurring revenue at its end, or no row. ``profits``: the columns of
    ``concentration.TopSums`` and ``DistanceSums`` with value_basis, or no row. ``cells``: as buyer_cells.
    ``discount_rate`` is yearly.
    """
    import pandas as pd

    discount = monthly_rate(discount_rate)
    tables = dict(iter(life_tables.groupby("population")))
    rows = []
    if len(revenue) and "contracts" in tables:
        paid = _mean_of(*_sums(revenue, "n", "total", "squares"))
        n = int(revenue["n"].iloc[0])
        rows.append({"kpi": "clv_simple", "n": n} | simple(paid, tables["contracts"], discount))
        rows.append({"kpi": "clv_contract", "n": n} | under_contract(paid, tables["contracts"], discount))
    elif len(profits) and "customers" in tables:
        # Margin of twelve months by customer, over as many customers as there were months of a customer.
        customers = tables["customers"]["at_risk"].sum() / 12
        yearly = _mean_of(customers, *_sums(profits, "total", "squares"))
        monthly = Estimate(*(part / 12 for part in yearly))
        told = simple(monthly, tables["customers"], discount) if monthly.value > 0 else {"note": NO_PROFIT}
        rows.append({"kpi": "clv_simple", "n": round(customers)} | _by_revenue(told, profits))
    if len(profits):
        n = int(profits["n"].iloc[0])
        n_new = int(cells.loc[cells["cells"] == "times", "customers"].sum())
        told = without_contract(cells, discount, horizon_months)
        rows.append({"kpi": "clv_orders", "n": n_new} | _by_revenue(told, profits))
        rows += [{"kpi": kpi, "n": n} | _by_revenue(told, profits) for kpi, told in concentrations(profits).items()]
    types = {"kpi": object, "period": object, "n": np.int64} | dict.fromkeys(COLUMNS[3:7], float) | {"note": object}
    columns = {name: [({"period": period} | row).get(name) for row in rows] for name in COLUMNS}
    return pd.DataFrame({name: pd.Series(values, dtype=types[name]) for name, values in columns.items()})


def simple(monthly: Estimate, table: pd.DataFrame, discount: float) -> dict:
    """m r / (1 + d - r): what a customer brings in monthly, with the share kept from month to month, alike for all."""
    at_risk, lost = float(table["at_risk"].sum()), float(table["lost"].sum())
    if not lost or not at_risk:
        return {"note": NOBODY_LOST}
    kept = Estimate(np.array([1 - lost / at_risk]), *(np.atleast_1d(part) for part in wilson(at_risk - lost, at_risk)))
    return _told(lifetime_value.simple_clv_estimate(monthly, kept, discount))


def under_contract(monthly: Estimate, table: pd.DataFrame, discount: float) -> dict:
    """Discounted expected lifetime of a new contract by the sBG model, times what a contract pays monthly."""
    fit = shifted_beta_geometric.fit(*by_tenure(table, "at_risk", "lost"))
    if not fit.found:
        return {"note": NO_FIT_OF_CONTRACTS}
    months = derived(
        [fit], lambda parameters: shifted_beta_geometric.discounted_expected_lifetime(parameters, discount), "log"
    )
    value = monthly.value * months.value
    # Both are positive and independent: errors of their logarithms add up squared.
    reach = np.hypot((monthly.high - monthly.value) / monthly.value, np.log(months.high / months.value))
    return _told(Estimate(value, value * np.exp(-reach), value * np.exp(reach)), NO_FIT_OF_CONTRACTS)


def without_contract(cells: pd.DataFrame, discount: float, horizon_months: int) -> dict:
    """Expected discounted value of a new customer's purchases within the horizon, by BG/NBD and gamma-gamma."""
    times = at_most(cells[cells["cells"] == "times"])
    values = cells[(cells["cells"] == "values") & cells["value_cell"].notna() & (cells["frequency"] > 0)]
    if not len(times):
        return {"note": NOBODY_NEW}
    customers, repeat = (times[column].to_numpy(float) for column in ("customers", "repeat_value"))
    weeks = [times[f"{name}_seconds"].to_numpy(float) / customers / SECONDS_PER_WEEK for name in ("recency", "age")]
    rows = bg_nbd.buyers(times["frequency"], *weeks, customers)
    purchases = bg_nbd.fit(rows)
    spent, number = values["repeat_value"].to_numpy(float), values["customers"].to_numpy(float)
    spending = gamma_gamma.fit(gamma_gamma.spenders(values["frequency"], spent / number, number))
    if not (purchases.found and spending.found):
        return {"note": NO_FIT_OF_PURCHASES}
    worth = lifetime_value.customer_value(
        purchases, spending, rows, repeat / customers, horizon_months, WEEKS_PER_MONTH, discount
    )
    return _told(worth, NO_FIT_OF_PURCHASES)


def at_most(cells: pd.DataFrame, most: int = bg_nbd.ROWS) -> pd.DataFrame:
    """Cells of frequency, recency_cell and age_cell, these two widened in whole steps until there are so few.

    Sums are added up; frequency is never rounded, so there are at least as many cells as frequencies.
    """
    widest = int(cells["age_cell"].max()) + 1 if len(cells) else 1
    sums = ["customers", "recency_seconds", "age_seconds", "repeat_value"]
    for step in range(1, widest + 1):
        keys = [cells["frequency"], cells["recency_cell"] // step, cells["age_cell"] // step]
        if step == widest or len(set(zip(*keys, strict=True))) <= most:
            return cells[sums].astype(float).groupby(keys).sum().reset_index()
    raise AssertionError("the widest step always answers")


def concentrations(profits: pd.DataFrame) -> dict[str, dict]:
    """Share of the top fifth (in %) and Gini's coefficient, with linearised errors."""
    top = concentration.top_share(concentration.TopSums(*_sums(profits, *concentration.TopSums._fields)))
    gini = concentration.gini(concentration.DistanceSums(*_sums(profits, *concentration.DistanceSums._fields)))
    return {
        kpi: _told(wald(scale * found.value, scale * found.error), NO_PROFIT)
        | {"estimate_error": scale * float(found.error[0])}
        for kpi, found, scale in (("pareto_top20", top, 100), ("pareto_gini", gini, 1))
    }


def _mean_of(n: np.ndarray | float, total: np.ndarray, squares: np.ndarray) -> Estimate:
    """Mean of n customers with its limits, from sums; who brought in nothing is in n only."""
    mean = total / n
    return wald(mean, np.sqrt(np.maximum(squares / n - mean**2, 0) / n))


def _sums(frame: pd.DataFrame, *columns: str) -> list[np.ndarray]:
    return [frame[column].to_numpy(float) for column in columns]


def _told(found: Estimate, otherwise: str | None = None) -> dict:
    """The first (and only) value with its limits; without a value the note."""
    value, low, high = (float(np.atleast_1d(part)[0]) for part in found)
    if not np.isfinite(value):
        return {"note": otherwise}
    return {"estimate": value, "estimate_low": low, "estimate_high": high}


def _by_revenue(told: dict, profits: pd.DataFrame) -> dict:
    """With the note that revenue stands for margin, where it does and nothing worse is to be said."""
    return {"note": REVENUE} | told if profits["value_basis"].iloc[0] == "revenue" else told
