"""A child process that answers, errs, chatters, hangs or dies; whatever it does, the parent gets a sentence."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from flows.errors import CxError
from flows.settings import PROJECT_ROOT
from flows.workers import Worker

#: Its requests say what it does with them.
CHILD = """
import json, os, sys, warnings
from flows import workers
from flows.errors import DeliveryError
from flows.workers import serve

def warm_up():
    print("a library says hello while it is imported")

def handle(request):
    match request["do"]:
        case "answer":
            return {"sum": sum(request["numbers"])}
        case "chatter":
            print("chatter")
            os.write(1, b"chatter of a library written in C\\n")
            return {"done": True}
        case "events":
            for number in range(3):
                serve.say({"event": "step", "number": number})
            return {"done": True}
        case "refuse":
            raise DeliveryError("the file is half-written", "wait for it", where="a.csv")
        case "break":
            int("canary")
        case "die":
            os._exit(7)
        case "environment":
            return {"colour": os.environ.get("CX_COLOUR")}
        case "nonsense":
            os.write(answers, b"not json\\n[1, 2]\\n\\n\\"text\\"\\n")
            return {"done": True}
        case "leave a thread":
            import threading
            threading.Thread(target=threading.Event().wait).start()
            return {"done": True}
        case "hang":
            import time
            time.sleep(60)

answers = None
if __name__ == "__main__":
    answers = os.dup(1)
    workers.LAST_WORDS_SECONDS = 0.5
    serve(warm_up, handle)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "a_child.py").write_text(textwrap.dedent(CHILD), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{PROJECT_ROOT}")
    return "a_child"


@pytest.fixture
def child(module, tmp_path):
    with Worker(module, tmp_path / "logs" / "child.log") as worker:
        yield worker


def test_one_child_answers_one_request_after_the_other(child):
    assert child.ask({"do": "answer", "numbers": [1, 2]}) == {"sum": 3}
    assert child.ask({"do": "answer", "numbers": [3, 4]}) == {"sum": 7}


def test_what_a_library_prints_is_no_answer_and_goes_into_the_log(child):
    assert child.ask({"do": "chatter"}) == {"done": True}
    assert child.ask({"do": "answer", "numbers": [1]}) == {"sum": 1}
    log = child.log.read_text(encoding="utf-8")
    assert "a library says hello" in log
    assert "chatter of a library written in C" in log


def test_lines_that_are_no_json_object_are_passed_over(child):
    assert child.ask({"do": "nonsense"}) == {"done": True}


def test_events_come_in_order_before_the_answer(child):
    seen = []
    assert child.ask({"do": "events"}, on_event=seen.append) == {"done": True}
    assert [event["number"] for event in seen] == [0, 1, 2]


def test_events_that_nobody_listens_to_are_passed_over(child):
    assert child.ask({"do": "events"}) == {"done": True}


def test_an_error_of_the_child_keeps_its_where_and_its_remedy(child):
    with pytest.raises(CxError) as caught:
        child.ask({"do": "refuse"})
    assert caught.value.sentence == "a.csv: the file is half-written\n  → wait for it"
    assert child.ask({"do": "answer", "numbers": []}) == {"sum": 0}


def test_an_exception_of_the_child_is_told_by_its_type_and_never_by_its_text(child):
    with pytest.raises(CxError) as caught:
        child.ask({"do": "break"})
    assert "ValueError in handle" in caught.value.sentence
    assert "→" in caught.value.sentence
    assert "canary" not in caught.value.sentence
    log = child.log.read_text(encoding="utf-8")
    assert "ValueError at handle" in log
    assert "invalid literal" not in log


def test_a_child_that_dies_is_told_with_its_status_and_its_log(child):
    with pytest.raises(CxError, match=r"(?s)a_child ended with status 7 before it answered.*child\.log"):
        child.ask({"do": "die"})
    with pytest.raises(CxError, match="ended with status 7"):
        child.ask({"do": "answer", "numbers": []})


def test_a_module_that_does_not_exist_is_a_child_that_died(tmp_path):
    with Worker("no_such_module_of_ours", tmp_path / "child.log") as worker, pytest.raises(CxError, match="status 1"):
        worker.ask({"do": "answer"})
    assert "No module named" in (tmp_path / "child.log").read_text(encoding="utf-8")


def test_a_child_that_does_not_answer_in_time_is_ended(child):
    start = time.monotonic()
    with pytest.raises(CxError):
        child.ask({"do": "hang"}, limit_seconds=1)
    assert time.monotonic() - start < 20


def test_a_child_has_the_environment_of_its_parent_and_what_it_is_given(module, tmp_path):
    with Worker(module, tmp_path / "child.log", environment={"CX_COLOUR": "blue"}) as worker:
        assert worker.ask({"do": "environment"}) == {"colour": "blue"}


def test_leaving_the_block_ends_a_child_that_was_asked(module, tmp_path):
    with Worker(module, tmp_path / "child.log") as worker:
        worker.ask({"do": "answer", "numbers": []})
    assert worker._process.returncode == -signal.SIGKILL  # it owed nothing: nobody waits for it


def test_a_child_that_is_asked_nothing_more_ends_in_its_own_time(module, tmp_path):
    with Worker(module, tmp_path / "child.log") as worker:
        worker.ask({"do": "answer", "numbers": []})
        worker.finish()
    assert worker._process.returncode == 0


def test_a_child_that_was_never_asked_is_not_waited_for(tmp_path, monkeypatch):
    (tmp_path / "slow_child.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    start = time.monotonic()
    with Worker("slow_child", tmp_path / "child.log") as worker:
        pass
    assert worker._process.returncode is not None
    assert time.monotonic() - start < 4


@pytest.mark.parametrize("left", ["answer", "leave a thread"])
def test_a_child_ends_when_its_parent_is_killed(module, tmp_path, left):
    """Its standard input ends with the parent; not even a thread of a library that waits for ever keeps it."""
    code = (
        "import os, sys; from pathlib import Path; from flows.workers import Worker; "
        "worker = Worker(sys.argv[1], Path(sys.argv[2])); worker.ask({'do': sys.argv[3], 'numbers': []}); "
        "print(worker._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, module, str(tmp_path / "child.log"), left]
    pid = int(subprocess.run(command, capture_output=True, text=True, timeout=30).stdout)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _lives(pid):
        time.sleep(0.05)
    assert not _lives(pid)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_that_hangs_in_a_request_ends_with_its_killed_parent(module, tmp_path):
    """As dbt did, whose threads waited for ever after a run was killed."""
    parent = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from flows.workers import Worker\n"
        f"worker = Worker({module!r}, Path(sys.argv[1]))\n"
        "print(worker._process.pid, flush=True)\n"
        'worker._process.stdin.write(\'{"do": "hang"}\\n\')\n'
        "worker._process.stdin.flush()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", parent, str(tmp_path / "log")], capture_output=True, text=True)
    child = int(killed.stdout)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _alive(child):
        time.sleep(0.2)
    assert not _alive(child), "the child outlived its parent"


def _alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
