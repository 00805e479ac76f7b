"""One run at a time per workspace: a lock held by the process, which the kernel frees when the process ends."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from flows.errors import CxError, WorkspaceHeld
from flows.workspace import Workspace


@contextmanager
def held(workspace: Workspace, what: str, *, lock: str = "lock") -> Iterator[None]:
    """Hold ``var/<lock>`` for the block; the file says who holds it (pid, host, since when, and ``what`` it does).

    Raises WorkspaceHeld, naming the holder, when another process (or this one, elsewhere) holds it, and CxError when
    the lock file cannot be written. Nothing has to be cleaned up after a crash: the lock goes with the process, and
    the file stays, since removing it would let two processes lock two different files of one name.
    """
    path = workspace.var / lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CxError(
            f"the workspace cannot be held: {error.strerror}", "make var/ writable for this user", where=f"var/{lock}"
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _held_by(_read(descriptor)) from None
        except OSError as error:
            raise CxError(
                f"the workspace cannot be held: {error.strerror}",
                "put the workspace on a file system that supports locks",
                where=f"var/{lock}",
            ) from None
        _write(
            descriptor,
            {
                "pid": os.getpid(),
                "host": socket.gethostname(),
                "started": datetime.now(UTC).isoformat(timespec="seconds"),
                "what": what,
            },
        )
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
            # Closing alone would leave it held while a child that has just been forked still shares the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _write(descriptor: int, holder: dict[str, str | int]) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode() + b"\n", 0)


def _read(descriptor: int) -> dict[str, str | int]:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:  # the holder has the lock and has not said its name yet
        return {}
    return holder if isinstance(holder, dict) else {}


def _held_by(holder: dict[str, str | int]) -> WorkspaceHeld:
    who = (
        f"{holder.get('what')} (process {holder.get('pid')} on {holder.get('host')}, since {holder.get('started')})"
        if holder
        else "a process that has just started"
    )
    return WorkspaceHeld(
        f"another run holds the workspace: {who}",
        "wait until it has ended, then run again; nothing was changed by this one",
    )
