"""`cx init`: a workspace that validates as it is, and nothing of anybody's overwritten."""

import pytest

from flows.errors import ConfigurationError
from flows.kpis import declared_facts
from flows.starter import start
from flows.workspace import Workspace


def test_a_new_workspace_loads_and_has_everything_a_company_fills_in(tmp_path):
    start(tmp_path / "new" / "company")
    root = tmp_path / "new" / "company"
    workspace = Workspace.load(root)
    assert workspace.settings.mail.transport == "outbox"
    assert (workspace.recipients, workspace.targets, workspace.corrections) == ([], [], [])
    assert workspace.benchmarks == []
    assert declared_facts(workspace)
    names = {path.name for path in root.iterdir()}
    tables = {"recipients.csv", "targets.csv", "corrections.csv", "benchmarks.csv", "experiments.csv"}
    assert {"cx.toml", "sources", "kpis", ".gitignore"} | tables <= names
    # the tables of the gap analysis, empty but for their headings
    assert {"brand_values.csv", "ideals.csv", "initiatives.csv", "outcomes.csv"} <= names
    assert [workspace.brand_values, workspace.ideals, workspace.initiatives, workspace.outcomes] == [[]] * 4


def test_nothing_of_the_programs_own_is_copied(tmp_path):
    start(tmp_path / "company")
    names = [path.name for path in (tmp_path / "company").rglob("*")]
    assert not [name for name in names if name.endswith((".py", ".pyc")) or name in {"__pycache__", "gitignore"}]


def test_what_a_run_makes_is_not_committed(tmp_path):
    start(tmp_path / "company")
    assert "var/" in (tmp_path / "company" / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_an_empty_folder_may_become_a_workspace(tmp_path):
    (tmp_path / "company").mkdir()
    start(tmp_path / "company")
    assert Workspace.load(tmp_path / "company")


def test_a_folder_with_something_in_it_is_left_as_it_is(tmp_path):
    (tmp_path / "company").mkdir()
    (tmp_path / "company" / "cx.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"(?s)exists and is not empty.*name a new folder"):
        start(tmp_path / "company")
    assert [path.name for path in (tmp_path / "company").iterdir()] == ["cx.toml"]
    assert (tmp_path / "company" / "cx.toml").read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_way_is_refused_in_words(tmp_path):
    (tmp_path / "company").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigurationError):
        start(tmp_path / "company")
    assert (tmp_path / "company").read_text(encoding="utf-8") == "mine"


def test_a_new_workspace_says_what_comes_next_when_it_is_run(tmp_path):
    from flows.sources.declaration import load_sources

    start(tmp_path / "company")
    with pytest.raises(ConfigurationError, match=r"(?s)no sources.*docs/sources\.md"):
        load_sources(Workspace.load(tmp_path / "company"))
