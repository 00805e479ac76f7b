"""The builds that are left, the months each looks at, and what its models declare."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flows.figures import FIGURE_COLUMNS, rows
from flows.period import Period
from flows.recount import Cell, Fact
from flows.warehouse import Build
from flows.workspace import Workspace


@dataclass(frozen=True)
class Look:
    """A build that looks at a month: where it lies and what its models declare."""

    build: Build
    #: The newest month it looks at.
    period: str
    hidden_below: int
    #: Every declared KPI and exposure by id, with the fact it stands beside.
    facts: dict[str, tuple[Fact, dict[str, Any]]]

    @property
    def run(self) -> str:
        return self.build.directory.name

    def figures(self, kpi: str, period: Period) -> list[dict[str, Any]]:
        """The build's own figures of a KPI and month, with the keys of FIGURE_COLUMNS."""
        return rows(
            self.build.database,
            f"select {', '.join(FIGURE_COLUMNS)} from figures where kpi = ? and period = ? order by slice, slice_value",
            [kpi, str(period)],
        )

    def cell(self, kpi: str, period: Period, slice_: str, value: str | None) -> Cell:
        """What a figure is counted from, as this build declares it."""
        fact, declared = self.facts[kpi]
        exposed, exposure = self.facts[declared["exposure"]] if declared.get("exposure") else (None, None)
        return Cell(declared, fact, str(period), slice_, value, exposure, exposed)


def newest_look(workspace: Workspace, period: Period) -> Look | None:
    """The newest build whose window holds ``period`` and that has figures; None when there is none (any more)."""
    if not workspace.builds.is_dir():
        return None
    for directory in sorted(workspace.builds.iterdir(), reverse=True):
        build = Build(directory)
        manifest = build.project / "target" / "manifest.json"
        if not (build.database.is_file() and build.results.is_file() and manifest.is_file()):
            continue
        variables = json.loads(build.results.read_text(encoding="utf-8"))["args"]["vars"]
        if not variables["first_period"] <= str(period) <= variables["period"]:
            continue
        tables = {row["name"] for row in rows(build.database, "select table_name as name from duckdb_tables()")}
        if {"figures", "kpis"} <= tables:
            facts = _facts(json.loads(manifest.read_text(encoding="utf-8")))
            return Look(build, variables["period"], variables["hidden_below"], facts)
    return None


def _facts(manifest: dict[str, Any]) -> dict[str, tuple[Fact, dict[str, Any]]]:
    """Every declared KPI and exposure by id, with its fact: what the macros of the build have read."""
    found: dict[str, tuple[Fact, dict[str, Any]]] = {}
    for node in manifest["nodes"].values():
        meta = node["config"].get("meta") or {}
        fact = Fact(node["name"], meta.get("slices") or {}, meta.get("key") or [])
        for kpi in meta.get("kpis") or []:
            found[kpi["id"]] = (fact, kpi)
        for name, exposure in (meta.get("exposures") or {}).items():
            found.setdefault(name, (fact, exposure))
    return found
