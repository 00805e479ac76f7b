"""A publication as a mail: the published files, unchanged, and headers that are the same each time it is made."""

from __future__ import annotations

import hashlib
import textwrap
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from flows.delivery.addresses import checked_address, digest, one_line
from flows.errors import ConfigurationError, CxError
from flows.ledger_records import Message, Publication
from flows.period import Period
from flows.workspace import Workspace

#: Published file → what it becomes in the mail. The bodies first; then the attachments with their media types.
_BODIES = ("mail.txt", "mail.html")
_ATTACHMENTS = {
    "report.pdf": ("application", "pdf"),
    "annex.xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
#: Long Message-IDs must not be folded or encoded; RFC 5322 allows lines of 998.
_WIRE = SMTP.clone(max_line_length=600)
_REASON_CHARACTERS = 100


def published_files(publication: Publication) -> dict[str, bytes]:
    """The bytes that go into the mail, by file name, each as the ledger knows it.

    Raises CxError when a file is missing or its sha256 is not the one recorded at publication: then nothing is sent.
    """
    where = f"revision {publication.revision} of {publication.period}"
    contents = {}
    for name in (*_BODIES, *_ATTACHMENTS):
        if name not in publication.files:
            raise CxError(f"{name} is not among the published files", "publish a new revision", where=where)
        try:
            contents[name] = (publication.directory / name).read_bytes()
        except OSError as error:
            raise CxError(
                f"{name} cannot be read: {error.strerror}", "restore var/published/ from a backup", where=where
            ) from None
        if hashlib.sha256(contents[name]).hexdigest() != publication.files[name]:
            raise CxError(
                f"{name} is not the file that was published: its sha256 differs from the ledger's",
                "nothing was sent; restore var/published/ from a backup, or publish a new revision",
                where=where,
            )
    return contents


def sender_address(workspace: Workspace) -> str:
    """The bare address of cx.toml's mail.sender; raises ConfigurationError when it is none."""
    address = parseaddr(one_line(workspace.settings.mail.sender, "mail.sender"))[1]
    try:
        return checked_address(address)
    except ConfigurationError as error:
        raise ConfigurationError(f"sender: {error.what}", error.remedy, where="cx.toml, mail") from None


def internet_message_id(workspace: Workspace, publication: Publication, recipient: str) -> str:
    """The Message-ID of this revision for this person: the same whenever it is asked for, and without the address."""
    person = digest(f"{workspace.settings.name}\0{publication.period}\0{publication.revision}\0{recipient}")
    domain = sender_address(workspace).rpartition("@")[2]
    return f"<cx.{publication.period}.r{publication.revision}.{person}@{domain}>"


def subject(publication: Publication) -> str:
    """``Customer experience, September 2026``; a correction says so, and why.

    Raises ConfigurationError when the reason holds a line break: it would start a header of its own.
    """
    period = Period.parse(publication.period)
    line = f"Customer experience, {period.label}"
    if publication.revision == 1:
        return line
    reason = one_line(publication.reason or "", "the reason of the correction")
    return f"CORRECTION: {line} ({textwrap.shorten(reason, _REASON_CHARACTERS, placeholder=' ...')})"


def compose(
    workspace: Workspace,
    publication: Publication,
    message: Message,
    contents: dict[str, bytes],
    *,
    answers: str | None = None,
) -> bytes:
    """The whole mail as it goes over the wire: CRLF, seven-bit, ending with CRLF, byte-equal each time.

    ``contents`` are those of ``published_files``; ``answers`` is the Message-ID of the revision 1 that this recipient
    was mailed, so that mail programs show the correction beneath it. The Date is the ledger's, the time the message
    was planned. Raises ConfigurationError when a header would hold what no header may hold.
    """
    identity = message.internet_message_id or internet_message_id(workspace, publication, message.recipient)
    sender_address(workspace)
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = identity
    mail["Date"] = message.planned_at.replace(microsecond=0)
    mail["From"] = workspace.settings.mail.sender
    mail["To"] = checked_address(message.recipient)
    mail["Subject"] = subject(publication)
    if answers:
        mail["In-Reply-To"] = answers
        mail["References"] = answers
    # RFC 3834: keeps out-of-office programs from answering.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = workspace.settings.languages[0]
    text, html = (contents[name].decode("utf-8") for name in _BODIES)
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    revision = f"-r{publication.revision}" if publication.revision > 1 else ""
    for name, (maintype, subtype) in _ATTACHMENTS.items():
        stem, dot, suffix = name.partition(".")
        mail.add_attachment(
            contents[name],
            maintype=maintype,
            subtype=subtype,
            filename=f"customer-experience-{stem}-{publication.period}{revision}{dot}{suffix}",
        )
    for depth, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        # "=_" occurs in no quoted-printable or base64 text, so it can only be a boundary.
        part.set_boundary(f"=_cx_{digest(identity)}_{depth}")
    return mail.as_bytes(policy=_WIRE)
