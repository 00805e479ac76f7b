"""Charts as SVG: Altair describes them, vl-convert draws them. The same figures give the same bytes.

No text of a customer or a KPI is in a chart; names stand beside it, in the page. Widths and heights are in CSS pixels
(96 to an inch).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from report_templates import vocabulary
from report_templates.language import Language
from report_templates.reading import Benchmark, Kpi, Point
from report_templates.theme import COLOURS, MARKER_COLOURS, MARKER_SHAPES, Numbers

SPARKLINE_PIXELS = (142, 30)
TREND_PIXELS = (276, 74)
_TREND_MARGINS = {"left": 34, "right": 8, "top": 7, "bottom": 18}
_SPARKLINE_MARGIN = 5
_LABELLED_MONTHS = 6
#: A figure quoted elsewhere is drawn when it lies no further from the months than this many times their own range:
#: further away it would press them flat, and they are what the chart is about.
_REACH_OF_QUOTED = 2.0


def warm_up() -> None:
    """Import what draws, and draw once: the first chart of a process costs most of a second."""
    svg(_chart([Point(period="2000-01", value=1.0), Point(period="2000-02", value=2.0)], None, SPARKLINE_PIXELS, None))


def sparkline(months: list[Point], target: float | None = None) -> bytes:
    """A KPI's months as a line with its interval band, without axes; markers at better and worse, a dot at the last.

    ``target`` is a dashed line.
    """
    return svg(_chart(months, target, SPARKLINE_PIXELS, None))


def trend(
    months: list[Point], kpi: Kpi, target: float | None, language: Language, quoted: Sequence[Benchmark] = ()
) -> bytes:
    """A KPI's months with axes, its interval band and today's target as a dashed line.

    Of what is ``quoted`` elsewhere, that within reach is a finely dashed line with the word unverified (or verified).
    """
    return svg(_chart(months, target, TREND_PIXELS, (kpi, language), within_reach(months, target, quoted)))


def within_reach(months: list[Point], target: float | None, quoted: Iterable[Benchmark]) -> list[Benchmark]:
    """Those of ``quoted`` that a trend draws."""
    low, high = _range(months, target)
    reach = _REACH_OF_QUOTED * (high - low)
    return [each for each in quoted if low - reach <= each.value <= high + reach]


def _chart(
    months: list[Point],
    target: float | None,
    pixels: tuple[int, int],
    axes: tuple | None,
    quoted: Sequence[Benchmark] = (),
) -> Any:
    import altair as alt

    rows = _rows(months)
    data = alt.Data(values=rows)
    low, high, ticks = _scale(months, target, axes[0] if axes else None, [each.value for each in quoted])
    x = alt.X(
        "month:Q", axis=_month_axis(months, axes), scale=alt.Scale(domain=[0, max(1, len(months) - 1)], nice=False)
    )
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    y_axis = _value_axis(ticks, axes)
    y, y_low, y_target = (
        alt.Y(f"{name}:Q", axis=y_axis, scale=scale, title=None) for name in ("value", "low", "target")
    )

    base = alt.Chart(data).encode(x=x)
    layers = [
        base.mark_area(color=COLOURS["band"], opacity=1).encode(y=y_low, y2="high:Q"),
        *_reference_lines(quoted, len(months), (low + high) / 2, x, y, axes),
        base.mark_line(color=COLOURS["accent"], strokeWidth=1.4, strokeJoin="round").encode(y=y),
    ]
    alone = [row for row in rows if row["alone"]]
    if alone:  # a line through a single month has no length
        lone = alt.Chart(alt.Data(values=alone)).encode(x=x)
        layers += [
            lone.mark_rule(color=COLOURS["band"], strokeWidth=4).encode(y=y_low, y2="high:Q"),
            lone.mark_tick(color=COLOURS["accent"], thickness=1.4, width=6, orient="horizontal").encode(y=y),
        ]
    if target is not None:
        line = alt.Chart(alt.Data(values=[{"target": target}]))
        layers.append(line.mark_rule(color=COLOURS["muted"], strokeDash=[3, 3], strokeWidth=0.8).encode(y=y_target))
    marked = [row for row in rows if row["verdict"] in MARKER_SHAPES]
    for verdict, shape in MARKER_SHAPES.items():
        of_verdict = [row for row in marked if row["verdict"] == verdict]
        if of_verdict:
            layers.append(
                alt.Chart(alt.Data(values=of_verdict))
                .mark_point(
                    shape=shape,
                    size=46 if axes else 34,
                    filled=True,
                    opacity=1,
                    color=MARKER_COLOURS[verdict],
                    stroke=COLOURS["paper"],
                    strokeWidth=0.8,
                )
                .encode(x=x, y=y)
            )
    if not axes and rows and rows[-1]["value"] is not None and rows[-1]["verdict"] not in MARKER_SHAPES:
        last = alt.Chart(alt.Data(values=rows[-1:])).encode(x=x, y=y)
        layers.append(last.mark_point(shape="circle", size=18, filled=True, opacity=1, color=COLOURS["accent"]))
    return (
        alt.layer(*layers)
        .properties(
            width=pixels[0],
            height=pixels[1],
            # A fixed frame, so that charts in a column line up whatever their labels and markers need.
            autosize="none",
            padding=_TREND_MARGINS if axes else _SPARKLINE_MARGIN,
        )
        .configure(background="transparent", font="Inter")
        .configure_view(stroke=None)
    )


def _reference_lines(
    quoted: Sequence[Benchmark], months: int, middle: float, x: Any, y: Any, axes: tuple | None
) -> list[Any]:
    """A line at each figure quoted elsewhere, and the word for how far it may be trusted: under the months' own line.

    The words stand away from the middle, one at the old end and the next at the other, so that two can be read.
    """
    import altair as alt

    layers = []
    for nth, each in enumerate(quoted):
        month, above = (0, max(1, months - 1))[nth % 2], each.value > middle
        word = axes[1].gettext(vocabulary.QUOTED[each.is_verified])
        line = alt.Chart(alt.Data(values=[{"month": month, "value": each.value, "word": word}]))
        text = {
            "fontSize": 9,
            "align": "right" if month else "left",
            "baseline": "bottom" if above else "top",
            "dy": -1 if above else 2,
        }
        layers += [
            line.mark_rule(color=COLOURS["muted"], strokeDash=[1, 2], strokeWidth=0.7).encode(y=y),
            # readable on the band too
            line.mark_text(stroke=COLOURS["paper"], strokeWidth=2, **text).encode(x=x, y=y, text="word:N"),
            line.mark_text(color=COLOURS["muted"], **text).encode(x=x, y=y, text="word:N"),
        ]
    return layers


def _rows(months: list[Point]) -> list[dict[str, Any]]:
    def known(index: int) -> bool:
        return 0 <= index < len(months) and months[index].value is not None

    return [
        {
            "month": index,
            "value": point.value,
            "low": None if point.value is None else point.low,
            "high": None if point.value is None else point.high,
            "verdict": point.verdict if point.value is not None else None,
            "alone": known(index) and not known(index - 1) and not known(index + 1),
        }
        for index, point in enumerate(months)
    ]


def _month_axis(months: list[Point], axes: tuple | None) -> Any:
    if not axes:
        return None
    import altair as alt

    language = axes[1]
    last = len(months) - 1
    step = _LABELLED_MONTHS if last >= 2 * _LABELLED_MONTHS else max(1, last // 3)
    values = list(range(last, -1, -step))[::-1]
    labels = {str(value): language.month(months[value].period, "MMM y") for value in values}
    return alt.Axis(
        values=values,
        labelExpr=f"({_literal(labels)})[toString(datum.value)]",
        title=None,
        grid=False,
        domainColor=COLOURS["line"],
        tickColor=COLOURS["line"],
        tickSize=3,
        labelColor=COLOURS["muted"],
        labelFontSize=9,
        labelFlush=True,
        labelOverlap=False,
    )


def _value_axis(ticks: list[float], axes: tuple | None) -> Any:
    if not axes:
        return None
    import altair as alt

    numbers, decimals = Numbers(axes[1]), _decimals(ticks)
    labels = [numbers.number(tick, decimals) for tick in ticks]
    first, last = ticks[0], ticks[-1]
    return alt.Axis(
        values=ticks,
        labelExpr=f"({_literal(labels)})[round((datum.value - {first}) / {last - first} * {len(ticks) - 1})]",
        title=None,
        gridColor=COLOURS["hair"],
        domain=False,
        ticks=False,
        labelColor=COLOURS["muted"],
        labelFontSize=9,
        labelPadding=4,
    )


def _literal(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _range(months: list[Point], target: float | None) -> tuple[float, float]:
    """The lowest and the highest number that must be on the chart, never the same."""
    shown = [
        number
        for point in months
        if point.value is not None
        for number in (point.value, point.low, point.high)
        if number is not None
    ]
    shown += [target] if target is not None else []
    low, high = min(shown, default=0.0), max(shown, default=1.0)
    return (low - 1, high + 1) if high - low < 1e-9 else (low, high)


def _scale(
    months: list[Point], target: float | None, kpi: Kpi | None, quoted: Sequence[float] = ()
) -> tuple[float, float, list[float]]:
    """Lower and upper end of the value axis and its three to five round ticks; none for a sparkline."""
    low, high = _range(months, target)
    # The word of what is quoted needs room on the far side of its line.
    room = 0.12 * (max([high, *quoted]) - min([low, *quoted]))
    low, high = min([low, *(each - room for each in quoted)]), max([high, *(each + room for each in quoted)])
    if kpi is None:
        return low, high, []
    rough = (high - low) / 3
    magnitude = 10 ** math.floor(math.log10(rough))
    step = next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [round(index * step, 9) for index in range(first, last + 1)]
    return ticks[0], ticks[-1], ticks


def _decimals(ticks: list[float]) -> int:
    return max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))


def svg(chart: Any) -> bytes:
    """The chart as SVG."""
    import altair as alt
    import vl_convert

    version = re.match(r"v(\d+\.\d+)", alt.SCHEMA_VERSION)[1]
    # The schema is checked when the chart is put together by its tests, not at each of dozens of charts a month.
    return vl_convert.vegalite_to_svg(chart.to_dict(validate=False), vl_version=version).encode("utf-8")
