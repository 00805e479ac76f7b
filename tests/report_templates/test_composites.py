"""A composite is printed with everything it is made of, and with what it lacks."""

import json

import pytest

from report_templates.contents import choose
from report_templates.language import Language
from report_templates.reading import ReportInput
from report_templates.report import page
from report_templates.wording import Wording
from tests.report_templates.sample import PERIOD, sample

PARTS = {"delivery": ["on_time", "csat_t2b"], "waiting_time": ["ces", "nps"]}


def row(slice_, slice_value, value, verdict="no clear change", **changes):
    tested = verdict == "no clear change"
    return {
        "period": PERIOD,
        "kpi": "whole",
        "slice": slice_,
        "slice_value": slice_value,
        "value": value,
        "unit": "points",
        "n": 60,
        "low": value - 4,
        "high": value + 4,
        "previous": value - 1,
        "change": 1.0,
        "change_low": -3.0 if tested else None,
        "change_high": 5.0 if tested else None,
        "p": 0.5 if tested else None,
        "q": 0.7 if tested else None,
        "verdict": verdict,
    } | changes


def document(*figures, parts=PARTS):
    found = sample()
    found["kpis"].append(
        {
            "kpi": "whole",
            "label": "The whole experience",
            "definition": "Mean of its dimensions.",
            "unit": "points",
            "direction": "up",
            "kind": "composite",
            "fact": "figures",
            "slices": ["dimension", "part"],
            "section": "dimensions",
            "decimals": 1,
            "position": 99,
            # as the table of KPIs holds it
            "parts": json.dumps(parts),
        }
    )
    found["figures"] += figures
    return found


WHOLE = (
    row("overall", None, 71.0),
    row("dimension", "delivery", 82.0),
    row("dimension", "waiting_time", 60.0),
    row("part", "on_time", 93.1, "not compared"),
    row("part", "csat_t2b", 70.9, "not compared"),
    row("part", "ces", 71.8, "not compared"),
    row("part", "nps", 48.2, "not compared"),
)


def chosen(*figures, **changes):
    report = ReportInput.model_validate(document(*figures, **changes))
    return choose(report, Wording(report, Language.load("en")))


def printed(*figures):
    return page("sections/composites.html.j2", chosen(*figures)).replace("\u00a0", " ")


def test_every_dimension_stands_with_its_measures_and_these_with_their_own_figures():
    [composite] = chosen(*WHOLE).composites
    assert [(each.name, each.figure.value) for each in composite.dimensions] == [
        ("delivery", 82.0),
        ("waiting_time", 60.0),
    ]
    parts = [(part.kpi.kpi, part.standing.value, part.figure.value) for part in composite.dimensions[0].parts]
    assert parts == [("on_time", 93.1, 93.1), ("csat_t2b", 70.9, 82.4)]
    assert not composite.partial


def test_the_page_prints_dimensions_measures_and_how_the_whole_stands():
    text = printed(*WHOLE)
    assert "This month it stands at 71.0 points (95% interval 67.0 to 75.0)." in text
    for said in ("Waiting time", "Delivered on time", "93.1", "82.4%"):
        assert said in text
    assert "partial" not in text


def test_a_measure_without_a_figure_is_named_and_its_dimension_called_partial():
    without = [figure for figure in WHOLE if figure["slice_value"] != "nps"]
    [composite] = chosen(*without).composites
    assert composite.partial
    assert [kpi.kpi for kpi in composite.dimensions[1].missing] == ["nps"]
    text = printed(*without)
    assert "It is partial: without a figure, and so left out, are Net Promoter Score." in text
    assert "no figure: left out, not counted as 0" in text


def test_a_dimension_without_any_figure_is_a_line_that_says_so():
    without = [figure for figure in WHOLE if figure["slice_value"] not in ("waiting_time", "ces", "nps")]
    assert "no measure of it has a figure" in printed(*without)


def test_a_measure_of_an_earlier_survey_is_said_to_be_that():
    report = document(*WHOLE)
    report["figures"] = [each for each in report["figures"] if each["kpi"] != "nps"]
    found = ReportInput.model_validate(report)
    contents = choose(found, Wording(found, Language.load("en")))
    [part] = [part for part in contents.composites[0].dimensions[1].parts if part.kpi.kpi == "nps"]
    assert contents.wording.of_its_own(part) == "of the last survey"
    assert not contents.composites[0].partial


def test_dimensions_are_no_groups_and_the_scorecard_has_the_whole():
    with_composite, without = chosen(*WHOLE), choose_sample()
    assert with_composite.groups == without.groups
    assert ("dimensions", ["whole"]) in [
        (section, [kpi.kpi for kpi, _ in rows]) for section, rows in with_composite.scorecard
    ]


def choose_sample():
    report = ReportInput.model_validate(sample())
    return choose(report, Wording(report, Language.load("en")))


def test_a_dimension_that_improved_is_listed_with_its_name():
    better = row("dimension", "delivery", 82.0, "better", p=0.001, q=0.01, change=6.0, previous=76.0, change_low=2.0)
    found = chosen(WHOLE[0], better | {"change_high": 10.0}, *WHOLE[2:])
    assert ("The whole experience", "Dimension: delivery") in [
        (item.label, item.group) for item in found.front.better.items
    ]


def test_without_a_composite_there_is_no_page_of_it():
    contents = choose_sample()
    assert contents.composites == []
    assert "<section" not in page("sections/composites.html.j2", contents)


def test_the_definition_says_what_it_is_made_of():
    words = chosen(*WHOLE).wording
    [kpi] = [kpi for kpi in chosen(*WHOLE).report.kpis if kpi.parts]
    assert words.made_of(kpi) == (
        "Delivery: Delivered on time, Satisfied customers (top two); "
        "Waiting time: “Customer effort (easy, 5 to 7 of 7)”, Net Promoter Score"
    )


@pytest.mark.parametrize("n", [1, 60])
def test_its_base_is_that_of_its_smallest_measure(n):
    contents = chosen(*WHOLE)
    [kpi] = [kpi for kpi in contents.report.kpis if kpi.parts]
    assert contents.wording.base(kpi, n) == f"{n} row{'s' if n > 1 else ''} behind its smallest measure"


def test_two_months_that_cannot_be_compared_are_told_so_and_show_no_change():
    contents = chosen(row("overall", None, 71.0, "not compared"), *WHOLE[1:])
    [(kpi, figure)] = [pair for _, rows in contents.scorecard for pair in rows if pair[0].kpi == "whole"]
    assert contents.wording.change(kpi, figure).startswith("Not compared")
    scorecard = page("sections/scorecard.html.j2", contents)
    line = scorecard[scorecard.index("The whole experience") :]
    assert "+1.0" not in line[: line.index("</tr>")]
