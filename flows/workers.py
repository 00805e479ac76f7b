"""Processes that warm up beside the run: one JSON object a line in, one a line out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.errors import CxError

#: A child that has not answered by then hangs; a build of millions of rows takes minutes.
LIMIT_SECONDS = 3600.0
#: What a child's libraries may take to finish once nobody asks any more.
LAST_WORDS_SECONDS = 10.0


class Worker:
    """A child process ``python -m module`` that answers requests; started at once, asked when needed.

    Its standard error goes to ``log``. Use as a context manager: the child ends with the block, however it ends.
    """

    def __init__(self, module: str, log: Path, *, environment: dict[str, str] | None = None) -> None:
        self.module = module
        self.log = log
        self._busy = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env=os.environ | (environment or {}),
            )

    def ask(
        self,
        request: dict[str, Any],
        *,
        on_event: Callable[[dict[str, Any]], None] | None = None,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> dict[str, Any]:
        """Send ``request`` and wait for the answer, ``limit_seconds`` at most; then the child is ended.

        Lines with the key ``event`` are progress and go to ``on_event``. Raises CxError when the child reports an
        error, takes too long or dies; its log is named.
        """
        self._busy = True
        clock = threading.Timer(limit_seconds, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            answer = self._answer(request, on_event)
            self._busy = False
            return answer
        finally:
            clock.cancel()

    def finish(self) -> None:
        """Ask nothing more: the child ends in its own time, having sent off what its libraries still hold."""
        self._busy = True
        self._process.stdin.close()

    def _answer(self, request: dict[str, Any], on_event: Callable[[dict[str, Any]], None] | None) -> dict[str, Any]:
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise self._died() from None
        for line in self._process.stdout:
            try:
                answer = json.loads(line)
            except json.JSONDecodeError:
                continue  # a library's chatter on standard output
            if not isinstance(answer, dict) or "ready" in answer:
                continue
            if "event" in answer:
                if on_event:
                    on_event(answer)
                continue
            if "error" in answer:
                raise CxError(answer["error"], answer.get("remedy", ""), where=answer.get("where", ""))
            return answer
        raise self._died()

    def _died(self) -> CxError:
        code = self._process.wait()
        return CxError(
            f"the process {self.module} ended with status {code} before it answered",
            f"see {self.log}; run again, and report it if it happens twice",
        )

    def close(self) -> None:
        """End the child, gently while it is busy; one that owes no answer has nothing to finish."""
        if self._process.poll() is None and not self._busy:
            self._process.kill()
        with suppress(BrokenPipeError):  # a child that died with a request half read
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_early: dict[tuple[str, Path], Worker] = {}


def start_early(module: str, log: Path) -> None:
    """Start a worker before anybody can ask it, so that its imports overlap with whatever comes first."""
    _early[module, log] = Worker(module, log)


def started(module: str, log: Path) -> Worker:
    """The worker that was started early with this log, or a new one."""
    return _early.pop((module, log), None) or Worker(module, log)


def stop_early() -> None:
    """End what was started early and never asked for."""
    while _early:
        _early.popitem()[1].close()


def _end_with_the_parent(parent: int) -> None:
    """A killed parent closes no pipe in time for a child that is busy or stuck: nobody waits for its answer."""
    while os.getppid() == parent:
        time.sleep(1)
    time.sleep(LAST_WORDS_SECONDS)
    os._exit(1)


def serve(warm_up: Callable[[], None], handle: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The child's side: warm up, say ready, then answer each request until standard input ends.

    Standard output is kept for answers; whatever a library prints goes to standard error.
    A CxError becomes its sentence; any other exception its type only, with the traceback in the log: a message of a
    library can hold a customer's value.
    """
    import traceback

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(answer: dict[str, Any]) -> None:
        # Who hears the answer may end this process at once: what a library has said stands in the log by then.
        sys.stdout.flush()
        sys.stderr.flush()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    serve.say = say  # for progress from inside a handler
    threading.Thread(target=_end_with_the_parent, args=[os.getppid()], daemon=True).start()
    try:
        warm_up()
        say({"ready": True})
        for line in sys.stdin:
            try:
                say(handle(json.loads(line)))
            except CxError as error:
                say({"error": error.what, "remedy": error.remedy, "where": error.where})
            except Exception as error:  # the parent must hear of it whatever it is
                where = traceback.extract_tb(error.__traceback__)[-1]
                print(f"{type(error).__name__} at {where.name}:{where.lineno}", file=sys.stderr)
                traceback.print_tb(error.__traceback__, file=sys.stderr)
                say({"error": f"{type(error).__name__} in {where.name}", "remedy": "see the log of this run"})
    finally:
        # The parent may have been killed, and Python waits for threads of libraries that wait for ever.
        last = threading.Timer(LAST_WORDS_SECONDS, os._exit, [1])
        last.daemon = True
        last.start()
