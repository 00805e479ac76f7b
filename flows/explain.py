"""A figure that was printed can be asked: its definition, the SQL that counts it, and the rows behind it."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Any

from flows.builds import Look, newest_look
from flows.errors import ConfigurationError, CxError
from flows.figures import FIGURE_COLUMNS, published_figures, published_kpis, rows
from flows.ledger import Ledger
from flows.ledger_records import Publication
from flows.period import Period
from flows.recount import LINEAGE, Cell, number_of_rows, recounting, rows_behind
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
    "weighted",
)  # fmt: skip
#: Two figures of the same rows agree to this, relative to their size or to 1.
AGREEMENT = 1e-9
#: Rows that are listed when nobody says how many.
ROWS_LISTED = 20
_HASH = re.compile(r"[0-9a-f]{32}")


def explain(
    workspace: Workspace, kpi: str, period: Period, slice_: str | None = None, *, listed: int = ROWS_LISTED
) -> dict[str, Any]:
    """What is behind the figure of ``kpi`` for ``period`` and ``slice_`` ("name=value", None for the whole company).

    The figure is the published one; where the month is not published, that of the newest build. The rows are those
    of the newest build that looks at the month, at most ``listed``. Keys, always all: ``kpi`` (the declaration),
    ``period``, ``slice``, ``slice_value``, ``figure``, ``publication``, ``withheld`` (why numbers and rows are not
    shown), ``build``, ``slice_sql``, ``sql``, ``recomputed`` (n, value), ``differs``, ``rows`` (total, hits, listed)
    and ``notes`` (sentences). Raises CxError for a KPI, slice or month that is not there, naming those that are.
    """
    if listed < 0:
        raise ConfigurationError(f"{listed} rows cannot be listed", "give --rows a number from 0 on")
    ledger = Ledger.open(workspace.ledger_path) if workspace.ledger_path.is_file() else None
    publication = ledger.publication(period) if ledger else None
    look = newest_look(workspace, period)
    if publication is None and look is None:
        raise CxError(
            f"{period} has no figures yet", f"make them with: cx run {period}, or cx backfill --from {period}"
        )
    printed = [row for row in published_figures(publication) if row["kpi"] == kpi] if publication else []
    now = look.figures(kpi, period) if look else []
    frozen = published_kpis(publication) if publication else []
    built = rows(look.build.database, "select * from kpis") if look else []
    if kpi not in (known := {row["kpi"] for row in [*frozen, *built]}):
        raise _unknown_kpi(kpi, sorted(known))
    frozen, built = _declared(frozen, kpi), _declared(built, kpi)
    declared = frozen or built
    name, value = _slice(slice_, kpi, [row["slices"] for row in (built, frozen) if row], printed or now)
    where = (name, value)
    figure, figure_now = _at(printed, where), _at(now, where)
    shown = figure if publication else figure_now
    withheld = _withheld(figure, figure_now, look)
    answer: dict[str, Any] = {
        "kpi": {key: declared.get(key) for key in DECLARED},
        "period": str(period),
        "slice": name,
        "slice_value": value,
        "figure": {key: shown[key] for key in FIGURE_COLUMNS[4:]} if shown else None,
        "publication": _publication(publication),
        "withheld": withheld,
        "build": None,
        "slice_sql": None,
        "sql": None,
        "recomputed": None,
        "differs": None,
        "rows": None,
        "notes": [],
    }
    notes = answer["notes"]
    if publication is None:
        notes.append(f"{period} is not published; the figure is that of the newest build, nobody has been sent it.")
    if shown is None:
        undeclared = publication is not None and frozen is None
        why = "it was not declared when the month was published" if undeclared else _why_none(declared)
        notes.append(f"There is no figure: {why}.")
    if look is None:
        notes.append(_nothing_built(workspace, period))
        return answer
    answer["build"] = _build(look, ledger)
    if withheld is None:
        notes += _provenance(look, answer["build"], publication, ledger, period)
    if built is None:
        notes.append(f"The build of {look.period} does not declare {kpi} any more; its rows cannot be listed.")
        return answer
    if value is not None and name not in look.facts[kpi][0].slices:
        notes.append(f"The build of {look.period} does not know the slice {name} any more; its rows cannot be listed.")
        return answer
    if frozen and (changed := [key for key in DECISIVE if key in frozen and frozen[key] != built.get(key)]):
        notes.append(
            f"Its declaration has changed since it was published ({', '.join(changed)}); the SQL is that of the build."
        )
    cell = look.cell(kpi, period, name, value)
    answer["slice_sql"] = cell.fact.slices[name] if value is not None else None
    if withheld is not None:
        return answer
    if cell.kpi.get("month"):
        _recount(answer, workspace, look, cell, figure_now, listed, [*printed, *now])
    else:
        notes.append(f"A {cell.kpi['kind']} is not of rows that count in a month each; none are listed.")
    _compare(answer, publication, figure, figure_now)
    return answer


# Which figure


def _declared(kpis: list[dict[str, Any]], kpi: str) -> dict[str, Any] | None:
    return next((row for row in kpis if row["kpi"] == kpi), None)


def _unknown_kpi(kpi: str, known: list[str]) -> ConfigurationError:
    near = difflib.get_close_matches(kpi, known, n=5, cutoff=0.5)
    mend = f"did you mean {', '.join(near)}? `cx kpis` lists them all" if near else f"use one of {', '.join(known)}"
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


def _why_none(declared: dict[str, Any]) -> str:
    if declared.get("absent"):
        return declared["absent"]
    if declared["kind"] == "mix":
        return "a mix is told part by part; name one with --slice"
    beyond = f", or it lies beyond the follow-up window of {declared['window_days']} days"
    return "nothing was delivered for the month" + (beyond if declared["kind"] == "quantile" else "")


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


# Counting again


def _recount(
    answer: dict[str, Any],
    workspace: Workspace,
    look: Look,
    cell: Cell,
    figure_now: dict[str, Any] | None,
    listed: int,
    figures: list[dict[str, Any]],
) -> None:
    import duckdb

    database, zone = look.build.database, workspace.settings.timezone
    columns = [
        row["name"]
        for row in rows(
            database, "select column_name as name from duckdb_columns() where table_name = ?", [cell.fact.model]
        )
    ]
    value = figure_now["value"] if figure_now else None
    answer["sql"] = recounting(cell)
    try:
        if answer["sql"] and figure_now:
            [answer["recomputed"]] = rows(database, answer["sql"], timezone=zone)
        [counted] = rows(database, number_of_rows(cell), timezone=zone)
        if figure_now is None and 0 < counted["total"] < look.hidden_below:
            answer["withheld"] = f"Fewer than {look.hidden_below} rows stand behind it; they are not shown."
            answer["sql"] = None
            return
        found = rows(database, rows_behind(cell, columns, listed, value), timezone=zone)
    except duckdb.Error as error:
        # The message may quote a cell.
        raise CxError(
            f"the rows of {cell.kpi['id']} cannot be counted: {type(error).__name__}",
            "look at its declaration; `cx run` builds it anew",
            where=answer["build"]["database"],
        ) from None
    if answer["sql"] is None:
        answer["notes"].append(
            f"A figure of the kind {cell.kpi['kind']} is not counted again here; these are the rows it rests on."
        )
    hide = _hider(workspace, cell, figures)
    answer["rows"] = counted | {"listed": [hide(row) for row in found]}


def _hider(workspace: Workspace, cell: Cell, figures: list[dict[str, Any]]):
    """Makes a listed row of what was read: keys hashed, values of hidden slices withheld."""
    from flows.lake import salt
    from flows.sources.declaration import Key
    from flows.sources.keys import hashed

    hidden = {
        sql.strip(): {row["slice_value"] for row in figures if row["slice"] == name and row["verdict"] == "hidden"}
        for name, sql in cell.fact.slices.items()
    }

    def key(name: str, text: str | None) -> str | None:
        if text is None or not name.endswith(("_key", "_id")):
            return "hidden" if text in hidden.get(name, ()) else text
        if _HASH.fullmatch(text):
            return text
        # A number of the source's own, which it does not declare as a key: hashed as if it did.
        declared = Key(names=name.removesuffix("_key").removesuffix("_id"))
        return hashed(salt(workspace), declared, [])([text])[0]

    def row(read: dict[str, Any]) -> dict[str, Any]:
        mapping, file, line, customer = (read[name] for name in LINEAGE)
        keys = {name.removeprefix("key_"): text for name, text in read.items() if name.startswith("key_")}
        told = ("time", "window_closes", "hit", "measure", "denominator", "weight")
        return {
            "mapping": mapping,
            "file": file,
            "line": line,
            "customer_key": key("customer_key", customer),
            "keys": {name: key(name, text) for name, text in keys.items()},
        } | {name: read[name] for name in told}

    return row


def agrees(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two countings have the same n, and the same value but for rounding."""
    a, b = one["value"], other["value"]
    if one["n"] != other["n"] or (a is None) != (b is None):
        return False
    return a is None or abs(a - b) <= AGREEMENT * max(1.0, abs(a), abs(b))


def _compare(
    answer: dict[str, Any],
    publication: Publication | None,
    figure: dict[str, Any] | None,
    figure_now: dict[str, Any] | None,
) -> None:
    recomputed, notes = answer["recomputed"], answer["notes"]
    if recomputed and figure_now and not agrees(recomputed, figure_now):
        notes.append(
            "Counted again it differs from the build's own figure "
            f"(n {figure_now['n']}, value {figure_now['value']}); that is an error of cx, please report it."
        )
    if publication is None:
        return
    now = recomputed or figure_now
    if figure is None or now is None:
        answer["differs"] = figure is not now
    else:
        answer["differs"] = not agrees(figure, now)
    if answer["differs"]:
        notes.append(
            "The published figure and the one counted now differ: the rows have changed since it was published. "
            f"A correction is published with: cx run {answer['period']} --pull --revise 'why'"
        )


def as_json(answer: dict[str, Any]) -> str:
    """The answer as JSON; the same answer gives the same text."""
    return json.dumps(answer, ensure_ascii=False, indent=1)
