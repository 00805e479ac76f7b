"""Write, audit, publish: a report is there as a whole or not at all, and once there it does not change."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from flows import publishing
from flows.errors import CxError, GateError
from flows.figures import FIGURE_COLUMNS
from flows.ledger import Ledger
from flows.period import Period
from flows.workspace import Settings, Workspace

SEPTEMBER = Period(2026, 9)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))


@pytest.fixture
def ledger(workspace: Workspace) -> Ledger:
    return Ledger.open(workspace.ledger_path)


def scratch(workspace: Workspace, text: str = "the report", name: str = "scratch") -> Path:
    directory = workspace.builds / "20261101" / name
    directory.mkdir(parents=True)
    (directory / "report.pdf").write_text(text, encoding="utf-8")
    (directory / "mail.txt").write_text("the mail", encoding="utf-8")
    return directory


def publish(workspace: Workspace, ledger: Ledger, directory: Path, revision: int = 1, **more):
    run_id = ledger.start_run(SEPTEMBER, "run")
    given = {"kind": "run", "reason": None if revision < 2 else "a late file", "recipients": ["a@example.com"]} | more
    return publishing.publish(ledger, workspace, SEPTEMBER, directory, run_id=run_id, revision=revision, **given)


def test_what_was_written_in_the_scratch_place_is_published_in_one_rename(workspace, ledger):
    directory = scratch(workspace)
    publication = publish(workspace, ledger, directory)
    assert publication.directory == workspace.published / "2026-09" / "r1"
    assert not directory.exists()
    assert {path.name for path in publication.directory.iterdir()} == {"report.pdf", "mail.txt", "manifest.json"}
    assert [path.name for path in publication.directory.parent.iterdir()] == ["r1"]


def test_the_ledger_and_the_manifest_know_the_hash_of_each_file(workspace, ledger):
    publication = publish(workspace, ledger, scratch(workspace))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in publication.directory.iterdir()}
    assert publication.files == found
    manifest = json.loads((publication.directory / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"] == {name: sha for name, sha in found.items() if name != "manifest.json"}
    assert (manifest["period"], manifest["revision"], manifest["kind"]) == ("2026-09", 1, "run")


def test_no_recipient_stands_in_what_is_published(workspace, ledger):
    publication = publish(workspace, ledger, scratch(workspace), recipients=["canary@example.com"])
    assert [message.recipient for message in ledger.messages(publication)] == ["canary@example.com"]
    for path in publication.directory.iterdir():
        assert b"canary" not in path.read_bytes()


class _Killed(BaseException):
    """As a kill would: nothing catches it."""


def test_a_crash_between_the_rename_and_the_ledger_leaves_an_orphan_that_the_next_run_replaces(
    workspace, ledger, monkeypatch
):
    def killed(*_: object, **__: object) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "record_publication", killed)
        with pytest.raises(_Killed):
            publish(workspace, ledger, scratch(workspace, "of the run that was killed"))
    orphan = workspace.published / "2026-09" / "r1"
    assert orphan.is_dir()
    assert ledger.publication(SEPTEMBER) is None
    assert publishing.next_revision(ledger, SEPTEMBER) == 1

    publication = publish(workspace, ledger, scratch(workspace, "of the next run", "again"))
    assert (publication.directory / "report.pdf").read_text(encoding="utf-8") == "of the next run"
    assert [each.revision for each in ledger.publications()] == [1]
    assert len(ledger.messages(publication)) == 1


def test_a_crash_before_the_rename_publishes_nothing(workspace, ledger, monkeypatch):
    import os

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", killed)
        with pytest.raises(_Killed):
            publish(workspace, ledger, scratch(workspace))
    assert not (workspace.published / "2026-09" / "r1").exists()
    assert ledger.publications() == []


def test_a_revision_that_is_published_is_never_replaced(workspace, ledger):
    first = publish(workspace, ledger, scratch(workspace, "the first"))
    with pytest.raises(CxError, match="revision 1 of 2026-09 is already published"):
        publish(workspace, ledger, scratch(workspace, "the second", "again"))
    assert (first.directory / "report.pdf").read_text(encoding="utf-8") == "the first"
    assert ledger.publications() == [first]


def test_a_correction_stands_beside_what_it_corrects(workspace, ledger):
    publish(workspace, ledger, scratch(workspace, "the first"))
    assert publishing.next_revision(ledger, SEPTEMBER) == 2
    second = publish(workspace, ledger, scratch(workspace, "the second", "again"), revision=2)
    assert second.reason == "a late file"
    assert {path.name for path in (workspace.published / "2026-09").iterdir()} == {"r1", "r2"}


def test_a_backfilled_month_is_revision_0_and_its_first_report_revision_1(workspace, ledger):
    frozen = publish(workspace, ledger, scratch(workspace), revision=0, kind="backfill", recipients=[])
    assert ledger.messages(frozen) == []
    assert publishing.next_revision(ledger, SEPTEMBER) == 1


def test_freezing_writes_the_months_figures_and_the_declarations_and_nothing_of_other_months(tmp_path):
    database = tmp_path / "it's a warehouse.duckdb"
    directory = tmp_path / "it's here"
    directory.mkdir()
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create table figures as select * from (values ('2026-08', 'nps', 'overall', null, 10.0), "
            "('2026-09', 'nps', 'overall', null, 20.0), ('2026-09', 'nps', 'region', 'North', 30.0)) "
            "as f(period, kpi, slice, slice_value, value)"
        )
        connection.execute("create table kpis as select 'nps' as kpi, 1 as position")
    publishing.freeze(database, SEPTEMBER, directory)
    frozen = duckdb.execute("select * from read_parquet(?)", [str(directory / "figures.parquet")]).fetchall()
    assert [row[2:] for row in frozen] == [("overall", None, 20.0), ("region", "North", 30.0)]
    assert duckdb.execute("select kpi from read_parquet(?)", [str(directory / "kpis.parquet")]).fetchall() == [("nps",)]


def check(passed: bool, severity: str = "critical", **more):
    found = {
        "table": "survey.nps", "column": "score", "rule": "on scale", "description": "every score lies on its scale",
        "severity": severity, "passed": passed, "failed_rows": None, "rows": [], "observed": None,
    }  # fmt: skip
    return found | more


def test_a_gate_lets_warnings_and_what_passed_through():
    publishing.refuse({"gate": "deliveries", "checks": [check(True), check(False, "warning")]})


def test_a_gate_refuses_with_table_column_rule_count_and_lines():
    places = [{"file": "a.csv", "line": number} for number in range(2, 22)]
    failed = check(False, failed_rows=1234, rows=places)
    with pytest.raises(GateError) as caught:
        publishing.refuse({"gate": "deliveries", "checks": [check(True), failed]})
    told = caught.value.sentence
    assert "survey.nps, column score: on scale: every score lies on its scale; 1,234 rows: a.csv line 2" in told
    assert "a.csv line 6, …" in told
    assert "line 7" not in told
    assert "corrections.csv" in caught.value.remedy


def test_a_refusal_of_the_second_gate_says_that_nothing_was_sent():
    with pytest.raises(GateError, match=r"(?s)not fit to print.*nothing was published or sent"):
        publishing.refuse({"gate": "figures", "checks": [check(False)]})


def test_figures_that_moved_are_named_and_the_way_to_correct_them():
    rows = [{"kpi": "nps", "slice_value": value} for value in (None, "North", "South", "East", "West", "Mid", "Far")]
    error = publishing.moved_sentence(SEPTEMBER, rows)
    assert "would move 7 published figures of 2026-09: nps, nps North" in error.sentence
    assert "and 2 more; nothing was changed" in error.sentence
    assert "cx run 2026-09 --pull --revise 'why'" in error.remedy


def test_the_inputs_hash_depends_on_the_data_and_not_on_the_order_of_sources():
    class Landed:
        def __init__(self, sha: str) -> None:
            self.data_sha256 = sha

    a, b = Landed("aa"), Landed("bb")
    first = publishing.inputs_sha256({"x": [a], "y": [b]})
    assert publishing.inputs_sha256({"y": [b], "x": [a]}) == first
    assert publishing.inputs_sha256({"x": [b], "y": [a]}) != first
    assert publishing.inputs_sha256({"x": [a, b], "y": []}) != first


def test_the_input_of_the_report_is_written_the_same_whatever_the_order_of_its_keys(tmp_path):
    publishing.write_input(tmp_path / "a.json", {"b": 1, "a": "Zażółć"})
    publishing.write_input(tmp_path / "b.json", {"a": "Zażółć", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert "Zażółć" in (tmp_path / "a.json").read_text(encoding="utf-8")


@pytest.fixture
def warehouse(tmp_path, monkeypatch) -> Path:
    """A build's database with two figures: one of money that rests on revenue, and one model that does not fit."""
    database = tmp_path / "warehouse.duckdb"
    columns = ", ".join(f"null as {name}" for name in FIGURE_COLUMNS if name not in ("kpi", "period", "slice", "unit"))
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create table kpis as select kpi, kpi as label, unit, position, absent, 0 as window_days "
            "from (values ('clv', 'money', 1, null), ('churn', '%', 2, null), ('clv_orders', 'money', 3, null), "
            "('gini', 'ratio', 4, 'orders.amount not delivered')) as t (kpi, unit, position, absent)"
        )
        connection.execute(
            f"create table figures as select kpi, '2026-09' as period, 'overall' as slice, unit, {columns} "
            "from kpis where kpi in ('clv', 'churn')"
        )
        connection.execute("create table observations as select kpi, period, slice from figures")
        connection.execute("create table handled (source text, kind text, reason text)")
        connection.execute("create table experiments (period text, experiment text, outcome text, variant text)")
        connection.execute("create table benchmarks (kpi text, value double, source text, note text, is_verified bool)")
        connection.execute(
            "create table quotes (period text, theme text, polarity text, place integer, quote text, language text, "
            "comments bigint)"
        )
        connection.execute(
            "create table customer_values as select * from (values ('clv', '2026-09', 7.0, 'by revenue'), "
            "('other', '2026-09', 8.0, 'by revenue'), ('clv_orders', '2026-09', null, 'does not fit'), "
            "('gini', '2026-09', null, 'adds up to nothing'), "
            "('clv', '2026-08', 7.0, 'of another month')) as t (kpi, period, estimate, note)"
        )
    monkeypatch.setattr(publishing.figures, "deliveries", lambda _: [])
    monkeypatch.setattr(publishing.figures, "before_first_snapshot", lambda _: 0)
    return database


def told_of(warehouse: Path) -> dict:
    workspace = Workspace(warehouse.parent, Settings(name="Acme", timezone="UTC", currency="PLN"))
    return publishing.report_input(
        workspace, SEPTEMBER, warehouse, revision=1, reason=None, gates=[], restatements=[], inputs="0" * 64
    )


def test_money_is_told_in_the_workspaces_currency_and_no_other_unit_changes(warehouse):
    told = told_of(warehouse)
    assert {kpi["kpi"]: kpi["unit"] for kpi in told["kpis"]} == {
        "clv": "PLN",
        "churn": "%",
        "clv_orders": "PLN",
        "gini": "ratio",
    }
    assert {figure["kpi"]: figure["unit"] for figure in told["figures"]} == {"clv": "PLN", "churn": "%"}


def test_a_model_that_does_not_fit_is_absent_with_its_reason_and_what_stands_for_margin_is_said_once(warehouse):
    trust = told_of(warehouse)["trust"]
    assert {row["kpi"]: row["why"] for row in trust["absent"]} == {
        "clv_orders": "does not fit",
        "gini": "orders.amount not delivered",
    }
    assert trust["notes"] == ["by revenue"]
