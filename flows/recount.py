"""One figure counted again: the SQL a reader can run on a build's warehouse.

It is written from the declaration and not taken from the models that observed the figure, so that it is a second
reckoning: the two must agree (tests/flows/test_every_figure_explained.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from textwrap import dedent, indent
from typing import Any

from flows.cells import Cell, conditions, from_where, holds, in_month, in_slice, weight
from flows.inference.composites import DIMENSION, MONTHS_KEPT, PART
from flows.inference.survival import TIE
from flows.period import Period
from flows.staging import literal


def recounting(cell: Cell) -> str | None:
    """A SELECT of one row, ``n`` and ``value`` (in the KPI's unit); None for a kind that is not counted again."""
    select = KINDS.get(cell.kpi["kind"])
    return select(cell) if select else None


# One aggregate over the rows


def _over_rows(value: Callable[[dict[str, Any]], str]) -> Callable[[Cell], str]:
    """The SELECT of a kind whose n is the number of rows and whose value is one aggregate over them."""

    def select(cell: Cell) -> str:
        head = f"select\n    count(*) as n,\n    {value(cell.kpi)} as value\n"
        return head + from_where(cell.fact.model, conditions(cell))

    return select


def _mean_of(kpi: dict[str, Any], number: str) -> str:
    """The mean of ``number`` over the rows, weighted where the KPI is."""
    if not kpi.get("weight"):
        return f"cast(sum({number}) as double) / nullif(count(*), 0)"
    return f"cast(sum({weight(kpi)} * {number}) as double) / nullif(cast(sum({weight(kpi)}) as double), 0)"


def _share(kpi: dict[str, Any]) -> str:
    number = f"cast({holds(kpi['hit'])} as integer)"
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


# Two sets of rows


def _mix(cell: Cell) -> str:
    whole = conditions(replace(cell, slice="overall", slice_value=None))
    mine = " and ".join(in_slice(cell.fact, cell)) or "true"
    value = f"100 * cast(count(*) filter (where {mine}) as double) / nullif(count(*), 0)"
    return f"select\n    count(*) as n,\n    {value} as value\n{from_where(cell.fact.model, whole)}"


def _rate(cell: Cell) -> str:
    exposed = [holds(cell.exposure["base"]), in_month(cell.exposure, cell.month), *in_slice(cell.exposed, cell)]
    counts = [("exposed", cell.exposed.model, exposed), ("happened", cell.fact.model, conditions(cell))]
    first, second = (
        f"(\n{indent(f'select count(*) as n{chr(10)}{from_where(model, met)}', '    ')}\n) as {name}"
        for name, model, met in counts
    )
    value = f"{cell.kpi['per']} * cast(happened.n as double) / nullif(exposed.n, 0)"
    return f"select\n    exposed.n,\n    {value} as value\nfrom {first}\ncross join {second}"


# Rows, then what they are grouped by


def _with(*tables: tuple[str, str], then: str) -> str:
    """A SELECT over named SELECTs."""
    named = ",\n\n".join(f"{name} as (\n{indent(dedent(sql).strip(), '    ')}\n)" for name, sql in tables)
    return f"with\n\n{named}\n\n{dedent(then).strip()}"


def _survival(cell: Cell) -> str:
    """The product-limit estimate: at each time the share of those still at risk to whom nothing happens."""
    kpi = cell.kpi
    picked = (
        f"select\n    cast({kpi['duration']} as decimal(12, 3)) as time,\n    {holds(kpi['event'])} as happened\n"
        + from_where(cell.fact.model, conditions(cell))
    )
    if kpi.get("horizon"):
        # nobody was followed as far: unknown, but for a curve that had come down to 0
        value = f"""case
                when min(remaining) = 0 or max(time) >= {kpi["horizon"]}
                    then 100 * coalesce(min(remaining) filter (where time <= {kpi["horizon"]}), 1)
            end"""
    else:
        # a product of shares that should be exactly the share asked for misses it by rounding
        share = f"1 - {kpi['quantile']} + {TIE}"
        value = f"cast(min(time) filter (where events > 0 and remaining <= {share}) as double)"
    return _with(
        ("picked", picked),
        (
            "times",
            """
            select
                time,
                count(*) filter (where happened) as events,
                count(*) as leaving
            from picked
            group by time
            """,
        ),
        (
            "at_risk",
            """
            select
                *,
                sum(leaving) over (order by time desc) as followed
            from times
            """,
        ),
        (
            "curve",
            """
            select
                *,
                product(1 - cast(events as double) / followed) over (order by time) as remaining
            from at_risk
            """,
        ),
        then=f"""
        select
            cast(coalesce(sum(leaving), 0) as bigint) as n,
            {value} as value
        from curve
        """,
    )


def _spread(cell: Cell) -> str:
    """Method of moments: the mean square between groups less that within them, per row of a group."""
    kpi = cell.kpi
    picked = (
        f"select\n    cast({kpi['group']} as varchar) as place,\n"
        f"    cast(({kpi['measure']}) as decimal(12, 4)) as measure\n" + from_where(cell.fact.model, conditions(cell))
    )
    return _with(
        ("picked", picked),
        (
            "groups",
            """
            select
                place,
                count(*) as n,
                cast(sum(measure) as double) / count(*) as mean
            from picked
            group by place
            """,
        ),
        (
            "whole",
            """
            select
                cast(coalesce(sum(n), 0) as bigint) as n,
                count(*) as groups,
                sum(n * mean) / sum(n) as mean,
                (sum(n) - cast(sum(n * n) as double) / sum(n)) / nullif(count(*) - 1, 0) as rows_of_a_group
            from groups
            """,
        ),
        (
            "squares",
            """
            select
                sum(groups.n * (groups.mean - whole.mean) ** 2)
                / nullif(any_value(whole.groups) - 1, 0) as between_groups
            from groups
            cross join whole
            """,
        ),
        (
            "remainders",
            """
            select
                sum((picked.measure - groups.mean) ** 2)
                / nullif(count(*) - count(distinct place), 0) as within_groups
            from picked
            inner join groups using (place)
            """,
        ),
        then="""
        select
            whole.n,
            case
                when between_groups <= within_groups then 0
                else sqrt((between_groups - within_groups) / rows_of_a_group)
            end as value
        from whole
        cross join squares
        cross join remainders
        """,
    )


# Other figures


def parts_of(cell: Cell) -> str:
    """A SELECT of what a composite of ``cell`` is made of in its month, a row a part in the order of the declaration.

    Columns ``dimension``, ``part``, ``period`` and ``n`` of its figure, ``value`` in its ``unit``, ``decimals``,
    ``verdict``, and ``standing``: where it is between the bad (0) and the good end (100) of its scale. A part that is
    compared with its last figure counts with it for MONTHS_KEPT more months; without a figure all of these are null.
    """
    then = "select * exclude (place, direction, place_on_scale)\nfrom standings\norder by place"
    return _with(*_standings(cell), then=then)


def _composite(cell: Cell) -> str:
    """The mean of the dimensions, each the mean of its parts; n is the smallest base among them."""
    return _with(
        *_standings(cell),
        (
            "dimensions",
            """
            select
                dimension,
                min(n) as n,
                avg(standing) as standing
            from standings
            where standing is not null
            group by dimension
            """,
        ),
        then="""
        select
            min(n) as n,
            avg(standing) as value
        from dimensions
        """,
    )


def _standings(cell: Cell) -> list[tuple[str, str]]:
    """The named SELECTs that end in ``standings``, a row a part."""
    parts = [
        (dimension, part)
        for dimension, names in cell.kpi["parts"].items()
        for part in names
        if cell.slice == "overall" or cell.slice_value == {DIMENSION: dimension, PART: part}.get(cell.slice)
    ]
    listed = ",\n    ".join(f"({place}, {literal(a)}, {literal(b)})" for place, (a, b) in enumerate(parts))
    first = str(Period.parse(cell.month).shift(-MONTHS_KEPT))
    return [
        ("parts", f"select * from (values\n    {listed}\n) as listed (place, dimension, part)"),
        (
            "told",
            f"""
            select
                parts.*,
                figures.period,
                figures.n,
                figures.value,
                kpis.unit,
                kpis.decimals,
                figures.verdict,
                kpis.direction,
                100 * (figures.value - scale_low) / (scale_high - scale_low) as place_on_scale
            from parts
            left join kpis on parts.part = kpis.kpi
            left join figures
                on
                    parts.part = figures.kpi
                    and figures.slice = 'overall'
                    and (
                        figures.period = '{cell.month}'
                        or kpis.compared_with = 'last_with_data'
                        and figures.period between '{first}' and '{cell.month}'
                    )
            """,
        ),
        (
            "standings",
            """
            select
                *,
                -- what lies beyond an end of its scale is at that end; without a scale it is nowhere
                case
                    when place_on_scale is not null
                        then abs(if(direction = 'down', 100, 0) - least(greatest(place_on_scale, 0), 100))
                end as standing
            from told
            qualify row_number() over (partition by place order by standing is null, period desc nulls last) = 1
            """,
        ),
    ]


#: By kind the SELECT of one row, ``n`` and ``value``; of a kind that is missing here only the rows are listed.
KINDS: dict[str, Callable[[Cell], str]] = {
    "proportion": _over_rows(_share),
    "nps": _over_rows(_nps),
    "mean": _over_rows(_mean),
    "log_mean": _over_rows(_log_mean),
    "quantile": _over_rows(_quantile),
    "ratio": _over_rows(_ratio),
    "count": _over_rows(lambda _: "count(*)"),
    "mix": _mix,
    "rate": _rate,
    "survival": _survival,
    "spread": _spread,
    "composite": _composite,
}
