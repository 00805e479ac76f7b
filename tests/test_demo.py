"""The demo, from nothing to the mail, through the command line: what a stranger tries first."""

from __future__ import annotations

import csv
import email
import email.policy
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flows.demo.clock import bounds
from flows.demo.company import simulate
from flows.demo.people import LEAVE
from flows.demo.truths import QUIET_OVERALL, TRUTHS
from flows.figures import FIGURE_COLUMNS
from flows.kpis import project_facts
from flows.ledger import Ledger
from flows.period import Period

MONTH = "2026-06"


@pytest.fixture(scope="module")
def environment(prefect_server: dict[str, str]) -> dict[str, str]:
    return os.environ | prefect_server


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    root = tmp_path_factory.mktemp("demo") / "demo-company"
    made = _cx("demo", str(root), environment=environment)
    assert made.returncode == 0, made.stderr
    assert str(root / "var" / "published" / MONTH / "r1" / "report.pdf") in made.stdout
    assert "mail" in made.stdout
    return root


@pytest.fixture(scope="module")
def figures(company: Path, environment: dict[str, str]) -> list[dict[str, Any]]:
    printed = _cx("kpis", "--period", MONTH, "--format", "json", "-w", str(company), environment=environment)
    assert printed.returncode == 0, printed.stderr
    return json.loads(printed.stdout)


def _cx(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments], capture_output=True, text=True, env=environment, timeout=540
    )


def test_the_figures_find_each_planted_truth_and_no_change_where_none_was_planted(
    figures: list[dict[str, Any]],
) -> None:
    planted = {
        (truth.kpi, truth.slice, truth.slice_value): truth.verdict
        for truth in TRUTHS
        if truth.kpi and truth.period == MONTH and truth.verdict in {"better", "worse", "changed"}
    }
    assert len(planted) >= 2
    found = {
        (row["kpi"], row["slice"], row["slice_value"]): row["verdict"]
        for row in figures
        if row["verdict"] in {"better", "worse", "changed"}
    }
    assert found == planted


def test_overall_figures_show_no_clear_change(figures: list[dict[str, Any]]) -> None:
    overall = {row["kpi"]: row["verdict"] for row in figures if row["slice"] == "overall"}
    assert {kpi: overall[kpi] for kpi in QUIET_OVERALL} == dict.fromkeys(QUIET_OVERALL, "no clear change")
    # what stands for itself or rests on few says nothing either
    assert set(overall.values()) <= {"no clear change", "not compared", "low base"}
    assert sum(verdict == "no clear change" for verdict in overall.values()) > 80


def _planted_losses(month: str) -> dict[str, float]:
    """Percent expected to leave in the month or the two before it, by the bad experiences of the month before those.

    From the planted chances of each month and what happened to each customer; experiences of other months count too.
    """
    people = simulate().people
    first = Period.parse(month).shift(-2)
    bad = {
        period: np.bincount(np.concatenate(people.bad_experiences[period]), minlength=len(people))
        for period in first.shift(-3).until(Period.parse(month))
    }
    stays = np.ones(len(people))
    for period in first.until(Period.parse(month)):
        recent = sum(bad[period.shift(-back)] for back in (1, 2, 3))
        stays *= 1 - LEAVE[np.minimum(recent, 2)]
    there = people.active_at(bounds(first)[0])
    level = np.minimum(bad[first.shift(-1)], 2)
    return {
        name: 100 * (1 - stays[there & (level == count)]).mean()
        for count, name in enumerate(("none", "one", "several"))
    }


def test_what_is_planted_about_staying_lies_within_its_interval(figures: list[dict[str, Any]]) -> None:
    rows = {(row["kpi"], row["slice_value"]): row for row in figures}
    planted = _planted_losses(MONTH)
    assert planted == pytest.approx({"none": 4.7, "one": 23.1, "several": 38.6}, abs=0.5)
    for level, share in planted.items():
        row = rows["churn_bad_exp", level]
        assert row["low"] < share < row["high"], level
    # From none to one 18 points more, from one to several 17.
    assert rows["churn_bad_exp_trend", None]["low"] < 18 < rows["churn_bad_exp_trend", None]["high"]
    assert rows["cohort_support_expansion", None]["low"] < 0 < rows["cohort_support_expansion", None]["high"]
    # 1.72 % leave a month, at whatever age (test_truths.py).
    assert rows["retention_12m", None]["low"] < 100 * (1 - 0.0172) ** 12 < rows["retention_12m", None]["high"]


def test_every_kpi_of_the_project_has_a_value_in_the_demo(figures: list[dict[str, Any]]) -> None:
    declared = {kpi.id for meta in project_facts().values() for kpi in meta.kpis}
    missing = declared - {row["kpi"] for row in figures if row["value"] is not None}
    assert not missing, f"let the demo company deliver what {sorted(missing)} need"


def test_a_row_of_cx_kpis_has_exactly_the_promised_keys(figures: list[dict[str, Any]]) -> None:
    first = ["period", "kpi", "slice", "slice_value", "value", "unit", "n", "low", "high", "previous"]
    judged = ["change", "change_low", "change_high", "p", "q", "verdict", "target", "met"]
    promised = [*first, *judged, "precision_flag", "expected_low", "expected_high", "signal", "presentation"]
    assert list(FIGURE_COLUMNS) == promised
    assert all(list(row) == promised for row in figures)
    assert all(row["slice_value"] is None for row in figures if row["slice"] == "overall")


@pytest.fixture(scope="module")
def gap(company: Path, environment: dict[str, str]) -> dict[str, Any]:
    printed = _cx("gap", "--period", MONTH, "--format", "json", "-w", str(company), environment=environment)
    assert printed.returncode == 0, printed.stderr
    return json.loads(printed.stdout)


def test_the_gap_analysis_finds_the_planted_key_experience_and_who_does_not_see_it(gap: dict[str, Any]) -> None:
    assert (gap["key_experience"], gap["role"]) == ("convenience", "customer")
    overall = {(row["role"], row["dimension"]): row for row in gap["rows"] if row["slice"] == "overall"}
    key = overall["customer", "convenience"]
    assert key["weighted_satisfaction_low"] < -18 < key["weighted_satisfaction_high"]
    assert key["most_negative_pct"] > 99
    assert overall["frontline", "convenience"]["is_key"]
    # management sees no shortfall in it, and that is a finding
    assert overall["management", "convenience"]["satisfaction"] > 0
    [seen] = [
        row
        for row in gap["roles"]
        if (row["dimension"], row["measure"], row["role"], row["other"])
        == ("convenience", "satisfaction", "customer", "management")
    ]
    assert seen["clear"]
    first = min((row for row in gap["drivers"]), key=lambda row: row["derived_rank"])
    assert (first["dimension"], first["stated_rank"]) == ("convenience", 1)
    assert first["stated_quadrant"] == first["derived_quadrant"] == "concentrate here"


def test_the_initiative_that_worked_continues_and_the_other_stops(gap: dict[str, Any]) -> None:
    verdicts = {row["initiative"]: (row["verdict"], row["reason"]) for row in gap["evidence"]}
    assert verdicts["pickup_points"] == ("continue", "promise kept")
    assert verdicts["club_magazine"] == ("stop", "no effect, promise broken")
    fits = {row["initiative"]: row["fit"] for row in gap["requirements"] if row["initiative"]}
    assert fits == {"pickup_points": "fits", "club_magazine": "ready, does not fit strategy"}
    assert (gap["brand_value"]["proposed"], gap["brand_value"]["proved_by"]) == ("convenience", "pickup_points")


def test_the_report_tells_three_cycles_from_the_frozen_months(company: Path) -> None:
    from pypdf import PdfReader

    told = json.loads(_input_of(company).read_text(encoding="utf-8"))["gap"]
    assert [(each["brand_value"], each["months"], each["key"]) for each in told["cycles"]] == [
        ("product", 7, ["convenience"]),
        ("service", 12, ["convenience"]),
        ("convenience", 6, ["convenience"]),
    ]
    # nothing was planted to change within a cycle
    assert all(each["change_low"] < 0 < each["change_high"] for each in told["cycles"])
    assert [each["followed"] for each in told["cycles"]] == [False, True, None]
    pages = PdfReader(company / "var" / "published" / MONTH / "r1" / "report.pdf").pages
    spread = [" ".join(page.extract_text().split()) for page in pages]
    first = next(place for place, text in enumerate(spread) if "Seven steps:" in text)
    assert "Pick-up points in neighbourhood shops kept its promise and proposed convenience" in spread[first]
    assert "The key experience is convenience" in spread[first]
    assert "Back to step 1. Start the next cycle from convenience again" in spread[first + 1]


def test_a_past_month_s_gap_analysis_can_be_asked(company: Path, environment: dict[str, str]) -> None:
    printed = _cx("gap", "--period", "2025-11", "-w", str(company), environment=environment)
    assert printed.returncode == 0, printed.stderr
    assert "Key experience (customer): convenience" in printed.stdout
    assert "Step 7  evidence" in printed.stdout


def test_the_past_is_frozen_without_pdf_or_mail(company: Path, environment: dict[str, str]) -> None:
    frozen = sorted(path.name for path in (company / "var" / "published").iterdir())
    assert len(frozen) == 25
    assert not list((company / "var" / "published").glob("*/r0/*.pdf"))
    assert [path.name for path in (company / "var" / "outbox").iterdir()] == [f"{MONTH}-r1"]
    printed = _cx("kpis", "--period", "2025-01", "--format", "csv", "-w", str(company), environment=environment)
    assert printed.stdout.splitlines()[0] == ",".join(FIGURE_COLUMNS)
    assert "2025-01,nps,overall" in printed.stdout


def test_no_frozen_month_is_restated_when_nothing_came_late(company: Path) -> None:
    document = json.loads(_input_of(company).read_text(encoding="utf-8"))
    assert document["trust"]["restatements"] == []


def test_a_second_run_of_the_month_mails_nobody(company: Path, environment: dict[str, str]) -> None:
    before = _state(company)
    again = _cx("run", "-w", str(company), environment=environment)
    assert again.returncode == 0, again.stderr
    assert "published already" in again.stdout
    assert _state(company) == before


def test_each_recipient_has_one_mail_with_the_published_report(company: Path) -> None:
    mails = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (company / "var" / "outbox").rglob("*.eml")
    ]
    with (company / "recipients.csv").open(encoding="utf-8", newline="") as file:
        recipients = [row["email"] for row in csv.DictReader(file)]
    assert sorted(str(mail["To"]) for mail in mails) == sorted(recipients)
    published = (company / "var" / "published" / MONTH / "r1" / "report.pdf").read_bytes()
    for mail in mails:
        [pdf] = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
        assert pdf.get_content() == published


def test_the_same_figures_give_the_same_bytes(company: Path, tmp_path: Path) -> None:
    """Rendered again, in another process, from the same input (DESIGN section 7)."""
    from flows.workers import Worker

    with Worker("report_templates.report", tmp_path / "report.log") as renderer:
        answer = renderer.ask({"input": str(_input_of(company)), "into": str(tmp_path / "again")})
    for name in answer["files"]:
        published = company / "var" / "published" / MONTH / "r1" / name
        assert (tmp_path / "again" / name).read_bytes() == published.read_bytes(), name


def test_each_dbt_node_is_a_task_of_the_flow_run_and_the_artifacts_are_there(
    company: Path, environment: dict[str, str]
) -> None:
    api = environment["PREFECT_API_URL"]
    completed = {"state": {"type": {"any_": ["COMPLETED"]}}}
    for node in ("fct_feedback", "observed_additive", "inferred", "figures"):
        # there are more nodes than the server tells at once
        wanted = {"flow_runs": completed, "task_runs": {"name": {"like_": node}}}
        assert _post(f"{api}/task_runs/filter", wanted), f"{node} is no task of the run"
    artifacts = {artifact["key"] for artifact in _post(f"{api}/artifacts/latest/filter", {})}
    assert {f"figures-{MONTH}", f"gates-{MONTH}", f"published-{MONTH}"} <= artifacts
    assert company.is_dir()


def test_no_personal_value_is_in_anything_a_run_leaves(company: Path, environment: dict[str, str]) -> None:
    with next((company / "extracts").glob("customers*.csv")).open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))[:2000:40]
    personal = [row[column] for row in people for column in ("email", "phone") if row.get(column)]
    assert len(personal) >= 50
    needles = [value.encode() for value in personal]
    looked_at = 0
    for folder in (company / "var", Path(environment["PREFECT_HOME"])):
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                looked_at += 1
                leaked = [needle for needle in needles if needle in content]
                assert not leaked, f"{path.relative_to(folder)} holds {len(leaked)} personal values"
    assert looked_at > 100


def test_a_spoiled_extract_is_refused_and_nothing_is_sent(
    company: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    """`make demo-failure`: the scores of the newest survey are off their scale."""
    from flows.demo.spoiling import spoil

    shutil.copytree(
        company, tmp_path / "spoiled", ignore=shutil.ignore_patterns("published", "outbox", "builds", "*.db*")
    )
    spoil(tmp_path / "spoiled", "scores")
    refused = _cx("run", "-w", str(tmp_path / "spoiled"), environment=environment)
    assert refused.returncode == 1
    assert "survey" in refused.stderr
    assert "line" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "spoiled" / "var" / "published").exists()
    assert not (tmp_path / "spoiled" / "var" / "outbox").exists()


def _input_of(company: Path) -> Path:
    return sorted((company / "var" / "builds").glob("*/report_input.json"))[-1]


def _state(company: Path) -> tuple[dict[str, str], list[tuple[int, str, int]]]:
    """What was published and mailed: hashes of all files, and where each message stands."""
    files = {
        str(path.relative_to(company)): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("published", "outbox")
        for path in (company / "var" / folder).rglob("*")
        if path.is_file()
    }
    ledger = Ledger.open(company / "var" / "ledger.db")
    messages = ledger.messages(ledger.publication(MONTH))
    return files, [(message.id, message.state, message.attempts) for message in messages]


def _post(address: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
