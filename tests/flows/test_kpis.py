"""KPI declarations: the project's own are valid, a company's are added or refused with the file that holds them."""

from pathlib import Path

import jinja2
import pytest
import yaml

from flows.contracts import contracts
from flows.errors import ConfigurationError
from flows.kpis import absent_because, declared_facts, model_of, project_facts, write_into
from flows.workspace import OPTIONAL_SETTINGS, Settings, Workspace

KPI = {
    "id": "calls_short",
    "label": "Short calls",
    "definition": "Share of calls that ended within a minute.",
    "unit": "%",
    "direction": "neutral",
    "kind": "proportion",
    "base": "true",
    "hit": "date_sub('second', enqueued_at, ended_at) < 60",
    "month": "enqueued_at",
    "smallest_change": 1,
    "section": "voice",
    "edge_cases": "None.",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "kpis").mkdir()
    return Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))


def declare(workspace: Workspace, name: str = "calls.yml", **document: object) -> None:
    text = yaml.safe_dump({"fact": "calls"} | document, allow_unicode=True)
    (workspace.root / "kpis" / name).write_text(text, encoding="utf-8")


def without(key: str) -> dict:
    return {name: value for name, value in KPI.items() if name != key}


def refusal(workspace: Workspace, where: str = "kpis/calls.yml") -> str:
    with pytest.raises(ConfigurationError) as caught:
        declared_facts(workspace)
    assert caught.value.where == where
    assert caught.value.remedy
    return caught.value.what


def test_the_projects_own_kpis_are_valid_and_their_slices_declared():
    facts = project_facts()
    ids = [kpi.id for meta in facts.values() for kpi in meta.kpis]
    assert len(ids) == len(set(ids)) >= 15
    for meta in facts.values():
        for kpi in meta.kpis:
            assert set(kpi.slices) <= set(meta.slices), kpi.id


def test_what_a_kpi_of_the_project_needs_is_a_column_of_a_contract_or_an_optional_setting():
    known = {f"{contract.name}.{column}" for contract in contracts().values() for column in contract.types}
    known |= {f"settings.{name}" for name in OPTIONAL_SETTINGS}
    for meta in project_facts().values():
        for kpi in meta.kpis:
            # Estimates and composites have no row where nothing was delivered, and so are never 0.
            assert kpi.needs or kpi.kind in ("estimate", "composite"), (
                f"{kpi.id}: without needs it would be 0 where nothing was delivered"
            )
            assert set(kpi.needs) <= known, kpi.id


def test_every_exposure_that_a_kpi_of_the_project_names_is_declared_once():
    facts = project_facts()
    exposures = [name for meta in facts.values() for name in meta.exposures]
    assert len(exposures) == len(set(exposures))
    named = {kpi.exposure for meta in facts.values() for kpi in meta.kpis if kpi.exposure}
    assert named <= set(exposures)


def test_a_kpi_of_the_company_stands_beside_those_of_the_project(workspace):
    declare(workspace, kpis=[KPI | {"slices": ["line_type", "hour"]}], slices={"hour": "hour(enqueued_at)"})
    facts = declared_facts(workspace)
    mine = next(kpi for kpi in facts["fct_calls"].kpis if kpi.id == "calls_short")
    assert mine.slices == ["line_type", "hour"]
    assert {"abandon", "calls_short"} <= {kpi.id for kpi in facts["fct_calls"].kpis}
    assert facts["fct_calls"].slices["hour"] == "hour(enqueued_at)"


def test_a_slice_is_added_to_a_kpi_of_the_project(workspace):
    declare(workspace, slices={"hour": "hour(enqueued_at)"}, slices_for={"abandon": ["hour"]})
    abandon = next(kpi for kpi in declared_facts(workspace)["fct_calls"].kpis if kpi.id == "abandon")
    assert abandon.slices[-1] == "hour"
    assert "hour" not in next(kpi for kpi in project_facts()["fct_calls"].kpis if kpi.id == "abandon").slices


def test_a_kpi_without_its_label_is_told_by_file_and_key(workspace):
    declare(workspace, kpis=[without("label")])
    assert refusal(workspace) == "the key 'kpis.0.label' is missing"


def test_an_unknown_key_of_a_kpi_is_told_by_file_and_key(workspace):
    declare(workspace, kpis=[KPI | {"windows_days": 3}])
    assert refusal(workspace) == "unknown key 'kpis.0.windows_days'"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"hit": None}, "calls_short: a proportion needs hit"),
        ({"measure": "score"}, "calls_short: a proportion has no measure"),
        ({"kind": "rate"}, "calls_short: a rate needs exposure"),
        ({"kind": "nps", "hit": None}, "calls_short: a nps needs measure"),
        ({"kind": "quantile", "hit": None, "measure": "1"}, "calls_short: a quantile needs quantile"),
        ({"kind": "mean", "measure": "1"}, "calls_short: a mean has no hit"),
        ({"id": "Calls Short"}, "kpis.0.id: "),
        ({"id": "drop table"}, "kpis.0.id: "),
        ({"unit": "percent"}, "kpis.0.unit: "),
        ({"direction": "better"}, "kpis.0.direction: "),
        ({"minimum_base": 0}, "kpis.0.minimum_base: "),
        ({"smallest_change": -1}, "kpis.0.smallest_change: "),
        ({"decimals": 9}, "kpis.0.decimals: "),
        ({"base": ""}, "kpis.0.base: "),
    ],
)
def test_a_kpi_that_cannot_be_meant_is_refused(workspace, change, told):
    declare(workspace, kpis=[KPI | change])
    assert told in refusal(workspace)


def test_an_unknown_fact_is_told_with_those_there_are(workspace):
    declare(workspace, fact="phones", kpis=[KPI])
    with pytest.raises(ConfigurationError, match=r"there is no fact 'phones'\n.*calls.*customer_months"):
        declared_facts(workspace)
    assert refusal(workspace)


def test_a_slice_that_is_not_declared_is_told_with_those_that_are(workspace):
    declare(workspace, kpis=[KPI | {"slices": ["hour"]}])
    with pytest.raises(
        ConfigurationError, match=r"calls_short is sliced by hour.*\n.*known: hold_content, line_type, queue"
    ):
        declared_facts(workspace)


def test_a_kpi_that_the_project_has_already_is_refused(workspace):
    declare(workspace, kpis=[KPI | {"id": "abandon"}])
    assert refusal(workspace) == "the KPI abandon is declared already"


def test_a_kpi_declared_in_two_files_is_refused_in_the_second(workspace):
    declare(workspace, "a.yml", kpis=[KPI])
    declare(workspace, "b.yml", kpis=[KPI])
    assert refusal(workspace, "kpis/b.yml") == "the KPI calls_short is declared already"


def test_slices_for_a_kpi_of_another_fact_are_refused(workspace):
    declare(workspace, slices_for={"nps": ["queue"]})
    assert refusal(workspace) == "slices_for names nps, which is no KPI of calls"


def test_slices_for_cannot_name_a_slice_that_is_not_declared(workspace):
    declare(workspace, slices_for={"abandon": ["hour"]})
    assert "abandon is sliced by hour" in refusal(workspace)


def test_a_slice_named_twice_for_a_kpi_counts_once(workspace):
    declare(workspace, slices_for={"abandon": ["queue"]})
    abandon = next(kpi for kpi in declared_facts(workspace)["fct_calls"].kpis if kpi.id == "abandon")
    assert abandon.slices.count("queue") == 1


def test_an_exposure_that_nobody_declares_is_refused(workspace):
    declare(workspace, kpis=[KPI | {"kind": "rate", "exposure": "phones", "unit": "per 1,000", "per": 1000}])
    assert "phones" in refusal(workspace)


def test_a_contract_column_that_does_not_exist_cannot_be_needed(workspace):
    declare(workspace, kpis=[KPI | {"needs": ["calls.abandonned"]}])
    assert "calls.abandonned" in refusal(workspace)


@pytest.mark.parametrize("needs", ["calls", "calls.", "a.b.c", "settings.currency"])
def test_a_need_that_is_no_contract_and_column_is_refused(workspace, needs):
    declare(workspace, kpis=[KPI | {"needs": [needs]}])
    assert needs in refusal(workspace)


def test_yaml_that_does_not_parse_names_the_file_and_the_line(workspace):
    (workspace.root / "kpis" / "calls.yml").write_text("fact: calls\nkpis: [}\n", encoding="utf-8")
    assert "line 2" in refusal(workspace)


@pytest.mark.parametrize("text", ["", "- calls\n", "calls\n"])
def test_a_file_that_is_no_mapping_is_refused(workspace, text):
    (workspace.root / "kpis" / "calls.yml").write_text(text, encoding="utf-8")
    assert refusal(workspace)


def test_a_file_in_another_encoding_is_refused_by_name(workspace):
    (workspace.root / "kpis" / "calls.yml").write_bytes("fact: calls # połączenia\n".encode("cp1250"))
    assert refusal(workspace)


def test_a_fact_is_named_without_its_prefix_and_a_spine_as_it_is():
    assert (model_of("calls"), model_of("customer_months")) == ("fct_calls", "customer_months")


def test_a_kpi_says_which_columns_are_missing_and_is_there_when_all_are_delivered():
    abandon = next(kpi for kpi in project_facts()["fct_calls"].kpis if kpi.id == "abandon")
    assert absent_because(abandon, {}) == "calls.abandoned not delivered"
    assert absent_because(abandon, {"calls": {"enqueued_at"}, "cases": {"abandoned"}}) is not None
    assert absent_because(abandon, {"calls": {"abandoned"}}) is None


def test_a_kpi_says_which_setting_is_missing():
    kpis = project_facts()["case_sequences"].kpis
    business = next(kpi for kpi in kpis if kpi.id == "frt_business_median")
    assert absent_because(business, {"cases": {"first_reply_at"}}) == "no [business_hours] in cx.toml"
    assert absent_because(business, {}) == "cases.first_reply_at not delivered; no [business_hours] in cx.toml"
    assert absent_because(business, {"cases": {"first_reply_at"}, "settings": {"business_hours"}}) is None


def test_the_builds_copy_carries_every_declaration_and_why_a_kpi_is_absent(workspace, tmp_path):
    import shutil

    from flows.settings import DBT_PROJECT

    project = tmp_path / "dbt"
    shutil.copytree(DBT_PROJECT / "models", project / "models")
    text = 'a caller\'s {{ 7*7 }} "word": ü'
    declare(workspace, kpis=[KPI | {"definition": text}])
    write_into(project, declared_facts(workspace), {"calls": {"abandoned"}})
    [model] = yaml.safe_load((project / "models" / "facts" / "fct_calls.yml").read_text(encoding="utf-8"))["models"]
    kpis = {kpi["id"]: kpi for kpi in model["config"]["meta"]["kpis"]}
    assert kpis["abandon"]["absent"] is None
    # dbt renders what stands under config.
    assert jinja2.Template(kpis["calls_short"]["definition"]).render() == text
    [cases] = yaml.safe_load((project / "models" / "facts" / "fct_cases.yml").read_text(encoding="utf-8"))["models"]
    assert all("not delivered" in kpi["absent"] for kpi in cases["config"]["meta"]["kpis"])
    # The enforced contract of the fact is untouched.
    assert model["config"]["contract"] == {"enforced": True}


def test_a_file_ending_in_yaml_is_not_passed_over_in_silence(workspace):
    declare(workspace, "calls.yaml", kpis=[KPI])
    assert "passed over" in refusal(workspace, "kpis/calls.yaml")


def test_no_kpi_asks_the_calendar_for_seconds():
    """With time zones date_diff takes a microsecond a row, date_sub none; whole seconds are the same in both."""
    slow = [
        kpi.id
        for meta in project_facts().values()
        for kpi in meta.kpis
        for sql in (kpi.base, kpi.hit, kpi.measure, kpi.duration, kpi.event, kpi.numerator, kpi.denominator)
        if sql and "date_diff('second'" in sql
    ]
    assert not slow, f"write date_sub('second', ...) in {', '.join(slow)}"
