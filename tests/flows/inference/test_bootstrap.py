import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap as scipy_bootstrap
from scipy.stats import norm, t

from flows.inference import bootstrap
from flows.inference.bootstrap import GROUPS, ratio_of_sums, two_ratios_of_sums

#: What a thousand customers keep of their revenue in the simulations below: 92 % stay, a tenth of them change by 25 %.
KEPT = 0.92 * (0.9 + 0.1 * 1.25)


def group_sums(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(cells, customers) added up by group: (cells, GROUPS)."""
    cells = len(values)
    place = groups + GROUPS * np.arange(cells)[:, None]
    return np.bincount(place.ravel(), values.ravel(), GROUPS * cells).reshape(cells, GROUPS)


def kept_revenue(random: np.random.Generator, opening: np.ndarray) -> np.ndarray:
    stays = random.random(opening.shape) > 0.08
    changes = np.where(random.random(opening.shape) < 0.1, random.uniform(0.5, 2, opening.shape), 1)
    return opening * stays * changes


def two_months_of_revenue(random: np.random.Generator, cells: int, customers: int) -> list[np.ndarray]:
    """Kept and opening sums by group of a later and an earlier month, skewed, of the same customers."""
    groups = random.integers(0, GROUPS, (cells, customers))
    opening = random.lognormal(3, 1, (cells, customers))
    later = opening * random.lognormal(0, 0.1, opening.shape)
    rows = [kept_revenue(random, later), later, kept_revenue(random, opening), opening]
    return [group_sums(each, groups) for each in rows]


def linearised_error(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    ratio = numerator.sum(axis=1, keepdims=True) / denominator.sum(axis=1, keepdims=True)
    residuals = (numerator - ratio * denominator) / denominator.sum(axis=1, keepdims=True)
    return np.sqrt((residuals**2).sum(axis=1) * GROUPS / (GROUPS - 1))


def test_a_ratio_is_that_of_all_sums_and_lies_within_its_interval():
    found = ratio_of_sums([[1, 2, 3, 0]], [[2, 2, 2, 4]])
    assert found.value == pytest.approx([0.6])
    assert found.low < 0.6 < found.high


def test_a_ratio_agrees_with_scipys_bootstrap_of_the_same_groups():
    random = np.random.default_rng(3)
    x, y = random.gamma(2, 1, (2, GROUPS))
    expected = scipy_bootstrap(
        (x, y),
        lambda x, y, axis: x.sum(axis=axis) / y.sum(axis=axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=20000,
        # the level of the expanded percentiles
        confidence_level=1 - 2 * norm.cdf(-np.sqrt(128 / 127) * t.ppf(0.975, 127)),
        rng=np.random.default_rng(4),
    ).confidence_interval
    found = ratio_of_sums(x[None, :], y[None, :])
    width = expected.high - expected.low
    assert found.low == pytest.approx(expected.low, abs=0.06 * width)
    assert found.high == pytest.approx(expected.high, abs=0.06 * width)


def test_the_interval_of_a_difference_has_the_linearised_width():
    random = np.random.default_rng(5)
    x, y, earlier_x, earlier_y = two_months_of_revenue(random, 50, 3000)
    found = two_ratios_of_sums(x, y, earlier_x, earlier_y)
    later, earlier = x.sum(1) / y.sum(1), earlier_x.sum(1) / earlier_y.sum(1)
    influence = (x - later[:, None] * y) / y.sum(1)[:, None]
    influence -= (earlier_x - earlier[:, None] * earlier_y) / earlier_y.sum(1)[:, None]
    error = np.sqrt((influence**2).sum(axis=1) * 128 / 127)
    assert (found.high - found.low) / 2 == pytest.approx(t.ppf(0.975, 127) * error, rel=0.08)
    assert found.p == pytest.approx(2 * t.sf(np.abs(later - earlier) / error, 127), abs=0.03)
    # and the level has that of one month
    level = ratio_of_sums(x, y)
    assert (level.high - level.low) / 2 == pytest.approx(t.ppf(0.975, 127) * linearised_error(x, y), rel=0.1)


def test_months_of_the_same_customers_are_compared_within_customers():
    random = np.random.default_rng(6)
    size = random.lognormal(3, 1, (20, GROUPS))
    x = size * random.uniform(0.5, 1, size.shape)
    # every customer keeps a hundredth more: certain, although the ratios themselves vary a lot
    paired = two_ratios_of_sums(1.01 * x, size, x, size)
    alone = ratio_of_sums(x, size)
    assert (paired.high - paired.low < (alone.high - alone.low) / 20).all()
    assert (paired.p < 1e-6).all()


@pytest.mark.parametrize(("customers", "at_least"), [(300, 0.89), (2000, 0.93)])
def test_the_interval_of_a_ratio_covers_it_with_skewed_customers(customers, at_least):
    x, y, *_ = two_months_of_revenue(np.random.default_rng(8), 1000, customers)
    found = ratio_of_sums(x, y)
    assert at_least <= ((found.low <= KEPT) & (found.high >= KEPT)).mean() <= 0.975


@pytest.mark.parametrize("customers", [100, 1000])
def test_months_that_do_not_differ_are_seldom_told_apart(customers):
    found = two_ratios_of_sums(*two_months_of_revenue(np.random.default_rng(9), 2000, customers))
    assert 0.03 <= (found.p <= 0.05).mean() <= 0.06
    assert (found.p <= 0.001).mean() <= 0.002
    assert ((found.p <= 0.05) == ((found.low > 0) | (found.high < 0))).all()


def test_a_ratio_that_falls_by_a_tenth_is_found():
    x, y, earlier_x, earlier_y = two_months_of_revenue(np.random.default_rng(10), 200, 1000)
    found = two_ratios_of_sums(0.9 * x, y, earlier_x, earlier_y)
    assert (found.high < 0).mean() > 0.9


def test_without_a_denominator_there_is_no_ratio():
    found = ratio_of_sums([[0, 0, 0], [1, 2, 3]], [[0, 0, 0], [0, 0, 0]])
    assert np.isnan(found).all()
    assert np.isnan(two_ratios_of_sums([[1, 2, 3]], [[0, 0, 0]], [[1, 2, 3]], [[1, 1, 1]])).all()


def test_one_group_has_a_ratio_but_no_interval():
    found = ratio_of_sums([[3, 0, 0]], [[4, 0, 0]])
    assert found.value == 0.75
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(two_ratios_of_sums([[3, 0]], [[4, 0]], [[2, 0]], [[4, 0]]).p).all()


def test_a_limit_that_rests_on_resamples_without_a_denominator_is_not_given():
    # of 128 groups one alone has a denominator: over a third of the resamples miss it
    x, y = np.ones((1, GROUPS)), np.zeros((1, GROUPS))
    y[0, 0] = 1
    found = ratio_of_sums(x, y)
    assert found.value == GROUPS
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(two_ratios_of_sums(x, y, x, x)).all()


def test_customers_who_are_all_alike_leave_no_doubt():
    x = np.arange(1.0, GROUPS + 1)[None, :]
    assert ratio_of_sums(0.1 * x, x).low == pytest.approx([0.1])
    same = two_ratios_of_sums(0.1 * x, x, 0.1 * x, x)
    assert (same.low, same.high, same.p) == (0, 0, 1)
    assert two_ratios_of_sums(0.2 * x, x, 0.1 * x, x).p == 0


def test_no_cells_give_no_figures():
    nothing = np.empty((0, GROUPS))
    assert [len(part) for part in ratio_of_sums(nothing, nothing)] == [0, 0, 0]
    assert [len(part) for part in two_ratios_of_sums(nothing, nothing, nothing, nothing)] == [0, 0, 0]


def test_a_cell_does_not_depend_on_the_others_or_on_where_the_chunks_end():
    random = np.random.default_rng(12)
    x, y = random.integers(0, 10**7, (2, bootstrap.CHUNK + 3, GROUPS))
    together = ratio_of_sums(x, y)
    for place in (0, bootstrap.CHUNK - 1, bootstrap.CHUNK + 2):
        alone = ratio_of_sums(x[place : place + 1], y[place : place + 1])
        # whole numbers are added without rounding: the same bits
        assert [part[0] for part in alone] == [part[place] for part in together]


def test_another_seed_moves_a_limit_only_a_little():
    random = np.random.default_rng(13)
    x, y = random.gamma(2, 1, (2, 30, GROUPS))
    one, other = ratio_of_sums(x, y), ratio_of_sums(x, y, seed=7)
    assert (one.low != other.low).all()
    assert one.low == pytest.approx(other.low, abs=0.12 * (one.high - one.low).max())


def test_five_thousand_comparisons_take_seconds():
    random = np.random.default_rng(14)
    x, y = random.integers(1, 1000, (2, 5000, GROUPS))
    started = time.process_time()
    two_ratios_of_sums(x, y, x[::-1], y[::-1])
    assert time.process_time() - started < 20  # about one, on a machine that does other things as well


sums = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=16, max_size=16)


@settings(max_examples=40)
@given(sums, sums)
def test_swapping_the_months_turns_a_difference_of_ratios(later, earlier):
    (x, y), (earlier_x, earlier_y) = (np.array(each, float).T[:, None, :] for each in (later, earlier))
    forwards = two_ratios_of_sums(x, y, earlier_x, earlier_y)
    backwards = two_ratios_of_sums(earlier_x, earlier_y, x, y)
    assert forwards.low == pytest.approx(-backwards.high, abs=1e-9)
    assert forwards.p == pytest.approx(backwards.p, abs=1e-9)
    assert 0 <= forwards.p <= 1
    change = x.sum() / y.sum() - earlier_x.sum() / earlier_y.sum()
    assert forwards.low - 1e-9 <= change <= forwards.high + 1e-9


@settings(max_examples=40)
@given(sums, st.integers(2, 1000))
def test_a_ratio_and_its_interval_follow_the_unit_of_the_numerator(given_sums, times):
    x, y = np.array(given_sums, float).T[:, None, :]
    one, many = ratio_of_sums(x, y), ratio_of_sums(times * x, y)
    for part, larger in zip(one, many, strict=True):
        assert larger == pytest.approx(times * part)
    assert (x / y).min() <= one.low <= one.high <= (x / y).max()
