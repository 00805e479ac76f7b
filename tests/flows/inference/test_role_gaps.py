"""The distance between two groups' judgements: hand-computed, and against SciPy's Welch on the answers themselves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.stats import ttest_ind

from flows.inference.intervals import normal_quantile
from flows.inference.role_gaps import role_gaps

MANAGEMENT, OTHERS = [5.0, 4.5, 4.0, 5.0], [3.0, 2.5, 4.0, 3.5, 3.0, 2.0]


def side(name, answers, statement=None):
    return {
        "kpi": "gap",
        "period": "2026-03",
        "statement": statement,
        "side": name,
        "n": len(answers),
        "total": sum(answers),
        "total_squares": sum(answer**2 for answer in answers),
    }


def gaps(*sides):
    return role_gaps(pd.DataFrame(list(sides))).to_dict("records")


def test_the_gap_is_the_distance_of_the_means_with_welchs_interval():
    [found] = gaps(side("management", MANAGEMENT), side("others", OTHERS))
    limits = ttest_ind(MANAGEMENT, OTHERS, equal_var=False).confidence_interval()
    assert found["estimate"] == pytest.approx(4.625 - 3.0)
    assert (found["estimate_low"], found["estimate_high"]) == pytest.approx((limits.low, limits.high))
    assert found["estimate_error"] == pytest.approx((limits.high - limits.low) / 2 / normal_quantile())
    assert found["n"] == 4
    assert (found["slice"], pd.isna(found["slice_value"])) == ("overall", True)


def test_a_gap_in_the_other_direction_is_the_same_gap():
    [found] = gaps(side("management", MANAGEMENT), side("others", OTHERS))
    [turned] = gaps(side("management", OTHERS), side("others", MANAGEMENT))
    assert turned == found | {"slice_value": turned["slice_value"]}


def test_where_both_directions_are_possible_the_lower_limit_is_zero():
    [found] = gaps(side("management", [3.0, 4.0, 5.0]), side("others", [3.0, 4.0, 4.5]))
    limits = ttest_ind([3.0, 4.0, 5.0], [3.0, 4.0, 4.5], equal_var=False).confidence_interval()
    assert limits.low < 0 < limits.high
    assert found["estimate_low"] == 0
    assert found["estimate_high"] == pytest.approx(max(-limits.low, limits.high))


def test_each_statement_is_a_row_of_its_own_and_one_that_one_side_lacks_is_none():
    rows = gaps(
        side("management", MANAGEMENT),
        side("others", OTHERS),
        side("management", [5.0, 5.0], "promises"),
        side("others", [3.0, 4.0], "promises"),
        side("management", [1.0, 2.0], "only leaders"),
    )
    assert [(row["slice"], row["estimate"]) for row in rows] == [("overall", 1.625), ("statement", 1.5)]
    assert rows[1]["slice_value"] == "promises"


def test_one_person_on_a_side_has_a_gap_and_no_interval():
    [found] = gaps(side("management", [5.0]), side("others", OTHERS))
    assert found["estimate"] == 2
    assert np.isnan(found["estimate_low"])
    assert np.isnan(found["estimate_error"])


def test_nothing_asked_gives_no_row_and_keeps_the_columns():
    empty = pd.DataFrame([side("others", OTHERS)]).head(0)
    assert role_gaps(empty).empty
    assert [str(kind) for kind in role_gaps(empty).dtypes[:4]] == ["string"] * 4


answers = some.lists(some.integers(min_value=1, max_value=5).map(float), min_size=2, max_size=30)


@given(management=answers, others=answers)
@settings(deadline=None)
def test_the_gap_lies_in_its_interval_and_no_farther_than_the_scale_allows(management, others):
    [found] = gaps(side("management", management), side("others", others))
    assert 0 <= found["estimate"] <= 4
    assert found["estimate_low"] - 1e-9 <= found["estimate"] <= found["estimate_high"] + 1e-9
