import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable, Table

from flows.inference import association

group = st.integers(0, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
groups = st.lists(group, min_size=3, max_size=4)
stratum = st.tuples(group, group)
strata = st.lists(stratum, min_size=1, max_size=6)

#: 13 trials of the BCG vaccine (Colditz et al. 1994): cases and others, vaccinated and not.
BCG = np.array(
    [
        [4, 119, 11, 128],
        [6, 300, 29, 274],
        [3, 228, 11, 209],
        [62, 13536, 248, 12619],
        [33, 5036, 47, 5761],
        [180, 1361, 372, 1079],
        [8, 2537, 10, 619],
        [505, 87886, 499, 87892],
        [29, 7470, 45, 7232],
        [17, 1699, 65, 1600],
        [186, 50448, 141, 27197],
        [5, 2493, 3, 2338],
        [27, 16886, 29, 17825],
    ]
)


def parts(pairs):
    """Exposed events and n, other events and n, from ((events, n), (events, n)) a stratum."""
    return [np.array(column, float) for column in zip(*((*one, *other) for one, other in pairs), strict=True)]


def test_the_trend_of_smokers_over_four_hospitals():
    # Fleiss 1981, p. 139, example of R's prop.trend.test: X-squared 8.2249, p 0.004132
    found = association.trend([83, 90, 129, 70], [86, 93, 136, 82])
    assert found.z**2 == pytest.approx(8.2249, abs=5e-5)
    assert found.p == pytest.approx(0.004132, abs=5e-7)
    assert found.slope < 0


def test_the_trend_of_malformations_over_alcohol():
    # Agresti 2002, section 3.4.5: M² = 6.57, p 0.010 with scores 0, 0.5, 1.5, 4, 7
    events = np.array([48, 38, 5, 1, 1])
    found = association.trend(events, np.add(events, [17066, 14464, 788, 126, 37]), [0, 0.5, 1.5, 4, 7])
    assert found.z**2 == pytest.approx(6.57, abs=5e-3)
    assert found.p == pytest.approx(0.010, abs=5e-4)


def test_three_groups_by_hand():
    # 10, 20 and 30 of 100: one tenth more a step; scores -1, 0, 1: z² = (30 - 10)² / (0.2 x 0.8 x 200)
    found = association.trend([10, 20, 30], [100, 100, 100])
    assert found.slope == pytest.approx(0.1)
    assert found.z == pytest.approx(np.sqrt(400 / 32))
    error = np.sqrt((0.1 * 0.9 + 0.3 * 0.7) / 100) / 2
    assert (found.low, found.high) == pytest.approx((0.1 - 1.959964 * error, 0.1 + 1.959964 * error))


@given(groups)
def test_the_trend_agrees_with_statsmodels(cells):
    events, n = np.array(cells).T
    found = association.trend(events, n)
    if (n > 0).sum() < 2:
        assert np.isnan(found.p)
        return
    if events.sum() in (0, n.sum()):
        assert (found.z, found.p) == (0, 1)
        assert np.isnan([found.low, found.high]).all()
        return
    table = Table(np.stack([events, n - events], axis=1), shift_zeros=False)
    ordinal = table.test_ordinal_association(np.arange(len(n)), np.array([1, 0]))
    # statsmodels has the variance of a permutation, with N - 1 for N
    assert found.z * np.sqrt(1 - 1 / n.sum()) == pytest.approx(ordinal.zscore, abs=1e-9)


@given(groups, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_trend_does_not_care_about_the_origin_and_scale_of_scores(cells, scale, origin):
    events, n = np.array(cells).T
    found = association.trend(events, n)
    moved = association.trend(events, n, origin + scale * np.arange(len(n)))
    assert moved.z == pytest.approx(found.z, rel=1e-6, abs=1e-6, nan_ok=True)
    assert moved.slope * scale == pytest.approx(found.slope, rel=1e-6, abs=1e-6, nan_ok=True)
    backwards = association.trend(events[::-1], n[::-1])
    assert backwards.z == pytest.approx(-found.z, abs=1e-9, nan_ok=True)


def test_one_group_alone_has_no_trend_however_its_score_rounds():
    found = association.trend([0, 0, 0], [0, 0, 3], [0.0, 0.1, 0.2])
    assert np.isnan(found).all()


def test_many_trends_are_done_at_once():
    found = association.trend([[10, 20, 30], [5, 0, 0]], [[100, 100, 100], [9, 0, 0]])
    assert found.slope == pytest.approx([0.1, np.nan], nan_ok=True)
    assert found.p[0] < 0.05
    assert np.isnan(found.p[1])


def test_the_pooled_difference_of_the_trials_of_bcg():
    # R package metafor, rma.mh(measure="RD"): -0.0033 (-0.0039 to -0.0027), z -11.4708
    cases, others, control_cases, control_others = BCG.T
    found = association.stratified_difference(cases, cases + others, control_cases, control_cases + control_others)
    assert found.value == pytest.approx(-0.0033, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((-0.0039, -0.0027), abs=5e-5)
    z = found.value / ((found.high - found.low) / 2 / stats.norm.ppf(0.975))
    assert z == pytest.approx(-11.4708, abs=5e-5)
    assert found.p == pytest.approx(2 * stats.norm.sf(11.4708), rel=1e-2)
    assert found.compared == 1


def test_what_looks_like_a_difference_can_be_a_mix_of_strata():
    # within each tier 10 % and 40 % leave, contact or not; those who contact are mostly of the second tier
    found = association.stratified_difference([10, 160], [100, 400], [40, 40], [400, 100])
    assert found.value == pytest.approx(0)
    assert found.p == pytest.approx(1)
    crude = 170 / 500 - 80 / 500
    assert crude == pytest.approx(0.18)


def test_one_stratum_is_the_plain_difference():
    found = association.stratified_difference([30], [100], [20], [100])
    assert found.value == pytest.approx(0.1)
    # equal groups: the binomial variance of both
    error = np.sqrt(0.3 * 0.7 / 100 + 0.2 * 0.8 / 100)
    assert found.high - found.low == pytest.approx(2 * 1.959964 * error, rel=1e-2)


def test_strata_with_one_kind_of_customer_do_not_count_and_are_said():
    alone = association.stratified_difference([30], [100], [20], [100])
    found = association.stratified_difference([30, 50, 0], [100, 50, 0], [20, 0, 0], [100, 0, 50])
    assert np.stack(found[:4]) == pytest.approx(np.stack(alone[:4]))
    assert found.compared == pytest.approx(200 / 300)
    nobody = association.stratified_difference([30], [100], [0], [0])
    assert np.isnan(nobody[:4]).all()
    assert nobody.compared == 0


@given(strata)
def test_swapping_the_groups_turns_the_difference(pairs):
    a, n1, c, n0 = parts(pairs)
    found, swapped = (
        association.stratified_difference(a, n1, c, n0),
        association.stratified_difference(c, n0, a, n1),
    )
    assert swapped.value == pytest.approx(-found.value, nan_ok=True)
    assert swapped.low == pytest.approx(-found.high, nan_ok=True, abs=1e-9)
    assert swapped.p == pytest.approx(found.p, nan_ok=True, abs=1e-9)
    if found.compared > 0:
        within = [x / m - y / k for x, m, y, k in zip(a, n1, c, n0, strict=True) if m and k]
        assert min(within) - 1e-12 <= found.value <= max(within) + 1e-12


@given(st.lists(st.tuples(*[st.integers(300, 600)] * 2, *[st.floats(0.2, 0.3)] * 2), min_size=1, max_size=5))
def test_the_test_is_near_that_of_cochran_mantel_and_haenszel(tables):
    n1, n0, rate, other_rate = np.array(tables).T
    a, c = np.rint(n1 * rate), np.rint(n0 * other_rate)
    found = association.stratified_difference(a, n1, c, n0)
    stacked = np.stack([np.stack([a, n1 - a], axis=1), np.stack([c, n0 - c], axis=1)], axis=1)
    null = StratifiedTable(list(stacked)).test_null_odds()
    assert stats.norm.isf(found.p / 2) ** 2 == pytest.approx(null.statistic, rel=0.12, abs=0.05)


def test_limits_cover_a_common_difference_in_few_large_and_in_many_small_strata():
    generator = np.random.default_rng(8)
    for strata_count, size in ((3, 120), (80, 5)):
        base = generator.uniform(0.1, 0.5, strata_count)
        n1 = np.full((2000, strata_count), size)
        n0 = np.full((2000, strata_count), 2 * size)
        found = association.stratified_difference(
            generator.binomial(n1, base + 0.1), n1, generator.binomial(n0, base), n0
        )
        covered = ((found.low <= 0.1) & (found.high >= 0.1)).mean()
        assert covered == pytest.approx(0.95, abs=0.02)


def test_where_nobody_had_the_outcome_there_are_no_limits():
    found = association.stratified_difference([0, 0], [40, 30], [0, 0], [50, 60])
    assert (found.value, found.p) == (0, 1)
    assert np.isnan([found.low, found.high]).all()


def test_more_events_than_customers_are_refused():
    with pytest.raises(ValueError, match="at most as many"):
        association.trend([5, 1], [4, 4])
    with pytest.raises(ValueError, match="not negative"):
        association.stratified_difference([-1], [4], [1], [4])
