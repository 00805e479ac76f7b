"""Recipients' addresses: checked before they reach a mail header, masked wherever a person may read them."""

from __future__ import annotations

import hashlib
import re

from flows.errors import ConfigurationError
from flows.workspace import Workspace

#: Printable ASCII without what has a meaning in SMTP or in a header. Stricter than RFC 5322 on purpose.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_ADDRESS_IN_TEXT = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def require_recipients(workspace: Workspace) -> list[str]:
    """The addresses of recipients.csv, one person once.

    Raises ConfigurationError when there are none or one cannot be mailed; call it before anything is published.
    """
    if not workspace.recipients:
        raise ConfigurationError(
            "there are no recipients",
            "write one address per row below the heading `email,name`, or run with --no-send",
            where="recipients.csv",
        )
    return [checked_address(recipient.email) for recipient in workspace.recipients]


def checked_address(address: str) -> str:
    """``address`` itself; raises ConfigurationError, with the address masked, when SMTP cannot carry it safely."""
    if not _ADDRESS.fullmatch(address):
        raise ConfigurationError(
            f"{masked(_CONTROL.sub('?', address))} is not an address that can be mailed",
            "write it as name@domain in ASCII, an international domain in its xn-- form",
            where="recipients.csv",
        )
    return address


def one_line(text: str, what: str) -> str:
    """``text`` itself; raises ConfigurationError when a line break or control character would reach a mail header."""
    if _CONTROL.search(text):
        raise ConfigurationError(
            f"{what} holds a line break or another control character", "write it as one line of plain text"
        )
    return text


def digest(address: str) -> str:
    """Sixteen hex digits that stand for a person where the address must not be seen (file names, Message-IDs)."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:16]


def masked(address: str) -> str:
    """``a***@domain``: enough for those who know the list, useless to others."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else f"{address[:1]}***"


def without_addresses(text: str, recipient: str) -> str:
    """A server's words fit for the ledger and the screen: one line, at most 300 characters, addresses masked.

    Some servers repeat only the part before the @; that of ``recipient`` is masked as well.
    """
    text = _ADDRESS_IN_TEXT.sub(lambda found: masked(found[0]), " ".join(_CONTROL.sub(" ", text).split()))
    local = recipient.rpartition("@")[0]
    if len(local) > 2:
        text = re.sub(rf"(?<![\w-]){re.escape(local)}(?![\w-])", f"{local[:1]}***", text, flags=re.IGNORECASE)
    return text[:300]
