import numpy as np
import pytest
from statsmodels.api import OLS, add_constant

from flows.inference.closing_gap import closed_gap
from flows.inference.drivers import CAVEAT, fit
from tests.flows.inference.test_drivers import NAMES, survey


def test_the_effect_is_the_slope_times_the_gap():
    ratings, outcome = survey(4, 3000)
    found = closed_gap(fit(ratings, outcome, NAMES, seed=5), "convenience", ideal=9)
    slope = OLS(outcome, add_constant(ratings)).fit().params[4]
    assert found.gap == pytest.approx(9 - ratings[:, 3].mean())
    assert found.slope == pytest.approx(slope)
    assert found.effect == pytest.approx(slope * found.gap)
    assert found.expected == pytest.approx(outcome.mean() + found.effect)
    assert found.effect_low < found.effect < found.effect_high


def test_the_interval_of_a_fixed_gap_is_that_of_least_squares():
    # every mean rating is the same in each replicate where the ideal lies far away; the outcome is plain least squares
    random = np.random.default_rng(4)
    ratings = random.normal(size=(2000, 2))
    outcome = ratings @ [0.4, 0.2] + random.normal(size=2000)
    found = closed_gap(fit(ratings, outcome, ("a", "b"), seed=5, replicates=3000), "a", ideal=1000)
    low, high = OLS(outcome, add_constant(ratings)).fit().conf_int()[1]
    assert (found.effect_low / 1000, found.effect_high / 1000) == pytest.approx((low, high), abs=0.004)


def test_intervals_hold_the_true_effect_about_as_often_as_they_say():
    random = np.random.default_rng(31)
    held = 0
    for trial in range(200):
        ratings = 5 + random.normal(size=(200, 2))
        outcome = ratings @ [0.4, 0.2] + random.normal(size=200)
        found = closed_gap(fit(ratings, outcome, ("a", "b"), seed=trial, replicates=300), "a", ideal=6)
        held += found.effect_low <= 0.4 <= found.effect_high
    assert 180 <= held <= 199


def test_the_outcome_cannot_leave_its_scale():
    ratings, outcome = survey(4, 3000)
    model = fit(ratings, outcome, NAMES, seed=5)
    found = closed_gap(model, "convenience", ideal=40, lowest=0, highest=10)
    assert found.expected == found.expected_high == 10
    assert found.effect == pytest.approx(10 - outcome.mean())


def test_without_a_model_or_its_driver_nothing_is_said():
    ratings, outcome = survey(4, 50)
    assert np.isnan(closed_gap(fit(ratings, outcome, NAMES, seed=5), "price", ideal=9).effect)
    ratings, outcome = survey(4, 500)
    ratings[:, 0] = 5
    model = fit(ratings, outcome, NAMES, seed=5)
    assert np.isnan(closed_gap(model, "product", ideal=9).effect)
    assert not np.isnan(closed_gap(model, "price", ideal=9).effect)
    with pytest.raises(KeyError):
        closed_gap(model, "parking", ideal=9)


def test_the_sentence_beside_it_has_a_key():
    assert CAVEAT == "association is not cause"
