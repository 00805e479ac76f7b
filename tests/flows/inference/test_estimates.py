import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.inference import estimates

number = st.floats(-1e6, 1e6)
error = st.floats(0, 1e6)


def test_limits_lie_1_96_standard_errors_from_the_value():
    found = estimates.wald([10, np.nan], [2, 1])
    assert (found.low[0], found.high[0]) == pytest.approx((10 - 3.919928, 10 + 3.919928))
    assert np.isnan([found.low[1], found.high[1]]).all()


def test_two_values_are_compared_by_z():
    # 8 apart with errors 3 and 4, so 5 together: z = 1.6
    found = estimates.two_estimates(20, 3, 12, 4)
    assert (found.low, found.high) == pytest.approx((8 - 1.959964 * 5, 8 + 1.959964 * 5))
    assert found.p == pytest.approx(0.10960, abs=5e-6)


def test_values_without_error_differ_for_certain_or_not_at_all():
    assert estimates.two_estimates([1, 1], 0, [1, 2], 0).p.tolist() == [1, 0]


def test_what_is_not_known_stays_unknown():
    found = estimates.two_estimates([1, np.nan, np.nan], [np.nan, 1, 0], 0, 1)
    assert np.isnan([found.p, found.low, found.high]).all()


@given(number, error, number, error)
def test_swapping_turns_the_signs_and_keeps_p(value, spread, earlier, earlier_spread):
    forwards = estimates.two_estimates(value, spread, earlier, earlier_spread)
    backwards = estimates.two_estimates(earlier, earlier_spread, value, spread)
    assert backwards.low == pytest.approx(-forwards.high)
    assert backwards.p == pytest.approx(forwards.p)
    assert 0 <= forwards.p <= 1
    assert forwards.low <= forwards.high
