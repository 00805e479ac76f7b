"""Customer value from sums: against the same models on single customers, brute force, and simulated purchases."""

import numpy as np
import pandas as pd
import pytest

from flows.inference import bg_nbd, concentration, customer_value, gamma_gamma, lifetime_value
from flows.inference import shifted_beta_geometric as sbg
from flows.inference.customer_value import (
    COLUMNS,
    SECONDS_PER_WEEK,
    WEEKS_PER_MONTH,
    at_most,
    monthly_rate,
    value_estimates,
)
from tests.flows.inference.test_tenure import table

#: Purchases: rate, and chance to leave; p, q, v of their values. Weeks.
BUYING, SPENDING = (0.9, 9.0, 0.8, 4.0), (6.0, 4.0, 15.0)
NOTHING = pd.DataFrame()


def simulated(seed: int, customers: int) -> dict[str, np.ndarray]:
    """New customers of 104 weeks with what they did until now and, margins added up, in the twelve months after."""
    rng = np.random.default_rng(seed)
    (r, alpha, a, b), (p, q, v) = BUYING, SPENDING
    rate, leaves = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    scale = rng.gamma(q, 1 / v, customers)
    age, until = rng.uniform(1, 104, customers), 12 * WEEKS_PER_MONTH
    found = {name: np.zeros(customers) for name in ("frequency", "recency", "spent", "future")}
    now, there = np.zeros(customers), np.ones(customers, bool)
    while there.any():
        now = now + rng.exponential(1, customers) / np.maximum(rate, 1e-200)
        value = rng.gamma(p, 1 / scale)
        buys, later = there & (now <= age), there & (now > age) & (now <= age + until)
        found["frequency"][buys] += 1
        found["recency"][buys] = now[buys]
        found["spent"][buys] += value[buys]
        found["future"][later] += (value * (1 + monthly_rate(0.1)) ** -np.ceil((now - age) / WEEKS_PER_MONTH))[later]
        there = (buys | later) & (rng.random(customers) >= leaves)
    return found | {"age": age}


def cells_of(each: dict[str, np.ndarray], basis: str = "margin") -> pd.DataFrame:
    """What buyer_cells.sql makes of single customers, said in pandas."""
    seconds = {name: np.floor(each[name] * SECONDS_PER_WEEK).astype(np.int64) for name in ("recency", "age")}
    repeat = np.where(each["frequency"] > 0, each["spent"] / np.maximum(each["frequency"], 1), 0.0)
    frame = pd.DataFrame(
        {
            "frequency": each["frequency"].astype(np.int64),
            "recency_cell": seconds["recency"] // (4 * SECONDS_PER_WEEK),
            "age_cell": seconds["age"] // (4 * SECONDS_PER_WEEK),
            "value_cell": np.where(repeat > 0, np.rint(np.log(np.where(repeat > 0, repeat, 1)) / 0.05), np.nan),
            "customers": 1,
            "recency_seconds": seconds["recency"],
            "age_seconds": seconds["age"],
            "repeat_value": repeat,
        }
    )
    sums = ["customers", "recency_seconds", "age_seconds", "repeat_value"]
    times = frame.groupby(["frequency", "recency_cell", "age_cell"], as_index=False)[sums].sum()
    values = frame.groupby(["frequency", "value_cell"], dropna=False, as_index=False)[sums].sum()
    return pd.concat([times.assign(cells="times"), values.assign(cells="values")]).assign(value_basis=basis)


def profits_of(values, basis: str = "margin") -> pd.DataFrame:
    sums = concentration.top_sums(values)._asdict() | concentration.distance_sums(values)._asdict()
    return pd.DataFrame({name: [float(part)] for name, part in sums.items()} | {"value_basis": [basis]})


def revenue_of(values) -> pd.DataFrame:
    values = np.asarray(values, float)
    return pd.DataFrame({"n": [len(values)], "total": [values.sum()], "squares": [values @ values]})


def told(
    life_tables=None, revenue=NOTHING, profits=NOTHING, cells=None, discount_rate=0.1, horizon_months=12
) -> dict[str, dict]:
    answer = value_estimates(
        "2026-01",
        life_tables=table([], []) if life_tables is None else life_tables,
        revenue=revenue,
        profits=profits,
        cells=cells_of({name: np.zeros(0) for name in ("frequency", "recency", "age", "spent")})
        if cells is None
        else cells,
        discount_rate=discount_rate,
        horizon_months=horizon_months,
    )
    assert list(answer) == list(COLUMNS)
    assert (answer["period"] == "2026-01").all()
    return {row["kpi"]: row for row in answer.to_dict("records")}


CONTRACTS = table([100, 90, 84, 80], [10, 6, 4, 3], population="contracts")


@pytest.fixture(scope="module")
def customers() -> dict[str, np.ndarray]:
    return simulated(11, 4000)


def test_a_year_is_twelve_months_of_discount():
    assert (1 + monthly_rate(0.21)) ** 12 == pytest.approx(1.21)
    assert monthly_rate(0) == 0


def test_the_simple_value_is_the_sum_over_all_months_to_come():
    row = told(CONTRACTS, revenue_of([10, 20, 30]))["clv_simple"]
    kept, month = 1 - 23 / 354, np.arange(1, 3000)
    assert row["estimate"] == pytest.approx((20 * kept**month * 1.1 ** (-month / 12)).sum())
    assert row["estimate_low"] < row["estimate"] < row["estimate_high"]
    assert row["n"] == 3


def test_the_value_of_a_contract_is_the_sum_of_the_fitted_survival_over_all_months():
    row = told(CONTRACTS, revenue_of([10, 20, 30]))["clv_contract"]
    alpha, beta = sbg.fit([100, 90, 84, 80], [10, 6, 4, 3]).parameters
    survival = np.cumprod(np.concatenate([[1], 1 - alpha / (alpha + beta + np.arange(20_000))]))
    assert row["estimate"] == pytest.approx(20 * survival @ 1.1 ** (-np.arange(20_001) / 12), rel=1e-6)
    # The spread of what is paid alone: 8.16 / sqrt(3), 1.96 times, of 20.
    assert np.log(row["estimate_high"] / row["estimate"]) > 1.96 * np.sqrt(200 / 3 / 3) / 20
    assert row["estimate_high"] / row["estimate"] == pytest.approx(row["estimate"] / row["estimate_low"])


def test_cells_tell_what_single_customers_tell(customers):
    rows = bg_nbd.buyers(*(customers[name] for name in ("frequency", "recency", "age")))
    again = customers["frequency"] > 0
    mean = np.where(again, customers["spent"] / np.maximum(customers["frequency"], 1), 0)
    spending = gamma_gamma.fit(gamma_gamma.spenders(customers["frequency"][again], mean[again]))
    exact = lifetime_value.customer_value(
        bg_nbd.fit(rows), spending, rows, mean, 12, WEEKS_PER_MONTH, monthly_rate(0.1)
    )
    row = told(profits=profits_of([1, 2]), cells=cells_of(customers))["clv_orders"]
    found = [row[name] for name in ("estimate", "estimate_low", "estimate_high")]
    assert found == pytest.approx([float(part[0]) for part in exact], rel=0.01)
    assert row["n"] == 4000


def test_what_is_expected_is_what_customers_then_buy():
    """The interval is for the expected value: with what customers then do comes their own scatter."""
    misses = []
    for seed in range(5):
        customers = simulated(seed, 4000)
        row = told(profits=profits_of([1, 2]), cells=cells_of(customers))["clv_orders"]
        future = customers["future"]
        error = (row["estimate_high"] - row["estimate_low"]) / 3.92
        scatter = np.hypot(error, future.std() / np.sqrt(len(future)))
        misses.append((row["estimate"] - future.mean()) / scatter)
    assert np.abs(misses).max() < 3.3
    assert np.abs(np.mean(misses)) < 3.3 / np.sqrt(5)


def test_a_longer_horizon_is_worth_more_and_a_higher_rate_less(customers):
    cells = cells_of(customers)
    year, two, dear = (
        told(profits=profits_of([1, 2]), cells=cells, **more)["clv_orders"]["estimate"]
        for more in ({}, {"horizon_months": 24}, {"discount_rate": 0.5})
    )
    assert dear < year < two < 2 * year


def test_too_many_cells_are_widened_until_they_are_few_and_nobody_is_lost(customers):
    cells = cells_of(customers)
    times = cells[cells["cells"] == "times"]
    wide = at_most(times, 200)
    assert len(wide) <= 200 < len(times)
    for column in ("customers", "recency_seconds", "age_seconds", "repeat_value"):
        assert wide[column].sum() == pytest.approx(times[column].sum())
    assert len(at_most(times, 1)) == times["frequency"].nunique()
    assert len(at_most(times)) == len(times)


def test_shares_of_profit_come_from_the_sums_with_their_errors():
    rows = told(profits=profits_of([50, 30, 20, 15, 10, 10, 5, 5, 5, 0]))
    assert rows["pareto_top20"]["estimate"] == pytest.approx(100 * 80 / 150)
    assert rows["pareto_gini"]["estimate"] == pytest.approx(730 / 1500)
    for row in (rows["pareto_top20"], rows["pareto_gini"]):
        assert row["estimate_high"] - row["estimate"] == pytest.approx(1.959964 * row["estimate_error"])
        assert row["n"] == 10


def test_without_subscriptions_the_simple_value_rests_on_orders_by_customer_and_month():
    lives = table([120, 120], [2, 4])  # 240 months of customers: 20 customers a year
    row = told(lives, profits=profits_of([60, 30, 30]))["clv_simple"]
    kept = 1 - 6 / 240
    assert row["estimate"] == pytest.approx(120 / 240 * kept / (1.1 ** (1 / 12) - kept))
    assert row["n"] == 20
    assert row["note"] is None


def contracts(lost: int) -> pd.DataFrame:
    return table([5], [lost], population="contracts")


@pytest.mark.parametrize(
    ("given", "kpi", "note"),
    [
        ({"life_tables": contracts(0), "revenue": revenue_of([1])}, "clv_simple", "NOBODY_LOST"),
        ({"life_tables": contracts(1), "revenue": revenue_of([1])}, "clv_contract", "NO_FIT_OF_CONTRACTS"),
        ({"profits": profits_of([1, 2])}, "clv_orders", "NOBODY_NEW"),
        ({"life_tables": table([5], [1]), "profits": profits_of([0, 0])}, "clv_simple", "NO_PROFIT"),
        ({"profits": profits_of([1, -2])}, "pareto_top20", "NO_PROFIT"),
        ({"profits": profits_of([1, -2])}, "pareto_gini", "NO_PROFIT"),
    ],
)
def test_what_cannot_be_told_has_a_note_and_no_estimate(given, kpi, note):
    row = told(**given)[kpi]
    assert np.isnan([row[name] for name in COLUMNS[3:7]]).all()
    assert row["note"] == getattr(customer_value, note)


def test_customers_who_never_came_again_have_no_value_without_a_contract():
    nobody = {name: np.zeros(50) for name in ("frequency", "recency", "spent")} | {"age": np.arange(1.0, 51)}
    row = told(profits=profits_of([1, 2]), cells=cells_of(nobody))["clv_orders"]
    assert row["note"] == customer_value.NO_FIT_OF_PURCHASES
    assert row["n"] == 50


def test_revenue_in_place_of_margin_is_said_where_it_stands_and_nowhere_else(customers):
    rows = told(CONTRACTS, revenue_of([1, 2]), profits_of([3, 1], "revenue"), cells_of(customers, "revenue"))
    assert {kpi for kpi, row in rows.items() if row["note"] == customer_value.REVENUE} == {
        "clv_orders",
        "pareto_top20",
        "pareto_gini",
    }
    assert {row["note"] for row in told(profits=profits_of([3, 1]), cells=cells_of(customers)).values()} == {None}


def test_nothing_delivered_tells_nothing():
    assert told() == {}
