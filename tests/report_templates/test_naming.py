from pathlib import Path

import pytest

from report_templates import vocabulary
from report_templates.language import Language
from report_templates.naming import Naming
from report_templates.reading import Delivery, ReportInput
from tests.report_templates.sample import sample

PROJECT = Path(__file__).parents[2] / "dbt_project"
REPORT = ReportInput.model_validate(sample())
NAMES = Naming(REPORT, Language.load("en"))
KPIS = {kpi.kpi: kpi for kpi in REPORT.kpis}


def figure(kpi="nps", slice_value=None, **changes):
    found = next(row for row in REPORT.figures if (row.kpi, row.slice_value) == (kpi, slice_value))
    return found.model_copy(update=changes)


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("kpi", "n", "said"),
    [
        ("nps", 1, "1 answer"),
        ("nps", 1204, "1,204 answers"),
        ("frt_median", 30, "30 cases"),
        ("on_time", 2, "2 orders"),
        ("complaints", 8012, "8,012 customers"),  # per 1,000 of them
    ],
)
def test_a_base_is_counted_in_what_it_consists_of(kpi, n, said):
    assert NAMES.base(KPIS[kpi], n) == said


def test_every_fact_and_spine_has_a_word_for_what_it_counts():
    models = [path for folder in ("facts", "spines") for path in PROJECT.glob(f"models/{folder}/*.yml")]
    facts = {path.stem.removeprefix("fct_") for path in models}
    assert len(facts) >= 27
    missing = facts - set(vocabulary.BASES)
    assert not missing, f"add {sorted(missing)} to report_templates/vocabulary.py, BASES"


def test_every_slice_of_the_facts_stands_in_a_sentence_with_its_value():
    for slice_ in [*vocabulary.WHERE, "customer_region"]:
        said = NAMES.where(figure("nps", "North", slice=slice_))
        assert said.endswith(f" {slice_.replace('_', ' ')} North"), slice_
    assert (
        NAMES.where(figure("nps", "North").model_copy(update={"slice": "region", "slice_value": None}))
        == "where region is not given"
    )


@pytest.mark.parametrize(
    ("source", "mapping", "said"),
    [
        ("survey", "survey.ratings", "survey, ratings"),
        ("survey", "ratings", "survey, ratings"),
        ("calls", "calls.calls", "calls"),
        ("calls", None, "calls"),
    ],
)
def test_a_source_and_its_mapping_are_named_without_repeating(source, mapping, said):
    assert NAMES.origin(source, mapping) == said


def test_a_hidden_value_is_said_to_rest_on_too_few_and_the_threshold_is_the_reports():
    hidden = figure("nps", "Overseas")
    assert NAMES.value(KPIS["nps"], hidden) == "fewer than 5 answers"
    strict = Naming(REPORT.model_copy(update={"hidden_below": 10}), Language.load("en"))
    assert strict.value(KPIS["nps"], hidden) == "fewer than 10 answers"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Target 40.0: met"),
        ({"met": False, "value": 38.0, "low": 35.0, "high": 41.0}, "Target 40.0: not met, within the interval"),
        ({"met": False, "value": 33.0, "low": 30.0, "high": 36.0}, "Target 40.0: not met"),
        ({"met": None}, "Target 40.0: cannot be judged"),
        ({"target": None, "met": None}, None),
    ],
)
def test_a_target_is_met_missed_or_missed_within_the_interval(changes, said):
    assert NAMES.target(KPIS["nps"], figure("nps", **changes)) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1.0, 2.0, "1.0 to 2.0"), (1.0, None, "1.0 or more"), (None, 2.0, "2.0 or less"), (None, None, "not known")],
)
def test_an_open_end_of_an_interval_is_said(low, high, said):
    assert plain(NAMES.interval(KPIS["nps"], figure("nps", low=low, high=high))) == said


def test_what_is_quoted_elsewhere_is_headed_by_how_far_it_may_be_trusted_and_names_its_source():
    assert [(heading, plain(text)) for heading, text in NAMES.quoted(KPIS["nps"])] == [
        ("Quoted elsewhere (verified)", "45.0 points (Survey of the trade association)"),
        ("Quoted elsewhere (unverified)", "35.0 points (A vendor's <white> paper: 其他國家)"),
    ]
    assert NAMES.quoted(KPIS["ces"]) == []
    assert NAMES.quoted_beside(KPIS["ces"], figure("ces"), REPORT.months("ces")) is None


def test_what_a_source_holds_is_named_where_its_name_does_not_say_it():
    def named(source, mapping, contract):
        return NAMES.delivered(Delivery(source=source, mapping=mapping, contract=contract, rows=1))

    assert named("call_log", "calls", "calls") == "call_log, calls"
    assert named("survey", "ratings", "feedback") == "survey, ratings (feedback)"
    assert named("hr", "hr.teams", "employee_months") == "hr, teams (employee months)"
