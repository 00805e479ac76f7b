"""Each KPI's fixture of about ten rows, computed by hand, through the real graph."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flows.figures import FIGURE_COLUMNS, rows
from flows.kpis import project_facts
from flows.stages import Run

HERE = Path(__file__).parent
#: What rests on years of customers has a workspace of its own, so that no other fixture moves it.
PLAIN, VALUE = "hand_computed", "hand_computed_value"
EXPECTED = [
    row | {"workspace": workspace}
    for workspace in (PLAIN, VALUE)
    for path in sorted((HERE / workspace / "expected").glob("*.csv"))
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
]


@pytest.fixture(scope="module")
def figures(built: Run, built_value: Run) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {}
    for name, run in ((PLAIN, built), (VALUE, built_value)):
        for row in rows(run.build.database, f"select {', '.join(FIGURE_COLUMNS)} from figures"):
            found[name, row["kpi"], row["period"], row["slice"], row["slice_value"]] = row
    return found


@pytest.mark.parametrize(
    "expected", EXPECTED, ids=[f"{row['kpi']} {row['period']} {row['slice_value'] or 'overall'}" for row in EXPECTED]
)
def test_the_figure_is_the_one_computed_by_hand(figures: dict[tuple[Any, ...], Any], expected: dict[str, str]) -> None:
    """Within 0.000001, or within what is said for a model that is fitted."""
    key = tuple(expected[part] or None for part in ("workspace", "kpi", "period", "slice", "slice_value"))
    if not expected["value"]:
        assert key not in figures, expected["because"]
        return
    assert key in figures, expected["because"]
    assert figures[key]["n"] == int(expected["n"]), expected["because"]
    within = float(expected.get("within") or 1e-6)
    assert figures[key]["value"] == pytest.approx(float(expected["value"]), abs=within), expected["because"]


def test_every_kpi_of_the_project_has_a_fixture_computed_by_hand() -> None:
    declared = {kpi.id for meta in project_facts().values() for kpi in meta.kpis}
    missing = declared - {row["kpi"] for row in EXPECTED}
    assert not missing, f"add about ten rows and their result to {PLAIN}/ for {sorted(missing)}"


def test_the_polarity_of_comments_agrees_with_their_scores_as_counted_by_hand(built: Run) -> None:
    """In the order of negative, neutral, positive: words down, scores across; w1 is balanced, w11 praises with a 3."""
    from flows.inference.agreement import kappa, table_of

    comments = rows(
        built.build.database, "select comment_polarity, score_polarity from comment_topics where is_first_of_comment"
    )
    table = table_of(*([row[name] for row in comments] for name in ("comment_polarity", "score_polarity")))
    assert table.tolist() == [[5, 0, 0], [0, 2, 1], [0, 1, 3]]
    # 10 of 12 agree; by chance (5 x 5 + 3 x 3 + 4 x 4) of 144
    assert kappa([table]).kappa[0] == pytest.approx((10 / 12 - 50 / 144) / (1 - 50 / 144))


def test_no_words_of_a_customer_leave_the_tables_that_quotes_are_chosen_from(built: Run) -> None:
    import duckdb

    with duckdb.connect(str(built.build.database), read_only=True) as connection:
        listed = "select table_name from information_schema.tables where table_type = 'BASE TABLE'"
        tables = [name for (name,) in connection.execute(listed).fetchall()]
        told = {
            table
            for table in tables
            for (row,) in connection.execute(f'select to_json(t) from "{table}" as t').fetchall()
            if "Delivery was great" in row
        }
        assert connection.execute("select count(*) from quotes").fetchone() == (0,)
    assert told == {"fct_feedback", "customer_comments"}


def test_a_fact_is_scanned_once_however_many_kpis_and_slices_it_has(built: Run) -> None:
    """The plan of the shared observation reads each fact once (DESIGN section 4)."""
    import duckdb

    compiled = next((built.build.project / "target" / "compiled").rglob("observed_additive.sql"))
    query = compiled.read_text(encoding="utf-8")
    with duckdb.connect(str(built.build.database), read_only=True) as connection:
        plan = json.loads(connection.execute(f"explain (format json) {query}").fetchall()[0][1])
    scanned = Counter(_tables(plan))
    for fact in ("fct_feedback", "fct_cases", "fct_orders", "fct_calls", "fct_invitations", "customer_months"):
        found = {table: number for table, number in scanned.items() if table.endswith(fact)}
        assert sum(found.values()) == 1, f"{fact}: {found}"


def test_business_time_is_what_a_walk_through_the_minutes_counts(built: Run) -> None:
    """Open time by cumulative sums of days, against the hours of cx.toml asked minute by minute."""
    hours, zone = built.workspace.settings.business_hours, ZoneInfo(built.workspace.settings.timezone)

    def is_open(moment: datetime) -> bool:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        works = local.isoweekday() in hours.weekdays and local.date() not in hours.holidays
        return works and hours.opens_minute <= minute < hours.closes_minute

    columns = "created_at, first_reply_at, first_reply_business_seconds as seconds"
    replied = rows(built.build.database, f"select {columns} from case_sequences where first_reply_at is not null")
    assert len(replied) > 20
    for case in replied:
        asked, answered = (case[name].astimezone(UTC) for name in ("created_at", "first_reply_at"))
        minutes = range(int((answered - asked).total_seconds() // 60))
        assert case["seconds"] == 60 * sum(is_open(asked + timedelta(minutes=minute)) for minute in minutes)


def _tables(plan: Any) -> Iterator[str]:
    for node in plan if isinstance(plan, list) else [plan]:
        if "Table" in node.get("extra_info", {}):
            yield node["extra_info"]["Table"]
        yield from _tables(node.get("children", []))
