"""Ratio, spread, survival, estimate and the other kinds that are no plain sums, through ``infer``."""

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf, logrank

from flows.inference.bootstrap import GROUPS, ratio_of_sums
from tests.flows.inference.building import cell, figures, kpis


def group_sums(numerator: np.ndarray, denominator: np.ndarray) -> dict:
    numbers = np.arange(len(numerator)) % GROUPS
    present = np.unique(numbers)
    return {
        "n": len(numerator),
        "group_numbers": list(present),
        "group_numerators": [float(numerator[numbers == each].sum()) for each in present],
        "group_denominators": [float(denominator[numbers == each].sum()) for each in present],
    }


def life_table(times: list[float], events: list[bool]) -> dict:
    times, events = np.array(times, float), np.array(events, bool)
    at = np.unique(times)
    return {
        "n": len(times),
        "life_times": list(at),
        "life_events": [int((events & (times == each)).sum()) for each in at],
        "life_censored": [int((~events & (times == each)).sum()) for each in at],
    }


# Freireich et al. 1963: weeks in remission, censored where the patient was still in it (O14).
TREATED = (
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = ([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)


def survival_cells() -> list[dict]:
    return [
        cell("2026-01", **life_table(PLACEBO[0], PLACEBO[1])),
        cell("2026-02", **life_table(TREATED[0], TREATED[1])),
    ]


def test_the_median_of_remissions_is_the_published_one_and_their_change_has_the_log_rank_p():  # O14
    declared = kpis({"kind": "survival", "quantile": 0.5, "unit": "days", "minimum_base": 20, "smallest_change": 1})
    found = figures(survival_cells(), declared)
    row = found["2026-02", None]
    assert (row["value"], row["previous"], row["change"], row["n"]) == (23, 8, 15, 21)
    assert row["p"] == pytest.approx(4.17e-5, rel=0.01)
    assert row["verdict"] == "better"
    times, events = np.array(TREATED[0]), np.array(TREATED[1], bool)
    treated = CensoredData(uncensored=times[events], right=times[~events])
    assert row["p"] == pytest.approx(logrank(treated, CensoredData(uncensored=PLACEBO[0])).pvalue, rel=1e-6)


def test_the_share_still_in_remission_is_told_in_percent():  # O14
    declared = kpis({"kind": "survival", "horizon": 10, "unit": "%", "minimum_base": 20})
    row = figures(survival_cells(), declared)["2026-02", None]
    assert row["value"] == pytest.approx(75.29, abs=0.005)
    times, events = np.array(TREATED[0]), np.array(TREATED[1], bool)
    curve = ecdf(CensoredData(uncensored=times[events], right=times[~events])).sf
    low, high = (limit.evaluate(10) for limit in curve.confidence_interval(method="log-log"))
    assert (row["low"], row["high"]) == pytest.approx((100 * low, 100 * high), rel=1e-6)


def test_a_median_that_was_not_reached_is_no_figure():
    declared = kpis({"kind": "survival", "quantile": 0.5, "unit": "days"})
    table = life_table([1, 2, 5, 5, 5, 5], [True, True, False, False, False, False])
    assert figures([cell("2026-01", **table)], declared) == {}


def test_a_ratio_is_sum_over_sum_and_the_same_customers_are_drawn_in_both_months():
    random = np.random.default_rng(3)
    opening = random.lognormal(3, 1, 400).round(2)
    first = opening * (random.random(400) > 0.2)
    second = first * (random.random(400) > 0.02)
    declared = kpis({"kind": "ratio", "per": 100, "unit": "%", "scale_low": 0})
    cells = [cell("2026-01", **group_sums(first, opening)), cell("2026-02", **group_sums(second, opening))]
    row = figures(cells, declared)["2026-02", None]
    assert row["value"] == pytest.approx(100 * second.sum() / opening.sum())
    assert row["change"] == pytest.approx(100 * (second.sum() - first.sum()) / opening.sum())
    assert row["low"] < row["value"] < row["high"]
    numbers = np.arange(400) % GROUPS
    dense = [np.bincount(numbers, each, GROUPS) for each in (second, opening)]
    alone = ratio_of_sums(*dense)
    assert (row["low"], row["high"]) == pytest.approx((100 * alone.low[0], 100 * alone.high[0]))
    # most of who was lost is lost in both months, so the change is known better than either month is
    assert row["change_high"] - row["change_low"] < row["high"] - row["low"]


def test_a_ratio_without_a_denominator_is_no_figure():
    declared = kpis({"kind": "ratio", "per": 100, "unit": "%"})
    nothing = group_sums(np.ones(10), np.zeros(10))
    assert figures([cell("2026-01", **nothing)], declared) == {}


def test_a_spread_is_that_of_the_analysis_of_variance():
    # three agents of four ratings: 1 2 3 2, 4 5 4 5, 3 3 4 2
    groups = np.array([[1, 2, 3, 2], [4, 5, 4, 5], [3, 3, 4, 2]], float)
    between = 4 * np.var(groups.mean(axis=1), ddof=1)
    within = np.var(groups, axis=1, ddof=1).mean()
    statistics = {
        "total": groups.sum(),
        "total_squares": (groups**2).sum(),
        "clusters": 3,
        "cluster_squares": 48,
        "cluster_mean_squares": (groups.sum(axis=1) ** 2 / 4).sum(),
    }
    declared = kpis({"kind": "spread", "unit": "points", "direction": "down"})
    row = figures([cell("2026-01", 12, **statistics)], declared)["2026-01", None]
    assert row["value"] == pytest.approx(((between - within) / 4) ** 0.5)
    assert 0 <= row["low"] < row["value"] < row["high"]


@pytest.mark.parametrize(("second", "verdict"), [(13.0, "better"), (10.5, "no clear change")])
def test_an_estimate_is_compared_by_its_standard_error(second, verdict):
    declared = kpis({"kind": "estimate", "unit": "points", "smallest_change": 1})
    cells = [
        cell("2026-01", 400, estimate=10.0, estimate_error=0.6),
        cell("2026-02", 400, estimate=second, estimate_error=0.8),
    ]
    row = figures(cells, declared)["2026-02", None]
    assert (row["low"], row["high"]) == pytest.approx((second - 1.95996 * 0.8, second + 1.95996 * 0.8), abs=1e-4)
    # sqrt(0.6² + 0.8²) is 1
    assert (row["change_low"], row["change_high"]) == pytest.approx(
        (second - 10 - 1.95996, second - 10 + 1.95996), abs=1e-4
    )
    assert row["verdict"] == verdict


def test_what_is_resampled_or_inverted_stays_on_the_declared_scale():
    # two agents, far apart: the upper limit of their spread would be far beyond five points of rating
    statistics = {"total": 36.0, "total_squares": 156.0, "clusters": 2, "cluster_squares": 72}
    spread = {"kind": "spread", "unit": "points", "scale_low": 0, "scale_high": 4}
    row = figures([cell("2026-01", 12, **statistics, cluster_mean_squares=150.0)], kpis(spread))["2026-01", None]
    assert row["low"] <= row["value"] < row["high"] == 4
    # nearly all revenue is one customer's, and lost
    opening = np.array([5000.0] + [5.0] * 60)
    kept = np.array([0.0] + [5.0] * 60)
    cells = [cell("2026-01", **group_sums(opening, opening)), cell("2026-02", **group_sums(kept, opening))]
    ratio = {"kind": "ratio", "unit": "%", "per": 100, "scale_low": 0, "scale_high": 100}
    change = figures(cells, kpis(ratio), hidden_below=1)["2026-02", None]
    assert -100 <= change["change_low"] <= change["change"] <= change["change_high"] <= 100


def test_an_estimate_without_a_standard_error_is_shown_and_not_compared():
    declared = kpis({"kind": "estimate", "unit": "points"})
    cells = [
        cell("2026-01", 400, estimate=10.0, estimate_low=8.0, estimate_high=13.0),
        cell("2026-02", 400, estimate=20.0, estimate_low=18.0, estimate_high=23.0),
    ]
    row = figures(cells, declared)["2026-02", None]
    assert (row["low"], row["value"], row["high"], row["verdict"]) == (18, 20, 23, "not compared")
    assert row["p"] is None


def test_what_is_compared_with_nothing_says_so():
    declared = kpis({"compared_with": "nothing"})
    found = figures([cell("2026-01", 80, 48), cell("2026-02", 70, 56)], declared)
    assert {row["verdict"] for row in found.values()} == {"not compared"}
    assert found["2026-02", None]["previous"] is None


def test_a_level_of_a_mix_moves_only_where_the_mix_does():
    def month(period: str, **levels: int) -> list[dict]:
        whole = sum(levels.values())
        return [cell(period, whole, count, slice="channel", slice_value=name) for name, count in levels.items()]

    declared = kpis({"kind": "mix", "direction": "neutral"})
    # one level alone would be significant; among eight it is what chance does
    before = dict.fromkeys("abcdefgh", 100)
    quiet = figures([*month("2026-01", **before), *month("2026-02", **before | {"a": 130})], declared)
    row = quiet["2026-02", "a"]
    assert row["value"] == pytest.approx(100 * 130 / 830)
    assert row["p"] > 0.05
    assert {each["verdict"] for each in quiet.values()} == {"new", "no clear change"}
    moved = figures([*month("2026-01", **before), *month("2026-02", **before | {"a": 200})], declared)
    assert moved["2026-02", "a"]["verdict"] == "changed"


def test_a_level_of_a_mix_that_is_gone_belongs_to_it_all_the_same():
    declared = kpis({"kind": "mix", "direction": "neutral"})
    cells = [
        cell("2026-01", 100, 50, slice="channel", slice_value="a"),
        cell("2026-01", 100, 50, slice="channel", slice_value="gone"),
        cell("2026-02", 100, 100, slice="channel", slice_value="a"),
    ]
    assert figures(cells, declared)["2026-02", "a"]["verdict"] == "changed"


def test_rows_of_few_customers_are_worth_less_and_fewer_than_five_customers_are_hidden():
    def customers(number: int, rows: int, hits: int) -> dict:
        """``hits`` of the customers are satisfied in all their rows, the others in none."""
        return {
            "positives": hits * rows,
            "clusters": number,
            "cluster_squares": number * rows**2,
            "cluster_cross": rows * hits * rows,
            "cluster_total_squares": hits * rows**2,
        }

    apart = figures([cell("2026-01", 60, 30)])["2026-01", None]
    together = figures([cell("2026-01", 60, **customers(12, 5, 6))])["2026-01", None]
    assert apart["value"] == together["value"] == 50
    assert together["high"] - together["low"] > 1.9 * (apart["high"] - apart["low"])
    assert figures([cell("2026-01", 60, **customers(4, 15, 2))])["2026-01", None]["verdict"] == "hidden"


def test_a_mean_of_a_few_answers_has_an_interval_of_its_answers():
    answers = [5.0] * 8 + [1.0]
    sums = {"n": 9, "total": sum(answers), "total_squares": sum(each**2 for each in answers)}
    declared = kpis({"kind": "mean", "unit": "score", "scale_low": 1, "scale_high": 5})
    student = figures([cell("2026-01", **sums)], declared)["2026-01", None]
    resampled = figures([cell("2026-01", **sums, small_sample=sorted(answers))], declared)["2026-01", None]
    assert student["high"] == 5
    # skewed to the left: further down, less far up
    assert resampled["low"] < student["low"]
    assert resampled["value"] < resampled["high"] <= 5


def test_a_month_outside_the_limits_of_the_months_before_is_a_signal():
    values = [50, 52, 49, 51, 50, 48, 51, 50, 52, 49, 50, 51, 70]
    cells = [cell(f"{2025 + month // 12}-{month % 12 + 1:02d}", 100, each) for month, each in enumerate(values)]
    found = figures(cells)
    assert found["2025-12", None]["signal"] is None
    assert found["2025-12", None]["expected_low"] is None
    last = found["2026-01", None]
    moving_range = np.abs(np.diff(values[:12])).mean()
    assert last["expected_high"] == pytest.approx(np.mean(values[:12]) + 3 / 1.128 * moving_range)
    assert last["signal"] == "above"


def test_the_annex_is_told_whether_a_share_is_precise_enough_to_stand_alone():
    cells = [cell("2026-01", 400, 200), cell("2026-02", 40, 20), cell("2026-03", 400, 400), cell("2026-04", 4, 2)]
    found = figures(cells)
    assert [row["presentation"] for row in found.values()] == ["show", "suppress", "review", None]
    assert [row["precision_flag"] for row in found.values()] == ["ok", "ok", "ok", "hidden"]
