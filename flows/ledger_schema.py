"""The ledger's tables in SQLite, and how they are opened: durable at each commit, and checked before use."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from flows.errors import CxError

VERSION = 1
#: A second process waits this long for a commit of the first; commits take milliseconds.
_BUSY_SECONDS = 30

_metadata = MetaData()

#: One row a run; ``sequence`` is the order in which they started. Times are ISO 8601 in UTC.
runs = Table(
    "runs",
    _metadata,
    Column("sequence", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("period", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("status", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("finished_at", String),
    Column("deliveries_passed_at", String),
    Column("message", String, nullable=False, default=""),
    Column("inputs", JSON(none_as_null=True)),
    CheckConstraint("status in ('running', 'succeeded', 'failed', 'abandoned')"),
    sqlite_autoincrement=True,
)

#: One row a published revision of a period. ``directory`` is relative to the ledger's folder where it lies below it.
publications = Table(
    "publications",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("period", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("directory", String, nullable=False),
    Column("files", JSON, nullable=False),
    Column("run_id", String, ForeignKey("runs.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("reason", String),
    Column("published_at", String, nullable=False),
    UniqueConstraint("period", "revision"),
    CheckConstraint("revision >= 0"),
    CheckConstraint("kind in ('run', 'backfill')"),
    sqlite_autoincrement=True,
)

#: One row a publication and recipient; an address is one person whatever its case.
messages = Table(
    "messages",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("publication_id", Integer, ForeignKey("publications.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("recipient", String(collation="NOCASE"), nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("planned_at", String, nullable=False),
    Column("changed_at", String, nullable=False),
    Column("internet_message_id", String),
    Column("claim", String),
    Column("code", Integer),
    Column("words", String, nullable=False, default=""),
    UniqueConstraint("publication_id", "recipient"),
    UniqueConstraint("publication_id", "position"),
    CheckConstraint("state in ('planned', 'claimed', 'handed_over', 'sent', 'refused', 'unknown')"),
    sqlite_autoincrement=True,
)


def connect(path: Path) -> Engine:
    """The ledger at ``path``, made when there is none yet, with its integrity checked.

    Raises CxError when the file is damaged, of a newer version, cannot be written, or is missing although reports
    were published: a fresh ledger would not know whom they were sent to, and would send them again.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It holds recipients' addresses: readable by its owner only. SQLite gives the journal the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise CxError(
            f"the ledger cannot be opened: {error.strerror}", "make var/ writable for this user", where=path.name
        ) from None
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    try:
        _check(engine, path)
    except DBAPIError as error:
        raise failure(error, path) from None
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions late and without a lock; _begin does it instead.
    connection.isolation_level = None
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")


def _begin(connection) -> None:
    # A writer takes the lock at once, so that what it reads first still holds when it writes.
    writes = connection.get_execution_options().get("ledger_writes")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


def _check(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        verdict = connection.exec_driver_sql("pragma integrity_check").scalar()
        orphans = connection.exec_driver_sql("pragma foreign_key_check").first()
        version = connection.exec_driver_sql("pragma user_version").scalar()
    if verdict != "ok" or orphans:
        raise _damaged(path)
    if version > VERSION:
        raise CxError(
            f"the ledger was written by a newer cx (its version is {version}, this one knows {VERSION})",
            "run the newer cx, or restore the ledger that belongs to this one",
            where=path.name,
        )
    if version:
        return
    published = path.parent / "published"
    if published.is_dir() and any(published.iterdir()):
        raise CxError(
            "the ledger is missing or empty, but var/published/ holds reports: whom they were sent to is not known",
            "restore the ledger from a backup; nothing is published or sent without it",
            where=path.name,
        )
    with engine.execution_options(ledger_writes=True).begin() as connection:
        _metadata.create_all(connection)
        connection.exec_driver_sql(f"pragma user_version = {VERSION}")


def _damaged(path: Path) -> CxError:
    return CxError(
        "the ledger is damaged", "restore it from a backup; nothing is published or sent without it", where=path.name
    )


def failure(error: DBAPIError, path: Path) -> CxError:
    """What SQLite refused, as a CxError; only SQLite's name for it is shown, never a statement or a value."""
    name = getattr(error.orig, "sqlite_errorname", "") or type(error.orig).__name__
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return _damaged(path)
    known = {
        "SQLITE_FULL": ("the disk is full", "free space and run again"),
        "SQLITE_BUSY": (f"another process kept it locked for {_BUSY_SECONDS} seconds", "end that process, run again"),
        "SQLITE_READONLY": ("it is read-only", "make var/ writable for this user"),
        "SQLITE_CANTOPEN": ("it cannot be opened", "make var/ writable for this user"),
        "SQLITE_IOERR": ("the disk reports an error", "check the disk and its free space, then run again"),
    }
    family = "_".join(name.split("_")[:2])
    what, remedy = known.get(family, (name, "run again; report it if it happens twice"))
    return CxError(f"the ledger cannot be used: {what}", remedy, where=path.name)
