import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.api import OLS, WLS, add_constant

from flows.errors import ConfigurationError
from flows.inference import drivers
from flows.inference.drivers import fit, key_drivers
from flows.inference.resampling import percentile_interval
from tests.flows.inference.test_relative_importance import SWISS, needs_oracles, table

NAMES = ("product", "service", "relationship", "convenience", "brand_image", "price")
#: What each dimension weighs in the made-up recommendation.
WEIGHTS = np.array([0.2, 0.3, 0.1, 0.5, 0.1, 0.25])


def survey(seed, n, weights=WEIGHTS, noise=1.0):
    """Ratings 0 to 10 that hang together a little, and an answer 0 to 10 that goes with them."""
    random = np.random.default_rng(seed)
    feelings = 0.6 * random.normal(size=(n, 1)) + 0.8 * random.normal(size=(n, len(weights)))
    overall = feelings @ weights + noise * random.normal(size=n)
    return np.clip(np.rint(6.5 + 1.7 * feelings), 0, 10), np.clip(np.rint(7.5 + 1.5 * overall), 0, 10)


def by_name(found):
    return {driver.driver: driver for driver in found.drivers}


@needs_oracles
def test_shares_signs_and_fit_of_a_published_table():  # O18, O19 by the whole way
    rows = table("swiss.csv", SWISS)
    model = fit(rows[:, 1:], rows[:, 0], SWISS[1:], seed=1, minimum_cases=40)
    found = key_drivers(model)
    assert [driver.share for driver in found.drivers] == pytest.approx(
        [0.0570912207681, 0.1711730289002, 0.2601346786244, 0.1055701503735, 0.1127659229265], abs=1e-11
    )
    expected = OLS(rows[:, 0], add_constant(rows[:, 1:])).fit()
    assert found.r_squared == pytest.approx(expected.rsquared)
    assert found.adjusted_r_squared == pytest.approx(expected.rsquared_adj)
    assert [driver.slope for driver in found.drivers] == pytest.approx(expected.params[1:].tolist())
    assert [driver.direction for driver in found.drivers] == [1, -1, -1, 1, 1]
    weights = np.array([0.048416895812, 0.154708249806, 0.271964104646, 0.114680029948, 0.116965721381])
    assert [driver.relative_weight_pct for driver in found.drivers] == pytest.approx(
        (100 * weights / weights.sum()).tolist(), abs=1e-8
    )
    # agriculture goes with more children, but held against education with fewer
    assert [driver.warnings for driver in found.drivers] == [("suppressor",), (), (), (), ()]


def test_what_moves_the_outcome_is_found_and_what_cannot_be_told_apart_is_tied():
    found = by_name(key_drivers(fit(*survey(4, 2500), NAMES, seed=5)))
    assert [name for name, driver in found.items() if driver.rank_best == 1] == ["convenience"]
    assert found["convenience"].rank_worst == 1
    assert found["brand_image"].rank_best <= found["relationship"].rank_worst
    assert found["relationship"].rank_best <= found["brand_image"].rank_worst == 6
    assert found["convenience"].share_low > max(found[name].share_high for name in NAMES if name != "convenience")
    assert sum(driver.importance_pct for driver in found.values()) == pytest.approx(100)
    for driver in found.values():
        assert driver.importance_pct_low < driver.importance_pct < driver.importance_pct_high
        assert driver.importance_pct == pytest.approx(driver.relative_weight_pct, abs=3)
        assert driver.warnings == ()


def test_ranks_are_as_far_apart_as_is_certain():
    random = np.random.default_rng(0)
    draws = np.array([0.40, 0.30, 0.29, 0.10]) + random.normal(size=(2000, 4)) * [0.02, 0.02, 0.02, 0.02]
    best, worst = drivers.ranks(draws)
    assert (best.tolist(), worst.tolist()) == ([1, 2, 2, 4], [1, 3, 3, 4])


def test_a_difference_is_judged_within_replicates_not_by_overlapping_intervals():
    random = np.random.default_rng(0)
    together = random.normal(size=(2000, 1))
    draws = np.array([0.5, 0.4]) + 0.1 * together + 0.01 * random.normal(size=(2000, 2))
    low, high = percentile_interval(draws)
    assert low[0] < high[1]
    best, worst = drivers.ranks(draws)
    assert (best.tolist(), worst.tolist()) == ([1, 2], [1, 2])


def test_intervals_hold_the_true_share_about_as_often_as_they_say():
    # two drivers that correlate by .36, weights 1 and .5: R² and shares of the whole population by hand
    population = np.array([[1, 0.36], [0.36, 1]])
    slopes = np.array([1.0, 0.5])
    variance = slopes @ population @ slopes + 1
    with_outcome = population @ slopes / np.sqrt(variance)
    r_squared = (variance - 1) / variance
    true = (with_outcome[0] ** 2 + r_squared - with_outcome[1] ** 2) / 2
    random = np.random.default_rng(21)
    root = np.linalg.cholesky(population)
    held = 0
    for trial in range(200):
        ratings = random.normal(size=(300, 2)) @ root.T
        outcome = ratings @ slopes + random.normal(size=300)
        [first, _] = key_drivers(fit(ratings, outcome, ("a", "b"), seed=trial, replicates=300)).drivers
        held += first.share_low <= true <= first.share_high
    assert 180 <= held <= 198


def test_bootstrap_intervals_agree_with_resampled_rows():
    ratings, outcome = survey(9, 400, WEIGHTS[:3])
    found = key_drivers(fit(ratings, outcome, NAMES[:3], seed=1, replicates=4000))
    random = np.random.default_rng(2)
    drawn = []
    for _ in range(800):
        rows = random.integers(0, 400, 400)
        again = key_drivers(fit(ratings[rows], outcome[rows], NAMES[:3], seed=0, replicates=2))
        drawn.append([driver.share for driver in again.drivers])
    low, high = percentile_interval(np.array(drawn))
    assert [driver.share_low for driver in found.drivers] == pytest.approx(low.tolist(), abs=0.01)
    assert [driver.share_high for driver in found.drivers] == pytest.approx(high.tolist(), abs=0.01)


def test_weights_are_those_of_weighted_least_squares():
    ratings, outcome = survey(11, 500)
    weight = np.random.default_rng(3).choice([0.8, 1.2, 1.5, 0.6], 500)
    found = key_drivers(fit(ratings, outcome, NAMES, seed=1, weight=weight, replicates=10))
    expected = WLS(outcome, add_constant(ratings), weights=weight).fit()
    assert found.r_squared == pytest.approx(expected.rsquared)
    assert [driver.slope for driver in found.drivers] == pytest.approx(expected.params[1:].tolist())
    assert found.n_effective == pytest.approx(weight.sum() ** 2 / (weight**2).sum())


def test_a_weight_of_two_counts_twice_and_one_without_weight_not_at_all():
    ratings, outcome = survey(12, 300)
    weight = np.where(np.arange(300) < 100, 2.0, 1.0)
    weight[-20:] = [0, np.nan] * 10
    doubled = np.r_[np.arange(280), np.arange(100)]
    once = key_drivers(fit(ratings[doubled], outcome[doubled], NAMES, seed=1, replicates=10))
    weighted = key_drivers(fit(ratings, outcome, NAMES, seed=1, weight=weight, replicates=10))
    assert weighted.n == 280
    assert [driver.share for driver in weighted.drivers] == pytest.approx([driver.share for driver in once.drivers])


def test_weights_that_leave_too_little_have_no_adjusted_fit():
    ratings, outcome = survey(12, 300)
    weight = np.where(np.arange(300) < 3, 1e6, 1.0)
    found = key_drivers(fit(ratings, outcome, NAMES, seed=1, weight=weight, replicates=10))
    assert found.n_effective < 7
    assert np.isnan(found.adjusted_r_squared)


def test_too_few_complete_cases_give_nothing_but_their_number():
    ratings, outcome = survey(1, 99)
    found = key_drivers(fit(ratings, outcome, NAMES, seed=1))
    assert (found.n, found.minimum_cases, found.known) == (99, 100, False)
    for driver in found.drivers:
        assert np.isnan(driver.share)
        assert (driver.rank_best, driver.warnings) == (None, ())
    ratings, outcome = survey(1, 100)
    assert key_drivers(fit(ratings, outcome, NAMES, seed=1)).known
    wide = np.random.default_rng(1).normal(size=(119, 12))
    assert fit(wide, wide.sum(axis=1), [str(place) for place in range(12)], seed=1).minimum_cases == 120


def test_only_complete_cases_count():
    ratings, outcome = survey(2, 400)
    holes = ratings.copy()
    holes[:60, 0] = holes[40:100, 3] = np.nan
    hidden = outcome.copy()
    hidden[90:130] = np.nan
    found = key_drivers(fit(holes, hidden, NAMES, seed=3))
    complete = key_drivers(fit(ratings[130:], outcome[130:], NAMES, seed=3))
    assert found.n == 270
    assert [driver.n for driver in found.drivers] == [300, 360, 360, 310, 360, 360]
    assert [driver.share for driver in found.drivers] == [driver.share for driver in complete.drivers]


def test_a_driver_that_few_rate_is_left_out_and_named():
    ratings, outcome = survey(2, 400)
    ratings[:250, 1] = np.nan
    found = by_name(key_drivers(fit(ratings, outcome, NAMES, seed=3, replicates=50)))
    assert found["service"].warnings == ("seldom answered",)
    assert np.isnan(found["service"].share)
    assert (found["service"].rank_best, found["service"].rank_worst) == (None, None)
    assert found["service"].n == 150
    others = [driver for name, driver in found.items() if name != "service"]
    assert sum(driver.importance_pct for driver in others) == pytest.approx(100)


def test_a_driver_that_never_varies_is_left_out_and_named():
    ratings, outcome = survey(2, 400)
    ratings[:, 4] = 7
    found = by_name(key_drivers(fit(ratings, outcome, NAMES, seed=3, replicates=50)))
    assert found["brand_image"].warnings == ("constant",)
    assert np.isnan(found["brand_image"].share)


def test_an_outcome_that_never_varies_has_no_drivers():
    ratings, outcome = survey(2, 400)
    found = key_drivers(fit(ratings, np.full_like(outcome, 9), NAMES, seed=3))
    assert (found.n, found.known) == (400, False)


def test_nobody_answered():
    found = key_drivers(fit(np.empty((0, 2)), np.empty(0), ("a", "b"), seed=1))
    assert (found.n, found.known) == (0, False)


def test_a_suppressor_and_overlapping_drivers_are_warned_of():
    random = np.random.default_rng(8)
    first = random.normal(size=2000)
    second = first + 0.2 * random.normal(size=2000)
    outcome = first - 0.5 * second + 0.5 * random.normal(size=2000)
    found = by_name(key_drivers(fit(np.column_stack([first, second]), outcome, ("a", "b"), seed=1, replicates=50)))
    assert found["a"].warnings == ("high vif",)
    assert found["b"].warnings == ("suppressor", "high vif")
    assert (found["b"].direction, found["b"].beta < 0) == (1, True)
    lenient = key_drivers(
        fit(np.column_stack([first, second]), outcome, ("a", "b"), seed=1, replicates=50), vif_limit=50
    )
    assert by_name(lenient)["a"].warnings == ()
    assert set(drivers.WARNINGS) == {"suppressor", "high vif", "constant", "seldom answered"}


def test_more_than_fifteen_drivers_are_refused():
    random = np.random.default_rng(8)
    with pytest.raises(ConfigurationError, match="16 drivers"):
        fit(random.normal(size=(300, 16)), random.normal(size=300), [str(place) for place in range(16)], seed=1)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.randoms(use_true_random=False))
def test_the_order_of_the_respondents_does_not_matter(seed, random):
    ratings, outcome = survey(seed, 120)
    ratings[:10, 2] = np.nan
    order = list(range(120))
    random.shuffle(order)
    once = key_drivers(fit(ratings, outcome, NAMES, seed=7, replicates=40))
    again = key_drivers(fit(ratings[order], outcome[order], NAMES, seed=7, replicates=40))
    assert repr(once) == repr(again)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_shares_sum_to_r_squared_and_units_do_not_matter(seed):
    ratings, outcome = survey(seed, 150, WEIGHTS[:4])
    once = key_drivers(fit(ratings, outcome, NAMES[:4], seed=7, replicates=20))
    assert sum(driver.share for driver in once.drivers) == pytest.approx(once.r_squared)
    again = key_drivers(fit(3 * ratings + 5, 10 * outcome - 2, NAMES[:4], seed=7, replicates=20))
    for one, other in zip(once.drivers, again.drivers, strict=True):
        assert other.share == pytest.approx(one.share, abs=1e-9)
        assert other.slope == pytest.approx(one.slope * 10 / 3, abs=1e-9)


def test_a_month_of_answers_is_done_within_two_seconds():
    ratings, outcome = survey(6, 5000)
    start = time.perf_counter()
    key_drivers(fit(ratings, outcome, NAMES, seed=1))
    assert time.perf_counter() - start < 2
