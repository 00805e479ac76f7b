"""Mail over SMTP, verb by verb: one transaction per recipient, and an honest answer about what became of it."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable

from flows import settings
from flows.delivery.addresses import without_addresses
from flows.delivery.transport import Answer, Mail
from flows.errors import ConfigurationError
from flows.ledger_records import State
from flows.workspace import Mail as MailSettings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _NotReady(Exception):
    """The conversation ended before any recipient was named."""

    def __init__(self, words: str, code: int | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.code = code


class SmtpTransport:
    """One connection, and one transaction, per mail.

    ``reply_seconds`` bounds each answer of the server, ``delivery_seconds`` the one after the message itself
    (RFC 5321, 4.5.3.2.6: ten minutes). ``context`` decides which certificates are trusted; the system's by default.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        starttls: bool = True,
        credentials: tuple[str, str] | None = None,
        context: ssl.SSLContext | None = None,
        reply_seconds: float = 60,
        delivery_seconds: float = 600,
    ) -> None:
        if credentials and not starttls and host not in _LOOPBACK:
            raise ConfigurationError(
                "credentials would cross the network in the clear", "set starttls = true", where="cx.toml, mail"
            )
        self._host = host
        self._port = port
        self._starttls = starttls
        self._credentials = credentials
        self._context = context
        self._reply_seconds = reply_seconds
        self._delivery_seconds = delivery_seconds
        self._server: smtplib.SMTP | None = None

    @classmethod
    def declared(cls, mail: MailSettings) -> SmtpTransport:
        """The server that cx.toml names; raises ConfigurationError when a credential is not in the environment."""
        if bool(mail.user_env) != bool(mail.password_env):
            raise ConfigurationError(
                "user_env and password_env belong together", "give both or neither", where="cx.toml, mail"
            )
        credentials = None
        if mail.user_env and mail.password_env:
            credentials = (
                settings.secret(mail.user_env, used_for="the mail server"),
                settings.secret(mail.password_env, used_for="the mail server"),
            )
        return cls(mail.host, mail.port, starttls=mail.starttls, credentials=credentials)

    def send(self, mail: Mail, hand_over: Callable[[], None]) -> Answer:
        """Send ``mail``; ``hand_over`` is called between RCPT and DATA.

        Sent: the server said 250. Refused: it said 5xx to the sender, the recipient or the message. Planned: it said
        4xx, or no conversation came about; nothing was handed over. Unknown: the connection was lost while the
        message was under way, and the server may or may not have it.
        """
        try:
            self._connect()
        except _NotReady as error:
            return Answer(State.PLANNED, error.code, self._fit(error.words, mail), reached=False)
        server = self._server
        try:
            options = [f"size={len(mail.content)}"] if server.has_extn("size") else []
            for verb, reply in (
                ("MAIL", lambda: server.mail(mail.sender, options)),
                ("RCPT", lambda: server.rcpt(mail.recipient)),
            ):
                code, text = reply()
                if code // 100 != 2:
                    return self._refusal(verb, code, text, mail)
            hand_over()
            code, text = server.docmd("DATA")
            if code != 354:
                return self._refusal("DATA", code, text, mail)
        except (smtplib.SMTPException, OSError):
            # Without its 354 the server was given no message, so nothing can have arrived.
            return Answer(State.PLANNED, None, "the connection was lost before the message was sent")
        try:
            server.sock.settimeout(self._delivery_seconds)
            server.send(_stuffed(mail.content))
            code, text = server.getreply()
        except (smtplib.SMTPException, OSError):
            return Answer(
                State.UNKNOWN, None, "the connection was lost while the message was under way; it may have arrived"
            )
        if code // 100 == 2:
            return Answer(State.SENT, code, self._fit(text, mail))
        if code // 100 in (4, 5):
            return self._refusal("the message", code, text, mail)
        return Answer(State.UNKNOWN, None, "the server's answer to the message was not SMTP; it may have arrived")

    def close(self) -> None:
        """QUIT, and no more than a moment's wait for the answer."""
        server, self._server = self._server, None
        if server is None:
            return
        try:
            if server.sock:
                server.sock.settimeout(2)
                server.quit()
        except (smtplib.SMTPException, OSError):
            pass  # the answer that counts is already in the ledger
        finally:
            server.close()

    def _connect(self) -> None:
        """Greet, encrypt and log in; raises _NotReady with words that name the step and hold no credential."""
        step = "connecting to the mail server"
        try:
            self._server = smtplib.SMTP(self._host, self._port, timeout=self._reply_seconds)
            step = "greeting the mail server"
            self._server.ehlo_or_helo_if_needed()
            if self._starttls:
                step = "encrypting the connection"
                if not self._server.has_extn("starttls"):
                    raise _NotReady("the mail server offers no STARTTLS; nothing is sent in the clear")
                self._server.starttls(context=self._context or ssl.create_default_context())
                self._server.ehlo()
            if self._credentials:
                step = "logging in to the mail server"
                self._server.login(*self._credentials)
        except smtplib.SMTPResponseException as error:
            # The server's words are left out: to a login some repeat what they were told.
            raise _NotReady(f"{step}: refused", error.smtp_code if error.smtp_code > 0 else None) from None
        except smtplib.SMTPNotSupportedError:
            raise _NotReady(f"{step}: the server does not offer it") from None
        except smtplib.SMTPException:
            raise _NotReady(f"{step}: the connection was lost or no answer came in time") from None
        except ssl.SSLCertVerificationError as error:
            raise _NotReady(f"{step}: the certificate is not trusted ({error.verify_message})") from None
        except ssl.SSLError as error:
            raise _NotReady(f"{step}: {error.reason or 'TLS failed'}") from None
        except TimeoutError:
            raise _NotReady(f"{step}: no answer in {self._reply_seconds:g} seconds") from None
        except (OSError, UnicodeError) as error:
            raise _NotReady(f"{step}: {getattr(error, 'strerror', None) or 'failed'}") from None

    def _refusal(self, verb: str, code: int, text: bytes, mail: Mail) -> Answer:
        words = self._fit(b"%s: %s" % (verb.encode(), text), mail)
        if code // 100 == 5:
            return Answer(State.REFUSED, code, words)
        return Answer(State.PLANNED, code if code > 0 else None, words)

    def _fit(self, text: bytes | str, mail: Mail) -> str:
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        for secret in self._credentials or ():
            text = text.replace(secret, "***")
        return without_addresses(text, mail.recipient)


def _stuffed(content: bytes) -> bytes:
    """The message with dots at the start of a line doubled, and its end (RFC 5321, 4.5.2)."""
    return re.sub(rb"^\.", b"..", content, flags=re.MULTILINE) + b".\r\n"
