"""The runner: nothing passes for want of having been looked at, nothing of a customer's leaves, the file is let go."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import duckdb
import pytest

from expectations import gates
from expectations.check import ROWS, Check, Suite, has_rows, no_rows_where
from flows.errors import CxError, GateError
from flows.workers import Worker

CANARY = "zz.canary@example.com"


@pytest.fixture(scope="module", autouse=True)
def _great_expectations() -> None:
    gates.load()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One table of three answers with a customer's words in the second."""
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table answers (words varchar, source_file varchar, source_line integer)")
        connection.execute(f"insert into answers values ('1', 'a.csv', 2), ('{CANARY}', 'a.csv', 3), ('3', 'a.csv', 4)")
        connection.execute("create table nothing as select * from answers where false")
        connection.execute("create view unreadable as select cast(words as integer) as words from answers")
    return path


def broken(answer: dict) -> list[tuple[str, str]]:
    return [(check["table"], check["rule"]) for check in answer["checks"] if not check["passed"]]


def test_a_gate_without_suites_fails(file):
    answer = gates.run("deliveries", [], file)
    assert answer["success"] is False
    assert answer["evaluated"] == 0
    assert broken(answer) == [("deliveries", "checked")]


def test_a_request_without_subjects_fails(file):
    assert gates.handle({"gate": "deliveries", "database": str(file), "subjects": []})["success"] is False


def test_a_suite_without_checks_fails_beside_one_that_passes(file):
    answer = gates.run("deliveries", [Suite("good", "answers", (has_rows(),)), Suite("empty", "answers", ())], file)
    assert answer["success"] is False
    assert answer["evaluated"] == 1
    assert broken(answer) == [("empty", "checked")]


def test_a_table_without_rows_fails(file):
    answer = gates.run("deliveries", [Suite("nothing", "nothing", (has_rows(),))], file)
    assert broken(answer) == [("nothing", "has rows")]


def test_a_table_that_does_not_exist_fails_each_of_its_checks_unevaluated(file):
    checks = (has_rows(), no_rows_where("rule", "words", f"select * from {ROWS}", severity="warning"))
    answer = gates.run("deliveries", [Suite("missing", "missing", checks)], file)
    assert answer["evaluated"] == 0
    assert [(check["rule"], check["passed"], check["severity"]) for check in answer["checks"]] == [
        ("has rows", False, "critical"),
        ("rule", False, "critical"),
    ]


def test_an_expectation_that_great_expectations_does_not_know_fails_and_spares_the_others(file):
    suite = Suite("answers", "answers", (Check("odd", "an odd rule", "ExpectTheUnexpected"), has_rows()))
    answer = gates.run("deliveries", [suite], file)
    assert broken(answer) == [("answers", "odd")]
    assert answer["evaluated"] == 1


def test_an_exception_inside_an_expectation_is_a_critical_failure_even_of_a_warning(file):
    rule = no_rows_where("number", "words are numbers", f"select 1 from {ROWS} where words > 2", severity="warning")
    answer = gates.run("deliveries", [Suite("unreadable", "unreadable", (has_rows(), rule))], file)
    assert answer["success"] is False
    [check] = [check for check in answer["checks"] if not check["passed"]]
    assert (check["rule"], check["severity"]) == ("number", "critical")
    assert check["description"] == "words are numbers; this could not be evaluated (ConversionException)"
    assert answer["evaluated"] == 1


def test_the_file_can_be_written_as_soon_as_a_gate_has_answered(file):
    gates.run("deliveries", [Suite("answers", "answers", (has_rows(),))], file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table more (a integer)")


def test_the_file_can_be_written_after_a_gate_that_failed(file):
    gates.run("deliveries", [Suite("missing", "missing", (has_rows(),))], file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table more (a integer)")


def test_a_gate_leaves_no_data_docs_behind(file, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    gates.run("deliveries", [Suite("answers", "answers", (has_rows(),))], file)
    assert list(folder.iterdir()) == []


def test_sql_of_the_views_runs_in_the_time_zone_that_is_asked_for(file):
    elsewhere = no_rows_where(
        "zone", "it is Taipei", f"select 1 from {ROWS} where current_setting('TimeZone') <> 'Asia/Taipei'"
    )
    suites = [Suite("answers", "answers", (elsewhere,))]
    assert gates.run("deliveries", suites, file, timezone="Asia/Taipei")["success"] is True
    assert gates.run("deliveries", suites, file)["success"] is False


def test_a_missing_database_is_a_clear_error(tmp_path):
    with pytest.raises(GateError, match=r"build\.duckdb does not exist"):
        gates.run("figures", [], tmp_path / "build.duckdb")


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path):
    path = tmp_path / "build.duckdb"
    path.write_bytes(b"half-written" * 1000)
    with pytest.raises(GateError, match="cannot be opened") as error:
        gates.run("figures", [], path)
    assert "run again" in error.value.remedy


def test_an_unknown_gate_is_a_clear_error():
    with pytest.raises(GateError, match="there is no gate 'garden'"):
        gates.handle({"gate": "garden", "database": "x"})


def test_thirty_tables_take_a_few_seconds(tmp_path):
    path = tmp_path / "build.duckdb"
    columns = [{"name": name, "type": "varchar", "required": True} for name in ("words", "more")]
    subjects = []
    with duckdb.connect(str(path)) as connection:
        for place in range(30):
            connection.execute(
                f"create table stg_{place} as select range::varchar as words, 'x' as more, 'a.csv' as source_file, "
                "range::integer as source_line from range(1000)"
            )
            names = {"source": "s", "mapping": f"m{place}", "view": f"stg_{place}", "raw_view": f"stg_{place}"}
            subjects.append({"kind": "mapping", "contract": "cases", "columns": columns, "has_score": False} | names)
    # the time of this process and not of the wall: the machine may be busy with something else
    before = time.process_time()
    answer = gates.handle({"gate": "deliveries", "database": str(path), "subjects": subjects})
    assert answer["success"] is True
    assert answer["evaluated"] == 90
    assert time.process_time() - before < 10


def test_the_worker_answers_over_its_pipe_and_neither_answer_nor_log_holds_a_value(file, tmp_path):
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create view landed_s as select words, source_file as _source_file, source_line as _source_line, "
            "'p' as _package from answers"
        )
        connection.execute("insert into answers values ('1', 'a.csv', 5), (null, 'a.csv', 6)")
        connection.execute("create view raw_s__m as select words as score, source_file, source_line from answers")
        connection.execute(
            "create view stg_s__m as select try_cast(score as integer) as score, 0 as scale_minimum, "
            "2 as scale_maximum, source_file, source_line from raw_s__m"
        )
    source = {
        "kind": "source",
        "source": "s",
        "view": "landed_s",
        "load": "full",
        "key": ["words"],
        "rows": 5,
        "usual_rows": None,
        "volume_factor": 3.0,
        "dates": "cast(words as date)",
        "timezone": "Asia/Taipei",
        "period": "2026-09",
        "covers_period": True,
    }
    mapping = {
        "kind": "mapping",
        "source": "s",
        "mapping": "m",
        "contract": "feedback",
        "view": "stg_s__m",
        "raw_view": "raw_s__m",
        "columns": [{"name": "score", "type": "integer", "required": True}],
        "has_score": True,
    }
    request = {"gate": "deliveries", "database": str(file), "subjects": [source, mapping]}
    log = tmp_path / "gates.log"
    with Worker("expectations.gates", log) as worker:
        answer = worker.ask(request)
        assert worker.ask(request) == answer
        with pytest.raises(CxError, match="does not exist"):
            worker.ask(request | {"database": str(tmp_path / "none.duckdb")})
        with pytest.raises(CxError, match="there is no gate"):
            worker.ask({"gate": "garden"})
    assert answer["success"] is False
    assert broken(answer) == [
        ("s", "key present"),
        ("s", "key unique"),
        ("s", "dates readable"),
        ("s", "dated"),
        ("s", "month delivered"),
        ("s.m", "type"),
        ("s.m", "required"),
        ("s.m", "on scale"),
    ]
    assert "canary" not in json.dumps(answer)
    assert "canary" not in log.read_text(encoding="utf-8")
    keys = {"table", "column", "rule", "description", "severity", "passed", "failed_rows", "rows", "observed"}
    assert all(set(check) == keys for check in answer["checks"])
