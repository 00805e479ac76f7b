"""Who has been sent what: each planned message is taken, handed over and settled, each step on the disk first.

planned → claimed → handed over → sent | refused | unknown; planned again after a temporary refusal. A crash leaves a
message where the ledger last put it: what was only claimed is planned again, what was handed over is unknown and is
never sent again until somebody says that it did not arrive (``Ledger.resolve``).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flows.delivery.addresses import digest, masked
from flows.delivery.message import compose, internet_message_id, published_files, sender_address
from flows.delivery.transport import Mail, Transport, transport_of
from flows.errors import CxError
from flows.held import held
from flows.ledger import Ledger
from flows.ledger_records import Message, Publication, State
from flows.workspace import Workspace

#: What a state means to the one who has to act on it.
_MEANING = {
    State.PLANNED: "not sent yet",
    State.CLAIMED: "being sent by another process",
    State.HANDED_OVER: "being sent by another process",
    State.REFUSED: "refused for good",
    State.UNKNOWN: "unknown: it may have arrived",
}
_REMEDY = {
    State.PLANNED: "mend what stands beside it, then run the same month again: only what is missing is sent",
    State.REFUSED: "correct recipients.csv for the next report; resolve the message to have this one sent again",
    State.UNKNOWN: "look in the mail server's log or ask the recipient, then resolve the message; it is not sent again"
    " by itself",
}
_LISTED = 20


@dataclass(frozen=True)
class Outcome:
    """Where one recipient's message stands after ``deliver``; the person is only shown masked.

    ``attempted`` says whether this call tried to send it, ``attempts`` how often that has been tried in all.
    """

    message_id: int
    recipient: str
    state: State
    attempted: bool
    attempts: int
    code: int | None
    words: str

    @property
    def sent(self) -> bool:
        return self.state is State.SENT


class _ClaimLost(Exception):
    """Another process has taken the message over."""


def deliver(
    ledger: Ledger,
    workspace: Workspace,
    publication: Publication,
    *,
    report: Callable[[str], None] | None = None,
    transport: Transport | None = None,
    checkpoint: Callable[[str], None] | None = None,
) -> list[Outcome]:
    """Send what is planned of ``publication``, one transaction a recipient, and say where every message stands.

    Calling it again is safe and sends only what is still planned. The recipients are those the publication was
    recorded with: who was added to recipients.csv afterwards gets the next one. One recipient's refusal touches no
    other; where the server cannot be reached at all, the rest stays planned and is not tried. Not everything need
    be sent when this returns: see ``undelivered``.

    ``report`` is told each outcome in a line; ``checkpoint`` is called with the name of each step just passed, for
    tests that end the process there. Raises CxError before anything is sent when a published file is not the one the
    ledger knows or a newer revision exists, ConfigurationError when the mail settings cannot work, and WorkspaceHeld
    while another process delivers.
    """
    passed = checkpoint or (lambda _: None)
    with held(workspace, f"the delivery of {publication.period}", lock="delivery.lock"):
        ledger.recover()
        passed("recovered")
        planned = [message for message in ledger.messages(publication) if message.state is State.PLANNED]
        attempted: set[int] = set()
        if planned:
            _refuse_superseded(ledger, publication)
            contents = published_files(publication)
            transport = transport or transport_of(workspace)
            first = _first_message_ids(ledger, publication)
            claim = secrets.token_hex(8)
            for message in planned:
                answers = first.get(message.recipient.casefold())
                content = compose(workspace, publication, message, contents, answers=answers)
                attempted.add(message.id)
                reached = _send(ledger, workspace, publication, message, content, claim, transport, passed)
                if report:
                    now = next(each for each in ledger.messages(publication) if each.id == message.id)
                    report(_line(_outcome(now, attempted)))
                if not reached:
                    break
        return [_outcome(message, attempted) for message in ledger.messages(publication)]


def undelivered(outcomes: list[Outcome]) -> CxError | None:
    """What to raise when a message did not end sent: who (masked), why, and what to do; None when all were sent."""
    missing = [outcome for outcome in outcomes if not outcome.sent]
    if not missing:
        return None
    lines = [f"\n  {_line(outcome)}" for outcome in missing[:_LISTED]]
    if len(missing) > _LISTED:
        lines.append(f"\n  and {len(missing) - _LISTED} more")
    states = {outcome.state for outcome in missing}
    remedies = [remedy for state, remedy in _REMEDY.items() if state in states]
    error = CxError(
        f"{len(missing)} of {len(outcomes)} recipients have not been sent the report:{''.join(lines)}",
        "\n  → ".join(remedies) or "wait for the other process to end, then run the same month again",
    )
    error.transient = State.PLANNED in states
    return error


def _send(
    ledger: Ledger,
    workspace: Workspace,
    publication: Publication,
    message: Message,
    content: bytes,
    claim: str,
    transport: Transport,
    passed: Callable[[str], None],
) -> bool:
    """One message from claim to settlement; whether the server could be reached."""
    if not ledger.claim(message, claim, internet_message_id(workspace, publication, message.recipient)):
        return True
    passed("claimed")

    def hand_over() -> None:
        if not ledger.hand_over(message, claim):
            raise _ClaimLost
        passed("handed over")

    mail = Mail(
        folder=f"{publication.period}-r{publication.revision}",
        name=f"{message.position:02d}-{digest(message.recipient)}",
        sender=sender_address(workspace),
        recipient=message.recipient,
        content=content,
    )
    try:
        answer = transport.send(mail, hand_over)
        passed("answered")
        ledger.settle(message, claim, answer.state, answer.code, answer.words)
    except _ClaimLost:
        return True
    finally:
        transport.close()
    passed("settled")
    return answer.reached


def _refuse_superseded(ledger: Ledger, publication: Publication) -> None:
    newest = ledger.publication(publication.period)
    if newest and newest.revision > publication.revision:
        raise CxError(
            f"revision {publication.revision} of {publication.period} is superseded by revision {newest.revision}",
            "deliver the newest revision",
        )


def _first_message_ids(ledger: Ledger, publication: Publication) -> dict[str, str]:
    """By recipient, the Message-ID of revision 1, where this is a correction and the recipient was mailed that one."""
    first = ledger.publication(publication.period, 1) if publication.revision > 1 else None
    return {
        message.recipient.casefold(): message.internet_message_id
        for message in (ledger.messages(first) if first else [])
        if message.internet_message_id
    }


def _outcome(message: Message, attempted: set[int]) -> Outcome:
    return Outcome(
        message_id=message.id,
        recipient=masked(message.recipient),
        state=message.state,
        attempted=message.id in attempted,
        attempts=message.attempts,
        code=message.code,
        words=message.words,
    )


def _line(outcome: Outcome) -> str:
    answer = " ".join(str(part) for part in (outcome.code, outcome.words) if part)
    state = "sent" if outcome.sent else _MEANING[outcome.state]
    return f"{outcome.recipient} (message {outcome.message_id}): {state}{f' – {answer}' if answer else ''}"
