import json
import os
import signal
import subprocess
import sys

import pytest

from flows.errors import CxError, WorkspaceHeld
from flows.held import held
from flows.settings import PROJECT_ROOT
from flows.workspace import Settings, Workspace

_HOLDER = """
import sys, time
from pathlib import Path
from flows.held import held
from flows.workspace import Settings, Workspace
with held(Workspace(Path(sys.argv[1]), Settings(name="Acme", timezone="UTC")), "the run of 2026-09"):
    print("holding", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))


@pytest.fixture
def holder(workspace):
    """Another process that holds the workspace until its standard input ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(workspace.root)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "holding\n"
    yield child
    child.stdin.close()
    child.stdout.close()
    child.wait(10)


def test_a_second_run_is_told_who_holds_the_workspace(workspace, holder):
    named = rf"the run of 2026-09 \(process {holder.pid} on .+, since 20\d\d-"
    with pytest.raises(WorkspaceHeld, match=named), held(workspace, "another"):
        pytest.fail("two runs at once")
    assert json.loads((workspace.var / "lock").read_text())["pid"] == holder.pid


def test_a_killed_run_frees_the_workspace_at_once(workspace, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(10)
    with held(workspace, "the next"):
        assert json.loads((workspace.var / "lock").read_text())["what"] == "the next"


def test_a_workspace_is_free_after_the_block_even_when_it_failed(workspace):
    with pytest.raises(ZeroDivisionError), held(workspace, "one"):
        raise ZeroDivisionError
    with held(workspace, "two"):
        pass


def test_one_process_does_not_hold_a_workspace_twice(workspace):
    with held(workspace, "outer"), pytest.raises(WorkspaceHeld, match="outer"), held(workspace, "inner"):
        pytest.fail("held twice")


def test_locks_of_different_names_do_not_exclude_each_other(workspace):
    with held(workspace, "a run"), held(workspace, "a delivery", lock="delivery.lock"):
        pass


def test_a_holder_that_has_not_said_its_name_yet_still_holds(workspace):
    with held(workspace, "quick"):
        (workspace.var / "lock").write_text("")
        with pytest.raises(WorkspaceHeld, match="just started"), held(workspace, "second"):
            pytest.fail("held twice")


def test_a_lock_that_cannot_be_written_is_a_sentence(workspace):
    workspace.var.write_text("a file where a folder should be")
    with pytest.raises(CxError, match="cannot be held"), held(workspace, "run"):
        pytest.fail("held nothing")


def _is_lock(descriptor, workspace):
    try:
        return os.path.samefile(f"/proc/self/fd/{descriptor}", workspace.var / "lock")
    except OSError:
        return False


def test_a_child_process_does_not_keep_the_workspace_held(workspace):
    with held(workspace, "parent"):
        shared = [int(name) for name in os.listdir("/proc/self/fd") if _is_lock(name, workspace)]
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=shared)
    try:
        assert len(shared) == 1
        with held(workspace, "the next"):
            assert child.poll() is None
    finally:
        child.communicate(b"\n")
