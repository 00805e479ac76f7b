"""The demo's source declarations: every contract filled, every value known, no personal column named."""

import csv
import re

import pytest

from flows.contracts import contracts
from flows.settings import DBT_PROJECT
from flows.sources.declaration import Source, load_sources
from flows.staging import mapping_columns
from flows.workspace import Workspace
from tests.flows.demo.made import demo_workspace, raw


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return load_sources(Workspace.load(demo_workspace()))


def test_every_contract_is_mapped_by_some_source(sources: list[Source]) -> None:
    mapped = {mapping.contract for source in sources for mapping in source.mappings.values()}
    assert mapped == set(contracts())


def test_every_contract_column_is_filled_by_some_mapping(sources: list[Source]) -> None:
    filled: dict[str, set[str]] = {}
    for source in sources:
        for name, mapping in source.mappings.items():
            _, columns = mapping_columns(source, name, mapping)
            named = set(columns) | (set(re.findall(r"\w+", mapping.select)) if mapping.select else set())
            filled.setdefault(mapping.contract, set()).update(named)
    #: A full register has one version of each customer; nothing in the demo is weighted.
    missing = {
        f"{contract.name}.{column.name}"
        for contract in contracts().values()
        for column in contract.columns
        if column.name not in filled[contract.name] and column.name != "extra"
    }
    assert missing == {"customers.valid_from", "feedback.weight"}


def test_every_extract_belongs_to_a_source_and_every_source_has_extracts(sources: list[Source]) -> None:
    root = demo_workspace()
    found = {source.name: set(root.glob(source.files.glob)) for source in sources}
    assert all(found.values())
    assert set().union(*found.values()) == set((root / "extracts").iterdir())


def test_personal_columns_are_declared_and_named_nowhere_else(sources: list[Source]) -> None:
    declared = {source.name: source.personal for source in sources if source.personal}
    assert declared == {
        "customers": ["name", "email", "phone"],
        "legacy_customers": ["imię", "nazwisko", "e_mail", "telefon"],
    }
    for source in sources:
        for column in source.personal:
            for mapping in source.mappings.values():
                expressions = [*mapping.columns.values(), mapping.where or "", *mapping.extra.values()]
                assert not any(re.search(rf"\b{column}\b", text) for text in expressions), column


def test_every_column_that_holds_a_customer_an_agent_or_a_caller_is_hashed(sources: list[Source]) -> None:
    for source in sources:
        for mapping in source.mappings.values():
            for contract_column in ("customer_key", "agent_key", "caller_key"):
                if contract_column in mapping.columns:
                    assert mapping.columns[contract_column] in source.keys, source.name


def test_every_channel_in_the_extracts_becomes_a_known_one(sources: list[Source]) -> None:
    with (DBT_PROJECT / "seeds" / "channels.csv").open(encoding="utf-8", newline="") as file:
        known = {row["channel"] for row in csv.DictReader(file)}
    columns = {
        "survey": ("answered_by", "survey_*.csv.gz"),
        "case_surveys": ("answered_by", "case_surveys_*.csv.gz"),
        "order_surveys": ("answered_by", "order_surveys_*.jsonl.gz"),
        "invitations": ("channel", "invitations_*.csv.gz"),
        "cases": ("channel", "cases_*.jsonl.gz"),
        "campaigns": ("channel", "campaigns.csv.gz"),
        "journey_events": ("channel", "journey_events_*.jsonl.gz"),
    }
    for source in sources:
        for mapping in source.mappings.values():
            if "channel" in mapping.values and mapping.contract != "customers":
                column, pattern = columns[source.name]
                written = {row[column] for row in raw(pattern)}
                assert {mapping.values["channel"].get(value, value) for value in written} <= known, source.name
                assert written <= set(mapping.values["channel"]), source.name


def test_every_respondent_role_answers() -> None:
    from openpyxl import load_workbook

    book = load_workbook(demo_workspace() / "extracts" / "people.xlsx", read_only=True)
    rows = list(book["Staff survey"].iter_rows(values_only=True))
    book.close()
    assert {row[1] for row in rows[1:]} == {"frontline", "management", "employee"}
