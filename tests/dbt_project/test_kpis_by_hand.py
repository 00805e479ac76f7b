"""Each KPI's fixture of about ten rows, computed by hand, through the real graph."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flows import stages
from flows.figures import FIGURE_COLUMNS, rows
from flows.kpis import project_facts
from flows.stages import Run
from flows.workspace import Workspace

HERE = Path(__file__).parent
#: What rests on years of customers has a workspace of its own, so that no other fixture moves it.
PLAIN, VALUE = "hand_computed", "hand_computed_value"
EXPECTED = [
    row | {"workspace": workspace}
    for workspace in (PLAIN, VALUE)
    for path in sorted((HERE / workspace / "expected").glob("*.csv"))
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
]


@contextmanager
def _built(name: str, root: Path) -> Iterator[Run]:
    shutil.copytree(HERE / name, root)
    workspace = Workspace.load(root)
    with stages.opened(workspace, workspace.last_period(), send=False) as run:
        run.warm_up(stages.DBT)
        stages.land(run)
        stages.build(run)
        yield run


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with _built(PLAIN, tmp_path_factory.mktemp("hand") / "workspace") as run:
        yield run


@pytest.fixture(scope="module")
def built_value(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with _built(VALUE, tmp_path_factory.mktemp("value") / "workspace") as run:
        yield run


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


def _tables(plan: Any) -> Iterator[str]:
    for node in plan if isinstance(plan, list) else [plan]:
        if "Table" in node.get("extra_info", {}):
            yield node["extra_info"]["Table"]
        yield from _tables(node.get("children", []))
