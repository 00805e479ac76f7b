"""From source declarations and landed packages to SQL: one text for gate 1's views and for dbt's models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from flows.contracts import Column, Contract, contract
from flows.errors import ConfigurationError
from flows.lake import Package
from flows.sources.declaration import Mapping, Source
from flows.workspace import Correction

#: The build file of gate 1, by the name it has in every connection: dbt attaches it under the same.
CATALOG = "deliveries"
#: Columns every landed table has beside those of its source.
LINEAGE = ("_source_file", "_source_line", "_package")


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    """``text`` as an SQL string; None as null."""
    return "null" if text is None else "'" + str(text).replace("'", "''") + "'"


def unrendered(text: str) -> str:
    """``text`` so that dbt's Jinja gives it back as it is, whatever braces a declaration or a correction holds."""
    return re.sub(r"\{[{%#]", lambda opening: "{{ '" + opening[0] + "' }}", text)


def landed_table(source: str) -> str:
    """The table of ``source`` in the build file, as SQL that holds in gate 1's connection and in dbt's."""
    return f"{CATALOG}.main.landed_{source}"


@dataclass
class View:
    """One table or view to be made: its SQL, and the sources whose landed tables it reads."""

    name: str
    sql: str
    reads: list[str] = field(default_factory=list)


def landed_view(
    source: Source, packages: list[Package], corrections: Iterable[Correction], types: dict[str, str]
) -> tuple[View, list[dict[str, object]], str]:
    """The select of ``landed_<source>``: the packages of a run with everything declared about bad rows applied.

    ``types`` are the landed columns with their DuckDB types. Returns it, the entries of the handled table still
    to be counted (each with the ``condition`` that counts it) and the SQL those conditions are counted over.
    """
    files = ", ".join(literal(package.data) for package in packages)
    texts = [name for name, type_ in types.items() if type_ == "VARCHAR" and name not in LINEAGE]
    blanked = ",\n        ".join(
        f"{_blanked(name, source) if name in texts else quoted(name)} as {quoted(name)}" for name in types
    )
    chain = [f"landed as (\n    select\n        {blanked}\n    from read_parquet([{files}], union_by_name = true)\n)"]
    handled: list[dict[str, object]] = []
    mine = [correction for correction in corrections if correction.source == source.name]
    chain.append(f"corrected as (\n    select {_corrected(mine, types)}\n    from landed\n)")
    for correction in mine:
        handled.append({"kind": "correction", "reason": correction.reason, "condition": _at(correction)})
    dropped_by_hand = [_at(correction) for correction in mine if correction.column is None]
    wanted = [f"not ({condition})" for condition in dropped_by_hand]
    for drop in source.drops:
        handled.append({"kind": "drop", "reason": drop.reason, "condition": f"coalesce(({drop.when}), false)"})
        wanted.append(f"not coalesce(({drop.when}), false)")
    where = "\n    where " + "\n        and ".join(wanted) if wanted else ""
    chain.append(f"kept as (\n    select *\n    from corrected{where}\n)")
    for mend in source.mends:
        handled.append(
            {
                "kind": "mend",
                "reason": mend.reason,
                "condition": f"coalesce(({mend.when}), false)" + "".join(f" and {each}" for each in wanted),
            }
        )
    mended = ", ".join(
        f"{_mended(name, source)} as {quoted(name)}" for name in dict.fromkeys(mend.column for mend in source.mends)
    )
    chain.append(f"mended as (\n    select *{f' replace ({mended})' if mended else ''}\n    from kept\n)")
    counted_over = "with " + ",\n".join(chain[:3])
    last = "mended"
    if source.load == "upsert" or source.duplicates != "refuse":
        chain.append(f"ranked as (\n    select *, {_rank(source)} as _rank\n    from mended\n)")
        last = "(select * exclude (_rank) from ranked where _rank = 1) as once"
        if source.duplicates != "refuse":
            handled.append({"kind": "duplicate", "reason": f"same {' and '.join(source.key)}", "condition": None})
    sql = "with " + ",\n".join(chain) + f"\nselect *\nfrom {last}"
    return View(f"landed_{source.name}", sql), handled, counted_over


def _blanked(name: str, source: Source) -> str:
    markers = ", ".join(literal(marker) for marker in [*source.missing, *source.missing_in.get(name, [])])
    column = quoted(name)
    return f"case when trim({column}) not in ({markers}) then {column} end" if markers else column


def _at(correction: Correction) -> str:
    return f"(_source_file = {literal(correction.file)} and _source_line = {correction.line})"


def _corrected(corrections: list[Correction], types: dict[str, str]) -> str:
    by_column: dict[str, list[Correction]] = {}
    for correction in corrections:
        if correction.column is None:
            continue
        if correction.column not in types:
            raise ConfigurationError(
                f"a correction names the column {correction.column}, which {correction.source} does not land",
                "correct the column's name, or map the column",
                where="corrections.csv",
            )
        by_column.setdefault(correction.column, []).append(correction)
    if not by_column:
        return "*"
    cases = ", ".join(
        "case "
        + " ".join(f"when {_at(each)} then cast({literal(each.value)} as {types[name]})" for each in found)
        + f" else {quoted(name)} end as {quoted(name)}"
        for name, found in by_column.items()
    )
    return f"* replace ({cases})"


def _mended(name: str, source: Source) -> str:
    cases = " ".join(f"when ({mend.when}) then {mend.to}" for mend in source.mends if mend.column == name)
    return f"case {cases} else {quoted(name)} end"


def _rank(source: Source) -> str:
    key = ", ".join(quoted(name) for name in source.key)
    way = "asc" if source.duplicates == "keep_first" else "desc"
    updated = f"{quoted(source.updated)} {way} nulls last, " if source.updated else ""
    return f"row_number() over (partition by {key} order by {updated}_package {way}, _source_line {way})"


def mapping_columns(source: Source, name: str, mapping: Mapping) -> tuple[Contract, dict[str, str]]:
    """The contract of a mapping and its SQL expressions by contract column, the scale's columns filled in.

    Raises ConfigurationError when a column is not the contract's or a required one is not mapped.
    """
    where = f"sources/{source.name}.yml, mappings.{name}"
    wanted = contract(mapping.contract, where=where)
    expressions = dict(mapping.columns)
    if mapping.scale and mapping.contract == "feedback":
        expressions.setdefault("scale_minimum", str(mapping.scale.minimum))
        expressions.setdefault("scale_maximum", str(mapping.scale.maximum))
        if mapping.scale.version:
            expressions.setdefault("scale_version", literal(mapping.scale.version))
    for column in [*expressions, *mapping.values]:
        if column not in wanted.types:
            raise ConfigurationError(
                f"{mapping.contract} has no column {column}",
                f"use one of {', '.join(wanted.types)}; anything else goes under extra:",
                where=where,
            )
    if not mapping.select:
        missing = [column.name for column in wanted.columns if column.required and column.name not in expressions]
        if missing:
            raise ConfigurationError(
                f"{mapping.contract} needs {', '.join(missing)}, which the mapping does not give",
                "map the column, or give a constant",
                where=where,
            )
    return wanted, expressions


def raw_view(source: Source, name: str, mapping: Mapping, others: Iterable[str]) -> View:
    """``raw_<source>__<mapping>``: the mapping's expressions as they are, before any cast."""
    _, expressions = mapping_columns(source, name, mapping)
    if mapping.select:
        reads = sorted({*others, source.name})
        tables = ",\n".join(f"{other} as (select * from {landed_table(other)})" for other in reads)
        given = "".join(f", {sql} as {column}" for column, sql in expressions.items())
        sql = f"with {tables}\nselect *{given}\nfrom (\n{mapping.select.strip().rstrip(';')}\n) as selected"
        return View(f"raw_{source.name}__{name}", sql, reads)
    lines = [f"({sql}) as {quoted(column)}" for column, sql in expressions.items()]
    if mapping.extra:
        pairs = ", ".join(f"{literal(key)}, {sql}" for key, sql in mapping.extra.items())
        lines.append(f"json_object({pairs}) as extra")
    lines += ["_source_file as source_file", "_source_line as source_line"]
    where = f"\nwhere {mapping.where}" if mapping.where else ""
    return View(
        f"raw_{source.name}__{name}",
        "select\n    " + ",\n    ".join(lines) + f"\nfrom {landed_table(source.name)}{where}",
        [source.name],
    )


def mapping_view(source: Source, name: str, mapping: Mapping, raw_types: dict[str, str], timezone: str) -> View:
    """``stg_<source>__<mapping>``: the contract's columns, cast; what does not cast is null, and gate 1 says so."""
    wanted, _ = mapping_columns(source, name, mapping)
    lines = []
    for column in wanted.columns:
        if column.name in raw_types:
            value = _mapped(column.name, mapping, raw_types)
            type_ = "VARCHAR" if column.name in mapping.values else raw_types[column.name]
            lines.append(f"{cast(value, type_, column, source.timezone or timezone)} as {quoted(column.name)}")
        else:
            lines.append(f"cast(null as {column.type}) as {quoted(column.name)}")
    lines.append(f"{literal(f'{source.name}.{name}')} as mapping")
    for column in ("source_file", "source_line"):
        type_ = "varchar" if column == "source_file" else "integer"
        lines.append(f"cast({column if column in raw_types else 'null'} as {type_}) as {column}")
    raw = f"raw_{source.name}__{name}"
    return View(f"stg_{source.name}__{name}", "select\n    " + ",\n    ".join(lines) + f"\nfrom {raw}", [raw])


def _mapped(column: str, mapping: Mapping, raw_types: dict[str, str]) -> str:
    """The raw column with its value map; a value the map does not know passes, and the fact's tests refuse it."""
    values = mapping.values.get(column)
    if not values:
        return quoted(column)
    text = quoted(column) if raw_types[column] == "VARCHAR" else f"cast({quoted(column)} as varchar)"
    cases = " ".join(f"when {literal(given)} then {literal(meant)}" for given, meant in values.items())
    return f"case trim({text}) {cases} else {text} end"


def cast(value: str, from_type: str, column: Column, timezone: str) -> str:
    """``value`` of DuckDB type ``from_type`` as the contract's type; null where it cannot be.

    A time without an offset is taken in ``timezone``; a date alone is its first moment there.
    """
    zone = literal(timezone)
    if column.type == "timestamptz":
        if from_type == "TIMESTAMP WITH TIME ZONE":
            return value
        if from_type in {"VARCHAR", "JSON"}:
            naive = f"try_cast({value} as timestamp)"
            offset = rf"regexp_matches({value}, '(Z|[+-]\d\d:?\d\d|[+-]\d\d)$')"
            return (
                f"case when length({value}) > 10 and {offset} then try_cast({value} as timestamptz) "
                f"else timezone({zone}, {naive}) end"
            )
        return f"timezone({zone}, try_cast({value} as timestamp))"
    if column.type == "date":
        if from_type == "TIMESTAMP WITH TIME ZONE":
            return f"cast(timezone({zone}, {value}) as date)"
        if from_type == "VARCHAR":
            return f"coalesce(try_cast({value} as date), cast(try_cast({value} as timestamp) as date))"
    if column.type == "varchar" and from_type == "VARCHAR":
        return f"nullif(trim({value}), '')"
    return f"try_cast({value} as {column.type})"
