"""The oracles of DOMAIN section 4 that are statistics, one test a row under its number.

O14 to O21 and O24 are value models, key drivers and the gap analysis and stand beside those.
"""

import numpy as np
import pytest

from flows.inference import comparisons, intervals
from flows.inference.control_chart import natural_limits
from flows.inference.log_means import log_mean
from flows.inference.publishable import korn_graubard
from flows.inference.ranks import interval_ranks
from tests.flows.inference.building import cell, figures, kpis


def nps_points(promoters: int, detractors: int, n: int) -> float:
    """The printed NPS, through the whole of inference; cells so small are shown for once."""
    observed = [cell("2026-10", n, promoters, kpi="nps", negatives=detractors)]
    row = figures(observed, kpis({"kpi": "nps", "kind": "nps", "unit": "points"}), hidden_below=0)
    return row["2026-10", None]["value"]


def standard_error(promoters: float, detractors: float, n: float) -> float:
    return np.sqrt(intervals.nps_variance(promoters, detractors, n) / n).item()


@pytest.mark.parametrize(
    ("scores", "nps", "variance", "error"),
    [
        ([0, 7, 7, 9, 9, 9], 1 / 3, 5 / 9, 0.304),
        ([0, 7, 9], 0, 2 / 3, 0.471),
        ([7, 9], 1 / 2, 0.25, 0.354),
        ([0, 9], 0, 1, 0.707),
        ([1], -1, 0, 0),
        ([10], 1, 0, 0),
        ([7], 0, 0, 0),
    ],
)
def test_o1_the_nps_of_a_few_scores_with_its_variance(scores, nps, variance, error):
    promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
    assert nps_points(promoters, detractors, len(scores)) == pytest.approx(100 * nps)
    assert intervals.nps_variance(promoters, detractors, len(scores)) == pytest.approx(variance)
    assert standard_error(promoters, detractors, len(scores)) == pytest.approx(error, abs=5e-4)


def test_o2_the_standard_error_of_324_answers():
    assert nps_points(162, 54, 324) == pytest.approx(100 / 3)
    assert intervals.nps_variance(162, 54, 324) == pytest.approx(5 / 9)
    assert 100 * standard_error(162, 54, 324) == pytest.approx(4.14, abs=0.005)


def test_o3_the_interval_of_an_evenly_split_nps_is_320_over_the_root_of_n_wide():
    for n, width in ((1024, 10), (10_000, 3.2006)):
        full = 2 * 1.959964 * 100 * standard_error(n / 3, n / 3, n)
        assert full == pytest.approx(320.06 / np.sqrt(n), abs=5e-4)
        low, high = intervals.adjusted_wald_nps(n / 3, n / 3, n)
        # three pseudo-answers among a thousand shorten it by a fiftieth of a point
        assert high - low == pytest.approx(width, abs=0.05)


def test_o4_the_adjusted_wald_interval_of_six_answers():
    centre, error = intervals.adjusted_nps(3, 1, 6)
    assert centre == pytest.approx(0.2222, abs=5e-5)
    assert error == pytest.approx(0.24983, abs=5e-6)
    low, high = intervals.adjusted_wald_nps(3, 1, 6)
    assert (low, high) == (pytest.approx(-26.7, abs=0.05), pytest.approx(71.2, abs=0.05))


def test_o5_the_nps_of_two_months():
    assert nps_points(150, 60, 300) == 30
    assert nps_points(144, 80, 320) == 20
    centre, error = intervals.adjusted_nps([144, 150], [80, 60], [320, 300])
    assert 100 * (centre[0] - centre[1]) == pytest.approx(-9.889, abs=5e-4)
    assert 100 * np.hypot(*error) == pytest.approx(6.366, abs=5e-4)
    assert (centre[0] - centre[1]) / np.hypot(*error) == pytest.approx(-1.553, abs=5e-4)
    found = comparisons.two_nps(144, 80, 320, 150, 60, 300)
    assert found.p == pytest.approx(0.1203, abs=5e-5)
    assert (found.low, found.high) == (pytest.approx(-22.4, abs=0.05), pytest.approx(2.6, abs=0.05))


def test_o6_wilsons_intervals_of_newcombes_table():
    low, high = intervals.wilson([81, 15, 0, 1], [263, 148, 20, 29])
    assert low == pytest.approx([0.2553, 0.0624, 0, 0.0061], abs=5e-5)
    # 0.16113 is printed as 0.1611, 0.17176 as 0.1718
    assert high == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=6e-5)


def test_o7_the_exact_interval_of_seven_in_fifty():
    low, high = korn_graubard(7 / 50, 50)
    assert (low, high) == (pytest.approx(0.0581917, abs=5e-8), pytest.approx(0.2673960, abs=5e-8))
    low, high = intervals.wilson(7, 50)
    assert (low, high) == (pytest.approx(0.0695, abs=5e-5), pytest.approx(0.2619, abs=5e-5))


def test_o8_newcombes_differences():
    found = comparisons.two_shares([56, 9, 5, 0], [70, 10, 56, 10], [48, 3, 0, 0], [80, 10, 29, 10])
    assert found.low == pytest.approx([0.0524, 0.1705, -0.0381, -0.2775], abs=5e-5)
    assert found.high == pytest.approx([0.3339, 0.8090, 0.1926, 0.2775], abs=5e-5)


def test_o9_the_two_proportion_z():
    from scipy.stats import norm

    p = comparisons.two_shares(5, 83, 12, 99).p
    assert p == pytest.approx(0.15918, abs=5e-6)
    assert norm.ppf(p / 2) == pytest.approx(-1.4078, abs=5e-5)


def test_o10_benjamini_and_hochbergs_fifteen_p_values():
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    q = comparisons.benjamini_hochberg(p, ["2026-10"] * 15)
    assert (q <= 0.05).sum() == 4
    assert q[3] == pytest.approx(0.035625)
    assert q[4] == pytest.approx(0.0603)


def test_o11_welchs_differences():
    one = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    other = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4]
    short, long = [3, 4, 1, 2.1], [490.2, 340, 433.9]

    def moments(values):
        n, mean = len(values), np.mean(values)
        return n, mean, intervals.sample_variance(n, mean, np.mean(np.square(values)))

    found = comparisons.two_means(*moments(one), *moments(other))
    assert found.p == pytest.approx(0.0213780, abs=5e-8)
    assert (found.low, found.high) == (pytest.approx(-3.984096, abs=5e-7), pytest.approx(-0.349237, abs=5e-7))
    assert comparisons.two_means(*moments(short), *moments(long)).p == pytest.approx(0.0107516, abs=5e-8)


def test_o12_order_statistics_bound_conovers_median_and_third_quartile():
    values = [46.9, 47.2, 49.1, 56.5, 56.8, 59.2, 59.9, 63.2, 63.3, 63.4, 63.7, 64.1, 67.1, 67.7, 73.3, 78.5]
    for quantile, confidence, limits in ((0.5, 0.95, (56.5, 67.1)), (0.75, 0.90, (63.3, 78.5))):
        low, high = interval_ranks(np.array([16]), np.array([quantile]), confidence)
        assert (values[low[0] - 1], values[high[0] - 1]) == limits


def test_o13_the_control_limits_of_the_handbooks_flow_rates():
    rates = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    lower, centre, upper = natural_limits([rates])
    assert centre == pytest.approx(50.81)
    assert (lower, upper) == (pytest.approx(45.8159, abs=5e-5), pytest.approx(55.8041, abs=5e-5))
    assert (upper - centre) * 1.128 / 3 == pytest.approx(1.8778, abs=5e-5)


def test_o22_kishs_effective_number_of_weighted_answers():
    weight = np.tile([0.8, 1.2, 1.5, 0.6], 8)
    assert intervals.kish_sample_size(weight.sum(), (weight**2).sum()) == pytest.approx(28.67377, abs=5e-6)


def test_o23_the_geometric_mean_of_powers_of_two():
    logs = np.log([1, 2, 4, 8, 16])
    value, low, high = log_mean(5, logs.sum(), (logs**2).sum())
    assert value == pytest.approx(4)
    assert (low, high) == (pytest.approx(1.0258, abs=5e-5), pytest.approx(15.5975, abs=5e-5))
