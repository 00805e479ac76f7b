"""Oracle O15 of DOMAIN section 4: Fader & Hardie 2007, two cohorts of a bank-like subscription over seven years."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from flows.inference import shifted_beta_geometric as sbg
from flows.inference.likelihood import derived

HIGH_END = [1, 0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491]
REGULAR = [1, 0.631, 0.468, 0.382, 0.326, 0.289, 0.262, 0.241]
shape = st.floats(0.05, 20)


def fitted(shares):
    return sbg.fit(*sbg.at_risk_and_lost(1000 * np.array(shares)))


@pytest.mark.parametrize(
    ("shares", "alpha", "beta", "log_likelihood"),
    [(HIGH_END, 0.668, 3.806, -1611.16), (REGULAR, 0.704, 1.182, -1680.27)],
)
def test_the_two_published_cohorts_are_fitted(shares, alpha, beta, log_likelihood):  # O15
    found = fitted(shares)
    assert found.parameters == pytest.approx([alpha, beta], abs=5e-4)
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=5e-3)


def test_years_8_to_12_are_projected():  # O15
    published = [0.460, 0.436, 0.414, 0.395, 0.378]
    assert sbg.survival(fitted(HIGH_END).parameters, range(8, 13)) == pytest.approx(published, abs=5e-4)


def test_a_customer_of_seven_years_has_7_53_discounted_years_to_come():  # O15; off by one it would be 7.345
    assert sbg.discounted_expected_residual_lifetime((0.668, 3.806), 0.1, 7) == pytest.approx(7.530, abs=5e-4)
    assert sbg.discounted_expected_residual_lifetime(fitted(HIGH_END).parameters, 0.1, 7) == pytest.approx(
        7.530, abs=5e-4
    )


@given(shape, shape, st.integers(0, 20))
def test_survival_falls_and_retention_rises(alpha, beta, period):
    left = sbg.survival((alpha, beta), [period, period + 1])
    assert 0 <= left[1] <= left[0] <= 1
    kept = sbg.retention((alpha, beta), [period + 1, period + 2])
    assert left[1] == pytest.approx(left[0] * kept[0])
    assert kept[0] < kept[1] < 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), shape, shape)
def test_the_likelihood_is_that_of_periods_left_and_survived(rates, alpha, beta):
    """Σ lost log P(leaves in t) + still log S(T), by mixing the geometric distribution numerically."""
    survivors = 1000 * np.cumprod([1.0, *rates])
    at_risk, lost = sbg.at_risk_and_lost(survivors)
    left = sbg.survival((alpha, beta), np.arange(len(survivors)))
    published = np.sum(lost * np.log(left[:-1] - left[1:])) + survivors[-1] * np.log(left[-1])
    hazard = 1 - sbg.retention((alpha, beta), np.arange(1, len(survivors)))
    assert np.sum(lost * np.log(hazard) + (at_risk - lost) * np.log1p(-hazard)) == pytest.approx(published)


def test_survival_is_the_mixture_of_geometric_lives():
    for alpha, beta in ((0.668, 3.806), (2.5, 0.7)):
        for periods in (1, 5, 12):
            mixed, _ = quad(lambda u, t=periods, a=alpha, b=beta: (1 - stats.beta.ppf(u, a, b)) ** t, 0, 1)
            assert sbg.survival((alpha, beta), periods) == pytest.approx(mixed, abs=1e-7)


@given(st.floats(0.3, 8), st.floats(0.3, 8), st.sampled_from([0.008, 0.1, 0.5]), st.integers(0, 12))
def test_discounted_lifetimes_are_the_sums_of_their_definition(alpha, beta, discount, survived):
    periods = np.arange(6000)
    left = sbg.survival((alpha, beta), periods)
    worth = np.exp(-np.minimum(periods * np.log1p(discount), 700))
    expected = np.sum(left * worth)
    assert sbg.discounted_expected_lifetime((alpha, beta), discount) == pytest.approx(expected, rel=1e-8)
    residual = left[survived + 1 :] / left[survived] * worth[: -survived - 1]
    found = sbg.discounted_expected_residual_lifetime((alpha, beta), discount, survived)
    assert found == pytest.approx(residual.sum(), rel=1e-8)


def test_without_discount_the_mean_lifetime_is_infinite_unless_alpha_is_above_one():
    assert sbg.discounted_expected_lifetime((3, 4), 0) == pytest.approx((3 + 4 - 1) / (3 - 1))
    assert sbg.discounted_expected_residual_lifetime((3, 4), 0, 2) == pytest.approx(6 / 9 * (3 + 7 - 1) / 2)
    # the sum itself; S(t) falls as t^-3, so 200,000 terms leave 1e-9
    assert sbg.survival((3, 4), np.arange(200_000)).sum() == pytest.approx(3, abs=1e-6)
    for alpha in (0.7, 1.0):
        assert np.isnan(sbg.discounted_expected_lifetime((alpha, 4), 0))
        assert np.isnan(sbg.discounted_expected_residual_lifetime((alpha, 4), 0, [1, 2])).all()
    with pytest.raises(ValueError, match="0 or more"):
        sbg.discounted_expected_lifetime((3, 4), -0.1)


def test_cohorts_of_any_age_add_up_and_scale_does_not_matter():
    high, regular = sbg.at_risk_and_lost(1000 * np.array(HIGH_END)), sbg.at_risk_and_lost(1000 * np.array(HIGH_END[:4]))
    younger = [np.pad(part, (0, 4)) for part in regular]
    together = sbg.fit(high[0] + younger[0], high[1] + younger[1])
    assert together.found
    thousandfold = sbg.fit(1000 * high[0], 1000 * high[1])
    assert thousandfold.parameters == pytest.approx(fitted(HIGH_END).parameters, rel=1e-3)
    assert thousandfold.covariance == pytest.approx(fitted(HIGH_END).covariance / 1000, rel=1e-2)


def test_a_churn_alike_for_all_is_the_geometric_model():
    found = sbg.fit([1000, 900, 810, 729], [100, 90, 81, 73])
    assert sbg.retention(found.parameters, [1, 4, 40]) == pytest.approx(0.9, abs=1e-3)
    projected = derived([found], lambda parameters: sbg.survival(parameters, [5]), "logit")
    # the standard error of a churn of 344 in 3,439, five times on the log of the survival
    error = np.sqrt(344 / 3439 * 3095 / 3439 / 3439)
    assert projected.value[0] == pytest.approx((3095 / 3439) ** 5, abs=1e-3)
    assert projected.high[0] - projected.low[0] == pytest.approx(2 * 1.96 * 5 * error * 0.9**4, rel=0.02)


@pytest.mark.parametrize(
    ("at_risk", "lost"), [([100], [10]), ([100, 100], [0, 0]), ([100, 0], [100, 0]), ([], []), ([0, 0], [0, 0])]
)
def test_where_nothing_can_be_told_there_are_no_parameters(at_risk, lost):
    found = sbg.fit(at_risk, lost)
    assert np.isnan(found.parameters).all()
    assert np.isnan(derived([found], lambda parameters: sbg.survival(parameters, [1, 2]), "logit")).all()


def test_more_lost_than_there_were_is_refused():
    with pytest.raises(ValueError, match="at most those at risk"):
        sbg.fit([10, 5], [2, 6])
    with pytest.raises(ValueError, match="cannot grow"):
        sbg.at_risk_and_lost([10, 8, 9])


def test_projections_of_simulated_cohorts_cover_the_truth():
    """150 cohorts of 800 customers over five periods, alpha 1.2, beta 4: what is left after ten."""
    generator = np.random.default_rng(11)
    truth, covered = sbg.survival((1.2, 4.0), 10), 0
    for _ in range(150):
        lives = generator.geometric(generator.beta(1.2, 4.0, 800))
        survivors = [(lives > period).sum() for period in range(6)]
        found = derived(
            [sbg.fit(*sbg.at_risk_and_lost(survivors))], lambda parameters: sbg.survival(parameters, [10]), "logit"
        )
        covered += found.low[0] <= truth <= found.high[0]
    # the binomial 99 % range of 95 % of 150 is 135 to 149
    assert 135 <= covered <= 149
