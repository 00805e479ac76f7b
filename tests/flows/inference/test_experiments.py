import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chisquare, ttest_ind
from statsmodels.stats.proportion import proportion_confint

from flows.errors import BuildError
from flows.inference import comparisons
from flows.inference.experiments import COLUMNS, SAMPLE_RATIO_P, VERDICTS, compare_arms, sample_ratio_p

COMPLETE = {"period": "2026-10", "experiment": "subject line", "outcome": "converted", "is_complete": True}


def arm(name: str, assigned: int, hits: int | None = None, **given) -> dict:
    return COMPLETE | {"arm": name, "assigned": assigned, "n": assigned, "hits": hits} | given


def compared(*arms: dict, **options) -> list[dict]:
    frame = compare_arms(pd.DataFrame(list(arms)), **options)
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_a_variant_is_told_against_its_control_in_points_and_relatively():
    (row,) = compared(arm("a", 1000, 100), arm("b", 1000, 150))
    low, high, p = comparisons.two_shares(150, 1000, 100, 1000)
    assert (row["control"], row["variant"], row["unit"]) == ("a", "b", "%")
    assert (row["value"], row["control_value"]) == (15, 10)
    assert (row["difference"], row["low"], row["high"]) == pytest.approx((5, 100 * low[0], 100 * high[0]))
    assert row["p"] == row["q"] == pytest.approx(p[0])
    # Katz by hand: the log of 1.5 has the variance 1/150 - 1/1000 + 1/100 - 1/1000
    error = 1.959964 * np.sqrt(1 / 150 + 1 / 100 - 2 / 1000)
    limits = [100 * (1.5 * np.exp(sign * error) - 1) for sign in (-1, 1)]
    assert (row["lift_pct"], row["lift_low_pct"], row["lift_high_pct"]) == pytest.approx((50, *limits), rel=1e-5)
    assert (row["verdict"], row["intention_to_treat"]) == ("better", True)


def test_what_is_better_depends_on_the_direction():
    (row,) = compared(arm("a", 1000, 100, direction="down"), arm("b", 1000, 150, direction="down"))
    assert row["verdict"] == "worse"


def test_a_difference_that_is_clear_but_too_small_to_matter_is_none():
    (row,) = compared(arm("a", 10000, 1000), arm("b", 10000, 1150))
    assert row["verdict"] == "better"
    (row,) = compared(arm("a", 10000, 1000, smallest_change=2), arm("b", 10000, 1150, smallest_change=2))
    assert (row["verdict"], row["difference"]) == ("no clear difference", pytest.approx(1.5))
    (row,) = compared(arm("a", 10000, 8010, smallest_change=2), arm("b", 10000, 8210, smallest_change=2))
    assert row["verdict"] == "better"


def test_the_declared_arm_is_the_control_and_otherwise_the_first_by_name():
    arms = [arm(name, 100, 50) for name in ("own choice", "announcement", "silence")]
    assert {row["control"] for row in compared(*arms)} == {"announcement"}
    rows = compared(*arms[:2], arms[2] | {"is_control": True})
    assert [(row["variant"], row["control"]) for row in rows] == [
        ("announcement", "silence"),
        ("own choice", "silence"),
    ]


def test_arms_that_were_not_filled_as_planned_void_the_experiment():
    (row,) = compared(arm("a", 1000, 100), arm("b", 1200, 300))
    # 100²/1100 twice
    assert row["sample_ratio_p"] == pytest.approx(chisquare([1000, 1200]).pvalue)
    assert row["sample_ratio_p"] < SAMPLE_RATIO_P
    assert row["verdict"] == "sample ratio mismatch"
    told = ("value", "control_value", "difference", "low", "high", "lift_pct", "p", "q")
    assert [row[column] for column in told] == [None] * 8
    assert (row["n"], row["control_n"]) == (1200, 1000)


def test_the_plan_may_be_unequal():
    (row,) = compared(arm("a", 9000, 900, planned_share=90), arm("b", 1000, 110, planned_share=10))
    assert row["sample_ratio_p"] == 1
    (row,) = compared(arm("a", 9000, 900, planned_share=0.8), arm("b", 1000, 110, planned_share=0.2))
    assert row["verdict"] == "sample ratio mismatch"


def test_a_mismatch_voids_every_pair_of_the_experiment_and_no_other_experiment():
    other = [arm(name, 500, 50) | {"experiment": "other"} for name in ("a", "b")]
    rows = compared(arm("a", 1000, 1), arm("b", 1000, 1), arm("c", 1500, 1), *other)
    assert [row["verdict"] for row in rows] == ["no clear difference", *["sample ratio mismatch"] * 2]


def test_a_small_arm_is_checked_exactly():
    # 1 % of 300: expects 3, has 12; the chi-square would say 1e-7
    expected = binomtest(12, 300, 0.01).pvalue
    assert sample_ratio_p(np.array([288, 12]), np.array([99, 1])) == pytest.approx(expected)
    # two small arms are looked at together
    assert sample_ratio_p(np.array([290, 4, 6]), np.array([98, 1, 1])) == pytest.approx(binomtest(10, 300, 0.02).pvalue)
    assert sample_ratio_p(np.array([1, 2]), np.array([1, 1])) == pytest.approx(1)
    assert np.isnan(sample_ratio_p(np.array([0, 0]), np.array([1, 1])))


def test_before_the_horizon_nobody_looks():
    (row,) = compared(arm("a", 1000, 100), arm("b", 1000, 200, is_complete=False))
    assert (row["verdict"], row["difference"], row["p"], row["value"]) == ("running", None, None, None)
    assert row["sample_ratio_p"] == 1
    (row,) = compared(arm("a", 1000, 100), arm("b", 1000, 200, is_complete=None))
    assert row["verdict"] == "running"


def test_an_arm_below_the_minimum_base_is_shown_but_not_tested():
    (row,) = compared(arm("a", 29, 2), arm("b", 29, 28))
    assert (row["verdict"], row["p"], row["q"]) == ("low base", None, None)
    assert row["difference"] == pytest.approx(100 * 26 / 29)
    (row,) = compared(arm("a", 30, 2), arm("b", 30, 28))
    assert row["verdict"] == "better"


def test_an_arm_of_fewer_than_five_hides_its_pair():
    rows = compared(arm("a", 40, 20), arm("b", 40, 20), arm("c", 4, 2))
    assert [row["verdict"] for row in rows] == ["sample ratio mismatch", "hidden"]
    assert [key for key, value in rows[1].items() if value is not None] == [
        *("period", "experiment", "outcome", "control", "variant", "unit", "intention_to_treat", "verdict")
    ]


def test_an_arm_whom_nobody_answered_is_no_base():
    ((row),) = compared(arm("a", 40, 20), arm("b", 40, n=0, hits=0))
    assert (row["verdict"], row["value"], row["n"]) == ("low base", None, 0)


def test_scores_are_compared_by_welch_and_have_no_lift():
    random = np.random.default_rng(1)
    scores = {"own choice": random.normal(4.2, 0.8, 120), "silence": random.normal(3.6, 1.1, 100)}
    arms = [
        arm(name, 300, n=len(given), mean=given.mean(), variance=given.var(ddof=1), unit="score", is_control=control)
        for (name, given), control in zip(scores.items(), (False, True), strict=True)
    ]
    (row,) = compared(*arms)
    expected = ttest_ind(*scores.values(), equal_var=False)
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.confidence_interval()))
    assert (row["unit"], row["lift_pct"], row["verdict"]) == ("score", None, "better")
    # only some of the assigned answered
    assert row["intention_to_treat"] is False


@pytest.mark.parametrize(
    ("hits", "lift", "has_limits"), [((0, 10), None, False), ((10, 0), -100, False), ((50, 50), 0, False)]
)
def test_a_lift_exists_over_hits_and_its_limits_where_both_have_hits_and_one_misses(hits, lift, has_limits):
    (row,) = compared(arm("a", 50, hits[0]), arm("b", 50, hits[1]))
    assert row["lift_pct"] == lift
    assert (row["lift_low_pct"] is not None) == has_limits


def test_all_pairs_of_a_month_are_one_family():
    arms = [arm("a", 1000, 100), arm("b", 1000, 130), arm("c", 1000, 131)]
    other = [each | {"experiment": "other"} for each in (arm("a", 1000, 100), arm("b", 1000, 101))]
    later = [each | {"period": "2026-11"} for each in arms[:2]]
    running = [each | {"experiment": "still running", "is_complete": False} for each in arms[:2]]
    rows = compared(*arms, *other, *later, *running)
    october = [row for row in rows if row["period"] == "2026-10" and row["p"] is not None]
    p = [row["p"] for row in october]
    assert len(p) == 3
    assert [row["q"] for row in october] == pytest.approx(comparisons.benjamini_hochberg(p, ["one"] * 3))
    assert next(row for row in rows if row["period"] == "2026-11")["q"] == pytest.approx(p[1])


def test_one_arm_alone_is_no_experiment_and_no_arms_are_an_empty_frame():
    assert compared(arm("a", 1000, 100)) == []
    empty = compare_arms(pd.DataFrame([arm("a", 1, 1)]).iloc[:0])
    assert list(empty.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("arms", "what"),
    [
        ([arm("a", 10, 1), arm("a", 10, 1)], "one arm comes twice"),
        ([arm("a", 10, 11), arm("b", 10, 1)], "more hits are counted than rows"),
        ([arm("a", 10, 1, n=11), arm("b", 10, 1)], "more rows are counted than were assigned"),
        ([arm("a", 10), arm("b", 10, 1)], "neither hits nor mean"),
        ([arm("a", 10, mean=1, variance=1), arm("b", 10, 1)], "a share in one arm is a mean in another"),
        ([arm("a", 10, 1, is_control=True), arm("b", 10, 1, is_control=True)], "two arms are the control"),
        ([arm("a", 10, 1, planned_share=0.5), arm("b", 10, 1)], "only some arms have a planned share"),
        ([arm("a", 10, 1, planned_share=0), arm("b", 10, 1, planned_share=1)], "not above zero"),
        ([arm("a", 10, 1, direction="neutral"), arm("b", 10, 1)], "neither up nor down"),
    ],
)
def test_arms_that_cannot_be_are_refused_by_the_name_of_the_experiment(arms, what):
    with pytest.raises(BuildError, match=what) as refused:
        compared(*arms)
    assert "experiment subject line, 2026-10, outcome converted" in str(refused.value)


def test_every_verdict_can_be_reached():
    seen = {
        row["verdict"]
        for arms in (
            [arm("a", 1000, 100), arm("b", 1000, 150), arm("c", 1000, 60), arm("d", 1000, 101)],
            [arm("a", 1000, 100), arm("b", 700, 100)],
            [arm("a", 100, 10), arm("b", 100, 10, is_complete=False)],
            [arm("a", 20, 10), arm("b", 20, 10)],
            [arm("a", 4, 1), arm("b", 4, 1)],
        )
        for row in compared(*arms)
    }
    assert seen == set(VERDICTS)


def test_months_without_an_effect_seldom_claim_one():
    random = np.random.default_rng(20261122)
    arms = [
        arm(name, 400, int(random.binomial(400, 0.12))) | {"period": f"{year}-01", "experiment": experiment}
        for year in range(1000, 1300)
        for experiment in ("mail", "hold")
        for name in ("a", "b", "c")
    ]
    frame = compare_arms(pd.DataFrame(arms))
    false = frame["verdict"].isin(["better", "worse"]).groupby(frame["period"]).any()
    at_least, _ = proportion_confint(false.sum(), len(false), alpha=0.1, method="beta")
    assert at_least <= 0.05


def test_sound_assignments_are_voided_about_once_in_a_thousand():
    random = np.random.default_rng(2)
    p = np.array([sample_ratio_p(row, np.array([1, 1, 2])) for row in random.multinomial(400, [0.25, 0.25, 0.5], 4000)])
    assert (p < SAMPLE_RATIO_P).mean() <= 0.0025
    assert 0.035 <= (p < 0.05).mean() <= 0.065


counts = st.integers(30, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@settings(max_examples=30)
@given(counts, counts)
def test_exchanging_the_arms_turns_the_difference_and_the_verdict(one, other):
    # planned as they came, so that no mismatch is found
    arms = [arm("a", *one, planned_share=one[0]), arm("b", *other, planned_share=other[0])]
    (row,) = compared(*arms)
    (turned,) = compared(arms[0], arms[1] | {"is_control": True})
    assert turned["difference"] == pytest.approx(-row["difference"])
    assert turned["low"] == pytest.approx(-row["high"], abs=1e-9)
    assert turned["p"] == pytest.approx(row["p"])
    assert {"better": "worse", "worse": "better"}.get(row["verdict"], row["verdict"]) == turned["verdict"]
