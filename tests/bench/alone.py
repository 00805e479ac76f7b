"""The stages of a run one at a time, in a warm process: ``python -m tests.bench.alone`` is a worker.

Requests: ``{"do": "open", "workspace", "period"}`` first; ``{"do": "warm", "module"}`` waits for one of the product's
own workers; ``land``, ``check_deliveries``, ``build``, ``build_in_a_flow``, ``check_figures``, ``publish``, ``render``
and ``deliver`` answer with ``started`` and ``ended``; ``{"do": "close"}`` at last.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flows import settings, stages
from flows.lake import packages
from flows.period import Period
from flows.sources.files import files_of
from flows.workers import serve
from flows.workspace import Workspace
from tests.bench.measurement import clocked, ready

Answer = dict[str, Any]


class Alone:
    """A run, opened and led by requests."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.run: stages.Run | None = None
        self.publication: Any = None

    def handle(self, request: dict[str, Any]) -> Answer:
        """Do what ``request`` asks."""
        verbs: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "open": self._open,
            "warm": self._warm,
            "land": self._land,
            "check_deliveries": lambda _: clocked(lambda: stages.check_deliveries(self.run))[1],
            "build": lambda _: clocked(lambda: stages.build(self.run))[1],
            "build_in_a_flow": lambda _: _build_in_a_flow(self.run),
            "check_figures": lambda _: clocked(lambda: stages.check_figures(self.run))[1],
            "publish": self._publish,
            "render": self._render,
            "deliver": self._deliver,
            "close": self._close,
        }
        return verbs[request["do"]](request)

    def _open(self, request: dict[str, Any]) -> Answer:
        workspace, period = Workspace.load(request["workspace"]), Period.parse(request["period"])
        self.run = self._stack.enter_context(stages.opened(workspace, period))
        return {"directory": str(self.run.build.directory)}

    def _warm(self, request: dict[str, Any]) -> Answer:
        ready(self.run.worker(request["module"]))
        return {}

    def _land(self, _request: dict[str, Any]) -> Answer:
        """Answers also which extracts were new to the lake, for the floor to read the same."""
        lake = self.run.workspace.lake
        known = {(source.name, each.package) for source in self.run.sources for each in packages(lake, source.name)}
        _, span = clocked(lambda: stages.land(self.run))
        extracts = []
        for source in (source for source in self.run.sources if source.files):
            paths = {origin: path for path, origin in files_of(self.run.workspace, source, self.run.period)}
            declared = source.files.model_dump(include={"format", "delimiter", "encoding"})
            extracts += [
                declared | {"path": str(paths[each.origin])}
                for each in packages(lake, source.name)
                if (source.name, each.package) not in known
            ]
        return span | {"extracts": extracts}

    def _publish(self, _request: dict[str, Any]) -> Answer:
        self.publication, span = clocked(lambda: stages.publish(self.run))
        return span | {"input": str(self.run.build.directory / "report_input.json")}

    def _render(self, _request: dict[str, Any]) -> Answer:
        """The renderer once more, now that it is warm, into a place of its own."""
        directory: Path = self.run.build.directory
        request = {"input": str(directory / "report_input.json"), "into": str(directory / "rendered")}
        return clocked(lambda: self.run.worker(stages.RENDERER).ask(request))[1]

    def _deliver(self, _request: dict[str, Any]) -> Answer:
        return clocked(lambda: stages.send(self.run.ledger, self.run.workspace, self.publication))[1]

    def _close(self, _request: dict[str, Any]) -> Answer:
        self._stack.close()
        return {}


def _build_in_a_flow(run: stages.Run) -> Answer:
    from tests.bench.flow_build import build_in_a_flow

    return build_in_a_flow(run)


def warm_up() -> None:
    """Import what landing and the ledger use."""
    import duckdb  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import sqlalchemy  # noqa: F401

    settings.quiet()


if __name__ == "__main__":
    serve(warm_up, Alone().handle)
