"""Each kind of KPI through ``infer``. Oracles are those of DOMAIN section 4, by their numbers."""

import numpy as np
import pytest

from flows.inference.figures import infer
from tests.flows.inference.building import NO_TARGETS, cell, figures, kpis, moments, observed, quantile_statistics


def test_a_share_is_told_in_percent_and_its_change_in_points():  # O6, O8
    found = figures([cell("2026-01", 80, 48), cell("2026-02", 70, 56)])
    first, second = found["2026-01", None], found["2026-02", None]
    assert (first["value"], first["verdict"], first["previous"], first["p"]) == (60, "new", None, None)
    assert (second["value"], second["previous"], second["n"], second["unit"]) == (80, 60, 70, "%")
    assert second["change"] == pytest.approx(20)
    assert (second["change_low"], second["change_high"]) == pytest.approx((5.24, 33.39), abs=0.005)
    # the pooled z: 20 points over sqrt(104/150 x 46/150 x (1/70 + 1/80)) is 2.651
    assert second["p"] == second["q"] == pytest.approx(0.00804, abs=1e-5)
    assert second["verdict"] == "better"


def test_an_nps_is_the_raw_one_and_its_change_the_difference_of_raw_ones():  # O1, O5
    declared = kpis({"kind": "nps", "unit": "points"})
    found = figures([cell("2026-01", 300, 150, negatives=60), cell("2026-02", 320, 144, negatives=80)], declared)
    second = found["2026-02", None]
    assert (found["2026-01", None]["value"], second["value"], second["change"]) == (30, 20, -10)
    assert (second["change_low"], second["change_high"]) == pytest.approx((-22.4, 2.6), abs=0.05)
    assert (second["p"], second["verdict"]) == (pytest.approx(0.1203, abs=5e-5), "no clear change")


@pytest.mark.parametrize(("promoters", "detractors", "points"), [(3, 1, 100 / 3), (0, 6, -100), (6, 0, 100), (0, 0, 0)])
def test_an_nps_of_six_answers_keeps_the_passives_in_its_base(promoters, detractors, points):  # O1
    declared = kpis({"kind": "nps", "unit": "points"})
    row = figures([cell("2026-01", 6, promoters, negatives=detractors)], declared)["2026-01", None]
    assert row["value"] == pytest.approx(points)
    assert -100 <= row["low"] <= row["value"] <= row["high"] <= 100


def test_a_mean_has_students_interval_and_welchs_change():  # O11
    earlier = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4]
    later = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    declared = kpis({"kind": "mean", "unit": "score", "direction": "neutral", "minimum_base": 15})
    found = figures([cell("2026-01", **moments(earlier)), cell("2026-02", **moments(later))], declared)
    row = found["2026-02", None]
    assert row["value"] == pytest.approx(np.mean(later))
    # Student: 20.82 ± 2.14479 x 2.80438 / sqrt(15)
    assert (row["low"], row["high"]) == pytest.approx((19.2670, 22.3730), abs=5e-4)
    assert (row["change_low"], row["change_high"]) == pytest.approx((-3.984096, -0.349237), abs=5e-7)
    assert (row["p"], row["verdict"]) == (pytest.approx(0.0213780, abs=5e-8), "changed")


def test_a_mean_and_its_change_stay_on_the_scale():
    declared = kpis({"kind": "mean", "unit": "score", "scale_low": 1, "scale_high": 5})
    cells = [cell("2026-01", **moments([1, 1, 1, 1, 5])), cell("2026-02", **moments([5, 5, 5, 5, 1]))]
    found = figures(cells, declared)
    assert found["2026-01", None]["low"] == 1
    assert found["2026-02", None]["high"] == 5
    assert found["2026-02", None]["change_high"] == 4


def test_a_rate_is_told_per_the_declared_number_of_exposures():
    declared = kpis({"kind": "rate", "unit": "per 1,000", "per": 1000, "direction": "down"})
    cells = [
        cell("2026-01", 2000, 10, exposure=2000.0),
        cell("2026-02", 2000, 40, exposure=2000.0),
        cell("2026-03", 2000, 0, exposure=2000.0),
        cell("2026-04", 2000, 7, exposure=None),
    ]
    found = figures(cells, declared)
    rise, fall = found["2026-02", None], found["2026-03", None]
    assert (rise["value"], rise["previous"], rise["change"], rise["verdict"]) == (20, 5, 15, "worse")
    # Garwood's limits of 40 events are 28.58 and 54.47, of 10 events 4.795 and 18.39: per 2,000 exposures
    assert (rise["low"], rise["high"]) == pytest.approx((14.288, 27.234), abs=0.005)
    expected = 15 - np.hypot(20 - 14.288, 9.195 - 5), 15 + np.hypot(27.234 - 20, 5 - 2.3977)
    assert (rise["change_low"], rise["change_high"]) == pytest.approx(expected, abs=0.01)
    assert (fall["value"], fall["low"], fall["verdict"]) == (0, 0, "better")
    # without exposure there is nothing to divide by
    assert ("2026-04", None) not in found


def test_weighted_answers_count_as_much_as_kish_says():  # O22
    weight = np.tile([0.8, 1.2, 1.5, 0.6], 8)
    sums = {"weight": weight.sum(), "weight_squares": (weight**2).sum()}
    happy = np.arange(32) % 4 == 1
    declared = kpis(
        {"weighted": True},
        {"kpi": "score", "kind": "mean", "weighted": True},
        {"kpi": "nps", "kind": "nps", "weighted": True},
    )
    share = sums | {"total": weight[happy].sum(), "total_squares": weight[happy].sum()}
    score = sums | {"total": (weight * 4).sum(), "total_squares": (weight * 16).sum()}
    points = np.where(happy, 1, np.where(np.arange(32) % 4 == 0, -1, 0))
    nps = sums | {"total": (weight * points).sum(), "total_squares": (weight * points**2).sum()}
    rows = infer(
        observed(
            cell("2026-01", 32, **share),
            cell("2026-01", 32, kpi="score", **score),
            cell("2026-01", 32, kpi="nps", **nps),
        ),
        declared,
        NO_TARGETS,
    ).set_index("kpi")
    # 1.2 of every 4.1 in weight; Wilson on 28.67377 answers, by hand: centre (8.39232 + 1.92073) / 32.51523
    assert rows.loc["csat", "value"] == pytest.approx(100 * 1.2 / 4.1)
    assert (rows.loc["csat", "low"] + rows.loc["csat", "high"]) / 2 == pytest.approx(31.7176, abs=1e-3)
    assert rows.loc["csat", "n"] == 32
    assert (rows.loc["score", "value"], rows.loc["score", "low"]) == (pytest.approx(4), pytest.approx(4))
    # promoters 1.2, detractors 0.8 of 4.1
    assert rows.loc["nps", "value"] == pytest.approx(100 * 0.4 / 4.1)
    assert rows.loc["nps", "low"] < rows.loc["nps", "value"] < rows.loc["nps", "high"]


def test_a_quantile_keeps_its_limits_and_a_rise_of_waiting_is_worse():
    waits = np.arange(1.0, 102.0)
    declared = kpis({"kind": "quantile", "unit": "hours", "direction": "down"})
    cells = [
        cell(period, 101, **quantile_statistics(times * waits, 0.5))
        for period, times in (("2026-01", 1), ("2026-02", 2))
    ]
    row = figures(cells, declared)["2026-02", None]
    assert (row["value"], row["previous"], row["change"]) == (102, 51, 51)
    # ranks 41 and 61 of 101 (binomial)
    assert (row["low"], row["high"]) == (82, 122)
    assert 20 < row["change_low"] < 51 < row["change_high"] < 80
    assert row["verdict"] == "worse"


def test_a_quantile_beyond_the_follow_up_window_is_no_figure():
    declared = kpis({"kind": "quantile", "unit": "hours", "direction": "down"})
    mostly_open = np.where(np.arange(60) < 20, 1.0, np.inf)
    cells = [
        cell("2026-01", 60, **quantile_statistics(np.linspace(1, 9, 60), 0.5)),
        cell("2026-02", 60, **quantile_statistics(mostly_open, 0.5)),
        cell("2026-03", 60, **quantile_statistics(np.linspace(1, 9, 60), 0.5)),
    ]
    found = figures(cells, declared)
    assert sorted(period for period, _ in found) == ["2026-01", "2026-03"]
    assert found["2026-03", None]["verdict"] == "new"


def test_a_quantile_whose_upper_limit_is_beyond_the_window_is_shown_without_it():
    declared = kpis({"kind": "quantile", "unit": "hours", "direction": "down"})
    nearly_half_open = np.where(np.arange(60) < 32, np.arange(60.0), np.inf)
    cells = [cell(period, 60, **quantile_statistics(nearly_half_open, 0.5)) for period in ("2026-01", "2026-02")]
    row = figures(cells, declared)["2026-02", None]
    assert (row["value"], row["high"], row["change"]) == (29.5, None, 0)
    assert (row["change_low"], row["change_high"]) == (None, None)
    assert (row["p"], row["verdict"]) == (1, "no clear change")


def test_the_interval_of_a_single_answer_holds_the_nps_that_is_printed():
    """One detractor: the adjusted interval alone would be -98.5 to 48.5, beside an NPS of -100."""
    found = infer(
        observed(cell("2026-01", 1, 0, negatives=1)),
        kpis({"kind": "nps", "unit": "points"}),
        NO_TARGETS,
        hidden_below=1,
    )
    [row] = found.to_dict("records")
    assert row["low"] == row["value"] == -100
    assert row["high"] == pytest.approx(48.5, abs=0.05)
