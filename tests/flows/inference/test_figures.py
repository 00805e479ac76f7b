import pandas as pd
import pytest

from flows.inference.figures import COLUMNS, infer
from tests.flows.inference.building import NO_TARGETS, cell, figures, kpis, moments, observed, region, targets

NUMBERS = [column for column, kind in COLUMNS.items() if kind in ("double", "bigint", "boolean")]


def test_no_answers_make_no_row():
    assert figures([cell("2026-01", 0, 0), cell("2026-02", 50, 25)]).keys() == {("2026-02", None)}


def test_no_observation_makes_an_empty_table_of_the_same_types():
    empty, full = infer(observed(), kpis(), NO_TARGETS), infer(observed(cell("2026-01", 50, 25)), kpis(), NO_TARGETS)
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_a_base_below_thirty_is_shown_with_its_change_and_not_tested():
    found = figures([cell("2026-01", 40, 10), cell("2026-02", 29, 29), cell("2026-03", 40, 10)])
    small, after = found["2026-02", None], found["2026-03", None]
    assert (small["value"], small["n"], small["change"], small["verdict"]) == (100, 29, 75, "low base")
    assert small["change_low"] > 0
    assert (small["p"], small["q"]) == (None, None)
    # the month after cannot be tested against it either
    assert (after["previous"], after["p"], after["verdict"]) == (100, None, "low base")


def test_a_hidden_cell_shows_no_number_and_neither_does_its_complement():
    table = targets(("csat", "region", "east", 50, None), ("csat", "region", "south", 50, None))
    cells = [
        cell("2026-01", 100, 50),
        region("2026-01", 4, 1, "east"),
        region("2026-01", 40, 20, "north"),
        region("2026-01", 56, 29, "south"),
    ]
    found = figures(cells, None, table)
    for label in ("east", "north"):
        row = found["2026-01", label]
        assert row["verdict"] == "hidden"
        assert [row[column] for column in NUMBERS] == [None] * len(NUMBERS)
    assert (found["2026-01", "south"]["n"], found["2026-01", "south"]["met"]) == (56, True)
    assert found["2026-01", None]["n"] == 100


def test_a_hidden_month_cannot_be_read_off_the_month_after_it():
    months = {"2026-01": 50, "2026-02": 4, "2026-03": 50, "2026-04": 50}
    cells = [region(period, n, n // 2, "east") for period, n in months.items()]
    cells += [region(period, 100, 50, label) for period in months for label in ("north", "south")]
    found = figures(cells)
    after = found["2026-03", "east"]
    assert found["2026-02", "east"]["verdict"] == found["2026-02", "north"]["verdict"] == "hidden"
    assert [after[column] for column in ("previous", "change", "change_low", "change_high", "p", "q")] == [None] * 6
    assert (after["n"], after["verdict"]) == (50, "low base")
    assert found["2026-03", "north"]["previous"] is None
    assert found["2026-04", "east"]["previous"] == 50


def test_a_cell_that_was_only_ever_hidden_is_new_when_first_shown():
    cells = [region("2026-01", 2, 1, "east"), region("2026-01", 90, 45, "north")]
    cells += [region("2026-02", 60, 30, "east"), region("2026-02", 90, 45, "north")]
    assert figures(cells)["2026-02", "east"]["verdict"] == "new"


def test_only_the_month_just_before_is_compared_with():
    found = figures(
        [cell("2025-11", 50, 25), cell("2025-12", 50, 25), cell("2026-01", 50, 25), cell("2026-03", 50, 25)]
    )
    assert found["2026-01", None]["verdict"] == "no clear change"
    assert (found["2026-03", None]["verdict"], found["2026-03", None]["previous"]) == ("new", None)


def test_a_quarterly_measure_is_compared_with_the_last_month_that_shows_it():
    declared = kpis({"compared_with": "last_with_data", "partitions": []})
    found = figures([cell("2025-09", 50, 10), cell("2025-12", 4, 2), cell("2026-03", 50, 40)], declared)
    assert found["2025-12", None]["verdict"] == "hidden"
    assert (found["2026-03", None]["previous"], found["2026-03", None]["verdict"]) == (20, "better")


def test_all_tests_of_one_month_are_one_family():
    declared = kpis({"partitions": []}, {"kpi": "ces", "partitions": []})
    cells = [
        *(cell(period, 200, hits) for period, hits in (("2026-01", 100), ("2026-02", 126), ("2026-03", 100))),
        *(cell(period, 200, hits, kpi="ces") for period, hits in (("2026-01", 100), ("2026-02", 101))),
        *(region(period, 200, hits, "north") for period, hits in (("2026-01", 100), ("2026-02", 102))),
        *(region(period, 20, hits, "east") for period, hits in (("2026-01", 1), ("2026-02", 20))),
    ]
    frame = infer(observed(*cells), declared, NO_TARGETS)
    family = frame[(frame["period"] == "2026-02") & frame["p"].notna()].sort_values("p")
    assert family["kpi"].tolist() == ["csat", "csat", "ces"]
    smallest, middle, largest = family["p"]
    # by hand: the smallest x 3, then p x 3/2 but not above the largest
    assert family["q"].tolist() == pytest.approx([3 * smallest, min(1.5 * middle, largest), largest])
    assert family["verdict"].tolist() == ["better", "no clear change", "no clear change"]
    alone = frame[frame["period"] == "2026-03"].iloc[0]
    assert alone["q"] == alone["p"]


def test_a_change_that_does_not_matter_is_no_clear_change_however_certain():
    cells = [cell("2026-01", 100000, 50000), cell("2026-02", 100000, 51500)]
    assert figures(cells, kpis({"smallest_change": 1.5}))["2026-02", None]["verdict"] == "better"
    row = figures(cells, kpis({"smallest_change": 1.6}))["2026-02", None]
    assert (row["q"] < 1e-9, row["verdict"]) == (True, "no clear change")


def test_the_false_discovery_rate_is_the_one_asked_for():
    cells = [cell("2026-01", 80, 48), cell("2026-02", 70, 56)]
    assert figures(cells, false_discovery_rate=0.001)["2026-02", None]["verdict"] == "no clear change"


def test_targets_are_met_by_direction_and_not_judged_without_one():
    table = targets(*((kpi, "overall", None, 60, None) for kpi in ("csat", "wait", "mix")))
    declared = kpis({}, {"kpi": "wait", "direction": "down"}, {"kpi": "mix", "direction": "neutral"})
    cells = [cell("2026-01", 50, 35, kpi=kpi) for kpi in ("csat", "wait", "mix")]
    frame = infer(observed(*cells), declared, table).set_index("kpi")
    assert frame["target"].tolist() == [60, 60, 60]
    assert frame.loc[["csat", "wait"], "met"].tolist() == [True, False]
    assert pd.isna(frame.loc["mix", "met"])


def test_rows_come_in_one_order_whatever_the_order_of_the_observations():
    cells = [region(period, 50, 20, label) for period in ("2026-02", "2026-01") for label in ("b", "a")]
    cells += [cell(period, 100, 40) for period in ("2026-02", "2026-01")]
    forwards, backwards = (infer(observed(*given), kpis(), NO_TARGETS) for given in (cells, cells[::-1]))
    pd.testing.assert_frame_equal(forwards, backwards)
    assert forwards[["period", "slice_value"]].astype(object).fillna("-").to_numpy().tolist() == [
        [period, label] for period in ("2026-01", "2026-02") for label in ("-", "a", "b")
    ]


def test_swapping_the_months_turns_the_change_and_keeps_p():
    declared = kpis(
        {}, {"kpi": "nps", "kind": "nps"}, {"kpi": "score", "kind": "mean"}, {"kpi": "rate", "kind": "rate"}
    )
    months = (
        [cell("", 90, 30), cell("", 90, 30, negatives=20, kpi="nps"), cell("", kpi="score", **moments([1, 2, 5] * 30)),
         cell("", 90, 9, exposure=900, kpi="rate")],
        [cell("", 70, 40), cell("", 80, 40, negatives=9, kpi="nps"), cell("", kpi="score", **moments([2, 2, 5] * 20)),
         cell("", 90, 21, exposure=1000, kpi="rate")],
    )  # fmt: skip

    def changes(first, second):
        cells = [
            each | {"period": period} for period, month in (("2026-01", first), ("2026-02", second)) for each in month
        ]
        frame = infer(observed(*cells), declared, NO_TARGETS)
        return (
            frame[frame["period"] == "2026-02"]
            .set_index("kpi")[["change", "change_low", "change_high", "p"]]
            .astype(float)
        )

    forwards, backwards = changes(*months), changes(*months[::-1])
    assert forwards["change"].abs().min() > 0
    for column, mirrored in (("change", "change"), ("change_low", "change_high"), ("change_high", "change_low")):
        assert backwards[column].to_numpy() == pytest.approx(-forwards[mirrored].to_numpy())
    assert backwards["p"].to_numpy() == pytest.approx(forwards["p"].to_numpy())
