from __future__ import annotations

import pytest

from flows.errors import ConfigurationError, DeliveryError
from flows.sources.columns import NamedColumns, kept_columns, named_columns, tables_named
from flows.sources.declaration import Source


def events(**more):
    return Source.model_validate({"name": "events", "files": {"glob": "*.csv"}} | more)


def reading(select, *others):
    """What a select over events (and others) requires of each, and what it may mean."""
    rows = {"contract": "cases", "select": select}
    sources = [events(mappings={"rows": rows})]
    sources += [Source.model_validate({"name": name, "files": {"glob": "*.csv"}}) for name in others]
    found = named_columns(sources)
    return {name: (sorted(each.required), sorted(each.possible)) for name, each in found.items()}


def test_every_key_of_a_declaration_that_names_a_column_counts():
    source = events(
        load="upsert",
        key=["Ticket"],
        updated="changed",
        dates="try_strptime(opened, '%d/%m/%Y')",
        keys={"Caller": {"names": "customer"}},
        missing_in={"state": ["-100"]},
        drops=[{"when": "kind = 'test'", "reason": "test data"}],
        mends=[{"column": "channel", "when": "via in ('a', 'b')", "to": 'lower("Old Channel")', "reason": "renamed"}],
        mappings={
            "rows": {
                "contract": "cases",
                "columns": {"case_key": '"*RESPNUM"', "topic": "'fixed'", "reopens": "a.b + list_sum([x for x in n])"},
                "extra": {"tenure": "case when months > 6 then 'old' end"},
                "where": "_source_line > 3 and live -- and not this",
            }
        },
    )
    assert sorted(named_columns([source])["events"].required.values()) == [
        "*RESPNUM", "Caller", "Old Channel", "Ticket", "a", "changed", "channel", "kind", "live", "months", "n",
        "opened", "state", "via",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("select", "required", "possible"),
    [
        ("select trim(state) as state, id as k from events where opened > '2026'", ["id", "opened", "state"], []),
        ("select a as b from landed_events order by b", ["a"], ["b"]),
        ("with e as (select * from events) select e.id, upper(state) as state from e", ["id", "state"], []),
        ("with e as (select id as k, n from events) select k, n from e", ["id", "n"], []),
        ("select s.k from (select id as k, n from events) s where n > 1", ["id", "n"], []),
        ("with events as (select * from events) select id from events", ["id"], []),
        ("select max(n) from events group by g having s qualify row_number() over (partition by p order by o) = 1",
         ["g", "n", "o", "p", "s"], []),
        ("select * exclude (_package) from events unpivot (score for question in (q1, q2))", ["q1", "q2"], []),
        ("select a from events union all select b from events", ["a", "b"], []),
        ("select id, (select max(x) from events i where i.id = o.id and y) from events o", ["id"], ["x", "y"]),
        ("select 1 from range(3) r(i), events where i > n", [], ["i", "n"]),
        ("select count(*) from events", [], []),
    ],
)  # fmt: skip
def test_a_select_names_the_columns_it_reads(select, required, possible):
    assert reading(select)["events"] == (required, possible)


def test_a_select_over_two_sources_names_columns_of_both():
    found = reading(
        "select e.id, o.total, note from events e join orders o using (customer) where e.at < o.at", "orders"
    )
    assert found == {
        "events": (["at", "id"], ["customer", "note"]),
        "orders": (["at", "total"], ["customer", "note"]),
    }


def test_the_tables_of_a_select_are_the_sources_it_reads_and_no_others():
    sources = [events(), Source.model_validate({"name": "orders", "files": {"glob": "*"}})]
    select = "with own as (select 1 as a) select * from own, landed_orders left join channels on true"
    assert tables_named(select, sources, where="x") == ["orders"]


@pytest.mark.parametrize(
    ("select", "said"), [("select from where", "cannot be read"), ("select 1; select 2", "several")]
)
def test_sql_that_is_no_single_select_is_refused_with_its_place(select, said):
    with pytest.raises(ConfigurationError, match=said) as refused:
        reading(select)
    assert refused.value.where == "sources/events.yml, mappings.rows.select"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"dates": "birth_date"}, "the column birth_date looks personal"),
        ({"key": ["code"], "personal": ["CODE"]}, "the column code is declared personal"),
    ],
)
def test_a_declaration_that_names_a_personal_column_is_refused(declared, said):
    with pytest.raises(ConfigurationError, match=said):
        named_columns([events(**declared)])


def test_a_personal_looking_column_may_be_named_with_a_reason_or_under_keys():
    source = events(
        key=["email", "phone_service"],
        keys={"Email": {"names": "customer", "case": "lower"}},
        not_personal={"Phone_Service": "a yes or no"},
    )
    assert sorted(named_columns([source])["events"].required) == ["email", "phone_service"]


def test_a_named_column_is_found_whatever_its_case_and_lands_as_it_was_declared():
    named = NamedColumns(required={"score": "Score", "id": "id"}, possible={"note": "note", "email": "email"})
    kept = kept_columns(events(), named, ["ID", "email", "x", "SCORE"], where="here")
    assert kept == {"id": 0, "Score": 3}


def test_a_column_that_vanished_is_named_with_the_file_and_the_nearest_header():
    with pytest.raises(DeliveryError) as refused:
        kept_columns(events(), NamedColumns(required={"respnum": "RESPNUM"}), ["*RESPNUM", "Zofia"], where="crm, a.csv")
    assert str(refused.value).startswith("crm, a.csv: the column RESPNUM is not in the file")
    assert "*RESPNUM" in refused.value.remedy
    assert "Zofia" not in str(refused.value)
