"""The pictures of the gap analysis: a row a dimension or comparison, so that names and numbers stand beside them in the
page, and two pictures of importance and performance whose points are numbered.
"""

from __future__ import annotations

import math
from typing import Any

from report_templates.charts import sparkline, svg
from report_templates.gap_reading import Driver, Evidence, GapFigure
from report_templates.language import Language
from report_templates.reading import Point
from report_templates.theme import COLOURS, Numbers

ROW_PIXELS = (152, 20)
BAR_PIXELS = (70, 20)
MULTIPLE_PIXELS = (106, 20)
PICTURE_PIXELS = (281, 124)
_MARGIN = {"left": 6, "right": 6, "top": 0, "bottom": 0}
_AXIS_HEIGHT = 14


def rating_domain(rows: list[GapFigure]) -> tuple[int, int]:
    """Whole numbers around everything that a row's picture shows of ``rows``."""
    shown = [
        value
        for row in rows
        for value in (
            *(row.experience, row.experience_low, row.experience_high),
            *(row.expectation, row.expectation_low, row.expectation_high),
            row.ideal if row.ideal_is == "chosen" else None,
        )
        if value is not None
    ]
    low, high = math.floor(min(shown, default=0.0)), math.ceil(max(shown, default=1.0))
    return low, max(high, low + 1)


def dumbbell(row: GapFigure, domain: tuple[int, int]) -> bytes:
    """Expectation (open diamond) and experience (dot) with their intervals, joined; a tick where the ideal is."""
    import altair as alt

    def x(name: str) -> Any:
        return alt.X(f"{name}:Q", axis=None, scale=alt.Scale(domain=list(domain), nice=False, zero=False))

    def at(**values: float | None) -> Any:
        return alt.Chart(alt.Data(values=[values]))

    layers = [
        at(low=tick).mark_rule(color=COLOURS["hair"]).encode(x=x("low")) for tick in range(domain[0], domain[1] + 1)
    ]
    if row.experience is not None and row.expectation is not None:
        both = at(low=row.experience, high=row.expectation)
        layers.append(both.mark_rule(color=COLOURS["band"], strokeWidth=5).encode(x=x("low"), x2="high:Q"))
    for value, low, high, colour in (
        (row.expectation, row.expectation_low, row.expectation_high, COLOURS["muted"]),
        (row.experience, row.experience_low, row.experience_high, COLOURS["accent"]),
    ):
        if value is not None and low is not None and high is not None:
            span = at(low=low, high=high)
            layers.append(span.mark_rule(color=colour, strokeWidth=1.2).encode(x=x("low"), x2="high:Q"))
    if row.ideal_is == "chosen" and row.ideal is not None:
        tick = at(low=row.ideal).mark_tick(color=COLOURS["worse"], thickness=2, height=15)
        layers.append(tick.encode(x=x("low")))
    if row.expectation is not None:
        point = at(low=row.expectation).mark_point(
            shape="diamond",
            size=52,
            filled=True,
            opacity=1,
            color=COLOURS["paper"],
            stroke=COLOURS["muted"],
            strokeWidth=1.2,
        )
        layers.append(point.encode(x=x("low")))
    if row.experience is not None:
        point = at(low=row.experience).mark_point(
            shape="circle", size=48, filled=True, opacity=1, color=COLOURS["accent"]
        )
        layers.append(point.encode(x=x("low")))
    return _framed(layers, ROW_PIXELS)


def rating_axis(domain: tuple[int, int], language: Language) -> bytes:
    """The numbers under the rows of ``dumbbell``."""
    numbers = Numbers(language)
    step = max(1, round((domain[1] - domain[0]) / 6))
    return _axis(domain, list(range(domain[0], domain[1] + 1, step)), ROW_PIXELS[0], numbers)


def weighted_domain(rows: list[GapFigure]) -> tuple[float, float]:
    """From the lowest to the highest weighted satisfaction that is shown, nought among them."""
    shown = [
        value
        for row in rows
        for value in (row.weighted_satisfaction, row.weighted_satisfaction_low, row.weighted_satisfaction_high)
        if value is not None
    ]
    low, high = min([*shown, 0.0]), max([*shown, 0.0])
    reach = (high - low) or 1.0
    return low - 0.04 * reach, high + 0.04 * reach


def weighted_bar(row: GapFigure, domain: tuple[float, float]) -> bytes:
    """Weighted satisfaction as a bar from nought with its interval."""
    import altair as alt

    def x(name: str) -> Any:
        return alt.X(f"{name}:Q", axis=None, scale=alt.Scale(domain=list(domain), nice=False, zero=False))

    value = row.weighted_satisfaction
    colour = COLOURS["worse"] if row.is_key else COLOURS["band"]
    nought = alt.Chart(alt.Data(values=[{"low": 0}])).mark_rule(color=COLOURS["line"]).encode(x=x("low"))
    layers = [nought]
    if value is not None:
        bar = alt.Chart(alt.Data(values=[{"low": 0, "high": value}]))
        layers.append(bar.mark_rule(color=colour, strokeWidth=9).encode(x=x("low"), x2="high:Q"))
    if row.weighted_satisfaction_low is not None and row.weighted_satisfaction_high is not None:
        span = {"low": row.weighted_satisfaction_low, "high": row.weighted_satisfaction_high}
        line = alt.Chart(alt.Data(values=[span])).mark_rule(color=COLOURS["ink"], strokeWidth=1.2)
        layers.append(line.encode(x=x("low"), x2="high:Q"))
    return _framed(layers, BAR_PIXELS)


def multiple_domain(rows: list[Evidence]) -> tuple[float, float]:
    """From nought or one to the highest multiple that is shown or promised."""
    shown = [
        value for row in rows for value in (row.ratio, row.ratio_low, row.ratio_high, row.promised) if value is not None
    ]
    return min([*shown, 1.0]) - 0.1, max([*shown, 1.0]) + 0.1


def multiple(row: Evidence, domain: tuple[float, float]) -> bytes:
    """The multiple reached (dot) with its interval against the one promised (tick); a line at one, no change."""
    import altair as alt

    def x(name: str) -> Any:
        return alt.X(f"{name}:Q", axis=None, scale=alt.Scale(domain=list(domain), nice=False, zero=False))

    def at(**values: float | None) -> Any:
        return alt.Chart(alt.Data(values=[values]))

    layers = [at(low=1).mark_rule(color=COLOURS["line"]).encode(x=x("low"))]
    if row.ratio_low is not None and row.ratio_high is not None:
        span = at(low=row.ratio_low, high=row.ratio_high)
        layers.append(span.mark_rule(color=COLOURS["accent"], strokeWidth=1.4).encode(x=x("low"), x2="high:Q"))
    if row.promised is not None:
        tick = at(low=row.promised).mark_tick(color=COLOURS["worse"], thickness=2, height=14)
        layers.append(tick.encode(x=x("low")))
    if row.ratio is not None:
        point = at(low=row.ratio).mark_point(shape="circle", size=40, filled=True, opacity=1, color=COLOURS["accent"])
        layers.append(point.encode(x=x("low")))
    return _framed(layers, MULTIPLE_PIXELS)


def months_of_evidence(rows: list[Evidence]) -> bytes:
    """One comparison month by month: the multiple with its interval, and what was promised as a dashed line."""
    points = [Point(period=row.period, value=row.ratio, low=row.ratio_low, high=row.ratio_high) for row in rows]
    return sparkline(points, rows[-1].promised)


def picture(drivers: list[Driver], importance: str, language: Language) -> bytes:
    """Importance (up) against experience (right): numbered points and the cross-hairs. ``importance``: stated, derived.

    Points that stand on each other are told by the table beside it.
    """
    import altair as alt

    rows = [
        {"x": row.performance, "y": getattr(row, "stated" if importance == "stated" else "derived_pct"),
         "n": str(row.position)}
        for row in drivers
    ]  # fmt: skip
    rows = [row for row in rows if row["x"] is not None and row["y"] is not None]
    lines = {
        "x": getattr(drivers[0], f"{importance}_performance_line"),
        "y": getattr(drivers[0], f"{importance}_line"),
    }
    scales, axes = {}, {}
    for place in ("x", "y"):
        low, high, ticks = _round([row[place] for row in rows])
        scales[place] = alt.Scale(domain=[low, high], nice=False, zero=False)
        axes[place] = _numbered_axis(ticks, language)
    x = alt.X("x:Q", scale=scales["x"], axis=axes["x"], title=None)
    y = alt.Y("y:Q", scale=scales["y"], axis=axes["y"], title=None)
    layers = []
    for place, encoding in (("x", x), ("y", y)):
        if lines[place] is not None:
            line = alt.Chart(alt.Data(values=[{place: lines[place]}]))
            rule = line.mark_rule(color=COLOURS["muted"], strokeDash=[3, 3], strokeWidth=0.9)
            layers.append(rule.encode(**{place: encoding}))
    points = alt.Chart(alt.Data(values=rows)).encode(x=x, y=y)
    layers.append(points.mark_point(shape="circle", size=150, filled=True, opacity=1, color=COLOURS["accent"],
                                    stroke=COLOURS["paper"], strokeWidth=1))  # fmt: skip
    layers.append(
        points.mark_text(color=COLOURS["paper"], fontSize=9, fontWeight=600, baseline="middle").encode(text="n:N")
    )
    return svg(
        alt.layer(*layers)
        .properties(width=PICTURE_PIXELS[0], height=PICTURE_PIXELS[1], autosize="none",
                    padding={"left": 30, "right": 10, "top": 5, "bottom": 18})
        .configure(background="transparent", font="Inter")
        .configure_view(stroke=COLOURS["line"], strokeWidth=0.6)
    )  # fmt: skip


def _round(values: list[float]) -> tuple[float, float, list[float]]:
    """Ends of an axis with room around ``values``, and three to six round ticks within."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.12 * ((high - low) or 1.0)
    low, high = low - room, high + room
    rough = (high - low) / 4
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return low, high, [round(index * step, 9) for index in range(first, last + 1)]


def _numbered_axis(ticks: list[float], language: Language) -> Any:
    import json

    import altair as alt

    numbers = Numbers(language)
    decimals = 0 if all(tick == int(tick) for tick in ticks) else 1
    labels = {str(place): numbers.number(tick, decimals) for place, tick in enumerate(ticks)}
    first, step = ticks[0], (ticks[1] - ticks[0]) if len(ticks) > 1 else 1
    said = json.dumps(labels, ensure_ascii=False, sort_keys=True)
    return alt.Axis(
        values=ticks,
        labelExpr=f"({said})[toString(round((datum.value - {first}) / {step}))]",
        title=None,
        gridColor=COLOURS["hair"],
        domain=False,
        ticks=False,
        labelColor=COLOURS["muted"],
        labelFontSize=9,
        labelPadding=4,
    )


def _axis(domain: tuple[float, float], ticks: list[int], width: int, numbers: Numbers) -> bytes:
    import altair as alt

    rows = [{"low": tick, "label": numbers.count(tick)} for tick in ticks]
    scale = alt.Scale(domain=list(domain), nice=False, zero=False)
    chart = alt.Chart(alt.Data(values=rows)).encode(x=alt.X("low:Q", axis=None, scale=scale), text="label:N")
    return _framed([chart.mark_text(color=COLOURS["muted"], fontSize=9)], (width, _AXIS_HEIGHT))


def _framed(layers: list[Any], pixels: tuple[int, int]) -> bytes:
    """Layers over one horizontal scale in a fixed frame, so that the rows of a table line up."""
    import altair as alt

    return svg(
        alt.layer(*layers)
        .properties(width=pixels[0], height=pixels[1], autosize="none", padding=_MARGIN)
        .configure(background="transparent", font="Inter")
        .configure_view(stroke=None)
    )
