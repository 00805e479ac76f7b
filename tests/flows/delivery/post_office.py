"""Real parts for the delivery's tests: a workspace with a published month, and mail servers that misbehave to order."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from flows.ledger import Ledger
from flows.ledger_records import Publication
from flows.workspace import Workspace

PEOPLE = ("anna@board.example", "bartek@board.example", "chen@board.example")
PERIOD = "2026-09"
FILES = {
    "report.pdf": b"%PDF-1.7\n.\n..a line with dots\n%%EOF\n",
    "mail.txt": "Customers stayed loyal.\n.\nŻółć and 客戶\n".encode(),
    "mail.html": "<p>Customers stayed loyal. Żółć and 客戶</p>\n".encode(),
    "annex.xlsx": b"PK\x03\x04 not a workbook, but bytes\x00\xff",
}
USER, PASSWORD = "postman@sender.example", "canary-Pa55word"


def workspace(root: Path, *, mail: str = "", people: tuple[str, ...] = PEOPLE, name: str = "Acme") -> Workspace:
    root.mkdir(parents=True, exist_ok=True)
    (root / "cx.toml").write_text(
        f'name = "{name}"\ntimezone = "Europe/Warsaw"\n[mail]\nsender = "CX <cx@sender.example>"\n{mail}',
        encoding="utf-8",
    )
    (root / "recipients.csv").write_text("email,name\n" + "".join(f"{each},\n" for each in people), encoding="utf-8")
    return Workspace.load(root)


def smtp_settings(port: int, *, starttls: bool = False) -> str:
    return f'transport = "smtp"\nhost = "127.0.0.1"\nport = {port}\nstarttls = {str(starttls).lower()}\n'


def publish(ledger: Ledger, space: Workspace, revision: int = 1, reason: str | None = None) -> Publication:
    """The fixed files of FILES, written and recorded as a revision of PERIOD for the workspace's recipients."""
    directory = space.published / PERIOD / f"r{revision}"
    directory.mkdir(parents=True)
    for name, content in FILES.items():
        (directory / name).write_bytes(content)
    run_id = ledger.start_run(PERIOD, "run")
    publication = ledger.record_publication(
        PERIOD,
        revision,
        directory,
        {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()},
        run_id,
        reason=reason,
        recipients=[recipient.email for recipient in space.recipients],
    )
    ledger.finish_run(run_id, "succeeded", "published")
    return publication


class PostOffice:
    """What a server does, and what it took: ``mails`` holds every message it accepted, whatever it told the client.

    ``replies`` maps a recipient, "MAIL" or "DATA" to the reply; the reply "drop" to DATA takes the message and cuts the
    connection, "lose" cuts it without taking the message, "sleep" takes it and does not answer.
    """

    def __init__(self, replies: dict[str, str] | None = None) -> None:
        self.replies = replies or {}
        self.mails: list[tuple[str, str, bytes]] = []
        self.connections = 0
        self.logins: list[tuple[bytes, bytes]] = []
        self.port = 0

    async def handle_MAIL(self, _server, _session, envelope, address, options) -> str:
        if "MAIL" not in self.replies:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:
        if address not in self.replies:
            envelope.rcpt_tos.append(address)
        return self.replies.get(address, "250 OK")

    async def handle_DATA(self, server, _session, envelope) -> str:
        reply = self.replies.get("DATA", "250 queued as 1")
        if reply[:1] == "2" or reply in ("drop", "sleep"):
            self.mails.extend((envelope.mail_from, to, envelope.original_content) for to in envelope.rcpt_tos)
        if reply in ("drop", "lose"):
            server.transport.abort()
        if reply == "sleep":
            await asyncio.sleep(1.5)
        return reply if reply[0].isdigit() else "250 too late"

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    def received_by(self, recipient: str) -> int:
        return sum(to == recipient for _, to, _ in self.mails)

    @contextlib.contextmanager
    def open(self, **options) -> Iterator[PostOffice]:
        office = self

        class Counter(Controller):
            def factory(self) -> SMTP:
                office.connections += 1
                return super().factory()

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        controller = Counter(self, hostname="127.0.0.1", port=self.port, **options)
        controller.start()
        self.connections = 0  # starting up, the controller calls on itself
        try:
            yield self
        finally:
            controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A self-signed certificate of 127.0.0.1: the server's context, and one of a client that trusts it."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cadata=signed.public_bytes(serialization.Encoding.PEM).decode())
