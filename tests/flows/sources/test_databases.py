from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from flows.errors import ConfigurationError, CxError, DeliveryError
from flows.sources import databases
from tests.flows.landed import everything_under, rows, run, source, workspace_with

PASSWORD = "canary-of-a-password"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A SQLite database with three orders, and a function that lands a query of it."""
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table orders (id integer, email text, amount, bought text)")
        connection.executemany(
            "insert into orders values (?, ?, ?, ?)",
            [
                (1, "zofia@canary.pl", 10, "2026-08-31"),
                (2, "Zofia@canary.pl ", 2.5, "2026-09-01"),
                (3, None, None, "2026-09-30"),
            ],
        )
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{path}")

    def land(query, *columns, **more):
        declared = source(None, *columns, database={"url_env": "SHOP_URL", "query": query}, **more)
        workspace = workspace_with(tmp_path / "company", orders=declared)
        return workspace, run(workspace)["orders"]

    land.path = path
    return land


def changed(path, statement):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_query_lands_with_types_and_row_numbers(shop):
    _, [package] = shop("select * from orders order by id", "id", "amount")
    assert rows([package], "id, amount, _source_file, _source_line, _package") == [
        (1, 10.0, "query", 1, package.package),
        (2, 2.5, "query", 2, package.package),
        (3, None, "query", 3, package.package),
    ]
    assert package.origin == "query"
    assert package.headers == ["id", "email", "amount", "bought"]
    assert package.columns == ["id", "amount"]
    assert package.rows == 3
    assert package.bytes > 0


def test_the_days_of_the_period_may_be_named_in_the_query(shop):
    _, [package] = shop("select id from orders where bought >= :period_start and bought < :period_end", "id")
    assert rows([package], "id") == [(2,), (3,)]


def test_another_parameter_is_refused(shop):
    with pytest.raises(ConfigurationError, match="names the parameter :since"):
        shop("select id from orders where bought > :since", "id")


def test_types_that_only_later_rows_tell_hold_all_rows(shop, monkeypatch):
    monkeypatch.setattr(databases, "CHUNK_ROWS", 1)
    changed(shop.path, "insert into orders values (99999999999, null, 'n/a', null)")
    _, [package] = shop("select * from orders order by id", "id", "amount", "bought")
    assert rows([package], "id, amount, bought") == [
        (1, "10", "2026-08-31"),
        (2, "2.5", "2026-09-01"),
        (3, None, "2026-09-30"),
        (99999999999, "n/a", None),
    ]


def test_keys_are_hashed_before_anything_is_put_aside(shop):
    keys = {"email": {"names": "customer", "case": "lower"}}
    workspace, [package] = shop("select * from orders order by id", "email", keys=keys)
    [(first,), (second,), (none,)] = rows([package], "email")
    assert len(first) == 32
    assert first == second
    assert none is None
    assert b"canary" not in everything_under(workspace.root)


def test_the_same_rows_are_landed_once_and_changed_ones_again(shop):
    query = "select * from orders order by id"
    _, first = shop(query, "id")
    assert shop(query, "id")[1] == first
    changed(shop.path, "update orders set amount = 11 where id = 1")
    workspace, second = shop(query, "id")
    assert second[0].sequence == 2
    assert sorted(path.name for path in (workspace.lake / "orders").iterdir()) == [
        first[0].package,
        second[0].package,
    ]


def test_a_state_that_returns_to_what_it_was_is_a_new_snapshot(shop):
    query = "select * from orders order by id"
    shop(query, "id", load="snapshot")
    changed(shop.path, "update orders set amount = 11 where id = 1")
    shop(query, "id", load="snapshot")
    changed(shop.path, "update orders set amount = 10 where id = 1")
    _, packages = shop(query, "id", load="snapshot")
    assert [package.sequence for package in packages] == [1, 2, 3]
    assert packages[0].sha256 == packages[2].sha256


def test_no_rows_are_no_extract(shop):
    with pytest.raises(DeliveryError, match="the extract is empty"):
        shop("select id from orders where id > 7", "id")


@pytest.mark.parametrize(
    ("query", "kind"),
    [("select id from nowhere where 'zofia' = 'canary'", "OperationalError"), ("selec", "OperationalError")],
)
def test_what_the_server_refuses_is_said_without_its_words(shop, query, kind):
    with pytest.raises(DeliveryError, match=f"did not answer the query: {kind}") as refused:
        shop(query, "id")
    assert "canary" not in str(refused.value)
    assert str(shop.path) not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"sqlite:////nowhere/{PASSWORD}/x.sqlite",
        f"//user:{PASSWORD}@host",
        f"nosuch://user:{PASSWORD}@host/db",
        f"oracle+oracledb://user:{PASSWORD}@host/db",
    ],
)
def test_an_address_that_does_not_work_is_refused_without_being_shown(shop, monkeypatch, url):
    def land():
        return shop("select 1 as id", "id")

    land()
    monkeypatch.setenv("SHOP_URL", url)
    with pytest.raises(CxError) as refused:
        land()
    assert PASSWORD not in str(refused.value)
    assert refused.value.remedy


def test_a_missing_address_is_named_by_its_variable(shop, monkeypatch):
    monkeypatch.delenv("SHOP_URL")
    with pytest.raises(ConfigurationError, match="SHOP_URL is not set"):
        shop("select 1 as id", "id")
