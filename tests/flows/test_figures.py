"""What is read from a build's warehouse."""

from pathlib import Path

import duckdb
import pytest

from flows.contracts import contracts
from flows.figures import before_first_snapshot


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
