"""A figure that was printed can be asked: what it means, how it is counted, and which rows it rests on."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.builds import newest_look
from flows.explain import explain
from flows.explain_text import as_text
from flows.period import Period
from flows.recount import KINDS
from flows.workspace import Workspace
from tests.flows.explained import KPIS, LAST, MOVED, UNPUBLISHED, Ask, copied, warehouse


def test_a_month_is_the_companys_own(company: Workspace) -> None:
    january, february = (
        {row["time"] for row in explain(company, "nps", Period(2025, month), listed=99)["rows"]["listed"]}
        for month in (1, 2)
    )
    assert "2025-01-31 23:59:00+01" in january
    assert "2025-02-01 00:01:00+01" in february
    assert not january & february


def test_the_sql_that_is_printed_runs_as_it_is_printed(
    built: Workspace, ask: Ask, figures: list[dict[str, Any]]
) -> None:
    of_each_kind = {KPIS[figure["kpi"]]: figure for figure in figures if KPIS[figure["kpi"]] in KINDS}
    for figure in of_each_kind.values():
        answer = ask(figure)
        printed = as_text(answer, "Europe/Warsaw")
        script = re.search(r"(?s)  (set TimeZone.*?;.*?;)\n\n", printed)[1]
        with duckdb.connect(str(built.root / answer["build"]["database"]), read_only=True) as connection:
            counted = connection.execute(script).fetchone()
        assert dict(zip(("n", "value"), counted, strict=True)) == answer["recomputed"]


# What is told of a row


def test_rows_have_their_source_and_hashed_keys_only(company: Workspace) -> None:
    answer = explain(company, "nps", Period(2025, 1), listed=2)
    assert len(answer["rows"]["listed"]) == 2 < answer["rows"]["total"]
    for row in answer["rows"]["listed"]:
        assert list(row) == [
            "mapping", "file", "line", "customer_key", "keys", "time", "window_closes", "hit", "measure",
            "denominator", "weight",
        ]  # fmt: skip
        assert (row["mapping"], row["file"]) == ("feedback.ratings", "feedback.csv")
        assert isinstance(row["line"], int)
        assert re.fullmatch("[0-9a-f]{32}", row["customer_key"])
        # The source does not declare the number of a response as a key; it is hashed all the same.
        assert re.fullmatch("[0-9a-f]{32}", row["keys"]["response_id"])
        assert row["keys"]["question_kind"] == "nps"


def test_the_rows_of_a_spine_have_no_file_and_say_whose_they_are(company: Workspace) -> None:
    answer = explain(company, "churn_logo", Period(2025, 11))
    assert answer["rows"]["total"] == 8
    for row in answer["rows"]["listed"]:
        assert row["file"] is row["line"] is row["mapping"] is None
        assert row["customer_key"]
    assert [row["hit"] for row in answer["rows"]["listed"]][:2] == [True, False], "who was lost comes first"


def test_a_row_beyond_the_window_and_the_close_of_the_window_are_told(company: Workspace) -> None:
    answer = explain(company, "frt_median", Period(2025, 4))
    assert any(row["measure"] is None for row in answer["rows"]["listed"])
    assert {row["window_closes"][:7] for row in answer["rows"]["listed"]} == {"2025-04"}
    assert any(row["time"][:7] == "2025-03" for row in answer["rows"]["listed"])
    nearest = [abs(row["measure"] - answer["figure"]["value"]) for row in answer["rows"]["listed"] if row["measure"]]
    assert nearest == sorted(nearest)
    assert "beyond the window" in as_text(answer, "Europe/Warsaw")


def test_a_figure_beyond_its_window_is_not_given_but_its_rows_are(company: Workspace) -> None:
    answer = explain(company, "frt_p90", Period(2025, 4))
    assert answer["figure"] is answer["recomputed"] is None
    assert answer["rows"]["total"] == 7
    assert "beyond the follow-up window of 3 days" in " ".join(answer["notes"])


# Published then, counted now


def test_a_published_figure_that_counts_the_same_says_so_and_how_old_it_is(company: Workspace) -> None:
    answer = explain(company, "nps", Period(2025, 1))
    assert answer["differs"] is False
    assert answer["publication"]["kind"] == "backfill"
    [note] = answer["notes"]
    assert note.startswith("The rows are as of the end of 2026-01, the newest build that looks at 2025-01;")
    assert note.endswith("published from a build of 2025-12.")
    assert explain(company, "abandon", LAST)["notes"] == [], "it was published from this very build"
    assert "the same as published" in as_text(answer, "Europe/Warsaw")


def test_a_published_figure_that_counts_differently_now_is_told_with_both(company: Workspace) -> None:
    answer = explain(company, "on_time", MOVED)
    assert answer["differs"] is True
    assert answer["figure"]["value"] == pytest.approx(answer["recomputed"]["value"] - 1)
    assert "now differ" in answer["notes"][-1]
    text = as_text(answer, "Europe/Warsaw")
    assert "65.7%" in text
    assert "66.7%, n 9, DIFFERENT from what was published" in text


def test_a_month_that_is_not_published_is_that_of_the_build_and_says_so(company: Workspace) -> None:
    answer = explain(company, "resp_rate", UNPUBLISHED)
    assert answer["publication"] is answer["differs"] is None
    assert answer["figure"]["n"] == answer["recomputed"]["n"] == 9
    assert "2025-04 is not published" in answer["notes"][0]


@pytest.fixture
def without_builds(company: Workspace, tmp_path: Path) -> Workspace:
    return copied(company, tmp_path / "company", "builds")


def test_without_a_build_the_definition_and_the_figure_are_told_and_what_to_do(without_builds: Workspace) -> None:
    answer = explain(without_builds, "nps", Period(2025, 1))
    assert answer["figure"]["n"] == 10
    assert answer["kpi"]["definition"]
    assert answer["build"] is answer["rows"] is answer["sql"] is answer["recomputed"] is None
    [note] = answer["notes"]
    assert note.startswith("No build is left that looks at 2025-01")
    assert "cx run 2026-01 --pull --no-send" in note
    assert "definition" in as_text(answer, "Europe/Warsaw")


def test_a_month_older_than_the_window_needs_a_wider_one(without_builds: Workspace) -> None:
    narrow = replace(without_builds, settings=without_builds.settings.model_copy(update={"window_months": 6}))
    [note] = explain(narrow, "nps", Period(2025, 1))["notes"]
    assert "raise window_months in cx.toml to 13 or more" in note


def test_a_declaration_that_has_changed_since_is_told(company: Workspace, tmp_path: Path) -> None:
    other = copied(company, tmp_path / "company")
    with warehouse(other) as connection:
        connection.execute("update kpis set counted = 'not abandoned', window_days = 3 where kpi = 'abandon'")
    [note] = explain(other, "abandon", LAST)["notes"]
    assert note.startswith("Its declaration has changed since it was published (counted, window_days)")


def test_what_a_build_does_not_declare_any_more_is_told_as_it_was_published(company: Workspace, tmp_path: Path) -> None:
    other = copied(company, tmp_path / "company")
    manifest = newest_look(other, LAST).build.project / "target" / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    del told["nodes"]["model.cx.fct_calls"]["config"]["meta"]["slices"]["queue"]
    manifest.write_text(json.dumps(told), encoding="utf-8")
    with warehouse(other) as connection:
        connection.execute("delete from kpis where kpi = 'nps'")
        connection.execute("update kpis set slices = [] where kpi = 'abandon'")
    part = explain(other, "abandon", LAST, "queue=help")
    assert (part["figure"]["n"], part["rows"]) == (5, None)
    assert "does not know the slice queue any more" in part["notes"][-1]
    whole = explain(other, "nps", Period(2025, 1))
    assert (whole["figure"]["n"], whole["rows"]) == (10, None)
    assert "does not declare nps any more" in whole["notes"][-1]


def test_what_was_not_declared_yet_is_told_so(company: Workspace, tmp_path: Path) -> None:
    other = copied(company, tmp_path / "company")
    frozen = other.root / "var" / "published" / "2025-01" / "r0"
    for name in ("figures", "kpis"):
        with duckdb.connect() as connection:
            path = frozen / f"{name}.parquet"
            connection.execute(f"create table t as select * from read_parquet('{path}') where kpi != 'nps'")
            connection.execute(f"copy t to '{path}' (format parquet)")
    answer = explain(other, "nps", Period(2025, 1))
    assert answer["figure"] is None
    assert "it was not declared when the month was published" in answer["notes"][0]
    assert answer["recomputed"]["n"] == answer["rows"]["total"] == 10


def test_a_kind_that_is_not_counted_again_lists_its_rows(company: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(KINDS, "mean")
    answer = explain(company, "csat_mean", Period(2025, 2))
    assert answer["sql"] is answer["recomputed"] is None
    assert answer["rows"]["total"] == 7
    assert answer["differs"] is False, "the build's own figure is compared"
    assert "A figure of the kind mean is not counted again here" in answer["notes"][-1]
    assert "SQL" not in as_text(answer, "Europe/Warsaw")


def test_a_recount_that_is_not_the_builds_own_figure_is_owned_up_to(
    company: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "nps", KINDS["mean"])
    answer = explain(company, "nps", Period(2025, 1))
    assert "error of cx" in " ".join(answer["notes"])
