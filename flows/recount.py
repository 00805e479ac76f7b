"""One figure counted again: the SQL a reader can run on a build's warehouse, and the SQL of the rows behind it.

It is written from the declaration and not taken from the models that observed the figure, so that it is a second
reckoning: the two must agree (tests/flows/test_explain.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from textwrap import indent
from typing import Any

from flows.staging import literal, quoted


@dataclass(frozen=True)
class Fact:
    """A dbt model that carries declarations, as its ``config.meta`` says them."""

    model: str
    slices: dict[str, str]
    key: list[str]


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


@dataclass(frozen=True)
class Kind:
    """How a kind is counted again."""

    #: A SELECT of one row, ``n`` and ``value`` (in the KPI's unit); None where only its rows are listed.
    select: Callable[[Cell], str] | None
    #: What a row must meet besides the base, in SQL.
    also: Callable[[dict[str, Any]], str] | None = None
    #: What the list of rows is ordered by first, given the KPI and the figure's value.
    first: Callable[[dict[str, Any], float | None], str] | None = None


def _holds(condition: str) -> str:
    return f"coalesce(({condition}), false)"


def _hit(kpi: dict[str, Any]) -> str:
    return _holds(kpi["hit"])


def _has(*keys: str) -> Callable[[dict[str, Any]], str]:
    return lambda kpi: " and ".join(f"({kpi[key]}) is not null" for key in keys)


def _weight(kpi: dict[str, Any]) -> str:
    return f"cast(coalesce({kpi['weight']}, 0) as decimal(9, 4))"


def _over_rows(value: Callable[[dict[str, Any]], str]) -> Callable[[Cell], str]:
    """The SELECT of a kind whose n is the number of rows and whose value is one aggregate over them."""

    def select(cell: Cell) -> str:
        head = f"select\n    count(*) as n,\n    {value(cell.kpi)} as value\n"
        return head + _from(cell.fact.model, conditions(cell))

    return select


def _mean_of(kpi: dict[str, Any], number: str) -> str:
    """The mean of ``number`` over the rows, weighted where the KPI is."""
    if not kpi.get("weight"):
        return f"cast(sum({number}) as double) / nullif(count(*), 0)"
    return f"cast(sum({_weight(kpi)} * {number}) as double) / nullif(cast(sum({_weight(kpi)}) as double), 0)"


def _share(kpi: dict[str, Any]) -> str:
    number = f"cast({_hit(kpi)} as integer)"
    return f"100 * {_mean_of(kpi, number)}"


def _nps(kpi: dict[str, Any]) -> str:
    answer = f"case when ({kpi['measure']}) >= 9 then 1 when ({kpi['measure']}) <= 6 then -1 else 0 end"
    return f"100 * {_mean_of(kpi, answer)}"


def _mean(kpi: dict[str, Any]) -> str:
    return _mean_of(kpi, f"cast(({kpi['measure']}) as decimal(12, 4))")


def _log_mean(kpi: dict[str, Any]) -> str:
    logarithm = f"cast(ln({kpi['measure']}) as decimal(12, 6))"
    return f"exp({_mean_of(kpi, logarithm)})"


def _ratio(kpi: dict[str, Any]) -> str:
    over, under = (f"sum(cast(coalesce({kpi[part]}, 0) as decimal(18, 4)))" for part in ("numerator", "denominator"))
    times = f"{kpi['per']} * " if kpi["per"] != 1 else ""
    return f"{times}cast({over} as double) / nullif(cast({under} as double), 0)"


def _quantile(kpi: dict[str, Any]) -> str:
    # What lies beyond the follow-up window is later than all others; a quantile among such rows is not given.
    measure = f"coalesce(cast(({kpi['measure']}) as double), 'infinity')"
    return f"nullif(quantile_cont({measure}, {kpi['quantile']}), cast('infinity' as double))"


def _mix(cell: Cell) -> str:
    whole = conditions(replace(cell, slice="overall", slice_value=None))
    mine = " and ".join(_in_slice(cell.fact, cell)) or "true"
    value = f"100 * cast(count(*) filter (where {mine}) as double) / nullif(count(*), 0)"
    return f"select\n    count(*) as n,\n    {value} as value\n{_from(cell.fact.model, whole)}"


def _rate(cell: Cell) -> str:
    exposed = [_holds(cell.exposure["base"]), _in_month(cell.exposure, cell.month), *_in_slice(cell.exposed, cell)]
    counts = [("exposed", cell.exposed.model, exposed), ("happened", cell.fact.model, conditions(cell))]
    first, second = (
        f"(\n{indent(f'select count(*) as n{chr(10)}{_from(model, met)}', '    ')}\n) as {name}"
        for name, model, met in counts
    )
    value = f"{cell.kpi['per']} * cast(happened.n as double) / nullif(exposed.n, 0)"
    return f"select\n    exposed.n,\n    {value} as value\nfrom {first}\ncross join {second}"


def _hits_first(kpi: dict[str, Any], _: float | None) -> str:
    return f"{_hit(kpi)} desc"


def _nearest_first(kpi: dict[str, Any], value: float | None) -> str:
    """The rows that decide a quantile are those around it; without a figure the longest are the ones to see."""
    if value is None:
        return f"({kpi['measure']}) desc nulls first"
    return f"abs(cast(({kpi['measure']}) as double) - {value!r}) nulls last"


#: By kind. One that is missing here, or has no SELECT, is not counted again.
KINDS: dict[str, Kind] = {
    "proportion": Kind(_over_rows(_share), first=_hits_first),
    "nps": Kind(_over_rows(_nps), also=_has("measure")),
    "mean": Kind(_over_rows(_mean), also=_has("measure")),
    "log_mean": Kind(_over_rows(_log_mean), also=_has("measure")),
    "quantile": Kind(_over_rows(_quantile), first=_nearest_first),
    "ratio": Kind(_over_rows(_ratio)),
    "count": Kind(_over_rows(lambda _: "count(*)")),
    "mix": Kind(_mix),
    "rate": Kind(_rate, also=_hit),
    "survival": Kind(None, also=_has("duration")),
    "spread": Kind(None, also=_has("measure", "group")),
}


def recounting(cell: Cell) -> str | None:
    """A SELECT of one row, ``n`` and ``value`` (in the KPI's unit); None for a kind that is not counted again."""
    kind = KINDS.get(cell.kpi["kind"])
    return kind.select(cell) if kind and kind.select else None


def conditions(cell: Cell) -> list[str]:
    """What a row must meet to stand behind the figure; of a rate the events, of any other kind its base."""
    kind = KINDS.get(cell.kpi["kind"])
    return [
        _holds(cell.kpi.get("base") or "true"),
        *([kind.also(cell.kpi)] if kind and kind.also else []),
        _in_month(cell.kpi, cell.month),
        *_in_slice(cell.fact, cell),
    ]


def _in_month(declared: dict[str, Any], month: str) -> str:
    """The month in which a row counts: that of its time, or in which its follow-up window closes."""
    return f"cast(date_trunc('month', {_closes(declared)}) as date) = date '{month}-01'"


def _closes(declared: dict[str, Any]) -> str:
    window = declared.get("window_days")
    time = f"cast({declared['month']} as timestamptz)"
    return f"{time} + interval {window} day" if window else time


def _in_slice(fact: Fact, cell: Cell) -> list[str]:
    if cell.slice == "overall":
        return []
    return [f"coalesce(cast({fact.slices[cell.slice]} as varchar), 'not given') = {literal(cell.slice_value)}"]


def _from(model: str, met: list[str]) -> str:
    return f"from {model}\nwhere\n    " + "\n    and ".join(met)


def keys_of(fact: Fact, columns: Iterable[str]) -> list[str]:
    """The columns that tell a row of the fact from another, beside the customer; all keys where none is declared."""
    declared = fact.key or [name for name in columns if name.endswith(("_key", "_id"))]
    return [name for name in declared if name in set(columns) and name != "customer_key"]


#: Where a row came from and whose it is, as far as the fact has it.
LINEAGE = ("mapping", "source_file", "source_line", "customer_key")


def rows_behind(cell: Cell, columns: Iterable[str], limit: int, value: float | None = None) -> str:
    """A SELECT of the first ``limit`` rows behind the figure, in a total order of what is shown.

    ``columns`` are those the model has, ``value`` is the figure's: the rows around a quantile come first. Selected
    are LINEAGE, the keys (as texts, prefixed ``key_``), ``time``, ``window_closes`` (null without a window) and what
    the row brings, null where the kind has no such thing: ``hit`` (of a survival its event), ``measure`` (its
    duration, of a ratio the numerator), ``denominator`` and ``weight``. Nothing else of a row is read out: a measure
    that is no number is null.
    """
    kpi, columns = cell.kpi, list(columns)
    kind = KINDS.get(kpi["kind"])
    none = "cast(null as varchar)"
    parts = {name: quoted(name) if name in columns else none for name in LINEAGE}
    parts |= {f"key_{name}": f"cast({quoted(name)} as varchar)" for name in keys_of(cell.fact, columns)}
    window_closes = f"cast({_closes(kpi)} as varchar)" if kpi.get("window_days") else none
    hit, measure = _first_of(kpi, "hit", "event"), _first_of(kpi, "measure", "duration", "numerator")
    parts |= {
        "time": f"cast(cast({kpi['month']} as timestamptz) as varchar)",
        "window_closes": window_closes,
        "hit": _holds(hit) if hit else "cast(null as boolean)",
        "measure": _number(measure),
        "denominator": _number(kpi.get("denominator")),
        "weight": _number(_weight(kpi) if kpi.get("weight") else None),
    }
    selected = ",\n    ".join(f"{sql} as {quoted(name)}" for name, sql in parts.items())
    # by place, since a column of the fact may be called as one of the result
    places = [list(parts).index("time") + 1, *range(1, len(parts) + 1)]
    order = ", ".join([*([kind.first(kpi, value)] if kind and kind.first else []), *map(str, places)])
    return f"select\n    {selected}\n{_from(cell.fact.model, conditions(cell))}\norder by {order}\nlimit {limit}"


def _first_of(kpi: dict[str, Any], *keys: str) -> str | None:
    return next((kpi[key] for key in keys if kpi.get(key)), None)


def _number(sql: str | None) -> str:
    return f"try_cast(({sql}) as double)" if sql else "cast(null as double)"


def number_of_rows(cell: Cell) -> str:
    """A SELECT of how many rows ``rows_behind`` has (``total``) and how many are hits (null where none can be)."""
    hit = _first_of(cell.kpi, "hit", "event")
    hits = f"count(*) filter (where {_holds(hit)})" if hit else "cast(null as bigint)"
    return f"select count(*) as total, {hits} as hits\n{_from(cell.fact.model, conditions(cell))}"
