"""The `cx` command. Thin: it reads arguments, calls a verb, and turns what a user can mend into a sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows import settings
from flows.errors import ConfigurationError, CxError
from flows.period import Period
from flows.progress import Progress
from flows.workspace import Workspace

app = typer.Typer(
    help="The monthly customer-experience report that runs itself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", envvar="CX_WORKSPACE", help="The company's folder.")
]
PeriodArgument = Annotated[str | None, typer.Argument(help="The month, as YYYY-MM; the last complete one by default.")]


def _month(workspace: Workspace, text: str | None) -> Period:
    return Period.parse(text) if text else workspace.last_period()


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="The folder to make.")]) -> None:
    """Make a workspace: cx.toml, an example source, and the company's tables."""
    from flows.starter import start

    start(directory)
    typer.echo(f"{directory} is ready. Describe an extract in {directory}/sources (docs/sources.md), then: cx doctor")


@app.command()
def doctor(workspace: WorkspaceOption = Path()) -> None:
    """Check libraries, fonts, paths, mail server and sources; each problem comes with its remedy."""
    from flows.doctor import examine

    problems = 0
    for finding in examine(workspace):
        typer.echo(f"{'ok ' if finding.well else 'BAD'}  {finding.what}")
        if not finding.well:
            problems += 1
            typer.echo(f"     → {finding.remedy}")
    if problems:
        raise typer.Exit(1)


@app.command()
def run(
    period: PeriodArgument = None,
    workspace: WorkspaceOption = Path(),
    send: Annotated[bool, typer.Option("--send/--no-send", help="Mail the report once it is published.")] = True,
    pull: Annotated[
        bool, typer.Option("--pull", help="Pull the extracts again instead of reading what was landed.")
    ] = False,
    revise: Annotated[str | None, typer.Option("--revise", help="Publish a correction, for this reason.")] = None,
) -> None:
    """Make the report of a month and mail it: once, however often this is run."""
    from flows import stages
    from flows.ledger import Ledger

    company = Workspace.load(workspace)
    month = _month(company, period)
    published = None if pull or revise else stages.finished(company, month)
    with Progress():
        if published:
            if send:
                stages.send(Ledger.open(company.ledger_path), company, published)
            typer.echo(f"{month} is published already, as revision {published.revision}; there was nothing to make")
        else:
            _through_prefect(month, company, send, pull, revise)
            published = stages.finished(company, month)
    _say_where(company, month)


def _through_prefect(month: Period, company: Workspace, send: bool, pull: bool, reason: str | None) -> None:
    # Prefect tells a failure as a stack trace; the sentence below is for the user, the trace stays with the server.
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    from flows import stages, workers

    stages.refuse_early(company, send=send)
    stages.start_early(company)
    try:
        from flows.monthly_report import monthly_report

        monthly_report(period=str(month), workspace=str(company.root), send=send, pull=pull, reason=reason)
    finally:
        workers.stop_early()


def _say_where(company: Workspace, month: Period) -> None:
    from flows.ledger import Ledger

    ledger = Ledger.open(company.ledger_path)
    publication = ledger.publication(month)
    if publication is None:
        return
    typer.echo(f"report   {publication.directory / 'report.pdf'}")
    mails = ledger.messages(publication)
    if mails and company.settings.mail.transport == "outbox":
        typer.echo(f"mail     {company.outbox / f'{month}-r{publication.revision}'} ({len(mails)} messages)")
    elif mails:
        sent = sum(message.state == "sent" for message in mails)
        typer.echo(f"mail     {sent} of {len(mails)} recipients have it")


@app.command()
def backfill(
    first: Annotated[str, typer.Option("--from", help="First month, as YYYY-MM.")],
    last: Annotated[str | None, typer.Option("--to", help="Last month; the last complete one by default.")] = None,
    workspace: WorkspaceOption = Path(),
    pull: Annotated[bool, typer.Option("--pull", help="Pull the extracts again.")] = False,
) -> None:
    """Freeze past months from one build, without PDF or mail; months frozen already stay as they are."""
    from flows import stages

    company = Workspace.load(workspace)
    with Progress():
        done = stages.backfill(company, Period.parse(first), _month(company, last), pull=pull)
    typer.echo(f"{len(done)} months frozen" + (f", {done[0]} to {done[-1]}" if done else "; all were frozen already"))


@app.command()
def kpis(
    period: Annotated[str | None, typer.Option(help="The month, as YYYY-MM.")] = None,
    workspace: WorkspaceOption = Path(),
    format: Annotated[str, typer.Option("--format", help="table, json or csv.")] = "table",
) -> None:
    """Print the figures that were published (or backfilled) for a month."""
    from flows.figures import FIGURE_COLUMNS, as_json, published_figures
    from flows.ledger import Ledger

    if format not in {"table", "json", "csv"}:
        raise ConfigurationError(f"there is no format {format!r}", "use table, json or csv")
    company = Workspace.load(workspace)
    month = _month(company, period)
    publication = Ledger.open(company.ledger_path).publication(month) if company.ledger_path.is_file() else None
    if publication is None:
        raise CxError(f"{month} has no figures yet", f"make them with: cx run {month}, or cx backfill --from {month}")
    found = published_figures(publication)
    if format == "json":
        typer.echo(as_json(found))
    elif format == "csv":
        import csv

        writer = csv.DictWriter(sys.stdout, FIGURE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    else:
        _table(found)


def _table(figures: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("kpi", "slice", "value", "95 % interval", "n", "previous", "change", "verdict", "target")
    for row in figures:
        shown = {
            key: f"{value:,.2f}"
            if isinstance(value, float)
            else f"{value:,}"
            if isinstance(value, int)
            else value or ""
            for key, value in row.items()
        }
        where = row["slice"] if row["slice_value"] is None else escape(f"{row['slice']} {row['slice_value']}")
        interval = f"{shown['low']} to {shown['high']}" if row["low"] is not None else ""
        unit = row["unit"]
        table.add_row(
            row["kpi"], where, f"{shown['value']} {unit}".strip() if row["value"] is not None else "", interval,
            shown["n"], shown["previous"], shown["change"], row["verdict"], shown["target"],
        )  # fmt: skip
    Console().print(table)


@app.command()
def explain(
    kpi: Annotated[str, typer.Argument(help="The KPI's id, as `cx kpis` prints it.")],
    period: Annotated[str | None, typer.Option(help="The month, as YYYY-MM; the last complete one by default.")] = None,
    slice: Annotated[str | None, typer.Option(help="One part, as name=value; else the whole company.")] = None,
    workspace: WorkspaceOption = Path(),
    format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
    rows: Annotated[int, typer.Option(help="How many of the rows behind the figure to list.")] = 20,
) -> None:
    """Say what is behind a figure: its definition, the SQL that counts it, and its rows (hashed keys only)."""
    from flows.explain import as_json
    from flows.explain import explain as explained
    from flows.explain_text import as_text

    if format not in {"text", "json"}:
        raise ConfigurationError(f"there is no format {format!r}", "use text or json")
    company = Workspace.load(workspace)
    answer = explained(company, kpi, _month(company, period), slice, listed=rows)
    typer.echo(as_json(answer) if format == "json" else as_text(answer, company.settings.timezone))


@app.command()
def gap(
    period: Annotated[str | None, typer.Option(help="The month, as YYYY-MM.")] = None,
    workspace: WorkspaceOption = Path(),
    format: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Print every step of the gap analysis that was published (or backfilled) for a month."""
    from flows import gap as gap_analysis
    from flows import gap_text
    from flows.ledger import Ledger

    if format not in {"text", "json"}:
        raise ConfigurationError(f"there is no format {format!r}", "use text or json")
    company = Workspace.load(workspace)
    month = _month(company, period)
    publication = Ledger.open(company.ledger_path).publication(month) if company.ledger_path.is_file() else None
    if publication is None:
        raise CxError(f"{month} has no figures yet", f"make them with: cx run {month}, or cx backfill --from {month}")
    document = gap_analysis.published_gap(publication)
    if format == "json":
        typer.echo(gap_analysis.as_json(document))
    else:
        typer.echo(gap_text.printed(document))


@app.command()
def mails(
    period: PeriodArgument = None,
    workspace: WorkspaceOption = Path(),
    arrived: Annotated[int | None, typer.Option(help="The unknown message of this number did arrive.")] = None,
    resend: Annotated[
        int | None, typer.Option(help="The message of this number did not arrive: plan it again.")
    ] = None,
) -> None:
    """Say where each mail of a month stands; settle one whose fate only somebody can know."""
    from flows.delivery.addresses import masked
    from flows.ledger import Ledger

    company = Workspace.load(workspace)
    month = _month(company, period)
    if not company.ledger_path.is_file():
        raise CxError(f"{month} is not published", f"make its report with: cx run {month}")
    ledger = Ledger.open(company.ledger_path)
    if arrived is not None:
        ledger.resolve(arrived, sent=True)
    if resend is not None:
        ledger.resolve(resend, sent=False)
    publication = ledger.publication(month)
    if publication is None:
        raise CxError(f"{month} is not published", f"make its report with: cx run {month}")
    for message in ledger.messages(publication):
        typer.echo(f"{message.id:>5}  {message.state:<12} {masked(message.recipient)}  {message.words}")


@app.command()
def serve(workspace: WorkspaceOption = Path()) -> None:
    """Register the monthly schedule with Prefect and wait for it; the Prefect page can start a run too."""
    from flows.deployments import serve as serve_forever

    serve_forever(Workspace.load(workspace))


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="The folder to make.")] = Path("demo-company"),
    spoiled: Annotated[
        str | None, typer.Option(help="Spoil the newest extracts in this way, to see it refused.")
    ] = None,
) -> None:
    """Make a company with thirty months of extracts, freeze its past and report its newest month."""
    from flows import stages
    from flows.demo.company import write

    write(directory, spoiled=spoiled)
    typer.echo(f"{directory} is a made-up company; what was planted in its data stands in flows/demo/truths.py")
    company = Workspace.load(directory)
    month = company.last_period()
    with Progress():
        if not spoiled:
            stages.backfill(company, month.shift(1 - company.settings.window_months), month.shift(-1))
        _through_prefect(month, company, True, False, None)
    _say_where(company, month)
    typer.echo(
        f"next     open the PDF; then try: cx kpis -w {directory}; cx run -w {directory} (mails nobody twice); "
        "make demo-failure"
    )


def main() -> None:
    """Run the command; a CxError is a sentence on standard error and exit status 1."""
    settings.quiet()
    try:
        # Without its own way to end, typer hands back the status of an Exit: 130 for an interrupted run.
        status = app(standalone_mode=False)
    except CxError as error:
        typer.echo(f"✗ {error.sentence}", err=True)
        sys.exit(1)
    except typer.Abort:
        status = 130
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of the command line
            typer.echo(f"✗ {error.format_message()}\n  → cx --help", err=True)
            sys.exit(2)
        raise
    if status == 130:
        typer.echo("✗ interrupted\n  → run again, it continues where it can", err=True)
    sys.exit(status or 0)


if __name__ == "__main__":
    main()
