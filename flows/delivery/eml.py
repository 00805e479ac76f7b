"""The default transport: each mail becomes a file in ``var/outbox/`` that any mail program opens."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from flows.delivery.transport import Answer, Mail
from flows.ledger_records import State


class EmlTransport:
    """Writes ``<outbox>/<period>-r<revision>/NN-<hash>.eml``, whole or not at all.

    A mail is the same bytes each time it is made, so writing it again changes nothing. It is therefore never marked
    as handed over: after a crash it is simply written again, and no message of this transport ends unknown.
    """

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    def send(self, mail: Mail, hand_over: Callable[[], None]) -> Answer:  # noqa: ARG002
        """Write the file; a full disk or a missing permission leaves the message planned."""
        folder = self._outbox / mail.folder
        path = folder / f"{mail.name}.eml"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (path.is_file() and path.read_bytes() == mail.content):
                _write(path, mail.content)
        except OSError as error:
            return Answer(
                State.PLANNED, None, f"var/outbox/ cannot be written: {error.strerror or 'error'}", reached=False
            )
        return Answer(State.SENT, None, f"written to var/outbox/{mail.folder}/{path.name}")

    def close(self) -> None:
        """Nothing is left open."""


def _write(path: Path, content: bytes) -> None:
    """Write, flush to the disk, then rename into place and flush the folder; readable by the owner only."""
    unfinished = path.with_name(f".{path.name}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
