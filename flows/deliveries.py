"""The build file of views over the lake that gate 1 checks, and what the checks need to know about each."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.contracts import contract
from flows.errors import ConfigurationError
from flows.lake import Package
from flows.period import Period
from flows.sources.columns import tables_named
from flows.sources.declaration import Source
from flows.staging import View, landed_view, literal, mapping_view, raw_view
from flows.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass
class Staged:
    """What a run's deliveries came to: the views in order of dependence, and what is to be told about them."""

    database: Path
    views: list[View] = field(default_factory=list)
    #: Contract columns that some mapping fills, by contract.
    delivered: dict[str, set[str]] = field(default_factory=dict)
    #: Mapping views by contract.
    mappings: dict[str, list[str]] = field(default_factory=dict)
    #: Rows dropped, mended, corrected or found twice: source, mapping, kind, reason, rows.
    handled: list[dict[str, Any]] = field(default_factory=list)
    subjects: list[dict[str, Any]] = field(default_factory=list)


def stage(
    workspace: Workspace,
    sources: list[Source],
    packages: dict[str, list[Package]],
    period: Period,
    database: Path,
) -> Staged:
    """Write ``database`` with a view per source and mapping; count what was dropped and mended.

    Raises ConfigurationError naming source and mapping when an expression does not fit the landed columns.
    """
    import duckdb

    staged = Staged(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"set TimeZone = {literal(workspace.settings.timezone)}")
        for source in sources:
            read = _within_reach(workspace, sources, source, packages[source.name], period)
            _stage_source(connection, workspace, source, read, period, staged)
        for source in sources:
            for name in source.mappings:
                _stage_mapping(connection, workspace, sources, source, name, staged)
        connection.execute(
            "create table handled (source varchar, mapping varchar, kind varchar, reason varchar, rows bigint)"
        )
        for entry in staged.handled:
            connection.execute(
                "insert into handled values (?, ?, ?, ?, ?)",
                [entry[key] for key in ("source", "mapping", "kind", "reason", "rows")],
            )
    return staged


#: What their facts read of has no first month: a customer or a spell of long ago may still matter.
WITHOUT_REACH = ("customers", "subscriptions")


def _within_reach(
    workspace: Workspace, sources: list[Source], source: Source, packages: list[Package], period: Period
) -> list[Package]:
    """The packages that a build of ``period`` needs: month 60 reads as many rows as month 26 did.

    Left out are those of a growing source whose newest date lies before the first month that facts keep, and a month
    more, since the date of a delivery and the time of its fact may differ. Kept whole is a source that anybody else's
    select reads, and one of customers or subscriptions. The newest package is always read: the checks are about it.
    """
    mine = {mapping.contract for mapping in source.mappings.values()}
    others = (
        source.name in tables_named(mapping.select, sources, where=f"sources/{other.name}.yml")
        for other in sources
        if other.name != source.name
        for mapping in other.mappings.values()
        if mapping.select
    )
    if source.load not in {"append", "upsert"} or mine.intersection(WITHOUT_REACH) or any(others):
        return packages
    first = str(workspace.first_read(period).shift(-1))
    old = [package for package in packages[:-1] if package.last_date and package.last_date[:7] < first]
    return [package for package in packages if package not in old]


def _stage_source(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    source: Source,
    packages: list[Package],
    period: Period,
    staged: Staged,
) -> None:
    where = f"sources/{source.name}.yml"
    files = [str(package.data) for package in packages]
    types = {
        name: type_
        for name, type_, *_ in connection.execute(
            "describe select * from read_parquet($files, union_by_name = true)", {"files": files}
        ).fetchall()
    }
    view, entries, counted_over = landed_view(source, packages, workspace.corrections, types)
    # A table: the checks and all mappings read it, and what was checked is what is built from.
    _create(connection, "table", view, where, "its drops, mends, key and missing markers")
    rows = connection.execute(f"select count(*) from {view.name}").fetchone()[0]
    conditions = [entry for entry in entries if entry["condition"]]
    if entries:
        selects = "".join(f"count(*) filter (where {entry['condition']}), " for entry in conditions)
        counted = connection.execute(
            f"{counted_over}\nselect {selects}any_value((select count(*) from kept)) from corrected"
        ).fetchone()
        for entry, count in zip(conditions, counted, strict=False):
            entry["rows"] = count
        kept = counted[len(conditions)]
        for entry in entries:
            entry.setdefault("rows", kept - rows)
            if entry["rows"]:
                told = {key: entry[key] for key in ("kind", "reason", "rows")}
                staged.handled.append({"source": source.name, "mapping": None} | told)
    newest = packages[-1].rows if source.load in {"append", "upsert", "snapshot"} else rows
    staged.subjects.append(
        {
            "kind": "source",
            "source": source.name,
            "view": view.name,
            "load": source.load,
            "key": source.key,
            "rows": newest,
            "usual_rows": _usual_rows(source, packages),
            "volume_factor": workspace.settings.thresholds.volume_factor,
            "dates": source.dates,
            "timezone": source.timezone or workspace.settings.timezone,
            "period": str(period),
            "covers_period": source.dates is not None,
            "every_months": source.every_months,
        }
    )


def _usual_rows(source: Source, packages: list[Package]) -> float | None:
    """Median rows of the earlier packages (at most twelve, at least three) of a source that grows by packages."""
    earlier = [package.rows for package in packages[:-1]][-12:]
    return statistics.median(earlier) if source.load in {"append", "snapshot"} and len(earlier) >= 3 else None


def _stage_mapping(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    sources: list[Source],
    source: Source,
    name: str,
    staged: Staged,
) -> None:
    where = f"sources/{source.name}.yml, mappings.{name}"
    mapping = source.mappings[name]
    others = tables_named(mapping.select, sources, where=where) if mapping.select else []
    raw = raw_view(source, name, mapping, others)
    _create(connection, "view", raw, where, "the mapping's expressions")
    types = {column: type_ for column, type_, *_ in connection.execute(f"describe {raw.name}").fetchall()}
    wanted = contract(mapping.contract, where=where)
    unknown = set(types) - set(wanted.types) - {"source_file", "source_line", "_source_file", "_source_line"}
    if unknown:
        raise ConfigurationError(
            f"{mapping.contract} has no column {', '.join(sorted(unknown))}",
            "put what no contract has into a JSON column named extra",
            where=where,
        )
    missing = [column.name for column in wanted.columns if column.required and column.name not in types]
    if missing:
        raise ConfigurationError(
            f"{mapping.contract} needs {', '.join(missing)}, which the select does not return",
            "return it from the select",
            where=where,
        )
    if source.load == "snapshot" and mapping.contract == "customers" and "valid_from" not in types:
        raise ConfigurationError(
            "a snapshot of customers does not say when it was true",
            "map valid_from to the day of the extract, for example from a column or the file's name (_source_file)",
            where=where,
        )
    view = mapping_view(source, name, mapping, types, workspace.settings.timezone)
    _create(connection, "view", view, where, "the cast to the contract")
    # dbt gets one model a mapping; gate 1 looks at both sides of the cast.
    staged.views.append(View(view.name, f"with {raw.name} as (\n{raw.sql}\n)\n{view.sql}", raw.reads))
    staged.delivered.setdefault(mapping.contract, set()).update(set(types) & set(wanted.types))
    staged.mappings.setdefault(mapping.contract, []).append(view.name)
    staged.subjects.append(
        {
            "kind": "mapping",
            "source": source.name,
            "mapping": name,
            "contract": mapping.contract,
            "view": view.name,
            "raw_view": raw.name,
            "columns": [
                {"name": column.name, "type": column.type, "required": column.required}
                for column in wanted.columns
                if column.name in types
            ],
            "has_score": "score" in types,
        }
    )


def _create(connection: duckdb.DuckDBPyConnection, kind: str, view: View, where: str, what: str) -> None:
    """Create ``view`` as a table or view; a mistake in its SQL is the declaration's, told without a value."""
    import duckdb

    try:
        connection.execute(f"create {kind} {view.name} as {view.sql}")
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise ConfigurationError(
            f"{what} cannot be read as SQL: {str(error).splitlines()[0]}",
            "correct the expression; columns are those the extract has, in double quotes where they are odd",
            where=where,
        ) from None
    except duckdb.Error as error:  # its message may quote a row
        raise ConfigurationError(
            f"{what} cannot be computed ({type(error).__name__})",
            "use try_cast where a value may not be what the expression expects",
            where=where,
        ) from None
