import numpy as np
import pandas as pd
import pytest
from scipy.stats import t, ttest_ind, ttest_rel

from flows.inference.gap_statistics import errors, product_interval, resampled_products, statistics_of

NAN = float("nan")


def answers_of(experience, expectation, importance=NAN, weight=None, dimension="service"):
    """One row a respondent of one group and dimension."""
    size = len(experience)
    columns = {"experience": experience, "expectation": expectation, "importance": np.broadcast_to(importance, size)}
    group = {"period": "2026-06", "role": "customer", "slice": "overall", "slice_value": None, "dimension": dimension}
    frame = pd.DataFrame(columns | {"respondent": [f"r{place:05}" for place in range(size)]}).assign(**group)
    return frame if weight is None else frame.assign(weight=weight)


def satisfaction_of(answers):
    statistics = statistics_of(answers, ["service"])
    error, freedom = errors(statistics)["satisfaction"]
    return (statistics["experience_mean"] - statistics["expectation_mean"])[0], error[0], freedom[0]


def overlapping(seed, both=60, first=25, second=40):
    random = np.random.default_rng(seed)
    mood = random.normal(size=(both + first + second))
    experience = np.clip(np.rint(6 + mood + random.normal(size=len(mood))), 0, 10)
    expectation = np.clip(np.rint(7 + mood + random.normal(size=len(mood))), 0, 10)
    experience[both + first :] = expectation[both : both + first] = NAN
    return experience, expectation


def test_where_all_answered_both_it_is_the_paired_t():
    experience, expectation = overlapping(1, both=80, first=0, second=0)
    difference, error, freedom = satisfaction_of(answers_of(experience, expectation))
    expected = ttest_rel(experience, expectation)
    assert difference / error == pytest.approx(expected.statistic)
    assert freedom == pytest.approx(79)


def test_where_nobody_answered_both_it_is_welch():
    experience, expectation = overlapping(2, both=0)
    difference, error, freedom = satisfaction_of(answers_of(experience, expectation))
    expected = ttest_ind(experience, expectation, equal_var=False, nan_policy="omit")
    assert difference / error == pytest.approx(expected.statistic)
    assert freedom == pytest.approx(expected.df)


def test_a_mixture_by_hand():
    # experience 4 6 8 of which the first two also gave an expectation 5 9, a fourth person 10 and a fifth 6
    answers = answers_of([4, 6, 8, NAN, NAN], [5, 9, NAN, 10, 6])
    difference, error, freedom = satisfaction_of(answers)
    # means 6 and 7.5, variances 4 and 17/3, the two pairs lie on a line: r = 1
    square, other = 4 / 3, 17 / 3 / 4
    assert difference == pytest.approx(-1.5)
    assert error**2 == pytest.approx(square + other - 2 * 2 * np.sqrt(4 * 17 / 3) / (3 * 4))
    welch = (square + other) ** 2 / (square**2 / 2 + other**2 / 3)
    assert freedom == pytest.approx(1 + (welch - 1) * 3 / (3 + 4))


def test_a_mixture_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(7)
    mood = random.normal(size=(500, 45))
    experience, expectation = 6 + mood + random.normal(size=mood.shape), 7 + mood + random.normal(size=mood.shape)
    experience[:, 35:], expectation[:, 20:35] = NAN, NAN
    trials = np.repeat([f"{trial:04}" for trial in range(500)], 45)
    statistics = statistics_of(answers_of(experience.ravel(), expectation.ravel()).assign(period=trials), ["service"])
    error, freedom = errors(statistics)["satisfaction"]
    difference = statistics["experience_mean"] - statistics["expectation_mean"]
    held = (difference + 1).abs() <= t.ppf(0.975, freedom) * error
    assert len(held) == 500
    assert 0.93 <= held.mean() <= 0.97


def test_one_answer_has_a_mean_and_no_error():
    difference, error, freedom = satisfaction_of(answers_of([6], [7]))
    assert difference == -1
    assert np.isnan(error)
    assert np.isnan(freedom)


def test_answers_that_all_differ_alike_have_no_error():
    difference, error, freedom = satisfaction_of(answers_of([3, 5, 8, 9], [4, 6, 9, 10]))
    assert (difference, error, freedom) == (-1, 0, 3)
    difference, error, freedom = satisfaction_of(answers_of([6] * 5, [7] * 5))
    assert (difference, error, freedom) == (-1, 0, 4)


def test_equal_weights_change_nothing_and_doubling_a_weight_moves_the_mean():
    experience, expectation = overlapping(3)
    plain = satisfaction_of(answers_of(experience, expectation))
    assert satisfaction_of(answers_of(experience, expectation, weight=2.5)) == pytest.approx(plain)
    statistics = statistics_of(answers_of([2, 8], [NAN, NAN], weight=[1.0, 3.0]), ["service"])
    assert statistics["experience_mean"][0] == 6.5
    assert statistics["experience_kish"][0] == pytest.approx(16 / 10)
    assert np.isnan(statistics["expectation_mean"][0])


def test_the_product_by_the_delta_method_is_that_of_domain():
    random = np.random.default_rng(6)
    mood = random.normal(size=300)
    difference, importance = -2 + mood + random.normal(size=300), 8 + 0.5 * mood + random.normal(size=300)
    low, high = product_interval(statistics_of(answers_of(5 + difference, np.full(300, 5.0), importance), ["service"]))
    c, d = difference.mean(), importance.mean()
    covariance = np.cov(difference, importance) / 300
    variance = c**2 * covariance[1, 1] + d**2 * covariance[0, 0] + 2 * c * d * covariance[0, 1]
    assert (low[0] + high[0]) / 2 == pytest.approx(c * d)
    assert (high[0] - low[0]) / 2 == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-6)


def test_respondents_drawn_anew_give_the_interval_of_the_delta_method():
    experience, expectation = overlapping(7, both=400, first=100, second=150)
    importance = np.clip(8 + np.random.default_rng(8).normal(size=650) + 0.3 * np.nan_to_num(experience), 0, 12)
    importance[::4] = NAN
    answers = answers_of(experience, expectation, importance)
    statistics = statistics_of(answers, ["service"])
    low, high = product_interval(statistics)
    drawn = resampled_products(statistics, answers, sample=np.array([True]), seed=1, replicates=6000)
    assert drawn[0][0] == pytest.approx(low[0], abs=0.15)
    assert drawn[1][0] == pytest.approx(high[0], abs=0.15)
    assert drawn[2][0] == 100
    again = resampled_products(statistics, answers[::-1], sample=np.array([True]), seed=1, replicates=6000)
    assert [part[0] for part in again] == [part[0] for part in drawn]


def test_a_rating_given_twice_or_of_an_unknown_dimension_is_a_mistake():
    answers = answers_of([6, 7], [7, 7])
    with pytest.raises(ValueError, match="twice"):
        statistics_of(pd.concat([answers, answers]), ["service"])
    with pytest.raises(ValueError, match="service"):
        statistics_of(answers, ["price"])
