from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.inference import concentration
from tests.flows.inference.test_rfm import customers, needs_orders

profits = st.lists(st.integers(-50, 1000), min_size=2, max_size=60)
revenues = st.lists(st.integers(0, 1000), min_size=2, max_size=60).filter(sum)

#: The example of the R package ineq.
INEQ = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]


def gini(values):
    return concentration.gini(concentration.distance_sums(values))


def top_share(values):
    return concentration.top_share(concentration.top_sums(values))


def bootstrapped(values, statistic, seed, resamples=2000):
    generator = np.random.default_rng(seed)
    drawn = generator.choice(values, (resamples, len(values)))
    return np.std([statistic(each) for each in drawn], ddof=1)


def plain_gini(values):
    values = np.sort(values)
    n = len(values)
    return 2 * (np.arange(1, n + 1) @ values) / (n * values.sum()) - (n + 1) / n


def plain_top_share(values):
    return np.sort(values)[::-1][: -(-len(values) // 5)].sum() / values.sum()


@needs_orders
def test_the_top_fifth_of_the_customers_has_35_6_percent():  # O17
    *_, revenue = customers()
    assert concentration.top_n(len(revenue)) == 199
    assert top_share(revenue).value == pytest.approx(0.356, abs=5e-4)


def test_ginis_coefficient_of_the_example_of_ineq():
    assert gini(INEQ).value == pytest.approx(0.4620911, abs=5e-8)


def test_the_share_of_the_top_by_hand():
    # 2 of 6 (a fifth is 1.2): 50 + 30 of 100
    sums = concentration.top_sums([50, 30, 10, 5, 5, 0])
    assert (sums.top_n, sums.threshold, sums.top_total, sums.top_squares) == (2, 30, 80, 3400)
    assert concentration.top_share(sums).value == pytest.approx(0.8)
    # y = (x - 30)+ - 0.8 x: -20 -24 -8 -4 -4 0, mean -10
    variance = np.var([-20, -24, -8, -4, -4, 0], ddof=1)
    assert concentration.top_share(sums).error == pytest.approx(np.sqrt(variance / 6) / (100 / 6))


def test_a_fifth_is_rounded_up_in_whole_numbers():
    assert concentration.top_n([1, 4, 5, 6, 10, 11, 995, 1_000_000]).tolist() == [1, 1, 1, 2, 2, 3, 199, 200_000]
    # 0.1 x 30 is 3.0000000000000004 in floating point
    assert concentration.top_n(30, Fraction(1, 10)) == 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_linearised_errors_are_those_of_a_bootstrap_of_customers(seed):
    generator = np.random.default_rng(seed)
    values = np.round(np.exp(generator.normal(4, 1, 1500)) - 20)  # some negative
    assert (values < 0).any()
    share, coefficient = top_share(values), gini(values)
    assert share.error == pytest.approx(bootstrapped(values, plain_top_share, seed), rel=0.1)
    assert coefficient.error == pytest.approx(bootstrapped(values, plain_gini, seed), rel=0.1)


@pytest.mark.parametrize(("statistic", "plain"), [(top_share, plain_top_share), (gini, plain_gini)])
def test_the_linearised_errors_are_those_of_repeated_samples(statistic, plain):
    generator = np.random.default_rng(4)
    samples = np.exp(generator.normal(0, 0.8, (600, 800)))
    spread = np.std([plain(sample) for sample in samples], ddof=1)
    assert np.mean([statistic(sample).error for sample in samples]) == pytest.approx(spread, rel=0.1)


@given(profits.filter(lambda values: sum(values) > 0))
def test_values_are_those_of_the_customers_one_by_one(values):
    assert gini(values).value == pytest.approx(
        sum(abs(one - other) for one in values for other in values) / (2 * len(values) * sum(values))
    )
    top = sorted(values, reverse=True)[: -(-len(values) // 5)]
    assert top_share(values).value == pytest.approx(sum(top) / sum(values))
    for found in (gini(values), top_share(values)):
        assert found.error >= 0


@given(profits.filter(lambda values: sum(values) > 0))
def test_errors_are_those_of_the_influence_of_each_customer(values):
    x = np.array(values, float)
    n, mean = len(x), x.mean()
    threshold = np.sort(x)[::-1][-(-n // 5) - 1]
    influence = (np.maximum(x - threshold, 0) - top_share(x).value * x) / mean
    assert top_share(x).error == pytest.approx(np.std(influence, ddof=1) / np.sqrt(n), rel=1e-6, abs=1e-6)
    distance = np.abs(x[:, None] - x).mean(axis=1)
    influence = (distance - gini(x).value * x) / mean
    assert gini(x).error == pytest.approx(np.std(influence, ddof=1) / np.sqrt(n), rel=1e-6, abs=1e-6)


@given(revenues)
def test_without_negative_values_both_are_shares(values):
    assert 0 <= gini(values).value <= 1 - 1 / len(values) + 1e-12
    number = -(-len(values) // 5)
    assert number / len(values) - 1e-12 <= top_share(values).value <= 1 + 1e-12


@given(revenues, st.sampled_from([0.01, 3, 100]))
def test_currency_and_copies_of_customers_change_nothing(values, unit):
    for statistic in (gini, top_share):
        assert statistic(unit * np.array(values)).value == pytest.approx(statistic(values).value)
        assert statistic(unit * np.array(values)).error == pytest.approx(statistic(values).error, rel=1e-5, abs=1e-6)
    assert gini(values * 2).value == pytest.approx(gini(values).value)


def test_a_gift_from_rich_to_poor_makes_them_more_equal():
    before, after = [1, 5, 20, 50, 90], [11, 5, 20, 50, 80]
    assert gini(after).value < gini(before).value
    assert top_share(after).value < top_share(before).value


def test_all_alike_and_one_who_has_it_all_are_the_ends():
    assert gini([7] * 10) == (0, 0)
    assert top_share([7] * 10) == (pytest.approx(0.2), 0)
    assert gini([0] * 9 + [7]).value == pytest.approx(0.9)
    assert top_share([0] * 9 + [7]).value == 1


def test_losses_can_make_the_share_of_the_top_exceed_the_whole():
    assert top_share([100, 10, -20, -20, -20]).value == pytest.approx(2)


@pytest.mark.parametrize("values", [[], [-5, 3], [0, 0, 0]])
def test_a_total_of_nothing_or_less_has_no_parts(values):
    for found in (gini(values), top_share(values)):
        assert np.isnan(found.value)
        assert np.isnan(found.error)


def test_one_customer_has_everything_and_no_error():
    assert top_share([5]).value == 1
    assert np.isnan([top_share([5]).error, gini([5]).error]).all()


def test_many_cells_are_done_at_once():
    cells = [concentration.top_sums(values) for values in (INEQ, [1, 2, 3])]
    together = concentration.top_share(concentration.TopSums(*map(np.stack, zip(*cells, strict=True))))
    assert together.value == pytest.approx([float(top_share(INEQ).value), 0.5])
