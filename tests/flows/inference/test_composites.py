"""Composites: parts on a scale from 0 to 100, equal weights, nothing missing taken as a zero."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from flows.inference.composites import standardised
from flows.inference.intervals import normal_quantile
from tests.flows.inference.building import cell, figures, kpis

PARTS = {"contact": ["easy", "waits"], "people": ["staff"]}
EASY = {"kpi": "easy", "scale_low": 0.0, "scale_high": 100.0}
WAITS = {"kpi": "waits", "direction": "down", "scale_low": 0.0, "scale_high": 50.0}
STAFF = {"kpi": "staff", "scale_low": 1.0, "scale_high": 5.0, "compared_with": "last_with_data"}
WHOLE = {"kpi": "whole", "kind": "composite", "unit": "points", "scale_low": 0.0, "scale_high": 100.0}


def declared(**changes):
    rows = [EASY, WAITS, STAFF, WHOLE | {"minimum_base": 5}]
    rows = [row | changes.get(row["kpi"], {}) for row in rows]
    for row in rows[:3]:
        row |= {"kind": "estimate", "unit": "score", "partitions": []}
    table = kpis(*rows)
    table["parts"] = [None, None, None, json.dumps(PARTS)]
    return table


def part(period, kpi, estimate, error=0.0, n=100):
    return cell(period, n, kpi=kpi) | {"estimate": estimate, "estimate_error": error}


def composed(*cells, table=None, **options):
    """Figures of the composite by period and label, and of the others by kpi and period."""
    import pandas as pd

    from flows.inference.figures import infer
    from tests.flows.inference.building import NO_TARGETS

    frame = infer(pd.DataFrame(list(cells)), declared() if table is None else table, NO_TARGETS, **options)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {
        (row["period"], row["slice_value"]) if row["kpi"] == "whole" else (row["kpi"], row["period"]): row
        for row in rows
    }


def test_a_dimension_is_the_mean_of_its_parts_and_the_whole_of_its_dimensions():
    found = composed(part("2026-01", "easy", 80), part("2026-01", "waits", 10), part("2026-01", "staff", 4, n=40))
    # waits: 10 of 50 is 20, and less is better: 80; staff: (4 - 1) / 4
    assert found["2026-01", "waits"]["value"] == pytest.approx(80)
    assert found["2026-01", "contact"]["value"] == pytest.approx(80)
    assert found["2026-01", "people"]["value"] == pytest.approx(75)
    assert found["2026-01", None]["value"] == pytest.approx(77.5)
    assert found["2026-01", None]["n"] == 40
    assert found["2026-01", "contact"]["n"] == 100


def test_a_part_without_a_figure_is_left_out_and_no_zero():
    found = composed(part("2026-01", "easy", 80))
    assert found["2026-01", "contact"]["value"] == pytest.approx(80)
    assert found["2026-01", None]["value"] == pytest.approx(80)
    assert ("2026-01", "people") not in found
    assert ("2026-01", "waits") not in found


def test_a_hidden_part_is_left_out():
    found = composed(part("2026-01", "easy", 80), part("2026-01", "staff", 2, n=4))
    assert found["2026-01", None]["value"] == pytest.approx(80)
    assert ("2026-01", "people") not in found


def test_a_part_that_rests_on_too_few_people_is_left_out_however_many_rows_they_have():
    rows = {"positives": 12, "clusters": 3, "cluster_squares": 54, "cluster_cross": 54, "cluster_total_squares": 54}
    table = declared(staff={"scale_low": 0.0, "scale_high": 100.0})
    table.loc[table["kpi"] == "staff", "kind"] = "proportion"
    found = composed(part("2026-01", "easy", 80), cell("2026-01", 18, kpi="staff") | rows, table=table)
    assert found["staff", "2026-01"]["verdict"] == "hidden"
    assert found["2026-01", None]["value"] == pytest.approx(80)
    assert not {("2026-01", "people"), ("2026-01", "staff")} & set(found)


def test_a_part_of_an_open_scale_is_left_out():
    found = composed(
        part("2026-01", "easy", 80),
        part("2026-01", "waits", 10),
        table=declared(waits={"scale_high": np.inf}),
    )
    assert found["2026-01", None]["value"] == pytest.approx(80)


def test_the_error_is_the_widest_that_dependent_parts_can_have():
    found = composed(part("2026-01", "easy", 80, error=2), part("2026-01", "waits", 10, error=2))
    # waits: 2 of 50 is 4 of 100; together as if they moved as one: (2 + 4) / 2
    assert found["2026-01", None]["high"] - 80 == pytest.approx(3 * normal_quantile())
    assert found["2026-01", "waits"]["low"] == pytest.approx(80 - 4 * normal_quantile())


def test_months_of_different_parts_are_not_compared_and_other_figures_are():
    found = composed(
        part("2026-01", "easy", 80, error=1),
        part("2026-02", "easy", 90, error=1),
        part("2026-02", "waits", 10, error=1),
    )
    assert found["2026-02", None]["verdict"] == "not compared"
    assert found["2026-02", None]["p"] is None
    assert found["2026-02", "contact"]["p"] is None
    assert found["easy", "2026-02"]["verdict"] == "better"


def test_months_of_the_same_parts_are_compared_and_parts_are_not_tested_again():
    found = composed(part("2026-01", "easy", 80, error=1), part("2026-02", "easy", 90, error=1))
    assert found["2026-02", None]["verdict"] == "better"
    assert found["2026-02", None]["change_low"] == pytest.approx(10 - np.sqrt(2) * normal_quantile())
    assert found["2026-02", "easy"]["p"] is None
    assert found["2026-02", "easy"]["verdict"] == "not compared"
    assert found["2026-02", "easy"]["change"] == pytest.approx(10)


def test_a_survey_held_less_often_counts_for_two_more_months_and_no_longer():
    months = ["2026-01", "2026-02", "2026-03", "2026-04"]
    found = composed(*(part(month, "easy", 80) for month in months), part("2026-01", "staff", 4))
    assert [(month, "people") in found for month in months] == [True, True, True, False]
    assert found["2026-03", "staff"]["value"] == pytest.approx(75)
    assert found["2026-03", None]["value"] == pytest.approx(77.5)
    # the measure itself has no figure in a month in which nobody was asked
    assert ("staff", "2026-03") not in found


def test_a_month_in_which_nothing_was_measured_has_no_composite():
    found = composed(part("2026-01", "staff", 4), part("2026-04", "easy", 80))
    assert {period for period, _ in found} >= {"2026-01", "2026-04"}
    assert not {("2026-02", None), ("2026-03", None)} & set(found)


def test_a_part_without_an_interval_leaves_the_composite_without_one():
    found = composed(part("2026-01", "easy", 80, error=1), part("2026-01", "waits", 10, error=None))
    assert found["2026-01", "contact"]["value"] == pytest.approx(80)
    assert found["2026-01", "contact"]["low"] is None


def test_without_a_composite_nothing_is_added():
    assert set(figures([cell("2026-01", 100, 50)])) == {("2026-01", None)}


number = some.floats(min_value=-50, max_value=150)


@given(value=number, low=number, high=number, up=some.booleans())
def test_what_is_put_on_the_scale_lies_on_it_and_turns_with_the_direction(value, low, high, up):
    low, value, high = sorted((low, value, high))

    def placed(up):
        return [float(each[0]) for each in standardised(*(np.array([each]) for each in (value, low, high, 0, 100, up)))]

    there, bottom, top = placed(up)
    assert 0 <= bottom <= there <= top <= 100
    assert placed(not up) == pytest.approx([100 - there, 100 - top, 100 - bottom])
