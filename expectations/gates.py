"""The one runner of both gates, and the worker around it: ``python -m expectations.gates``.

Great Expectations evaluates every rule inside DuckDB and answers yes or no (BOOLEAN_ONLY): its other result formats
carry cells of the failing rows. Where a rule is broken, plain SQL then asks for the places of those rows, not for
what they hold. So no value of a customer can reach an answer, and none has to be filtered out of one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from expectations.check import ROWS, Check, Part, Suite, quoted
from flows.errors import GateError

#: Places told for one broken rule; the number of all its rows is told as well.
PLACES = 20


def load() -> None:
    """Import what a gate needs: Great Expectations alone takes 12 to 17 seconds on a small machine."""
    import warnings

    from flows.settings import quiet

    quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of modules that Python is about to retire, imported by Great Expectations
        import great_expectations.expectations  # noqa: F401

    from expectations import duckdb_dialect

    duckdb_dialect.register()


def warm_up() -> None:
    """The worker's start: ``load``, with the libraries silenced for the life of the process.

    Their warnings and log records can quote a statement or a cell; the answer says what there is to say.
    """
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    load()


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request of docs/architecture.md section 3, or ``{"gate": "artefact", "directory", "input"}``.

    Raises GateError when the request names no known gate or a database that cannot be opened.
    """
    gate = request.get("gate")
    if gate == "artefact":
        from expectations.artefact import check_artefact

        report_input = json.loads(Path(request["input"]).read_text(encoding="utf-8"))
        return check_artefact(request["directory"], report_input)
    if gate == "deliveries":
        from expectations import deliveries

        suites = [deliveries.suite(subject) for subject in request["subjects"]]
    elif gate == "figures":
        from expectations import figures

        suites = figures.suites(**{name: request[name] for name in figures.SETTINGS if name in request})
    else:
        raise GateError(f"there is no gate {gate!r}", "ask for deliveries, figures or artefact")
    # Figures are a few thousand rows: threads would cost more than they bring.
    threads = 1 if gate == "figures" else None
    return run(gate, suites, Path(request["database"]), timezone=request.get("timezone", "UTC"), threads=threads)


def run(
    gate: str, suites: list[Suite], database: Path, *, timezone: str = "UTC", threads: int | None = None
) -> dict[str, Any]:
    """Evaluate ``suites`` on the DuckDB file ``database``, opened read-only and let go of again.

    ``timezone`` is the session's, for SQL in views that depends on it; ``threads`` are DuckDB's own number by default.
    Nothing to check is a failure, and so is any rule that was not evaluated.

    Raises GateError when the file cannot be opened.
    """
    checks: list[dict[str, Any]] = []
    evaluated = 0
    settings = {"TimeZone": timezone} | ({"threads": str(threads)} if threads else {})
    with _opened(database, settings) as (datasource, ask):
        for suite in suites:
            outcomes = _evaluate(datasource, suite)
            evaluated += sum(outcome is not None and outcome["raised"] is None for outcome in outcomes)
            for check, outcome in zip(suite.checks, outcomes, strict=True):
                checks += _told(suite, check, outcome, ask)
            if not suite.checks:
                checks.append(_nothing_checked(suite.table))
    if not suites:
        checks.append(_nothing_checked(gate))
    failed = any(not check["passed"] and check["severity"] == "critical" for check in checks)
    return {"gate": gate, "success": not failed, "evaluated": evaluated, "checks": checks}


@contextmanager
def _opened(database: Path, settings: dict[str, str]) -> Iterator[tuple[Any, Any]]:
    """The database as a data source of an ephemeral context, and a function that runs SQL on the same connection."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults

    from expectations import duckdb_dialect

    if not database.is_file():
        raise GateError(f"the database {database.name} does not exist", "build it first", where=str(database))
    # The default ephemeral context leaves a folder for data docs behind.
    config = DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False))
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}
    engine = None
    try:
        try:
            datasource = context.data_sources.add_sql(
                "build", connection_string=duckdb_dialect.address(database, **settings), create_temp_table=False
            )
            engine = datasource.get_engine()
            connection = engine.connect()
        except Exception as error:
            raise GateError(
                f"the database cannot be opened ({_kind(error)})",
                "it is half-written, held by another process or of another DuckDB version: run again, it is rebuilt",
                where=str(database),
            ) from None

        def ask(query: str) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in connection.exec_driver_sql(query).fetchall()]

        yield datasource, ask
        connection.close()
    finally:
        if engine is not None:
            datasource.get_execution_engine().close()
            engine.dispose()


def _evaluate(datasource: Any, suite: Suite) -> list[dict[str, Any] | None]:
    """Per check ``{"passed", "raised"}``, ``raised`` being the kind of error or None; no outcome at all is None."""
    import great_expectations as gx

    if not suite.checks:
        return []
    try:
        asset = datasource.add_table_asset(suite.view, table_name=suite.view)
        batch = asset.add_batch_definition_whole_table("whole").get_batch()
    except Exception as error:
        return [{"passed": False, "raised": _kind(error)} for _ in suite.checks]
    outcomes: list[dict[str, Any] | None] = [None] * len(suite.checks)
    expectations = {}
    for place, check in enumerate(suite.checks):
        try:
            expectations[place] = _expectation(check, place)
        except Exception as error:
            outcomes[place] = {"passed": False, "raised": _kind(error)}
    together = gx.ExpectationSuite(name=suite.view, expectations=list(expectations.values()))
    with suppress(Exception):  # whoever is left without an outcome is asked alone
        for result in batch.validate(together, result_format="BOOLEAN_ONLY").results:
            outcomes[result.expectation_config.meta["place"]] = _outcome(result)
    # One query serves several rules, and one that cannot be computed takes the others down with it.
    for place in expectations:
        if outcomes[place] is None or outcomes[place]["raised"]:
            try:
                result = batch.validate(_expectation(suite.checks[place], place), result_format="BOOLEAN_ONLY")
                outcomes[place] = _outcome(result)
            except Exception as error:
                outcomes[place] = {"passed": False, "raised": _kind(error)}
    return outcomes


def _expectation(check: Check, place: int) -> Any:
    """The check as an instance of its Great Expectations class, told apart in the results by ``place``."""
    import great_expectations.expectations as known

    arguments = dict(check.arguments)
    query = arguments.get("unexpected_rows_query")
    if query:
        # Great Expectations formats the text (braces) and SQLAlchemy looks for parameters in it (colons).
        escaped = query.replace("{", "{{").replace("}", "}}").replace(":", "\\:")
        # In a query without a join Great Expectations gives the batch an alias of its own; this takes both forms.
        arguments["unexpected_rows_query"] = escaped.replace(ROWS, "(select * from {batch})")
    return getattr(known, check.expectation)(
        **arguments, description=check.description, severity=check.severity, meta={"place": place}
    )


def _outcome(result: Any) -> dict[str, Any]:
    return {"passed": bool(result.success), "raised": _raised(result.exception_info)}


def _raised(info: dict[str, Any] | None) -> str | None:
    """The kind of error that Great Expectations caught, which it keeps once or per metric; None without one."""
    if not info:
        return None
    if "raised_exception" in info:
        return _kind_in(info.get("exception_traceback") or "") if info["raised_exception"] else None
    return next((kind for each in info.values() if isinstance(each, dict) and (kind := _raised(each))), None)


def _kind(error: BaseException) -> str:
    """What kind of error this is, by DuckDB's name for it where there is one."""
    import traceback

    return _kind_in("".join(traceback.format_exception(error)))


def _kind_in(trace: str) -> str:
    """The last of DuckDB's own exceptions that ``trace`` names. Its message stays here: it may quote a cell."""
    import duckdb

    named = [
        name for name in re.findall(r"duckdb\.(\w+)(?=[:)])", trace) if isinstance(getattr(duckdb, name, None), type)
    ]
    return named[-1] if named else "an error of the library"


def _told(suite: Suite, check: Check, outcome: dict[str, Any] | None, ask: Any) -> list[dict[str, Any]]:
    """The entries of the answer for one check: one, or one per column that breaks a check of several columns."""
    if outcome is None or outcome["raised"]:
        why = outcome["raised"] if outcome else "no result"
        description = f"{check.description}; this could not be evaluated ({why})"
        return [_entry(suite.table, check.rule, description, column=check.column, passed=False)]
    entry = _entry(
        suite.table,
        check.rule,
        check.description,
        column=check.column,
        severity=check.severity,
        passed=outcome["passed"],
    )
    if outcome["passed"]:
        return [entry]
    broken = [each for part in check.parts if (each := _part(suite, check, part, ask))]
    if broken:
        return broken
    if check.failing:
        _add_evidence(entry, check.failing, suite.view, ask)
    if check.observed:
        with suppress(Exception):
            entry["observed"] = ask(check.observed.replace(ROWS, quoted(suite.view)))[0][0]
    return [entry]


def _part(suite: Suite, check: Check, part: Part, ask: Any) -> dict[str, Any] | None:
    failed = ask(part.failed.replace(ROWS, quoted(suite.view)))[0][0]
    if failed <= 0:
        return None
    entry = _entry(suite.table, check.rule, part.description, column=part.column, severity=check.severity, passed=False)
    if part.failing:
        _add_evidence(entry, part.failing, suite.view, ask)
    return entry | {"failed_rows": failed}


def _add_evidence(entry: dict[str, Any], failing: str, view: str, ask: Any) -> None:
    """How many rows break the rule and where the first are: file and line, or for figures month, KPI and slice.

    A select whose rows were joined has no lines; then the count stands alone or is missing.
    """
    found = f"({failing.replace(ROWS, quoted(view))}) as found"
    with suppress(Exception):
        entry["failed_rows"] = ask(f"select count(*) from {found}")[0][0]
    with suppress(Exception):
        places = f"select distinct file, line from {found} where file is not null order by file, line limit {PLACES}"
        entry["rows"] = [{"file": file, "line": line} for file, line in ask(places)]
        return
    with suppress(Exception):
        names = f"select distinct period, kpi, slice from {found} order by period desc, kpi, slice limit {PLACES}"
        figures = [f"{kpi} by {slice_} in {period}" for period, kpi, slice_ in ask(names)]
        entry["description"] += ": " + ", ".join(figures[:5]) + (" and others" if len(figures) > 5 else "")


def _nothing_checked(table: str) -> dict[str, Any]:
    return _entry(table, "checked", "there is something to check; an empty suite proves nothing", passed=False)


def _entry(
    table: str, rule: str, description: str, *, passed: bool, column: str | None = None, severity: str = "critical"
) -> dict[str, Any]:
    return {
        "table": table,
        "column": column,
        "rule": rule,
        "description": description,
        "severity": severity,
        "passed": passed,
        "failed_rows": None,
        "rows": [],
        "observed": None,
    }


def main() -> None:
    """Serve requests on standard input until it ends."""
    from flows.workers import serve

    serve(warm_up, handle)


if __name__ == "__main__":
    main()
