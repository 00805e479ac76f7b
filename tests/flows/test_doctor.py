"""`cx doctor` finds what would stop a run, each with its remedy, and never stops itself."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from flows.doctor import Finding, examine
from tests.flows.test_bad_input import company, put_survey, survey


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return company(tmp_path / "company")


def found(root: Path) -> dict[str, Finding]:
    findings = {finding.what: finding for finding in examine(root)}
    assert all(finding.remedy for finding in findings.values() if not finding.well)
    return findings


def problems(root: Path) -> list[Finding]:
    return [finding for finding in found(root).values() if not finding.well]


def test_a_good_workspace_on_a_machine_that_is_set_up_has_no_problem(root):
    assert problems(root) == []
    told = found(root)
    assert "workspace Acme, Europe/Warsaw" in told
    assert "2 recipients" in told
    assert "source survey: 1 files, 5 of 6 columns kept" in told
    assert any("KPIs declared" in what for what in told)
    assert any("var/outbox" in what for what in told)


def test_looking_changes_nothing_but_makes_the_folder_of_the_runs(root):
    before = set(root.rglob("*"))
    found(root)
    assert set(root.rglob("*")) - before <= {root / "var"}


def test_a_folder_that_is_no_workspace_is_one_problem(tmp_path):
    [problem] = problems(tmp_path)
    assert "cx.toml" in problem.what
    assert "cx init" in problem.remedy


def test_a_mistake_in_a_declaration_is_found_with_its_file_and_the_rest_is_still_looked_at(root):
    (root / "kpis").mkdir()
    (root / "kpis" / "mine.yml").write_text("fact: phones\n", encoding="utf-8")
    (root / "recipients.csv").unlink()
    told = [problem.what for problem in problems(root)]
    assert any("kpis/mine.yml" in what for what in told)
    assert any("recipients.csv" in what for what in told)
    assert any(what.startswith("source survey:") for what in found(root))


@pytest.mark.parametrize("column", ["ltr", "answered"])
def test_a_column_that_vanished_is_found_before_a_run(root, column):
    put_survey(root, [[cell if cell != column else "renamed" for cell in row] for row in survey()])
    [problem] = problems(root)
    assert problem.what.startswith("source survey:")
    assert column in problem.what


def test_a_missing_extract_is_found(root):
    (root / "extracts" / "survey.csv").unlink()
    [problem] = problems(root)
    assert "extracts/survey.csv" in problem.what


def test_a_database_whose_address_is_not_set_is_found_and_the_variable_named(root, monkeypatch):
    monkeypatch.delenv("CX_NOWHERE", raising=False)
    text = (root / "sources" / "survey.yml").read_text(encoding="utf-8")
    database = "database: {url_env: CX_NOWHERE, query: 'select 1'}"
    (root / "sources" / "survey.yml").write_text(
        text.replace("files: {glob: extracts/survey.csv}", database), encoding="utf-8"
    )
    [problem] = problems(root)
    assert "CX_NOWHERE" in problem.what


def test_a_mail_server_that_answers_is_well_and_one_that_does_not_is_a_problem(root):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with (root / "cx.toml").open("a", encoding="utf-8") as file:
            file.write(f'[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nport = {port}\n')
        assert found(root)[f"mail server 127.0.0.1:{port} answers"].well
    [problem] = problems(root)
    assert f"127.0.0.1:{port} does not answer" in problem.what


def test_a_var_that_cannot_be_written_is_found(root):
    (root / "var").write_text("a file in its place", encoding="utf-8")
    assert any("var/ is not writable" in problem.what for problem in problems(root))
