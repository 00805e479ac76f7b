"""The gap analysis as text: a table a step, each as the method prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from flows.inference.drivers import WARNINGS
from flows.inference.evidence import PROMISES
from flows.inference.requirements import FITS

NOT_GIVEN, WITHHELD = "not given", "withheld"
_MEANT = {
    "experience": "2a actual", "expectation": "2b expected", "satisfaction": "2c = 2a-2b",
    "importance": "2d importance", "weighted_satisfaction": "3a = 2d*2c", "ideal": "4a ideal", "gap": "4b = 2a-4a",
}  # fmt: skip
_RESTS_ON = {
    "satisfaction": ("experience", "expectation"),
    "weighted_satisfaction": ("experience", "expectation", "importance"),
    "ideal": ("experience",),
    "gap": ("experience",),
}
Table = tuple[str, Sequence[str], list[list[str]]]


def tables(document: dict[str, Any]) -> Iterator[Table]:
    """Title, heading and rows of each table of ``gap.published_gap``, in the order of the steps."""
    value = document["brand_value"]
    if value and value["dimension"]:
        row = [value["dimension"], value["why_customers_come"] or "", value["for_whom"] or "", value["since"] or ""]
        yield (
            f"Step 1  brand value, cycle {value['cycle']}",
            ("brand value", "why customers come", "for whom", "since"),
            [row],
        )
    for (role, slice_, label), rows in _groups(document):
        where = "" if slice_ == "overall" else f", {slice_} {label}"
        heading = ("dimension", *_MEANT.values(), "rank", "n")
        yield f"Steps 2 to 4  {role}{where}", heading, [_numbers(row) for row in rows]
        if slice_ == "overall" and any(row["sample"] for row in rows):
            measures = [name for name in _MEANT if name not in ("ideal", "gap")]
            heading = ("dimension", *(_MEANT[name] for name in measures), "most negative")
            yield f"95 % intervals  {role}", heading, [_intervals(row, measures) for row in rows]
    if document["roles"]:
        heading = ("dimension", "measure", "who", "difference", "95 % interval", "clear")
        yield "Step 2  where roles differ", heading, [_role(row) for row in document["roles"]]
    if document["drivers"]:
        heading = (
            "dimension",
            "stated 2d",
            "rank",
            "derived %",
            "95 % interval",
            "rank",
            "performance",
            "stated",
            "derived",
            "warnings",
        )
        first = document["drivers"][0]
        title = (
            f"Step 3  importance, stated and derived ({first['n']} complete cases, at least {first['minimum_cases']})"
        )
        yield title, heading, [_driver(row) for row in document["drivers"]]
    if document["requirements"]:
        heading = ("rank", "dimension", "4b", "initiative", "requirement", "strategy", "readiness", "fit")
        yield "Steps 5 and 6  requirements, by gap", heading, [_requirement(row) for row in document["requirements"]]
    if document["evidence"]:
        heading = (
            "initiative",
            "dimension",
            "compared",
            "months",
            "multiple",
            "95 % interval",
            "promised",
            "promise",
            "verdict",
        )
        yield "Step 7  evidence", heading, [_evidence(row) for row in document["evidence"]]
    if document["simulation"]:
        heading = ("dimension", "from 2a", "to 4a", "recommendation 0-10", "would go with", "95 % interval")
        rows = [_simulated(row) for row in document["simulation"]]
        yield "Simulation: association is not cause", heading, rows
    if value:
        proof = f"proved by {value['proved_by']}" if value["proved_by"] else "nothing is proved yet"
        yield (
            "Step 7  the next cycle starts from",
            ("brand value", "because"),
            [[value["proposed"] or NOT_GIVEN, proof]],
        )


def printed(document: dict[str, Any]) -> str:
    """All tables one below the other, their columns in line, and what step 3 says."""
    parts = [f"Gap analysis of {document['period']}", *sentences(document)]
    for title, heading, rows in tables(document):
        widths = [max(len(str(row[place])) for row in [heading, *rows]) for place in range(len(heading))]
        lines = [
            "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in [heading, *rows]
        ]
        parts.append("\n".join(["", title, lines[0], "-" * len(lines[0]), *lines[1:]]))
    return "\n".join(parts)


def sentences(document: dict[str, Any]) -> Iterator[str]:
    """What step 3 says in words."""
    keys, role = document["key_experiences"], document["role"]
    if keys:
        yield f"Key experience ({role}): {', '.join(keys)}"
    elif document["candidates"]:
        yield f"No key experience is certain; it may be {', '.join(document['candidates'])}"
    elif len(document["unrankable"]) == len({row["dimension"] for row in document["rows"]}):
        yield "No key experience can be told: experience and expectation are never both given"
        return
    else:
        yield "No key experience: nothing that can be ranked falls short of what is expected"
    if document["unrankable"]:
        yield f"Cannot be ranked, because it is not known how satisfied people are: {', '.join(document['unrankable'])}"
    if document["could_be_worse"]:
        names = ", ".join(document["could_be_worse"])
        yield f"Could be worse than the key experience, depending on what is not given: {names}"


def _groups(document: dict[str, Any]) -> list[tuple[tuple[str, str, str | None], list[dict[str, Any]]]]:
    """The rows by role and slice value: the whole company before its parts, the leading role first."""
    found = groupby(document["rows"], key=lambda row: (row["role"], row["slice"], row["slice_value"]))
    return sorted(
        ((key, list(rows)) for key, rows in found),
        key=lambda each: (each[0][1] != "overall", each[0][0] != document["role"], *each[0][:2], each[0][2] or ""),
    )


def _numbers(row: dict[str, Any]) -> list[str]:
    shown = [_cell(row, name) for name in _MEANT]
    rank = _rank(row["rank"], row["rank_best"], row["rank_worst"])
    key = " <- key" if row["is_key"] else ""
    return [row["dimension"], *shown, rank + key, _or(row["n"], lambda n: f"{n}")]


def _cell(row: dict[str, Any], name: str) -> str:
    if row[name] is not None:
        return plain(row[name])
    return WITHHELD if set(_RESTS_ON.get(name, (name,))) & set(row["withheld"]) else NOT_GIVEN


def _intervals(row: dict[str, Any], measures: list[str]) -> list[str]:
    spans = [_span(row[f"{name}_low"], row[f"{name}_high"]) for name in measures]
    return [row["dimension"], *spans, _or(row["most_negative_pct"], lambda pct: f"{pct:.0f} %")]


def _role(row: dict[str, Any]) -> list[str]:
    clear = {True: "yes", False: "no", None: ""}[row["clear"]]
    who = f"{row['role']} - {row['other']}"
    return [row["dimension"], row["measure"], who, plain(row["difference"]), _span(row["low"], row["high"]), clear]


def _driver(row: dict[str, Any]) -> list[str]:
    return [
        row["dimension"],
        _or(row["stated"], plain, NOT_GIVEN),
        _or(row["stated_rank"], str),
        _or(row["derived_pct"], plain),
        _span(row["derived_pct_low"], row["derived_pct_high"]),
        _rank(None, row["derived_rank_best"], row["derived_rank_worst"]),
        _or(row["performance"], plain, NOT_GIVEN),
        row["stated_quadrant"] or "",
        row["derived_quadrant"] or "",
        "; ".join(WARNINGS[name] for name in row["warnings"]),
    ]


def _requirement(row: dict[str, Any]) -> list[str]:
    lacks = [f"not ready: {', '.join(row['not_ready'])}"] if row["not_ready"] else []
    lacks += [f"not scored: {', '.join(row['not_scored'])}"] if row["not_scored"] else []
    fit = FITS[row["fit"]] + (f" ({'; '.join(lacks)})" if lacks else "")
    return [
        _or(row["rank"], str),
        row["dimension"],
        _or(row["gap"], plain, NOT_GIVEN),
        row["initiative"] or "",
        row["requirement"] or "",
        _or(row["strategy_fit"], plain),
        _or(row["readiness"], plain),
        fit,
    ]


def _evidence(row: dict[str, Any]) -> list[str]:
    compared = f"{row['compared']} against {row['base']}" if row["compared"] else ""
    promised = _or(row["promised"], plain, "any improvement") if row["compared"] else ""
    return [
        row["initiative"],
        row["dimension"],
        compared,
        _or(row["months"], lambda n: f"{n} / {row['base_months']}"),
        _or(row["ratio"], plain),
        _span(row["ratio_low"], row["ratio_high"]),
        promised,
        PROMISES[row["promise"]] if row["promise"] else "",
        f"{row['verdict']}: {row['reason']}",
    ]


def _simulated(row: dict[str, Any]) -> list[str]:
    change = _or(row["effect"], lambda size: f"{size:+.2f}", "no model")
    return [
        row["dimension"],
        _or(row["experience"], plain),
        plain(row["ideal"]),
        _or(row["outcome_mean"], plain),
        change,
        _span(row["effect_low"], row["effect_high"]),
    ]


def plain(number: float) -> str:
    """At most two decimals, none where there are none: -18, 5.62."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{plain(low)} to {plain(high)}"


def _rank(rank: int | None, best: int | None, worst: int | None) -> str:
    if rank is not None:
        return str(rank)
    return "" if best is None or worst is None else str(best) if best == worst else f"{best} to {worst}"


def _or(value: Any, shown: Callable[[Any], str], otherwise: str = "") -> str:
    return otherwise if value is None else shown(value)
