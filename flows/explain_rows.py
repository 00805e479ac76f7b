"""What stands behind one figure, read from a build: counted again, its rows, estimates or parts, guarded by people."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flows.builds import Look
from flows.cells import LINEAGE, Cell, number_of_rows, rows_behind
from flows.errors import CxError
from flows.recount import parts_of, recounting
from flows.workspace import Workspace

#: Two figures of the same rows agree to this, relative to their size or to 1: a root can make this much of what
#: rounding leaves of nothing.
AGREEMENT = 1e-7
ESTIMATE = ("slice", "slice_value", "n", "estimate", "estimate_low", "estimate_high", "estimate_error")
_HASH = re.compile(r"[0-9a-f]{32}")


def recount(
    answer: dict[str, Any],
    look: Look,
    cell: Cell,
    figure_now: dict[str, Any] | None,
    listed: int,
    figures: list[dict[str, Any]],
    workspace: Workspace,
) -> None:
    """Fill in ``answer``: ``sql``, ``recomputed``, ``rows``, ``estimates`` or ``parts``, and ``withheld`` where those
    would speak of too few people.

    ``figure_now`` is the build's own figure of the cell, ``figures`` are those of all its KPI's cells, published and
    built. Raises CxError, without any value of a row, when the build cannot be asked.
    """
    import duckdb

    kind = cell.kpi["kind"]
    try:
        # of a mix the whole is no figure, nor is it worth counting
        sql = None if kind == "mix" and cell.slice_value is None else recounting(cell)
        answer["sql"] = sql
        if sql and figure_now:
            [answer["recomputed"]] = look.rows(sql)
        if kind == "composite":
            answer["parts"] = look.rows(parts_of(cell))
        elif kind == "estimate":
            _estimates(answer, look, cell, figures)
        else:
            _rows(answer, look, cell, figure_now, listed, figures, workspace)
    except duckdb.Error as error:
        # The message may quote a cell.
        raise CxError(
            f"the rows of {cell.kpi['id']} cannot be counted: {type(error).__name__}",
            "look at its declaration; `cx run` builds it anew",
            where=answer["build"]["database"],
        ) from None
    if answer["sql"] is None and answer["withheld"] is None and kind != "mix":
        answer["notes"].append(
            "An estimate is not counted again here; the model that works it out can be read and asked."
            if kind == "estimate"
            else f"A figure of the kind {kind} is not counted again here; these are the rows it rests on."
        )


def _rows(
    answer: dict[str, Any],
    look: Look,
    cell: Cell,
    figure_now: dict[str, Any] | None,
    listed: int,
    figures: list[dict[str, Any]],
    workspace: Workspace,
) -> None:
    columns = look.columns[cell.fact.model]
    [counted] = look.rows(number_of_rows(cell, columns))
    people = counted["total"] if counted["people"] is None else counted["people"]
    # The base of a rate is its exposure, which hides the figure where it is of few.
    of_few = 0 < people < look.hidden_below and not (figure_now and cell.kpi["kind"] == "rate")
    if of_few and figure_now:
        answer["withheld"] = f"The rows are of fewer than {look.hidden_below} people; they are not listed."
    elif of_few:
        answer["withheld"] = f"Fewer than {look.hidden_below} people stand behind it; nothing of them is shown."
        answer["sql"] = None
    else:
        value = figure_now["value"] if figure_now else None
        hide = _hider(workspace, cell, figures)
        found = look.rows(rows_behind(cell, columns, listed, value))
        answer["rows"] = counted | {"listed": [hide(row) for row in found]}


def _estimates(answer: dict[str, Any], look: Look, cell: Cell, figures: list[dict[str, Any]]) -> None:
    """The rows of the model: that of the cell, or all of the month; none that is hidden or is of few people."""
    query = f"select {', '.join(ESTIMATE)} from {cell.fact.model} where kpi = ? and period = ?"
    found = look.rows(f"{query} order by slice = 'overall' desc, slice, slice_value", [cell.kpi["id"], cell.month])
    if cell.slice != "overall":
        found = [row for row in found if (row["slice"], row["slice_value"]) == (cell.slice, cell.slice_value)]
    told = {(row["slice"], row["slice_value"]) for row in figures}
    hidden = {(row["slice"], row["slice_value"]) for row in figures if row["verdict"] == "hidden"}
    # what has no figure is not known to be hidden, nor not to be
    shown = [
        row
        for row in found
        if (place := (row["slice"], row["slice_value"])) not in hidden
        and (place in told or (row["n"] or 0) >= look.hidden_below)
    ]
    answer["estimates"] = shown
    if len(shown) < len(found):
        answer["notes"].append(
            f"Rows that speak of fewer than {look.hidden_below} people, or would give such away, are left out."
        )


def _hider(
    workspace: Workspace, cell: Cell, figures: list[dict[str, Any]]
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Makes a listed row of what was read: keys hashed, values of hidden slices withheld."""
    from flows.lake import salt
    from flows.sources.declaration import Key
    from flows.sources.keys import hashed

    grain = salt(workspace)
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
        return hashed(grain, declared, [])([text])[0]

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


def compare(
    answer: dict[str, Any],
    published: bool,
    figure: dict[str, Any] | None,
    figure_now: dict[str, Any] | None,
) -> None:
    """Fill in ``differs``: whether the published figure is another than that counted now, with what to do of it."""
    recomputed, notes = answer["recomputed"], answer["notes"]
    if recomputed and figure_now and not agrees(recomputed, figure_now):
        notes.append(
            "Counted again it differs from the build's own figure "
            f"(n {figure_now['n']}, value {figure_now['value']}); that is an error of cx, please report it."
        )
    if not published:
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
