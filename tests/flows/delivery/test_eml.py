import email
import email.policy

from flows.delivery.eml import EmlTransport
from flows.delivery.outbox import deliver, undelivered
from flows.delivery.transport import Mail
from flows.ledger import Ledger
from flows.ledger_records import State
from tests.flows.delivery.post_office import PEOPLE, publish, workspace


def mail(content=b"Subject: x\r\n\r\nbody\r\n"):
    return Mail("2026-09-r1", "01-abc", "cx@sender.example", "anna@board.example", content)


def never():
    raise AssertionError("a file that can be written again needs no mark")


def test_every_recipient_gets_a_file_that_a_mail_program_opens_and_whose_name_holds_no_address(tmp_path):
    space = workspace(tmp_path)
    ledger = Ledger.open(space.ledger_path)
    outcomes = deliver(ledger, space, publish(ledger, space))
    assert [outcome.state for outcome in outcomes] == [State.SENT] * 3
    files = sorted((space.outbox / "2026-09-r1").iterdir())
    assert [file.name[:3] for file in files] == ["01-", "02-", "03-"]
    assert all(file.suffix == ".eml" and "anna" not in file.name for file in files)
    read = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
    assert [each["To"] for each in read] == list(PEOPLE)
    assert undelivered(outcomes) is None


def test_writing_a_mail_again_changes_nothing(tmp_path):
    transport = EmlTransport(tmp_path)
    assert transport.send(mail(), never).state is State.SENT
    path = tmp_path / "2026-09-r1" / "01-abc.eml"
    before = path.stat()
    assert transport.send(mail(), never).state is State.SENT
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert before.st_mode & 0o777 == 0o600


def test_what_a_crash_left_half_written_is_overwritten_and_never_the_mail_itself(tmp_path):
    folder = tmp_path / "2026-09-r1"
    folder.mkdir()
    (folder / ".01-abc.eml.part").write_bytes(b"half of a much longer mail" * 100)
    EmlTransport(tmp_path).send(mail(), never)
    assert [path.name for path in folder.iterdir()] == ["01-abc.eml"]
    assert (folder / "01-abc.eml").read_bytes() == mail().content


def test_an_outbox_that_cannot_be_written_leaves_the_messages_planned(tmp_path):
    space = workspace(tmp_path)
    ledger = Ledger.open(space.ledger_path)
    publication = publish(ledger, space)
    space.outbox.write_text("a file where the folder should be")
    outcomes = deliver(ledger, space, publication)
    assert [outcome.state for outcome in outcomes] == [State.PLANNED] * 3
    assert [outcome.attempted for outcome in outcomes] == [True, False, False]
    assert "var/outbox/ cannot be written" in undelivered(outcomes).what
    space.outbox.unlink()
    assert all(outcome.sent for outcome in deliver(ledger, space, publication))
