import email
import email.policy
from datetime import UTC, datetime

import pytest

from flows.delivery.message import compose, internet_message_id, published_files, subject
from flows.errors import ConfigurationError, CxError
from flows.ledger import Ledger
from flows.ledger_records import Message, Publication, State
from tests.flows.delivery.post_office import FILES, publish, workspace

NOON = datetime(2026, 10, 2, 12, 0, 0, 123456, tzinfo=UTC)


def publication(directory, revision=1, reason=None):
    return Publication(1, "2026-09", revision, directory, {}, "run", "run", reason, NOON)


def message(recipient="anna@board.example", identity=None):
    return Message(1, 1, 1, recipient, State.PLANNED, 0, NOON, NOON, identity, None, "")


@pytest.fixture
def space(tmp_path):
    return workspace(tmp_path)


def read(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def test_the_mail_carries_page_one_as_text_and_html_and_attaches_the_published_bytes(space):
    mail = read(compose(space, publication(space.root), message(), FILES))
    assert mail.get_content_type() == "multipart/mixed"
    alternative, pdf, annex = mail.iter_parts()
    text, html = alternative.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert text.get_content().replace("\r\n", "\n") == FILES["mail.txt"].decode()
    assert html.get_content().replace("\r\n", "\n") == FILES["mail.html"].decode()
    assert (pdf.get_content_type(), pdf.get_content()) == ("application/pdf", FILES["report.pdf"])
    assert annex.get_content() == FILES["annex.xlsx"]
    assert pdf.get_filename() == "customer-experience-report-2026-09.pdf"
    assert annex.get_filename() == "customer-experience-annex-2026-09.xlsx"


def test_the_headers_are_those_of_the_publication(space):
    mail = read(compose(space, publication(space.root), message(), FILES))
    assert mail["Subject"] == "Customer experience, September 2026"
    assert mail["Date"] == "Fri, 02 Oct 2026 12:00:00 +0000"
    assert (mail["From"], mail["To"]) == ("CX <cx@sender.example>", "anna@board.example")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "References" not in mail


def test_the_same_message_is_the_same_bytes_each_time_and_fit_for_any_mail_server(space):
    once = compose(space, publication(space.root), message(), FILES)
    assert once == compose(space, publication(space.root), message(), FILES)
    assert once.isascii()
    assert once.endswith(b"\r\n")
    assert once.count(b"\n") == once.count(b"\r\n")
    assert max(map(len, once.split(b"\r\n"))) <= 998


def test_a_message_id_is_of_the_workspace_the_month_the_revision_and_the_person(space, tmp_path):
    base = internet_message_id(space, publication(space.root), "anna@board.example")
    assert base == internet_message_id(space, publication(space.root), "ANNA@board.example")
    others = {
        internet_message_id(space, publication(space.root), "bartek@board.example"),
        internet_message_id(space, publication(space.root, 2), "anna@board.example"),
        internet_message_id(workspace(tmp_path / "b", name="Other"), publication(space.root), "anna@board.example"),
    }
    assert len(others | {base}) == 4
    assert base.startswith("<cx.2026-09.r1.")
    assert base.endswith("@sender.example>")
    assert "anna" not in base


def test_a_message_that_was_tried_before_keeps_its_message_id(space):
    mail = read(compose(space, publication(space.root), message(identity="<kept@sender.example>"), FILES))
    assert mail["Message-ID"] == "<kept@sender.example>"


def test_a_correction_says_why_and_refers_to_the_first_revision(space):
    first = f"<cx.2026-09.r1.0123456789abcdef@{'a-very-long-domain.' * 5}example>"
    second = publication(space.root, 2, "late orders arrived")
    mail = read(compose(space, second, message(), FILES, answers=first))
    assert mail["Subject"] == "CORRECTION: Customer experience, September 2026 (late orders arrived)"
    assert mail["References"] == mail["In-Reply-To"] == first
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["customer-experience-report-2026-09-r2.pdf", "customer-experience-annex-2026-09-r2.xlsx"]


def test_a_long_reason_is_cut_at_a_word(space):
    line = subject(publication(space.root, 2, "one two " * 40))
    assert line.endswith("one two ...)")
    assert len(line) < 160


@pytest.mark.parametrize("reason", ["late\nBcc: thief@x.example", "late\r\nX: y", "late\x00", "late\u2028Bcc: z"])
def test_a_line_break_in_the_reason_is_refused(space, reason):
    with pytest.raises(ConfigurationError, match="line break"):
        subject(publication(space.root, 2, reason))


@pytest.mark.parametrize(
    "address",
    [
        "anna@board.example\nBcc: thief@x.example",
        "anna@board.example\r\n",
        "anna@board.example> SIZE=1",
        "anna@board.example,thief@x.example",
        "an na@board.example",
        "anna\x00@board.example",
        "żaneta@board.example",
        "anna@bоard.example",  # a Cyrillic о
        "anna",
        "",
    ],
)
def test_an_address_that_would_break_out_of_its_header_is_refused_and_not_repeated(space, address):
    with pytest.raises(ConfigurationError, match="not an address") as refused:
        compose(space, publication(space.root), message(address), FILES)
    assert "anna" not in str(refused.value)
    assert "\nBcc" not in str(refused.value)


def test_a_sender_with_a_line_break_is_refused(tmp_path):
    space = workspace(tmp_path)
    mail = space.settings.mail.model_copy(update={"sender": "cx@sender.example\nBcc: thief@x.example"})
    object.__setattr__(space, "settings", space.settings.model_copy(update={"mail": mail}))
    with pytest.raises(ConfigurationError, match=r"mail\.sender holds a line break"):
        compose(space, publication(space.root), message(), FILES)


def test_only_the_bytes_that_were_published_are_mailed(space):
    ledger = Ledger.open(space.ledger_path)
    published = publish(ledger, space)
    assert published_files(published) == FILES
    (published.directory / "annex.xlsx").write_bytes(FILES["annex.xlsx"] + b" ")
    with pytest.raises(CxError, match=r"annex\.xlsx is not the file that was published"):
        published_files(published)
    (published.directory / "annex.xlsx").unlink()
    with pytest.raises(CxError, match=r"annex\.xlsx cannot be read"):
        published_files(published)


def test_a_publication_without_a_pdf_is_not_mailed(space):
    with pytest.raises(CxError, match="is not among the published files"):
        published_files(publication(space.root))
