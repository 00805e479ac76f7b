"""Gate 2, the gap analysis: its arithmetic and what it may show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import figures, gates
from expectations.gap_figures import gap_suite

WELL: dict[str, Any] = {
    "period": "2026-06", "role": "customer", "slice": "overall", "slice_value": None, "dimension": "price",
    "sample": True,
    "experience": 6.0, "experience_n": 40, "experience_low": 5.5, "experience_high": 6.5,
    "expectation": 7.0, "expectation_n": 40, "expectation_low": 6.5, "expectation_high": 7.5,
    "importance": 8.0, "importance_n": 40, "importance_low": 7.5, "importance_high": 8.5,
    "satisfaction": -1.0, "satisfaction_low": -1.5, "satisfaction_high": -0.5,
    "weighted_satisfaction": -8.0, "ideal": 9.0, "gap": -3.0,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    gates.load()


def checked(tmp_path: Path, *rows: dict[str, Any]) -> list[str]:
    """The rules that ``rows`` of ``gap_figures`` break."""
    path = tmp_path / "warehouse.duckdb"
    kinds = {bool: "boolean", str: "varchar", type(None): "varchar"}
    with duckdb.connect(str(path)) as connection:
        columns = ", ".join(f"{name} {kinds.get(type(value), 'double')}" for name, value in WELL.items())
        connection.execute(f"create table gap_figures ({columns})")
        for row in rows:
            values = ", ".join("?" * len(WELL))
            connection.execute(f"insert into gap_figures values ({values})", list((WELL | row).values()))
    answer = gates.run("figures", [gap_suite("2026-06", 5)], path)
    return [check["rule"] for check in answer["checks"] if not check["passed"]]


def test_rows_of_the_method_pass(tmp_path: Path) -> None:
    missing = dict.fromkeys(
        ["expectation", "expectation_n", "expectation_low", "expectation_high", "importance", "importance_n",
         "importance_low", "importance_high", "satisfaction", "satisfaction_low", "satisfaction_high",
         "weighted_satisfaction"]
    )  # fmt: skip
    judged = {"role": "management", "sample": False, "experience_n": 1, "expectation_n": 1, "importance_n": 1}
    judged |= {name: None for name in WELL if name.endswith(("_low", "_high"))}
    level = {"dimension": "image", "expectation": 6.0, "expectation_low": 5.5, "expectation_high": 6.5,
             "importance": None, "importance_n": None, "importance_low": None, "importance_high": None,
             "satisfaction": 0.0, "satisfaction_low": -0.4, "satisfaction_high": 0.4,
             "weighted_satisfaction": 0.0}  # fmt: skip
    assert checked(tmp_path, {}, {"dimension": "service"} | missing, judged, level) == []


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"period": "2026-05"}, "period present"),
        ({"satisfaction": -1.2}, "2c"),
        ({"satisfaction": None, "weighted_satisfaction": None}, "2c"),
        ({"weighted_satisfaction": -7.0}, "3a"),
        ({"gap": -2.0}, "4b"),
        ({"experience_high": 5.8}, "interval"),
        ({"role": "management", "sample": False}, "judgement"),
        ({"experience_n": 4}, "few"),
        ({"importance_n": None}, "few"),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(tmp_path: Path, broken: dict[str, Any], rule: str) -> None:
    assert rule in checked(tmp_path, broken)


def test_a_row_told_twice_is_refused(tmp_path: Path) -> None:
    assert checked(tmp_path, {}, {}) == ["unique"]


@pytest.mark.parametrize(("observed", "refused"), [(0, False), (1, True)])
def test_ratings_alone_need_no_other_figure_but_what_was_observed_does(
    tmp_path: Path, observed: int, refused: bool
) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table figures (period varchar, value double)")
        connection.execute("create table observations (period varchar)")
        connection.execute("insert into observations select '2026-06' from range(?)", [observed])
    [suite] = [suite for suite in figures.suites("2026-06", rated=True) if suite.table == "figures"]
    [check] = [check for check in suite.checks if check.rule == "period present"]
    answer = gates.run("figures", [type(suite)(suite.table, suite.view, (check,))], path)
    assert answer["success"] is not refused
