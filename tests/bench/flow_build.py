"""The build as tasks of a flow, and nothing else of the run.

Dbt's child process gets the flow pickled by value with every global that it names, so the run, which cannot be
pickled, is named by another function, which is pickled by its own name.
"""

from __future__ import annotations

from prefect import flow

from flows import stages
from flows.node_tasks import current_context
from tests.bench.measurement import clocked

_under_way: list[stages.Run] = []


def build_in_a_flow(run: stages.Run) -> dict[str, float]:
    """Build ``run`` on the configured server; from when to when it took, without the flow's own start."""
    _under_way[:] = [run]
    return _flow()


@flow(name="bench-build", persist_result=False)
def _flow() -> dict[str, float]:
    return _build(current_context())


def _build(context: str) -> dict[str, float]:
    return clocked(lambda: stages.build(_under_way[0], prefect_context=context))[1]
