"""Wall time on the machine's one monotonic clock, and the memory of the processes that this one started."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.errors import CxError
from flows.workers import Worker

#: How often memory is looked at; what lives shorter may be missed.
SAMPLED_EVERY_SECONDS = 0.05
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measurement:
    """One time that something was done: ``seconds`` of wall time, ``peak_bytes`` of memory at the worst moment."""

    seconds: float
    peak_bytes: int


@dataclass(frozen=True)
class Span:
    """From when to when, in seconds of the monotonic clock, which all processes of a machine share."""

    started: float
    ended: float


def clocked(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Do ``work`` and say from when to when it took, ready to be sent to another process."""
    started = time.monotonic()
    result = work()
    return result, {"started": started, "ended": time.monotonic()}


class Memory:
    """Samples the resident memory (RSS) of all processes below this one, itself left out. Use as a context manager.

    It is the sum over the processes alive at a moment: pages that two of them share count twice.
    """

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_done, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _sample_until_done(self) -> None:
        while not self._done.wait(SAMPLED_EVERY_SECONDS):
            self._samples.append((time.monotonic(), resident_bytes_below(os.getpid())))

    def measurement(self, span: Span) -> Measurement:
        """``span`` as a measurement; one shorter than the sampling takes the samples beside it."""
        margin = SAMPLED_EVERY_SECONDS * 2
        time.sleep(margin)  # the sample after the end has to be there
        peak = max(
            (size for at, size in self._samples if span.started - margin <= at <= span.ended + margin), default=0
        )
        return Measurement(span.ended - span.started, peak)

    def ask(self, worker: Worker, request: dict[str, Any]) -> tuple[dict[str, Any], Measurement]:
        """What a worker of this package answers, and how long it took by its own clock."""
        answer = worker.ask(request)
        return answer, self.measurement(Span(answer["started"], answer["ended"]))


def resident_bytes_below(pid: int) -> int:
    """The resident memory of every descendant of the process ``pid``."""
    return sum(_resident_bytes(child) + resident_bytes_below(child) for child in _children(pid))


def processor_seconds(pid: int) -> float:
    """What the process ``pid`` and all alive below it have used of the processors since they began."""
    used = 0.0
    with suppress(OSError, IndexError):  # it may end while it is looked at
        # The name, in brackets, may hold blanks; after it utime and stime are the 12th and 13th.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used + sum(processor_seconds(child) for child in _children(pid))


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # it may end while it is looked at
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def ready(worker: Worker) -> Worker:
    """Wait until a worker has warmed up: it answers, be it that it cannot do nothing."""
    with suppress(CxError):
        worker.ask({})
    return worker
