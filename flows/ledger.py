"""The ledger (``var/ledger.db``): which runs there were, what they published, and one message per recipient.

It is the system of record for what was sent. Each method is one transaction that is on the disk when it returns.
Recipients' addresses are kept here because they are needed, and nowhere else; nothing here logs.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from flows.delivery.addresses import checked_address, one_line
from flows.errors import ConfigurationError, CxError
from flows.ledger_records import Message, Publication, Run, RunStatus, State, stamp
from flows.period import Period


class Ledger:
    """An opened ledger. Make it with ``Ledger.open(path)``; it keeps no connection between calls."""

    def __init__(self, path: Path, engine: Any) -> None:
        from flows import ledger_schema

        self.path = path
        self._tables = ledger_schema
        self._reader = engine
        self._writer = engine.execution_options(ledger_writes=True)

    @classmethod
    def open(cls, path: Path | str) -> Ledger:
        """The ledger at ``path``, made when there is none. Raises CxError when it is damaged or was lost."""
        from flows import ledger_schema

        path = Path(path).absolute()
        return cls(path, ledger_schema.connect(path))

    # Runs

    def start_run(self, period: Period | str, kind: str, inputs: dict[str, list[str]] | None = None) -> str:
        """Record a running run and return its id, sortable to the second (``20261122T053001-2026-09-ab12``).

        Call it while the workspace is held: any other run still marked running has died, and becomes abandoned.
        """
        period = str(Period.parse(str(period)))
        runs, now = self._tables.runs, datetime.now(UTC)
        with self._write() as connection:
            connection.execute(
                runs.update()
                .where(runs.c.status == RunStatus.RUNNING)
                .values(status=RunStatus.ABANDONED, finished_at=stamp(now), message="the process ended before the run")
            )
            taken = True
            while taken:
                run_id = f"{now:%Y%m%dT%H%M%S}-{period}-{secrets.token_hex(2)}"
                taken = connection.execute(runs.select().where(runs.c.id == run_id)).first()
            connection.execute(
                runs.insert().values(
                    id=run_id,
                    period=period,
                    kind=kind,
                    status=RunStatus.RUNNING,
                    started_at=stamp(now),
                    inputs=inputs,
                )
            )
        return run_id

    def record_inputs(self, run_id: str, inputs: dict[str, list[str]]) -> None:
        """Note the packages the run reads: by source name, the package ids."""
        self._change_run(run_id, inputs=inputs)

    def passed_deliveries(self, run_id: str) -> None:
        """Note that gate 1 let the run's packages through; from now on a re-run of the period may read them."""
        self._change_run(run_id, deliveries_passed_at=stamp(datetime.now(UTC)))

    def finish_run(self, run_id: str, status: RunStatus | str, message: str = "") -> None:
        """End a running run. The first end counts: a run that has already ended is left as it is."""
        status = RunStatus(status)
        if status is RunStatus.RUNNING:
            raise ValueError("a run does not end as running")
        if self.run(run_id).status is RunStatus.RUNNING:
            self._change_run(run_id, status=status, finished_at=stamp(datetime.now(UTC)), message=message)

    def run(self, run_id: str) -> Run:
        """One run; raises LookupError when there is none of that id."""
        runs = self._tables.runs
        found = self._rows(runs.select().where(runs.c.id == run_id))
        if not found:
            raise LookupError(f"the ledger has no run {run_id}")
        return Run.of(found[0])

    def runs(self) -> list[Run]:
        """All runs, newest first."""
        runs = self._tables.runs
        return [Run.of(row) for row in self._rows(runs.select().order_by(runs.c.sequence.desc()))]

    def inputs_of(self, period: Period | str) -> dict[str, list[str]] | None:
        """The packages that the period's newest run whose gate 1 passed has read, or None."""
        runs = self._tables.runs
        found = self._rows(
            runs.select()
            .where(runs.c.period == str(period), runs.c.deliveries_passed_at.is_not(None), runs.c.inputs.is_not(None))
            .order_by(runs.c.sequence.desc())
            .limit(1)
        )
        return found[0].inputs if found else None

    def accepted(self) -> dict[str, set[str]]:
        """By source, every package that some run's gate 1 has let through."""
        runs = self._tables.runs
        found: dict[str, set[str]] = {}
        for row in self._rows(
            runs.select().where(runs.c.deliveries_passed_at.is_not(None), runs.c.inputs.is_not(None))
        ):
            for source, packages in row.inputs.items():
                found.setdefault(source, set()).update(packages)
        return found

    def _change_run(self, run_id: str, **values: Any) -> None:
        runs = self._tables.runs
        with self._write() as connection:
            changed = connection.execute(runs.update().where(runs.c.id == run_id).values(**values))
            if changed.rowcount != 1:
                raise LookupError(f"the ledger has no run {run_id}")

    # Publications

    def record_publication(
        self,
        period: Period | str,
        revision: int,
        directory: Path,
        files: dict[str, str],
        run_id: str,
        kind: Literal["run", "backfill"] = "run",
        reason: str | None = None,
        recipients: Sequence[str] = (),
    ) -> Publication:
        """Record a published revision and plan one message per recipient, in one transaction.

        From this commit on the period is published. The recipients are those of this moment: who is added to
        recipients.csv later gets the next publication, never this one. Raises CxError when the revision exists, and
        ConfigurationError when a correction has no reason, or an address or the reason cannot stand in a mail header.
        """
        period, now = str(Period.parse(str(period))), stamp(datetime.now(UTC))
        if revision > 1 and not (reason or "").strip():
            raise ConfigurationError(
                f"revision {revision} of {period} has no reason", "say why: cx run MONTH --revise 'why'"
            )
        if reason:
            reason = one_line(reason.strip(), "the reason of the correction")
        people: dict[str, str] = {}
        for address in recipients:
            people.setdefault(address.casefold(), checked_address(address))
        publications, messages = self._tables.publications, self._tables.messages
        with self._write() as connection:
            if connection.execute(
                publications.select().where(publications.c.period == period, publications.c.revision == revision)
            ).first():
                raise CxError(
                    f"revision {revision} of {period} is already published",
                    "a published revision never changes; publish a correction as the next one",
                )
            publication_id = connection.execute(
                publications.insert().values(
                    period=period,
                    revision=revision,
                    directory=self._stored(Path(directory)),
                    files=dict(sorted(files.items())),
                    run_id=run_id,
                    kind=kind,
                    reason=reason,
                    published_at=now,
                )
            ).inserted_primary_key[0]
            for position, address in enumerate(people.values(), 1):
                connection.execute(
                    messages.insert().values(
                        publication_id=publication_id,
                        position=position,
                        recipient=address,
                        state=State.PLANNED,
                        planned_at=now,
                        changed_at=now,
                    )
                )
        return self.publication(period, revision)

    def publication(self, period: Period | str, revision: int | None = None) -> Publication | None:
        """The period's newest revision (or the one named), or None."""
        publications = self._tables.publications
        query = publications.select().where(publications.c.period == str(period))
        if revision is not None:
            query = query.where(publications.c.revision == revision)
        found = self._rows(query.order_by(publications.c.revision.desc()).limit(1))
        return Publication.of(found[0], self.path.parent) if found else None

    def publications(self) -> list[Publication]:
        """All publications in order of period and revision."""
        publications = self._tables.publications
        query = publications.select().order_by(publications.c.period, publications.c.revision)
        return [Publication.of(row, self.path.parent) for row in self._rows(query)]

    # Messages: each change of state names the state it starts from, and the claim it belongs to

    def messages(self, publication: Publication) -> list[Message]:
        """The publication's messages in order of position."""
        messages = self._tables.messages
        query = messages.select().where(messages.c.publication_id == publication.id).order_by(messages.c.position)
        return [Message.of(row) for row in self._rows(query)]

    def recover(self) -> None:
        """After a crash: what was only claimed is planned again, what was handed over is unknown.

        An unknown message may have arrived; it is never sent again unless ``resolve`` says that it did not.
        """
        self._move(None, [State.CLAIMED], State.PLANNED, claim=None)
        self._move(
            None,
            [State.HANDED_OVER],
            State.UNKNOWN,
            code=None,
            words="the process ended between handing the message over and the server's answer",
        )

    def claim(self, message: Message, claim: str, internet_message_id: str) -> bool:
        """Take a planned message for the sender ``claim``; False when another process has it. Counts an attempt."""
        return self._move(
            message.id,
            [State.PLANNED],
            State.CLAIMED,
            claim=claim,
            attempts=self._tables.messages.c.attempts + 1,
            internet_message_id=message.internet_message_id or internet_message_id,
        )

    def hand_over(self, message: Message, claim: str) -> bool:
        """Commit, before DATA is sent, that the server may have it from now on; False when the claim was lost."""
        return self._move(message.id, [State.CLAIMED], State.HANDED_OVER, of=claim)

    def settle(self, message: Message, claim: str, state: State, code: int | None, words: str) -> bool:
        """Record the server's answer (``code`` and masked ``words``); False when the claim was lost meanwhile.

        A message that another process took for crashed (unknown) is settled too: this sender knows better.
        """
        open_states = [State.CLAIMED, State.HANDED_OVER, State.UNKNOWN]
        return self._move(message.id, open_states, state, of=claim, code=code, words=words)

    def resolve(self, message_id: int, sent: bool) -> None:
        """Somebody has looked: an unknown message arrived (``sent``) or did not and is planned again.

        A refused message may also be planned again (``sent=False``), once the mailbox or the server is mended.
        Raises CxError for a message in any other state.
        """
        if sent:
            moved = self._move(message_id, [State.UNKNOWN], State.SENT, claim=None, words="resolved by hand: arrived")
        else:
            moved = self._move(
                message_id, [State.UNKNOWN, State.REFUSED], State.PLANNED, claim=None, words="resolved by hand: resend"
            )
        if not moved:
            raise CxError(
                f"message {message_id} is not waiting for a decision",
                "only an unknown message can be resolved, or a refused one planned again",
            )

    def _move(self, message_id: int | None, start: list[State], end: State, of: str | None = None, **values) -> bool:
        messages = self._tables.messages
        query = messages.update().where(messages.c.state.in_(start))
        if message_id is not None:
            query = query.where(messages.c.id == message_id)
        if of is not None:
            query = query.where(messages.c.claim == of)
        with self._write() as connection:
            changed = connection.execute(query.values(state=end, changed_at=stamp(datetime.now(UTC)), **values))
            return changed.rowcount > 0

    # How rows come in and out

    def _rows(self, query: Any) -> list[Any]:
        with self._refusals(), self._reader.begin() as connection:
            return list(connection.execute(query))

    @contextmanager
    def _write(self) -> Iterator[Any]:
        with self._refusals(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        from sqlalchemy.exc import DBAPIError

        try:
            yield
        except DBAPIError as error:
            raise self._tables.failure(error, self.path) from None

    def _stored(self, directory: Path) -> str:
        # Relative to the ledger's folder, so that a workspace can be moved.
        directory, home = directory.absolute(), self.path.parent
        return directory.relative_to(home).as_posix() if directory.is_relative_to(home) else str(directory)
