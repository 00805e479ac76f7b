"""What a contract asks of a source is what the fact's yml says."""

import pytest
import yaml

from flows.contracts import contract, contracts
from flows.errors import ConfigurationError
from flows.settings import DBT_PROJECT

#: DESIGN section 3.
SIXTEEN = {
    "customers", "feedback", "cases", "calls", "journey_events", "orders", "subscriptions", "campaign_contacts",
    "help_events", "forum_posts", "invitations", "sessions", "impressions", "notices", "employee_months", "alerts",
}  # fmt: skip


def test_there_are_the_sixteen_contracts_of_the_design():
    assert set(contracts()) == SIXTEEN


@pytest.mark.parametrize("name", sorted(SIXTEEN))
def test_a_contracts_time_and_key_are_columns_of_it(name):
    found = contract(name, where="here")
    [model] = yaml.safe_load((DBT_PROJECT / f"models/facts/fct_{name}.yml").read_text(encoding="utf-8"))["models"]
    assert found.types[found.time_column] in {"timestamptz", "date"}
    # A step of a journey may come again: it has no key.
    assert set(model["config"]["meta"].get("key", [])) <= set(found.types)
    assert "key" in model["config"]["meta"] or name == "journey_events"
    assert found.types["extra"] == "json"
    assert any(column.required for column in found.columns)


@pytest.mark.parametrize("name", sorted(SIXTEEN))
def test_a_fact_enforces_its_contract(name):
    [model] = yaml.safe_load((DBT_PROJECT / f"models/facts/fct_{name}.yml").read_text(encoding="utf-8"))["models"]
    assert model["config"]["contract"]["enforced"] is True


def test_what_a_fact_derives_is_not_asked_of_a_source():
    [model] = yaml.safe_load((DBT_PROJECT / "models/facts/fct_feedback.yml").read_text(encoding="utf-8"))["models"]
    derived = {column["name"] for column in model["columns"] if column.get("config", {}).get("meta", {}).get("derived")}
    assert derived
    assert not derived & set(contract("feedback", where="here").types)


def test_an_unknown_contract_is_told_with_where_and_with_those_there_are():
    with pytest.raises(ConfigurationError, match=r"(?s)sources/a\.yml: there is no contract 'surveys'.*feedback"):
        contract("surveys", where="sources/a.yml")
