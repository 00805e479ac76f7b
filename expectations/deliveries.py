"""Gate 1: is this delivery worth processing? The rules for each landed source and each of its mappings."""

from __future__ import annotations

from typing import Any

from expectations.check import (
    ROWS,
    Check,
    Part,
    Suite,
    has_rows,
    literal,
    no_rows_where,
    not_null,
    quoted,
    refused_by,
    unique,
)
from flows.period import Period

LANDED_AT = "_source_file as file, _source_line as line"
MAPPED_AT = "source_file as file, source_line as line"


def suite(subject: dict[str, Any]) -> Suite:
    """The checks of one subject of the request (docs/architecture.md, section 3)."""
    if subject["kind"] == "source":
        return Suite(subject["source"], subject["view"], tuple(_source_checks(subject)))
    return Suite(f"{subject['source']}.{subject['mapping']}", subject["view"], tuple(_mapping_checks(subject)))


def _source_checks(subject: dict[str, Any]) -> list[Check]:
    checks = [has_rows("the extract holds at least one row")]
    if subject["usual_rows"]:
        checks.append(_volume(subject))
    checks += _key(subject)
    if subject["dates"]:
        checks += _dates(subject)
    return checks


def _volume(subject: dict[str, Any]) -> Check:
    """Rows delivered against the usual number, both counted by landing: the view may hold several packages."""
    rows, usual, factor = int(subject["rows"]), float(subject["usual_rows"]), float(subject["volume_factor"])
    return refused_by(
        "volume",
        f"the delivery is not {factor:g} times smaller or larger than usual ({usual:g} rows)",
        f"select 1 as refused from (select count(*) as held from {ROWS}) as landed "
        f"where {rows} < {usual / factor!r} or {rows} > {usual * factor!r}",
        observed=f"select {rows}",
    )


def _key(subject: dict[str, Any]) -> list[Check]:
    key = list(subject["key"])
    checks = [not_null("key present", f"the key column {name} is filled in every row", name, LANDED_AT) for name in key]
    if key:
        # A snapshot says the same customer's state again with every pull.
        columns = [*key, "_package"] if subject["load"] == "snapshot" else key
        once = " in each pull" if subject["load"] == "snapshot" else ""
        checks.append(unique("key unique", f"each {' and '.join(key)} comes once{once}", columns, LANDED_AT))
    return checks


def _dates(subject: dict[str, Any]) -> list[Check]:
    """Rows have dates, and the month that the report is about is among them.

    Dates after the month are no mistake: the as-of rule leaves later events out of every figure.
    """
    moment = local_time(subject["dates"], subject["timezone"])
    period = Period.parse(subject["period"])
    dated = f"(select {moment} as moment from {ROWS}) as dated"
    checks = [
        no_rows_where(
            "dates readable",
            "every row has a date that can be read; a row without one is in no month",
            f"select {LANDED_AT} from {ROWS} where {moment} is null",
            severity="warning",
        ),
        refused_by(
            "dated",
            "at least one row has a date that can be read",
            f"select 1 as refused from {dated} having count(moment) = 0",
        ),
    ]
    if subject["covers_period"]:
        # A source that delivers every third month may have its last delivery two months back.
        first = period.shift(1 - subject.get("every_months", 1))
        inside = f"moment >= timestamp '{first}-01' and moment < timestamp '{period.shift(1)}-01'"
        when = str(period) if first == period else f"{first} to {period}"
        checks.append(
            refused_by(
                "month delivered",
                f"the extract has rows dated in {when}; without any it is a month with no data",
                f"select 1 as refused from {dated} having count(*) filter (where {inside}) = 0",
            )
        )
    return checks


def local_time(expression: str, timezone: str) -> str:
    """SQL for the wall-clock time in ``timezone`` of ``expression``, whatever its type; null where it is no time.

    A time without an offset is taken as local; only a TIMESTAMP WITH TIME ZONE has to be moved.
    """
    return (
        f"(case when typeof({expression}) = 'TIMESTAMP WITH TIME ZONE' "
        f"then timezone({literal(timezone)}, try_cast(({expression}) as timestamptz)) "
        f"else try_cast(({expression}) as timestamp) end)"
    )


def _mapping_checks(subject: dict[str, Any]) -> list[Check]:
    checks = [has_rows(f"the mapping gives {subject['contract']} at least one row")]
    # Everything casts to varchar.
    typed = [column for column in subject["columns"] if column["type"] != "varchar"]
    if typed:
        checks.append(_casts(typed, subject["raw_view"]))
    checks += [
        not_null("required", f"{column['name']} is filled in every row", column["name"], MAPPED_AT)
        for column in subject["columns"]
        if column["required"]
    ]
    optional = [column["name"] for column in subject["columns"] if not column["required"]]
    if optional:
        checks.append(_filled(optional))
    if subject["has_score"]:
        checks.append(
            no_rows_where(
                "on scale",
                "every score lies between scale_minimum and scale_maximum",
                f"select {MAPPED_AT} from {ROWS} where score < scale_minimum or score > scale_maximum",
                column="score",
            )
        )
    names = {column["name"] for column in subject["columns"]}
    if subject["has_score"] and "question_kind" in names:
        checks.append(_ranked("dimension" if "dimension" in names else "null"))
    return checks


def _ranked(dimension: str) -> Check:
    """A rank is the place of something: without its name, or counted from elsewhere, it says nothing."""
    return no_rows_where(
        "ranks",
        "every rank names in dimension what is ranked, and is a whole place counted from 1",
        f"select {MAPPED_AT} from {ROWS} where question_kind = 'rank' "
        f"and ({dimension} is null or scale_minimum <> 1 or score <> floor(score))",
        column="score",
    )


def _casts(columns: list[dict[str, Any]], raw_view: str) -> Check:
    """No value was lost in the cast to the contract: each column has as many values after it as before.

    Values are counted and not matched row by row, for two scans of a view need not come in the same order.
    """
    raw = quoted(raw_view)
    counts = ", ".join(f"count({quoted(column['name'])}) as {quoted(column['name'])}" for column in columns)
    lost = " or ".join(f"before.{quoted(column['name'])} > after.{quoted(column['name'])}" for column in columns)
    query = (
        f"select 1 as refused from (select {counts} from {raw}) as before, "
        f"(select {counts} from {ROWS}) as after where {lost}"
    )
    return refused_by(
        "type",
        f"every value can be read as its contract's type ({', '.join(column['name'] for column in columns)})",
        query,
        parts=tuple(_cast(column["name"], column["type"], raw) for column in columns),
    )


def _cast(name: str, type_: str, raw: str) -> Part:
    column = quoted(name)
    one = "select source_file as file, source_line as line"
    return Part(
        name,
        f"every value of {name} can be read as {type_}; the column has changed its type or holds something else",
        f"select (select count({column}) from {raw}) - (select count({column}) from {ROWS})",
        f"select file, line from ({one}, 1 as held from {raw} where {column} is not null "
        f"union all {one}, -1 from {ROWS} where {column} is not null) as counted "
        "group by file, line having sum(held) > 0",
    )


def _filled(names: list[str]) -> Check:
    """Mapped columns that are empty from top to bottom: often a renamed field upstream, sometimes the truth."""
    empty = " or ".join(f"count({quoted(name)}) = 0" for name in names)
    return refused_by(
        "filled",
        f"no mapped column is empty throughout ({', '.join(names)})",
        f"select 1 as refused from {ROWS} having {empty}",
        severity="warning",
        parts=tuple(
            Part(
                name,
                f"{name} is mapped and holds a value in at least one row",
                f"select case when count({quoted(name)}) = 0 then count(*) else 0 end from {ROWS}",
            )
            for name in names
        ),
    )
