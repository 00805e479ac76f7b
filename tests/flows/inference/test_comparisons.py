"""Oracles are those of DOMAIN section 4, by their numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact, norm, ttest_ind

from flows.inference import comparisons
from flows.inference.comparisons import GRID_REACH
from flows.inference.ranks import GRID

WELCH = (
    [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4],
    [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4],
)
month = st.integers(2, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
months = st.lists(st.tuples(month, month), min_size=1, max_size=8)


def moments(values):
    return len(values), np.mean(values), np.var(values, ddof=1)


def columns(pairs):
    """Later counts and sizes, earlier counts and sizes, as arrays."""
    return np.array([[*later, *earlier] for later, earlier in pairs], float).T


def swapped(parts):
    half = len(parts) // 2
    return [*parts[half:], *parts[:half]]


def assert_turns(forwards, backwards):
    assert backwards.low == pytest.approx(-forwards.high, abs=1e-9, nan_ok=True)
    assert backwards.high == pytest.approx(-forwards.low, abs=1e-9, nan_ok=True)
    assert backwards.p == pytest.approx(forwards.p, abs=1e-9)


def test_newcombes_method_10_gives_his_published_differences():  # O8
    found = comparisons.two_shares([56, 9, 5, 0], [70, 10, 56, 10], [48, 3, 0, 0], [80, 10, 29, 10])
    assert found.low == pytest.approx([0.0524, 0.1705, -0.0381, -0.2775], abs=5e-5)
    assert found.high == pytest.approx([0.3339, 0.8090, 0.1926, 0.2775], abs=5e-5)


def test_two_shares_are_tested_by_the_pooled_z():  # O9
    assert comparisons.two_shares(5, 83, 12, 99).p == pytest.approx(0.15918, abs=5e-6)


def test_two_shares_are_tested_by_fisher_where_a_cell_expects_fewer_than_five():
    # pooled 10/80: 40 x 1/8 expects exactly 5 and stays with z; 9/80 expects 4.5
    found = comparisons.two_shares([8, 7], [40, 40], [2, 2], [40, 40])
    z = (8 / 40 - 2 / 40) / np.sqrt(1 / 8 * 7 / 8 * 2 / 40)
    assert found.p[0] == pytest.approx(2 * norm.sf(z))
    assert found.p[1] == pytest.approx(fisher_exact([[7, 33], [2, 38]]).pvalue)


def test_months_without_a_single_positive_do_not_differ():
    found = comparisons.two_shares([0, 50], [50, 50], [0, 60], [60, 60])
    assert found.p.tolist() == [1, 1]


def test_the_nps_of_two_months():  # O5
    found = comparisons.two_nps(144, 80, 320, 150, 60, 300)
    assert (found.low, found.high) == (pytest.approx(-22.4, abs=0.05), pytest.approx(2.6, abs=0.05))
    assert found.p == pytest.approx(0.1203, abs=5e-5)


def test_welch_gives_the_published_interval_and_p():  # O11
    found = comparisons.two_means(*moments(WELCH[0]), *moments(WELCH[1]))
    assert (found.low, found.high) == (pytest.approx(-3.984096, abs=5e-7), pytest.approx(-0.349237, abs=5e-7))
    assert found.p == pytest.approx(0.0213780, abs=5e-8)


def test_welch_with_three_values_against_four():  # O11
    earlier, later = [3, 4, 1, 2.1], [490.2, 340, 433.9]
    assert comparisons.two_means(*moments(later), *moments(earlier)).p == pytest.approx(0.0107516, abs=5e-8)


def test_welch_agrees_with_scipy_on_the_raw_answers():
    expected = ttest_ind(WELCH[0], WELCH[1][:7], equal_var=False)
    found = comparisons.two_means(*moments(WELCH[0]), *moments(WELCH[1][:7]))
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low[0], found.high[0]) == pytest.approx(tuple(expected.confidence_interval()))


def test_means_without_any_spread_differ_for_certain_or_not_at_all():
    found = comparisons.two_means([30, 30], [4, 4], [0, 0], [30, 30], [4, 5], [0, 0])
    assert found.p.tolist() == [1, 0]
    assert found.low.tolist() == found.high.tolist() == [0, -1]


def test_the_difference_of_two_rates_squares_and_adds_the_garwood_limits():
    # 20 in 1,000 against 10 in 1,000; Garwood's limits of 20 and 10 events are 12.217-30.888 and 4.795-18.390
    found = comparisons.two_rates(20, 1000, 10, 1000)
    assert found.low == pytest.approx(0.01 - np.hypot(20 - 12.217, 18.390 - 10) / 1000, abs=1e-6)
    assert found.high == pytest.approx(0.01 + np.hypot(30.888 - 20, 10 - 4.795) / 1000, abs=1e-6)


def test_two_rates_are_tested_given_all_their_events():
    # with equal exposures the binomial is symmetric, so doubling the tail is scipy's exact test
    assert comparisons.two_rates(20, 1000, 10, 1000).p == pytest.approx(binomtest(20, 30, 0.5).pvalue)
    # 3 of 3 events in a quarter of the exposure: the upper tail is (1/4)³
    assert comparisons.two_rates(3, 100, 0, 300).p == pytest.approx(2 / 64)
    assert comparisons.two_rates(0, 100, 0, 300).p == 1


def test_equal_grids_do_not_differ():
    draws = np.arange(65.0)[None, :]
    found = comparisons.two_quantiles(draws, draws)
    assert found.p == 1
    assert found.low == -found.high < 0


def test_normal_grids_differ_as_normal_variables_do():
    # quantiles with standard errors 3 and 4, 10 apart: the difference has 5, z is 2
    found = comparisons.two_quantiles(10 + 3 * GRID[None, :], 4 * GRID[None, :])
    assert found.p == pytest.approx(0.0455, abs=0.001)
    assert (found.low[0], found.high[0]) == pytest.approx((10 - 9.8, 10 + 9.8), abs=0.3)


def test_ties_count_half_on_either_side():
    # both months have one value only: all mass on d = 0
    assert comparisons.two_quantiles(np.full((1, 65), 7.0), np.full((1, 65), 7.0)).p == pytest.approx(1)
    # the later month is 7 below z = 0 and 8 from there on, the earlier one 7: P(d <= 0) = P(z < 0) / 2
    later = np.where(GRID < 0, 7.0, 8.0)[None, :]
    weights = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
    expected = weights[GRID < 0].sum()
    assert comparisons.two_quantiles(later, np.full((1, 65), 7.0)).p == pytest.approx(expected)


def test_grids_far_apart_never_give_a_p_of_zero():
    found = comparisons.two_quantiles(1000 + GRID[None, :], GRID[None, :])
    assert found.p == pytest.approx(6.334e-5, rel=1e-3)
    assert GRID_REACH == 4


def test_two_months_beyond_the_window_in_the_tail_have_no_interval_but_a_cautious_p():
    # the upper half of both grids is unknown: a quarter of all pairs
    later = np.where(GRID < 0, GRID + 100, np.inf)[None, :]
    earlier = np.where(GRID < 0, GRID, np.inf)[None, :]
    found = comparisons.two_quantiles(later, earlier)
    assert np.isnan([found.low, found.high]).all()
    # finite minus infinite (1/4) and unknown (1/4) speak against a rise; the grid point z = 0 is infinite
    assert found.p == pytest.approx(1.0, abs=0.06)


def test_a_month_wholly_beyond_the_window_is_later_for_certain_but_by_no_known_amount():
    found = comparisons.two_quantiles(np.full((1, 65), np.inf), GRID[None, :])
    assert np.isnan([found.low, found.high]).all()
    assert found.p < 1e-4


def test_a_sliver_beyond_the_window_leaves_the_interval():
    later = np.where(GRID < 3, GRID + 5, np.inf)[None, :]  # 0.1 % unknown
    found = comparisons.two_quantiles(later, GRID[None, :])
    assert 1 < found.low < 5 < found.high < 9


def test_no_pairs_give_no_differences():
    assert [len(part) for part in comparisons.two_quantiles(np.empty((0, 65)), np.empty((0, 65)))] == [0, 0, 0]


def test_benjamini_hochberg_rejects_four_of_the_fifteen():  # O10
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    q = comparisons.benjamini_hochberg(p, ["2026-01"] * 15)
    assert (q <= 0.05).sum() == 4
    assert q[3:5] == pytest.approx([0.035625, 0.0603])


def test_each_family_is_corrected_for_itself_and_untested_cells_do_not_count():
    # by hand: family a has two tests, 0.02 x 2/1 = 0.04 and 0.9; family b one, which keeps its p
    q = comparisons.benjamini_hochberg([0.02, 0.9, np.nan, 0.03, np.nan], ["a", "a", "a", "b", "b"])
    assert q == pytest.approx([0.04, 0.9, np.nan, 0.03, np.nan], nan_ok=True)


@given(months)
def test_swapping_the_months_turns_a_difference_of_shares(pairs):
    parts = columns(pairs)
    forwards = comparisons.two_shares(*parts)
    assert_turns(forwards, comparisons.two_shares(*swapped(parts)))
    difference = parts[0] / parts[1] - parts[2] / parts[3]
    assert (forwards.low <= difference + 1e-12).all()
    assert (forwards.high >= difference - 1e-12).all()
    assert ((forwards.p >= 0) & (forwards.p <= 1)).all()


@given(months)
def test_swapping_the_months_turns_a_difference_of_rates(pairs):
    parts = columns(pairs)
    forwards = comparisons.two_rates(*parts)
    assert_turns(forwards, comparisons.two_rates(*swapped(parts)))
    assert ((forwards.p > 0) & (forwards.p <= 1)).all()


@given(months)
def test_swapping_the_months_turns_a_difference_of_nps(pairs):
    positives, n, earlier_positives, earlier_n = columns(pairs)
    later, earlier = (
        (positives, (n - positives) // 2, n),
        (earlier_positives, (earlier_n - earlier_positives) // 3, earlier_n),
    )
    forwards = comparisons.two_nps(*later, *earlier)
    assert_turns(forwards, comparisons.two_nps(*earlier, *later))
    assert ((forwards.low >= -200) & (forwards.high <= 200)).all()


@given(months)
def test_swapping_the_months_turns_a_difference_of_means(pairs):
    positives, n, earlier_positives, earlier_n = columns(pairs)
    later, earlier = (n, positives / n, n / 7), (earlier_n, earlier_positives / earlier_n, earlier_n / 9)
    assert_turns(comparisons.two_means(*later, *earlier), comparisons.two_means(*earlier, *later))


grids = st.lists(st.one_of(st.integers(0, 30), st.just(float("inf"))), min_size=65, max_size=65).map(sorted)


@settings(max_examples=40)
@given(st.lists(st.tuples(grids, grids), min_size=1, max_size=3))
def test_swapping_the_months_turns_a_difference_of_quantiles(pairs):
    later, earlier = (np.array([pair[side] for pair in pairs], float) for side in (0, 1))
    forwards, backwards = comparisons.two_quantiles(later, earlier), comparisons.two_quantiles(earlier, later)
    assert backwards.p == pytest.approx(forwards.p)
    assert (np.isnan(backwards.low) == np.isnan(forwards.low)).all()
    assert ((forwards.p > 0) & (forwards.p <= 1)).all()


def test_unknown_differences_lie_below_the_lower_and_above_the_upper_limit():
    random = np.random.default_rng(5)
    later, earlier = (np.where(GRID < 2.2, np.sort(random.lognormal(0, 1, 65)), np.inf) for _ in range(2))
    with np.errstate(invalid="ignore"):
        differences = np.subtract.outer(later, earlier).ravel()
    weights = np.outer(*[np.exp(-(GRID**2) / 2)] * 2).ravel()

    def percentile(share, unknown_as):
        known = np.where(np.isnan(differences), unknown_as, differences)
        order = np.argsort(known)
        return known[order][np.searchsorted(np.cumsum(weights[order]) / weights.sum(), share)]

    found = comparisons.two_quantiles(later[None, :], earlier[None, :])
    assert found.low == percentile(0.025, -np.inf)
    assert found.high == percentile(0.975, np.inf)
    assert np.isfinite([found.low, found.high]).all()
