"""What a declaration says about an extract is what gate 1 and dbt see: on real landed Parquet, in real DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.deliveries import Staged, stage
from flows.errors import ConfigurationError
from flows.sources.declaration import load_sources
from flows.staging import literal, quoted
from flows.workspace import Workspace
from tests.flows.landed import SEPTEMBER, run, workspace_with

#: A customer's words with everything in them that SQL, Jinja or YAML could take for its own.
ODD = 'it\'s {{ 7*7 }} {% endraw %} {# "so" #} -- ; drop table'


def calls(columns: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A source of calls; ``columns`` beside its key, ``mapping`` for what else its mapping says."""
    mapping = more.pop("mapping", {})
    return {
        "files": {"glob": "calls*.csv"},
        "mappings": {
            "calls": {
                "contract": "calls",
                "columns": {"call_key": "id", "enqueued_at": "came", **(columns or {})},
                **mapping,
            }
        },
    } | more


@pytest.fixture
def extract(tmp_path: Path):
    """Write calls.csv of some lines below a heading."""

    def write(heading: str, *lines: str, name: str = "calls.csv") -> None:
        text = "\n".join([heading, *lines]) + "\n"
        (tmp_path / name).write_text(text, encoding="utf-8")

    return write


def staged(root: Path, zone: str = "Europe/Warsaw", **sources: dict[str, Any]) -> Staged:
    workspace_with(root, **sources)
    text = f'name = "Acme"\ntimezone = "{zone}"\n'
    (root / "cx.toml").write_text(text, encoding="utf-8")
    workspace = Workspace.load(root)
    packages = run(workspace)
    database = root / "deliveries.duckdb"
    database.unlink(missing_ok=True)
    return stage(workspace, load_sources(workspace), packages, SEPTEMBER, database)


def ask(staged: Staged, query: str, zone: str = "UTC") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(staged.database), read_only=True) as connection:
        connection.execute(f"set TimeZone = '{zone}'")
        return connection.execute(query).fetchall()


def column(staged: Staged, name: str, view: str = "stg_calls__calls") -> list[Any]:
    return [row[0] for row in ask(staged, f"select cast({name} as varchar) from {view} order by source_line")]


@pytest.mark.parametrize("text", ["", "plain", "it's", "''", ODD, "a\nb", "\\", "Zażółć 客戶"])
def test_any_text_is_the_same_text_as_an_sql_string_and_as_a_name(text):
    assert duckdb.execute(f"select {literal(text)}").fetchone() == (text,)
    if text:
        assert duckdb.execute(f"select 1 as {quoted(text)}").description[0][0] == text
    assert literal(None) == "null"


# Times


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-09-01 00:30:00", "2026-08-31 22:30:00+00"),
        ("2026-09-01T00:30:00", "2026-08-31 22:30:00+00"),
        ("2026-09-01 00:30:00Z", "2026-09-01 00:30:00+00"),
        ("2026-09-01T00:30:00-05:00", "2026-09-01 05:30:00+00"),
        ("2026-09-01 00:30:00+0530", "2026-08-31 19:00:00+00"),
        ("2026-09-01 00:30:00.250+02", "2026-08-31 22:30:00.25+00"),
        # A date alone is its first moment; its own minus is no offset.
        ("2026-09-10", "2026-09-09 22:00:00+00"),
        # In winter the zone is an hour nearer.
        ("2026-01-10 12:00:00", "2026-01-10 11:00:00+00"),
        # The hour that the clock leaves out, and the one it has twice: one of the two instants, never null.
        ("2026-03-29 03:30:00", "2026-03-29 01:30:00+00"),
        ("not a time", None),
        ("2026-02-30 10:00:00", None),
        ("", None),
    ],
)
def test_a_time_without_an_offset_is_the_companys_and_one_with_an_offset_keeps_it(tmp_path, extract, written, utc):
    extract("id,came", f"1,{written}", "2,2026-09-01 00:00:00")
    assert column(staged(tmp_path, calls=calls()), "enqueued_at")[0] == utc


def test_a_source_may_have_a_time_zone_of_its_own(tmp_path, extract):
    extract("id,came", "1,2026-09-01 00:30:00")
    assert column(staged(tmp_path, calls=calls(timezone="America/New_York")), "enqueued_at") == [
        "2026-09-01 04:30:00+00"
    ]


def test_both_passes_through_the_hour_that_comes_twice_are_read(tmp_path, extract):
    extract("id,came", "1,2026-10-25 02:30:00+02:00", "2,2026-10-25 02:30:00+01:00", "3,2026-10-25 02:30:00")
    first, second, either = column(staged(tmp_path, calls=calls()), "enqueued_at")
    assert (first, second) == ("2026-10-25 00:30:00+00", "2026-10-25 01:30:00+00")
    assert either in {first, second}


def test_a_typed_time_is_taken_as_it_is_and_a_naive_one_in_the_zone(tmp_path):
    target = tmp_path / "calls.parquet"
    duckdb.execute("set TimeZone = 'UTC'")
    duckdb.execute(
        "copy (select 1 as id, timestamptz '2026-09-01 00:30:00+00' as came, "
        f"timestamp '2026-09-01 00:30:00' as answered) to '{target}' (format parquet)"
    )
    declared = calls({"answered_at": "answered"}) | {"files": {"glob": "calls.parquet", "format": "parquet"}}
    found = staged(tmp_path, calls=declared)
    assert column(found, "enqueued_at") == ["2026-09-01 00:30:00+00"]
    assert column(found, "answered_at") == ["2026-08-31 22:30:00+00"]


def test_the_day_of_an_instant_is_the_companys_day(tmp_path, extract):
    extract("id,came", "1,2026-09-30 22:30:00Z")
    orders = calls()
    orders["mappings"]["calls"] = {
        "contract": "customers",
        "columns": {"customer_key": "id", "acquired_on": "cast(came as timestamptz)"},
    }
    assert column(staged(tmp_path, calls=orders), "acquired_on") == ["2026-10-01"]


# Casts


def test_what_does_not_cast_is_null_in_the_view_and_still_there_before_the_cast(tmp_path, extract):
    extract("id,came,held", "1,2026-09-01,17", "2,2026-09-01,long")
    found = staged(tmp_path, calls=calls({"hold_seconds": "held"}))
    assert column(found, "hold_seconds")[1] is None
    assert column(found, "hold_seconds", "raw_calls__calls") == ["17", "long"]


def test_blanks_around_a_text_go_and_a_blank_text_is_none(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,  sales ", "2,2026-09-01,   ", "3,2026-09-01,")
    assert column(staged(tmp_path, calls=calls({"queue": "q"})), "queue") == ["sales", None, None]


def test_every_contract_column_is_there_and_what_is_not_mapped_is_null(tmp_path, extract):
    from flows.contracts import contract

    extract("id,came", "1,2026-09-01")
    found = staged(tmp_path, calls=calls())
    described = ask(found, "describe stg_calls__calls")
    types = {name: type_.lower() for name, type_, *_ in described}
    wanted = contract("calls", where="").types
    assert set(types) == set(wanted) | {"mapping", "source_file", "source_line"}
    assert types["enqueued_at"] == "timestamp with time zone"
    assert ask(found, "select queue, mapping, source_file, source_line from stg_calls__calls") == [
        (None, "calls.calls", "calls.csv", 2)
    ]


@pytest.mark.parametrize(
    ("written", "meant"), [("yes", None), ("true", "true"), ("1", "true"), ("f", "false"), ("", None)]
)
def test_a_yes_is_read_where_sql_reads_one(tmp_path, extract, written, meant):
    extract("id,came,gone", f"1,2026-09-01,{written}", "2,2026-09-01,true")
    found = column(staged(tmp_path, calls=calls({"abandoned": "gone"})), "abandoned")[0]
    if written == "yes":
        assert found in {None, "true"}
    else:
        assert found == meant


# Value maps, scales, missing markers, extra


def test_a_value_map_translates_what_it_knows_and_lets_the_rest_pass_to_the_facts_test(tmp_path, extract):
    extract("id,came,line", "1,2026-09-01, Handy ", "2,2026-09-01,Festnetz", "3,2026-09-01,fax", "4,2026-09-01,")
    found = staged(
        tmp_path,
        calls=calls({"line_type": "line"}, mapping={"values": {"line_type": {"Handy": "mobile", "Festnetz": "fixed"}}}),
    )
    assert column(found, "line_type") == ["mobile", "fixed", "fax", None]


def test_a_value_map_may_translate_odd_text_into_odd_text(tmp_path, extract):
    extract("id,came,q", f'1,2026-09-01,"{ODD.replace(chr(34), chr(34) * 2)}"')
    declared = calls({"queue": "q"}, mapping={"values": {"queue": {ODD: "o'clock {{ 1 }}"}}})
    assert column(staged(tmp_path, calls=declared), "queue") == ["o'clock {{ 1 }}"]


def test_a_value_map_reads_numbers_of_a_typed_source_as_their_text(tmp_path):
    target = tmp_path / "calls.parquet"
    duckdb.execute(f"copy (select 1 as id, timestamp '2026-09-01' as came, 3 as line) to '{target}' (format parquet)")
    declared = calls({"line_type": "line"}, mapping={"values": {"line_type": {"3": "mobile"}}})
    declared["files"] = {"glob": "calls.parquet", "format": "parquet"}
    assert column(staged(tmp_path, calls=declared), "line_type") == ["mobile"]


def test_missing_markers_are_null_everywhere_or_in_one_column(tmp_path, extract):
    extract("id,came,q,held", "1,2026-09-01,?,999", "2,2026-09-01,999, ? ", "3,2026-09-01,N/A,5")
    found = staged(
        tmp_path,
        calls=calls({"queue": "q", "hold_seconds": "held"}, missing=["", "?"], missing_in={"held": ["999"]}),
    )
    assert column(found, "queue") == [None, "999", "N/A"]
    assert [value and float(value) for value in column(found, "hold_seconds")] == [None, None, 5.0]


def test_the_scale_of_a_mapping_fills_the_scale_of_each_rating(tmp_path, extract):
    extract("id,came,s", "1,2026-09-01,4")
    rating = {
        "contract": "feedback",
        "scale": {"minimum": 1, "maximum": 5, "version": "o'2"},
        "columns": {"response_id": "id", "answered_at": "came", "score": "s", "respondent_role": "'customer'",
                    "question_kind": "'csat'"},
    }  # fmt: skip
    found = staged(tmp_path, calls=calls() | {"mappings": {"calls": rating}})
    query = "select score, scale_minimum, scale_maximum, scale_version from stg_calls__calls"
    [(score, low, high, version)] = ask(found, query)
    assert (float(score), float(low), float(high), version) == (4, 1, 5, "o'2")


def test_what_no_contract_has_rides_in_extra_as_json(tmp_path, extract):
    extract("id,came,mood", f'1,2026-09-01,"{ODD.replace(chr(34), chr(34) * 2)}"', "2,2026-09-01,")
    found = staged(tmp_path, calls=calls(mapping={"extra": {"mood": "mood", "long": "length(mood) > 3"}}))
    query = "select extra->>'mood', extra->>'long' from stg_calls__calls order by source_line"
    assert ask(found, query) == [(ODD, "true"), (None, None)]


# Drops, mends, corrections, duplicates: done, and counted


def handled(found: Staged) -> list[tuple[Any, ...]]:
    return ask(found, "select kind, reason, rows from handled order by kind, reason")


def test_dropped_rows_are_gone_and_counted_under_their_reason(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,test", "2,2026-09-01,sales", "3,2026-09-01,", "4,2026-09-01,test")
    drops = [
        {"when": "q = 'test'", "reason": "calls of the installers"},
        {"when": "id = '99'", "reason": "never there"},
    ]
    found = staged(tmp_path, calls=calls({"queue": "q"}, drops=drops))
    # A condition that is null for a row does not drop it.
    assert column(found, "call_key") == ["2", "3"]
    assert handled(found) == [("drop", "calls of the installers", 2)]


def test_a_mended_column_has_the_new_value_where_its_condition_holds_and_is_counted(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,slaes", "2,2026-09-01,sales", "3,2026-09-01,old")
    mends = [
        {"column": "q", "when": "q = 'slaes'", "to": "'sales'", "reason": "typed wrongly"},
        {"column": "q", "when": "q = 'old'", "to": "'new'", "reason": "renamed"},
    ]
    found = staged(tmp_path, calls=calls({"queue": "q"}, mends=mends))
    assert column(found, "queue") == ["sales", "sales", "new"]
    assert handled(found) == [("mend", "renamed", 1), ("mend", "typed wrongly", 1)]


def correct(root: Path, *lines: str) -> None:
    text = "\n".join(["source,file,line,column,value,reason", *lines]) + "\n"
    (root / "corrections.csv").write_text(text, encoding="utf-8")


def test_a_correction_changes_one_cell_or_drops_one_row_by_file_and_line(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,a", "2,2026-09-01,b", "3,2026-09-01,c")
    correct(
        tmp_path,
        f'calls,calls.csv,2,q,"{ODD.replace(chr(34), chr(34) * 2)}",typed wrongly',
        "calls,calls.csv,3,,,a test call",
        "calls,other.csv,4,q,z,of a file that is not there",
        "others,calls.csv,4,q,z,of another source",
    )
    found = staged(tmp_path, calls=calls({"queue": "q"}))
    assert column(found, "queue") == [ODD, "c"]
    assert handled(found) == [("correction", "a test call", 1), ("correction", "typed wrongly", 1)]


def test_a_correction_comes_before_drops_and_mends(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,tset", "2,2026-09-01,sales")
    correct(tmp_path, "calls,calls.csv,2,q,test,typed wrongly")
    found = staged(tmp_path, calls=calls({"queue": "q"}, drops=[{"when": "q = 'test'", "reason": "installers"}]))
    assert column(found, "call_key") == ["2"]


def test_a_correction_of_a_column_that_is_not_landed_is_refused(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,a")
    correct(tmp_path, "calls,calls.csv,2,mood,z,typed wrongly")
    with pytest.raises(ConfigurationError, match=r"corrections\.csv: .*mood, which calls does not land"):
        staged(tmp_path, calls=calls({"queue": "q"}))


@pytest.mark.parametrize(("way", "kept"), [("keep_first", "early"), ("keep_last", "late")])
def test_of_duplicates_the_declared_one_stays_and_the_others_are_counted(tmp_path, extract, way, kept):
    extract("id,came,q", "1,2026-09-01,early", "2,2026-09-01,only", "1,2026-09-01,late")
    found = staged(tmp_path, calls=calls({"queue": "q"}, key=["id"], duplicates=way))
    assert sorted(column(found, "queue")) == sorted([kept, "only"])
    assert handled(found) == [("duplicate", "same id", 1)]


def test_of_an_upsert_the_row_that_was_updated_last_wins_whatever_the_order(tmp_path, extract):
    extract(
        "id,came,q,changed", "1,2026-09-01,new,2026-09-05", "1,2026-09-01,old,2026-09-02", "2,2026-09-01,x,2026-09-01"
    )
    found = staged(tmp_path, calls=calls({"queue": "q"}, key=["id"], load="upsert", updated="changed"))
    assert sorted(column(found, "queue")) == ["new", "x"]


def test_dropped_mended_and_duplicate_rows_are_each_counted_once(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,test", "1,2026-09-01,slaes", "2,2026-09-01,slaes", "2,2026-09-01,sales")
    found = staged(
        tmp_path,
        calls=calls(
            {"queue": "q"},
            key=["id"],
            duplicates="keep_last",
            drops=[{"when": "q = 'test'", "reason": "installers"}],
            mends=[{"column": "q", "when": "q = 'slaes'", "to": "'sales'", "reason": "typed wrongly"}],
        ),
    )
    assert column(found, "queue") == ["sales", "sales"]
    assert handled(found) == [("drop", "installers", 1), ("duplicate", "same id", 1), ("mend", "typed wrongly", 2)]


# Mappings


def test_one_row_gives_many_ratings_by_several_mappings(tmp_path, extract):
    extract("id,came,nps,ces", "1,2026-09-01,9,5", "2,2026-09-01,,6")
    common = {"response_id": "id", "answered_at": "came", "respondent_role": "'customer'"}
    found = staged(
        tmp_path,
        survey={
            "files": {"glob": "calls.csv"},
            "mappings": {
                kind: {
                    "contract": "feedback",
                    "where": f"{kind} is not null",
                    "columns": common | {"question_kind": f"'{kind}'", "score": kind},
                    "scale": {"minimum": 0, "maximum": 10},
                }
                for kind in ("nps", "ces")
            },
        },
    )
    assert {name: sorted(views) for name, views in found.mappings.items()} == {
        "feedback": ["stg_survey__ces", "stg_survey__nps"]
    }
    assert len(column(found, "score", "stg_survey__nps")) == 1
    assert len(column(found, "score", "stg_survey__ces")) == 2


def test_a_select_may_join_other_sources(tmp_path, extract):
    extract("id,came,agent", "1,2026-09-01,7", "2,2026-09-01,8")
    extract("agent,queue", "7,sales", "8,support", name="agents.csv")
    declared = calls()
    declared["mappings"]["calls"] = {"contract": "calls", "select": "calls.sql"}
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "calls.sql").write_text(
        "select c.id as call_key, c.came as enqueued_at, a.queue, c._source_file as source_file, "
        "c._source_line as source_line from calls as c left join agents as a using (agent);\n",
        encoding="utf-8",
    )
    agents = {"files": {"glob": "agents.csv"}}
    found = staged(tmp_path, calls=declared, agents=agents)
    assert column(found, "queue") == ["sales", "support"]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"colour": "q"}, "calls has no column colour"),
        ({"queue": "q +"}, "cannot be read as SQL|is not one expression|cannot be read"),
        ({"queue": "nothing_like_it"}, "nothing_like_it"),
    ],
)
def test_an_expression_that_does_not_fit_names_its_source(tmp_path, extract, columns, told):
    from flows.errors import CxError

    extract("id,came,q", "1,2026-09-01,a")
    with pytest.raises(CxError, match=told) as caught:
        staged(tmp_path, calls=calls(columns))
    assert "calls" in caught.value.where
    assert caught.value.remedy


def test_a_mapping_without_a_required_column_is_refused(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,a")
    declared = calls()
    del declared["mappings"]["calls"]["columns"]["enqueued_at"]
    declared["mappings"]["calls"]["columns"]["queue"] = "q"
    with pytest.raises(ConfigurationError, match=r"mappings\.calls: calls needs enqueued_at"):
        staged(tmp_path, calls=declared)


def test_what_is_delivered_is_what_a_mapping_fills(tmp_path, extract):
    extract("id,came,q", "1,2026-09-01,a")
    found = staged(tmp_path, calls=calls({"queue": "q"}))
    assert found.delivered == {"calls": {"call_key", "enqueued_at", "queue"}}


def test_the_usual_rows_are_the_median_of_earlier_packages_once_there_are_three(tmp_path, extract):
    declared = calls(load="append")
    workspace_with(tmp_path, calls=declared)
    for month, rows in enumerate([10, 20, 40, 5], 1):
        extract("id,came", *(f"{month}-{row},2026-0{month}-01" for row in range(rows)), name=f"calls{month}.csv")
        found = staged(tmp_path, calls=declared)
        subject = next(each for each in found.subjects if each["kind"] == "source")
        if month < 4:
            assert subject["usual_rows"] is None
    assert (subject["rows"], subject["usual_rows"]) == (5, 20)


def test_a_snapshot_of_customers_must_say_when_it_was_true(tmp_path, extract):
    """Otherwise each pull would be a version without a beginning, and a customer would count once for each."""
    extract("id,region", "1,north", name="people.csv")
    people = {
        "files": {"glob": "people.csv"},
        "load": "snapshot",
        "key": ["id"],
        "mappings": {"people": {"contract": "customers", "columns": {"customer_key": "id", "region": "region"}}},
    }
    with pytest.raises(ConfigurationError, match="when it was true"):
        staged(tmp_path, people=people)
