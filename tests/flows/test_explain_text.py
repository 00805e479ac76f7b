"""`cx explain` as it is typed and read: text, JSON, and what it says to a question that has no answer."""

from __future__ import annotations

import json

import pytest

from flows import cli
from flows.errors import ConfigurationError, CxError
from flows.explain import explain
from flows.explain_text import as_text
from flows.period import Period
from flows.workspace import Workspace
from tests.flows.explained import LAST, ODD, UNPUBLISHED

# Asking wrongly


@pytest.mark.parametrize(
    ("kpi", "period", "part", "told"),
    [
        ("npss", "2025-01", None, "there is no KPI 'npss'\n  → did you mean nps"),
        ("zzz", "2025-01", None, "there is no KPI 'zzz'\n  → `cx kpis` lists them all"),
        ("nps", "2030-01", None, "2030-01 has no figures yet\n  → make them with: cx run 2030-01"),
        ("nps", "2025-01", "colour=red", "nps is not sliced by 'colour'\n  → write --slice name=value with one of "),
        ("csat_t2b", "2025-02", "channel=fax", "no figure for channel 'fax'\n  → those shown are "),
        ("csat_t2b", "2025-02", "channel", "'channel' names no value\n  → those shown are "),
        ("csat_t2b", "2025-02", "store=1", "csat_t2b is not sliced by 'store'"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_with_what_is(
    company: Workspace, kpi: str, period: str, part: str | None, told: str
) -> None:
    with pytest.raises(CxError) as refused:
        explain(company, kpi, Period.parse(period), part)
    assert told in refused.value.sentence


def test_an_exposure_is_no_kpi_that_can_be_asked(company: Workspace) -> None:
    with pytest.raises(ConfigurationError) as refused:
        explain(company, "active_customers", Period(2025, 1))
    assert "active_customers" not in refused.value.remedy


def test_a_mix_is_asked_part_by_part(company: Workspace) -> None:
    answer = explain(company, "kind_mix", UNPUBLISHED)
    assert answer["figure"] is None
    assert "a mix is told part by part; name one with --slice" in " ".join(answer["notes"])


def test_a_value_to_be_typed_is_quoted_for_the_shell(company: Workspace) -> None:
    with pytest.raises(ConfigurationError) as refused:
        explain(company, "churn_logo", Period(2025, 11), "region=west")
    assert ODD in refused.value.remedy
    assert "--slice 'region=it'\"'\"'s [red]North'" in refused.value.remedy


# The command


@pytest.fixture
def cx(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], company: Workspace):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cx", "explain", *arguments, "-w", str(company.root)])
        status = 0
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code or 0
        return status, *capsys.readouterr()

    return run


def test_the_command_prints_definition_figure_sql_and_rows(cx) -> None:
    status, out, err = cx("nps", "--period", "2025-01", "--rows", "4")
    assert (status, err) == (0, "")
    for told in (
        "Net Promoter Score (nps), January 2025, the whole company",
        "Passives (7 or 8) stay in the base.",
        "points; higher is better",
        "question_kind = 'nps'",
        "n 10",
        "from fct_feedback",
        "4 of 10 rows of ",
        "detractor",
        "feedback.csv, line 4",
    ):
        assert told in out


def test_the_commands_json_has_always_the_same_keys_and_bytes(cx) -> None:
    keys = [
        "kpi", "period", "slice", "slice_value", "figure", "publication", "withheld", "build", "model", "slice_sql",
        "sql", "recomputed", "differs", "rows", "estimates", "parts", "notes",
    ]  # fmt: skip
    asked = [("nps", "2025-01"), ("frt_p90", "2025-04"), ("resp_rate", "2025-04"), ("reopen", "2025-10")]
    for kpi, month in asked:
        status, out, err = cx(kpi, "--period", month, "--format", "json")
        assert (status, err) == (0, "")
        assert list(json.loads(out)) == keys
        assert cx(kpi, "--period", month, "--format", "json")[1] == out


def test_a_slice_is_asked_by_name_and_value(cx) -> None:
    status, out, _ = cx("churn_logo", "--period", "2025-11", "--slice", f"region={ODD}", "--format", "json")
    assert status == 0
    answer = json.loads(out)
    assert (answer["slice"], answer["slice_value"], answer["slice_sql"]) == ("region", ODD, "customer_region")
    assert answer["recomputed"] == {"n": 3, "value": 0.0}
    assert ODD in cx("churn_logo", "--period", "2025-11", "--slice", f"region={ODD}")[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope", "--period", "2025-01"], "there is no KPI 'nope'"),
        (["nps", "--period", "January"], "'January' is not a month"),
        (["nps", "--period", "2025-01", "--slice", "region=nowhere"], "no figure for region 'nowhere'"),
        (["nps", "--period", "2025-01", "--format", "xml"], "there is no format 'xml'"),
        (["nps", "--period", "2025-01", "--rows", "-1"], "-1 rows cannot be listed"),
    ],
)
def test_a_mistake_is_a_sentence_with_status_1(cx, arguments: list[str], told: str) -> None:
    status, out, err = cx(*arguments)
    assert (status, out) == (1, "")
    assert told in err
    assert "→" in err


def test_the_text_of_each_kind_says_how_it_is_counted(company: Workspace) -> None:
    for kpi, month, part, told in [
        ("frt_p90", "2025-05", None, "the measure that 90 % of the rows do not exceed"),
        ("kind_ratio", "2025-04", None, "a sum over a sum fact"),
        ("kind_survival", "2025-04", None, "Kaplan-Meier"),
        ("kind_survival", "2025-04", None, "(5 with the event, 2 without)"),
        ("kind_survival", "2025-04", None, "(95 % interval from 0.5, no upper end)"),
        ("kind_mix", "2025-04", "channel=chat", "in per cent of those of all parts"),
        ("complaints", "2025-11", None, "per 1,000 of the exposure"),
    ]:
        assert told in " ".join(as_text(explain(company, kpi, Period.parse(month), part), "Europe/Warsaw").split())


def test_numbers_are_printed_as_the_report_prints_them(company: Workspace) -> None:
    text = as_text(explain(company, "frt_median", Period(2025, 5)), "Europe/Warsaw")
    assert "5.5 hours" in text
    assert "a row counts in the month in which its 3 days after created_at are over" in text
    assert "abandon" not in text
    assert "queue help" in as_text(explain(company, "abandon", LAST, "queue=help"), "Europe/Warsaw")
