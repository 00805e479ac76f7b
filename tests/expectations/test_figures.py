"""Gate 2 on a small real warehouse: figures that hang together pass, and each spoiled one is found by its rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations import gates

KPIS = [
    # kpi, unit, direction, kind, minimum base, smallest change, decimals
    ("nps", "points", "up", "nps", 30, 5, 1),
    ("csat", "%", "up", "proportion", 30, 2, 1),
    ("web_share", "%", "neutral", "proportion", 30, 2, 1),
    ("reply", "hours", "down", "quantile", 30, 0.5, 1),
    ("complaints", "per 1,000", "down", "rate", 30, 1, 1),
]
#: period, kpi, slice, slice_value, value, unit, n, low, high, previous, change, change_low, change_high, p, q, verdict
FIGURES: list[tuple[Any, ...]] = [
    ("2026-08", "nps", "overall", None, 30, "points", 100, 15, 45, *[None] * 6, "new"),
    ("2026-08", "csat", "overall", None, 80, "%", 200, 74, 85, *[None] * 6, "new"),
    ("2026-08", "csat", "region", "north", 82, "%", 120, 75, 88, *[None] * 6, "new"),
    ("2026-08", "csat", "region", "south", 77, "%", 80, 67, 85, *[None] * 6, "new"),
    ("2026-08", "web_share", "overall", None, 40, "%", 200, 33, 47, *[None] * 6, "new"),
    ("2026-08", "reply", "overall", None, 5, "hours", 90, 4, 6, *[None] * 6, "new"),
    ("2026-08", "complaints", "overall", None, 4, "per 1,000", 5000, 2, 6, *[None] * 6, "new"),
    ("2026-09", "nps", "overall", None, 40, "points", 110, 26, 54, 30, 10, -10, 30, 0.3, 0.36, "no clear change"),
    ("2026-09", "nps", "region", "east", 20, "points", 12, -20, 60, *[None] * 6, "low base"),
    ("2026-09", "nps", "region", "north", 42, "points", 98, 27, 57, *[None] * 6, "new"),
    ("2026-09", "csat", "overall", None, 72, "%", 200, 65, 78, 80, -8, -16, -1, 0.04, 0.048, "worse"),
    ("2026-09", "csat", "region", "north", 70, "%", 120, 61, 77, 82, -12, -22, -1, 0.01, 0.03, "worse"),
    ("2026-09", "csat", "region", "south", 75, "%", 80, 65, 83, 77, -2, -15, 11, 0.7, 0.7, "no clear change"),
    ("2026-09", "csat", "channel", "chat", None, "%", *[None] * 9, "hidden"),
    ("2026-09", "csat", "channel", "letter", None, "%", *[None] * 9, "hidden"),
    ("2026-09", "csat", "channel", "phone", 72.5, "%", 192, 66, 78, *[None] * 6, "new"),
    ("2026-09", "web_share", "overall", None, 50, "%", 200, 43, 57, 40, 10, 0.5, 19, 0.03, 0.045, "changed"),
    ("2026-09", "reply", "overall", None, 4, "hours", 95, 3.5, 4.5, 5, -1, -1.8, -0.2, 0.01, 0.03, "better"),
    ("2026-09", "complaints", "overall", None, 5, "per 1,000", 5100, 3, 7, 4, 1, -2, 4, 0.4, 0.44, "no clear change"),
]
CSAT = "where period = '2026-09' and kpi = 'csat' and slice = 'overall'"


@pytest.fixture(scope="module", autouse=True)
def _great_expectations() -> None:
    gates.load()


def warehouse(directory: Path, *spoils: str) -> Path:
    directory.mkdir(exist_ok=True)
    file = directory / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create table kpis (kpi varchar, unit varchar, direction varchar, kind varchar, minimum_base integer, "
            "smallest_change double, decimals integer, has_scale boolean default false, "
            "compared_with varchar default 'previous_month', scale_low double, "
            "scale_high double)"
        )
        columns = "kpi, unit, direction, kind, minimum_base, smallest_change, decimals"
        connection.executemany(f"insert into kpis ({columns}) values (?, ?, ?, ?, ?, ?, ?)", KPIS)
        connection.execute(
            "create table figures (period varchar, kpi varchar, slice varchar, slice_value varchar, value double, "
            "unit varchar, n bigint, low double, high double, previous double, change double, change_low double, "
            "change_high double, p double, q double, verdict varchar, target double, met boolean)"
        )
        connection.executemany(f"insert into figures values ({', '.join('?' * 16)}, null, null)", FIGURES)
        for spoil in spoils:
            connection.execute(spoil)
    return file


def test_a_declared_scale_stands_for_the_units(tmp_path):
    beyond = "update figures set high = 130 where kpi = 'web_share' and period = '2026-08'"
    no_end = "update kpis set has_scale = true, scale_low = 0 where kpi = 'web_share'"
    assert broken(ask(warehouse(tmp_path, beyond))) == [("on scale", "critical")]
    assert broken(ask(warehouse(tmp_path / "open", beyond, no_end))) == []
    closed = "update kpis set has_scale = true, scale_low = 1, scale_high = 4 where kpi = 'reply'"
    assert ("on scale", "critical") in broken(ask(warehouse(tmp_path / "closed", closed)))


def ask(file: Path, **request: Any) -> dict[str, Any]:
    return gates.handle({"gate": "figures", "database": str(file), "period": "2026-09", "history": None} | request)


def broken(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(check["rule"], check["severity"]) for check in answer["checks"] if not check["passed"]]


def only(answer: dict[str, Any], rule: str) -> dict[str, Any]:
    [check] = [check for check in answer["checks"] if check["rule"] == rule]
    return check


def test_figures_that_hang_together_pass_and_every_rule_was_evaluated(tmp_path):
    answer = ask(warehouse(tmp_path))
    assert broken(answer) == []
    assert answer["success"] is True
    assert answer["evaluated"] == len(answer["checks"])
    assert {check["table"] for check in answer["checks"]} == {"kpis", "figures"}


#: What is done to the warehouse, and the rules that must find it (all critical).
SPOILED = {
    "no figure of the month": (
        "delete from figures where period = '2026-09'",
        ["period present"],
    ),
    "a month without one value": (
        "update figures set value = null, n = null, low = null, high = null, previous = null, change = null, "
        "change_low = null, change_high = null, p = null, q = null, verdict = 'hidden' where period = '2026-09'",
        ["period present"],
    ),
    "a figure of nobody's KPI": (
        "update figures set kpi = 'unheard_of' where kpi = 'complaints' and period = '2026-08'",
        ["declared"],
    ),
    "a figure in another unit than its KPI": (
        "update figures set unit = 'minutes' where kpi = 'reply' and period = '2026-08'",
        ["declared"],
    ),
    "an unknown unit": (
        "update figures set unit = 'furlongs' where kpi = 'reply'; "
        "update kpis set unit = 'furlongs' where kpi = 'reply'",
        ["known"],
    ),
    "an unknown verdict": (f"update figures set verdict = 'catastrophic' {CSAT}", ["known"]),
    "no verdict": (f"update figures set verdict = null {CSAT}", ["present"]),
    "the same figure twice": (
        "insert into figures select * from figures where kpi = 'nps' and slice_value = 'east'",
        ["unique", "parts within whole"],
    ),
    "the whole company twice": (
        "insert into figures select * from figures where kpi = 'complaints' and period = '2026-09'",
        ["unique"],
    ),
    "a slice without the whole": (f"delete from figures {CSAT}", ["overall present"]),
    "a slice value for the whole company": (
        f"update figures set slice_value = 'all' {CSAT}",
        ["overall present", "overall is whole"],
    ),
    "a share above 100 %": (f"update figures set high = 100.5 {CSAT}", ["on scale"]),
    "a share below 0 %": (f"update figures set low = -0.5 {CSAT}", ["on scale"]),
    "an NPS off its scale": ("update figures set low = -101 where slice_value = 'east'", ["on scale"]),
    "a negative time": ("update figures set low = -0.1 where kpi = 'reply' and period = '2026-09'", ["on scale"]),
    "a negative rate": ("update figures set low = -1 where kpi = 'complaints' and period = '2026-09'", ["on scale"]),
    "a change wider than its scale": (f"update figures set change_low = -101 {CSAT}", ["change on scale"]),
    "not a number": (
        f"update figures set q = 'nan'::double {CSAT}",
        ["finite", "probabilities", "told changes tested"],
    ),
    "infinity": ("update figures set high = 'inf'::double where kpi = 'reply' and period = '2026-08'", ["finite"]),
    "a value below its interval": (f"update figures set low = 72.1 {CSAT}", ["interval"]),
    "a value above its interval": (f"update figures set high = 71.9 {CSAT}", ["interval"]),
    "a change's interval upside down": (f"update figures set change_low = 1 {CSAT}", ["interval"]),
    "a change that is not the difference": (f"update figures set change = -9 {CSAT}", ["change adds up"]),
    "a value on nobody": (
        "update figures set n = 0 where kpi = 'reply' and period = '2026-08'",
        ["base given", "small groups hidden"],
    ),
    "a value without n": ("update figures set n = null where kpi = 'reply' and period = '2026-08'", ["base given"]),
    "a shown figure without value": (
        "update figures set value = null where kpi = 'nps' and slice_value = 'north'",
        ["base given"],
    ),
    "a hidden figure with its n": ("update figures set n = 3 where slice_value = 'letter'", ["hidden is empty"]),
    "a hidden figure that says whether its target was met": (
        "update figures set met = true where slice_value = 'letter'",
        ["hidden is empty"],
    ),
    "a figure on four answers": (
        "update figures set n = 4 where slice_value = 'east'; update figures set n = 102 where n = 110",
        ["small groups hidden"],
    ),
    "one hidden group that can be subtracted": (
        "delete from figures where slice_value = 'letter'; update figures set n = 196 where slice_value = 'phone'",
        ["complement hidden"],
    ),
    "q below p": (f"update figures set p = 0.05 {CSAT}", ["probabilities"]),
    "p above 1": ("update figures set p = 1.1, q = 1.2 where kpi = 'nps' and slice = 'overall'", ["probabilities"]),
    "q without p": (f"update figures set p = null {CSAT}", ["probabilities", "told changes tested"]),
    "worse without a test": (f"update figures set p = null, q = null {CSAT}", ["told changes tested"]),
    "worse of what may be chance": (f"update figures set q = 0.0501 {CSAT}", ["told changes tested"]),
    "worse of what does not matter": (
        "update kpis set smallest_change = 8.1 where kpi = 'csat'",
        ["told changes matter"],
    ),
    "worse on a low base": ("update kpis set minimum_base = 121 where kpi = 'csat'", ["told changes matter"]),
    "better of what got worse": (f"update figures set verdict = 'better' {CSAT}", ["told changes point right"]),
    "worse of what got better": (
        "update figures set verdict = 'worse' where kpi = 'reply' and period = '2026-09'",
        ["told changes point right"],
    ),
    "better of a neutral KPI": (
        "update figures set verdict = 'better' where kpi = 'web_share' and period = '2026-09'",
        ["told changes point right"],
    ),
    "more in the parts than in the whole": (
        "update figures set n = 81 where slice_value = 'south' and period = '2026-08'",
        ["parts within whole"],
    ),
    "hours that became minutes": (
        "update figures set value = 240, low = 200, high = 280, change = 235, change_low = 200, change_high = 270, "
        "verdict = 'worse' where kpi = 'reply' and period = '2026-09'",
        ["no impossible jump"],
    ),
    "a KPI declared twice": ("insert into kpis select * from kpis where kpi = 'complaints'", ["unique"]),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_figure_is_refused_by_its_rule_and_by_no_other(tmp_path, what):
    spoil, rules = SPOILED[what]
    answer = ask(warehouse(tmp_path, spoil))
    assert answer["success"] is False
    assert broken(answer) == [(rule, "critical") for rule in rules]


def test_a_broken_rule_names_kpi_slice_and_month_but_no_slice_value(tmp_path):
    spoil = "update figures set n = 3, slice_value = 'zz.canary@example.com' where slice_value = 'east'"
    answer = ask(warehouse(tmp_path, spoil))
    check = only(answer, "small groups hidden")
    assert check["description"].endswith(": nps by region in 2026-09")
    assert check["failed_rows"] == 1
    assert "zz.canary" not in json.dumps(answer)


def test_parts_that_do_not_reach_the_whole_are_a_warning_of_the_reports_month_only(tmp_path):
    fewer = "update figures set n = 70 where slice_value = 'south'"
    answer = ask(warehouse(tmp_path, fewer))
    assert broken(answer) == [("parts make whole", "warning")]
    assert only(answer, "parts make whole")["description"].endswith(": csat by region in 2026-09")
    assert answer["success"] is True


def test_a_share_that_collapses_is_a_warning_because_that_month_is_wanted_most(tmp_path):
    collapse = (
        f"update figures set value = 29, low = 20, high = 40, change = -51, change_low = -60, change_high = -40 {CSAT}"
    )
    answer = ask(warehouse(tmp_path, collapse))
    assert broken(answer) == [("no unlikely jump", "warning")]
    assert answer["success"] is True


def test_a_jump_on_a_small_base_is_no_jump(tmp_path):
    jump = (
        "update figures set value = 240, low = 200, high = 280, change = 235, change_low = 200, change_high = 270, "
        "p = null, q = null, n = 29, verdict = 'low base' where kpi = 'reply' and period = '2026-09'"
    )
    assert broken(ask(warehouse(tmp_path, jump))) == []


def test_a_quantile_that_only_a_group_has_is_a_warning(tmp_path):
    group = "update figures set slice = 'region', slice_value = 'north' where kpi = 'reply' and period = '2026-09'"
    answer = ask(warehouse(tmp_path, group))
    assert broken(answer) == [("overall quantile present", "warning")]


@pytest.mark.parametrize("kind", ["mix", "estimate"])
def test_a_mix_and_an_estimate_may_have_figures_of_groups_only(tmp_path, kind):
    groups = f"delete from figures {CSAT}; update kpis set kind = '{kind}' where kpi = 'csat'"
    assert broken(ask(warehouse(tmp_path, groups))) == []


@pytest.mark.parametrize("kind", ["composite", "estimate"])
def test_the_parts_of_a_composite_and_of_an_estimate_may_rest_on_the_same_people(tmp_path, kind):
    same = (
        f"update kpis set kind = '{kind}' where kpi = 'csat'; "
        "update figures set n = 200 where kpi = 'csat' and slice = 'region'"
    )
    assert broken(ask(warehouse(tmp_path, same))) == []


def test_an_empty_table_of_figures_is_refused(tmp_path):
    answer = ask(warehouse(tmp_path, "delete from figures"))
    assert broken(answer) == [("has rows", "critical"), ("period present", "critical")]


def test_a_warehouse_without_declarations_is_refused(tmp_path):
    answer = ask(warehouse(tmp_path, "delete from kpis"))
    assert broken(answer) == [("has rows", "critical"), ("declared", "critical")]


def test_a_column_of_values_that_is_null_throughout_is_refused(tmp_path):
    answer = ask(warehouse(tmp_path, "update figures set value = null"))
    assert ("period present", "critical") in broken(answer)
    assert ("base given", "critical") in broken(answer)


def test_the_thresholds_of_the_workspace_replace_the_usual_ones(tmp_path):
    file = warehouse(tmp_path)
    assert broken(ask(file, hidden_below=13)) == [("small groups hidden", "critical")]
    assert broken(ask(file, false_discovery_rate=0.04)) == [("told changes tested", "critical")]


def history(directory: Path, *frozen: tuple[Any, ...]) -> str:
    """A Parquet of frozen figures: period, kpi, slice, slice_value, value, revision."""
    path = directory / "it's history.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "create table frozen (period varchar, kpi varchar, slice varchar, slice_value varchar, value double, "
            "revision integer)"
        )
        connection.executemany("insert into frozen values (?, ?, ?, ?, ?, ?)", frozen)
        connection.sql("select * from frozen").write_parquet(str(path))
    return str(path)


def test_what_was_worked_out_for_its_own_month_only_is_not_said_to_have_moved(tmp_path):
    frozen = history(tmp_path, ("2026-08", "ces", "overall", None, 70.0, 1))
    declared = (
        "insert into kpis (kpi, unit, direction, kind, minimum_base, smallest_change, decimals, compared_with) "
        "values ('ces', '%', 'up', 'proportion', 30, 2, 1, '{}')"
    )
    gone = ask(warehouse(tmp_path / "a", declared.format("previous_month")), history=frozen)
    assert not only(gone, "frozen months unmoved")["passed"]
    alone = ask(warehouse(tmp_path / "b", declared.format("nothing")), history=frozen)
    assert only(alone, "frozen months unmoved")["passed"]


def test_frozen_months_that_are_the_same_as_printed_are_unmoved(tmp_path):
    frozen = history(
        tmp_path,
        ("2026-08", "csat", "overall", None, 80.04, 2),
        ("2026-08", "csat", "overall", None, 55.0, 1),  # an earlier revision, corrected since
        ("2026-08", "csat", "region", "north", 82.0, 1),
        ("2020-01", "csat", "overall", None, 10.0, 1),  # before the window of this build
    )
    answer = ask(warehouse(tmp_path), history=frozen)
    assert broken(answer) == []
    assert only(answer, "frozen months unmoved")["passed"]


@pytest.mark.parametrize(
    "frozen",
    [
        ("2026-08", "csat", "overall", None, 80.06, 1),
        ("2026-08", "csat", "region", "gone", 50.0, 1),
        ("2026-08", "csat", "region", "south", None, 1),
    ],
)
def test_a_frozen_figure_that_moved_or_went_is_a_warning_naming_it(tmp_path, frozen):
    answer = ask(warehouse(tmp_path), history=history(tmp_path, frozen))
    assert broken(answer) == [("frozen months unmoved", "warning")]
    assert only(answer, "frozen months unmoved")["description"].endswith(f": csat by {frozen[2]} in 2026-08")
    assert answer["success"] is True


def test_a_history_that_cannot_be_read_is_a_failure_and_not_a_pass(tmp_path):
    answer = ask(warehouse(tmp_path), history=str(tmp_path / "missing.parquet"))
    assert broken(answer) == [("frozen months unmoved", "critical")]
    assert "could not be evaluated (IOException)" in only(answer, "frozen months unmoved")["description"]
