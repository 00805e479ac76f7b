"""What the two ways of sending have in common: the mail they are given and the answer they give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from flows.ledger_records import State
from flows.workspace import Workspace


@dataclass(frozen=True)
class Mail:
    """One finished message: ``content`` is what goes over the wire, CRLF and seven-bit.

    ``name`` is unique within the publication's ``folder`` and holds no address.
    """

    folder: str
    name: str
    sender: str
    recipient: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """The state a message ends in: sent, refused, unknown, or planned again after a temporary refusal.

    ``code`` is the server's, where it gave one; ``words`` hold no address and no credential. ``reached`` is False
    when no recipient could have been served: nobody answered, or the connection is not set up as it must be.
    """

    state: State
    code: int | None
    words: str
    reached: bool = True


class Transport(Protocol):
    def send(self, mail: Mail, hand_over: Callable[[], None]) -> Answer:
        """Send one mail; ``hand_over`` is called after the last moment at which nothing can have arrived yet."""

    def close(self) -> None:
        """Part from the server; called when the answer is in the ledger."""


def transport_of(workspace: Workspace) -> Transport:
    """The transport that cx.toml names; raises ConfigurationError when its credentials are missing."""
    if workspace.settings.mail.transport == "smtp":
        from flows.delivery.smtp import SmtpTransport

        return SmtpTransport.declared(workspace.settings.mail)
    from flows.delivery.eml import EmlTransport

    return EmlTransport(workspace.outbox)
