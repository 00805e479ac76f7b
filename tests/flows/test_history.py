"""What was frozen stays; a later build that would print it differently says so, at the precision that is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import history, publishing
from flows.figures import FIGURE_COLUMNS, as_json, published_figures, rows, series
from flows.ledger import Ledger
from flows.period import Period
from flows.workspace import Settings, Workspace

TYPES = {"n": "bigint", "met": "boolean"} | dict.fromkeys(
    ("value", "low", "high", "previous", "change", "change_low", "change_high", "p", "q", "target"), "double"
)


def warehouse(path: Path, figures: list[tuple[Any, ...]]) -> Path:
    """A build's warehouse with figures as (period, kpi, slice, slice_value, value)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        columns = ", ".join(f"{name} {TYPES.get(name, 'varchar')}" for name in FIGURE_COLUMNS)
        connection.execute(f"create table figures ({columns})")
        insert = "insert into figures (period, kpi, slice, slice_value, value) values (?, ?, ?, ?, ?)"
        connection.executemany(insert, figures)
        connection.execute(
            "create table kpis as select * from (values ('nps', 1, 0), ('ces', 2, 2)) as k(kpi, position, decimals)"
        )
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    # A quote in the path, for the SQL that names files.
    return Workspace(tmp_path / "it's ours", Settings(name="Acme", timezone="UTC"))


@pytest.fixture
def ledger(workspace: Workspace) -> Ledger:
    return Ledger.open(workspace.ledger_path)


def freeze(workspace: Workspace, ledger: Ledger, database: Path, period: str, revision: int = 0):
    run_id = ledger.start_run(period, "backfill")
    scratch = workspace.builds / run_id
    scratch.mkdir(parents=True)
    publishing.freeze(database, Period.parse(period), scratch)
    return publishing.publish(
        ledger, workspace, Period.parse(period), scratch, run_id=run_id, revision=revision,
        kind="backfill" if revision == 0 else "run", reason="late" if revision > 1 else None, recipients=[],
    )  # fmt: skip


JULY = [
    ("2026-07", "nps", "overall", None, 31.4),
    ("2026-07", "nps", "region", "North", 12.0),
    ("2026-07", "ces", "overall", None, 5.123),
]
AUGUST = [("2026-08", "nps", "overall", None, 40.0)]


@pytest.fixture
def frozen(workspace: Workspace, ledger: Ledger, tmp_path: Path) -> Path:
    """July and August as they were frozen, as one file."""
    database = warehouse(tmp_path / "first.duckdb", JULY + AUGUST)
    freeze(workspace, ledger, database, "2026-07")
    freeze(workspace, ledger, database, "2026-08")
    return history.write_history(ledger, tmp_path / "his'tory.parquet")


def test_without_anything_frozen_there_is_no_history_and_nothing_to_compare(ledger, tmp_path):
    assert history.write_history(ledger, tmp_path / "history.parquet") is None
    assert history.restatements(warehouse(tmp_path / "w.duckdb", JULY), None) == []


def test_the_history_holds_every_frozen_month_once(frozen):
    found = duckdb.execute("select period, kpi, slice_value, value, revision from read_parquet(?)", [str(frozen)])
    assert sorted(found.fetchall(), key=str) == sorted(
        [(row[0], row[1], row[3], row[4], 0) for row in JULY + AUGUST], key=str
    )


@pytest.mark.usefixtures("frozen")
def test_of_a_month_that_was_corrected_the_newest_revision_counts(workspace, ledger, tmp_path):
    corrected = warehouse(tmp_path / "second.duckdb", [("2026-07", "nps", "overall", None, 33.0)])
    freeze(workspace, ledger, corrected, "2026-07", revision=1)
    path = history.write_history(ledger, tmp_path / "again.parquet")
    found = duckdb.execute("select value, revision from read_parquet(?) where period = '2026-07'", [str(path)])
    assert found.fetchall() == [(33.0, 1)]
    assert history.newest(ledger)["2026-07"].revision == 1


def test_a_build_that_prints_the_same_restates_nothing(frozen, tmp_path):
    # NPS is printed without decimals, CES with two: 31.4 and 30.6 are both 31, 5.123 and 5.1249 both 5.12.
    same = [("2026-07", "nps", "overall", None, 30.6), ("2026-07", "ces", "overall", None, 5.1249)]
    assert history.restatements(warehouse(tmp_path / "w.duckdb", same), frozen) == []


def test_a_figure_that_would_be_printed_differently_is_told_with_both_values(frozen, tmp_path):
    moved = [
        ("2026-07", "ces", "overall", None, 5.126),
        ("2026-07", "nps", "region", "North", 14.0),
        ("2026-07", "nps", "overall", None, 31.6),
    ]
    told = history.restatements(warehouse(tmp_path / "w.duckdb", moved), frozen)
    assert told == [
        {"period": "2026-07", "kpi": "nps", "slice": "overall", "slice_value": None, "from": 31.4, "to": 31.6},
        {"period": "2026-07", "kpi": "nps", "slice": "region", "slice_value": "North", "from": 12.0, "to": 14.0},
        {"period": "2026-07", "kpi": "ces", "slice": "overall", "slice_value": None, "from": 5.123, "to": 5.126},
    ]


def test_the_month_that_is_reported_is_no_restatement_of_itself_but_has_moved(frozen, tmp_path):
    database = warehouse(tmp_path / "w.duckdb", [("2026-08", "nps", "overall", None, 50.0)])
    assert history.restatements(database, frozen, except_period="2026-08") == []
    [moved] = history.moved(database, frozen, "2026-08")
    assert (moved["from"], moved["to"]) == (40.0, 50.0)
    assert history.moved(database, frozen, "2026-07") == []


def test_a_figure_that_is_hidden_then_or_now_is_not_told(workspace, ledger, tmp_path):
    first = warehouse(
        tmp_path / "first.duckdb",
        [("2026-07", "nps", "region", "North", None), ("2026-07", "nps", "region", "South", 7.0)],
    )
    freeze(workspace, ledger, first, "2026-07")
    path = history.write_history(ledger, tmp_path / "history.parquet")
    now = warehouse(
        tmp_path / "now.duckdb",
        [("2026-07", "nps", "region", "North", 50.0), ("2026-07", "nps", "region", "South", None)],
    )
    assert history.restatements(now, path) == []


def test_a_month_that_the_build_does_not_look_at_is_not_compared(frozen, tmp_path):
    assert history.restatements(warehouse(tmp_path / "w.duckdb", AUGUST), frozen) == []


def test_a_figure_that_is_gone_from_the_month_that_was_published_has_moved(frozen, tmp_path):
    """Rows withdrawn upstream can take a whole figure away, which the reader has in print."""
    rest = [row for row in JULY if row[2] == "overall"]
    moved = history.moved(warehouse(tmp_path / "w.duckdb", rest), frozen, "2026-07")
    assert [(row["slice_value"], row["from"], row["to"]) for row in moved] == [("North", 12.0, None)]


# Reading figures


def test_published_figures_have_exactly_the_keys_of_the_command_in_their_order(workspace, ledger, tmp_path):
    database = warehouse(tmp_path / "w.duckdb", JULY + AUGUST)
    found = published_figures(freeze(workspace, ledger, database, "2026-07"))
    assert [(row["kpi"], row["slice_value"], row["value"]) for row in found] == [
        ("ces", None, 5.123),
        ("nps", None, 31.4),
        ("nps", "North", 12.0),
    ]
    assert all(tuple(row) == FIGURE_COLUMNS for row in found)
    assert as_json(found) == as_json(list(found))


def test_figures_that_were_removed_from_what_was_published_are_missed(workspace, ledger, tmp_path):
    from flows.errors import CxError

    publication = freeze(workspace, ledger, warehouse(tmp_path / "w.duckdb", JULY), "2026-07")
    (publication.directory / "figures.parquet").unlink()
    with pytest.raises(CxError, match=r"(?s)figures\.parquet: .*2026-07 are missing.*backup"):
        published_figures(publication)


def test_a_series_is_the_whole_company_oldest_first(tmp_path):
    found = series(warehouse(tmp_path / "w.duckdb", AUGUST + JULY))
    assert [point["period"] for point in found["nps"]] == ["2026-07", "2026-08"]
    assert "slice_value" not in found["nps"][0]


def test_a_query_on_a_build_cannot_change_it(tmp_path):
    database = warehouse(tmp_path / "w.duckdb", JULY)
    with pytest.raises(duckdb.InvalidInputException):
        rows(database, "delete from figures")
    assert len(rows(database, "select * from figures where period = ?", ["2026-07"])) == 3
