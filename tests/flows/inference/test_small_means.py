import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import norm, t

from flows.inference import intervals
from flows.inference.small_means import ENOUGH_FOR_STUDENT, bca_mean

SCALE = np.array([1.0, 2, 3, 4, 5])
SKEWED = [0.05, 0.05, 0.1, 0.3, 0.5]
TRUE = float(SCALE @ SKEWED)


@pytest.mark.parametrize("n", [8, 15, 29])
def test_it_is_scipys_bca_at_students_level(n):
    rows = np.random.default_rng(n).lognormal(0, 0.8, n)
    level = 1 - 2 * norm.cdf(-np.sqrt(n / (n - 1)) * t.ppf(0.975, n - 1))
    expected = scipy_bootstrap(
        (rows,), np.mean, confidence_level=level, n_resamples=40000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    low, high = bca_mean(rows, np.ones((1, n)))
    assert (low, high) == (
        pytest.approx(expected.low, abs=0.05 * (expected.high - expected.low)),
        pytest.approx(expected.high, abs=0.08 * (expected.high - expected.low)),
    )


def test_ratings_counted_and_ratings_one_by_one_are_the_same():
    counted = bca_mean(SCALE, [[1, 0, 2, 4, 5]], 1, 5)
    rows = np.array([5, 4, 5, 4, 3, 1, 5, 5, 4, 5, 4, 3, 99, 99], float)
    one_by_one = bca_mean(rows, [[1] * 12 + [0, 0]], 1, 5)
    assert counted[0] == one_by_one[0]
    assert counted[1] == one_by_one[1]


@pytest.mark.parametrize(("n", "at_least"), [(8, 0.9), (12, 0.92), (20, 0.93), (29, 0.93)])
def test_the_interval_covers_the_mean_of_skewed_ratings_better_than_students(n, at_least):
    counts = np.random.default_rng(n).multinomial(n, SKEWED, 2000)
    low, high = bca_mean(SCALE, counts, 1, 5)
    covered = (low <= TRUE) & (high >= TRUE)
    assert at_least <= covered.mean() <= 0.98
    mean, squares = counts @ SCALE / n, counts @ SCALE**2 / n
    low, high = intervals.student_mean(n, mean, intervals.sample_variance(n, mean, squares), 1, 5)
    assert covered.mean() >= ((low <= TRUE) & (high >= TRUE)).mean() - 0.005
    # Student misses far more often from above than from below
    assert (low > TRUE).mean() > 4 * (high < TRUE).mean()


def test_answers_that_are_all_alike_leave_room_for_others_on_a_scale():
    low, high = bca_mean(SCALE, [[0, 0, 0, 0, 10], [0, 0, 10, 0, 0]], 1, 5)
    # nobody of ten: Clopper and Pearson's upper limit is 1 - 0.025^(1/10) = 30.85 %
    assert low == pytest.approx([5 - 4 * 0.3085, 3 - 2 * 0.3085], abs=1e-4)
    assert high == pytest.approx([5, 3 + 2 * 0.3085], abs=1e-4)
    assert np.isnan(bca_mean([7.0], [[10]])).all()


def test_one_answer_has_no_interval_and_thirty_are_students():
    found = bca_mean(SCALE, [[0, 0, 0, 0, 1], [0] * 5, [6] * 5, [0, 0, 0, 14, 15]], 1, 5)
    assert np.isnan(found[0]).tolist() == [True, True, True, False]
    assert ENOUGH_FOR_STUDENT == 30


def test_a_cell_does_not_depend_on_the_others():
    counts = np.random.default_rng(3).multinomial(17, SKEWED, 600)
    together = bca_mean(SCALE, counts, 1, 5)
    for place in (0, 299, 599):
        alone = bca_mean(SCALE, counts[place : place + 1], 1, 5)
        assert alone[0] == pytest.approx(together[0][place])
        assert alone[1] == pytest.approx(together[1][place])


def test_no_cells_have_no_intervals():
    assert [len(limit) for limit in bca_mean(SCALE, np.empty((0, 5)))] == [0, 0]


def test_five_thousand_small_cells_take_seconds():
    random = np.random.default_rng(4)
    values = random.lognormal(0, 1, (5000, 29))
    counts = np.arange(29) < random.integers(5, 30, 5000)[:, None]
    started = time.process_time()
    bca_mean(values, counts)
    assert time.process_time() - started < 40  # about three, with not two cells alike


ratings = st.lists(st.integers(0, 6), min_size=5, max_size=5).filter(lambda counts: 2 <= sum(counts) < 30)


@settings(max_examples=60)
@given(ratings)
def test_a_mean_lies_within_its_interval_and_that_within_its_answers(counts):
    low, high = bca_mean(SCALE, [counts], 1, 5)
    mean = np.dot(counts, SCALE) / sum(counts)
    assert low <= mean + 1e-9
    assert high >= mean - 1e-9
    given_values = SCALE[np.array(counts) > 0]
    if len(given_values) > 1:
        assert given_values.min() - 1e-9 <= low < high <= given_values.max() + 1e-9


@settings(max_examples=60)
@given(ratings, st.integers(2, 10), st.integers(-100, 100))
def test_an_interval_follows_the_unit_and_the_origin(counts, times, shift):
    low, high = bca_mean(SCALE, [counts])
    moved_low, moved_high = bca_mean(times * SCALE + shift, [counts])
    assert moved_low == pytest.approx(times * low + shift, nan_ok=True, abs=1e-7)
    assert moved_high == pytest.approx(times * high + shift, nan_ok=True, abs=1e-7)
