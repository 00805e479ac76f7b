"""Which build answers for a month: the newest that looks at it and was finished."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.builds import newest_look
from flows.period import Period
from flows.workspace import Settings, Workspace
from tests.flows.test_history import JULY, warehouse

JUNE, SEPTEMBER = Period(2026, 6), Period(2026, 9)
FACT = {"slices": {"region": "customer_region"}, "key": ["response_id"], "kpis": [{"id": "nps", "exposure": None}]}
SPINE = {"exposures": {"active": {"base": "true", "month": "month"}}, "kpis": [{"id": "rate", "exposure": "active"}]}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))


def _build(workspace: Workspace, name: str, first: str, last: str) -> Path:
    directory = workspace.builds / name
    target = directory / "dbt" / "target"
    target.mkdir(parents=True)
    variables = {"first_period": first, "period": last, "hidden_below": 7}
    (target / "run_results.json").write_text(json.dumps({"args": {"vars": variables}}), encoding="utf-8")
    nodes = {
        name: {"name": name, "config": {"meta": meta}}
        for name, meta in [("fct_feedback", FACT), ("customer_months", SPINE), ("bare", {})]
    }
    (target / "manifest.json").write_text(json.dumps({"nodes": nodes}), encoding="utf-8")
    warehouse(directory / "warehouse.duckdb", JULY)
    return directory


def test_without_builds_nothing_looks_at_a_month(workspace: Workspace) -> None:
    assert newest_look(workspace, JUNE) is None


def test_the_newest_build_whose_window_holds_the_month_answers(workspace: Workspace) -> None:
    _build(workspace, "20260701T000000-2026-06-aaaa", "2024-06", "2026-06")
    _build(workspace, "20261001T000000-2026-09-aaaa", "2024-09", "2026-09")
    assert newest_look(workspace, SEPTEMBER).run == "20261001T000000-2026-09-aaaa"
    assert newest_look(workspace, JUNE).run == "20261001T000000-2026-09-aaaa"
    assert newest_look(workspace, Period(2024, 6)).run == "20260701T000000-2026-06-aaaa"
    assert newest_look(workspace, Period(2024, 5)) is None
    assert newest_look(workspace, Period(2026, 10)) is None


@pytest.mark.parametrize("missing", ["warehouse.duckdb", "dbt/target/run_results.json", "dbt/target/manifest.json"])
def test_a_build_that_was_not_finished_is_passed_over(workspace: Workspace, missing: str) -> None:
    _build(workspace, "20260701T000000-2026-06-aaaa", "2024-06", "2026-06")
    (_build(workspace, "20260702T000000-2026-06-bbbb", "2024-06", "2026-06") / missing).unlink()
    assert newest_look(workspace, JUNE).run == "20260701T000000-2026-06-aaaa"


def test_a_build_that_ended_before_its_figures_is_passed_over(workspace: Workspace) -> None:
    import duckdb

    broken = _build(workspace, "20260702T000000-2026-06-bbbb", "2024-06", "2026-06")
    with duckdb.connect(str(broken / "warehouse.duckdb")) as connection:
        connection.execute("drop table figures")
    assert newest_look(workspace, JUNE) is None


def test_a_build_says_what_its_models_declare(workspace: Workspace) -> None:
    _build(workspace, "20260701T000000-2026-06-aaaa", "2024-06", "2026-06")
    look = newest_look(workspace, JUNE)
    assert (look.period, look.hidden_below, set(look.facts)) == ("2026-06", 7, {"nps", "rate", "active"})
    cell = look.cell("nps", JUNE, "region", "North")
    assert (cell.fact.model, cell.fact.key, cell.month) == ("fct_feedback", ["response_id"], "2026-06")
    assert cell.exposed is None
    rate = look.cell("rate", JUNE, "overall", None)
    assert (rate.exposed.model, rate.exposure["base"]) == ("customer_months", "true")


def test_a_build_has_its_own_figures(workspace: Workspace) -> None:
    _build(workspace, "20260801T000000-2026-07-aaaa", "2024-07", "2026-07")
    found = newest_look(workspace, Period(2026, 7)).figures("nps", Period(2026, 7))
    assert [(row["slice_value"], row["value"]) for row in found] == [(None, 31.4), ("North", 12.0)]
