"""The builds that are left, the months each looks at, and what its models declare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flows.cells import Cell, Fact
from flows.figures import FIGURE_COLUMNS, fetched, opened
from flows.period import Period
from flows.warehouse import Build
from flows.workspace import Workspace

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Look:
    """A build that looks at a month: where it lies and what its models declare.

    Its warehouse is opened, read-only, when something is asked of it, and stays open until ``close``.
    """

    build: Build
    #: The newest month it looks at.
    period: str
    hidden_below: int
    timezone: str

    @property
    def run(self) -> str:
        return self.build.directory.name

    @cached_property
    def has_figures(self) -> bool:
        """Whether it was finished as far as its figures."""
        tables = {row["name"] for row in self.rows("select table_name as name from duckdb_tables()")}
        return {"figures", "kpis"} <= tables

    @cached_property
    def facts(self) -> dict[str, tuple[Fact, dict[str, Any]]]:
        """Every declared KPI and exposure by id, with the fact it stands beside."""
        manifest = self.build.project / "target" / "manifest.json"
        return _facts(json.loads(manifest.read_text(encoding="utf-8")))

    @cached_property
    def kpis(self) -> list[dict[str, Any]]:
        """The table ``kpis``: every KPI as it was declared."""
        return self.rows("select * from kpis")

    def figures(self, kpi: str, period: Period) -> list[dict[str, Any]]:
        """The build's own figures of a KPI and month, with the keys of FIGURE_COLUMNS."""
        return self.rows(
            f"select {', '.join(FIGURE_COLUMNS)} from figures where kpi = ? and period = ? order by slice, slice_value",
            [kpi, str(period)],
        )

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """The columns of every table, in order."""
        query = "select table_name, list(column_name order by column_index) as names from duckdb_columns() group by all"
        return {row["table_name"]: row["names"] for row in self.rows(query)}

    def cell(self, kpi: str, period: Period, slice_: str, value: str | None) -> Cell:
        """What a figure is counted from, as this build declares it."""
        fact, declared = self.facts[kpi]
        exposed, exposure = self.facts[declared["exposure"]] if declared.get("exposure") else (None, None)
        return Cell(declared, fact, str(period), slice_, value, exposure, exposed)

    def rows(self, query: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """The rows of ``query``; days and months are the company's."""
        return fetched(self._connection, query, parameters)

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return opened(self.build.database, self.timezone)

    def close(self) -> None:
        if connection := self.__dict__.pop("_connection", None):
            connection.close()


def newest_look(workspace: Workspace, period: Period) -> Look | None:
    """The newest build whose window holds ``period`` and that has figures; None when there is none (any more).

    To be closed by the caller.
    """
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
        look = Look(build, variables["period"], variables["hidden_below"], workspace.settings.timezone)
        if look.has_figures:
            return look
        look.close()
    return None


def _facts(manifest: dict[str, Any]) -> dict[str, tuple[Fact, dict[str, Any]]]:
    """Every declared KPI and exposure by id, with its fact: what the macros of the build have read."""
    found: dict[str, tuple[Fact, dict[str, Any]]] = {}
    for node in manifest["nodes"].values():
        meta = node["config"].get("meta") or {}
        reads = tuple(sorted(name.split(".")[-1] for name in node.get("depends_on", {}).get("nodes", [])))
        fact = Fact(
            node["name"], meta.get("slices") or {}, meta.get("key") or [], node.get("original_file_path"), reads
        )
        for kpi in meta.get("kpis") or []:
            found[kpi["id"]] = (fact, kpi)
        for name, exposure in (meta.get("exposures") or {}).items():
            found.setdefault(name, (fact, exposure))
    return found
