"""The SQL that counts a figure again; that it agrees with the figures themselves is tested in test_explain.py."""

from __future__ import annotations

import duckdb

from flows.recount import KINDS, Cell, Fact, keys_of, recounting, rows_behind


def test_a_quantile_among_rows_beyond_the_window_is_not_given() -> None:
    fact = Fact("fact", {}, [])
    kpi = {"kind": "quantile", "base": "true", "measure": "hours", "month": "day", "window_days": 3}
    for hours, quantile, value in [
        ([1, 2, 3, None, None], 0.5, 3.0),
        ([1, 2, None, None], 0.5, None),
        ([1, None, None, None], 0.5, None),
        ([1, 2, 3, 4], 0.5, 2.5),
        ([*range(1, 11), None], 0.9, 10.0),
    ]:
        with duckdb.connect() as connection:
            connection.execute("create table fact (day timestamptz, hours double)")
            connection.executemany("insert into fact values ('2026-01-05', ?)", [[each] for each in hours])
            query = recounting(Cell(kpi | {"quantile": quantile}, fact, "2026-01"))
            assert connection.execute(query).fetchone() == (len(hours), value)


def test_what_has_no_denominator_has_no_value() -> None:
    fact = Fact("fact", {}, [])
    declared = {"base": "false", "month": "day", "window_days": 0, "hit": "true", "measure": "1", "quantile": 0.5}
    declared |= {"numerator": "1", "denominator": "0", "per": 1000}
    rate = {"kind": "rate", "base": "true"}
    kinds = [kind for kind in KINDS if kind not in ("rate", "count") and KINDS[kind].select]
    with duckdb.connect() as connection:
        connection.execute("create table fact (day timestamptz, weight double)")
        connection.execute("insert into fact values ('2026-01-05', 0)")
        for kpi in [*({"kind": kind} for kind in kinds), rate]:
            cell = Cell(declared | kpi, fact, "2026-01", exposure=declared, exposed=fact)
            assert connection.execute(recounting(cell)).fetchone() == (0, None), kpi
        nothing_below = Cell(declared | {"kind": "ratio", "base": "true"}, fact, "2026-01")
        assert connection.execute(recounting(nothing_below)).fetchone() == (1, None)
        weighted = Cell(declared | {"kind": "mean", "base": "true", "weight": "weight"}, fact, "2026-01")
        assert connection.execute(recounting(weighted)).fetchone() == (1, None)


def test_a_fact_without_a_declared_key_tells_every_key_it_has() -> None:
    columns = ["customer_key", "first_order_key", "response_id", "channel", "extra"]
    assert keys_of(Fact("spine", {}, []), columns) == ["first_order_key", "response_id"]
    assert keys_of(Fact("fact", {}, ["customer_key", "channel", "gone"]), columns) == ["channel"]


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
    assert recounting(cell) is None
