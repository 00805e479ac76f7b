"""Write, audit, publish: a report appears as a whole, checked, in one rename, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flows import figures, gap
from flows.errors import CxError, GateError
from flows.lake import sha256_of, sync
from flows.ledger import Ledger
from flows.ledger_records import Publication
from flows.period import Period
from flows.workspace import Workspace


def inputs_sha256(packages: dict[str, list[Any]]) -> str:
    """One hash of all packages that a run reads."""
    listed = {source: [package.data_sha256 for package in found] for source, found in sorted(packages.items())}
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def report_input(
    workspace: Workspace,
    period: Period,
    database: Path,
    *,
    revision: int,
    reason: str | None,
    gates: list[dict[str, Any]],
    restatements: list[dict[str, Any]],
    inputs: str,
) -> dict[str, Any]:
    """Everything the report says, as docs/architecture.md section 5 lists it. Holds no clock and no run's name."""
    settings = workspace.settings
    kpis = figures.rows(database, "select * from kpis order by position")
    now = figures.rows(
        database,
        f"select {', '.join(figures.FIGURE_COLUMNS)} from figures where period = ? order by kpi, slice, slice_value",
        [str(period)],
    )
    shown = {row["kpi"] for row in now}
    observed = figures.rows(
        database, "select distinct kpi from observations where period = ? and slice = 'overall'", [str(period)]
    )
    beyond = {row["kpi"] for row in observed} - shown
    untold = figures.untold(database, str(period))
    absent = [
        {
            "kpi": kpi["kpi"],
            "label": kpi["label"],
            "why": _why_absent(kpi, kpi["kpi"] in beyond, untold.get(kpi["kpi"])),
        }
        for kpi in kpis
        if kpi["kpi"] not in shown
    ]
    return {
        "company": settings.name,
        "period": str(period),
        "period_label": period.label,
        "timezone": settings.timezone,
        "currency": settings.currency,
        "language": settings.languages[0],
        "revision": revision,
        "revision_reason": reason,
        "hidden_below": settings.thresholds.hidden_below,
        "kpis": _in_currency(kpis, settings.currency),
        "figures": _in_currency(now, settings.currency),
        "series": {kpi: points for kpi, points in figures.series(database).items() if kpi in shown},
        "experiments": figures.rows(
            database,
            "select * exclude (period) from experiments where period = ? order by experiment, outcome, variant",
            [str(period)],
        ),
        "benchmarks": figures.rows(
            database, "select * from benchmarks order by kpi, is_verified desc, source, value, note"
        ),
        "quotes": figures.quotes(database, str(period)),
        "trust": {
            "gates": [_gate(gate) for gate in gates],
            "handled": figures.rows(database, "select * from handled order by source, kind, reason"),
            "deliveries": figures.deliveries(database),
            "absent": absent,
            "restatements": restatements,
            "notes": _notes(database, str(period)),
        },
        "built": {
            "run": f"{period}-{inputs[:12]}",
            "project_version": version("cx-monthly"),
            "inputs_sha256": inputs,
        },
    }


def _in_currency(rows: list[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    """KPIs or figures with the workspace's currency as the unit of money: a reader wants to know which money."""
    return [row | {"unit": currency} if row["unit"] == "money" else row for row in rows]


def _notes(database: Path, period: str) -> list[str]:
    notes = figures.notes(database, period)
    early = figures.before_first_snapshot(database)
    if early:
        notes.append(
            f"{early:,} rows are from before the first snapshot of their customer; "
            "they are shown under its earliest known segment, region and tier"
        )
    return notes


def _why_absent(kpi: dict[str, Any], beyond_window: bool, untold: str | None) -> str:
    if kpi["absent"] or untold:
        return kpi["absent"] or untold
    if beyond_window:
        return f"it lies beyond the follow-up window of {kpi['window_days']} days"
    return "nothing was delivered for the month"


def _gate(gate: dict[str, Any]) -> dict[str, Any]:
    failed = [check for check in gate["checks"] if not check["passed"]]
    return {
        "gate": gate["gate"],
        "passed": len(gate["checks"]) - len(failed),
        "failed": sum(check["severity"] == "critical" for check in failed),
        "warnings": [_warning(check) for check in failed if check["severity"] == "warning"],
    }


def _warning(check: dict[str, Any]) -> str:
    where = ".".join(part for part in (check["table"], check["column"]) if part)
    count = f" ({check['failed_rows']:,} rows)" if check.get("failed_rows") else ""
    return f"{where}: {check['description']}{count}"


def refuse(answer: dict[str, Any]) -> None:
    """Raise GateError with every critical check of ``answer`` that failed: table, column, rule, row numbers."""
    failed = [check for check in answer["checks"] if not check["passed"] and check["severity"] == "critical"]
    if not failed:
        return
    lines = []
    for check in failed[:10]:
        where = ", column ".join(part for part in (check["table"], check["column"]) if part)
        rows = check.get("rows") or []
        numbers = ", ".join(
            f"{row['file']} line {row['line']}" if row["file"] else f"row {row['line']}" for row in rows[:5]
        )
        count = f"; {check['failed_rows']:,} rows" if check.get("failed_rows") else ""
        more = ", …" if len(rows) > 5 else ""
        lines.append(
            f"\n  {where}: {check['rule']}: {check['description']}{count}{f': {numbers}{more}' if numbers else ''}"
        )
    what = (
        "the delivery is not worth processing" if answer["gate"] == "deliveries" else "the figures are not fit to print"
    )
    remedy = (
        "repair the extract and run again, or declare the rows in corrections.csv or under drops: with a reason"
        if answer["gate"] == "deliveries"
        else "nothing was published or sent; look at the figure and at what feeds it"
    )
    raise GateError(f"{what}:{''.join(lines)}", remedy)


def next_revision(ledger: Ledger, period: Period) -> int:
    """1 for a month that was never reported (a backfill is revision 0), else one more than the newest."""
    publication = ledger.publication(period)
    return publication.revision + 1 if publication else 1


def freeze(database: Path, period: Period, directory: Path) -> None:
    """Write the month's figures, the declarations they were computed with, and its gap analysis."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        for name, query in {
            "figures": f"select * from figures where period = '{period}' order by kpi, slice, slice_value",
            "kpis": "select * from kpis order by position",
        }.items():
            target = str(directory / f"{name}.parquet").replace("'", "''")
            connection.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd)")
        gap.freeze(connection, period, directory)


def publish(
    ledger: Ledger,
    workspace: Workspace,
    period: Period,
    scratch: Path,
    *,
    run_id: str,
    revision: int,
    kind: str,
    reason: str | None,
    recipients: list[str],
) -> Publication:
    """Move ``scratch`` to ``published/<period>/r<revision>`` in one rename and record it with its planned mails.

    From the ledger's commit on the month is published. A directory without a ledger row is what a crash left behind
    between the two, and is replaced.
    """
    from flows.inference.bootstrap import SEED

    target = workspace.published / str(period) / f"r{revision}"
    files = {path.name: sha256_of(path) for path in sorted(scratch.iterdir())}
    manifest = {
        "period": str(period),
        "revision": revision,
        "kind": kind,
        "reason": reason,
        "run": run_id,
        "project_version": version("cx-monthly"),
        "resampling_seed": SEED,
        "files": files,
    }
    (scratch / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    files["manifest.json"] = sha256_of(scratch / "manifest.json")
    for path in scratch.iterdir():
        sync(path)
    sync(scratch)
    if target.exists():
        if ledger.publication(period, revision):
            raise CxError(f"revision {revision} of {period} is already published", "publish the next one")
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(scratch, target)
    sync(target.parent)
    return ledger.record_publication(
        period, revision, target, files, run_id, kind=kind, reason=reason, recipients=recipients
    )


def write_input(path: Path, contents: dict[str, Any]) -> None:
    """``report_input.json``: keys sorted, UTF-8."""
    path.write_text(json.dumps(contents, sort_keys=True, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def moved_sentence(period: Period, rows: list[dict[str, Any]]) -> CxError:
    """The refusal to change a published month silently."""
    named = ", ".join(f"{row['kpi']} {row['slice_value'] or ''}".strip() for row in rows[:5])
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return CxError(
        f"the data pulled would move {len(rows)} published figures of {period}: {named}{more}; nothing was changed",
        f"publish a correction: cx run {period} --pull --revise 'why'",
    )
