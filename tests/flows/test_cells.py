"""What stands behind a figure: which rows, whose, and what is told of them."""

from __future__ import annotations

import duckdb

from flows.cells import Cell, Fact, keys_of, rows_behind, whose


def test_a_fact_without_a_declared_key_tells_every_key_it_has() -> None:
    columns = ["customer_key", "agent_key", "first_order_key", "response_id", "channel", "extra"]
    assert keys_of(Fact("spine", {}, []), columns) == ["first_order_key", "response_id"]
    assert keys_of(Fact("fact", {}, ["customer_key", "agent_key", "channel", "gone"]), columns) == ["channel"]


def test_a_measure_that_is_a_text_is_not_read_out() -> None:
    """Of a kind that is not known here the measure may be anything."""
    cell = Cell(
        {"kind": "newfangled", "base": None, "measure": "word", "month": "day"}, Fact("fact", {}, []), "2026-01"
    )
    with duckdb.connect() as connection:
        connection.execute("create table fact (day date, word varchar)")
        connection.execute("insert into fact values ('2026-01-05', 'secret'), ('2026-01-06', '7'), ('2026-02-01', '8')")
        result = connection.execute(rows_behind(cell, ["day", "word"], 10))
        names = [column[0] for column in result.description]
        found = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    assert [row["measure"] for row in found] == [None, 7.0]
    assert "secret" not in str(found)


def test_a_row_is_the_clusters_or_the_customers_or_nobodys() -> None:
    assert whose({"cluster": "day"}, ["customer_key", "day"]) == "day"
    assert whose({"cluster": None}, ["customer_key", "day"]) == "customer_key"
    assert whose({}, ["day"]) is None
