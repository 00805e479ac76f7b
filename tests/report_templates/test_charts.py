import re
import xml.etree.ElementTree as ElementTree

import pytest

from report_templates import charts
from report_templates.language import Language
from report_templates.reading import Benchmark, Point, ReportInput
from report_templates.theme import COLOURS
from tests.report_templates.sample import sample

ENGLISH = Language.load("en")
REPORT = ReportInput.model_validate(sample())
NPS = next(kpi for kpi in REPORT.kpis if kpi.kpi == "nps")


def months(*values, verdicts=()):
    verdicts = [*verdicts, *["no clear change"] * len(values)]
    return [
        Point(
            period=f"2026-{month:02d}",
            value=value,
            low=None if value is None else value - 1,
            high=None if value is None else value + 1,
            verdict=verdicts[month - 1],
        )
        for month, value in enumerate(values, start=1)
    ]


def markers(svg):
    return [
        path.get("fill")
        for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")
        if "mark-symbol" in (group.get("class") or "")
        for path in group.iter("{http://www.w3.org/2000/svg}path")
    ]


def lines(svg):
    return [
        path.get("d")
        for path in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")
        if path.get("stroke") == COLOURS["accent"] and path.get("fill") is None
    ]


def test_the_same_months_give_the_same_bytes():
    series = REPORT.months("nps")
    assert charts.trend(series, NPS, 40.0, ENGLISH) == charts.trend(series, NPS, 40.0, ENGLISH)
    assert charts.sparkline(series) == charts.sparkline(series)


def test_only_better_and_worse_months_are_marked_in_a_trend():
    def draw(series):
        return charts.trend(series, NPS, None, ENGLISH)

    series = months(1, 2, 3, 4, 5, 6, verdicts=["new", "better", "no clear change", "worse", "low base", "changed"])
    assert markers(draw(series)) == [COLOURS["better"], COLOURS["worse"]]
    assert markers(draw(months(1, 2, 3))) == []


@pytest.mark.parametrize(
    ("verdict", "colour"),
    [("no clear change", "accent"), ("changed", "accent"), ("better", "better"), ("worse", "worse")],
)
def test_the_last_month_of_a_sparkline_is_marked_by_its_verdict(verdict, colour):
    series = months(1, 2, 3, 4, verdicts=["new", "better", "low base", verdict])
    assert sorted(markers(charts.sparkline(series))) == sorted([COLOURS["better"], COLOURS[colour]])


def test_no_earlier_month_is_marked_as_the_last_when_the_last_has_no_value():
    assert markers(charts.sparkline(months(1, 2, None))) == []


def test_a_gap_breaks_the_line_and_no_value_is_invented_in_it():
    (whole,) = lines(charts.sparkline(months(1, 2, 3, 4, 5)))
    (broken,) = lines(charts.sparkline(months(1, 2, None, 4, 5)))
    assert (whole.count("M"), whole.count("L")) == (1, 4)
    assert (broken.count("M"), broken.count("L")) == (2, 2)


def test_a_month_between_two_gaps_is_still_seen():
    ticks = [
        path
        for path in ElementTree.fromstring(charts.sparkline(months(1, None, 3, None, 4, 5))).iter()
        if "low: 2" in (path.get("aria-label") or "")
    ]
    assert len(ticks) == 1


def test_the_vertical_axis_has_round_ticks_around_all_values_intervals_and_the_target():
    low, high, ticks = charts._scale(months(41.0, 44.0), 52.0, NPS)
    assert (low, high, ticks) == (40.0, 55.0, [40.0, 45.0, 50.0, 55.0])
    low, high, ticks = charts._scale(months(-0.3, 0.2), None, NPS)
    assert (low, high, ticks) == (-2.0, 2.0, [-2.0, -1.0, 0.0, 1.0, 2.0])


def test_a_flat_series_without_an_interval_can_be_drawn():
    flat = [Point(period="2026-01", value=3.0), Point(period="2026-02", value=3.0)]
    assert b"<svg" in charts.trend(flat, NPS, None, ENGLISH)


def test_every_chart_is_what_the_schema_of_vega_lite_allows():
    for series, axes in ((REPORT.months("complaints"), None), (months(1, None, 3), (NPS, ENGLISH))):
        assert charts._chart(series, 2.0, charts.TREND_PIXELS, axes).to_dict(validate=True)["layer"]


def test_months_on_the_axis_end_with_the_report_month():
    svg = charts.trend(REPORT.months("nps"), NPS, None, ENGLISH).decode()
    assert [svg.count(f">{label}<") for label in ("Sep 2024", "Mar 2025", "Sep 2025", "Mar 2026", "Sep 2026")] == [
        1
    ] * 5


def quoted(value, **more):
    return Benchmark(kpi="nps", value=value, source="A vendor's secret study", **more)


def words(svg):
    return [text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def reference_lines(svg):
    return [
        line
        for line in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}line")
        if line.get("stroke-dasharray") == "1,2"
    ]


def test_what_is_quoted_elsewhere_is_a_line_of_its_own_with_the_word_unverified_and_no_source():
    svg = charts.trend(months(40.0, 42.0), NPS, None, ENGLISH, [quoted(44.0)])
    assert len(reference_lines(svg)) == 1
    assert set(words(svg)) >= {"unverified"}
    assert b"secret" not in svg
    checked = charts.trend(months(40.0, 42.0), NPS, None, ENGLISH, [quoted(44.0, is_verified=True)])
    assert "verified" in words(checked)
    assert "unverified" not in words(checked)
    assert not reference_lines(charts.trend(months(40.0, 42.0), NPS, 44.0, ENGLISH))


def test_the_line_stands_at_the_height_of_its_figure():
    """The months run from 39 to 43; a line at 41 is where a month of 41 is."""
    svg = charts.trend(months(40.0, 41.0, 42.0), NPS, None, ENGLISH, [quoted(41.0)])
    [line] = reference_lines(svg)
    height = float(re.search(r"translate\([\d.]+,([\d.]+)\)", line.get("transform"))[1])
    [path] = lines(svg)
    assert height == pytest.approx(float(re.findall(r"L[\d.]+,([\d.]+)", path)[0]), abs=0.01)


def test_what_is_quoted_far_from_the_months_does_not_press_them_flat():
    series = months(40.0, 42.0)  # 39 to 43 with their intervals: a reach of 8 on either side
    assert charts.within_reach(series, None, [quoted(31.0), quoted(51.0)]) == [quoted(31.0), quoted(51.0)]
    assert charts.within_reach(series, None, [quoted(30.9), quoted(51.1)]) == []
    assert charts.within_reach(series, 60.0, [quoted(51.1)]) == [quoted(51.1)]
    assert charts.trend(series, NPS, None, ENGLISH, [quoted(300.0)]) == charts.trend(series, NPS, None, ENGLISH)


def test_the_axis_leaves_room_for_the_word_beyond_the_line():
    low, high, _ = charts._scale(months(40.0, 42.0), None, NPS, [35.0])
    assert low < 35.0 - 0.5
    assert high >= 43.0


def test_a_chart_with_quoted_figures_is_what_the_schema_of_vega_lite_allows():
    chart = charts._chart(months(1, 2, 3), 2.0, charts.TREND_PIXELS, (NPS, ENGLISH), [quoted(2.5), quoted(1.5)])
    assert chart.to_dict(validate=True)["layer"]


def test_no_name_of_a_kpi_is_in_a_chart():
    strange = NPS.model_copy(update={"label": "<script>alert(1)</script>"})
    assert b"alert" not in charts.trend(REPORT.months("nps"), strange, 40.0, ENGLISH)
