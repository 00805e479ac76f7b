"""What is read from a build's warehouse."""

from pathlib import Path

import duckdb
import pytest

from flows.contracts import contracts
from flows.figures import before_first_snapshot, quotes


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """Every fact, empty."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        for contract in contracts().values():
            columns = ", ".join(f'"{name}" {type_}' for name, type_ in contract.types.items())
            connection.execute(f"create table fct_{contract.name} ({columns})")
    return path


def _add(warehouse: Path, *statements: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_rows_before_their_customers_first_snapshot_are_counted(warehouse: Path) -> None:
    _add(
        warehouse,
        "insert into fct_customers (customer_key, valid_from) values "
        "('a', '2026-02-01'), ('a', '2026-03-01'), ('b', '2026-01-01')",
        "insert into fct_orders (customer_key, ordered_at) values "
        "('a', '2026-01-15'), ('a', '2026-02-15'), ('b', '2026-01-15'), (null, '2020-01-01')",
        "insert into fct_calls (customer_key, enqueued_at) values ('a', '2026-01-31')",
    )
    assert before_first_snapshot(warehouse) == 2


def test_a_source_that_is_no_snapshot_has_no_first_one(warehouse: Path) -> None:
    _add(
        warehouse,
        "insert into fct_customers (customer_key) values ('a')",
        "insert into fct_orders (customer_key, ordered_at) values ('a', '2020-01-15')",
    )
    assert before_first_snapshot(warehouse) == 0


def test_of_a_quote_only_what_may_be_printed_is_read_in_the_order_of_theme_polarity_and_place(warehouse: Path) -> None:
    _add(
        warehouse,
        "create table quotes as select * from (values "
        "('2026-02', 'staff', 'positive', 2, 'so kind', 'en', 12, 'R-2', 's.nps', 'a.csv', 2), "
        "('2026-02', 'staff', 'positive', 1, 'miło', 'pl', 12, 'R-1', 's.nps', 'a.csv', 1), "
        "('2026-02', 'staff', 'negative', 1, 'rude', 'en', 12, 'R-3', 's.nps', 'a.csv', 3), "
        "('2026-02', 'price', 'positive', 1, 'fair', 'en', 10, 'R-4', 's.nps', 'a.csv', 4), "
        "('2026-01', 'price', 'negative', 1, 'dear', 'en', 10, 'R-5', 's.nps', 'a.csv', 5)) "
        "as q(period, theme, polarity, place, quote, language, comments, response_id, mapping, source_file, "
        "source_line)",
    )
    found = quotes(warehouse, "2026-02")
    assert [row["quote"] for row in found] == ["fair", "rude", "miło", "so kind"]
    assert set(found[0]) == {"period", "theme", "polarity", "place", "quote", "language", "comments"}
