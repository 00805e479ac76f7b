"""The generator of the demo company: same bytes, a whole workspace, nobody's files overwritten."""

import hashlib
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from flows.demo.company import SALT, write
from flows.errors import ConfigurationError
from flows.workspace import Workspace
from tests.flows.demo.made import demo_workspace, last_states, raw, short_workspace


def _digests(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = _digests(short_workspace())
    assert first == _digests(write(tmp_path / "second", months=2))
    other = _digests(write(tmp_path / "other", months=2, seed=5))
    assert first.keys() == other.keys()
    changed = {name for name in first if first[name] != other[name]}
    assert changed == {name for name in first if name.startswith("extracts/")}


def test_a_shorter_history_has_the_same_report_month() -> None:
    short, whole = _digests(short_workspace()), _digests(demo_workspace())
    monthly = [name for name in short if "_2026-06" in name]
    assert len(monthly) == 14
    assert {name: short[name] for name in monthly} == {name: whole[name] for name in monthly}


def test_the_workspace_loads_with_its_report_month_tables_and_public_salt() -> None:
    workspace = Workspace.load(demo_workspace())
    assert str(workspace.last_period()) == "2026-06"
    assert workspace.settings.timezone == "Europe/Warsaw"
    assert [recipient.email.split("@")[1] for recipient in workspace.recipients] == ["example.com"] * 3
    assert {target.kpi for target in workspace.targets} >= {"nps", "churn_logo"}
    salt = workspace.var / "salt"
    assert salt.read_text(encoding="ascii") == SALT
    assert salt.stat().st_mode & 0o777 == 0o600


def test_all_extracts_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in (demo_workspace() / "extracts").iterdir()) < 40e6


def test_a_directory_that_holds_something_else_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "cx.toml").write_text('name = "A real company"\ntimezone = "Europe/Warsaw"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not the demo company"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cx.toml"]


def test_written_again_it_keeps_edited_configuration_and_replaces_extracts_even_by_spoiled_ones(tmp_path: Path) -> None:
    root = Path(shutil.copytree(short_workspace(), tmp_path / "demo"))
    (root / "targets.csv").write_text("kpi,target\nnps,50\n", encoding="utf-8")
    write(root, months=1, spoiled="missing_month")
    assert (root / "targets.csv").read_text(encoding="utf-8") == "kpi,target\nnps,50\n"
    assert not list((root / "extracts").glob("survey_*"))
    assert [path.name for path in (root / "extracts").glob("calls_*")] == ["calls_2026-06.csv.gz"]


def test_more_months_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="31 months"):
        write(tmp_path / "demo", months=31)


def test_no_case_is_answered_before_it_is_asked_whatever_the_clocks_do() -> None:
    order = ("created", "first_reply", "first_solved", "reopened")
    for case in last_states("cases_*.jsonl.gz", "case_no"):
        moments = [datetime.fromisoformat(case[name]) for name in order if case[name]]
        assert moments == sorted(moments), case["case_no"]


def test_calls_run_through_the_hours_in_which_clocks_change() -> None:
    hours = {row["entered"][:13] for row in raw("calls_*.csv.gz") if row["entered"][5:7] in {"03", "10"}}
    assert hours & {"2024-03-31T01", "2025-03-30T01", "2026-03-29T01", "2024-10-27T00", "2025-10-26T00"}


def test_a_case_open_at_a_months_end_has_no_answer_in_that_months_file_and_one_in_the_next() -> None:
    april = {row["case_no"]: row for row in raw("cases_2026-04.jsonl.gz")}
    may = {row["case_no"]: row for row in raw("cases_2026-05.jsonl.gz")}
    open_then = [case for case, row in april.items() if row["first_solved"] is None and case in may]
    assert len(open_then) > 10
    assert sum(may[case]["first_solved"] is not None for case in open_then) > 10
    assert all(
        row[name] is None or row[name] < "2026-05" for row in april.values() for name in ("first_reply", "updated")
    )


def test_a_flag_on_a_help_page_comes_again_in_the_month_it_was_dealt_with() -> None:
    april = {row["event"]: row for row in raw("help_events_2026-04.jsonl.gz")}
    again = [row for row in raw("help_events_2026-05.jsonl.gz") if row["at"] < "2026-05"]
    assert again
    assert all(row["kind"] == "flag" and row["fixed"] >= "2026-05" for row in again)
    assert all(april[row["event"]]["fixed"] is None for row in again if row["event"] in april)


def test_crawlers_are_told_apart_and_never_read_the_message() -> None:
    import pyarrow.parquet as pq

    rows = pq.read_table(demo_workspace() / "extracts" / "sessions_2026-06.parquet").to_pylist()
    crawlers = [row for row in rows if row["crawler"] == "yes"]
    assert 0 < len(crawlers) < len(rows) / 10
    assert all(row["kind"] == "web" and not row["customer_id"] and not row["seconds_to_message"] for row in crawlers)


def test_comments_come_in_all_four_languages() -> None:
    written = {row["language"] for row in raw("survey_2026-06.csv.gz") if row["comment"]}
    assert written == {"en", "pl", "zh-Hant", "zh-Hans"}


def test_the_dirt_that_declarations_handle_is_there() -> None:
    survey = raw("survey_2026-06.csv.gz")
    assert survey[10]["recommend"] == "77"
    assert len(survey) - len({row["response_id"] for row in survey}) == 6
    assert {"", "n/a", "-"} <= {row["recommend"] for row in raw("survey_*.csv.gz")}
    assert any(row["answered"] < "2026-06" for row in survey), "late rows"
    assert {row["account"] for row in raw("customers.csv")} == {"customer", "test"}
    assert any(row["województwo"] == "slaskie" for row in raw("legacy_customers.csv", ";", "cp1250"))
