"""Long work shows how far it is: a line a stage, with what it is at right now where the terminal can show it."""

from __future__ import annotations

import time
from typing import Any

_shown: list[Progress] = []


def report(stage: str, detail: str) -> None:
    """The stage the work is in and what it is at: a source and its rows, a node. Silent where nobody looks."""
    if _shown:
        _shown[-1].report(stage, detail)


class Progress:
    """Shows what ``report`` is told, on standard error. Use as a context manager."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._status: Any = None
        self._stage = ""
        self._detail = ""
        self._since = 0.0

    def report(self, stage: str, detail: str) -> None:
        """A new stage ends the line of the one before."""
        if stage != self._stage:
            self._end_stage()
            self._stage, self._since = stage, time.monotonic()
            if self._console.is_terminal:
                self._status = self._console.status("")
                self._status.start()
        self._detail = detail
        if self._status:
            self._status.update(f"{stage}: {detail}")

    def _end_stage(self) -> None:
        if self._status:
            self._status.stop()
            self._status = None
        if self._stage:
            seconds = time.monotonic() - self._since
            self._console.print(f"  {self._stage:<17} {seconds:6.1f} s  {self._detail}", markup=False)
        self._stage = ""

    def __enter__(self) -> Progress:
        _shown.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._end_stage()
        _shown.remove(self)
