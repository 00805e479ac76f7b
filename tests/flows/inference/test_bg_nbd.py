"""Oracle O16 of DOMAIN section 4: the published parameters of CDNOW, on customers simulated from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad
from scipy.special import roots_genlaguerre, roots_jacobi

from flows.inference import bg_nbd
from flows.inference.likelihood import beta_shapes, shape_and_rate

#: Fader, Hardie & Lee 2005: 2,357 customers of CDNOW over 39 weeks.
CDNOW = np.array([0.243, 4.414, 0.793, 2.426])

purchases = st.integers(0, 30)
week = st.floats(0.1, 100)
parameter = st.floats(0.1, 5)


@st.composite
def customer(draw):
    frequency, age = draw(purchases), draw(week)
    return frequency, draw(st.floats(0, 1)) * age if frequency else 0.0, age


def rows(*customers):
    return bg_nbd.buyers(*np.array(customers, float).reshape(-1, 3).T)


def simulated(seed, customers=2357, parameters=CDNOW):
    """Customers who came in the first 12 of 39 weeks: frequency, recency and age in weeks."""
    generator = np.random.default_rng(seed)
    r, alpha, a, b = parameters
    rate, leaves = generator.gamma(r, 1 / alpha, customers), generator.beta(a, b, customers)
    age = 39 - generator.uniform(0, 12, customers)
    frequency, recency, now = np.zeros((3, customers))
    there = np.ones(customers, bool)
    while there.any():
        now = now + generator.exponential(1, customers) / np.maximum(rate, 1e-200)
        buys = there & (now <= age)
        frequency[buys] += 1
        recency[buys] = now[buys]
        there = buys & (generator.random(customers) >= leaves)
    return bg_nbd.buyers(frequency, recency, age)


def mean_over(function, distribution):
    """E[function(X)] by quadrature over the quantiles of X."""
    return quad(lambda share: function(distribution.ppf(share)), 0, 1, limit=400, epsabs=1e-13, epsrel=1e-10)[0]


@pytest.mark.parametrize(
    ("frequency", "recency", "age"), [(0, 0, 38.86), (1, 1.71, 38.86), (2, 30.43, 38.86), (7, 29.4, 30.0), (3, 0.5, 9)]
)
def test_the_likelihood_is_the_mixture_over_rates_and_chances_to_leave(frequency, recency, age):
    r, alpha, a, b = CDNOW
    rates, leaves = stats.gamma(r, scale=1 / alpha), stats.beta(a, b)
    stayed = mean_over(lambda rate: rate**frequency * np.exp(-rate * age), rates) * mean_over(
        lambda p: (1 - p) ** frequency, leaves
    )
    left = 0.0
    if frequency:
        left = mean_over(lambda rate: rate**frequency * np.exp(-rate * recency), rates) * mean_over(
            lambda p: p * (1 - p) ** (frequency - 1), leaves
        )
    found = bg_nbd.log_likelihood(CDNOW, rows((frequency, recency, age)))
    assert found[0] == pytest.approx(np.log(stayed + left), abs=1e-6)
    alive = bg_nbd.probability_alive(CDNOW, rows((frequency, recency, age)))
    assert alive[0] == pytest.approx(stayed / (stayed + left), abs=1e-6)


def expected_by_quadrature(parameters, frequency, recency, age, horizon):
    """Mean of (1 - exp(-λ p t)) / p over the rates and chances of somebody still there, times P(alive)."""
    r, alpha, a, b = parameters
    nodes, weights = roots_genlaguerre(80, r + frequency - 1)
    rate, rate_weight = nodes / (alpha + age), weights / weights.sum()
    with np.errstate(invalid="ignore"):  # SciPy divides 0 by 0 at a + b = 1, and does not use it
        nodes, weights = roots_jacobi(80, b + frequency - 1, a - 1)
    leaves, leaves_weight = (1 + nodes) / 2, weights / weights.sum()
    number = -np.expm1(-np.outer(rate, leaves) * horizon) / leaves
    alive = bg_nbd.probability_alive(parameters, rows((frequency, recency, age)))[0]
    return rate_weight @ number @ leaves_weight * alive


@pytest.mark.parametrize(
    "parameters",
    [
        CDNOW,
        (0.243, 4.414, 1.0, 2.426),  # the formula is 0 / 0 at a = 1
        (0.243, 4.414, 1.00005, 2.426),
        (0.5, 3.0, 0.3, 0.7),  # and at a + b = 1 for somebody without a repeat purchase
        (2.0, 10.0, 0.2, 0.4),
        (1.5, 10.0, 4.0, 6.0),
    ],
)
def test_expected_purchases_are_those_of_the_mixture(parameters):
    for frequency, recency, age in ((0, 0, 0), (0, 0, 38.86), (2, 30.43, 38.86), (26, 30.86, 31), (150, 38, 39)):
        for horizon in (1, 39):
            found = bg_nbd.expected_purchases(parameters, rows((frequency, recency, age)), horizon)
            expected = expected_by_quadrature(parameters, frequency, recency, age, horizon)
            assert found[0] == pytest.approx(expected, rel=2e-6)


def test_the_customer_of_the_published_spreadsheet_buys_1_226_times_in_39_weeks():
    # Hardie's spreadsheet of the model: x 2, t_x 30.43, T 38.86
    assert bg_nbd.expected_purchases(CDNOW, rows((2, 30.43, 38.86)), 39) == pytest.approx(1.226, abs=5e-4)


def test_the_parameters_of_simulated_customers_are_recovered():  # O16
    """Eight fixed seeds: each within four standard errors, and their mean within four of its own."""
    r, alpha, a, b = CDNOW
    truth = np.array([np.log(r / alpha), np.log(r), np.log(a / b), np.log(a + b)])
    off = []
    for seed in range(8):
        found = bg_nbd.fit(simulated(seed))
        assert found.found
        off.append((found.working - truth) / np.sqrt(np.diag(found.covariance)))
    assert np.abs(off).max() < 4
    assert np.abs(np.mean(off, axis=0)).max() < 4 / np.sqrt(8)
    # errors that were too wide would hide a wrong fit
    assert 0.5 < np.sqrt(np.mean(np.square(off))) < 1.5


def test_the_fit_is_the_top_of_the_likelihood():
    customers = simulated(1)
    found = bg_nbd.fit(customers)
    for index in range(4):
        for factor in (0.97, 1.03):
            aside = found.parameters.copy()
            aside[index] *= factor
            assert bg_nbd.log_likelihood(aside, customers).sum() < found.log_likelihood
    assert found.log_likelihood >= bg_nbd.log_likelihood(CDNOW, customers).sum()


def test_equal_customers_in_one_row_count_as_often_as_they_are():
    customers = simulated(2, 600)
    days = bg_nbd.buyers(customers.frequency, np.rint(7 * customers.recency), np.rint(7 * customers.age) + 1)
    kinds, number = np.unique(np.stack(days[:3], axis=1), axis=0, return_counts=True)
    assert len(kinds) < 600
    one_by_one, counted = bg_nbd.fit(days), bg_nbd.fit(bg_nbd.buyers(*kinds.T, number))
    assert counted.log_likelihood == pytest.approx(one_by_one.log_likelihood)
    assert counted.parameters == pytest.approx(one_by_one.parameters, rel=1e-3)


def test_the_unit_of_time_changes_the_rate_only():
    customers = simulated(3, 1000)
    weeks = bg_nbd.fit(customers)
    days = bg_nbd.fit(bg_nbd.buyers(customers.frequency, 7 * customers.recency, 7 * customers.age))
    assert days.parameters / weeks.parameters == pytest.approx([1, 7, 1, 1], rel=1e-3)
    again = bg_nbd.buyers(7, 7 * 20.0, 7 * 39.0)
    assert bg_nbd.expected_purchases(days.parameters, again, 7 * 13) == pytest.approx(
        bg_nbd.expected_purchases(weeks.parameters, rows((7, 20, 39)), 13), rel=1e-3
    )


def test_coarser_rows_move_the_fit_by_a_fraction_of_its_error():
    customers = simulated(4, 20_000)
    few = bg_nbd.coarser(customers, 1500)
    assert len(few.frequency) <= 1500
    assert few.customers.sum() == 20_000
    for column in ("frequency", "recency", "age"):
        assert few.customers @ getattr(few, column) == pytest.approx(getattr(customers, column).sum())
    fine, coarse = bg_nbd.fit(customers), bg_nbd.fit(few)
    assert np.abs((coarse.working - fine.working) / np.sqrt(np.diag(fine.covariance))).max() < 0.25


def test_few_rows_stay_as_they_are_and_frequencies_are_kept_apart():
    customers = simulated(5, 300)
    assert bg_nbd.coarser(customers) is customers
    frequencies = len(np.unique(customers.frequency))
    assert len(bg_nbd.coarser(customers, 2).frequency) == frequencies


@given(st.lists(customer(), min_size=1, max_size=8), parameter, parameter, parameter, parameter)
def test_a_probability_is_a_probability_and_purchases_grow_with_time(customers, r, alpha, a, b):
    parameters, known = (r, alpha, a, b), rows(*customers)
    alive = bg_nbd.probability_alive(parameters, known)
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (alive[known.frequency == 0] == 1).all()
    before = np.zeros(len(customers))
    for horizon in (1.0, 10.0, 50.0):
        expected = bg_nbd.expected_purchases(parameters, known, horizon)
        assert (expected >= before - 1e-9).all()
        # nobody buys more than somebody who never leaves: rate (r + x) / (alpha + T)
        assert (expected <= (r + known.frequency) / (alpha + known.age) * horizon * (1 + 1e-6) + 1e-9).all()
        before = expected


@given(customer().filter(lambda each: each[0] > 0), parameter, parameter, parameter, parameter)
def test_the_longer_nothing_was_bought_the_less_likely_somebody_is_there(each, r, alpha, a, b):
    frequency, recency, age = each
    known = rows(each, (frequency, recency, age + 10), (frequency, recency / 2, age))
    alive = bg_nbd.probability_alive((r, alpha, a, b), known)
    assert alive[1] <= alive[0]
    assert alive[2] <= alive[0]


@settings(max_examples=30)
@given(st.lists(customer(), min_size=1, max_size=6), st.floats(-3, 1), st.floats(-1, 1), st.floats(-2, 1))
def test_the_gradient_is_that_of_the_likelihood(customers, log_rate, log_shape, logit_mean):
    parameters = np.concatenate([shape_and_rate(log_rate, log_shape)[0], beta_shapes(logit_mean, 1.0)[0]])
    known = rows(*customers)
    value, slopes = bg_nbd._log_likelihood(parameters, known)
    assert value == pytest.approx(bg_nbd.log_likelihood(parameters, known))
    for index in range(4):
        step = 1e-6 * parameters[index]
        ahead, behind = parameters.copy(), parameters.copy()
        ahead[index] += step
        behind[index] -= step
        numeric = (bg_nbd.log_likelihood(ahead, known) - bg_nbd.log_likelihood(behind, known)) / (2 * step)
        assert slopes[index] == pytest.approx(numeric, rel=1e-4, abs=1e-4)


def test_without_a_repeat_purchase_or_time_nothing_can_be_told():
    for known in (rows((0, 0, 10), (0, 0, 20)), bg_nbd.buyers([1, 0], [0, 0], [0, 0])):
        found = bg_nbd.fit(known)
        assert not found.found
        assert np.isnan(found.parameters).all()


def test_customers_who_never_leave_are_a_limit_of_the_model():
    generator = np.random.default_rng(6)
    rate = generator.gamma(2.0, 0.1, 3000)
    frequency = generator.poisson(rate * 39)
    # the last of x purchases spread evenly over 39 weeks
    recency = np.where(frequency > 0, 39 * generator.random(3000) ** (1 / np.maximum(frequency, 1)), 0)
    found = bg_nbd.fit(bg_nbd.buyers(frequency, recency, np.full(3000, 39.0)))
    r, alpha, a, b = found.parameters
    assert (r, alpha) == pytest.approx((2, 10), rel=0.15)
    assert a / (a + b) < 0.01
    assert bg_nbd.expected_purchases(found.parameters, rows((4, 30, 39)), 39) == pytest.approx(39 * 6 / 49, rel=0.1)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1], [5], [4]), "at most the age"),
        (([0], [1], [4]), "without a repeat"),
        (([-1], [0], [4]), "not negative"),
        (([1], [np.nan], [4]), "must be given"),
    ],
)
def test_customers_who_cannot_be_are_refused(columns, message):
    with pytest.raises(ValueError, match=message):
        bg_nbd.buyers(*columns)
