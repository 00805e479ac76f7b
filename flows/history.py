"""Frozen months: what was published stays, and later builds compare themselves with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.figures import rows
from flows.ledger import Ledger
from flows.ledger_records import Publication


def newest(ledger: Ledger) -> dict[str, Publication]:
    """The newest publication of each period, frozen by a run or a backfill."""
    return {publication.period: publication for publication in ledger.publications()}


def write_history(ledger: Ledger, into: Path) -> Path | None:
    """One Parquet of all frozen figures with their revision; None when nothing is frozen yet."""
    import duckdb

    publications = newest(ledger).values()
    if not publications:
        return None
    # By name: a month that was frozen by an earlier version may lack a column.
    selects = " union all by name ".join(
        f"select *, {publication.revision} as revision "
        f"from read_parquet('{_escaped(publication.directory / 'figures.parquet')}') "
        f"where period = '{publication.period}'"
        for publication in publications
    )
    with duckdb.connect() as connection:
        connection.execute(f"copy ({selects}) to '{_escaped(into)}' (format parquet)")
    return into


def restatements(database: Path, history: Path | None, *, except_period: str | None = None) -> list[dict[str, Any]]:
    """Frozen figures that this build would print differently: period, kpi, slice, slice_value, from, to.

    Compared at the precision a KPI is printed with; figures hidden then or now are not told. A month outside the
    build's window is not compared.
    """
    if history is None:
        return []
    return rows(
        database,
        f"""
        select f.period, f.kpi, f.slice, f.slice_value, h.value as "from", f.value as "to"
        from read_parquet('{_escaped(history)}') as h
        join figures as f
            on h.period = f.period and h.kpi = f.kpi and h.slice = f.slice
            and h.slice_value is not distinct from f.slice_value
        join kpis as k on k.kpi = f.kpi
        where round(h.value, k.decimals) != round(f.value, k.decimals) and f.period != ?
        order by f.period, k.position, f.slice, f.slice_value
        """,
        [except_period or ""],
    )


def moved(database: Path, history: Path | None, period: str) -> list[dict[str, Any]]:
    """As ``restatements``, for the published month ``period`` itself; a figure that is gone has moved to None."""
    if history is None:
        return []
    told = [row for row in restatements(database, history) if row["period"] == period]
    return told + rows(
        database,
        f"""
        select h.period, h.kpi, h.slice, h.slice_value, h.value as "from", null as "to"
        from read_parquet('{_escaped(history)}') as h
        join kpis as k on k.kpi = h.kpi
        where h.period = ? and h.value is not null
        and h.period in (select period from figures)
        and not exists (
            select 1
            from figures as f
            where f.period = h.period and f.kpi = h.kpi and f.slice = h.slice
                and f.slice_value is not distinct from h.slice_value
        )
        order by k.position, h.slice, h.slice_value
        """,
        [period],
    )


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
