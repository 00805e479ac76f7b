"""The dialect: read-only, rows that outlive a rollback, and a file that is let go of."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import sqlalchemy

from expectations import duckdb_dialect


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "odd name; it's.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute('create table answers as select range as score, range * 2 as "Two Words" from range(3)')
        connection.execute("create view seen as select * from answers")
    return path


@pytest.fixture
def engine(file: Path):
    duckdb_dialect.register()
    engine = sqlalchemy.create_engine(duckdb_dialect.address(file))
    yield engine
    engine.dispose()


def test_rows_can_be_fetched_after_the_connection_rolled_back(engine):
    with engine.connect() as connection:
        result = connection.execute(sqlalchemy.text("select score from answers order by score"))
        connection.rollback()
        assert result.fetchall() == [(0,), (1,), (2,)]


def test_a_column_named_with_a_word_of_duckdb_is_quoted(file, engine):
    with duckdb.connect(str(file)) as connection:
        connection.execute('create table steps as select 1 as "at", 2 as "asof", 3 as "precision"')
    steps = sqlalchemy.table("steps", *(sqlalchemy.column(name) for name in ("at", "asof", "precision")))
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.select(steps).where(steps.c.at.is_not(None))).fetchall() == [(1, 2, 3)]


def test_nothing_can_be_written(engine):
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.DBAPIError, match="read-only"):
        connection.execute(sqlalchemy.text("create table more (a integer)"))


def test_a_python_variable_is_not_taken_for_a_table(engine):
    # duckdb-engine's own frame has a variable of this name; taken for a table it would be "not suitable"
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.DBAPIError, match="does not exist"):
        connection.execute(sqlalchemy.text("select * from parameters"))


def test_settings_hold_on_every_connection(file):
    duckdb_dialect.register()
    address = duckdb_dialect.address(file, TimeZone="Asia/Taipei", threads="1")
    for _ in range(2):
        engine = sqlalchemy.create_engine(address)
        with engine.connect() as connection:
            found = connection.exec_driver_sql("select current_setting('TimeZone'), current_setting('threads')")
            assert found.fetchall() == [("Asia/Taipei", 1)]
        engine.dispose()


@pytest.mark.parametrize("name", ["answers", "seen"])
def test_the_columns_of_tables_and_views_are_known_by_name(engine, name):
    columns = sqlalchemy.inspect(engine).get_columns(name)
    assert [column["name"] for column in columns] == ["score", "Two Words"]


def test_a_disposed_engine_lets_the_file_be_opened_for_writing(engine, file):
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select 1")).fetchall()
    with pytest.raises(duckdb.ConnectionException):
        duckdb.connect(str(file))
    engine.dispose()
    with duckdb.connect(str(file)) as writer:
        writer.execute("create table more (a integer)")
