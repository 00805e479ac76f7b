"""Curves over tenure: against statsmodels' product-limit estimate with entry times, and at the curve's edges."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from flows.inference import shifted_beta_geometric, survival
from flows.inference.tenure import COLUMNS, period_survival, survival_by_tenure


def table(at_risk, lost, entering=None, period="2026-01", population="customers") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "population": population,
            "period": period,
            "tenure_month": np.arange(1, len(at_risk) + 1),
            "at_risk": at_risk,
            "entering": at_risk if entering is None else entering,
            "lost": lost,
        }
    )


def test_who_enters_at_any_age_counts_from_there_as_statsmodels_counts_them():
    rng = np.random.default_rng(3)
    entry = rng.integers(0, 20, 400)
    exit_ = entry + rng.integers(1, 12, 400)
    event = rng.random(400) < 0.4
    tenure = np.arange(1, exit_.max() + 1)
    at_risk = [((entry < t) & (exit_ >= t)).sum() for t in tenure]
    lost = [((exit_ == t) & event).sum() for t in tenure]
    found = period_survival(at_risk, lost)
    other = SurvfuncRight(exit_, event, entry=entry)
    there = other.surv_times.astype(int) - 1
    assert found.survival[there] == pytest.approx(other.surv_prob)
    assert found.error[there] == pytest.approx(other.surv_prob_se)


def test_followed_from_the_beginning_it_is_the_curve_of_kaplan_and_meier():
    lost, gone = np.array([3, 0, 2, 5, 1]), np.array([1, 2, 0, 4, 2])
    at_risk = 40 - np.concatenate([[0], np.cumsum(lost + gone)[:-1]])
    found = period_survival(at_risk, lost)
    tables = survival.LifeTables.of(np.append(np.arange(1, 6), 9), np.append(lost, 0), np.append(gone, 20))
    expected = survival.survival_at(tables, 5)
    assert [part[-1] for part in found[:3]] == pytest.approx([float(part[0]) for part in expected])


def test_a_month_of_tenure_that_nobody_had_ends_what_can_be_told():
    found = period_survival([10, 0, 8], [1, 0, 1])
    assert found.survival[0] == pytest.approx(0.9)
    assert all(np.isnan(part[1:]).all() for part in found)


def test_nobody_lost_has_a_lower_limit_and_nobody_left_an_upper_one():
    found = period_survival([10, 20], [0, 0])
    assert found.survival.tolist() == [1, 1]
    assert found.high.tolist() == [1, 1]
    assert found.low == pytest.approx([0.025 ** (1 / 10)] * 2)
    found = period_survival([10, 5], [5, 5])
    assert found.survival.tolist() == [0.5, 0]
    assert (found.low[1], found.high[1]) == (0, found.high[0])
    assert np.isnan(found.error[1])
    assert period_survival([10], [10]).high == pytest.approx([1 - 0.025 ** (1 / 10)])


def test_more_lost_than_there_are_is_refused():
    with pytest.raises(ValueError, match="at most those at risk"):
        period_survival([3], [4])


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=1, max_size=30))
def test_a_curve_falls_and_lies_within_its_limits(rows):
    at_risk = np.array([n for n, _ in rows])
    found = period_survival(at_risk, np.floor(at_risk * [share for _, share in rows]))
    assert (np.diff(found.survival) <= 1e-12).all()
    assert ((found.low <= found.survival + 1e-12) & (found.survival <= found.high + 1e-12)).all()
    assert ((found.low >= 0) & (found.high <= 1)).all()


def test_each_population_and_month_has_its_curve_and_a_missing_tenure_is_a_gap():
    tables = pd.concat([table([10, 9, 9], [1, 0, 3]), table([4, 4], [0, 1], [4, 1], "2025-12")])
    found = survival_by_tenure(tables[~((tables["period"] == "2026-01") & (tables["tenure_month"] == 2))])
    assert list(found) == list(COLUMNS)
    assert found["period"].tolist() == ["2025-12"] * 2 + ["2026-01"] * 3
    assert found["seen"].tolist() == [4, 5, 10, 10, 19]
    assert found["survival"].tolist()[:3] == pytest.approx([1, 0.75, 0.9])
    assert found["survival"].isna().tolist() == [False] * 3 + [True] * 2
    assert found["retention"].tolist() == pytest.approx([1, 0.75, 0.9, np.nan, 2 / 3], nan_ok=True)


def test_without_any_customer_there_is_no_curve():
    assert survival_by_tenure(table([], [])).empty


def test_retention_rises_by_selection_among_customers_who_never_change_and_the_model_says_so():
    """A hundred thousand customers, each with a chance to leave that stays the same: those likely to leave go first."""
    rng = np.random.default_rng(7)
    left = rng.geometric(rng.beta(0.668, 3.806, 100_000))  # O15, High End
    at_risk = np.array([(left >= t).sum() for t in range(1, 8)])
    found = survival_by_tenure(table(at_risk, [(left == t).sum() for t in range(1, 8)], [100_000] + [0] * 6))
    assert (np.diff(found["retention"]) > 0).all()
    assert found["retention_fitted"].to_numpy() == pytest.approx(found["retention"].to_numpy(), abs=0.005)
    published = shifted_beta_geometric.survival((0.668, 3.806), np.arange(1, 8))
    assert found["survival"].to_numpy() == pytest.approx(published, abs=0.005)
