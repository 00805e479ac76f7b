"""Gate 1 on real DuckDB files: each rule keeps a good delivery and refuses the one spoiled thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import gates

#: Stands where a failing row holds something of a customer's; must be in no answer.
CANARY = "zz.canary@example.com"

#: Customer, score, time and store of six answers; their lines in the file are 2 to 7.
GOOD: list[tuple[str | None, ...]] = [
    ("c1", "9", "2026-08-31 23:59:59", "north"),
    ("c2", "10", "2026-09-01 00:00:00", "north"),
    ("c3", "0", "2026-09-15 12:00:00", "south"),
    ("c4", "7", "2026-09-30 23:59:59", None),
    ("c5", "6", "2026-10-01 00:00:00", "south"),
    ("c6", "8", "2026-09-02 08:30:00", "north"),
]


@pytest.fixture(scope="module", autouse=True)
def _great_expectations() -> None:
    gates.load()


def source(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "source",
        "source": "survey",
        "view": "landed_survey",
        "load": "full",
        "key": ["Customer Id"],
        "rows": 6,
        "usual_rows": None,
        "volume_factor": 3.0,
        "dates": "answered",
        "timezone": "Europe/Warsaw",
        "period": "2026-09",
        "covers_period": True,
    } | changes


def mapping(**changes: Any) -> dict[str, Any]:
    columns = [
        ("customer_key", "varchar", True),
        ("score", "decimal(9,3)", True),
        ("scale_minimum", "decimal(9,3)", True),
        ("scale_maximum", "decimal(9,3)", True),
        ("answered_at", "timestamptz", False),
        ("store", "varchar", False),
    ]
    return {
        "kind": "mapping",
        "source": "survey",
        "mapping": "nps",
        "contract": "feedback",
        "view": "stg_survey__nps",
        "raw_view": "raw_survey__nps",
        "columns": [{"name": name, "type": type_, "required": required} for name, type_, required in columns],
        "has_score": True,
    } | changes


def database(path: Path, rows: list[tuple[str | None, ...]], *, package: list[str] | None = None) -> Path:
    """The build file that staging writes: the landed view, the mapping before and after its cast."""
    file = path / "deliveries.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            'create table pulled ("Customer Id" varchar, score varchar, answered varchar, store varchar, '
            "_source_file varchar, _source_line integer, _package varchar)"
        )
        for place, row in enumerate(rows):
            pulled = (*row, "answers.csv", place + 2, package[place] if package else "000001-aa")
            connection.execute("insert into pulled values (?, ?, ?, ?, ?, ?, ?)", pulled)
        connection.execute("create view landed_survey as select * from pulled")
        connection.execute(
            "create view raw_survey__nps as select \"Customer Id\" as customer_key, score, '0' as scale_minimum, "
            "'10' as scale_maximum, answered as answered_at, store, _source_file as source_file, "
            "_source_line as source_line from landed_survey"
        )
        connection.execute(
            "create view stg_survey__nps as select customer_key, try_cast(score as decimal(9,3)) as score, "
            "try_cast(scale_minimum as decimal(9,3)) as scale_minimum, "
            "try_cast(scale_maximum as decimal(9,3)) as scale_maximum, "
            "timezone('Europe/Warsaw', try_cast(answered_at as timestamp)) as answered_at, store, "
            "source_file, source_line from raw_survey__nps"
        )
    return file


def spoiled(place: int, column: int, value: str | None) -> list[tuple[str | None, ...]]:
    rows = [list(row) for row in GOOD]
    rows[place][column] = value
    return [tuple(row) for row in rows]


def ask(file: Path, *subjects: dict[str, Any]) -> dict[str, Any]:
    answer = gates.handle({"gate": "deliveries", "database": str(file), "subjects": list(subjects)})
    assert CANARY not in json.dumps(answer)
    return answer


def broken(answer: dict[str, Any]) -> list[tuple[str, str | None, str]]:
    """Rule, column and severity of each check that failed."""
    return [(check["rule"], check["column"], check["severity"]) for check in answer["checks"] if not check["passed"]]


def only(answer: dict[str, Any], rule: str, column: str | None = None) -> dict[str, Any]:
    [check] = [check for check in answer["checks"] if (check["rule"], check["column"]) == (rule, column)]
    return check


def test_a_good_delivery_passes_every_rule_and_each_was_evaluated(tmp_path):
    answer = ask(database(tmp_path, GOOD), source(usual_rows=7), mapping())
    assert broken(answer) == []
    assert answer["success"] is True
    assert answer["evaluated"] == len(answer["checks"]) == 15
    assert {check["table"] for check in answer["checks"]} == {"survey", "survey.nps"}


def test_an_empty_extract_is_refused_though_every_other_rule_holds_of_nothing(tmp_path):
    answer = ask(database(tmp_path, []), source(dates=None), mapping())
    assert answer["success"] is False
    empty = [check for check in answer["checks"] if check["rule"] == "has rows"]
    assert [(check["table"], check["passed"], check["observed"]) for check in empty] == [
        ("survey", False, 0),
        ("survey.nps", False, 0),
    ]


@pytest.mark.parametrize(("rows", "kept"), [(99, False), (100, True), (300, True), (900, True), (901, False)])
def test_a_delivery_three_times_smaller_or_larger_than_usual_is_refused(tmp_path, rows, kept):
    answer = ask(database(tmp_path, GOOD), source(rows=rows, usual_rows=300))
    check = only(answer, "volume")
    assert check["passed"] is kept
    assert answer["success"] is kept
    assert check["observed"] == (None if kept else rows)


def test_a_key_that_comes_twice_is_refused_with_both_lines(tmp_path):
    rows = spoiled(4, 0, CANARY)
    rows[1] = (CANARY, *rows[1][1:])
    answer = ask(database(tmp_path, rows), source())
    assert broken(answer) == [("key unique", "Customer Id", "critical")]
    check = only(answer, "key unique", "Customer Id")
    assert check["failed_rows"] == 2
    assert check["rows"] == [{"file": "answers.csv", "line": 3}, {"file": "answers.csv", "line": 6}]


def test_a_compound_key_is_unique_only_as_a_whole(tmp_path):
    rows = spoiled(5, 0, "c1")
    assert broken(ask(database(tmp_path, rows), source(key=["Customer Id", "score"]))) == []
    rows[5] = ("c1", "9", *rows[5][2:])
    (tmp_path / "deliveries.duckdb").unlink()
    answer = ask(database(tmp_path, rows), source(key=["Customer Id", "score"]))
    assert broken(answer) == [("key unique", None, "critical")]
    assert [row["line"] for row in only(answer, "key unique")["rows"]] == [2, 7]


def test_a_snapshot_may_say_the_same_customer_again_with_the_next_pull_but_not_in_one(tmp_path):
    rows = [*GOOD[:3], *GOOD[:3]]
    pulls = ["000001-aa"] * 3 + ["000002-bb"] * 3
    file = database(tmp_path, rows, package=pulls)
    assert broken(ask(file, source(load="snapshot"))) == []
    assert broken(ask(file, source(load="append"))) == [("key unique", "Customer Id", "critical")]


def test_a_missing_key_is_refused_with_its_line(tmp_path):
    answer = ask(database(tmp_path, spoiled(2, 0, None)), source())
    assert broken(answer) == [("key present", "Customer Id", "critical")]
    assert only(answer, "key present", "Customer Id")["rows"] == [{"file": "answers.csv", "line": 4}]


def test_a_key_column_that_is_null_throughout_is_refused(tmp_path):
    answer = ask(database(tmp_path, [(None, *row[1:]) for row in GOOD]), source())
    assert broken(answer) == [("key present", "Customer Id", "critical")]
    assert only(answer, "key present", "Customer Id")["failed_rows"] == 6


def test_a_month_with_no_data_is_refused_only_where_the_source_covers_it(tmp_path):
    outside = [row for row in GOOD if row[0] in {"c1", "c5"}]
    file = database(tmp_path, outside)
    answer = ask(file, source())
    assert broken(answer) == [("month delivered", None, "critical")]
    assert "2026-09" in only(answer, "month delivered")["description"]
    assert broken(ask(file, source(covers_period=False))) == []


def test_a_source_that_delivers_every_third_month_may_have_its_last_rows_two_months_back(tmp_path):
    file = database(tmp_path, [GOOD[0]])  # the last of August
    assert broken(ask(file, source(period="2026-10", every_months=3))) == []
    answer = ask(file, source(period="2026-11", every_months=3))
    assert broken(answer) == [("month delivered", None, "critical")]
    assert "2026-09 to 2026-11" in only(answer, "month delivered")["description"]


@pytest.mark.parametrize(
    ("dates", "kept"),
    [
        # 22:30 UTC on the last of August is half past midnight of the first of September in Warsaw
        ("timestamptz '2026-08-31 22:30:00+00'", True),
        ("timestamptz '2026-08-31 21:30:00+00'", False),
        ("timestamptz '2026-09-30 22:30:00+00'", False),
        ("date '2026-09-01'", True),
        ("timestamp '2026-08-31 23:59:59'", False),
        ("'2026-09-30'", True),
        # a literal with braces, colons and a percent sign goes through unharmed
        ("case when store like 'n{x}:y%' then null else date '2026-09-10' end", True),
        ("strptime('10:30 07/09/2026', '%H:%M %d/%m/%Y')", True),
    ],
)
def test_the_month_is_the_one_of_the_sources_time_zone_whatever_the_type_of_its_dates(tmp_path, dates, kept):
    answer = ask(database(tmp_path, GOOD), source(dates=dates))
    assert broken(answer) == ([] if kept else [("month delivered", None, "critical")])


def test_a_date_that_cannot_be_read_is_a_warning_with_its_line(tmp_path):
    answer = ask(database(tmp_path, spoiled(3, 2, CANARY)), source())
    assert broken(answer) == [("dates readable", None, "warning")]
    assert answer["success"] is True
    assert only(answer, "dates readable")["rows"] == [{"file": "answers.csv", "line": 5}]


def test_an_extract_in_which_no_date_can_be_read_is_refused(tmp_path):
    rows = [(row[0], row[1], CANARY, row[3]) for row in GOOD]
    answer = ask(database(tmp_path, rows), source(covers_period=False))
    assert broken(answer) == [("dates readable", None, "warning"), ("dated", None, "critical")]


def test_a_date_expression_that_raises_on_a_value_fails_without_telling_the_value(tmp_path):
    answer = ask(database(tmp_path, spoiled(3, 2, CANARY)), source(dates="cast(answered as timestamp)"))
    assert answer["success"] is False
    check = only(answer, "month delivered")
    assert check["severity"] == "critical"
    assert "could not be evaluated (ConversionException)" in check["description"]
    # rules that do not need the expression were evaluated all the same
    assert only(answer, "has rows")["passed"]
    assert only(answer, "key unique", "Customer Id")["passed"]


def test_a_missing_required_value_is_refused_with_its_line(tmp_path):
    answer = ask(database(tmp_path, spoiled(0, 0, None)), mapping())
    assert broken(answer) == [("required", "customer_key", "critical")]
    assert only(answer, "required", "customer_key")["rows"] == [{"file": "answers.csv", "line": 2}]


def test_a_column_that_changed_its_type_is_named_with_the_lines_and_without_the_values(tmp_path):
    rows = spoiled(1, 1, CANARY)
    rows[5] = (rows[5][0], rows[5][1], CANARY, rows[5][3])
    answer = ask(database(tmp_path, rows), mapping())
    assert broken(answer) == [
        ("type", "score", "critical"),
        ("type", "answered_at", "critical"),
        ("required", "score", "critical"),
    ]
    score, answered = only(answer, "type", "score"), only(answer, "type", "answered_at")
    assert (score["failed_rows"], score["rows"]) == (1, [{"file": "answers.csv", "line": 3}])
    assert (answered["failed_rows"], answered["rows"]) == (1, [{"file": "answers.csv", "line": 7}])
    assert "decimal(9,3)" in score["description"]


def test_a_value_that_was_missing_before_the_cast_has_not_changed_its_type(tmp_path):
    assert broken(ask(database(tmp_path, spoiled(1, 2, None)), mapping())) == []


def ranks(file: Path, dimension: str | None) -> dict[str, Any]:
    """The delivery with its scores taken as ranks of ``dimension``, and the subject that asks for it."""
    with duckdb.connect(str(file)) as connection:
        named = "null" if dimension is None else f"'{dimension}'"
        connection.execute("alter view stg_survey__nps rename to stg_scores")
        connection.execute(
            f"create view stg_survey__nps as select * replace (1::decimal(9,3) as scale_minimum), 'rank' as "
            f"question_kind, {named}::varchar as dimension from stg_scores where score >= 1"
        )
    asked = mapping()
    names = ("question_kind", "dimension")
    asked["columns"] += [{"name": name, "type": "varchar", "required": False} for name in names]
    return asked


@pytest.mark.parametrize(
    ("score", "dimension", "kept"), [("4", "price", True), ("2.5", "price", False), ("4", None, False)]
)
def test_a_rank_is_a_whole_place_of_something_that_is_named(tmp_path, score, dimension, kept):
    file = database(tmp_path, spoiled(2, 1, score))
    answer = ask(file, ranks(file, dimension))
    found = [line for line in broken(answer) if line[0] == "ranks"]
    assert found == ([] if kept else [("ranks", "score", "critical")])


def test_a_rank_counted_from_nought_is_refused_and_another_question_is_not(tmp_path):
    file = database(tmp_path, GOOD)
    asked = ranks(file, "price")
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create or replace view stg_survey__nps as select *, 'rank' as question_kind, 'price' as dimension "
            "from stg_scores"
        )
    assert ("ranks", "score", "critical") in broken(ask(file, asked))
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create or replace view stg_survey__nps as select *, 'nps' as question_kind, null::varchar as dimension "
            "from stg_scores"
        )
    assert [line for line in broken(ask(file, asked)) if line[0] == "ranks"] == []


@pytest.mark.parametrize(("score", "kept"), [("0", True), ("10", True), ("10.001", False), ("-1", False)])
def test_a_score_off_its_scale_is_refused_with_its_line(tmp_path, score, kept):
    answer = ask(database(tmp_path, spoiled(2, 1, score)), mapping())
    assert broken(answer) == ([] if kept else [("on scale", "score", "critical")])
    assert only(answer, "on scale", "score")["rows"] == ([] if kept else [{"file": "answers.csv", "line": 4}])


def test_an_optional_column_that_is_null_throughout_is_a_warning_naming_it(tmp_path):
    answer = ask(database(tmp_path, [(*row[:3], None) for row in GOOD]), mapping())
    assert broken(answer) == [("filled", "store", "warning")]
    assert answer["success"] is True


def test_at_most_twenty_places_are_told_of_a_rule_and_all_its_rows_counted(tmp_path):
    answer = ask(database(tmp_path, [(None, *GOOD[1][1:])] * 30), mapping())
    check = only(answer, "required", "customer_key")
    assert check["failed_rows"] == 30
    assert [row["line"] for row in check["rows"]] == list(range(2, 22))


def test_rows_of_a_select_that_joins_have_no_lines_but_are_counted(tmp_path):
    file = database(tmp_path, spoiled(1, 1, CANARY))
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            'create or replace view raw_survey__nps as select "Customer Id" as customer_key, score, '
            "'0' as scale_minimum, '10' as scale_maximum, answered as answered_at, store from landed_survey"
        )
        connection.execute(
            "create or replace view stg_survey__nps as select * replace (try_cast(score as decimal(9,3)) as score), "
            "cast(null as varchar) as source_file, cast(null as integer) as source_line from raw_survey__nps"
        )
    answer = ask(file, mapping(has_score=False))
    check = only(answer, "type", "score")
    assert (check["failed_rows"], check["rows"]) == (1, [])
    required = only(answer, "required", "score")
    assert (required["failed_rows"], required["rows"]) == (1, [])
