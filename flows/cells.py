"""What stands behind one figure: the rows of its month and slice, as its declaration says them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flows.staging import literal, quoted


@dataclass(frozen=True)
class Fact:
    """A dbt model that carries declarations, as its ``config.meta`` says them."""

    model: str
    slices: dict[str, str]
    key: list[str]
    #: Its file, from the root of the dbt project, and the models it reads.
    path: str | None = None
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """What one figure is of: a declared KPI, a month (YYYY-MM) and a value of a slice (None for ``overall``)."""

    kpi: dict[str, Any]
    fact: Fact
    month: str
    slice: str = "overall"
    slice_value: str | None = None
    #: Of a rate: the declaration of its exposure and the fact that stands beside.
    exposure: dict[str, Any] | None = None
    exposed: Fact | None = None


#: What a row must have besides meeting the base, by kind.
MEASURED = {
    "nps": ("measure",),
    "mean": ("measure",),
    "log_mean": ("measure",),
    "survival": ("duration",),
    "spread": ("measure", "group"),
}
#: Where a row came from and whose it is, as far as the fact has it.
LINEAGE = ("mapping", "source_file", "source_line", "customer_key")
#: Who served: an employee, of whom there is no figure by person and no row either.
AGENT = "agent_key"


def holds(condition: str) -> str:
    return f"coalesce(({condition}), false)"


def conditions(cell: Cell) -> list[str]:
    """What a row must meet to stand behind the figure; of a rate the events, of any other kind its base."""
    kpi = cell.kpi
    return [
        *([holds(kpi["base"])] if (kpi.get("base") or "true") != "true" else []),
        *(f"({kpi[key]}) is not null" for key in MEASURED.get(kpi["kind"], ())),
        *([holds(kpi["hit"])] if kpi["kind"] == "rate" else []),
        in_month(kpi, cell.month),
        *in_slice(cell.fact, cell),
    ]


def in_month(declared: dict[str, Any], month: str) -> str:
    """The month in which a row counts: that of its time, or in which its follow-up window closes."""
    return f"cast(date_trunc('month', {_closes(declared)}) as date) = date '{month}-01'"


def _closes(declared: dict[str, Any]) -> str:
    window = declared.get("window_days")
    time = f"cast({declared['month']} as timestamptz)"
    return f"{time} + interval {window} day" if window else time


def in_slice(fact: Fact, cell: Cell) -> list[str]:
    if cell.slice == "overall":
        return []
    return [f"coalesce(cast({fact.slices[cell.slice]} as varchar), 'not given') = {literal(cell.slice_value)}"]


def from_where(model: str, met: list[str]) -> str:
    return f"from {model}\nwhere\n    " + "\n    and ".join(met)


def keys_of(fact: Fact, columns: Iterable[str]) -> list[str]:
    """The columns that tell a row of the fact from another; all keys where none is declared.

    Not the customer, who is told beside them, and not the agent, who is not told at all.
    """
    declared = fact.key or [name for name in columns if name.endswith(("_key", "_id"))]
    return [name for name in declared if name in set(columns) and name not in ("customer_key", AGENT)]


def whose(kpi: dict[str, Any], columns: Iterable[str]) -> str | None:
    """SQL of whose a row is: what the KPI is clustered by, or the customer; None where the fact has no customer."""
    return kpi.get("cluster") or ("customer_key" if "customer_key" in columns else None)


def number_of_rows(cell: Cell, columns: Iterable[str]) -> str:
    """A SELECT of how many rows ``rows_behind`` has (``total``), how many are ``hits``, and of how many ``people``.

    Null where there can be none. The ``anonymous`` rows, of which nobody knows whose they are, are of one each.
    """
    hit, whom = _first_of(cell.kpi, "hit", "event"), whose(cell.kpi, columns)
    hits = f"count(*) filter (where {holds(hit)})" if hit else "cast(null as bigint)"
    anonymous = f"count(*) - count({whom})" if whom else "cast(null as bigint)"
    people = f"count(distinct {whom}) + {anonymous}" if whom else anonymous
    counts = {"total": "count(*)", "hits": hits, "people": people, "anonymous": anonymous}
    head = "select\n    " + ",\n    ".join(f"{sql} as {name}" for name, sql in counts.items()) + "\n"
    return head + from_where(cell.fact.model, conditions(cell))


def rows_behind(cell: Cell, columns: Iterable[str], limit: int, value: float | None = None) -> str:
    """A SELECT of the first ``limit`` rows behind the figure, in a total order of what is shown.

    ``columns`` are those the model has, ``value`` is the figure's: the rows around a quantile come first. Selected
    are LINEAGE, the keys (as texts, prefixed ``key_``), ``time``, ``window_closes`` (null without a window) and what
    the row brings, null where the kind has no such thing: ``hit`` (of a survival its event), ``measure`` (its
    duration, of a ratio the numerator), ``denominator`` and ``weight``. Nothing else of a row is read out: a measure
    that is no number is null.
    """
    kpi, columns = cell.kpi, list(columns)
    none = "cast(null as varchar)"
    parts = {name: quoted(name) if name in columns else none for name in LINEAGE}
    parts |= {f"key_{name}": f"cast({quoted(name)} as varchar)" for name in keys_of(cell.fact, columns)}
    window_closes = f"cast({_closes(kpi)} as varchar)" if kpi.get("window_days") else none
    hit, measure = _first_of(kpi, "hit", "event"), _first_of(kpi, "measure", "duration", "numerator")
    parts |= {
        "time": f"cast(cast({kpi['month']} as timestamptz) as varchar)",
        "window_closes": window_closes,
        "hit": holds(hit) if hit else "cast(null as boolean)",
        "measure": _number(measure),
        "denominator": _number(kpi.get("denominator")),
        "weight": _number(weight(kpi) if kpi.get("weight") else None),
    }
    selected = ",\n    ".join(f"{sql} as {quoted(name)}" for name, sql in parts.items())
    # by place, since a column of the fact may be called as one of the result
    places = [list(parts).index("time") + 1, *range(1, len(parts) + 1)]
    first = _FIRST.get(kpi["kind"])
    order = ", ".join([*([first(kpi, value)] if first else []), *map(str, places)])
    return f"select\n    {selected}\n{from_where(cell.fact.model, conditions(cell))}\norder by {order}\nlimit {limit}"


def weight(kpi: dict[str, Any]) -> str:
    return f"cast(coalesce({kpi['weight']}, 0) as decimal(9, 4))"


def _first_of(kpi: dict[str, Any], *keys: str) -> str | None:
    return next((kpi[key] for key in keys if kpi.get(key)), None)


def _number(sql: str | None) -> str:
    return f"try_cast(({sql}) as double)" if sql else "cast(null as double)"


def _hits_first(kpi: dict[str, Any], _: float | None) -> str:
    return f"{holds(kpi['hit'])} desc"


def _nearest_first(kpi: dict[str, Any], value: float | None) -> str:
    """The rows that decide a quantile are those around it; without a figure the longest are the ones to see."""
    measure = f"cast(({_first_of(kpi, 'measure', 'duration')}) as double)"
    if value is None or kpi.get("horizon"):
        return f"{measure} desc nulls first"
    return f"abs({measure} - {value!r}) nulls last"


#: What the list of rows is ordered by first, given the KPI and the figure's value, by kind.
_FIRST: dict[str, Callable[[dict[str, Any], float | None], str]] = {
    "proportion": _hits_first,
    "quantile": _nearest_first,
    "survival": _nearest_first,
}
