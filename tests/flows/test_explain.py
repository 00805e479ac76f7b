"""A figure that was printed can be asked: what it means, how it is counted, and which rows it rests on."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.builds import newest_look
from flows.errors import ConfigurationError
from flows.explain import agrees, as_json, explain
from flows.explain_text import as_text
from flows.figures import FIGURE_COLUMNS, rows
from flows.period import Period
from flows.recount import KINDS
from flows.workspace import Workspace
from tests.flows.explained import COMMENT, EXTRA, KPIS, LAST, MOVED, ODD, UNPUBLISHED

#: The kinds whose figures are counted again; of the others the rows are listed.
COUNTED_AGAIN = {name for name, kind in KINDS.items() if kind.select}


@pytest.fixture(scope="module")
def figures(company: Workspace) -> list[dict[str, Any]]:
    look = newest_look(company, LAST)
    return rows(look.build.database, f"select {', '.join(FIGURE_COLUMNS)} from figures order by all")


@pytest.fixture(scope="module")
def ask(company: Workspace) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What is behind a figure, with all its rows; asked once for all the tests that look at it."""
    known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def asked(figure: dict[str, Any]) -> dict[str, Any]:
        key = tuple(figure[name] for name in ("kpi", "period", "slice", "slice_value"))
        if key not in known:
            part = None if figure["slice_value"] is None else f"{figure['slice']}={figure['slice_value']}"
            known[key] = explain(company, figure["kpi"], Period.parse(figure["period"]), part, listed=1000)
        return known[key]

    return asked


def _shown(figures: list[dict[str, Any]], kpi: str) -> list[dict[str, Any]]:
    """What is not hidden of the KPI in the month that has the most parts."""
    shown = [figure for figure in figures if figure["kpi"] == kpi and figure["verdict"] != "hidden"]
    parts = Counter(figure["period"] for figure in shown)
    fullest = max(parts, key=lambda month: (parts[month], month), default=None)
    return [figure for figure in shown if figure["period"] == fullest]


@pytest.mark.parametrize("kpi", KPIS)
def test_every_figure_counted_again_is_the_figure(
    ask: Callable[[dict[str, Any]], dict[str, Any]], figures: list[dict[str, Any]], kpi: str
) -> None:
    shown = _shown(figures, kpi)
    assert shown, f"let the fixture computed by hand show a figure of {kpi}"
    for figure in shown:
        answer = ask(figure)
        if answer["kpi"]["kind"] not in COUNTED_AGAIN:
            assert answer["sql"] is answer["recomputed"] is None
            assert "is not counted again" in " ".join(answer["notes"])
            continue
        assert answer["recomputed"]["n"] == figure["n"], figure
        assert answer["recomputed"]["value"] == pytest.approx(figure["value"], rel=1e-9, abs=1e-9), figure
        assert "error of cx" not in " ".join(answer["notes"])


def test_the_figures_that_are_asked_cover_kinds_slices_and_weights(figures: list[dict[str, Any]]) -> None:
    shown = [figure for figure in figures if figure["verdict"] != "hidden"]
    assert {KPIS[figure["kpi"]] for figure in shown} & COUNTED_AGAIN == COUNTED_AGAIN
    assert {"proportion", "nps", "mean", "rate", "quantile"} <= COUNTED_AGAIN
    assert {("region", ODD), ("channel", "email"), ("given", EXTRA), ("given", "not given")} <= {
        (figure["slice"], figure["slice_value"]) for figure in shown
    }
    assert len({figure["kpi"] for figure in shown if figure["kpi"].startswith("weighted_")}) == 3
    assert any(figure["verdict"] == "hidden" for figure in figures)


@pytest.mark.parametrize("kpi", KPIS)
def test_the_rows_listed_give_the_figure(
    ask: Callable[[dict[str, Any]], dict[str, Any]], figures: list[dict[str, Any]], kpi: str
) -> None:
    """Added up in plain Python, they are the rows behind it and no others."""
    import numpy as np

    for figure in _shown(figures, kpi):
        answer = ask(figure)
        told, listed = answer["rows"], answer["rows"]["listed"]
        assert len(listed) == told["total"]
        kind = answer["kpi"]["kind"]
        if kind not in COUNTED_AGAIN:
            assert told["total"] == figure["n"]
            continue
        if kind == "rate":
            assert figure["value"] == pytest.approx(answer["kpi"]["per"] * told["total"] / figure["n"])
            continue
        if kind == "mix":
            assert figure["value"] == pytest.approx(100 * told["total"] / figure["n"])
            continue
        assert told["total"] == figure["n"]
        weights = [1.0 if row["weight"] is None else row["weight"] for row in listed]
        if kind == "quantile":
            ascending = sorted(float("inf") if row["measure"] is None else row["measure"] for row in listed)
            rank = (len(ascending) - 1) * answer["kpi"]["quantile"]
            value = ascending[int(rank)]
            if share := rank % 1:
                value += share * (ascending[int(rank) + 1] - value)
        elif kind == "proportion":
            value = 100 * np.average([row["hit"] for row in listed], weights=weights)
            assert told["hits"] == sum(row["hit"] for row in listed)
        elif kind == "nps":
            value = 100 * np.average([(row["measure"] >= 9) - (row["measure"] <= 6) for row in listed], weights=weights)
        elif kind == "ratio":
            value = sum(row["measure"] for row in listed) / sum(row["denominator"] for row in listed)
            value *= answer["kpi"]["per"]
        elif kind == "log_mean":
            value = np.exp(np.mean(np.log([row["measure"] for row in listed])))
        elif kind == "count":
            value = len(listed)
        else:
            value = np.average([row["measure"] for row in listed], weights=weights)
        assert figure["value"] == pytest.approx(value, rel=1e-4), figure


def test_a_month_is_the_companys_own(company: Workspace) -> None:
    january, february = (
        {row["time"] for row in explain(company, "nps", Period(2025, month), listed=99)["rows"]["listed"]}
        for month in (1, 2)
    )
    assert "2025-01-31 23:59:00+01" in january
    assert "2025-02-01 00:01:00+01" in february
    assert not january & february


def test_the_sql_that_is_printed_runs_as_it_is_printed(company: Workspace) -> None:
    for kpi, month in [("nps", "2025-01"), ("complaints", "2025-10"), ("frt_median", "2025-05")]:
        answer = explain(company, kpi, Period.parse(month))
        printed = as_text(answer, "Europe/Warsaw")
        script = re.search(r"(?s)  (set TimeZone.*?;.*?;)\n", printed)[1]
        with duckdb.connect(str(company.root / answer["build"]["database"]), read_only=True) as connection:
            *_, last = (connection.execute(statement) for statement in script.split(";") if statement.strip())
            assert dict(zip(("n", "value"), last.fetchone(), strict=True)) == answer["recomputed"]


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


@pytest.mark.parametrize("kpi", KPIS)
def test_no_comment_no_extra_and_no_number_of_the_sources_own_is_told(
    ask: Callable[[dict[str, Any]], dict[str, Any]], figures: list[dict[str, Any]], kpi: str
) -> None:
    for figure in _shown(figures, kpi):
        if figure["slice_value"] is not None:
            continue
        answer = ask(figure)
        told = json.dumps(answer["rows"]) + as_text(answer | {"sql": None}, "Europe/Warsaw")
        assert COMMENT not in told
        assert EXTRA not in told
        for row in answer["rows"]["listed"]:
            keys = {name: key for name, key in row["keys"].items() if name.endswith(("_key", "_id"))}
            for name, key in [("customer_key", row["customer_key"]), *keys.items()]:
                assert key is None or re.fullmatch("[0-9a-f]{32}", key), name


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


# Small groups


def test_a_hidden_figure_shows_neither_numbers_nor_rows_and_says_why(
    ask: Callable[[dict[str, Any]], dict[str, Any]], figures: list[dict[str, Any]]
) -> None:
    hidden = {figure["kpi"]: figure for figure in figures if figure["verdict"] == "hidden"}
    assert len(hidden) > 5
    for figure in hidden.values():
        answer = ask(figure)
        assert answer["sql"] is answer["recomputed"] is answer["rows"] is answer["differs"] is None
        assert {key: answer["figure"][key] for key in ("value", "n", "low", "high", "previous")} == dict.fromkeys(
            ("value", "n", "low", "high", "previous")
        )
        assert "fewer than 3 people" in answer["withheld"]
        text = as_text(answer, "Europe/Warsaw")
        assert answer["kpi"]["definition"][:40] in text
        assert "withheld" in text
        assert "ROWS" not in text


def test_a_figure_that_is_hidden_only_now_keeps_what_was_published_and_shows_nothing_more(
    company: Workspace, figures: list[dict[str, Any]], tmp_path: Path
) -> None:
    shown = next(f for f in figures if (f["kpi"], f["period"], f["slice"]) == ("nps", "2025-01", "overall"))
    root = tmp_path / "company"
    shutil.copytree(company.root, root)
    look = newest_look(Workspace.load(root), Period(2025, 1))
    with duckdb.connect(str(look.build.database)) as connection:
        connection.execute(
            "update figures set verdict = 'hidden', value = null, n = null where kpi = 'nps' and period = '2025-01'"
        )
    answer = explain(Workspace.load(root), "nps", Period(2025, 1))
    assert answer["figure"]["n"] == shown["n"]
    assert answer["recomputed"] is answer["rows"] is answer["sql"] is None
    assert "Beyond what was published nothing is shown" in answer["withheld"]


def test_rows_of_few_people_are_not_listed_where_there_is_no_figure_to_be_hidden(
    company: Workspace, tmp_path: Path
) -> None:
    root = tmp_path / "company"
    shutil.copytree(company.root, root)
    build = newest_look(Workspace.load(root), UNPUBLISHED).build
    told = json.loads(build.results.read_text(encoding="utf-8"))
    told["args"]["vars"]["hidden_below"] = 10
    build.results.write_text(json.dumps(told), encoding="utf-8")
    with duckdb.connect(str(build.database)) as connection:
        connection.execute("delete from figures where kpi = 'resp_rate'")
    answer = explain(Workspace.load(root), "resp_rate", UNPUBLISHED)
    assert answer["figure"] is answer["rows"] is answer["sql"] is answer["recomputed"] is None
    assert "Fewer than 10 rows" in answer["withheld"]


def test_a_hidden_value_of_a_slice_is_not_told_by_the_keys_of_the_whole(company: Workspace, tmp_path: Path) -> None:
    """The touchpoint is a key of a rating: counting it in the rows of the whole would give the hidden cell away."""
    root = tmp_path / "company"
    shutil.copytree(company.root, root)
    look = newest_look(Workspace.load(root), Period(2025, 2))
    with duckdb.connect(str(look.build.database)) as connection:
        connection.execute("update fct_feedback set touchpoint = 'vault' where question_kind = 'csat'")
        connection.execute(
            "insert into figures select * replace ('touchpoint' as slice, 'vault' as slice_value, 'hidden' as verdict) "
            "from figures where period = '2025-02' and kpi = 'csat_t2b' and slice = 'overall'"
        )
    answer = explain(Workspace.load(root), "csat_t2b", Period(2025, 2))
    assert {row["keys"]["touchpoint"] for row in answer["rows"]["listed"]} == {"hidden"}
    assert "vault" not in as_json(answer)
    with pytest.raises(ConfigurationError) as refused:
        explain(Workspace.load(root), "csat_t2b", Period(2025, 2), "touchpoint=none")
    assert "vault" not in refused.value.sentence


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
    root = tmp_path / "company"
    shutil.copytree(company.root, root, ignore=shutil.ignore_patterns("builds"))
    return Workspace.load(root)


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
    root = tmp_path / "company"
    shutil.copytree(company.root, root)
    with duckdb.connect(str(newest_look(Workspace.load(root), LAST).build.database)) as connection:
        connection.execute("update kpis set counted = 'not abandoned', window_days = 3 where kpi = 'abandon'")
    [note] = explain(Workspace.load(root), "abandon", LAST)["notes"]
    assert note.startswith("Its declaration has changed since it was published (counted, window_days)")


def test_what_a_build_does_not_declare_any_more_is_told_as_it_was_published(company: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "company"
    shutil.copytree(company.root, root)
    build = newest_look(Workspace.load(root), LAST).build
    manifest = build.project / "target" / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    del told["nodes"]["model.cx.fct_calls"]["config"]["meta"]["slices"]["queue"]
    manifest.write_text(json.dumps(told), encoding="utf-8")
    with duckdb.connect(str(build.database)) as connection:
        connection.execute("delete from kpis where kpi = 'nps'")
        connection.execute("update kpis set slices = [] where kpi = 'abandon'")
    part = explain(Workspace.load(root), "abandon", LAST, "queue=help")
    assert (part["figure"]["n"], part["rows"]) == (5, None)
    assert "does not know the slice queue any more" in part["notes"][-1]
    whole = explain(Workspace.load(root), "nps", Period(2025, 1))
    assert (whole["figure"]["n"], whole["rows"]) == (10, None)
    assert "does not declare nps any more" in whole["notes"][-1]


def test_what_was_not_declared_yet_is_told_so(company: Workspace, tmp_path: Path) -> None:
    root = tmp_path / "company"
    shutil.copytree(company.root, root)
    frozen = root / "var" / "published" / "2025-01" / "r0"
    for name in ("figures", "kpis"):
        with duckdb.connect() as connection:
            path = frozen / f"{name}.parquet"
            connection.execute(f"create table t as select * from read_parquet('{path}') where kpi != 'nps'")
            connection.execute(f"copy t to '{path}' (format parquet)")
    answer = explain(Workspace.load(root), "nps", Period(2025, 1))
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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((10, 5.0), (10, 5.0 + 1e-12), True),
        ((10, 5.0), (10, 5.0001), False),
        ((10, 5.0), (11, 5.0), False),
        ((10, None), (10, None), True),
        ((10, None), (10, 0.0), False),
        ((10, 3e9), (10, 3e9 + 1e-3), True),
    ],
)
def test_two_countings_agree_when_n_and_value_do(one: tuple, other: tuple, same: bool) -> None:
    assert agrees(*({"n": n, "value": value} for n, value in (one, other))) is same
