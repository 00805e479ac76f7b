"""Oracles are those of DOMAIN section 4, by their numbers; the tables are those of ../shared/data/oracles."""

import csv
import time
from itertools import combinations
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.api import OLS, add_constant
from statsmodels.stats.outliers_influence import variance_inflation_factor

from flows.errors import ConfigurationError
from flows.inference import relative_importance
from flows.settings import expand

ORACLES = Path(expand("${CX_REAL_DATA}")) / "oracles"
needs_oracles = pytest.mark.skipif(
    not ORACLES.is_dir(), reason="the oracles' tables are not here: no CX_REAL_DATA, no ../shared/data"
)
SWISS = ("Fertility", "Agriculture", "Examination", "Education", "Catholic", "Infant.Mortality")
MTCARS = ("mpg", "cyl", "disp", "hp", "gear")


def table(name, columns):
    """The columns of an oracle's table, one row a case."""
    with (ORACLES / name).open(encoding="utf-8", newline="") as file:
        return np.array([[float(row[column]) for column in columns] for row in csv.DictReader(file)])


def correlations(rows):
    """Among the drivers and with the outcome, which is the first column."""
    matrix = np.corrcoef(rows, rowvar=False)
    return matrix[1:, 1:], matrix[0, 1:]


def shares_by_definition(among, with_outcome):
    """Shapley's sum as it is written in DOMAIN section 3, one regression at a time."""
    drivers = len(with_outcome)

    def r_squared(subset):
        chosen = list(subset)
        return with_outcome[chosen] @ np.linalg.solve(among[np.ix_(chosen, chosen)], with_outcome[chosen])

    shares = np.zeros(drivers)
    for driver in range(drivers):
        others = [other for other in range(drivers) if other != driver]
        for size in range(drivers):
            weight = factorial(size) * factorial(drivers - size - 1) / factorial(drivers)
            for subset in combinations(others, size):
                shares[driver] += weight * (r_squared((*subset, driver)) - r_squared(subset))
    return shares


@st.composite
def random_correlations(draw, fewest=1, most=6):
    drivers = draw(st.integers(fewest, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = random.normal(size=(40, drivers + 1)) @ random.normal(size=(drivers + 1, drivers + 1))
    return correlations(rows) if drivers > 1 else (np.ones((1, 1)), np.corrcoef(rows.T)[:1, 1])


@needs_oracles
def test_lmg_shares_of_the_swiss_fertility():  # O18
    shares = relative_importance.lmg_shares(*correlations(table("swiss.csv", SWISS)))
    published = [0.0570912207681, 0.1711730289002, 0.2601346786244, 0.1055701503735, 0.1127659229265]
    assert shares == pytest.approx(published, abs=5e-14)
    assert shares.sum() == pytest.approx(0.706735001593, abs=5e-13)


@needs_oracles
def test_relative_weights_of_the_swiss_fertility():  # O19
    weights = relative_importance.relative_weights(*correlations(table("swiss.csv", SWISS)))
    published = [0.048416895812, 0.154708249806, 0.271964104646, 0.114680029948, 0.116965721381]
    assert weights == pytest.approx(published, abs=5e-13)


@needs_oracles
def test_both_methods_on_the_cars():  # O20
    among, with_outcome = correlations(table("mtcars.csv", MTCARS))
    weights = relative_importance.relative_weights(among, with_outcome)
    assert weights == pytest.approx([0.2284797, 0.2221469, 0.2321744, 0.0963886], abs=5e-8)
    assert 100 * weights / weights.sum() == pytest.approx([29.32, 28.51, 29.80, 12.37], abs=5e-3)
    shares = relative_importance.lmg_shares(among, with_outcome)
    assert shares == pytest.approx([0.2470520, 0.2434996, 0.2109129, 0.0777251], abs=5e-8)
    assert shares.sum() == pytest.approx(0.7791896, abs=5e-8)


def test_two_drivers_by_hand():  # O21: R² = (.36 + .16 - 2 x .5 x .6 x .4) / (1 - .25)
    among, with_outcome = np.array([[1, 0.5], [0.5, 1]]), np.array([0.6, 0.4])
    for method in (relative_importance.lmg_shares, relative_importance.relative_weights):
        assert method(among, with_outcome) == pytest.approx([0.286667, 0.086667], abs=5e-7)
        assert method(among, with_outcome).sum() == pytest.approx(0.28 / 0.75)
    assert relative_importance.standardised_betas(among, with_outcome) == pytest.approx([0.4 / 0.75, 0.1 / 0.75])
    assert relative_importance.variance_inflation(among) == pytest.approx([4 / 3, 4 / 3])


@needs_oracles
def test_betas_and_inflation_agree_with_statsmodels():
    rows = table("swiss.csv", SWISS)
    among, with_outcome = correlations(rows)
    standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    expected = OLS(standard[:, 0], standard[:, 1:]).fit().params
    assert relative_importance.standardised_betas(among, with_outcome) == pytest.approx(expected)
    design = add_constant(rows[:, 1:])
    inflation = [variance_inflation_factor(design, place) for place in range(1, 6)]
    assert relative_importance.variance_inflation(among) == pytest.approx(inflation)


@settings(deadline=None)
@given(random_correlations())
def test_shares_are_those_of_the_definition_and_sum_to_r_squared(pair):
    shares = relative_importance.lmg_shares(*pair)
    assert shares == pytest.approx(shares_by_definition(*pair), abs=1e-8)
    assert shares.sum() == pytest.approx(pair[1] @ np.linalg.solve(*pair), abs=1e-8)
    assert (shares >= 0).all()


@settings(deadline=None)
@given(random_correlations(), st.randoms(use_true_random=False))
def test_the_order_of_the_drivers_does_not_matter(pair, random):
    among, with_outcome = pair
    order = list(range(len(with_outcome)))
    random.shuffle(order)
    for method in (relative_importance.lmg_shares, relative_importance.relative_weights):
        moved = method(among[np.ix_(order, order)], with_outcome[order])
        assert moved == pytest.approx(method(among, with_outcome)[order], abs=1e-8)


@settings(deadline=None)
@given(st.integers(2, 7), st.floats(0, 0.9), st.floats(0.05, 0.9))
def test_drivers_that_are_alike_get_equal_shares(drivers, between, outcome):
    among = np.full((drivers, drivers), between) + (1 - between) * np.eye(drivers)
    # no outcome correlates more than this with all of them
    with_outcome = np.full(drivers, outcome * np.sqrt((1 + (drivers - 1) * between) / drivers))
    for method in (relative_importance.lmg_shares, relative_importance.relative_weights):
        shares = method(among, with_outcome)
        assert shares == pytest.approx(np.full(drivers, outcome**2 / drivers))


@settings(deadline=None)
@given(st.floats(-0.95, 0.95), st.floats(-0.99, 0.99), st.floats(-0.99, 0.99))
def test_two_drivers_have_equal_shares_by_either_method(between, first, second):
    among, with_outcome = np.array([[1, between], [between, 1]]), np.array([first, second])
    if with_outcome @ np.linalg.solve(among, with_outcome) > 1:
        return  # no three variables correlate like this
    shares = relative_importance.lmg_shares(among, with_outcome)
    assert shares == pytest.approx(relative_importance.relative_weights(among, with_outcome), abs=1e-9)


def test_a_copy_of_a_driver_halves_its_share():
    once = relative_importance.lmg_shares(np.eye(2), np.array([0.5, 0.3]))
    among = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1.0]])
    twice = relative_importance.lmg_shares(among, np.array([0.5, 0.3, 0.5]))
    assert twice == pytest.approx([once[0] / 2, once[1], once[0] / 2])
    assert relative_importance.variance_inflation(among) == pytest.approx([np.inf, 1, np.inf])
    assert relative_importance.standardised_betas(among, np.array([0.5, 0.3, 0.5])) == pytest.approx([0.25, 0.3, 0.25])


@settings(max_examples=20, deadline=None)
@given(st.lists(random_correlations(fewest=3, most=3), min_size=2, max_size=5))
def test_a_stack_gives_what_each_of_its_matrices_gives(pairs):
    stack = np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs])
    for method in (
        relative_importance.lmg_shares,
        relative_importance.relative_weights,
        relative_importance.standardised_betas,
    ):
        assert method(*stack) == pytest.approx(np.stack([method(*pair) for pair in pairs]))


def test_fifteen_drivers_are_worked_out_and_sixteen_refused():
    random = np.random.default_rng(15)
    among, with_outcome = correlations(random.normal(size=(200, 16)))
    shares = relative_importance.lmg_shares(among, with_outcome)
    assert shares.sum() == pytest.approx(with_outcome @ np.linalg.solve(among, with_outcome))
    with pytest.raises(ConfigurationError, match="at most 15"):
        relative_importance.lmg_shares(np.eye(16), np.zeros(16))


def test_a_thousand_replicates_of_six_drivers_take_no_time():
    random = np.random.default_rng(6)
    pairs = [correlations(random.normal(size=(100, 7))) for _ in range(1000)]
    stack = np.stack([pair[0] for pair in pairs]), np.stack([pair[1] for pair in pairs])
    start = time.perf_counter()
    relative_importance.lmg_shares(*stack)
    assert time.perf_counter() - start < 1
