"""What the ledger's rows mean: runs, publications and messages, and the states they can be in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any


class RunStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    #: The process ended before the run did; a later run found it.
    ABANDONED = "abandoned"


class State(StrEnum):
    """Where a message stands; the arrows are in docs/architecture.md, section 6."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Run:
    """One run; ``inputs`` are the packages it reads, by source name."""

    id: str
    period: str
    kind: str
    status: RunStatus
    started_at: datetime
    finished_at: datetime | None
    deliveries_passed_at: datetime | None
    message: str
    inputs: dict[str, list[str]] | None

    @classmethod
    def of(cls, row: Any) -> Run:
        values = dict(row._mapping)
        values.pop("sequence")
        times = {name: _moment(values[name]) for name in ("started_at", "finished_at", "deliveries_passed_at")}
        return cls(**values | times | {"status": RunStatus(values["status"])})


@dataclass(frozen=True)
class Publication:
    """One revision of a period; ``files`` is name → sha256 (hex) of each file in ``directory``."""

    id: int
    period: str
    revision: int
    directory: Path
    files: dict[str, str]
    run_id: str
    kind: str
    reason: str | None
    published_at: datetime

    @classmethod
    def of(cls, row: Any, home: Path) -> Publication:
        """A row as a publication; ``home`` is the ledger's folder, to which directories are relative."""
        values = dict(row._mapping)
        return cls(
            **values | {"directory": home / values["directory"], "published_at": _moment(values["published_at"])}
        )


@dataclass(frozen=True)
class Message:
    """One recipient's mail of one publication. ``position`` counts from 1 within the publication.

    ``internet_message_id`` is the header Message-ID, fixed when the message is first claimed. ``code`` and ``words``
    are the server's last answer, addresses masked. The recipient is left out of the object's printed form.
    """

    id: int
    publication_id: int
    position: int
    recipient: str = field(repr=False)
    state: State
    attempts: int
    planned_at: datetime
    changed_at: datetime
    internet_message_id: str | None
    code: int | None
    words: str

    @classmethod
    def of(cls, row: Any) -> Message:
        values = dict(row._mapping)
        values.pop("claim")
        times = {name: _moment(values[name]) for name in ("planned_at", "changed_at")}
        return cls(**values | times | {"state": State(values["state"])})


def stamp(moment: datetime) -> str:
    """``moment`` as the ledger keeps it: ISO 8601 with offset, microseconds always, so that text sorts as time."""
    return moment.isoformat(timespec="microseconds")


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
