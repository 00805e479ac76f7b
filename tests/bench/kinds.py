"""Each kind's compiled model beside a query written by hand, over the same Parquet files (a worker).

Requests: ``{"do": "make", "warehouse": a build's warehouse.duckdb, "compiled": its folder of compiled observations,
"into": directory, "first_period", "period", "timezone"}``, then ``{"do": "compiled" or "by_hand", "pair": name}`` in
turn, and ``{"do": "compare", "pair"}``. A pair is a file of tests/bench/by_hand: the model, two underscores, its fact.
"""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from flows.errors import CxError
from flows.period import Period
from flows.staging import literal
from flows.workers import serve
from tests.bench.measurement import clocked

BY_HAND = Path(__file__).parent / "by_hand"
#: What ties the parts of a compiled model together, one part a fact.
_UNION = "union all by name"
#: The quantiles are a chain of three models: the lists of the cells, the ranks, what is picked.
_CHAINED = {"observed_quantiles": "quantile_cells"}
IDENTITY = ("kpi", "period", "slice", "slice_value")


def pairs() -> list[str]:
    """The names of all pairs."""
    return sorted(path.stem for path in BY_HAND.glob("*.sql"))


class Kinds:
    """The queries, the connection they run in, and what each gave last."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.compiled = Path()
        self.found: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the Parquet files, run one of two queries, or compare what they gave."""
        if request["do"] == "make":
            return self._make(request)
        if request["do"] == "compare":
            return self._compare(request["pair"])
        way, pair = request["do"], request["pair"]
        run = self._run_compiled if way == "compiled" else self._run_by_hand
        before = _processor_seconds()
        self.found[way, pair], span = clocked(lambda: run(pair))
        return span | {"processor_seconds": _processor_seconds() - before}

    def _make(self, request: dict[str, Any]) -> dict[str, Any]:
        import duckdb

        self.compiled, zone = Path(request["compiled"]), request["timezone"]
        first, last = Period.parse(request["first_period"]), Period.parse(request["period"])
        self.connection = duckdb.connect()
        self.connection.execute(f"set TimeZone = {literal(zone)}")
        self.connection.execute("set variable window_start = $at::timestamptz", {"at": first.start(zone)})
        self.connection.execute("set variable window_end = $at::timestamptz", {"at": last.end(zone)})
        self.connection.execute(f"set variable first_month = date '{first}-01'")
        self.connection.execute(f"set variable last_month = date '{last}-01'")
        # The compiled models name their facts as the build did.
        self.connection.execute("attach ':memory:' as warehouse")
        self.connection.execute(f"attach {literal(request['warehouse'])} as built (read_only)")
        for table in sorted({pair.split("__", 1)[1] for pair in pairs()}):
            rows = Path(request["into"]) / f"{table}.parquet"
            self.connection.execute(f"copy built.{table} to {literal(str(rows))} (compression zstd)")
            self.connection.execute(
                f"create view warehouse.{table} as select * from read_parquet({literal(str(rows))})"
            )
        self.connection.execute("create table warehouse.known_ranks as from built.quantile_ranks")
        self.connection.execute("detach built")
        return {"pairs": pairs()}

    def _run_by_hand(self, pair: str) -> list[dict[str, Any]]:
        return self._rows((BY_HAND / f"{pair}.sql").read_text(encoding="utf-8"))

    def _run_compiled(self, pair: str) -> list[dict[str, Any]]:
        model, fact = pair.split("__", 1)
        if model not in _CHAINED:
            return self._rows(part_of(self._sql(model), fact))
        from flows.inference.ranks import quantile_ranks

        cells = part_of(self._sql(_CHAINED[model]), fact)
        self.connection.execute(f"create or replace table warehouse.quantile_cells as ({cells})")
        sizes = self.connection.execute("select distinct n, quantile from warehouse.quantile_cells").fetchall()
        ranks = quantile_ranks(sizes)  # noqa: F841, DuckDB reads it by its name
        self.connection.execute("create or replace table warehouse.quantile_ranks as from ranks")
        return self._rows(self._sql(model))

    def _sql(self, model: str) -> str:
        return (self.compiled / f"{model}.sql").read_text(encoding="utf-8")

    def _rows(self, query: str) -> list[dict[str, Any]]:
        self.connection.execute(query)
        names = [column[0] for column in self.connection.description]
        return [dict(zip(names, row, strict=True)) for row in self.connection.fetchall()]

    def _compare(self, pair: str) -> dict[str, Any]:
        """Answers which KPIs only the compiled model observes.

        Raises CxError when a statistic of the others differs, or when there is none.
        """
        by_hand, compiled = self.found["by_hand", pair], self.found["compiled", pair]
        if not by_hand:
            raise CxError(f"{pair}.sql gives no row", "make more rows, or see whether its KPIs are still declared")
        columns = [*IDENTITY, *(name for name in by_hand[0] if name not in IDENTITY)]
        kpis = {row["kpi"] for row in by_hand}
        ours = _by_identity([row for row in compiled if row["kpi"] in kpis], columns)
        theirs = _by_identity(by_hand, columns)
        different = [key for key in sorted({*ours, *theirs}, key=str) if ours.get(key) != theirs.get(key)]
        if different:
            raise CxError(
                f"the compiled model and {pair}.sql differ in {len(different)} of {len(theirs)} rows, "
                f"first in {' '.join(map(str, different[0]))}",
                f"bring tests/bench/by_hand/{pair}.sql and tests/bench/large_company/kpis together",
            )
        return {"cells": len(theirs), "only_compiled": sorted({row["kpi"] for row in compiled} - kpis)}


def part_of(model: str, fact: str) -> str:
    """The parts of a compiled model that read ``fact``; raises CxError when there is none."""
    parts = [part for part in model.split(_UNION) if f'from "warehouse"."main"."{fact}"' in part]
    if not parts:
        raise CxError(f"no part of the compiled model reads {fact}", "see the bench's declarations of KPIs")
    return _UNION.join(parts)


def _by_identity(rows: list[dict[str, Any]], columns: list[str]) -> dict[tuple[Any, ...], list[Any]]:
    return {tuple(row[name] for name in IDENTITY): [row[name] for name in columns] for row in rows}


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def warm_up() -> None:
    import duckdb  # noqa: F401
    import scipy.stats  # noqa: F401

    import flows.inference.ranks  # noqa: F401


if __name__ == "__main__":
    serve(warm_up, Kinds().handle)
