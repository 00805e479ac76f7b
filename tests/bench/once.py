"""One round: the whole run, then each of its stages and floors, so that all of them meet the same noise."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from flows import stages
from flows.warehouse import Build
from flows.workers import Worker
from tests.bench.company import Company
from tests.bench.imports import measure_imports
from tests.bench.measurement import Measurement, Memory, ready
from tests.bench.whole_run import measure_run

#: Two homes, so that the run's temporary server and the running one have each its own database.
_QUIET = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_SERVER_LOGGING_LEVEL": "ERROR"}


@dataclass
class Round:
    """``measured`` by name; ``notes`` say what a floor leaves out."""

    measured: dict[str, Measurement] = field(default_factory=dict)
    processor_seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def measure_once(memory: Memory, company: Company, scratch: Path) -> Round:
    """Measure everything once, in an empty directory."""
    now = Round()
    temporary = _QUIET | {"PREFECT_HOME": str(scratch.parent / "prefect-temporary")}
    run = measure_run(memory, company.with_frozen_past(), str(company.period), temporary)
    now.measured["cx run"] = run.whole
    now.measured |= {f"cx run: {stage}": measurement for stage, measurement in run.stages.items()}
    now.processor_seconds = run.processor_seconds
    now.measured |= measure_imports(memory)
    _alone(memory, company, scratch, now)
    _on_a_server(memory, company, scratch, now)
    _landing_everything(memory, company, scratch, now)
    return now


def _alone(memory: Memory, company: Company, scratch: Path, now: Round) -> None:
    """Every stage with its process warm, dbt bare; then what the floors do with the same."""
    with _stages(scratch) as alone:
        opened = _open(alone, company.with_frozen_past(), company)
        _, now.measured["land alone"] = memory.ask(alone, {"do": "land"})
        for stage, module, name in (
            ("check_deliveries", stages.GATES, "check deliveries alone"),
            ("build", stages.DBT, "build bare"),
            ("check_figures", stages.GATES, "check figures alone"),
            ("publish", stages.RENDERER, "publish alone"),
            ("render", stages.RENDERER, "render alone"),
            ("deliver", stages.RENDERER, "deliver alone"),
        ):
            alone.ask({"do": "warm", "module": module})
            _, now.measured[name] = memory.ask(alone, {"do": stage})
        build = Build(Path(opened["directory"]))
        shutil.copy(build.directory / "report_input.json", scratch)
        alone.ask({"do": "close"})
    with Worker("tests.bench.drawing", scratch / "drawing.log") as drawing:
        request = {"input": str(scratch / "report_input.json"), "into": str(scratch / "drawn")}
        answer, now.measured["draw the finished HTML"] = memory.ask(ready(drawing), request)
        if answer["drawings"] > 1:
            now.notes.append(
                f"the report was drawn {answer['drawings']} times to fit page one; the floor draws it once"
            )


def _on_a_server(memory: Memory, company: Company, scratch: Path, now: Round) -> None:
    """The start of a temporary server, and then, on that server running, the build as tasks of a flow."""
    home = {"PREFECT_HOME": str(scratch.parent / "prefect-running")}
    with Worker("tests.bench.server", scratch / "server.log", environment=_QUIET | home) as server:
        answer, now.measured["Prefect's temporary server"] = memory.ask(ready(server), {"do": "start"})
        try:
            with _stages(scratch, _QUIET | home | {"PREFECT_API_URL": answer["address"]}) as alone:
                _open(alone, company.with_frozen_past(), company)
                alone.ask({"do": "land"})
                alone.ask({"do": "warm", "module": stages.DBT})
                _, now.measured["build on a running server"] = memory.ask(alone, {"do": "build_in_a_flow"})
                alone.ask({"do": "close"})
        finally:
            server.ask({"do": "stop"})


def _landing_everything(memory: Memory, company: Company, scratch: Path, now: Round) -> None:
    with _stages(scratch) as alone:
        _open(alone, company.with_nothing_landed(), company)
        landed, now.measured["land everything"] = memory.ask(alone, {"do": "land"})
        alone.ask({"do": "close"})
    left_out = _read(memory, landed["extracts"], scratch, now, "read all extracts")
    now.notes.append(
        f"the floor of landing reads and writes {len(landed['extracts']) - left_out} of {len(landed['extracts'])} "
        "extracts (no workbooks, UTF-8 only); landing also hashes keys, verifies what was landed before, and stages"
    )


def _stages(scratch: Path, environment: dict[str, str] | None = None) -> Worker:
    return ready(Worker("tests.bench.alone", scratch / "alone.log", environment=environment))


def _open(alone: Worker, workspace: Path, company: Company) -> dict[str, str]:
    return alone.ask({"do": "open", "workspace": str(workspace), "period": str(company.period)})


def _read(memory: Memory, extracts: list[dict[str, str]], scratch: Path, now: Round, name: str) -> int:
    """Measure the floor of landing under ``name``; returns how many extracts DuckDB cannot read."""
    request = {"extracts": extracts, "into": str(scratch / name.replace(" ", "-"))}
    with Worker("tests.bench.reading", scratch / "reading.log") as reading:
        answer, now.measured[name] = memory.ask(ready(reading), request)
    return answer["left_out"]
