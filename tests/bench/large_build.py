"""Landing, staging and building the large company, each for itself (a worker).

Requests: ``{"do": "open", "workspace"}``, then ``land``, ``stage``, ``build`` and ``infer`` in this order, ``close`` at
last. Only KPIs of the benchmark's own are built, unless ``open`` says ``"every_kpi": true``.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Any

from flows import settings, stages
from flows.deliveries import stage
from flows.kpis import FactMeta
from flows.landing import land
from flows.warehouse import prepare, run_dbt
from flows.workers import serve
from flows.workspace import Workspace
from tests.bench.measurement import clocked, processor_seconds, ready

#: How the ids of the benchmark's own KPIs begin.
OWN = "bench_"


def own_kpis(facts: dict[str, FactMeta]) -> dict[str, FactMeta]:
    """The facts without the project's KPIs: the catalogue may grow, the comparison stays the same."""
    return {
        name: meta.model_copy(update={"kpis": [kpi for kpi in meta.kpis if kpi.id.startswith(OWN)]})
        for name, meta in facts.items()
    }


class LargeBuild:
    """A run of the large company, led by requests."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.run: stages.Run | None = None

    def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do what ``request`` asks; answers also what it used of the processors, dbt's process among it."""
        before = processor_seconds(os.getpid())
        answer = getattr(self, f"_{request['do']}")(request)
        return answer | {"processor_seconds": processor_seconds(os.getpid()) - before}

    def _open(self, request: dict[str, Any]) -> dict[str, Any]:
        workspace = Workspace.load(request["workspace"])
        self.run = self._stack.enter_context(stages.opened(workspace, workspace.last_period(), send=False))
        if not request.get("every_kpi"):
            self.run.facts = own_kpis(self.run.facts)
        ready(self.run.worker(stages.DBT))
        project = self.run.build.project
        return {
            "warehouse": str(self.run.build.database),
            "compiled": str(project / "target" / "compiled" / "cx" / "models" / "observations"),
            "results": str(self.run.build.results),
        }

    def _land(self, _request: dict[str, Any]) -> dict[str, Any]:
        run = self.run
        run.packages, span = clocked(lambda: land(run.workspace, run.sources, run.period))
        rows = {source: sum(package.rows for package in found) for source, found in run.packages.items()}
        return span | {"rows": rows}

    def _stage(self, _request: dict[str, Any]) -> dict[str, Any]:
        run = self.run

        def staged() -> None:
            run.staged = stage(run.workspace, run.sources, run.packages, run.period, run.build.deliveries)
            run.variables = prepare(run.build, run.workspace, run.period, run.staged, run.facts)

        return clocked(staged)[1]

    def _build(self, _request: dict[str, Any]) -> dict[str, Any]:
        run = self.run
        counts, span = clocked(lambda: run_dbt(run.worker(stages.DBT), run.build, run.workspace, run.variables))
        return span | {"nodes": sum(counts.values())}

    def _infer(self, _request: dict[str, Any]) -> dict[str, Any]:
        """The inference alone, on the observations of this build."""
        import duckdb

        from flows.inference.figures import infer

        with duckdb.connect(str(self.run.build.database), read_only=True) as connection:
            tables = [connection.execute(f"from {name}").df() for name in ("observations", "kpis", "targets")]
        figures, span = clocked(lambda: infer(*tables))
        return span | {"observations": len(tables[0]), "figures": len(figures)}

    def _close(self, _request: dict[str, Any]) -> dict[str, Any]:
        self._stack.close()
        return {}


def warm_up() -> None:
    import duckdb  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import scipy.stats  # noqa: F401
    import statsmodels.stats.proportion  # noqa: F401

    settings.quiet()


if __name__ == "__main__":
    serve(warm_up, LargeBuild().handle)
