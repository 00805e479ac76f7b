import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_1samp, ttest_ind

from flows.inference.evidence import PROMISES, REASONS, evidence, next_brand_value, ratio_interval
from flows.settings import PROJECT_ROOT

DEMO = PROJECT_ROOT / "flows" / "demo" / "workspace"
MONTHS = [f"2026-{month:02}" for month in range(1, 13)]
NAN = float("nan")


def outcomes(groups):
    """Rows from {(group, units): values by month}."""
    return pd.DataFrame(
        [
            {"period": MONTHS[place], "group": group, "units": units, "value": value}
            for (group, units), values in groups.items()
            for place, value in enumerate(values)
        ]
    )


def before_and_after(before, after):
    rows = outcomes({("before", 1): before, ("after", 1): after})
    rows.loc[rows["group"] == "after", "period"] = [f"2027-{place + 1:02}" for place in range(len(after))]
    return rows


def judged(rows, **given_):
    return evidence("i", "price", rows, **({"period": "2027-12"} | given_))


@pytest.fixture(scope="module")
def demo():
    rows, declared = pd.read_csv(DEMO / "outcomes.csv"), pd.read_csv(DEMO / "initiatives.csv")

    def of(initiative, period):
        row = declared[declared["initiative"] == initiative].iloc[0]
        return evidence(
            initiative,
            row["dimension"],
            rows[rows["outcome"] == row["outcome"]],
            period=period,
            start=row["start"],
            due=row["due"],
            promised_multiple=row["promised_multiple"],
        )

    return of


def test_the_pick_up_points_of_the_demo_keep_their_promise(demo):
    found = demo("pickup_points", "2026-06")
    assert (found.verdict, found.reason) == ("continue", "promise kept")
    assert [(each.units, each.promised, each.months) for each in found.comparisons] == [
        (2, 2, 12),
        (3, 3, 12),
        (4, 4, 12),
    ]
    for each in found.comparisons:
        assert each.promised <= each.ratio_low < each.ratio < each.ratio_high
        assert each.base == "1 points"
    assert found.margin > 1


def test_the_club_magazine_of_the_demo_does_not_work(demo):
    found = demo("club_magazine", "2026-06")
    [compared] = found.comparisons
    assert (found.verdict, found.reason) == ("stop", "no effect, promise broken")
    assert (compared.months, compared.base_months) == (10, 6)
    assert compared.ratio == pytest.approx(301.7 / 298.5)
    assert compared.ratio_high < 1.2
    assert compared.difference_low < 0 < compared.difference_high


def test_evidence_grows_month_by_month_and_knows_nothing_of_later_ones(demo):
    assert demo("pickup_points", "2025-06").reason == "no outcome"
    assert demo("pickup_points", "2025-08").reason == "too few months"
    assert demo("pickup_points", "2026-01").comparisons[0].months == 7
    assert demo("club_magazine", "2025-10").verdict == "too early"
    # the promise is broken by then, but the initiative is not due
    assert demo("club_magazine", "2026-03").verdict == "revise"


def test_the_next_cycle_starts_from_what_was_proved(demo):
    proven = [demo(initiative, "2026-06") for initiative in ("club_magazine", "pickup_points")]
    assert next_brand_value(proven, "service") == ("convenience", "pickup_points", True)
    assert next_brand_value(proven, "convenience") == ("convenience", "pickup_points", False)
    assert next_brand_value(proven[:1], "service") == ("service", None, False)
    assert next_brand_value([], None) == (None, None, False)


def test_the_widest_margin_wins():
    narrow = judged(outcomes({("one", 1): [100, 101, 99, 100], ("two", 2): [205, 207, 203, 205]}))
    wide = evidence(
        "j", "service", before_and_after([100, 101, 99], [150, 151, 149]), period="2027-12", promised_multiple=1.2
    )
    assert narrow.reason == wide.reason == "promise kept"
    assert 1 < narrow.margin < 1.1 < wide.margin < 1.3
    assert next_brand_value([narrow, wide], None).dimension == "service"


def test_the_interval_of_a_ratio_is_where_the_paired_t_test_does_not_refuse():
    """Fieller's limits are the ratios r at which sales(k) - r x sales(1) is just significant."""
    random = np.random.default_rng(3)
    one = 100 + 10 * random.normal(size=12)
    three = 3.2 * one + 8 * random.normal(size=12)
    [found] = judged(outcomes({("1", 1): one, ("3", 3): three})).comparisons
    for limit in (found.ratio_low, found.ratio_high):
        assert ttest_1samp(three - limit * one, 0).pvalue == pytest.approx(0.05)
    assert found.ratio == pytest.approx(three.sum() / one.sum())


def test_seasons_cancel_because_months_are_paired():
    season = np.array([60, 80, 100, 150, 220, 100])
    [found] = judged(outcomes({("1", 1): season, ("2", 2): 2.1 * season})).comparisons
    assert (found.ratio_low, found.ratio_high) == (pytest.approx(2.1), pytest.approx(2.1))


def test_before_and_after_is_welchs_difference_and_covers_the_true_ratio():
    random = np.random.default_rng(4)
    before, after = 100 + 5 * random.normal(size=6), 112 + 9 * random.normal(size=9)
    [found] = judged(before_and_after(before, after)).comparisons
    expected = ttest_ind(after, before, equal_var=False).confidence_interval()
    assert (found.difference_low, found.difference_high) == pytest.approx(tuple(expected))
    held = 0
    for _ in range(400):
        before, after = 100 + 5 * random.normal(size=6), 112 + 9 * random.normal(size=9)
        [found] = judged(before_and_after(before, after)).comparisons
        held += found.ratio_low <= 1.12 <= found.ratio_high
    assert 0.925 <= held / 400 <= 0.98


def test_fiellers_limits_by_hand():
    # equal spread of independent means, t so large a sample that it is 1.96: (a² - z²v) etc. with a 20, b 10, v 1
    low, high = ratio_interval(20, 10, 1, 1, 0, 1e9)
    square = 1.959964**2
    root = np.sqrt(200**2 - (100 - square) * (400 - square))
    assert (low, high) == pytest.approx(((200 - root) / (100 - square), (200 + root) / (100 - square)), rel=1e-6)
    assert np.isnan(ratio_interval(20, 1, 1, 1, 0, 1e9)).all()
    assert np.isnan(ratio_interval(20, -10, 1, 1, 0, 1e9)).all()


CASES = {
    "promise kept": ([100, 101, 99, 100], [130, 131, 129, 130], 1.2, None),
    "works, promise open": ([100, 110, 90, 100], [125, 140, 110, 127], 1.2, None),
    "works, less than promised": ([100, 101, 99, 100], [110, 111, 109, 110], 1.2, None),
    "no effect yet, promise broken": ([100, 101, 99, 100], [100, 102, 99, 100], 1.2, "2027-12"),
    "no effect, promise broken": ([100, 101, 99, 100], [100, 102, 99, 100], 1.2, "2027-11"),
    "no effect yet": ([100, 140, 60, 100], [110, 170, 60, 120], 1.2, "2027-12"),
    "no effect by the due date": ([100, 140, 60, 100], [110, 170, 60, 120], 1.2, "2027-11"),
    "too few months": ([100, 101, 99, 100], [130, 131], 1.2, None),
    "no ratio": ([-5, 3, -2, 4], [10, 12, 9, 11], 1.2, None),
}


@pytest.mark.parametrize("reason", CASES)
def test_the_reason_for_each_verdict(reason):
    before, after, promised, due = CASES[reason]
    found = judged(before_and_after(before, after), promised_multiple=promised, due=due)
    assert (found.reason, found.verdict) == (reason, REASONS[reason])
    assert set(CASES) | {"no outcome"} == set(REASONS)


def test_one_broken_promise_among_several_is_not_made_good_by_the_others():
    good = {("1", 1): [100, 101, 99, 100], ("2", 2): [230, 231, 229, 230]}
    assert judged(outcomes(good)).reason == "promise kept"
    assert judged(outcomes(good | {("3", 3): [270, 271, 269, 270]})).reason == "works, less than promised"
    found = judged(outcomes(good | {("3", 3): [330, 331]}))
    assert [each.promise for each in found.comparisons] == ["kept", "too few months"]
    assert found.reason == "works, promise open"
    assert np.isnan(found.margin)


def test_without_a_promise_any_improvement_is_what_counts_and_levels_below_nought_will_do():
    found = judged(before_and_after([-12, -10, -11, -12], [5, 6, 4, 5]))
    assert (found.reason, found.margin) == ("promise kept", 1)
    assert np.isnan(found.comparisons[0].ratio)
    assert judged(before_and_after([5, 6, 4, 5], [-12, -10, -11, -12]), due="2027-01").verdict == "stop"


def test_where_less_is_better_the_promise_is_a_smaller_multiple():
    rows = before_and_after([100, 101, 99, 100], [70, 71, 69, 70])
    assert judged(rows, promised_multiple=0.8, direction=-1).reason == "promise kept"
    assert judged(rows, promised_multiple=0.8, direction=-1).margin == pytest.approx(0.8 / 0.7, rel=0.03)
    assert judged(rows, promised_multiple=0.5, direction=-1).reason == "works, less than promised"
    assert judged(rows, promised_multiple=1.2).reason == "no effect yet, promise broken"


def test_a_kpi_is_split_where_the_initiative_starts():
    rows = pd.DataFrame({"period": MONTHS[:8], "group": None, "units": 1, "value": [10, 11, 9, 10, 15, 16, 14, 15.0]})
    [found] = judged(rows, start="2026-05").comparisons
    assert (found.base_months, found.months, found.ratio) == (4, 4, 1.5)


def test_groups_of_the_same_size_are_averaged():
    rows = outcomes({("a", 1): [90, 91, 89], ("b", 1): [110, 111, 109], ("c", 2): [210, 211, 209]})
    [found] = judged(rows).comparisons
    assert (found.base, found.group, found.ratio) == ("a, b", "c", pytest.approx(2.1))


def test_groups_without_one_of_a_single_unit_prove_nothing():
    assert judged(outcomes({("2", 2): [100, 101, 99], ("3", 3): [150, 151, 149]})).reason == "no outcome"


def test_a_month_without_a_value_is_no_month():
    rows = outcomes({("1", 1): [100, 101, 99, NAN], ("2", 2): [210, NAN, 209, 211]})
    assert judged(rows).comparisons[0].months == 2


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=6),
    st.lists(st.integers(0, 200), min_size=1, max_size=6),
    st.sampled_from([NAN, 0.8, 1.0, 1.5]),
    st.sampled_from([1, -1]),
    st.randoms(use_true_random=False),
)
def test_every_outcome_has_a_verdict_whatever_the_order_of_its_rows(before, after, promised, direction, random):
    rows = before_and_after([float(value) for value in before], [float(value) for value in after])
    order = list(rows.index)
    random.shuffle(order)
    once, again = (judged(each, promised_multiple=promised, direction=direction) for each in (rows, rows.loc[order]))
    assert repr(once) == repr(again)
    assert once.verdict in {"continue", "revise", "stop", "too early"}
    assert {each.promise for each in once.comparisons} <= set(PROMISES)
    if once.reason == "promise kept" and promised == promised:
        low, high = once.comparisons[0].ratio_low, once.comparisons[0].ratio_high
        assert low >= promised if direction > 0 else high <= promised
