import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, f_oneway
from statsmodels.formula.api import mixedlm, ols

from flows.inference.spread import shrunk_means, spread_between


def sums(values: np.ndarray, group: np.ndarray) -> tuple[float, ...]:
    """What ``spread_between`` takes of rows, counted row by row."""
    size = np.bincount(group)
    total = np.bincount(group, values)[size > 0]
    size = size[size > 0]
    return len(size), len(values), (size**2).sum(), values.sum(), (total**2 / size).sum(), (values**2).sum()


def months(random: np.random.Generator, sizes: np.ndarray, between: float, cells: int) -> np.ndarray:
    group = np.repeat(np.arange(len(sizes)), sizes)
    drawn = 4 + between * random.normal(size=(cells, len(sizes)))[:, group] + random.normal(size=(cells, len(group)))
    return np.array([sums(values, group) for values in drawn], float).T


SIZES = np.array([5, 6, 8, 10, 14, 20, 27, 38, 52, 60])
HAND = (np.array([1.0, 3, 4, 6, 7, 9]), np.array([0, 0, 1, 1, 2, 2]))


def test_three_pairs_by_hand():
    # means 2, 5, 8: MSB = 2 · 18 / 2 = 18, MSW = 6 / 3 = 2, n_0 = 2: variance (18 - 2) / 2 = 8
    found = spread_between(*sums(*HAND))
    assert (found.between_variance, found.within_variance) == (pytest.approx(8), pytest.approx(2))
    assert found.value == pytest.approx(np.sqrt(8))
    # F is 9; its quantiles for 2 and 3 degrees are 16.0441 and 1 / 39.1655
    assert found.low == 0
    assert found.high == pytest.approx(np.sqrt((18 * 39.1655 - 2) / 2), rel=1e-5)


def test_it_is_the_table_of_the_analysis_of_variance():
    random = np.random.default_rng(1)
    group = np.repeat(np.arange(10), SIZES)
    values = 4 + 0.5 * random.normal(size=10)[group] + random.normal(size=len(group))
    table = sm.stats.anova_lm(ols("value ~ C(group)", pd.DataFrame({"value": values, "group": group})).fit())
    found = spread_between(*sums(values, group))
    assert found.within_variance == pytest.approx(table.loc["Residual", "mean_sq"])
    size = (len(group) - (SIZES**2).sum() / len(group)) / 9
    between = table.loc["C(group)", "mean_sq"] - table.loc["Residual", "mean_sq"]
    assert found.between_variance == pytest.approx(between / size)
    assert found.p == pytest.approx(table.loc["C(group)", "PR(>F)"])
    assert found.p == pytest.approx(f_oneway(*(values[group == each] for each in range(10))).pvalue)


def test_groups_of_one_size_have_the_variances_and_means_of_a_mixed_model():
    random = np.random.default_rng(2)
    group = np.repeat(np.arange(12), 15)
    values = 4 + 0.6 * random.normal(size=12)[group] + random.normal(size=180)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its optimiser
        model = mixedlm("value ~ 1", pd.DataFrame({"value": values, "group": group}), groups="group").fit()
    found = spread_between(*sums(values, group))
    assert found.between_variance == pytest.approx(model.cov_re.to_numpy().item(), rel=1e-3)
    assert found.within_variance == pytest.approx(model.scale, rel=1e-3)
    expected = model.params["Intercept"] + np.array([effect.iloc[0] for effect in model.random_effects.values()])
    totals = np.bincount(group, values)
    means = shrunk_means(np.zeros(12), np.full(12, 15), totals, found.between_variance, found.within_variance)
    assert means == pytest.approx(expected, abs=1e-3)


def test_of_large_groups_the_p_is_that_of_the_chi_square():
    random = np.random.default_rng(3)
    group = np.repeat(np.arange(5), 20000)
    values = (random.random(100000) < 0.8 + 0.002 * group).astype(float)
    found = spread_between(*sums(values, group))
    share = values.mean()
    q = sum(20000 * (values[group == each].mean() - share) ** 2 for each in range(5)) / (share * (1 - share))
    assert found.p == pytest.approx(chi2.sf(q, 4), rel=0.01)


def test_groups_that_are_all_alike_have_no_spread_and_agents_who_differ_have():
    random = np.random.default_rng(4)
    alike = spread_between(*months(random, SIZES, 0.0, 500))
    # the plain standard deviation of the means would be about a fifth
    assert np.median(alike.value) < 0.05
    assert 0.03 <= (alike.p <= 0.05).mean() <= 0.075
    assert (spread_between(*months(random, SIZES, 1.0, 500)).p <= 0.05).mean() > 0.98


@pytest.mark.parametrize("sizes", [SIZES, np.full(6, 100), np.full(10, 10)])
@pytest.mark.parametrize("between", [0.0, 0.1, 0.3, 1.0])
def test_the_limits_cover_the_spread(sizes, between):
    found = spread_between(*months(np.random.default_rng(5), sizes, between, 1000))
    # groups of very different sizes that differ as much as rows within them do are the hard case
    at_least = 0.88 if between == 1 and len(set(sizes)) > 1 else 0.92
    assert at_least <= ((found.low <= between) & (between <= found.high)).mean() <= 0.99


def test_groups_without_any_spread_within_differ_for_certain():
    found = spread_between(*sums(np.array([0.1] * 3 + [0.2] * 3 + [0.3] * 3), np.repeat(np.arange(3), 3)))
    assert found.value == pytest.approx(0.1)
    assert found.within_variance == 0
    assert found.p == 0
    nothing = spread_between(*sums(np.full(9, 0.1), np.repeat(np.arange(3), 3)))
    assert (nothing.value, nothing.p) == (0, 1)


def test_one_group_or_one_row_in_each_says_nothing():
    found = spread_between([1, 3, 0], [5, 3, 0], [25, 3, 0], [10, 6, 0], [20, 14, 0], [30, 14, 0])
    assert np.isnan(found).all()


def test_small_groups_are_drawn_further_towards_the_centre():
    # variances 1 and 4: with 4 rows half, with 36 rows nine tenths of the way remain
    means = shrunk_means([0, 0, 0, 0], [4, 4, 36, 36], [4 * 3, 4 * 5, 36 * 3, 36 * 5], [1.0], [4.0])
    assert means == pytest.approx([3.5, 4.5, 3.1, 4.9])
    # without a spread all groups are the whole, weighted by their rows
    assert shrunk_means([0, 0], [10, 30], [20, 120], [0.0], [1.0]) == pytest.approx([3.5, 3.5])
    assert shrunk_means([0, 0], [10, 30], [30, 90], [0.0], [0.0]) == pytest.approx([3, 3])
    # each cell has its own centre
    two = shrunk_means([0, 0, 1, 1], [4, 4, 4, 4], [12, 20, 4, 8], [1.0, np.nan], [4.0, np.nan])
    assert two == pytest.approx([3.5, 4.5, np.nan, np.nan], nan_ok=True)


def test_shrunk_means_are_nearer_to_the_truth_than_plain_ones():
    random = np.random.default_rng(6)
    truth = 4 + 0.3 * random.normal(size=200)
    sizes = random.integers(5, 40, 200)
    group = np.repeat(np.arange(200), sizes)
    values = truth[group] + random.normal(size=len(group))
    found = spread_between(*sums(values, group))
    totals = np.bincount(group, values)
    shrunk = shrunk_means(np.zeros(200), sizes, totals, found.between_variance, found.within_variance)
    assert ((shrunk - truth) ** 2).mean() < 0.8 * ((totals / sizes - truth) ** 2).mean()


rows = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 4)), min_size=3, max_size=40)


@given(rows, st.integers(2, 20), st.integers(-10, 10))
def test_a_spread_follows_the_unit_and_not_the_origin(given_rows, times, shift):
    values, group = np.array(given_rows).T
    one, other = spread_between(*sums(values * 1.0, group)), spread_between(*sums(times * values + shift * 1.0, group))
    for part in ("value", "low", "high"):
        assert getattr(other, part) == pytest.approx(times * getattr(one, part), rel=1e-6, abs=1e-5, nan_ok=True)
    assert other.p == pytest.approx(one.p, abs=1e-6, nan_ok=True)


@given(rows)
def test_a_spread_lies_within_its_limits_and_its_p_within_0_and_1(given_rows):
    values, group = np.array(given_rows).T
    found = spread_between(*sums(values * 1.0, group))
    if not np.isnan(found.value):
        assert 0 <= found.low <= found.value * (1 + 1e-9)
        assert found.value <= found.high * (1 + 1e-9)
        assert 0 <= found.p <= 1
