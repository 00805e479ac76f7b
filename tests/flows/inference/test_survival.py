"""Oracle O14 of DOMAIN section 4; statsmodels, SciPy and plain Python as independent recomputations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

from flows.inference import survival
from flows.inference.survival import LifeTables

SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"

#: (time, whether the event happened then)
row = st.tuples(st.integers(0, 12), st.booleans())
sample = st.lists(row, min_size=1, max_size=40)


def remissions(weeks):
    """Freireich's notation: + marks who was still in remission when last seen."""
    return [(int(each.removesuffix("+")), not each.endswith("+")) for each in weeks.split()]


def table(*cells):
    """One row per cell and person, which ``of`` has to add up."""
    rows = [(time, event, number) for number, cell in enumerate(cells) for time, event in cell]
    time, event, number = np.array(rows, float).reshape(-1, 3).T
    return LifeTables.of(time, event, 1 - event, number.astype(int), cells=len(cells))


def row_by_row(rows, time):
    """S and Greenwood's sum at a time, person by person; None where nobody was followed so far."""
    share, greenwood = 1.0, 0.0
    for each in sorted({when for when, event in rows if event and when <= time}):
        at_risk = sum(when >= each for when, _ in rows)
        events = sum(when == each and event for when, event in rows)
        share *= 1 - events / at_risk
        greenwood += events / (at_risk * (at_risk - events)) if at_risk > events else math.inf
    if share > 0 and not any(when >= time for when, _ in rows):
        return None, None
    return share, greenwood


def test_the_remissions_of_freireich_have_their_published_curve():  # O14
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    found = [survival.survival_at(table(remissions(SIX_MP)), week).value[0] for week in published]
    assert found == pytest.approx(list(published.values()), abs=5e-5)
    curve = survival.kaplan_meier(table(remissions(SIX_MP)))
    assert curve.at_risk[:4].tolist() == [21, 17, 16, 15]


def test_half_of_the_remissions_last_23_weeks_with_6_mp_and_8_with_placebo():  # O14
    found = survival.quantile_time(table(remissions(SIX_MP), remissions(PLACEBO)))
    assert found.value.tolist() == [23, 8]
    for index, weeks in enumerate((SIX_MP, PLACEBO)):
        rows = remissions(weeks)
        curve = SurvfuncRight([time for time, _ in rows], [float(event) for _, event in rows])
        assert curve.quantile(0.5) == found.value[index]
        with np.errstate(divide="ignore", invalid="ignore"):  # it takes log(-log 0) where all relapsed
            low, high = curve.quantile_ci(0.5, method="cloglog")
        assert found.low[index] == low
        assert found.high[index] == high or (np.isnan(found.high[index]) and np.isinf(high))


def test_the_log_rank_test_of_freireich():  # O14
    found = survival.log_rank(table(remissions(SIX_MP)), table(remissions(PLACEBO)))
    assert found.chi_square[0] == pytest.approx(16.793, abs=5e-4)
    assert found.p[0] == pytest.approx(4.2e-5, abs=5e-7)
    # 9 relapses with 6-MP where 19.25 were expected, in every textbook
    assert found.excess_events[0] == pytest.approx(9 - 19.25, abs=5e-3)


def test_the_log_log_limits_agree_with_scipy():
    rows = remissions(SIX_MP)
    data = stats.CensoredData(
        [time for time, event in rows if event], right=[time for time, event in rows if not event]
    )
    curve = stats.ecdf(data)
    limits = curve.sf.confidence_interval(0.95, method="log-log")
    for week in (6, 7, 10, 13, 16, 22, 23, 30, 35):
        found = survival.survival_at(table(rows), week)
        expected = [float(each.evaluate(week)) for each in (curve.sf, limits.low, limits.high)]
        assert [part[0] for part in found] == pytest.approx(expected, rel=1e-9)


@given(st.lists(sample, min_size=1, max_size=4), st.integers(0, 13))
def test_the_life_table_gives_what_the_persons_one_by_one_give(cells, time):
    found = survival.survival_at(table(*cells), time).value
    expected = [row_by_row(rows, time)[0] for rows in cells]
    assert found == pytest.approx([np.nan if each is None else each for each in expected], abs=1e-12, nan_ok=True)


@given(st.lists(sample, min_size=1, max_size=4))
def test_statsmodels_has_the_same_variance(cells):
    tables = table(*cells)
    curves = survival.kaplan_meier(tables)
    for number, rows in enumerate(cells):
        here = (tables.cell == number) & (tables.events > 0) & (curves.survival > 0)
        if here.any():
            alone = SurvfuncRight([time for time, _ in rows], [float(event) for _, event in rows])
            kept = np.isin(alone.surv_times, tables.time[here])
            found = curves.survival[here] * np.sqrt(curves.greenwood[here])
            assert found == pytest.approx(alone.surv_prob_se[kept], abs=1e-9)


@given(st.lists(sample, min_size=1, max_size=4))
def test_a_curve_falls_from_one_and_lies_between_its_limits(cells):
    tables = table(*cells)
    before = np.ones(len(cells))
    for time in range(14):
        value, low, high = survival.survival_at(tables, time)
        known = ~np.isnan(value)
        assert (np.isnan(low) == np.isnan(value)).all()
        assert (np.isnan(high) == np.isnan(value)).all()
        assert (low[known] >= 0).all()
        assert (low[known] <= value[known] + 1e-12).all()
        assert (value[known] <= high[known] + 1e-12).all()
        assert (high[known] <= 1).all()
        assert (value[known] <= before[known]).all()
        before = np.where(known, value, before)


@given(st.lists(sample, min_size=1, max_size=4), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9]))
def test_a_quantile_is_the_first_time_with_so_few_left(cells, share):
    value, low, high = survival.quantile_time(table(*cells), share)
    for number, rows in enumerate(cells):
        reached = [time for time in range(13) if (row_by_row(rows, time)[0] or 1) <= 1 - share + 1e-9]
        ended = [time for time in range(13) if row_by_row(rows, time)[0] == 0]
        first = min(reached + ended, default=np.nan)
        assert value[number] == pytest.approx(first, nan_ok=True)
    assert not (low > value).any()
    assert not (high < value).any()


@given(st.lists(st.tuples(sample, sample), min_size=1, max_size=4))
def test_log_rank_agrees_with_scipy_on_the_persons(pairs):
    later, earlier = table(*(pair[0] for pair in pairs)), table(*(pair[1] for pair in pairs))
    found = survival.log_rank(later, earlier)
    assert survival.log_rank(earlier, later).p == pytest.approx(found.p)
    assert survival.log_rank(earlier, later).excess_events == pytest.approx(-found.excess_events, abs=1e-9)
    for number, pair in enumerate(pairs):
        persons = [
            stats.CensoredData(
                [time for time, event in rows if event], right=[time for time, event in rows if not event]
            )
            for rows in pair
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            expected = stats.logrank(*persons)
        if np.isfinite(expected.statistic) and found.chi_square[number] > 0:
            assert found.chi_square[number] == pytest.approx(expected.statistic**2, abs=1e-9)
            assert found.p[number] == pytest.approx(expected.pvalue, abs=1e-9)
        else:
            assert found.p[number] == 1


@given(st.lists(st.tuples(sample, sample), min_size=1, max_size=3), st.integers(0, 12))
def test_swapping_the_months_turns_the_signs_and_keeps_p(pairs, time):
    later, earlier = table(*(pair[0] for pair in pairs)), table(*(pair[1] for pair in pairs))
    for compare in (
        lambda now, before: survival.two_survivals(now, before, time),
        survival.two_quantile_times,
    ):
        forwards, backwards = compare(later, earlier), compare(earlier, later)
        assert backwards.low == pytest.approx(-forwards.high, nan_ok=True, abs=1e-12)
        assert backwards.high == pytest.approx(-forwards.low, nan_ok=True, abs=1e-12)
        assert backwards.p == pytest.approx(forwards.p, nan_ok=True, abs=1e-12)


@given(st.lists(st.tuples(sample, sample), min_size=1, max_size=3), st.integers(0, 12))
def test_p_is_below_a_twentieth_just_where_the_interval_leaves_out_zero(pairs, time):
    later, earlier = table(*(pair[0] for pair in pairs)), table(*(pair[1] for pair in pairs))
    low, high, p = survival.two_survivals(later, earlier, time)
    clear = np.isfinite(p) & (np.abs(p - 0.05) > 1e-9)
    assert ((p < 0.05) == ((low > 0) | (high < 0)))[clear].all()
    assert ((p >= 0) & (p <= 1))[clear].all()


def test_two_survivals_square_and_add_the_limits_of_the_months():
    later, earlier = table(remissions(SIX_MP)), table(remissions(PLACEBO))
    now, before = survival.survival_at(later, 10), survival.survival_at(earlier, 10)
    # placebo: 8 of 21 left after week 10
    assert before.value[0] == pytest.approx(8 / 21)
    found = survival.two_survivals(later, earlier, 10)
    difference = now.value - before.value
    assert found.low == pytest.approx(difference - np.hypot(now.value - now.low, before.high - before.value))
    assert found.high == pytest.approx(difference + np.hypot(now.high - now.value, before.value - before.low))


def test_the_p_of_two_survivals_is_near_that_of_the_log_log_test():
    # Klein, Logan, Harhoff & Andersen 2007: difference of log(-log S) over the root of its variances
    later, earlier = table(remissions(SIX_MP)), table(remissions(PLACEBO))
    values = [row_by_row(remissions(weeks), 10) for weeks in (SIX_MP, PLACEBO)]
    z = (math.log(-math.log(values[0][0])) - math.log(-math.log(values[1][0]))) / math.sqrt(
        sum(greenwood / math.log(share) ** 2 for share, greenwood in values)
    )
    assert survival.two_survivals(later, earlier, 10).p == pytest.approx(2 * stats.norm.sf(abs(z)), abs=0.01)


def test_one_pair_of_equal_months_in_twenty_differs_at_most():
    """6,000 pairs of months with one truth, follow-up ending anywhere: false alarms of both tests near 5 %."""
    generator = np.random.default_rng(3)
    pairs, persons = 6000, 60

    def month():
        ends = generator.exponential(20, (pairs, persons))
        seen = generator.uniform(5, 40, (pairs, persons))
        rounded = np.ceil(np.minimum(ends, seen))
        cell = np.repeat(np.arange(pairs), persons)
        event = (ends <= seen).ravel()
        return LifeTables.of(rounded.ravel(), event, ~event, cell)

    later, earlier = month(), month()
    for p in (survival.log_rank(later, earlier).p, survival.two_survivals(later, earlier, 14).p):
        # four standard errors of a share of 5 % in 6,000 are 1.1 points
        assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.011)
    _, low, high = survival.survival_at(later, 14)
    covered = ((low <= np.exp(-14 / 20)) & (np.exp(-14 / 20) <= high)).mean()
    assert 0.93 <= covered <= 0.97
    _, low, high = survival.quantile_time(later)
    truth = math.ceil(20 * math.log(2))
    high = np.where(np.isnan(high), np.inf, high)
    assert ((low <= truth) & (truth <= high)).mean() >= 0.94


def test_where_no_event_was_seen_the_lower_limit_is_clopper_and_pearsons():
    rows = [(2, False)] * 5 + [(9, False)] * 30
    found = survival.survival_at(table(rows), 7)
    assert found.value[0] == found.high[0] == 1
    assert found.low[0] == pytest.approx(stats.binomtest(30, 30).proportion_ci(0.95, "exact").low)
    # and with the five still there
    assert survival.survival_at(table(rows), 2).low[0] == pytest.approx(0.025 ** (1 / 35))


def test_where_all_had_the_event_the_upper_limit_is_that_of_the_step_before():
    rows = [(1, True)] * 8 + [(2, True)] * 2
    tables = table(rows, [(1, True)] * 10)
    assert survival.survival_at(tables, 50).value.tolist() == [0, 0]
    assert survival.survival_at(tables, 50).low.tolist() == [0, 0]
    high = survival.survival_at(tables, 50).high
    assert high[0] == survival.survival_at(tables, 1).high[0]
    assert high[1] == pytest.approx(stats.binomtest(0, 10).proportion_ci(0.95, "exact").high)


def test_whoever_is_censored_at_a_time_was_at_risk_of_an_event_then():
    # 3 at risk at 5, one event: 2/3; the censored one leaves after it, so one is at risk at 6
    tables = table([(5, True), (5, False), (6, True)])
    assert survival.survival_at(tables, 5).value[0] == pytest.approx(2 / 3)
    assert survival.survival_at(tables, 6).value[0] == 0


def test_beyond_the_last_one_followed_nothing_is_known():
    tables = table([(3, True), (8, False)], [(3, True), (8, True)])
    assert survival.survival_at(tables, 8).value.tolist() == [0.5, 0]
    assert survival.survival_at(tables, 9).value == pytest.approx([np.nan, 0], nan_ok=True)
    assert survival.quantile_time(tables, 0.75).value == pytest.approx([np.nan, 8], nan_ok=True)
    compared = survival.two_survivals(tables, tables, [9, 8])
    assert np.isnan([part[0] for part in compared]).all()
    assert compared.p[1] == 1


def test_each_cell_has_a_horizon_of_its_own_and_an_empty_one_has_nothing():
    tables = LifeTables.of([4, 4, 2], [1, 1, 1], [1, 0, 1], cell=[2, 0, 2], cells=4)
    found = survival.survival_at(tables, [4, 4, 3, 4])
    assert found.value == pytest.approx([0, np.nan, 0.75, np.nan], nan_ok=True)
    tested = survival.log_rank(tables, tables)
    assert tested.p == pytest.approx([1, np.nan, 1, np.nan], nan_ok=True)
    assert tested.excess_events == pytest.approx([0, np.nan, 0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("time", "events", "censored"), [([-1], [1], [0]), ([np.nan], [1], [0]), ([1], [-1], [2]), ([1], [1], [np.nan])]
)
def test_a_life_table_without_sense_is_refused(time, events, censored):
    with pytest.raises(ValueError, match="must be given and not negative"):
        LifeTables.of(time, events, censored)


def test_cells_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="same cells"):
        survival.log_rank(table([(1, True)]), table([(1, True)], [(1, True)]))
    with pytest.raises(ValueError, match="numbered from 0"):
        LifeTables.of([1], [1], [0], cell=[3], cells=2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        survival.quantile_time(table([(1, True)]), 50)
