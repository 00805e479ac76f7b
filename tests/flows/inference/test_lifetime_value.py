import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.inference import bg_nbd, gamma_gamma, lifetime_value
from flows.inference.estimates import Estimate
from flows.inference.intervals import wilson
from tests.flows.inference.test_bg_nbd import CDNOW, simulated

share = st.floats(0, 1)


def certain(value):
    return Estimate(np.array(value), np.array(value), np.array(value))


def test_the_simple_formula_is_the_sum_of_what_is_left_each_year():
    # 100 a year, 80 % kept, 10 % discount: 100 x 0.8 / 0.3
    assert lifetime_value.simple_clv(100, 0.8, 0.1) == pytest.approx(266.6667, abs=5e-5)
    years = np.arange(1, 400)
    assert lifetime_value.simple_clv(100, 0.8, 0.1) == pytest.approx(np.sum(100 * (0.8 / 1.1) ** years))
    assert lifetime_value.simple_clv(100, 0, 0.1) == 0
    assert lifetime_value.simple_clv(100, 1, 0.1) == pytest.approx(1000)
    assert np.isnan(lifetime_value.simple_clv(100, 1, 0))


@given(st.floats(0.1, 1e4), share, share, st.floats(0.001, 1))
def test_value_grows_with_retention_and_falls_with_the_discount(margin, retention, other, discount):
    less, more = sorted((retention, other))
    values = lifetime_value.simple_clv(margin, [less, more], discount)
    assert values[0] <= values[1]
    assert lifetime_value.simple_clv(margin, retention, discount * 2) <= lifetime_value.simple_clv(
        margin, retention, discount
    )
    assert lifetime_value.simple_clv(-margin, retention, discount) == -lifetime_value.simple_clv(
        margin, retention, discount
    )


def test_with_a_certain_margin_the_limits_are_those_of_retention():
    low, high = wilson([80, 50], [100, 100])
    retention = Estimate(np.array([0.8, 0.5]), low, high)
    found = lifetime_value.simple_clv_estimate(certain([100.0, 100.0]), retention, 0.1)
    assert found.low == pytest.approx(lifetime_value.simple_clv(100, low, 0.1))
    assert found.high == pytest.approx(lifetime_value.simple_clv(100, high, 0.1))


def test_with_certain_retention_the_limits_are_those_of_the_margin():
    margin = Estimate(np.array([100.0, -5.0]), np.array([90.0, -20.0]), np.array([110.0, 10.0]))
    found = lifetime_value.simple_clv_estimate(margin, certain([0.8, 0.8]), 0.1)
    assert found.low == pytest.approx(lifetime_value.simple_clv(margin.low, 0.8, 0.1))
    assert found.high == pytest.approx(lifetime_value.simple_clv(margin.high, 0.8, 0.1))


@given(st.tuples(*[st.floats(-1e3, 1e3)] * 3), st.tuples(share, share, share), st.floats(0.01, 0.5))
def test_both_uncertainties_widen_the_limits(margins, shares, discount):
    margin = Estimate(*(np.array(sorted(margins)[place]) for place in (1, 0, 2)))
    retention = Estimate(*(np.array(sorted(shares)[place]) for place in (1, 0, 2)))
    found = lifetime_value.simple_clv_estimate(margin, retention, discount)
    alone = lifetime_value.simple_clv_estimate(certain(margin.value), retention, discount)
    assert found.low <= alone.low + 1e-9
    assert alone.low <= found.value + 1e-9
    assert found.value <= alone.high + 1e-9
    assert alone.high <= found.high + 1e-9


def test_purchases_are_discounted_from_the_end_of_their_period():
    customers = bg_nbd.buyers([2, 0], [30.43, 0], [38.86, 38.86])
    by = [np.zeros(2)] + [bg_nbd.expected_purchases(CDNOW, customers, weeks) for weeks in (4, 8, 12)]
    expected = sum((by[k] - by[k - 1]) / 1.02**k for k in (1, 2, 3))
    assert lifetime_value.discounted_purchases(CDNOW, customers, 3, 4, 0.02) == pytest.approx(expected)
    plain = lifetime_value.discounted_purchases(CDNOW, customers, 3, 4, 0)
    assert plain == pytest.approx(by[3])


def spending(seed, frequency):
    """Mean values of repeat purchases from published gamma-gamma parameters; NaN without any."""
    generator = np.random.default_rng(seed)
    scale = generator.gamma(3.74, 1 / 15.45, len(frequency))
    number = np.maximum(frequency, 1)
    return np.where(frequency > 0, generator.gamma(6.25 * number, 1 / (scale * number)), np.nan)


def both_fits(customers, mean_value):
    again = customers.frequency > 0
    spenders = gamma_gamma.spenders(customers.frequency[again], mean_value[again])
    return bg_nbd.fit(customers), gamma_gamma.fit(spenders)


def test_the_value_of_the_average_customer_is_purchases_times_what_each_spends():
    customers = simulated(0)
    mean_value = spending(0, customers.frequency)
    purchases, value = both_fits(customers, mean_value)
    found = lifetime_value.customer_value(purchases, value, customers, mean_value, 12, 52 / 12, 0.01, 0.3)
    each = lifetime_value.discounted_purchases(purchases.parameters, customers, 12, 52 / 12, 0.01)
    each *= gamma_gamma.expected_value(value.parameters, customers.frequency, mean_value) * 0.3
    assert found.value[0] == pytest.approx(each.mean())
    assert found.low[0] < found.value[0] < found.high[0]


def test_groups_of_customers_are_worth_what_their_members_are():
    customers = simulated(1)
    mean_value = spending(1, customers.frequency)
    fits = both_fits(customers, mean_value)
    one_by_one = lifetime_value.customer_value(*fits, customers, mean_value, 12, 4, 0.01)
    # groups of equal frequency, recency and age, twice as many customers, each pair with a mean between two
    doubled = bg_nbd.Buyers(*customers[:3], np.full(len(mean_value), 2.0))
    assert lifetime_value.customer_value(*fits, doubled, mean_value, 12, 4, 0.01).value == pytest.approx(
        one_by_one.value
    )
    apart = bg_nbd.Buyers(*(np.tile(column, 2) for column in customers))
    spread = np.concatenate([mean_value * 0.5, mean_value * 1.5])
    assert lifetime_value.customer_value(*fits, apart, spread, 12, 4, 0.01).value == pytest.approx(one_by_one.value)


def test_the_limits_cover_the_value_at_the_true_parameters():
    """30 companies of 1,000 customers: the value at the true parameters, of the same customers."""
    covered = 0
    for seed in range(30):
        customers = simulated(100 + seed, 1000)
        mean_value = spending(100 + seed, customers.frequency)
        fits = both_fits(customers, mean_value)
        found = lifetime_value.customer_value(*fits, customers, mean_value, 4, 13, 0.02)
        each = lifetime_value.discounted_purchases(CDNOW, customers, 4, 13, 0.02)
        truth = (each * gamma_gamma.expected_value((6.25, 3.74, 15.45), customers.frequency, mean_value)).mean()
        covered += found.low[0] <= truth <= found.high[0]
    # of 30 with 95 % each, fewer than 25 would happen once in a hundred times
    assert covered >= 25


def test_without_a_fit_there_is_no_value():
    customers = bg_nbd.buyers([0, 0], [0, 0], [10, 20])
    purchases, value = bg_nbd.fit(customers), gamma_gamma.fit(gamma_gamma.spenders([1, 2, 3], [5, 6, 7]))
    found = lifetime_value.customer_value(purchases, value, customers, [np.nan, np.nan], 12, 4, 0.01)
    assert np.isnan(found).all()
