"""The way, in one screen: extracts are landed, checked, built into figures, checked again, published and mailed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows import stages
from flows.errors import CxError
from flows.ledger import Ledger
from flows.node_tasks import current_context
from flows.period import Period
from flows.stages import Run
from flows.workspace import Workspace

#: No result of a task is kept by Prefect: the ledger is what remembers (RELIABILITY section 0).
EFFECT: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}


def _worth_another_try(_task: Any, _run: Any, state: Any) -> bool:
    """Only what lies outside this machine heals by itself; a failing check or declaration does not."""
    try:
        state.result()
    except CxError as error:
        return error.transient
    except Exception:
        return False
    return False


#: Nothing is pulled or sent twice by trying again: the lake knows what it holds, the ledger who has been mailed.
AGAIN: dict[str, Any] = {"retries": 2, "retry_delay_seconds": [10, 60], "retry_condition_fn": _worth_another_try}


@task(**AGAIN, **EFFECT)
def land(run: Run) -> None:
    """Pull every source into the lake."""
    stages.land(run)


@task(**EFFECT)
def check_deliveries(run: Run) -> None:
    """Gate 1: is this delivery worth processing?"""
    stages.check_deliveries(run)


@task(**EFFECT)
def check_figures(run: Run) -> None:
    """Gate 2: are these figures fit to print?"""
    stages.check_figures(run)


@task(**EFFECT)
def publish(run: Run) -> Any:
    """Write, audit, publish."""
    return stages.publish(run)


@task(**AGAIN, **EFFECT)
def deliver(run: Run, publication: Any) -> None:
    """One mail per recipient, once."""
    stages.send(run.ledger, run.workspace, publication)


@flow(name="monthly-report", persist_result=False)
def monthly_report(
    period: str | None = None,
    workspace: str = ".",
    send: bool = True,
    pull: bool = False,
    reason: str | None = None,
) -> str:
    """The report of one month, from extracts to mail.

    ``period`` is YYYY-MM (the last complete month by default), ``workspace`` a directory, ``reason`` makes a
    correction of a published month. Returns the directory of what was published.
    """
    company = Workspace.load(workspace)
    month = Period.parse(period) if period else company.last_period()
    if not (pull or reason) and (published := stages.finished(company, month)):
        # A second schedule, a retry, a trigger by hand: the month is out, only a mail may still be owed.
        if send:
            stages.send(Ledger.open(company.ledger_path), company, published)
        return str(published.directory)
    with stages.opened(company, month, send=send, pull=pull, reason=reason) as run:
        run.warm_up(stages.GATES, stages.DBT)
        land(run)
        check_deliveries(run)
        run.warm_up(stages.RENDERER)
        # Each dbt node becomes a task of this flow run.
        stages.build(run, prefect_context=current_context())
        check_figures(run)
        publication = publish(run)
        _show(run, publication.directory)
        if send:
            deliver(run, publication)
    return str(publication.directory)


def _show(run: Run, published: Path) -> None:
    """Artifacts: the KPI table, the gates' outcome, where the report lies. Overall figures only, no row of anybody."""
    from flows.figures import FIGURE_COLUMNS, rows

    figures = rows(
        run.build.database,
        f"select {', '.join(FIGURE_COLUMNS)} from figures where period = ? and slice = 'overall' order by kpi",
        [str(run.period)],
    )
    key = str(run.period)
    create_table_artifact(table=figures, key=f"figures-{key}", description=f"Figures of {key}, the whole company")
    gates = [
        {
            "gate": gate["gate"],
            "checks": gate["evaluated"],
            "warnings": sum(not check["passed"] for check in gate["checks"]),
        }
        for gate in run.gates
    ]
    create_table_artifact(
        table=gates, key=f"gates-{key}", description="What the gates found; a failed one ends the run"
    )
    listed = "\n".join(f"- [{path.name}]({path.as_uri()})" for path in sorted(published.iterdir()))
    create_markdown_artifact(
        f"**{key}** is published in `{published.relative_to(run.workspace.root)}` of the workspace:\n\n{listed}\n",
        key=f"published-{key}",
    )
