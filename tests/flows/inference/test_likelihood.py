import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.inference import likelihood


def rate(working):
    return np.exp(working), np.diag(np.exp(working))


def exponential(n, total):
    """Log-likelihood of a rate from n waits of a total length: n log λ - λ total."""
    return lambda parameters: (n * np.log(parameters[0]) - total * parameters[0], n / parameters - total)


def waits(n=100, total=400.0):
    return likelihood.maximise(exponential(n, total), rate, [(0.0,), (3.0,)], (-9,), (9,))


def test_the_maximum_and_its_information_are_those_of_the_textbook():
    found = waits()
    assert found.found
    assert found.parameters == pytest.approx([0.25])
    assert found.covariance[0, 0] == pytest.approx(1 / 100, rel=1e-6)  # of log λ: 1 / n
    assert found.log_likelihood == pytest.approx(100 * np.log(0.25) - 100)


def test_limits_of_what_follows_are_those_of_the_delta_method():
    found = likelihood.derived([waits()], lambda parameters: np.array([1 / parameters[0], 2.0]), "log")
    assert found.value == pytest.approx([4, 2])
    assert found.low == pytest.approx([4 * np.exp(-0.1959964), 2])
    assert found.high == pytest.approx([4 * np.exp(0.1959964), 2])
    plain = likelihood.derived([waits()], lambda parameters: 1 / parameters[0])
    assert plain.high - plain.low == pytest.approx([2 * 1.959964 * 0.4], rel=1e-6)
    share = likelihood.derived([waits()], lambda parameters: np.exp(-parameters[0]), "logit")
    assert share.value == pytest.approx([np.exp(-0.25)])
    assert 0 < share.low[0] < share.value[0] < share.high[0] < 1


def test_independent_fits_add_their_variances():
    both = likelihood.derived([waits(100, 400), waits(25, 50)], lambda one, other: one[0] * other[0], "log")
    assert both.value == pytest.approx([0.125])
    assert both.high == pytest.approx([0.125 * np.exp(1.959964 * np.sqrt(1 / 100 + 1 / 25))])


def test_a_parameter_at_the_edge_counts_as_known():
    # the second parameter only ever gains: it stays at its bound
    def climbing(parameters):
        value, slope = exponential(100, 400.0)(parameters[:1])
        return value + np.log(parameters[1]), np.array([slope[0], 1 / parameters[1]])

    found = likelihood.maximise(climbing, rate, [(0.0, 0.0)], (-9, -2), (9, 2))
    assert found.working == pytest.approx([np.log(0.25), 2])
    assert found.covariance == pytest.approx(np.diag([0.01, 0]), rel=1e-5)


def test_a_ridge_without_a_top_gives_nothing():
    # only the product of the two is known
    def ridge(parameters):
        value, slope = exponential(100, 400.0)(np.array([parameters[0] * parameters[1]]))
        return value, slope[0] * parameters[::-1]

    found = likelihood.maximise(ridge, rate, [(0.0, 0.0)], (-50, -50), (50, 50))
    assert not found.found
    assert np.isnan(found.parameters).all()
    estimate = likelihood.derived([waits(), found], lambda one, other: one[0] * other[0], "log")
    assert np.isnan(estimate).all()


def test_what_is_not_defined_has_no_limits():
    found = likelihood.derived([waits()], lambda parameters: np.array([parameters[0], np.nan, np.inf]))
    assert np.isfinite(found.value).tolist() == [True, False, False]
    assert np.isfinite(found.low).tolist() == np.isfinite(found.high).tolist() == [True, False, False]


@given(st.floats(-4, 4), st.floats(-4, 4))
def test_the_working_scales_have_the_derivatives_they_say(first, second):
    for scale in (likelihood.shape_and_rate, likelihood.beta_shapes):
        parameters, slopes = scale(first, second)
        for index, step in enumerate(((1e-6, 0), (0, 1e-6))):
            ahead, _ = scale(first + step[0], second + step[1])
            behind, _ = scale(first - step[0], second - step[1])
            assert slopes[:, index] == pytest.approx((ahead - behind) / 2e-6, rel=1e-5, abs=1e-7)
        assert (parameters > 0).all()


def test_the_working_scales_are_mean_and_size():
    shape, gamma_rate = likelihood.shape_and_rate(np.log(3), np.log(2))[0]
    assert (shape, shape / gamma_rate) == pytest.approx((2, 3))
    a, b = likelihood.beta_shapes(np.log(0.2 / 0.8), np.log(5))[0]
    assert (a, b) == pytest.approx((1, 4))
