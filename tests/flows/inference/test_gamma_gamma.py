import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from flows.inference import gamma_gamma

#: CDNOW, as published with rounded parameters (Fader & Hardie 2013; quick start of the lifetimes package).
CDNOW = (6.25, 3.74, 15.45)

purchases = st.integers(1, 40)
money = st.floats(0.5, 5000)
parameter = st.floats(0.3, 12)


def simulated(seed, customers=4000, parameters=CDNOW):
    generator = np.random.default_rng(seed)
    p, q, v = parameters
    scale = generator.gamma(q, 1 / v, customers)
    number = 1 + generator.poisson(generator.gamma(0.5, 4, customers))
    return gamma_gamma.spenders(number, generator.gamma(p * number, 1 / (scale * number)))


def mixed(function, number, mean_value, parameters):
    """∫ function(ν) f(mean | ν) g(ν) dν, straight from the two gamma distributions."""
    p, q, v = parameters
    return quad(
        lambda nu: (
            function(nu)
            * stats.gamma.pdf(mean_value, p * number, scale=1 / (nu * number))
            * stats.gamma.pdf(nu, q, scale=1 / v)
        ),
        0,
        np.inf,
        limit=400,
    )[0]


@pytest.mark.parametrize(("number", "mean_value"), [(1, 11.77), (2, 22.35), (7, 73.74), (20, 30.0)])
def test_density_and_expectation_are_those_of_the_mixture(number, mean_value):
    density = mixed(np.ones_like, number, mean_value, CDNOW)
    found = gamma_gamma.log_likelihood(CDNOW, gamma_gamma.spenders(number, mean_value))
    assert found[0] == pytest.approx(np.log(density), abs=1e-6)
    expected = mixed(lambda nu: CDNOW[0] / nu, number, mean_value, CDNOW) / density
    assert gamma_gamma.expected_value(CDNOW, number, mean_value) == pytest.approx(expected, rel=1e-6)


def test_the_first_customers_of_cdnow_are_expected_to_spend_what_was_published():
    # lifetimes prints its fit to two decimals and the expectations to six; the rounding of q alone moves 35.17 by 0.06
    found = gamma_gamma.expected_value(CDNOW, [2, 1, 7, 2, 0], [22.35, 11.77, 73.74, 25.55, np.nan])
    assert found[:4] == pytest.approx([24.658619, 18.911489, 71.462843, 27.282408], abs=0.02)
    assert found[4] == pytest.approx(35.170981, abs=0.1)


def test_the_parameters_of_simulated_customers_are_recovered():
    p, q, v = CDNOW
    truth = np.log([p, q, p * v / q])
    off = []
    for seed in range(8):
        found = gamma_gamma.fit(gamma_gamma.grouped(simulated(seed)))
        off.append((found.working - truth) / np.sqrt(np.diag(found.covariance)))
    assert np.abs(off).max() < 4
    assert np.abs(np.mean(off, axis=0)).max() < 4 / np.sqrt(8)
    assert 0.5 < np.sqrt(np.mean(np.square(off))) < 1.5


def test_grouped_means_move_the_fit_by_next_to_nothing():
    customers = simulated(3)
    groups = gamma_gamma.grouped(customers)
    assert len(groups.purchases) < len(customers.purchases) / 4
    assert groups.customers.sum() == 4000
    assert groups.customers @ groups.mean_value == pytest.approx(customers.mean_value.sum())
    fine, coarse = gamma_gamma.fit(customers), gamma_gamma.fit(groups)
    assert np.abs((coarse.working - fine.working) / np.sqrt(np.diag(fine.covariance))).max() < 0.05


def test_the_currency_changes_the_scale_only():
    customers = simulated(4, 1500)
    euros = gamma_gamma.fit(customers)
    cents = gamma_gamma.fit(gamma_gamma.spenders(customers.purchases, 100 * customers.mean_value))
    assert cents.parameters / euros.parameters == pytest.approx([1, 1, 100], rel=1e-3)


def test_the_fit_is_the_top_of_the_likelihood():
    customers = simulated(5, 1500)
    found = gamma_gamma.fit(customers)
    for index in range(3):
        for factor in (0.95, 1.05):
            aside = found.parameters.copy()
            aside[index] *= factor
            assert gamma_gamma.log_likelihood(aside, customers).sum() < found.log_likelihood


@given(st.lists(st.tuples(purchases, money), min_size=1, max_size=6), parameter, parameter, parameter)
def test_the_gradient_is_that_of_the_likelihood(customers, p, q, v):
    known, parameters = gamma_gamma.spenders(*np.array(customers, float).T), np.array([p, q, v])
    _, slopes = gamma_gamma._log_likelihood(parameters, known)
    for index in range(3):
        step = 1e-6 * parameters[index]
        ahead, behind = parameters.copy(), parameters.copy()
        ahead[index] += step
        behind[index] -= step
        numeric = (gamma_gamma.log_likelihood(ahead, known) - gamma_gamma.log_likelihood(behind, known)) / (2 * step)
        assert slopes[index] == pytest.approx(numeric, rel=1e-3, abs=1e-3)


@given(purchases, money, st.floats(0.5, 12), st.floats(1.2, 12), st.floats(1, 100))
def test_expectation_lies_between_ones_own_mean_and_that_of_all(number, mean_value, p, q, v):
    found = gamma_gamma.expected_value((p, q, v), number, mean_value)
    everybody = gamma_gamma.expected_value((p, q, v), 0, np.nan)
    assert min(mean_value, everybody) <= found * (1 + 1e-12)
    assert found <= max(mean_value, everybody) * (1 + 1e-12)
    # and the more was bought, the nearer to one's own
    surer = gamma_gamma.expected_value((p, q, v), 10 * number, mean_value)
    assert abs(surer - mean_value) <= abs(found - mean_value) + 1e-9


def test_a_mean_that_is_infinite_is_not_given():
    assert np.isnan(gamma_gamma.expected_value((0.5, 0.4, 10), [0, 1, 2], [np.nan, 5, 5])).tolist() == [
        True,
        True,
        False,
    ]


def test_customers_the_model_does_not_know_are_refused():
    for columns in (([0], [5]), ([1], [0]), ([1], [-3]), ([1], [np.nan])):
        with pytest.raises(ValueError, match="positive"):
            gamma_gamma.spenders(*columns)
    assert not gamma_gamma.fit(gamma_gamma.spenders([1, 2], [5, 6])).found
