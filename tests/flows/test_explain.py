"""A figure that was printed can be asked: what it means, how it is counted, and which rows it rests on."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from flows.builds import newest_look
from flows.errors import ConfigurationError
from flows.explain import answer, as_json, explain
from flows.explain_rows import agrees
from flows.explain_text import as_text
from flows.figures import FIGURE_COLUMNS, rows
from flows.period import Period
from flows.records import Records
from flows.recount import KINDS
from flows.workspace import Workspace
from tests.flows.explained import COMMENT, EXTRA, KPIS, LAST, MOVED, ODD, SHOWN, UNPUBLISHED, copied, hide_below

#: The kinds whose figures are counted again; of the others the rows are listed.
COUNTED_AGAIN = set(KINDS)
Ask = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def figures(built: Workspace) -> list[dict[str, Any]]:
    """Every figure of the build in which nothing is hidden."""
    return _figures(built)


def _figures(company: Workspace) -> list[dict[str, Any]]:
    [database] = company.builds.glob("*/warehouse.duckdb")
    return rows(database, f"select {', '.join(FIGURE_COLUMNS)} from figures order by all")


@pytest.fixture(scope="module")
def ask(built: Workspace) -> Iterator[Ask]:
    """What is behind a figure, with all its rows; asked once for all the tests that look at it."""
    with Records(built) as records:
        yield _asking(records)


@pytest.fixture(scope="module")
def ask_company(company: Workspace) -> Iterator[Ask]:
    """The same of the company that hides small groups and publishes."""
    with Records(company) as records:
        yield _asking(records)


def _asking(records: Records) -> Ask:
    known: dict[tuple[Any, ...], dict[str, Any]] = {}

    def asked(figure: dict[str, Any]) -> dict[str, Any]:
        key = tuple(figure[name] for name in ("kpi", "period", "slice", "slice_value"))
        if key not in known:
            part = None if figure["slice_value"] is None else f"{figure['slice']}={figure['slice_value']}"
            known[key] = answer(records, figure["kpi"], Period.parse(figure["period"]), part, listed=1000)
        return known[key]

    return asked


def _shown(figures: list[dict[str, Any]], kpi: str) -> list[dict[str, Any]]:
    """What is not hidden of the KPI in the month that has the most parts."""
    shown = [figure for figure in figures if figure["kpi"] == kpi and figure["verdict"] != "hidden"]
    parts = Counter(figure["period"] for figure in shown)
    fullest = max(parts, key=lambda month: (parts[month], month), default=None)
    return [figure for figure in shown if figure["period"] == fullest]


@pytest.mark.parametrize("kpi", KPIS)
def test_every_figure_counted_again_is_the_figure(ask: Ask, figures: list[dict[str, Any]], kpi: str) -> None:
    shown = _shown(figures, kpi)
    assert shown or kpi not in SHOWN
    for figure in shown:
        told = ask(figure)
        if told["kpi"]["kind"] == "estimate":
            assert told["sql"] is told["recomputed"] is told["rows"] is None
            assert "is not counted again" in " ".join(told["notes"])
            continue
        assert told["recomputed"]["n"] == figure["n"], figure
        assert told["recomputed"]["value"] == pytest.approx(figure["value"], rel=1e-9, abs=1e-9), figure
        assert "error of cx" not in " ".join(told["notes"])


def test_the_figures_that_are_asked_cover_kinds_slices_and_weights(figures: list[dict[str, Any]]) -> None:
    assert {KPIS[figure["kpi"]] for figure in figures} & COUNTED_AGAIN == COUNTED_AGAIN
    assert {"proportion", "nps", "mean", "rate", "quantile", "survival", "spread", "composite"} <= COUNTED_AGAIN
    assert {("region", ODD), ("channel", "email"), ("given", EXTRA), ("given", "not given")} <= {
        (figure["slice"], figure["slice_value"]) for figure in figures
    }
    assert len({figure["kpi"] for figure in figures if figure["kpi"].startswith("weighted_")}) == 3
    assert not any(figure["verdict"] == "hidden" for figure in figures)


@pytest.mark.parametrize("kpi", KPIS)
def test_the_rows_listed_give_the_figure(ask: Ask, figures: list[dict[str, Any]], kpi: str) -> None:
    """Added up in plain Python, they are the rows behind it and no others."""
    for figure in _shown(figures, kpi):
        told = ask(figure)
        kind = told["kpi"]["kind"]
        if kind in GIVEN:
            value = GIVEN[kind](told, figure)
        else:
            assert len(told["rows"]["listed"]) == told["rows"]["total"] == figure["n"]
            value = ADDED_UP[kind](told["rows"]["listed"], told["kpi"])
        assert value is None or figure["value"] == pytest.approx(value, rel=1e-4, abs=1e-9), figure


def _of_a_rate(told: dict[str, Any], figure: dict[str, Any]) -> float:
    return told["kpi"]["per"] * told["rows"]["total"] / figure["n"]


def _of_a_mix(told: dict[str, Any], figure: dict[str, Any]) -> float:
    return 100 * told["rows"]["total"] / figure["n"]


def _of_an_estimate(told: dict[str, Any], figure: dict[str, Any]) -> float:
    [row] = [
        row
        for row in told["estimates"]
        if (row["slice"], row["slice_value"]) == (figure["slice"], figure["slice_value"])
    ]
    assert row["n"] == figure["n"]
    assert (told["build"], told["model"]["name"]) != (None, None)
    return row["estimate"]


def _of_a_composite(told: dict[str, Any], figure: dict[str, Any]) -> float:
    present = [part for part in told["parts"] if part["standing"] is not None]
    assert min(part["n"] for part in present) == figure["n"]
    dimensions = {part["dimension"] for part in present}
    return np.mean(
        [np.mean([part["standing"] for part in present if part["dimension"] == one]) for one in sorted(dimensions)]
    )


def _weighted(listed: list[dict[str, Any]], numbers: list[float]) -> float:
    return np.average(numbers, weights=[1.0 if row["weight"] is None else row["weight"] for row in listed])


def _quantile(listed: list[dict[str, Any]], kpi: dict[str, Any]) -> float:
    ascending = sorted(float("inf") if row["measure"] is None else row["measure"] for row in listed)
    rank = (len(ascending) - 1) * kpi["quantile"]
    value = ascending[int(rank)]
    return value + rank % 1 * (ascending[int(rank) + 1] - value) if rank % 1 else value


def _survival(listed: list[dict[str, Any]], kpi: dict[str, Any]) -> float:
    remaining, followed = 1.0, len(listed)
    times = [(round(row["measure"], 3), row["hit"]) for row in listed]
    for time in sorted({time for time, _ in times}):
        if kpi["horizon"] and time > kpi["horizon"]:
            break
        remaining *= 1 - times.count((time, True)) / followed
        if kpi["quantile"] and remaining <= 1 - kpi["quantile"] + 1e-9:
            return time
        followed -= sum(one == time for one, _ in times)
    return 100 * remaining


#: By kind what the rows listed add up to.
ADDED_UP: dict[str, Callable[[list[dict[str, Any]], dict[str, Any]], float | None]] = {
    "proportion": lambda listed, _: 100 * _weighted(listed, [row["hit"] for row in listed]),
    "nps": lambda listed, _: 100 * _weighted(listed, [(row["measure"] >= 9) - (row["measure"] <= 6) for row in listed]),
    "mean": lambda listed, _: _weighted(listed, [row["measure"] for row in listed]),
    "log_mean": lambda listed, _: np.exp(np.mean(np.log([row["measure"] for row in listed]))),
    "count": lambda listed, _: len(listed),
    # a row that brings nothing to one of the sums adds nothing
    "ratio": lambda listed, kpi: (
        kpi["per"] * sum(row["measure"] or 0 for row in listed) / sum(row["denominator"] or 0 for row in listed)
    ),
    "quantile": _quantile,
    "survival": _survival,
    # who differs is not told; see test_recount.py
    "spread": lambda *_: None,
}
#: By kind what the answer gives otherwise, since n is not the number of rows.
GIVEN: dict[str, Callable[[dict[str, Any], dict[str, Any]], float]] = {
    "rate": _of_a_rate,
    "mix": _of_a_mix,
    "estimate": _of_an_estimate,
    "composite": _of_a_composite,
}


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
def test_no_comment_no_extra_no_agent_and_no_number_of_the_sources_own_is_told(
    ask: Ask, figures: list[dict[str, Any]], kpi: str
) -> None:
    for figure in _shown(figures, kpi):
        if figure["slice_value"] is not None:
            continue
        told = ask(figure)
        text = as_text(told | {"sql": None}, "Europe/Warsaw")
        assert COMMENT not in (said := json.dumps([told["rows"], told["estimates"], told["parts"]]) + text)
        assert EXTRA not in said
        for row in told["rows"]["listed"] if told["rows"] else []:
            keys = {name: key for name, key in row["keys"].items() if name.endswith(("_key", "_id"))}
            assert "agent_key" not in keys
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


def test_a_hidden_figure_shows_neither_numbers_nor_rows_and_says_why(company: Workspace, ask_company: Ask) -> None:
    hidden = {figure["kpi"]: figure for figure in _figures(company) if figure["verdict"] == "hidden"}
    assert len(hidden) > 5
    for figure in hidden.values():
        told = ask_company(figure)
        for name in ("sql", "recomputed", "rows", "differs", "estimates", "parts"):
            assert told[name] is None
        assert {key: told["figure"][key] for key in ("value", "n", "low", "high", "previous")} == dict.fromkeys(
            ("value", "n", "low", "high", "previous")
        )
        assert "fewer than 3 people" in told["withheld"]
        text = as_text(told, "Europe/Warsaw")
        assert told["kpi"]["definition"][:40] in text
        assert "withheld" in text
        assert not {"ROWS", "ESTIMATES", "PARTS"} & set(text.split())


def test_a_figure_that_is_hidden_only_now_keeps_what_was_published_and_shows_nothing_more(
    company: Workspace, tmp_path: Path
) -> None:
    shown = explain(company, "nps", Period(2025, 1))["figure"]
    other = copied(company, tmp_path / "company")
    with _warehouse(other) as connection:
        connection.execute(
            "update figures set verdict = 'hidden', value = null, n = null where kpi = 'nps' and period = '2025-01'"
        )
    told = explain(other, "nps", Period(2025, 1))
    assert told["figure"]["n"] == shown["n"]
    assert told["recomputed"] is told["rows"] is told["sql"] is None
    assert "Beyond what was published nothing is shown" in told["withheld"]


def _warehouse(company: Workspace) -> duckdb.DuckDBPyConnection:
    """That of the only build of a copy, to be changed."""
    [database] = company.builds.glob("*/warehouse.duckdb")
    return duckdb.connect(str(database))


def test_rows_of_few_people_are_not_listed_where_there_is_no_figure_to_be_hidden(
    company: Workspace, tmp_path: Path
) -> None:
    other = copied(company, tmp_path / "company")
    hide_below(newest_look(other, UNPUBLISHED).build, 10)
    with _warehouse(other) as connection:
        connection.execute("delete from figures where kpi = 'resp_rate'")
    told = explain(other, "resp_rate", UNPUBLISHED)
    assert told["figure"] is told["rows"] is told["sql"] is told["recomputed"] is None
    assert "Fewer than 10 people" in told["withheld"]


@pytest.mark.parametrize("with_figure", [True, False])
def test_many_rows_of_few_people_are_not_listed(company: Workspace, tmp_path: Path, with_figure: bool) -> None:
    """Seven first replies to two customers: a figure of rows, but a list would be one of two people."""
    other = copied(company, tmp_path / "company", "published", "ledger.db*")
    # the month has a median, and a p90 that lies beyond the window
    kpi, month = ("frt_median" if with_figure else "frt_p90"), Period(2025, 4)
    before = explain(other, kpi, month)
    with _warehouse(other) as connection:
        connection.execute("update fct_cases set customer_key = left(md5(case_key), 0) || (ascii(md5(case_key)) % 2)")
        connection.execute("update case_sequences set customer_key = cast(ascii(md5(case_key)) % 2 as varchar)")
    told = explain(other, kpi, month)
    assert before["rows"]["total"] == before["rows"]["people"] == 7
    assert told["rows"] is None
    assert told["figure"] == before["figure"]
    assert (told["figure"] is not None, told["recomputed"] is not None, told["sql"] is not None) == (with_figure,) * 3
    few = "are of fewer than 3 people" if with_figure else "Fewer than 3 people stand behind it"
    assert few in told["withheld"]
    assert "ROWS" not in as_text(told, "Europe/Warsaw")


def test_rows_of_unknown_customers_are_of_one_each(company: Workspace, tmp_path: Path) -> None:
    other = copied(company, tmp_path / "company", "published", "ledger.db*")
    with _warehouse(other) as connection:
        connection.execute("update fct_feedback set customer_key = null")
    told = explain(other, "nps", Period(2025, 1))
    assert told["rows"]["people"] == told["rows"]["total"] == 10


def test_few_events_of_an_exposure_of_many_are_listed(company: Workspace) -> None:
    told = explain(company, "complaints", Period(2025, 11))
    assert 0 < told["rows"]["people"] < 3 <= told["figure"]["n"], "let the fixture have one or two complaints"
    assert len(told["rows"]["listed"]) == told["rows"]["total"]
    assert told["withheld"] is None


def test_a_hidden_value_of_a_slice_is_not_told_by_the_keys_of_the_whole(company: Workspace, tmp_path: Path) -> None:
    """The touchpoint is a key of a rating: counting it in the rows of the whole would give the hidden cell away."""
    other = copied(company, tmp_path / "company")
    with _warehouse(other) as connection:
        connection.execute("update fct_feedback set touchpoint = 'vault' where question_kind = 'csat'")
        connection.execute(
            "insert into figures select * replace ('touchpoint' as slice, 'vault' as slice_value, 'hidden' as verdict) "
            "from figures where period = '2025-02' and kpi = 'csat_t2b' and slice = 'overall'"
        )
    answer = explain(other, "csat_t2b", Period(2025, 2))
    assert {row["keys"]["touchpoint"] for row in answer["rows"]["listed"]} == {"hidden"}
    assert "vault" not in as_json(answer)
    with pytest.raises(ConfigurationError) as refused:
        explain(other, "csat_t2b", Period(2025, 2), "touchpoint=none")
    assert "vault" not in refused.value.sentence


# Estimates and composites


def test_an_estimate_tells_the_rows_of_its_model_and_its_file(built: Workspace, figures: list[dict[str, Any]]) -> None:
    for kpi, suffix in [("driver_rank_mean", ".sql"), ("eco_gap_employees", ".py")]:
        month = next(figure["period"] for figure in figures if figure["kpi"] == kpi)
        told = explain(built, kpi, Period.parse(month))
        assert {(row["slice"], row["slice_value"]) for row in told["estimates"]} == {
            (row["slice"], row["slice_value"]) for row in figures if (row["kpi"], row["period"]) == (kpi, month)
        }
        file = built.root / told["model"]["file"]
        assert (file.suffix, file.stem, file.is_file()) == (suffix, told["model"]["name"], True)
        text = as_text(told, "Europe/Warsaw")
        assert told["model"]["file"] in text
        assert f"reads {', '.join(told['model']['reads'])}" in " ".join(text.split())
        for row in told["estimates"]:
            part = f"{row['slice']}={row['slice_value']}"
            if row["slice_value"] is not None:
                assert explain(built, kpi, Period.parse(month), part)["estimates"] == [row]


def test_an_estimate_that_is_told_part_by_part_says_so(built: Workspace, figures: list[dict[str, Any]]) -> None:
    month = next(figure["period"] for figure in figures if figure["kpi"] == "driver_rank_mean")
    told = explain(built, "driver_rank_mean", Period.parse(month))
    assert told["figure"] is None
    assert "told part by part; name one with --slice" in " ".join(told["notes"])


def test_a_row_of_an_estimate_is_left_out_where_its_figure_is_hidden_or_it_is_of_few(
    company: Workspace, tmp_path: Path
) -> None:
    other = copied(company, tmp_path / "company", "published", "ledger.db*")
    figure = next(f for f in _figures(other) if f["kpi"] == "driver_rank_mean" and f["verdict"] != "hidden")
    month = Period.parse(figure["period"])
    everything = explain(other, "driver_rank_mean", month)["estimates"]
    assert len(everything) > 2
    first, second = everything[0]["slice_value"], everything[1]["slice_value"]
    with _warehouse(other) as connection:
        of_month = f"kpi = 'driver_rank_mean' and period = '{month}' and slice_value ="
        connection.execute(f"update figures set verdict = 'hidden' where {of_month} ?", [first])
        connection.execute(f"delete from figures where {of_month} ?", [second])
        connection.execute("update driver_mean_ranks set n = 2 where slice_value = ?", [second])
    told = explain(other, "driver_rank_mean", month)
    assert told["estimates"] == everything[2:]
    assert "left out" in told["notes"][-2]
    assert first not in as_json(told)


def test_a_composite_tells_what_it_is_made_of(company: Workspace, tmp_path: Path) -> None:
    """A part that is hidden, one that is kept from a month before, and one that is not there are told as such."""
    other = copied(company, tmp_path / "company", "published", "ledger.db*")
    with _warehouse(other) as connection:
        connection.execute("delete from figures where slice = 'overall'")
        figure = "insert into figures by name select '{0}' as period, '{1}' as kpi, 'overall' as slice, {2} as value, "
        figure += "'x' as unit, {3} as n, '{4}' as verdict, 'ok' as precision_flag"
        for told in [
            ("2025-05", "touch_sat", 80, 40, "new"), ("2025-05", "touch_consist", 0.5, 30, "new"),
            ("2025-05", "ces", "null", "null", "hidden"), ("2025-03", "eco_gap_employees", 1, 7, "new"),
            ("2025-02", "eco_gap_customers", 1, 7, "new"), ("2025-05", "dim5", 76.25, 7, "new"),
        ]:  # fmt: skip
            connection.execute(figure.format(*told))
    answer = explain(other, "dim5", Period(2025, 5))
    standings = {part["part"]: part["standing"] for part in answer["parts"] if part["standing"] is not None}
    # half a point of the at most 2 that five answers can spread, and one of the 4 that a gap can be
    assert standings == {"touch_sat": 80, "touch_consist": 75, "eco_gap_employees": 75}
    assert answer["recomputed"] == {"n": 7, "value": (77.5 + 75) / 2}
    assert answer["differs"] is None
    text = as_text(answer, "Europe/Warsaw")
    assert re.search(r"ces +hidden\n", text)
    assert re.search(r"eco_gap_employees +1\.00 +7 +2025-03 +75\.0\n", text)
    assert re.search(r"eco_gap_customers +no figure\n", text)
    assert "3 of 11 have a figure" in text


def test_clustered_figures_say_of_how_many_customers_they_are(
    company: Workspace, built: Workspace, ask: Ask, figures: list[dict[str, Any]]
) -> None:
    told = [ask(figure) for figure in _shown(figures, "kind_clustered")]
    assert any(each["rows"]["people"] < each["rows"]["total"] for each in told), "let a customer have two cases"
    for each in told:
        assert each["rows"]["people"] == len({row["customer_key"] for row in each["rows"]["listed"]})
        text = " ".join(as_text(each, "Europe/Warsaw").split())
        assert f"rows of {each['rows']['people']} customer" in text
        assert "rows of one are not independent of each other" in text


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
    with _warehouse(other) as connection:
        connection.execute("update kpis set counted = 'not abandoned', window_days = 3 where kpi = 'abandon'")
    [note] = explain(other, "abandon", LAST)["notes"]
    assert note.startswith("Its declaration has changed since it was published (counted, window_days)")


def test_what_a_build_does_not_declare_any_more_is_told_as_it_was_published(company: Workspace, tmp_path: Path) -> None:
    other = copied(company, tmp_path / "company")
    manifest = newest_look(other, LAST).build.project / "target" / "manifest.json"
    told = json.loads(manifest.read_text(encoding="utf-8"))
    del told["nodes"]["model.cx.fct_calls"]["config"]["meta"]["slices"]["queue"]
    manifest.write_text(json.dumps(told), encoding="utf-8")
    with _warehouse(other) as connection:
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
