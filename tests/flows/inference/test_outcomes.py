"""What leaving goes with: by hand in small tables, and what must not be counted."""

import numpy as np
import pandas as pd
import pytest

from flows.inference.outcomes import COLUMNS, associations

NAMES = ("period", "customer_tier", "tenure_band", "bad_experience_level", "contacted_support")
COUNTS = ("customers", "customers_left", "customers_with_revenue", "customers_expanded")


def strata(*rows) -> pd.DataFrame:
    """period, tier, tenure, level, contacted, then the four counts."""
    return pd.DataFrame(rows, columns=[*NAMES, *COUNTS])


def found(frame) -> dict[tuple[str, str], dict]:
    answer = associations(frame)
    assert list(answer) == list(COLUMNS)
    return {(row["kpi"], row["period"]): row for row in answer.to_dict("records")}


def test_the_trend_is_the_slope_over_none_one_and_several():
    rows = found(
        strata(
            ("2026-01", "basic", "a", "none", False, 4, 1, 0, 0),
            ("2026-01", "plus", "a", "none", True, 3, 0, 0, 0),
            ("2026-01", "basic", "a", "one", False, 2, 1, 0, 0),
            ("2026-01", "basic", "b", "several", False, 2, 1, 0, 0),
            ("2026-01", "basic", "b", None, False, 50, 50, 0, 0),  # nothing is known of these
        )
    )
    trend = rows["churn_bad_exp_trend", "2026-01"]
    assert trend["estimate"] == pytest.approx(100 * 165 / 814)
    assert trend["n"] == 11
    half = (trend["estimate_high"] - trend["estimate_low"]) / 2
    # By the binomial variance of each share, weights the customers times the distance of the score.
    scores, n, share = np.array([0, 1, 2]) - 6 / 11, np.array([7, 2, 2]), np.array([1 / 7, 1 / 2, 1 / 2])
    error = np.sqrt((n * scores**2 * share * (1 - share)).sum()) / (n * scores**2).sum()
    assert half == pytest.approx(100 * 1.959964 * error)
    assert trend["estimate_error"] == pytest.approx(100 * error)


def test_who_contacted_support_is_compared_with_others_of_the_same_tier_and_tenure():
    rows = found(
        strata(
            ("2026-01", "basic", "long", "none", True, 2, 0, 2, 1),
            ("2026-01", "basic", "long", "none", False, 3, 1, 1, 0),
            ("2026-01", "basic", "long", "one", False, 2, 1, 2, 1),
            ("2026-01", "plus", "long", "none", True, 1, 1, 0, 0),
            ("2026-01", "plus", "long", "none", False, 1, 0, 0, 0),
            ("2026-01", "plus", "new", "none", True, 40, 0, 0, 0),  # nobody of these to be compared with
        )
    )
    churn = rows["cohort_support_churn", "2026-01"]
    assert churn["estimate"] == pytest.approx(100 * (10 / 7 * -0.4 + 1 / 2 * 1) / (10 / 7 + 1 / 2))
    assert (churn["n"], churn["compared"]) == (9, pytest.approx(9 / 49))
    expansion = rows["cohort_support_expansion", "2026-01"]
    assert expansion["estimate"] == pytest.approx(100 * (1 / 2 - 1 / 3))
    assert expansion["n"] == 5


def test_with_everybody_in_one_group_there_is_nothing_to_tell():
    assert not found(strata(("2026-01", "basic", "long", "none", False, 30, 3, 5, 1)))
    assert not found(strata(("2026-01", "basic", "long", None, None, 30, 3, 5, 1)))
    assert not found(strata())


def test_without_any_outcome_there_is_a_difference_of_zero_and_no_limits():
    row = found(
        strata(
            ("2026-01", "basic", "long", "none", True, 30, 0, 0, 0),
            ("2026-01", "basic", "long", "none", False, 30, 0, 0, 0),
        )
    )["cohort_support_churn", "2026-01"]
    assert row["estimate"] == 0
    assert np.isnan([row["estimate_low"], row["estimate_high"], row["estimate_error"]]).all()


def test_an_interval_cut_off_at_the_end_of_the_scale_tells_no_error():
    row = found(
        strata(
            ("2026-01", "basic", "long", "none", True, 2, 1, 0, 0),
            ("2026-01", "basic", "long", "none", False, 2, 0, 0, 0),
        )
    )["cohort_support_churn", "2026-01"]
    assert row["estimate_high"] == 100
    assert np.isnan(row["estimate_error"])


def test_each_month_stands_for_itself():
    months = [("2026-02", 1), ("2026-01", 2)]
    rows = found(
        strata(
            *((month, "basic", "long", "none", True, 10, left, 0, 0) for month, left in months),
            *((month, "basic", "long", "none", False, 10, 0, 0, 0) for month, _ in months),
        )
    )
    assert rows["cohort_support_churn", "2026-02"]["estimate"] == pytest.approx(10)
    assert rows["cohort_support_churn", "2026-01"]["estimate"] == pytest.approx(20)
