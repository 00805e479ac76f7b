"""``cx run`` as somebody would type it, its stages told apart by the lines it shows them with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from flows.settings import PROJECT_ROOT
from tests.bench.measurement import Measurement, Memory, Span

#: A line of flows/progress.py, shown when a stage ends.
_LINE = re.compile(r"^  (?P<stage>[a-z][a-z ]*?) +(?P<seconds>\d+\.\d) s  ")


@dataclass(frozen=True)
class WholeRun:
    """``stages`` by name in their order (``start`` is all before the first, ``end`` all after the last)."""

    whole: Measurement
    stages: dict[str, Measurement]
    processor_seconds: float


def measure_run(memory: Memory, workspace: Path, period: str, environment: dict[str, str]) -> WholeRun:
    """Run ``period`` with a temporary Prefect server; raises RuntimeError with its last words when the run fails."""
    command = [sys.executable, "-m", "flows.cli", "run", period, "--workspace", str(workspace)]
    inherited = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=inherited | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = [(time.monotonic(), line) for line in process.stderr]
    # The resources of the whole tree: each process of a run is waited for by the one that started it.
    _, status, used = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"cx run failed:\n{''.join(line for _, line in lines[-20:])}")
    stages = {name: memory.measurement(span) for name, span in spans(lines, started, ended).items()}
    return WholeRun(memory.measurement(Span(started, ended)), stages, used.ru_utime + used.ru_stime)


def spans(lines: list[tuple[float, str]], started: float, ended: float) -> dict[str, Span]:
    """From when to when each stage took, out of what was shown and when; raises ValueError when no stage was shown."""
    found: dict[str, Span] = {}
    since = None
    for shown_at, line in lines:
        if told := _LINE.match(line):
            if since is None:
                since = shown_at - float(told["seconds"])
                found["start"] = Span(started, since)
            found[told["stage"]] = Span(since, shown_at)
            since = shown_at
    if since is None:
        raise ValueError("the run showed no stage: has flows/progress.py another form of line?")
    return found | {"end": Span(since, ended)}
