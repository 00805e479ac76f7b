"""What stands behind a figure: nothing of few people, the rows of estimates, the parts of composites."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flows.builds import newest_look
from flows.errors import ConfigurationError
from flows.explain import as_json, explain
from flows.explain_rows import agrees
from flows.explain_text import as_text
from flows.period import Period
from flows.records import Records
from flows.workspace import Workspace
from tests.flows.explained import KPIS, UNPUBLISHED, Ask, asking, copied, figures_of, hide_below, shown_of, warehouse

# Small groups


def test_a_hidden_figure_shows_neither_numbers_nor_rows_and_says_why(company: Workspace) -> None:
    hidden = {figure["kpi"]: figure for figure in figures_of(company) if figure["verdict"] == "hidden"}
    assert len(hidden) > 5
    with Records(company) as records:
        answers = [asking(records)(figure) for figure in hidden.values()]
    for told in answers:
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
    with warehouse(other) as connection:
        connection.execute(
            "update figures set verdict = 'hidden', value = null, n = null where kpi = 'nps' and period = '2025-01'"
        )
    told = explain(other, "nps", Period(2025, 1))
    assert told["figure"]["n"] == shown["n"]
    assert told["recomputed"] is told["rows"] is told["sql"] is None
    assert "Beyond what was published nothing is shown" in told["withheld"]


def test_rows_of_few_people_are_not_listed_where_there_is_no_figure_to_be_hidden(
    company: Workspace, tmp_path: Path
) -> None:
    other = copied(company, tmp_path / "company")
    hide_below(newest_look(other, UNPUBLISHED).build, 10)
    with warehouse(other) as connection:
        connection.execute("delete from figures where kpi = 'resp_rate'")
    told = explain(other, "resp_rate", UNPUBLISHED)
    assert told["figure"] is told["rows"] is told["sql"] is told["recomputed"] is None
    assert "Fewer than 10 people" in told["withheld"]


@pytest.mark.parametrize("with_figure", [True, False])
def test_many_rows_of_few_people_are_not_listed(company: Workspace, tmp_path: Path, with_figure: bool) -> None:
    """Seven cases of two customers: enough rows for a figure, but a list of them would be one of two people."""
    other = copied(company, tmp_path / "company", "published", "ledger.db*")
    # in this month the one has a figure, and the other lies beyond the window
    kpi, month = ("kind_survival" if with_figure else "frt_p90"), Period(2025, 4)
    before = explain(other, kpi, month)
    with warehouse(other) as connection:
        connection.execute("update fct_cases set customer_key = cast(ascii(md5(case_key)) % 2 as varchar)")
    told = explain(other, kpi, month)
    assert (before["rows"]["total"], before["rows"]["people"]) == (7, 6)
    assert told["rows"] is None
    assert told["figure"] == before["figure"]
    assert (told["figure"] is not None, told["recomputed"] is not None, told["sql"] is not None) == (with_figure,) * 3
    few = "are of fewer than 3 people" if with_figure else "Fewer than 3 people stand behind it"
    assert few in told["withheld"]
    assert "ROWS" not in as_text(told, "Europe/Warsaw")


def test_rows_of_unknown_customers_are_of_one_each(company: Workspace, tmp_path: Path) -> None:
    other = copied(company, tmp_path / "company", "published", "ledger.db*")
    with warehouse(other) as connection:
        connection.execute("update fct_feedback set customer_key = null")
    told = explain(other, "nps", Period(2025, 1))
    assert told["rows"]["people"] == told["rows"]["anonymous"] == told["rows"]["total"] == 10
    assert "10 rows of 0 customers (and 10 nobody knows whose) behind it" in as_text(told, "Europe/Warsaw")


def test_few_events_of_an_exposure_of_many_are_listed(company: Workspace) -> None:
    told = explain(company, "complaints", Period(2025, 11))
    assert 0 < told["rows"]["people"] < 3 <= told["figure"]["n"], "let the fixture have one or two complaints"
    assert len(told["rows"]["listed"]) == told["rows"]["total"]
    assert told["withheld"] is None


def test_a_hidden_value_of_a_slice_is_not_told_by_the_keys_of_the_whole(company: Workspace, tmp_path: Path) -> None:
    """The touchpoint is a key of a rating: counting it in the rows of the whole would give the hidden cell away."""
    other = copied(company, tmp_path / "company")
    with warehouse(other) as connection:
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
    figure = next(f for f in figures_of(other) if f["kpi"] == "driver_rank_mean" and f["verdict"] != "hidden")
    month = Period.parse(figure["period"])
    everything = explain(other, "driver_rank_mean", month)["estimates"]
    assert len(everything) > 2
    first, second = everything[0]["slice_value"], everything[1]["slice_value"]
    with warehouse(other) as connection:
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
    with warehouse(other) as connection:
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


def test_clustered_figures_say_of_how_many_customers_they_are(ask: Ask, figures: list[dict[str, Any]]) -> None:
    answers = [ask(figure) for kpi in KPIS for figure in shown_of(figures, kpi)]
    clustered = [each for each in answers if each["kpi"]["cluster"] == "customer_key" and each["rows"]]
    assert any(1 < each["rows"]["people"] < each["rows"]["total"] for each in clustered)
    for told in clustered:
        keys = [row["customer_key"] for row in told["rows"]["listed"]]
        assert told["rows"]["people"] == len(set(keys) - {None}) + keys.count(None)
        text = " ".join(as_text(told, "Europe/Warsaw").split())
        assert f"rows of {len(set(keys) - {None})} customer" in text
        assert (f"and {keys.count(None)} nobody knows whose" in text) == (None in keys)
        assert "rows of one are not independent of each other" in text


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
