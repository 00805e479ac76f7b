import multiprocessing
import sqlite3
import subprocess
import sys
import time

import pytest

from flows.errors import ConfigurationError, CxError
from flows.ledger import Ledger
from flows.ledger_records import RunStatus, State
from flows.period import Period
from flows.settings import PROJECT_ROOT
from flows.workspace import Settings, Workspace

SEPTEMBER = Period(2026, 9)
ADDRESS = "canary.person@board.example"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "var" / "ledger.db"


@pytest.fixture
def ledger(path):
    return Ledger.open(path)


def record(ledger, revision=1, recipients=(ADDRESS, "b@board.example"), **more):
    run_id = ledger.start_run(SEPTEMBER, "run")
    return ledger.record_publication(
        SEPTEMBER,
        revision,
        ledger.path.parent / "published" / "2026-09" / f"r{revision}",
        {"report.pdf": "ab" * 32},
        run_id,
        recipients=recipients,
        **more,
    )


def test_runs_sort_in_the_order_they_started_and_name_their_period(ledger):
    first = ledger.start_run(SEPTEMBER, "run")
    time.sleep(1.01)  # ids are sortable to the second
    second = ledger.start_run("2026-08", "backfill")
    assert first < second
    assert "-2026-09-" in first
    assert [run.id for run in ledger.runs()] == [second, first]


def test_many_runs_in_one_second_have_different_ids(ledger):
    assert len({ledger.start_run(SEPTEMBER, "run") for _ in range(40)}) == 40


def test_a_run_found_running_by_the_next_one_is_abandoned_and_an_ended_one_is_not(ledger):
    ended = ledger.start_run(SEPTEMBER, "run")
    ledger.finish_run(ended, "failed", "gate 1 refused the delivery")
    died = ledger.start_run(SEPTEMBER, "run")
    living = ledger.start_run(SEPTEMBER, "run")
    assert ledger.run(ended).status is RunStatus.FAILED
    assert ledger.run(ended).message == "gate 1 refused the delivery"
    assert ledger.run(died).status is RunStatus.ABANDONED
    assert ledger.run(died).finished_at is not None
    assert ledger.run(living).status is RunStatus.RUNNING


def test_the_first_end_of_a_run_counts(ledger):
    run = ledger.start_run(SEPTEMBER, "run")
    ledger.finish_run(run, "succeeded", "sent")
    ledger.finish_run(run, "failed", "afterwards")
    assert (ledger.run(run).status, ledger.run(run).message) == (RunStatus.SUCCEEDED, "sent")


def test_a_run_ends_only_with_a_status_that_is_an_end(ledger):
    run = ledger.start_run(SEPTEMBER, "run")
    with pytest.raises(ValueError, match="running"):
        ledger.finish_run(run, "running")
    with pytest.raises(ValueError, match="finished"):
        ledger.finish_run(run, "finished")
    with pytest.raises(LookupError):
        ledger.finish_run("no such run", "failed")
    with pytest.raises(LookupError):
        ledger.record_inputs("no such run", {})


def test_the_inputs_of_a_month_are_those_of_its_newest_run_whose_deliveries_passed(ledger):
    assert ledger.inputs_of(SEPTEMBER) is None
    passed = ledger.start_run(SEPTEMBER, "run", inputs={"survey": ["000001-aa"]})
    ledger.passed_deliveries(passed)
    ledger.finish_run(passed, "failed", "gate 2")
    refused = ledger.start_run(SEPTEMBER, "run")
    ledger.record_inputs(refused, {"survey": ["000002-bb"]})
    other_month = ledger.start_run("2026-08", "run", inputs={"survey": ["000003-cc"]})
    ledger.passed_deliveries(other_month)
    assert ledger.inputs_of(SEPTEMBER) == {"survey": ["000001-aa"]}
    ledger.passed_deliveries(refused)
    assert ledger.inputs_of(SEPTEMBER) == {"survey": ["000002-bb"]}


def test_a_publication_plans_one_message_per_person_whatever_the_case_of_the_address(ledger):
    publication = record(ledger, recipients=["A@board.example", "b@board.example", "a@board.example"])
    messages = ledger.messages(publication)
    assert [(each.position, each.recipient) for each in messages] == [(1, "A@board.example"), (2, "b@board.example")]
    assert {each.state for each in messages} == {State.PLANNED}
    assert {each.planned_at for each in messages} == {publication.published_at}


def test_the_newest_revision_is_the_publication_of_a_month(ledger):
    first = record(ledger)
    second = record(ledger, 2, reason="late orders arrived")
    assert ledger.publication(SEPTEMBER) == second
    assert ledger.publication("2026-09", 1) == first
    assert ledger.publication("2026-10") is None
    assert ledger.publications() == [first, second]
    assert (second.reason, second.kind, second.files) == ("late orders arrived", "run", {"report.pdf": "ab" * 32})


def test_a_backfilled_month_is_published_without_messages(ledger):
    publication = record(ledger, recipients=[], kind="backfill")
    assert publication.kind == "backfill"
    assert ledger.messages(publication) == []


def test_a_revision_is_published_once_and_the_refused_one_plans_nothing(ledger):
    publication = record(ledger)
    with pytest.raises(CxError, match="already published"):
        record(ledger, recipients=["c@board.example"])
    assert len(ledger.publications()) == 1
    assert len(ledger.messages(publication)) == 2


def test_a_publication_and_its_messages_are_recorded_together_or_not_at_all(ledger):
    with pytest.raises(ConfigurationError):
        record(ledger, recipients=["a@board.example", "b@board.example\nBcc: c@board.example"])
    with pytest.raises(CxError, match="SQLITE_CONSTRAINT"):
        ledger.record_publication(SEPTEMBER, 1, ledger.path.parent, {}, "no such run", recipients=[ADDRESS])
    assert ledger.publications() == []
    with sqlite3.connect(ledger.path) as connection:
        assert connection.execute("select count(*) from messages").fetchone() == (0,)
    connection.close()


def test_a_correction_without_a_reason_or_with_two_lines_of_it_is_refused(ledger):
    with pytest.raises(ConfigurationError, match="no reason"):
        record(ledger, 2)
    with pytest.raises(ConfigurationError, match="line break"):
        record(ledger, 2, reason="late\r\nBcc: thief@board.example")
    assert ledger.publications() == []


def test_a_workspace_can_be_moved_with_its_ledger(ledger, tmp_path):
    record(ledger)
    moved = tmp_path / "elsewhere"
    (tmp_path / "var").rename(moved)
    assert Ledger.open(moved / "ledger.db").publication(SEPTEMBER).directory == moved / "published" / "2026-09" / "r1"


def test_a_claim_that_another_process_recovered_can_no_longer_hand_its_message_over(ledger):
    publication = record(ledger)
    message = ledger.messages(publication)[0]
    assert ledger.claim(message, "mine", "<1@x>")
    assert not ledger.claim(message, "theirs", "<1@x>")
    ledger.recover()
    assert ledger.claim(message, "theirs", "<2@x>")
    assert not ledger.hand_over(message, "mine")
    assert not ledger.settle(message, "mine", State.SENT, 250, "")
    assert ledger.hand_over(message, "theirs")
    after = ledger.messages(publication)[0]
    assert (after.state, after.attempts) == (State.HANDED_OVER, 2)


def test_a_message_keeps_the_message_id_of_its_first_claim(ledger):
    publication = record(ledger)
    assert ledger.claim(ledger.messages(publication)[0], "one", "<first@x>")
    ledger.recover()
    assert ledger.claim(ledger.messages(publication)[0], "two", "<second@x>")
    assert ledger.messages(publication)[0].internet_message_id == "<first@x>"


def test_after_a_crash_a_message_that_was_handed_over_is_unknown_and_only_claimed_ones_are_planned(ledger):
    publication = record(ledger)
    claimed, handed_over = ledger.messages(publication)
    ledger.claim(claimed, "c", "<1@x>")
    ledger.claim(handed_over, "c", "<2@x>")
    ledger.hand_over(handed_over, "c")
    ledger.recover()
    assert [each.state for each in ledger.messages(publication)] == [State.PLANNED, State.UNKNOWN]


def test_a_sender_that_was_taken_for_dead_while_it_waited_still_records_the_answer_it_got(ledger):
    publication = record(ledger)
    message = ledger.messages(publication)[0]
    ledger.claim(message, "mine", "<1@x>")
    ledger.hand_over(message, "mine")
    ledger.recover()
    assert ledger.settle(message, "mine", State.SENT, 250, "queued")
    assert ledger.messages(publication)[0].state is State.SENT


def test_only_an_unknown_message_can_be_resolved_and_a_refused_one_only_planned_again(ledger):
    publication = record(ledger, recipients=[f"{name}@board.example" for name in "abcd"])
    unknown, lost, refused, planned = ledger.messages(publication)
    for message, state in ((unknown, State.UNKNOWN), (lost, State.UNKNOWN), (refused, State.REFUSED)):
        ledger.claim(message, "c", "<1@x>")
        ledger.settle(message, "c", state, None, "")
    with pytest.raises(CxError, match="not waiting"):
        ledger.resolve(refused.id, sent=True)
    with pytest.raises(CxError, match="not waiting"):
        ledger.resolve(planned.id, sent=True)
    ledger.resolve(unknown.id, sent=True)
    ledger.resolve(lost.id, sent=False)
    ledger.resolve(refused.id, sent=False)
    with pytest.raises(CxError, match="not waiting"):
        ledger.resolve(unknown.id, sent=False)
    states = [each.state for each in ledger.messages(publication)]
    assert states == [State.SENT, State.PLANNED, State.PLANNED, State.PLANNED]


def test_each_commit_is_flushed_to_the_disk(ledger):
    with ledger._reader.connect() as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1


def test_the_ledger_is_readable_by_its_owner_only(ledger):
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_ledger_is_refused(ledger):
    record(ledger, recipients=[f"person{number}@board.example" for number in range(300)])
    content = bytearray(ledger.path.read_bytes())
    content[4096 * 2 : 4096 * 2 + 64] = b"\xff" * 64
    ledger.path.write_bytes(content)
    with pytest.raises(CxError, match="damaged") as refused:
        Ledger.open(ledger.path)
    assert "backup" in refused.value.remedy


def test_a_file_that_is_no_ledger_is_refused(path):
    path.parent.mkdir()
    path.write_text("email,name\n" * 100)
    with pytest.raises(CxError, match="damaged"):
        Ledger.open(path)


def test_a_ledger_of_a_newer_version_is_refused(ledger):
    with ledger._writer.begin() as connection:
        connection.exec_driver_sql("pragma user_version = 99")
    with pytest.raises(CxError, match="newer cx"):
        Ledger.open(ledger.path)


def test_a_lost_ledger_is_not_replaced_by_an_empty_one_while_reports_are_published(tmp_path):
    workspace = Workspace(tmp_path, Settings(name="Acme", timezone="Europe/Warsaw"))
    (workspace.published / "2026-09" / "r1").mkdir(parents=True)
    with pytest.raises(CxError, match="whom they were sent to is not known"):
        Ledger.open(workspace.ledger_path)


def test_a_full_disk_is_a_sentence_and_the_ledger_stays_readable(ledger):
    publication = record(ledger)
    from sqlalchemy import event

    def shrink(connection, _record):
        connection.execute("pragma max_page_count = 1")  # SQLite raises it to what the file has already

    event.listen(ledger._reader, "connect", shrink)
    with pytest.raises(CxError, match="the disk is full") as refused:
        record(ledger, 2, [f"{number:0200d}@board.example"[-60:] for number in range(400)], reason="late orders")
    event.remove(ledger._reader, "connect", shrink)
    assert "board.example" not in str(refused.value)
    assert Ledger.open(ledger.path).publications() == [publication]


def test_no_message_of_the_ledger_holds_an_address(ledger):
    publication = record(ledger)
    assert "canary" not in repr(ledger.messages(publication))
    with pytest.raises(CxError) as refused:
        ledger.record_publication(SEPTEMBER, 2, ledger.path, {}, "no run", reason="why", recipients=[ADDRESS])
    assert "canary" not in f"{refused.value!r} {refused.value} {refused.value.__cause__!r}"
    with pytest.raises(ConfigurationError) as refused:
        record(ledger, 3, recipients=["canary person@board.example"], reason="why")
    assert "canary" not in str(refused.value)


def test_the_modules_of_the_ledger_and_the_delivery_load_without_sqlalchemy():
    code = "import sys, flows.ledger, flows.delivery.outbox, flows.held; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False).returncode == 0


def _open_and_run(path, gate):
    gate.wait()
    opened = Ledger.open(path)
    for _ in range(5):
        opened.start_run("2026-09", "run")


def test_processes_that_open_and_write_at_once_lose_nothing(path):
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    children = [context.Process(target=_open_and_run, args=(path, gate)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    runs = Ledger.open(path).runs()
    assert len(runs) == 10
    assert sum(run.status is RunStatus.RUNNING for run in runs) == 1
