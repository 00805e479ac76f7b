import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gmean, ttest_ind

from flows.inference.log_means import log_mean, ratio_of_log_means, two_log_means


def sums(values: list[float] | np.ndarray) -> tuple[int, float, float]:
    logs = np.log(values)
    return len(logs), logs.sum(), (logs**2).sum()


def test_the_geometric_mean_of_powers_of_two():  # O23
    value, low, high = log_mean(*sums([1, 2, 4, 8, 16]))
    assert value == pytest.approx(4)
    assert (low, high) == (pytest.approx(1.0258, abs=5e-5), pytest.approx(15.5975, abs=5e-5))


def test_the_ratio_of_two_months_is_welchs_on_the_logarithms():
    random = np.random.default_rng(1)
    later, earlier = random.lognormal(1.2, 1, 80), random.lognormal(1, 0.8, 60)
    expected = ttest_ind(np.log(later), np.log(earlier), equal_var=False)
    found = ratio_of_log_means(*sums(later), *sums(earlier))
    assert found.value == pytest.approx(gmean(later) / gmean(earlier))
    assert (found.low, found.high) == pytest.approx(tuple(np.exp(expected.confidence_interval())))
    assert found.p == pytest.approx(expected.pvalue)
    assert two_log_means(*sums(later), *sums(earlier)).p == pytest.approx(expected.pvalue)


def test_the_difference_squares_and_adds_the_limits_of_the_months():
    # 4 (1.0258 to 15.5975) against itself
    powers = sums([1, 2, 4, 8, 16])
    found = two_log_means(*powers, *powers)
    assert found.low == pytest.approx(-np.hypot(4 - 1.0258, 15.5975 - 4), abs=1e-3)
    assert found.high == -found.low
    assert found.p == 1


def test_the_difference_covers_the_true_one():
    random = np.random.default_rng(2)
    later, earlier = random.lognormal(1.3, 1, (2000, 60)), random.lognormal(1, 1, (2000, 90))
    columns = [part for values in (later, earlier) for part in zip(*map(sums, values), strict=True)]
    found = two_log_means(*columns)
    true = np.exp(1.3) - np.e
    assert 0.935 <= ((found.low <= true) & (true <= found.high)).mean() <= 0.965


def test_one_row_has_a_mean_but_no_limits_and_none_has_neither():
    found = log_mean([1, 0], [np.log(5), 0], [np.log(5) ** 2, 0])
    assert found[0] == pytest.approx([5, np.nan], nan_ok=True)
    assert np.isnan(found[1:]).all()


def test_two_rows_far_apart_have_no_upper_limit_rather_than_an_infinite_one():
    value, low, high = log_mean(*sums([1e-200, 1e200]))
    assert (value, low) == (pytest.approx(1), 0)
    assert np.isnan(high)
    assert np.isnan(ratio_of_log_means(*sums([1e-200, 1e200]), *sums([1, 2])).high)


durations = st.lists(st.floats(0.01, 1e4), min_size=3, max_size=30)


@given(durations, st.sampled_from([60, 1440, 0.001]))
def test_a_geometric_mean_lies_within_its_limits_and_follows_the_unit(values, times):
    value, low, high = log_mean(*sums(values))
    assert min(values) * (1 - 1e-9) <= value <= max(values) * (1 + 1e-9)
    assert low <= value * (1 + 1e-9)
    assert value <= high * (1 + 1e-9)
    assert log_mean(*sums(np.array(values) * times))[0] == pytest.approx(times * value)


@given(durations, durations)
def test_exchanging_the_months_turns_ratio_and_difference(later, earlier):
    ratio, turned = (ratio_of_log_means(*sums(a), *sums(b)) for a, b in ((later, earlier), (earlier, later)))
    assert ratio.low == pytest.approx(1 / turned.high, rel=1e-6)
    assert ratio.p == pytest.approx(turned.p, abs=1e-6)
    difference, back = (two_log_means(*sums(a), *sums(b)) for a, b in ((later, earlier), (earlier, later)))
    assert difference.low == pytest.approx(-back.high, rel=1e-6)
