"""dbt's side of a run: its own copy of the project, its profile and variables, its results."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from flows import lexicon
from flows.deliveries import Staged
from flows.errors import BuildError, ConfigurationError
from flows.gap_inputs import gap_variables
from flows.kpis import SETTINGS, FactMeta, write_into
from flows.period import Period
from flows.settings import DBT_PROJECT
from flows.staging import CATALOG, View, literal, unrendered
from flows.workers import Worker
from flows.workspace import LOOKBACK_MONTHS, BusinessHours, Workspace


@dataclass(frozen=True)
class Build:
    """Where one build lies: nothing in it is shared with another."""

    directory: Path

    @property
    def project(self) -> Path:
        return self.directory / "dbt"

    @property
    def database(self) -> Path:
        return self.directory / "warehouse.duckdb"

    @property
    def deliveries(self) -> Path:
        return self.directory / "deliveries.duckdb"

    @property
    def results(self) -> Path:
        return self.project / "target" / "run_results.json"


def prepare(
    build: Build, workspace: Workspace, period: Period, staged: Staged, facts: dict[str, FactMeta]
) -> dict[str, Any]:
    """Copy the dbt project into the build and add staging models and declarations; returns the variables of the run.

    Raises ConfigurationError when a benchmark is of no KPI.
    """
    _check_benchmarks(workspace, facts)
    shutil.copytree(
        DBT_PROJECT, build.project, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb", ".user.yml")
    )
    staging = build.project / "models" / "staging"
    staging.mkdir(exist_ok=True)
    (staging / "sources.yml").write_text(_sources(staged.views), encoding="utf-8")
    for view in staged.views:
        (staging / f"{view.name}.sql").write_text(_model(view), encoding="utf-8")
    (staging / "handled.sql").write_text(_handled(staged.handled), encoding="utf-8")
    write_into(build.project, facts, staged.delivered | {SETTINGS: workspace.settings.given})
    lexicon.write_into(build.project, lexicon.terms_of(workspace))
    timezone = workspace.settings.timezone
    first = period.shift(1 - workspace.settings.window_months)
    first_read = workspace.first_read(period)
    windows = {0} | {kpi.window_days for meta in facts.values() for kpi in meta.kpis}
    return {
        "period": str(period),
        "first_period": str(first),
        "period_end": period.end(timezone).isoformat(sep=" "),
        "history_start": first_read.start(timezone).isoformat(sep=" "),
        "first_read_period": str(first_read),
        "first_month_number": LOOKBACK_MONTHS,
        "month_bounds": {
            str(days): month_bounds(first_read.until(period.shift(1)), timezone, days) for days in sorted(windows)
        },
        "mappings": staged.mappings,
        "targets": [target.model_dump() for target in workspace.targets],
        "experiments": [arm.model_dump() for arm in workspace.experiments],
        "outcomes": [outcome.model_dump() for outcome in workspace.outcomes],
        "benchmarks": [benchmark.model_dump() for benchmark in workspace.benchmarks],
        "hidden_below": workspace.settings.thresholds.hidden_below,
        "false_discovery_rate": workspace.settings.thresholds.false_discovery_rate,
        **gap_variables(workspace, facts),
        "currency": workspace.settings.currency,
        **workspace.settings.value.model_dump(),
        "business_hours": _business_hours(workspace.settings.business_hours),
    }


def _business_hours(hours: BusinessHours | None) -> dict[str, Any] | None:
    """What models/calendars/business_days.sql asks for: numbers of weekdays, minutes of the day, days as texts."""
    if hours is None:
        return None
    return {
        "weekdays": hours.weekdays,
        "opens_minute": hours.opens_minute,
        "closes_minute": hours.closes_minute,
        "holidays": sorted({day.isoformat() for day in hours.holidays}),
    }


def month_bounds(months: list[Period], timezone: str, days: int) -> dict[str, list[int]]:
    """When a row must have happened for its window of ``days`` to close in each month or later.

    In microseconds since 1970: ``instants`` for moments, ``dates`` for dates and wall-clock times, which DuckDB counts
    as if they were UTC.
    Days are the company's calendar days, over any change of its clock.
    """
    starts = [month.start(timezone) for month in months]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def microseconds(moment: datetime) -> int:
        return (moment - epoch) // timedelta(microseconds=1)

    return {
        "instants": [
            microseconds((start.astimezone(ZoneInfo(timezone)) - timedelta(days=days)).astimezone(UTC))
            for start in starts
        ],
        "dates": [
            microseconds(datetime(month.year, month.month, 1, tzinfo=UTC) - timedelta(days=days)) for month in months
        ],
    }


def _check_benchmarks(workspace: Workspace, facts: dict[str, FactMeta]) -> None:
    known = {kpi.id for meta in facts.values() for kpi in meta.kpis}
    for benchmark in workspace.benchmarks:
        if benchmark.kpi not in known:
            raise ConfigurationError(
                f"{benchmark.kpi} is no KPI", "name one that `cx kpis` lists, by its id", where="benchmarks.csv"
            )


def _model(view: View) -> str:
    """A staging view as a dbt model: the SQL gate 1 saw, with its dependencies named."""
    depends = "".join(f"-- depends_on: {{{{ source('{CATALOG}', 'landed_{name}') }}}}\n" for name in view.reads)
    return f"{depends}{unrendered(view.sql)}\n"


def _sources(views: list[View]) -> str:
    """The landed tables of the run's build file, which dbt attaches, as dbt sources."""
    tables = [{"name": f"landed_{name}"} for name in sorted({name for view in views for name in view.reads})]
    source = {"name": CATALOG, "database": CATALOG, "schema": "main", "tables": tables}
    return yaml.safe_dump({"version": 2, "sources": [source]}, sort_keys=False)


def _handled(entries: list[dict[str, Any]]) -> str:
    rows = [
        f"select {literal(entry['source'])} as source, cast({literal(entry['mapping'])} as varchar) as mapping, "
        f"{literal(entry['kind'])} as kind, {literal(entry['reason'])} as reason, "
        f"cast({entry['rows']} as bigint) as rows"
        for entry in entries
    ]
    none = (
        "select cast(null as varchar) as source, cast(null as varchar) as mapping, cast(null as varchar) as kind, "
        "cast(null as varchar) as reason, cast(null as bigint) as rows where false"
    )
    body = "\nunion all\n".join(rows) or none
    return f"{{{{ config(materialized='table') }}}}\n{unrendered(body)}\n"


def run_dbt(
    worker: Worker,
    build: Build,
    workspace: Workspace,
    variables: dict[str, Any],
    *,
    prefect_context: str | None = None,
    report: Callable[[str, str], None] | None = None,
) -> dict[str, int]:
    """Build every model and run every test in the child process; with a Prefect context each node is a task of it.

    Returns how many nodes ended in which status. Raises BuildError naming the models and tests that failed; the error
    holds no value of a row.
    """
    worker.ask(
        {
            "project": str(build.project),
            "variables": variables,
            "environment": {
                "CX_BUILD_DATABASE": str(build.database),
                "CX_BUILD_DELIVERIES": str(build.deliveries),
                "CX_BUILD_TIMEZONE": workspace.settings.timezone,
                "CX_BUILD_TEMPORARY": str(build.directory / "temporary"),
            },
            "prefect_context": prefect_context,
        },
        on_event=(lambda event: report(event["event"], event["node"])) if report else None,
    )
    return read_results(build)


def read_results(build: Build) -> dict[str, int]:
    """What ``run_results.json`` says, which is to be believed over any orchestrator (DESIGN section 8).

    Raises BuildError when a node failed, was skipped, or is missing from the results.
    """
    if not build.results.is_file():
        raise BuildError(
            "dbt ended before it built anything",
            f"see {build.project / 'logs' / 'dbt.log'}; most often a declaration does not parse",
        )
    results = json.loads(build.results.read_text(encoding="utf-8"))["results"]
    manifest = json.loads((build.project / "target" / "manifest.json").read_text(encoding="utf-8"))
    counts: dict[str, int] = {}
    for result in results:
        counts[result["status"]] = counts.get(result["status"], 0) + 1
    failed = [result for result in results if result["status"] not in {"success", "pass"}]
    first = [result for result in failed if result["status"] != "skipped"]
    if failed:
        lines = [_sentence(result) for result in (first or failed)[:5]]
        raise BuildError(
            "the figures could not be built: " + "; ".join(lines),
            f"nothing was published; the compiled SQL of each is under {build.project / 'target'}",
        )
    expected = {
        unique_id
        for unique_id, node in (manifest["nodes"] | manifest["unit_tests"]).items()
        if node["resource_type"] in {"model", "test", "unit_test", "seed"} and node["config"].get("enabled", True)
    }
    missing = expected - {result["unique_id"] for result in results}
    if missing:
        raise BuildError(
            f"dbt did not run {', '.join(sorted(missing)[:5])}", "run again; report it if it happens twice"
        )
    return counts


#: The kinds of error that DuckDB and dbt tell at the start of a line; what follows, or stands before, may be a cell.
_CATEGORY = re.compile(
    r"(?m)^\s*((?:Binder|Catalog|Compilation|Constraint|Conversion|Database|Dependency|Internal|Invalid Input|IO|"
    r"Not implemented|Out of Memory|Out of Range|Parser|Permission|Runtime|Serialization|Syntax|Transaction) Error):"
)


def _sentence(result: dict[str, Any]) -> str:
    """A failed node without any text from the data: a database's own message can quote a cell."""
    _, *_, name = result["unique_id"].split(".")[:3]
    kind = result["unique_id"].split(".")[0].replace("_", " ")
    if result["status"] == "fail":
        count = result.get("failures")
        return f"the {kind} {name} found {count} rows that break it"
    message = result.get("message") or ""
    found = _CATEGORY.search(message)
    return f"the {kind} {name} ended with {found[1] if found else result['status']}"
