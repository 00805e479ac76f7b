"""A million ratings: the scan that dbt compiled from the declarations beside a query written by hand (a worker).

Both read the same Parquet file and must give the same statistics (observed_by_hand.sql). Requests: ``{"do": "make",
"warehouse": a build's warehouse.duckdb, "scan": its compiled observed_additive.sql, "rows", "into": directory,
"first_period", "period", "timezone"}``, then ``{"do": "compiled"}`` and ``{"do": "by_hand"}`` in turn, ``{"do":
"compare"}`` at last.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.errors import CxError
from flows.period import Period
from flows.staging import literal
from flows.workers import serve
from tests.bench.measurement import clocked

BY_HAND = Path(__file__).parent / "observed_by_hand.sql"
#: What ties the parts of the compiled model together, one part a fact (macro observe_additive).
_UNION = "union all by name"
_COUNTED = "kpi, period, slice, slice_value, n, positives, negatives, total, total_squares"

#: What a generated column holds: SQL over ``i`` (the row), ``kind`` (of question) and ``draw`` (a number below n).
#: Columns not named here are null.
GENERATED = {
    "response_id": "'R' || i",
    "customer_key": "md5(cast(draw(i, 1, 200000) as varchar))",
    "respondent_role": "case when draw(i, 2, 20) = 0 then 'frontline' else 'customer' end",
    "question_kind": "['nps', 'csat', 'csat', 'ces'][1 + kind]",
    "touchpoint": "['support case', 'order', 'delivery', null][1 + draw(i, 3, 4)]",
    "channel": "['email', 'phone', 'chat', 'web', null][1 + draw(i, 4, 5)]",
    "customer_region": "['North', 'East', 'South', 'West', null][1 + draw(i, 5, 5)]",
    "customer_segment": "['Home', 'Business', 'Public'][1 + draw(i, 6, 3)]",
    # Over the window and the month before it, which both queries leave out.
    "answered_at": """
        getvariable('window_start') - interval 30 day + to_seconds(draw(i, 10, 2592000 + cast(
            epoch(getvariable('window_end')) - epoch(getvariable('window_start')) as bigint
        )))
    """,
    "score": "[draw(i, 7, 11), 1 + draw(i, 7, 5), 1 + draw(i, 7, 5), 1 + draw(i, 7, 7)][1 + kind]",
    "scale_minimum": "[0, 1, 1, 1][1 + kind]",
    "scale_maximum": "[10, 5, 5, 7][1 + kind]",
    "scale_version": "case when kind = 3 and draw(i, 8, 10) = 0 then '1' end",
    "is_last_in_month": "draw(i, 9, 10) > 0",
}


class Scale:
    """The generated ratings and the two queries over them."""

    def __init__(self) -> None:
        self.queries: dict[str, str] = {}
        self.found: dict[str, list[tuple[Any, ...]]] = {}
        self.connection: Any = None

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the rows, run one of the two queries, or compare what they gave."""
        if request["do"] == "make":
            return self._make(request)
        if request["do"] == "compare":
            return self._compare()
        query = self.queries[request["do"]]
        self.found[request["do"]], span = clocked(lambda: self.connection.execute(query).fetchall())
        return span

    def _make(self, request: dict[str, Any]) -> dict[str, Any]:
        import duckdb

        rows = Path(request["into"]) / "ratings.parquet"
        zone = request["timezone"]
        start = Period.parse(request["first_period"]).start(zone)
        end = Period.parse(request["period"]).end(zone)
        self.connection = duckdb.connect()
        self.connection.execute(f"set TimeZone = {literal(zone)}")
        self.connection.execute("set variable window_start = $at::timestamptz", {"at": start})
        self.connection.execute("set variable window_end = $at::timestamptz", {"at": end})
        self._generate(Path(request["warehouse"]), int(request["rows"]), rows)
        # The compiled scan names its fact as the build did.
        self.connection.execute("attach ':memory:' as warehouse")
        self.connection.execute(
            f"create view warehouse.fct_feedback as select * from read_parquet({literal(str(rows))})"
        )
        scan = feedback_part(Path(request["scan"]).read_text(encoding="utf-8"))
        self.queries = {
            "compiled": f"select {_COUNTED} from ({scan})",
            "by_hand": BY_HAND.read_text(encoding="utf-8"),
        }
        return {"rows": int(request["rows"])}

    def _generate(self, warehouse: Path, rows: int, into: Path) -> None:
        """Write ``rows`` ratings with the columns and types that fct_feedback has in ``warehouse``."""
        self.connection.execute(f"attach {literal(str(warehouse))} as built (read_only)")
        types = self.connection.execute(
            "select column_name, data_type from duckdb_columns() "
            "where database_name = 'built' and table_name = 'fct_feedback' order by column_index"
        ).fetchall()
        self.connection.execute("detach built")
        self.connection.execute("create temp macro draw(i, salt, n) as cast(hash(i, salt) % n as bigint)")
        columns = ", ".join(f"cast({GENERATED.get(name, 'null')} as {type_}) as {name}" for name, type_ in types)
        self.connection.execute(
            f"copy (select {columns} from (select i, draw(i, 0, 4) as kind from range({rows}) as made (i))) "
            f"to {literal(str(into))} (compression zstd)"
        )

    def _compare(self) -> dict[str, Any]:
        """Answers which KPIs only the compiled scan counts.

        Raises CxError when a statistic of the others differs, or when there is none.
        """
        by_hand = set(self.found["by_hand"])
        kpis = {row[0] for row in by_hand}
        compiled = {row for row in self.found["compiled"] if row[0] in kpis}
        if not by_hand or compiled != by_hand:
            raise CxError(
                f"the compiled scan and the query by hand differ in {len(compiled ^ by_hand)} rows",
                f"bring tests/bench/{BY_HAND.name} up to what fct_feedback.yml declares",
            )
        return {"cells": len(by_hand), "only_compiled": sorted({row[0] for row in self.found["compiled"]} - kpis)}


def feedback_part(scan: str) -> str:
    """The part of the compiled model that scans fct_feedback; raises CxError when there is not exactly one."""
    parts = [part for part in scan.split(_UNION) if 'from "warehouse"."main"."fct_feedback"' in part]
    if len(parts) != 1:
        raise CxError(f"observed_additive scans fct_feedback {len(parts)} times", "it should be one scan a fact")
    return parts[0]


def warm_up() -> None:
    import duckdb  # noqa: F401


if __name__ == "__main__":
    serve(warm_up, Scale().handle)
