import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference.resampling import percentile_interval, resampled_sums


def test_sums_of_groups_resample_as_wide_as_their_respondents():
    """Two thousand groups of five respondents, formed at random, give the interval of ten thousand respondents."""
    random = np.random.default_rng(5)
    answers = random.normal(3, 2, 10_000)
    parts = np.column_stack([np.ones(10_000), answers])
    grouped = np.stack([parts[:, column].reshape(2000, 5).sum(axis=1) for column in range(2)], axis=1)
    widths = []
    for units in (parts, grouped):
        sums = resampled_sums(units, seed=1, replicates=2000)
        low, high = percentile_interval(sums[:, 1] / sums[:, 0])
        widths.append(high - low)
    assert widths[0] == pytest.approx(2 * 1.96 * 2 / 100, rel=0.05)
    assert widths[1] == pytest.approx(widths[0], rel=0.08)


def test_resampling_keeps_the_number_of_units_and_their_means():
    parts = np.column_stack([np.ones(50), np.arange(50.0)])
    sums = resampled_sums(parts, seed=3, replicates=4000)
    assert (sums[:, 0] == 50).all()
    assert sums[:, 1].mean() / 50 == pytest.approx(24.5, abs=0.15)
    assert (resampled_sums(parts, seed=3, replicates=4000) == sums).all()
    assert not (resampled_sums(parts, seed=4, replicates=4000) == sums).all()
    assert (resampled_sums(np.empty((0, 3)), seed=1, replicates=5) == 0).all()


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=12), st.randoms())
def test_the_order_of_the_units_does_not_matter(units, random):
    shuffled = list(units)
    random.shuffle(shuffled)
    assert (resampled_sums(units, 5, 20) == resampled_sums(shuffled, 5, 20)).all()


def test_many_units_are_drawn_in_several_goes_with_one_stream():
    parts = np.column_stack([np.ones(9000), np.arange(9000.0)])
    sums = resampled_sums(parts, seed=3, replicates=1000)
    assert (sums[:, 0] == 9000).all()
    assert len(np.unique(sums[:, 1])) > 990


def test_percentiles_pass_over_draws_without_a_value_until_there_are_too_many():
    draws = np.column_stack([np.arange(1001.0), np.arange(1001.0), np.arange(1001.0)])
    draws[:400, 1] = draws[:501, 2] = np.nan
    low, high = percentile_interval(draws)
    assert (low[0], high[0]) == pytest.approx((25, 975))
    assert (low[1], high[1]) == pytest.approx((415, 985))
    assert np.isnan([low[2], high[2]]).all()
