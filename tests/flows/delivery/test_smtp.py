import email
import email.policy
import socket
import threading

import pytest

from flows.delivery.smtp import SmtpTransport
from flows.delivery.transport import Mail
from flows.errors import ConfigurationError
from flows.ledger_records import State
from flows.workspace import Mail as MailSettings
from tests.flows.delivery.post_office import PASSWORD, USER, PostOffice, certificate

ANNA = "anna@board.example"
CONTENT = b"Subject: dots\r\n\r\n.\r\n..two\r\n.leading\r\nend\r\n"


def mail(recipient=ANNA, content=CONTENT):
    return Mail("2026-09-r1", "01-abc", "cx@sender.example", recipient, content)


def send(office, marks=None, **options):
    options = {"starttls": False, "reply_seconds": 1, "delivery_seconds": 0.5} | options
    transport = SmtpTransport("127.0.0.1", office.port, **options)
    try:
        return transport.send(mail(), lambda: None if marks is None else marks.append(len(office.mails)))
    finally:
        transport.close()


def test_a_mail_arrives_byte_for_byte_and_the_mark_is_set_before_it_does():
    marks = []
    with PostOffice().open() as office:
        answer = send(office, marks)
    assert office.mails == [("cx@sender.example", ANNA, CONTENT)]
    assert (answer.state, answer.code, answer.words) == (State.SENT, 250, "queued as 1")
    assert marks == [0]


@pytest.mark.parametrize(
    ("where", "reply", "state", "handed_over"),
    [
        ("MAIL", "451 later", State.PLANNED, 0),
        ("MAIL", "550 not you", State.REFUSED, 0),
        (ANNA, "450 4.2.0 greylisted", State.PLANNED, 0),
        (ANNA, "550 5.1.1 no such user", State.REFUSED, 0),
        ("DATA", "451 disk trouble", State.PLANNED, 1),
        ("DATA", "554 too good to be true", State.REFUSED, 1),
    ],
)
def test_a_refusal_is_temporary_or_final_as_its_first_digit_says(where, reply, state, handed_over):
    marks = []
    with PostOffice({where: reply}).open() as office:
        answer = send(office, marks)
    assert (answer.state, answer.code) == (state, int(reply[:3]))
    assert answer.words.endswith(reply[4:])
    assert office.mails == []
    assert len(marks) == handed_over


@pytest.mark.parametrize(("reply", "accepted"), [("drop", 1), ("lose", 0), ("sleep", 1)])
def test_a_connection_lost_after_data_is_unknown_whether_the_server_has_the_mail_or_not(reply, accepted):
    with PostOffice({"DATA": reply}).open() as office:
        answer = send(office)
        assert answer.state is State.UNKNOWN
        assert len(office.mails) == accepted


def at(*lines):
    """The answer, and the marks set, at a server that says each line after whatever it hears and then hangs up.

    Without lines the server takes the call and never says a word.
    """
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve():
        connection, _ = listener.accept()
        connection.settimeout(5)
        with connection:
            for number, line in enumerate(lines):
                if number:
                    connection.recv(65536)
                connection.sendall(line + b"\r\n")
            if lines:
                connection.recv(65536)
            else:
                over.wait(5)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    marks = []
    transport = SmtpTransport("127.0.0.1", listener.getsockname()[1], starttls=False, reply_seconds=0.5)
    try:
        return transport.send(mail(), lambda: marks.append(1)), marks
    finally:
        transport.close()
        over.set()
        thread.join(5)
        listener.close()


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up_after_the_time_allowed():
    answer, marks = at()
    assert (answer.state, answer.reached, marks) == (State.PLANNED, False, [])
    assert "no answer came in time" in answer.words


@pytest.mark.parametrize(
    ("lines", "state", "marked", "reached"),
    [
        ([b"421 closing"], State.PLANNED, 0, False),
        ([b"554 no mail here"], State.PLANNED, 0, False),
        ([b"220 hello"], State.PLANNED, 0, False),
        ([b"220 hello", b"250 hello"], State.PLANNED, 0, True),
        ([b"220 hello", b"250 hello", b"250 sender"], State.PLANNED, 0, True),
        ([b"220 hello", b"250 hello", b"250 sender", b"250 recipient"], State.PLANNED, 1, True),
        ([b"220 hello", b"250 hello", b"250 sender", b"250 recipient", b"421 no"], State.PLANNED, 1, True),
        ([b"220 hello", b"250 hello", b"250 sender", b"250 recipient", b"354 go"], State.UNKNOWN, 1, True),
        (
            [b"220 hello", b"250 hello", b"250 sender", b"250 recipient", b"354 go", b"gibberish"],
            State.UNKNOWN,
            1,
            True,
        ),
        ([b"220 hello", b"250 hello", b"250 sender", b"250 recipient", b"354 go", b"250 ok"], State.SENT, 1, True),
    ],
)
def test_wherever_the_server_hangs_up_only_a_message_under_way_is_unknown(lines, state, marked, reached):
    answer, marks = at(*lines)
    assert (answer.state, len(marks), answer.reached) == (state, marked, reached)


def test_a_closed_port_leaves_the_message_planned():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = SmtpTransport("127.0.0.1", free.getsockname()[1], starttls=False).send(mail(), pytest.fail)
    assert (answer.state, answer.reached) == (State.PLANNED, False)
    assert "Connection refused" in answer.words


def test_a_host_name_that_cannot_be_meant_is_a_sentence():
    answer = SmtpTransport("a..b", 25, starttls=False).send(mail(), pytest.fail)
    assert (answer.state, answer.reached) == (State.PLANNED, False)


def test_a_mail_larger_than_the_server_takes_is_refused_before_it_is_sent():
    with PostOffice().open(data_size_limit=20) as office:
        answer = send(office)
    assert (answer.state, answer.code) == (State.REFUSED, 552)
    assert office.mails == []


def test_with_a_trusted_certificate_the_mail_and_the_login_go_encrypted(tmp_path):
    server, client = certificate(tmp_path)
    office = PostOffice()
    options = {"tls_context": server, "require_starttls": True, "auth_required": True}
    with office.open(authenticator=office.authenticate, **options):
        answer = send(office, starttls=True, context=client, credentials=(USER, PASSWORD))
    assert answer.state is State.SENT
    assert office.logins == [(USER.encode(), PASSWORD.encode())]
    assert email.message_from_bytes(office.mails[0][2], policy=email.policy.default)["Subject"] == "dots"


def test_a_certificate_that_is_not_trusted_ends_the_conversation_before_login_and_mail(tmp_path):
    server, _ = certificate(tmp_path)
    office = PostOffice()
    with office.open(authenticator=office.authenticate, tls_context=server):
        answer = send(office, starttls=True, credentials=(USER, PASSWORD))
    assert (answer.state, answer.reached) == (State.PLANNED, False)
    assert "certificate is not trusted" in answer.words
    assert (office.logins, office.mails) == ([], [])


def test_a_certificate_of_another_host_is_not_trusted(tmp_path):
    server, client = certificate(tmp_path)
    with PostOffice().open(tls_context=server) as office:
        transport = SmtpTransport("localhost", office.port, context=client, reply_seconds=1)
        answer = transport.send(mail(), pytest.fail)
        transport.close()
    assert "certificate is not trusted" in answer.words
    assert office.mails == []


def test_where_starttls_is_stripped_nothing_is_sent_in_the_clear():
    office = PostOffice()
    with office.open(authenticator=office.authenticate, auth_require_tls=False):
        answer = send(office, starttls=True, credentials=(USER, PASSWORD))
    assert (answer.state, answer.reached) == (State.PLANNED, False)
    assert "offers no STARTTLS" in answer.words
    assert (office.logins, office.mails) == ([], [])


def test_a_refused_login_sends_nothing_and_repeats_no_credential(tmp_path):
    server, client = certificate(tmp_path)
    office = PostOffice()
    with office.open(authenticator=office.authenticate, tls_context=server, auth_required=True):
        answer = send(office, starttls=True, context=client, credentials=(USER, "canary-wrong"))
    assert (answer.state, answer.code, answer.reached) == (State.PLANNED, 535, False)
    assert len(office.logins) >= 1
    assert office.mails == []
    assert "canary" not in answer.words
    assert "postman" not in answer.words


def test_a_server_that_repeats_a_credential_or_an_address_is_not_quoted():
    office = PostOffice({ANNA: f"550 {ANNA} (anna) refused for canary {PASSWORD}"})
    with office.open(authenticator=office.authenticate, auth_require_tls=False):
        answer = send(office, credentials=(USER, PASSWORD))
    assert answer.words == "RCPT: a***@board.example (a***) refused for canary ***"


def test_credentials_come_from_the_environment_and_are_missed_by_name(monkeypatch):
    settings = MailSettings(transport="smtp", user_env="CX_TEST_USER", password_env="CX_TEST_PASSWORD")
    monkeypatch.setenv("CX_TEST_USER", USER)
    monkeypatch.delenv("CX_TEST_PASSWORD", raising=False)
    with pytest.raises(ConfigurationError, match="CX_TEST_PASSWORD is not set") as refused:
        SmtpTransport.declared(settings)
    assert USER not in str(refused.value)
    monkeypatch.setenv("CX_TEST_PASSWORD", PASSWORD)
    assert PASSWORD not in repr(SmtpTransport.declared(settings))
    with pytest.raises(ConfigurationError, match="belong together"):
        SmtpTransport.declared(MailSettings(transport="smtp", user_env="CX_TEST_USER"))


def test_credentials_never_cross_a_network_in_the_clear():
    with pytest.raises(ConfigurationError, match="in the clear"):
        SmtpTransport("mail.example", 25, starttls=False, credentials=(USER, PASSWORD))
