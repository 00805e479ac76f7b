"""Oracles are those of DOMAIN section 4, by their numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from flows.inference import intervals
from flows.inference.ranks import interval_ranks

counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@st.composite
def answers(draw):
    """Promoters, detractors and n."""
    n = draw(st.integers(1, 2000))
    promoters = draw(st.integers(0, n))
    return promoters, draw(st.integers(0, n - promoters)), n


def test_wilson_gives_newcombes_published_table():  # O6, O7
    low, high = intervals.wilson([81, 15, 0, 1, 7], [263, 148, 20, 29, 50])
    assert low == pytest.approx([0.2553, 0.0624, 0, 0.0061, 0.0695], abs=5e-5)
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718, 0.2619], abs=6e-5)


@pytest.mark.parametrize(
    ("promoters", "detractors", "n", "variance"),
    [(3, 1, 6, 5 / 9), (1, 1, 3, 2 / 3), (1, 0, 2, 0.25), (1, 1, 2, 1), (162, 54, 324, 5 / 9)],
)
def test_the_variance_of_one_nps_answer_knows_that_nobody_is_both(promoters, detractors, n, variance):  # O1, O2
    assert intervals.nps_variance(promoters, detractors, n) == pytest.approx(variance)


def test_the_standard_error_of_a_raw_nps_of_324_answers_is_4_14_points():  # O2
    assert 100 * np.sqrt(intervals.nps_variance(162, 54, 324) / 324) == pytest.approx(4.14, abs=0.005)


def test_the_nps_rule_of_thumb_holds_where_a_third_each_answers():  # O3
    low, high = intervals.adjusted_wald_nps(1024 / 3, 1024 / 3, 1024)
    assert high - low == pytest.approx(320 / np.sqrt(1024), abs=0.05)


def test_the_adjusted_wald_interval_of_six_answers():  # O4
    centre, error = intervals.adjusted_nps(3, 1, 6)
    assert (centre, error) == (pytest.approx(0.2222, abs=5e-5), pytest.approx(0.24983, abs=5e-6))
    low, high = intervals.adjusted_wald_nps(3, 1, 6)
    assert (low, high) == (pytest.approx(-26.7, abs=0.05), pytest.approx(71.2, abs=0.05))


def test_an_nps_of_promoters_only_still_has_an_interval_and_stays_below_100():
    low, high = intervals.adjusted_wald_nps([10, 0], [0, 10], [10, 10])
    assert high[0] == 100
    # by hand: centre 10/13, variance 11.5/13 - (10/13)² = 0.29290, error sqrt(0.29290/13) = 0.15010
    assert low[0] == pytest.approx(47.50, abs=0.01)
    assert (low[1], high[1]) == (-high[0], -low[0])


def test_order_statistics_bound_the_median_and_the_third_quartile():  # O12
    values = [46.9, 47.2, 49.1, 56.5, 56.8, 59.2, 59.9, 63.2, 63.3, 63.4, 63.7, 64.1, 67.1, 67.7, 73.3, 78.5]
    for quantile, confidence, limits in ((0.5, 0.95, (56.5, 67.1)), (0.75, 0.90, (63.3, 78.5))):
        low, high = interval_ranks(np.array([16]), np.array([quantile]), confidence)
        assert (values[low[0] - 1], values[high[0] - 1]) == limits


def test_kish_counts_weighted_answers_for_fewer():  # O22
    weight = np.tile([0.8, 1.2, 1.5, 0.6], 8)
    assert intervals.kish_sample_size(weight.sum(), (weight**2).sum()) == pytest.approx(28.67377, abs=5e-6)
    assert intervals.kish_sample_size(32, 32) == 32


def test_students_interval_on_logs_gives_the_geometric_mean():  # O23
    logs = np.log([1, 2, 4, 8, 16])
    mean, squares = logs.mean(), (logs**2).mean()
    limits = intervals.student_mean(5, mean, intervals.sample_variance(5, mean, squares))
    assert np.exp(mean) == pytest.approx(4)
    assert np.exp(limits).ravel() == pytest.approx([1.0258, 15.5975], abs=5e-5)


def test_a_mean_of_equal_answers_has_no_width_whatever_the_sums_round_to():
    n, score = 30, 4.2
    mean, squares = sum([score] * n) / n, sum([score**2] * n) / n
    assert intervals.sample_variance(n, mean, squares) == 0


def test_a_mean_stays_on_its_scale():
    low, high = intervals.student_mean([6, 6], [4.9, 1.1], [0.5, 0.5], 1, 5)
    assert (high[0], low[1]) == (5, 1)
    assert low[0] < 4.9
    assert high[1] > 1.1


def test_one_answer_has_a_mean_but_no_interval():
    low, high = intervals.student_mean(1, 4.0, intervals.sample_variance(1, 4.0, 16.0))
    assert np.isnan([low, high]).all()


def test_garwoods_interval_is_the_chi_square_one_and_starts_at_zero_for_no_event():
    low, high = intervals.garwood([0, 10], [50, 200])
    assert low == pytest.approx([0, chi2.ppf(0.025, 20) / 2 / 200])
    assert high == pytest.approx([chi2.ppf(0.975, 2) / 2 / 50, chi2.ppf(0.975, 22) / 2 / 200])


@given(counts)
def test_a_share_lies_within_its_interval_and_that_within_0_and_1(count):
    positives, n = count
    low, high = intervals.wilson(positives, n)
    assert 0 <= low <= positives / n + 1e-12
    assert positives / n - 1e-12 <= high <= 1


@given(answers())
def test_an_nps_interval_lies_within_its_scale_and_turns_with_the_answers(given_answers):
    promoters, detractors, n = given_answers
    low, high = intervals.adjusted_wald_nps(promoters, detractors, n)
    assert -100 <= low < high <= 100
    mirrored_low, mirrored_high = intervals.adjusted_wald_nps(detractors, promoters, n)
    assert (mirrored_low, mirrored_high) == (pytest.approx(-high), pytest.approx(-low))


@given(counts, st.integers(2, 10))
def test_more_answers_of_the_same_kind_never_widen_an_interval(count, times):
    positives, n = count
    for interval in (intervals.wilson, intervals.garwood):
        (low, high), (closer_low, closer_high) = interval(positives, n), interval(times * positives, times * n)
        assert closer_high - closer_low < high - low
    # the error and not the interval of an NPS, which is clipped to its scale
    assert intervals.adjusted_nps(times * positives, 0, times * n)[1] < intervals.adjusted_nps(positives, 0, n)[1]
