"""What the report says of the gap analysis: the month's tables, and the cycles before it as they were published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows import figures
from flows.gap import TABLES, frozen, leading
from flows.inference.gap_cycles import cycles
from flows.ledger_records import Publication
from flows.period import Period

#: Tables told for the whole company only; the others have no slices.
_SLICED = ("gap_figures", "gap_rankings")
#: What is read of a frozen month.
_REMEMBERED = ("gap_figures", "gap_rankings", "gap_evidence", "gap_brand_value")


def told(database: Path, period: Period, publications: Mapping[str, Publication]) -> dict[str, Any] | None:
    """The part ``gap`` of the report's input; None when nobody rated anything in the month.

    ``publications`` are the newest by period; those before ``period`` are the cycles' history.
    """
    month = [str(period)]
    tables = {
        name: figures.rows(database, f"select * from {name} where period = ? order by {order}", month)
        for name, order in TABLES.items()
    }
    ranking = leading(tables["gap_rankings"])
    if ranking is None:
        return None
    before = [
        remembered
        for each in sorted(publications)
        if each < str(period) and (remembered := _remembered(each, frozen(publications[each].directory, _REMEMBERED)))
    ]
    now = _remembered(str(period), tables)
    of_role = [row for row in tables["gap_rankings"] if row["role"] == ranking["role"]]
    overall = {name: [row for row in tables[name] if row["slice"] == "overall"] for name in _SLICED}
    return {
        "role": ranking["role"],
        "ranking": ranking,
        "parts": [row for row in of_role if row["slice"] != "overall"],
        "figures": overall["gap_figures"],
        "roles": tables["gap_roles"],
        "drivers": tables["gap_drivers"],
        "requirements": tables["gap_requirements"],
        "evidence": figures.rows(
            database, "select * from gap_evidence where period <= ? order by initiative, position, period", month
        ),
        "simulation": tables["gap_simulation"],
        "brand_value": next(iter(tables["gap_brand_value"]), None),
        "initiatives": figures.rows(database, "select * from gap_initiatives order by initiative"),
        "scale": figures.rows(database, "select * from gap_dimensions order by position limit 1")[0],
        "cycles": cycles([*before, now]),
        "last_month": before[-1] if before else None,
    }


def left_out(database: Path, period: Period, timezone: str) -> list[str]:
    """For the trust page: ratings of the month that are of no declared dimension, or on another scale than declared."""
    query = """
        select
            count(*) filter (where d.dimension is null) as undeclared,
            count(*) filter (
                where
                    case when f.question_kind = 'importance' then
                        (f.scale_minimum, f.scale_maximum) <> (d.importance_low, d.importance_high)
                    else (f.scale_minimum, f.scale_maximum) <> (d.scale_low, d.scale_high) end
            ) as off_scale
        from fct_feedback as f
        left join gap_dimensions as d on d.dimension = f.dimension
        where
            f.question_kind in ('experience', 'expectation', 'importance')
            and f.answered_at >= ? and f.answered_at < ?
    """
    [counted] = figures.rows(database, query, [period.start(timezone), period.end(timezone)])
    said = []
    if counted["undeclared"]:
        said.append(
            f"{counted['undeclared']:,} ratings are of no dimension that cx.toml declares under [gap]; "
            "the gap analysis leaves them out"
        )
    if counted["off_scale"]:
        said.append(
            f"{counted['off_scale']:,} ratings are on another scale than cx.toml declares under [gap]; "
            "the gap analysis leaves them out, nothing is rescaled"
        )
    return said


def _remembered(period: str, tables: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any] | None:
    """What is kept of a month: its key experience, verdicts and brand value; None without ratings."""
    ranking = leading(tables["gap_rankings"])
    value = next(iter(tables["gap_brand_value"]), None) or {}
    if ranking is None:
        return None
    return {
        "period": period,
        "role": ranking["role"],
        "key": ranking["key"],
        "cycle": value.get("cycle") or 0,
        "since": value.get("since"),
        "brand_value": value.get("dimension"),
        "proposed": value.get("proposed"),
        "proved_by": value.get("proved_by"),
        "verdicts": {row["initiative"]: row["verdict"] for row in tables["gap_evidence"]},
        "figures": [
            {name: row[name] for name in ("dimension", "satisfaction", "satisfaction_error")}
            for row in tables["gap_figures"]
            if row["role"] == ranking["role"] and row["slice"] == "overall"
        ],
    }
