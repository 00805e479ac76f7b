"""What is behind a figure, as an analyst reads it in a terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from flows.inference.verdicts import VERDICTS
from flows.period import Period

_WIDTH = 110
_MARGIN = 14
#: Of a hash this many digits are shown; the JSON has all.
_DIGITS = 10

_KINDS = {
    "proportion": "the rows counted, in per cent of the base",
    "nps": "promoters (9, 10) minus detractors (0 to 6), in per cent of the answers",
    "mean": "the mean of the measure",
    "log_mean": "the geometric mean of the measure",
    "rate": "the rows counted, per {per:,} of the exposure; n is the exposure",
    "ratio": "a sum over a sum{per_many}",
    "quantile": "the measure that {pct} of the rows do not exceed; what lies beyond the window counts as longest",
    "survival": "{told} (Kaplan-Meier: rows without the event count for as long as they were seen)",
    "spread": "the standard deviation between groups, less what chance makes of it",
    "mix": "the rows of the part, in per cent of those of all parts; n is all parts",
    "count": "the number of rows",
    "estimate": "worked out by a model of its own",
    "composite": "put together from the figures of other KPIs",
}
_DIRECTIONS = {"up": "higher is better", "down": "lower is better", "neutral": "neither direction is better"}
#: What stands behind a number, where that is not the unit's name after a space.
_UNITS = {"%": "%"} | dict.fromkeys(("score", "count", "ratio", "rank", "money"), "")
_COUNTED = {"proportion": "counted", "rate": "counted"}
_ORDER = {
    "proportion": ", those counted first",
    "quantile": ", those nearest to the figure first",
    "survival": ", those nearest to the figure first",
}


def as_text(answer: dict[str, Any], timezone: str) -> str:
    """The answer of ``explain.explain`` as lines; ``timezone`` is the company's."""
    kpi = answer["kpi"]
    where = "the whole company" if answer["slice_value"] is None else f"{answer['slice']} {answer['slice_value']}"
    lines = [f"{kpi['label']} ({kpi['kpi']}), {Period.parse(answer['period']).label}, {where}", ""]
    lines += _definition(answer)
    lines += ["", *_figure(answer)]
    if answer["withheld"]:
        lines += _entry("withheld", answer["withheld"])
    for note in answer["notes"]:
        lines += _entry("note", note)
    if answer["sql"]:
        lines += ["", f"SQL           to be run with DuckDB on {answer['build']['database']}", ""]
        lines += [
            f"  set TimeZone = '{timezone}';",
            *(f"  {line}".rstrip() for line in f"{answer['sql']};".splitlines()),
        ]
    if answer["rows"]:
        lines += ["", *_rows(answer)]
    if answer["estimates"]:
        lines += ["", *_estimates(answer)]
    if answer["parts"]:
        lines += ["", *_parts(answer)]
    return "\n".join(lines)


def _entry(name: str, text: object) -> list[str]:
    return textwrap.wrap(
        str(text), _WIDTH, initial_indent=name.ljust(_MARGIN), subsequent_indent=" " * _MARGIN, break_long_words=False
    )


def _definition(answer: dict[str, Any]) -> list[str]:
    kpi = answer["kpi"]
    pct = f"{100 * (kpi['quantile'] or 0):g} %"
    told = (
        f"the time by which {pct} had the event"
        if kpi["quantile"]
        else f"the share without it at {kpi['horizon'] or 0:g}"
    )
    per_many = f", told per {kpi['per']:,}" if kpi["per"] and kpi["per"] != 1 else ""
    kind = _KINDS.get(kpi["kind"], "").format(**kpi, pct=pct, told=told, per_many=per_many)
    lines = _entry("definition", kpi["definition"])
    lines += _entry("edge cases", kpi["edge_cases"])
    lines += _entry("unit", f"{kpi['unit']}; {_DIRECTIONS[kpi['direction']]}")
    lines += _entry("kind", kpi["kind"] + (f": {kind}" if kind else ""))
    if kpi["month"]:
        lines += _entry("fact", f"{kpi['fact']}; {_month(kpi)}")
        lines += _entry("base", "every row" if kpi["base"] == "true" else kpi["base"])
    elif model := answer["model"]:
        reads = f"; it reads {', '.join(model['reads'])}" if kpi["kind"] == "estimate" and model["reads"] else ""
        lines += _entry("model", f"{model['name']}, in {model['file']}{reads}")
    if kpi["counted"]:
        lines += _entry(_COUNTED.get(kpi["kind"], "measure"), kpi["counted"])
    if kpi["cluster"]:
        lines += _entry("cluster", f"{kpi['cluster']}: rows of one are not independent of each other")
    if kpi["exposure"]:
        lines += _entry("exposure", kpi["exposure"])
    if answer["slice_sql"]:
        lines += _entry("slice", f"{answer['slice']}, in SQL: {answer['slice_sql']}")
    return lines


def _month(kpi: dict[str, Any]) -> str:
    if not kpi["window_days"]:
        return f"a row counts in {'its month' if kpi['month'] in (None, 'month') else 'the month of ' + kpi['month']}"
    return f"a row counts in the month in which its {kpi['window_days']} days after {kpi['month']} are over"


def _figure(answer: dict[str, Any]) -> list[str]:
    figure, kpi, publication = answer["figure"], answer["kpi"], answer["publication"]
    lines = []
    if publication:
        how = "backfilled" if publication["kind"] == "backfill" else f"revision {publication['revision']}"
        lines += _entry("published", f"{how}, {publication['published_at'][:10]}")
    if figure and figure["value"] is not None:
        lines += _entry("figure", f"{_with_unit(figure['value'], kpi)}{_interval(figure, kpi)}, n {figure['n']:,}")
        if figure["previous"] is not None:
            against = "last month with data" if kpi["compared_with"] == "last_with_data" else "previous month"
            lines += _entry(
                "change",
                f"{_number(figure['change'], kpi, sign=True)}{_interval(figure, kpi, 'change_')} "
                f"from {_number(figure['previous'], kpi)} in the {against}",
            )
        if figure["target"] is not None:
            met = {True: ", met", False: ", not met"}.get(figure["met"], "")
            lines += _entry("target", f"{_with_unit(figure['target'], kpi)}{met}")
    if figure:
        q = f" (q {figure['q']:.3f})" if figure["q"] is not None else ""
        lines += _entry("verdict", f"{figure['verdict']}{q}: {VERDICTS[figure['verdict']]}")
    if recomputed := answer["recomputed"]:
        same = {None: "", False: ", the same as published", True: ", DIFFERENT from what was published"}
        lines += _entry(
            "counted again",
            f"{_with_unit(recomputed['value'], kpi)}, n {recomputed['n']:,}{same[answer['differs']]} "
            f"(build of {answer['build']['period']})",
        )
    return lines


def _number(value: float | None, kpi: dict[str, Any], *, sign: bool = False) -> str:
    return "none" if value is None else f"{value:{'+' if sign else ''},.{kpi['decimals']}f}"


def _with_unit(value: float | None, kpi: dict[str, Any]) -> str:
    return _number(value, kpi) + _UNITS.get(kpi["unit"], f" {kpi['unit']}")


def _interval(figure: dict[str, Any], kpi: dict[str, Any], of: str = "") -> str:
    low, high = figure[f"{of}low"], figure[f"{of}high"]
    if low is None and high is None:
        return ""
    if low is None or high is None:
        end = f"from {_number(low, kpi)}, no upper end" if high is None else f"to {_number(high, kpi)}, no lower end"
        return f" (95 % interval {end})"
    return f" (95 % interval {_number(low, kpi)} to {_number(high, kpi)})"


def _rows(answer: dict[str, Any]) -> list[str]:
    kpi, total, listed = answer["kpi"], answer["rows"]["total"], answer["rows"]["listed"]
    what = ("events" if kpi["kind"] == "rate" else "rows") + _people(answer)
    if not listed:
        return [f"ROWS          {total:,} {what} stand behind it"]
    shown = "all" if len(listed) == total else f"{len(listed)} of"
    hits = answer["rows"]["hits"]
    told = "with the event, {} without" if kpi["kind"] == "survival" else "counted, {} not"
    parts = f" ({hits:,} {told.format(f'{total - hits:,}')})" if hits is not None and kpi["kind"] != "rate" else ""
    order = _ORDER.get(kpi["kind"], "") if len(listed) < total else ""
    if order and kpi["kind"] in ("quantile", "survival") and (kpi["horizon"] or answer["recomputed"] is None):
        order = ", the longest first"
    more = "; more with --rows" if len(listed) < total else ""
    lines = _entry("ROWS", f"{shown} {total:,} {what} behind it{parts}{order}{more}; keys are hashed")
    return [*lines, "", *_table([_cells(row, kpi) for row in listed])]


def _people(answer: dict[str, Any]) -> str:
    """Of how many people, or of how many of what they are clustered by, the rows are."""
    cluster, anonymous = answer["kpi"]["cluster"] or "customer_key", answer["rows"]["anonymous"]
    if anonymous is None:
        return ""
    known = answer["rows"]["people"] - anonymous
    whose = ("customer" if known == 1 else "customers") if cluster == "customer_key" else f"values of {cluster}"
    return f" of {known:,} {whose}" + (f" (and {anonymous:,} nobody knows whose)" if anonymous else "")


def _table(cells: list[dict[str, str]]) -> list[str]:
    """Lines of a table; a column in which nothing stands is left out."""
    headings = [name for name in cells[0] if any(row[name] for row in cells)]
    widths = {name: max(len(name), *(len(row[name]) for row in cells)) for name in headings}
    return [
        "  " + "  ".join(row[name].ljust(widths[name]) for name in headings).rstrip()
        for row in [{name: name for name in headings}, *cells]
    ]


def _estimates(answer: dict[str, Any]) -> list[str]:
    kpi, number = answer["kpi"], len(answer["estimates"])
    cells = [
        {
            "slice": row["slice"],
            "value": row["slice_value"] or "",
            "n": "" if row["n"] is None else f"{row['n']:,}",
            "estimate": _given(row["estimate"], kpi),
            "low": _given(row["estimate_low"], kpi),
            "high": _given(row["estimate_high"], kpi),
            "standard error": ""
            if row["estimate_error"] is None
            else f"{row['estimate_error']:.{kpi['decimals'] + 1}f}",
        }
        for row in answer["estimates"]
    ]
    what = "the row" if number == 1 else f"the {number} rows"
    return [f"ESTIMATES     {what} of {answer['model']['name']} in this month", "", *_table(cells)]


def _parts(answer: dict[str, Any]) -> list[str]:
    """What a composite is made of: each part's figure, and where it stands between 0 (worst) and 100 (best)."""
    cells = [
        {
            "dimension": part["dimension"],
            "part": part["part"],
            "figure": "" if part["value"] is None else _with_unit(part["value"], part),
            "n": "" if part["n"] is None else f"{part['n']:,}",
            "of": "" if part["period"] in (None, answer["period"]) else part["period"],
            "standing": _absent(part) if part["standing"] is None else f"{part['standing']:.1f}",
        }
        for part in answer["parts"]
    ]
    present = sum(part["standing"] is not None for part in answer["parts"])
    told = f"{present} of {len(cells)} have a figure; standing is 0 at the worst and 100 at the best end of the scale"
    return [*_entry("PARTS", told), "", *_table(cells)]


def _absent(part: dict[str, Any]) -> str:
    if part["verdict"] == "hidden":
        return "hidden"
    return "no figure" if part["value"] is None else "no scale"


def _given(value: float | None, kpi: dict[str, Any]) -> str:
    return "" if value is None else _number(value, kpi)


def _cells(row: dict[str, Any], kpi: dict[str, Any]) -> dict[str, str]:
    cells = {"time": _minute(row["time"]), "window closes": _minute(row["window_closes"])}
    name = {"quantile": kpi["unit"], "ratio": "numerator", "survival": "duration"}.get(kpi["kind"], "measure")
    if kpi["kind"] == "quantile":
        cells[name] = "beyond the window" if row["measure"] is None else f"{row['measure']:,.2f}"
    else:
        cells[name] = "" if row["measure"] is None else f"{row['measure']:g}"
    if kpi["kind"] == "nps" and row["measure"] is not None:
        cells["group"] = "promoter" if row["measure"] >= 9 else "detractor" if row["measure"] <= 6 else "passive"
    cells["event" if kpi["kind"] == "survival" else "counted"] = {True: "yes", False: "no", None: ""}[row["hit"]]
    cells["denominator"] = "" if row["denominator"] is None else f"{row['denominator']:g}"
    cells["weight"] = "" if row["weight"] is None else f"{row['weight']:g}"
    cells["customer"] = (row["customer_key"] or "")[:_DIGITS]
    for name, key in row["keys"].items():
        cells[name] = (key or "")[:_DIGITS] if name.endswith(("_key", "_id")) else key or ""
    cells["mapping"] = row["mapping"] or ""
    line = f", line {row['line']}" if row["line"] is not None else ""
    cells["from"] = f"{row['file']}{line}" if row["file"] else ""
    return cells


def _minute(text: str | None) -> str:
    """A time to the minute, as in the company's zone."""
    return (text or "")[:16]
