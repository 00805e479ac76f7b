"""Killed at any point and run again, a month ends with the same figures and each recipient has one mail."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.figures import published_figures
from flows.ledger import Ledger
from flows.ledger_records import RunStatus
from flows.workspace import Workspace

HAND_COMPUTED = Path(__file__).parents[1] / "dbt_project" / "hand_computed"
RECIPIENTS = ["one@example.com", "two@example.com"]
#: The verbs of a run without Prefect, in a process that kills itself where it is told to.
DRIVER = """
import os, signal, sys
from flows import progress, publishing, stages
from flows.ledger import Ledger
from flows.workspace import Workspace

root, point = sys.argv[1:]

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

class Watch:
    def report(self, stage, detail):
        if point == f"{stage}: {detail}"[: len(point)]:
            die()

progress._shown.append(Watch())
if point == "between the rename and the ledger":
    Ledger.record_publication = die
company = Workspace.load(root)
month = company.last_period()
published = stages.finished(company, month)
if published is None:
    with stages.opened(company, month) as run:
        run.warm_up(stages.GATES, stages.DBT)
        stages.land(run)
        stages.check_deliveries(run)
        stages.build(run)
        stages.check_figures(run)
        published = stages.publish(run)
stages.send(Ledger.open(company.ledger_path), company, published)
"""
#: In the order of a run, so that each goes further than the one before.
POINTS = ["land: staging", "build: fct_orders", "between the rename and the ledger", "deliver: "]


def _run(root: Path, point: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", DRIVER, str(root), point], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def survived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[int]]:
    """One workspace through a run that is killed at each point in turn, and then run once more."""
    root = tmp_path_factory.mktemp("killed") / "workspace"
    shutil.copytree(HAND_COMPUTED, root)
    (root / "recipients.csv").write_text("email,name\n" + "".join(f"{each},\n" for each in RECIPIENTS))
    codes = []
    for point in POINTS:
        killed = _run(root, point)
        assert killed.returncode == -signal.SIGKILL, f"{point}: {killed.stderr}"
        codes.append(killed.returncode)
    last = _run(root, "nowhere")
    assert last.returncode == 0, last.stderr
    return Workspace.load(root), [*codes, last.returncode]


def test_each_recipient_ends_with_one_mail(survived: tuple[Workspace, list[int]]) -> None:
    workspace, _ = survived
    mails = list(workspace.outbox.rglob("*.eml"))
    assert len(mails) == len(RECIPIENTS)
    found = b"".join(path.read_bytes() for path in mails)
    assert all(found.count(f"To: {address}".encode()) == 1 for address in RECIPIENTS)
    ledger = Ledger.open(workspace.ledger_path)
    assert [message.state for message in ledger.messages(ledger.publication("2026-01"))] == ["sent", "sent"]


def test_there_is_one_publication_and_it_is_whole(survived: tuple[Workspace, list[int]]) -> None:
    workspace, _ = survived
    [publication] = Ledger.open(workspace.ledger_path).publications()
    assert sorted(path.name for path in publication.directory.iterdir()) == sorted(publication.files)
    assert [path.name for path in publication.directory.parent.iterdir()] == ["r1"]


def test_the_figures_are_those_of_a_run_nobody_killed(survived: tuple[Workspace, list[int]], tmp_path: Path) -> None:
    workspace, _ = survived
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(HAND_COMPUTED, undisturbed)
    shutil.copy(workspace.root / "recipients.csv", undisturbed)
    # The same salt: what is hashed must not make a difference that a kill did not.
    (undisturbed / "var").mkdir()
    shutil.copy(workspace.var / "salt", undisturbed / "var" / "salt")
    assert _run(undisturbed, "nowhere").returncode == 0
    figures = [
        published_figures(Ledger.open(each / "var" / "ledger.db").publication("2026-01"))
        for each in (workspace.root, undisturbed)
    ]
    assert figures[0] == figures[1]
    reports = [
        (each / "var" / "published" / "2026-01" / "r1" / "report.pdf").read_bytes()
        for each in (workspace.root, undisturbed)
    ]
    assert reports[0] == reports[1]


def test_killed_runs_are_told_as_abandoned(survived: tuple[Workspace, list[int]]) -> None:
    workspace, _ = survived
    statuses = [run.status for run in Ledger.open(workspace.ledger_path).runs()]
    assert statuses.count(RunStatus.RUNNING) == 0
    assert statuses.count(RunStatus.SUCCEEDED) == 1
