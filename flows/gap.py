"""The gap analysis of a month: frozen with its figures, read again, and printed as the method prints it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flows import figures
from flows.errors import CxError
from flows.ledger_records import Publication
from flows.period import Period

#: What is frozen of a month beside its figures, in the order in which a row of each table stands.
TABLES = {
    "gap_figures": "role, slice, slice_value nulls first, position",
    "gap_rankings": "role, slice, slice_value nulls first",
    "gap_roles": "dimension, measure, role, other",
    "gap_drivers": "position",
    "gap_requirements": "position",
    "gap_evidence": "initiative, position",
    "gap_simulation": "dimension",
    "gap_brand_value": "period",
}
_INTERVALS = ("experience", "expectation", "satisfaction", "importance", "weighted_satisfaction", "gap")
#: The keys of a row of `cx gap --format json`: every step's number of a dimension.
ROW = (
    "period", "role", "slice", "slice_value", "dimension", "experience", "expectation", "satisfaction", "importance",
    "weighted_satisfaction", "ideal", "gap", "rank", "n",
    *(f"{measure}_{side}" for measure in _INTERVALS for side in ("low", "high")),
    "ideal_is", "rank_best", "rank_worst", "is_key", "most_negative_pct", "sample", "not_given", "withheld",
)  # fmt: skip


def freeze(connection: Any, period: Period, directory: Path) -> None:
    """Write the month's rows of each of TABLES that has any into ``directory``, from an open DuckDB connection."""
    there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    for name, order in TABLES.items():
        if name not in there:
            continue
        rows = f"from {name} where period = '{period}'"
        if connection.execute(f"select count(*) {rows}").fetchone()[0]:
            target = str(directory / f"{name}.parquet").replace("'", "''")
            connection.execute(f"copy (select * {rows} order by {order}) to '{target}' (format parquet)")


def rated_months(database: Path) -> set[str]:
    """The months of a build in which somebody rated a dimension of the gap analysis."""
    return {row["period"] for row in figures.rows(database, "select distinct period from gap_figures")}


def frozen(directory: Path, names: Iterable[str] = tuple(TABLES)) -> dict[str, list[dict[str, Any]]]:
    """The tables ``names`` that a publication froze, in their order; a table it has not is empty."""
    import duckdb

    found: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect() as connection:
        for name in names:
            path = directory / f"{name}.parquet"
            if not path.is_file():
                found[name] = []
                continue
            result = connection.execute(f"select * from read_parquet(?) order by {TABLES[name]}", [str(path)])
            columns = [column[0] for column in result.description]
            found[name] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    return found


def published_gap(publication: Publication) -> dict[str, Any]:
    """Everything a publication says of the gap analysis, as `cx gap --format json` prints it.

    ``key_experience`` is the leading role's, of the whole company; null where there is none or where several are equal
    (``key_experiences``). Raises CxError when nobody rated anything in the month.
    """
    tables = frozen(publication.directory)
    told = leading(tables["gap_rankings"])
    if told is None:
        raise CxError(
            f"there is no gap analysis of {publication.period}: nobody rated a dimension of it",
            "deliver ratings of question kind experience, expectation and importance; see docs/gap-analysis.md",
        )
    return {
        "period": publication.period,
        "role": told["role"],
        "key_experience": told["key"][0] if len(told["key"]) == 1 else None,
        "key_experiences": told["key"],
        "candidates": told["candidates"],
        "unrankable": told["unrankable"],
        "could_be_worse": told["could_be_worse"],
        "brand_value": next(iter(tables["gap_brand_value"]), None),
        "rows": [{name: row[name] for name in ROW} for row in tables["gap_figures"]],
        "rankings": tables["gap_rankings"],
        "roles": tables["gap_roles"],
        "drivers": tables["gap_drivers"],
        "requirements": tables["gap_requirements"],
        "evidence": tables["gap_evidence"],
        "simulation": tables["gap_simulation"],
    }


def leading(rankings: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The ranking by which a month is told: the leading role's, of the whole company."""
    return next((row for row in rankings if row["leads"] and row["slice"] == "overall"), None)


def as_json(document: dict[str, Any]) -> str:
    """The same document gives the same text."""
    return json.dumps(document, ensure_ascii=False, indent=1)
