"""What a build reads of the lake: as much in month 60 as in month 26."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.deliveries import stage
from flows.period import Period
from flows.sources.declaration import load_sources
from flows.workspace import LOOKBACK_MONTHS, Workspace
from tests.flows.landed import run, workspace_with

FIRST = Period(2020, 1)
#: Two rows a month, so that rows and months are easily told apart.
ROWS_A_MONTH = 2


def calls(load: str, **more: Any) -> dict[str, Any]:
    columns = {"call_key": "id", "enqueued_at": "came"}
    return {
        "files": {"glob": "calls_*.csv"},
        "load": load,
        "key": ["id"],
        "dates": "try_cast(came as timestamp)",
        "mappings": {"calls": {"contract": "calls", "columns": columns} | more},
    }


def months_of_calls(root: Path, months: int) -> Period:
    """Write one file a month; returns the last month."""
    last = FIRST.shift(months - 1)
    for month in FIRST.until(last):
        lines = [f"{month}-{row},{month}-15 10:00:00" for row in range(ROWS_A_MONTH)]
        (root / f"calls_{month}.csv").write_text("\n".join(["id,came", *lines]) + "\n", encoding="utf-8")
    return last


def rows_read(root: Path, months: int, **sources: dict[str, Any]) -> dict[str, int]:
    """The rows of each landed table that a build of month number ``months`` reads."""
    period = months_of_calls(root, months)
    workspace = Workspace.load(workspace_with(root, **sources).root)
    packages = run(workspace, period)
    assert sum(package.rows for package in packages["calls"]) == months * ROWS_A_MONTH
    database = root / "deliveries.duckdb"
    database.unlink(missing_ok=True)
    stage(workspace, load_sources(workspace), packages, period, database)
    with duckdb.connect(str(database), read_only=True) as connection:
        return {name: connection.execute(f"select count(*) from landed_{name}").fetchone()[0] for name in sources}


@pytest.mark.parametrize("load", ["append", "upsert"])
def test_a_build_for_month_60_reads_as_many_rows_as_one_for_any_month_after_the_first_reach(
    tmp_path: Path, load: str
) -> None:
    declared = calls(load)
    if load == "upsert":
        declared |= {"updated": "came"}
    reach = 25 + LOOKBACK_MONTHS + 1
    assert rows_read(tmp_path, reach, calls=declared) == {"calls": reach * ROWS_A_MONTH}
    assert rows_read(tmp_path, 60, calls=declared) == {"calls": reach * ROWS_A_MONTH}


def test_what_another_source_looks_up_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "late_calls.csv").write_text("id\n2024-12-0\n", encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "late.sql").write_text(
        "select calls.id as call_key, calls.came as enqueued_at from late inner join calls on late.id = calls.id",
        encoding="utf-8",
    )
    late = {
        "files": {"glob": "late_calls.csv"},
        "mappings": {"calls": {"contract": "calls", "select": "late.sql"}},
    }
    assert rows_read(tmp_path, 60, calls=calls("append"), late=late)["calls"] == 60 * ROWS_A_MONTH


def test_customers_and_spells_of_long_ago_are_read(tmp_path: Path) -> None:
    declared = calls("append")
    columns = {
        "subscription_key": "id",
        "customer_key": "id",
        "started_on": "cast(came as date)",
        "recurring_revenue": "1",
    }
    declared["mappings"] = {"spells": {"contract": "subscriptions", "columns": columns}}
    assert rows_read(tmp_path, 60, calls=declared) == {"calls": 60 * ROWS_A_MONTH}
