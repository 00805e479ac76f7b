"""A figure that was printed can be asked: its definition, the SQL that counts it, and the rows behind it."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

from flows import explain_rows
from flows.builds import Look
from flows.errors import ConfigurationError, CxError
from flows.figures import FIGURE_COLUMNS
from flows.ledger import Ledger
from flows.ledger_records import Publication
from flows.period import Period
from flows.records import Records
from flows.workspace import Workspace

#: What is told of a declaration, as the table ``kpis`` has it.
DECLARED = (
    "kpi", "label", "definition", "edge_cases", "unit", "direction", "kind", "fact", "base", "counted", "month",
    "window_days", "quantile", "horizon", "exposure", "per", "cluster", "compared_with", "minimum_base",
    "smallest_change", "decimals",
)  # fmt: skip
#: A change of one of these makes another figure of the same rows.
DECISIVE = (
    "unit", "kind", "fact", "base", "counted", "month", "window_days", "quantile", "horizon", "exposure", "per",
    "weighted", "parts",
)  # fmt: skip
#: Rows that are listed when nobody says how many.
ROWS_LISTED = 20


def explain(
    workspace: Workspace, kpi: str, period: Period, slice_: str | None = None, *, listed: int = ROWS_LISTED
) -> dict[str, Any]:
    """What is behind the figure of ``kpi`` for ``period`` and ``slice_`` ("name=value", None for the whole company).

    See ``answer``, which this asks once.
    """
    with Records(workspace) as records:
        return answer(records, kpi, period, slice_, listed=listed)


def answer(
    records: Records, kpi: str, period: Period, slice_: str | None = None, *, listed: int = ROWS_LISTED
) -> dict[str, Any]:
    """What is behind a figure, from records that stay open for the next question.

    The figure is the published one; where the month is not published, that of the newest build. The rows are those of
    the newest build that looks at the month, at most ``listed``. Keys, always all: ``kpi`` (the declaration),
    ``period``, ``slice``, ``slice_value``, ``figure``, ``publication``, ``withheld`` (why numbers and rows are not
    shown), ``build``, ``model`` (that it is declared beside: name, file, reads), ``slice_sql``, ``sql``,
    ``recomputed`` (n, value), ``differs``, ``rows`` (total, hits, people, anonymous, listed), ``estimates`` (of an
    estimate the rows of its model), ``parts`` (of a composite the figures it is made of) and ``notes`` (sentences).
    Raises CxError for a KPI, slice or month that is not there, naming those that are.
    """
    if listed < 0:
        raise ConfigurationError(f"{listed} rows cannot be listed", "give --rows a number from 0 on")
    workspace = records.workspace
    publication, look = records.publication(period), records.look(period)
    if publication is None and look is None:
        raise CxError(
            f"{period} has no figures yet", f"make them with: cx run {period}, or cx backfill --from {period}"
        )
    printed, frozen = records.published(publication) if publication else ([], [])
    printed = [row for row in printed if row["kpi"] == kpi]
    now = look.figures(kpi, period) if look else []
    built = look.kpis if look else []
    if kpi not in (known := {row["kpi"] for row in [*frozen, *built]}):
        raise _unknown_kpi(kpi, sorted(known))
    frozen, built = _declared(frozen, kpi), _declared(built, kpi)
    declared = frozen or built
    name, value = _slice(slice_, kpi, [row["slices"] for row in (built, frozen) if row], printed or now)
    where = (name, value)
    figure, figure_now = _at(printed, where), _at(now, where)
    shown = figure if publication else figure_now
    withheld = _withheld(figure, figure_now, look)
    told: dict[str, Any] = {
        "kpi": {key: declared.get(key) for key in DECLARED},
        "period": str(period),
        "slice": name,
        "slice_value": value,
        "figure": {key: shown[key] for key in FIGURE_COLUMNS[4:]} if shown else None,
        "publication": _publication(publication),
        "withheld": withheld,
        "build": None,
        "model": None,
        "slice_sql": None,
        "sql": None,
        "recomputed": None,
        "differs": None,
        "rows": None,
        "estimates": None,
        "parts": None,
        "notes": [],
    }
    notes = told["notes"]
    if publication is None:
        notes.append(f"{period} is not published; the figure is that of the newest build, nobody has been sent it.")
    if shown is None:
        undeclared = publication is not None and frozen is None
        why = "it was not declared when the month was published" if undeclared else _why_none(declared, printed or now)
        notes.append(f"There is no figure: {why}.")
    if look is None:
        notes.append(_nothing_built(workspace, period))
        return told
    told["build"] = _build(look, records.ledger)
    if withheld is None:
        notes += _provenance(look, told["build"], publication, records.ledger, period)
    if built is None:
        notes.append(f"The build of {look.period} does not declare {kpi} any more; its rows cannot be listed.")
        return told
    told["model"] = _model(look, kpi)
    if value is not None and name not in look.facts[kpi][0].slices:
        notes.append(f"The build of {look.period} does not know the slice {name} any more; its rows cannot be listed.")
        return told
    if frozen and (changed := [key for key in DECISIVE if key in frozen and frozen[key] != built.get(key)]):
        notes.append(
            f"Its declaration has changed since it was published ({', '.join(changed)}); the SQL is that of the build."
        )
    cell = look.cell(kpi, period, name, value)
    told["slice_sql"] = cell.fact.slices[name] if value is not None and declared["month"] else None
    if withheld is not None:
        return told
    explain_rows.recount(told, look, cell, figure_now, listed, [*printed, *now], workspace)
    explain_rows.compare(told, publication is not None, figure, figure_now)
    return told


# Which figure


def _declared(kpis: list[dict[str, Any]], kpi: str) -> dict[str, Any] | None:
    return next((row for row in kpis if row["kpi"] == kpi), None)


def _unknown_kpi(kpi: str, known: list[str]) -> ConfigurationError:
    near = difflib.get_close_matches(kpi, known, n=5)
    mend = f"did you mean {', '.join(near)}? `cx kpis` lists them all" if near else "`cx kpis` lists them all"
    return ConfigurationError(f"there is no KPI {kpi!r}", mend)


def _slice(
    given: str | None, kpi: str, declared: list[list[str]], figures: list[dict[str, Any]]
) -> tuple[str, str | None]:
    """The slice's name and value; raises ConfigurationError naming those that have a figure and are not hidden."""
    if given is None or given == "overall":
        return "overall", None
    name, equals, value = given.partition("=")
    slices = list(dict.fromkeys(each for names in declared for each in names))
    if name not in slices:
        raise ConfigurationError(
            f"{kpi} is not sliced by {name!r}",
            f"write --slice name=value with one of {', '.join(slices)}" if slices else "leave --slice out",
        )
    of_slice = [row for row in figures if row["slice"] == name]
    known = [row["slice_value"] for row in of_slice if row["verdict"] != "hidden"]
    if not equals or value not in [row["slice_value"] for row in of_slice]:
        what = f"{kpi} has no figure for {name} {value!r}" if equals else f"{given!r} names no value"
        if not known:
            raise ConfigurationError(what, f"no value of {name} has a figure in this month; leave --slice out")
        raise ConfigurationError(
            what, f"those shown are {', '.join(known)}; write for example: --slice {_typed(name, known[0])}"
        )
    return name, value


def _typed(name: str, value: str) -> str:
    """``name=value`` as it is typed in a shell."""
    import shlex

    return shlex.quote(f"{name}={value}")


def _at(figures: list[dict[str, Any]], where: tuple[str, str | None]) -> dict[str, Any] | None:
    return next((row for row in figures if (row["slice"], row["slice_value"]) == where), None)


def _withheld(figure: dict[str, Any] | None, now: dict[str, Any] | None, look: Look | None) -> str | None:
    hidden = [row is not None and row["verdict"] == "hidden" for row in (figure, now)]
    if not any(hidden):
        return None
    few = f"fewer than {look.hidden_below} people" if look else "too few people"
    why = f"it speaks of {few}, or would let a figure that does be worked out from the others"
    if figure and not hidden[0]:
        return f"In the newest build the figure is hidden: {why}. Beyond what was published nothing is shown."
    return f"The figure is hidden: {why}. Its numbers and rows are not shown."


def _why_none(declared: dict[str, Any], of_month: list[dict[str, Any]]) -> str:
    """Why a KPI has no figure of the whole company; ``of_month`` are all that it has in the month."""
    kind = declared["kind"]
    if declared.get("absent"):
        return declared["absent"]
    if kind == "mix" or (of_month and kind == "estimate"):
        return f"{'a mix' if kind == 'mix' else 'it'} is told part by part; name one with --slice"
    beyond = {
        "quantile": f", or it lies beyond the follow-up window of {declared['window_days']} days",
        "survival": ", or it lies beyond what anybody was followed",
        "spread": ", or there are not two groups to differ, one of them with two rows",
        "ratio": ", or there is nothing to divide by",
    }
    return "nothing was delivered for the month" + beyond.get(kind, "")


# How they came about


def _publication(publication: Publication | None) -> dict[str, Any] | None:
    if publication is None:
        return None
    return {
        "revision": publication.revision,
        "kind": publication.kind,
        "reason": publication.reason,
        "published_at": publication.published_at.isoformat(timespec="seconds"),
        "run": publication.run_id,
    }


def _build(look: Look, ledger: Ledger | None) -> dict[str, Any]:
    try:
        run = ledger.run(look.run) if ledger else None
    except LookupError:
        run = None
    return {
        "run": look.run,
        "period": look.period,
        "status": str(run.status) if run else None,
        "database": str(Path("var") / "builds" / look.run / look.build.database.name),
    }


def _model(look: Look, kpi: str) -> dict[str, Any]:
    """The model beside which a KPI is declared; its file lies in the build's own copy of the dbt project."""
    fact, _ = look.facts[kpi]
    file = str(Path("var") / "builds" / look.run / look.build.project.name / fact.path) if fact.path else None
    return {"name": fact.model, "file": file, "reads": list(fact.reads)}


def _provenance(
    look: Look, build: dict[str, Any], publication: Publication | None, ledger: Ledger | None, period: Period
) -> list[str]:
    told = []
    if publication and publication.run_id != look.run:
        published_from = ledger.run(publication.run_id).period
        if look.period > published_from:
            told.append(
                f"The rows are as of the end of {look.period}, the newest build that looks at {period}; the figure "
                f"was published from a build of {published_from}."
            )
        else:
            told.append(f"The rows are those of a later build of {look.period} than the one it was published from.")
    if build["status"] == "failed":
        told.append("The run of this build failed; nothing was published from it.")
    return told


def _nothing_built(workspace: Workspace, period: Period) -> str:
    """That no build is left which looks at the month, and how to have one again without mailing anything."""
    last = max(workspace.last_period(), period)
    months = len(period.until(last))
    wider = (
        f"raise window_months in cx.toml to {months} or more, then: "
        if months > workspace.settings.window_months
        else ""
    )
    return (
        f"No build is left that looks at {period}: the figure cannot be counted again, nor its rows listed. "
        f"To build once more: {wider}cx run {last} --pull --no-send (a published month stays as it is)."
    )


def as_json(answer: dict[str, Any]) -> str:
    """The answer as JSON; the same answer gives the same text."""
    return json.dumps(answer, ensure_ascii=False, indent=1)
