"""The stages of a run in their order, as plain functions: what the flow's tasks call. Nothing here knows Prefect."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from flows import gap_report, history, publishing, workers
from flows.deliveries import Staged, stage
from flows.delivery.addresses import require_recipients
from flows.delivery.outbox import Outcome, deliver, undelivered
from flows.errors import CxError
from flows.gap import rated_months
from flows.gap_inputs import gap_variables
from flows.held import held
from flows.kpis import FactMeta, declared_facts
from flows.lake import Package, package
from flows.landing import land as land_sources
from flows.ledger import Ledger
from flows.ledger_records import Publication
from flows.lexicon import terms_of
from flows.period import Period
from flows.progress import report
from flows.sources.declaration import Source, load_sources
from flows.warehouse import Build, prepare, run_dbt
from flows.workers import Worker, started
from flows.workspace import Workspace

#: Builds kept for whoever wants to look; older ones are removed.
BUILDS_KEPT = 3


class Run:
    """One run of one period: what it reads, where it builds, the processes that wait for their turn."""

    def __init__(
        self,
        workspace: Workspace,
        period: Period,
        ledger: Ledger,
        run_id: str,
        *,
        pull: bool,
        reason: str | None,
        recipients: list[str],
    ) -> None:
        self.workspace = workspace
        self.period = period
        self.ledger = ledger
        self.run_id = run_id
        self.pull = pull
        self.reason = reason
        self.recipients = recipients
        self.build = Build(workspace.builds / run_id)
        self.sources: list[Source] = load_sources(workspace)
        self.facts: dict[str, FactMeta] = declared_facts(workspace)
        self.packages: dict[str, list[Package]] = {}
        self.staged: Staged | None = None
        self.gates: list[dict[str, Any]] = []
        self.variables: dict[str, Any] = {}
        self.history: Path | None = None
        self._workers: dict[str, Worker] = {}
        self._stack = ExitStack()

    def worker(self, module: str) -> Worker:
        """The child process of ``module``, started on first asking."""
        if module not in self._workers:
            self._workers[module] = self._stack.enter_context(started(module, log_of(self.workspace, module)))
        return self._workers[module]

    def warm_up(self, *modules: str) -> None:
        """Start children early, so that their imports overlap with what comes before their turn."""
        for module in modules:
            self.worker(module)

    def close(self) -> None:
        self._stack.close()


def log_of(workspace: Workspace, module: str) -> Path:
    """Where a child process writes what went wrong in it; the last run's, no customer's value."""
    return workspace.var / "logs" / f"{module}.log"


def refuse_early(workspace: Workspace, *, send: bool) -> None:
    """What stops a run, said before anything is started: recipients, sources, KPIs, the gap analysis' tables, lexicon,
    another run at work."""
    if send:
        require_recipients(workspace)
    load_sources(workspace)
    gap_variables(workspace, declared_facts(workspace))
    terms_of(workspace)
    with held(workspace, "a run about to start"):
        pass


def start_early(workspace: Workspace) -> None:
    """Start the children whose turn comes first, before anything slow of this process's own."""
    for module in (GATES, DBT):
        workers.start_early(module, log_of(workspace, module))


GATES = "expectations.gates"
DBT = "flows.node_tasks"
RENDERER = "report_templates.report"


@contextmanager
def opened(
    workspace: Workspace,
    period: Period,
    *,
    kind: str = "run",
    send: bool = True,
    pull: bool = False,
    reason: str | None = None,
) -> Iterator[Run]:
    """Hold the workspace, note the run in the ledger and end it as what it was: succeeded or failed.

    Raises what cannot be meant in the workspace before anything is written, and WorkspaceHeld when another run has it.
    """
    recipients = require_recipients(workspace) if send else []
    with held(workspace, f"{kind} of {period}"):
        ledger = Ledger.open(workspace.ledger_path)
        run_id = ledger.start_run(period, kind)
        run: Run | None = None
        try:
            run = Run(
                workspace,
                period,
                ledger,
                run_id,
                pull=pull,
                reason=reason,
                recipients=recipients,
            )
            run.build.directory.mkdir(parents=True)
            yield run
            ledger.finish_run(run_id, "succeeded")
        except CxError as error:
            ledger.finish_run(run_id, "failed", error.what.splitlines()[0])
            raise
        except OSError as error:
            ledger.finish_run(run_id, "failed", error.strerror or type(error).__name__)
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise full(workspace) from None
            raise
        except BaseException as error:
            ledger.finish_run(run_id, "failed", type(error).__name__)
            raise
        finally:
            if run:
                run.close()
            _forget_old_builds(workspace)


def full(workspace: Workspace) -> CxError:
    """The disk ran full: said with where, nothing half-made is visible."""
    return CxError(
        "the disk is full; nothing was published or sent",
        "make room (old builds under var/builds may go) and run again",
        where=str(workspace.var.name),
    )


def _forget_old_builds(workspace: Workspace) -> None:
    if workspace.builds.is_dir():
        for old in sorted(workspace.builds.iterdir())[:-BUILDS_KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def finished(workspace: Workspace, period: Period) -> Publication | None:
    """The month's report, when it has one already (a backfilled month has none)."""
    if not workspace.ledger_path.is_file():
        return None
    publication = Ledger.open(workspace.ledger_path).publication(period)
    return publication if publication and publication.kind == "run" else None


def land(run: Run) -> None:
    """Extracts into the lake, and staged; a month whose delivery has passed gate 1 reads the same packages again."""
    known = None if run.pull else run.ledger.inputs_of(run.period)
    if known and set(known) == {source.name for source in run.sources}:
        run.packages = {
            source: [package(run.workspace.lake, source, name) for name in names] for source, names in known.items()
        }
        for found in run.packages.values():
            for landed in found:
                landed.verify()
        report("land", "reading what was landed for this month before")
    else:
        run.packages = land_sources(
            run.workspace,
            run.sources,
            run.period,
            accepted=run.ledger.accepted(),
            report=lambda source, rows: report("land", f"{source}: {rows:,} rows"),
        )
    run.ledger.record_inputs(
        run.run_id, {source: [each.package for each in found] for source, found in run.packages.items()}
    )
    report("land", "staging")
    run.staged = stage(run.workspace, run.sources, run.packages, run.period, run.build.deliveries)
    run.variables = prepare(run.build, run.workspace, run.period, run.staged, run.facts)


def check_deliveries(run: Run) -> None:
    """Gate 1: is this delivery worth processing? Raises GateError when a critical check fails."""
    report("check deliveries", f"{len(run.staged.subjects)} tables")
    answer = run.worker(GATES).ask(
        {
            "gate": "deliveries",
            "database": str(run.staged.database),
            "subjects": run.staged.subjects,
            "timezone": run.workspace.settings.timezone,
        }
    )
    run.gates.append(answer)
    publishing.refuse(answer)
    run.ledger.passed_deliveries(run.run_id)


def build(run: Run, prefect_context: str | None = None) -> dict[str, int]:
    """dbt: conform, observe, infer. Returns how many nodes ended in which status."""
    report("build", "each node a Prefect task" if prefect_context else "dbt")
    counts = run_dbt(
        run.worker(DBT),
        run.build,
        run.workspace,
        run.variables,
        prefect_context=prefect_context,
        report=lambda event, node: report("build", node) if event == "NodeStart" else None,
    )
    # Prefect's client in the child still has states of tasks to send; that need not wait for the end of the run.
    run.worker(DBT).finish()
    report("build", ", ".join(f"{number} {status}" for status, number in sorted(counts.items())))
    return counts


def check_figures(run: Run) -> None:
    """Gate 2: are these figures fit to print? Raises GateError when a critical check fails."""
    run.history = history.write_history(run.ledger, run.build.directory / "history.parquet")
    thresholds = run.workspace.settings.thresholds
    answer = run.worker(GATES).ask(
        {
            "gate": "figures",
            "database": str(run.build.database),
            "period": str(run.period),
            "history": str(run.history) if run.history else None,
            "hidden_below": thresholds.hidden_below,
            "false_discovery_rate": thresholds.false_discovery_rate,
            "rated": str(run.period) in rated_months(run.build.database),
            "timezone": run.workspace.settings.timezone,
        }
    )
    run.gates.append(answer)
    report("check figures", f"{answer['evaluated']} checks")
    publishing.refuse(answer)


def publish(run: Run) -> Publication:
    """The report: written to a scratch place, checked there, moved into place in one step.

    A month that is published already stays as it is: unchanged figures publish nothing, changed ones need a reason.
    """
    published = run.ledger.publication(run.period)
    reported = published is not None and published.kind == "run"
    if reported and not run.reason:
        if rows := history.moved(run.build.database, run.history, str(run.period)):
            raise publishing.moved_sentence(run.period, rows)
        report("publish", f"{run.period} is published and its figures have not moved")
        return published
    revision = publishing.next_revision(run.ledger, run.period)
    reason = run.reason if revision > 1 else None
    scratch = run.build.directory / "scratch"
    scratch.mkdir()
    contents = publishing.report_input(
        run.workspace,
        run.period,
        run.build.database,
        revision=revision,
        reason=reason,
        gates=run.gates,
        restatements=history.restatements(run.build.database, run.history, except_period=str(run.period)),
        inputs=publishing.inputs_sha256(run.packages),
    )
    contents["gap"] = gap_report.told(run.build.database, run.period, history.newest(run.ledger))
    contents["trust"]["notes"] += gap_report.left_out(run.build.database, run.period, run.workspace.settings.timezone)
    source = run.build.directory / "report_input.json"
    publishing.write_input(source, contents)
    report("publish", "drawing the report")
    run.worker(RENDERER).ask({"input": str(source), "into": str(scratch)})
    report("publish", "checking the report")
    answer = run.worker(GATES).ask({"gate": "artefact", "directory": str(scratch), "input": str(source)})
    publishing.refuse(answer)
    publishing.freeze(run.build.database, run.period, scratch)
    return publishing.publish(
        run.ledger,
        run.workspace,
        run.period,
        scratch,
        run_id=run.run_id,
        revision=revision,
        kind="run",
        reason=reason,
        recipients=run.recipients,
    )


def send(ledger: Ledger, workspace: Workspace, publication: Publication) -> list[Outcome]:
    """One mail per recipient; raises CxError naming (masked) whoever has not been sent it."""
    outcomes = deliver(ledger, workspace, publication, report=lambda line: report("deliver", line))
    if error := undelivered(outcomes):
        raise error
    return outcomes


def backfill(workspace: Workspace, first: Period, last: Period, *, pull: bool = False) -> list[Period]:
    """Freeze every month from ``first`` to ``last`` that is not frozen yet, from one build, without PDF or mail.

    The build's window reaches from the month before ``first`` to ``last``, so that the first month has something to be
    compared with. Returns the months frozen now.
    """
    months = first.until(last)
    if not months:
        raise CxError(f"{first} is after {last}", "name the earlier month with --from")
    window = max(workspace.settings.window_months, len(months) + 1)
    workspace = Workspace(workspace.root, workspace.settings.model_copy(update={"window_months": window}))
    with opened(workspace, last, kind="backfill", send=False, pull=pull) as run:
        frozen = history.newest(run.ledger)
        wanted = [month for month in months if str(month) not in frozen]
        if not wanted:
            return []
        run.warm_up(GATES, DBT)
        land(run)
        check_deliveries(run)
        build(run)
        check_figures(run)
        from flows.figures import rows

        with_figures = {row["period"] for row in rows(run.build.database, "select distinct period from figures")}
        with_figures |= rated_months(run.build.database)
        done = []
        for month in wanted:
            if str(month) not in with_figures:
                continue
            scratch = run.build.directory / f"frozen-{month}"
            scratch.mkdir()
            publishing.freeze(run.build.database, month, scratch)
            publishing.publish(
                run.ledger,
                workspace,
                month,
                scratch,
                run_id=run.run_id,
                revision=0,
                kind="backfill",
                reason=None,
                recipients=[],
            )
            report("freeze", str(month))
            done.append(month)
    return done
