"""A SQLAlchemy dialect that lets Great Expectations read a DuckDB file without holding it.

Great Expectations has no DuckDB engine. Through duckdb-engine alone it fails ("list index out of range"): a DuckDB
connection is its own cursor, so the rollback that SQLAlchemy sends when a connection goes back to the pool throws away
the rows that Great Expectations has yet to fetch. On a read-only connection a transaction protects nothing, so here
begin, commit and rollback do nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
from duckdb_engine import Dialect
from sqlalchemy import pool
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.types import NullType

from expectations.check import literal

#: Not ``duckdb``: duckdb-engine keeps its own name for whoever else uses it in this environment.
NAME = "cx_duckdb"


def _words() -> set[str]:
    """What DuckDB does not take for a column's name unless it is quoted."""
    found = duckdb.execute("select keyword_name from duckdb_keywords() where keyword_category != 'unreserved'")
    return {word for (word,) in found.fetchall()}


class Preparer(Dialect.preparer):
    """Quotes DuckDB's own words too: SQLAlchemy knows PostgreSQL's, to which ``at`` is a name as any other."""

    reserved_words = Dialect.preparer.reserved_words | _words()


class ReadOnlyDuckDB(Dialect):
    """duckdb-engine's dialect, always read-only, one connection an engine, without transactions."""

    name = NAME
    preparer = Preparer
    # duckdb-engine declares the same; SQLAlchemy asks each subclass to say it again.
    supports_statement_cache = False

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:  # noqa: ARG003
        """One connection: settings of the session hold for every check, and ``dispose`` lets go of the file."""
        return pool.StaticPool

    def connect(self, *arguments: Any, **parameters: Any) -> Any:
        """A read-only connection in which no Python variable is taken for a table and nothing is installed."""
        # DuckDB knows time zones only once it is open.
        settings = dict(parameters.get("url_config", {}))
        timezone = settings.pop("TimeZone", "UTC")
        parameters["url_config"] = settings
        config = {"python_enable_replacements": "false", "autoinstall_known_extensions": "false"}
        parameters["config"] = config | parameters.get("config", {})
        parameters["read_only"] = True
        connection = super().connect(*arguments, **parameters)
        connection.execute(f"set TimeZone = {literal(timezone)}")
        return connection

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        """Names of the columns of a table or view; rules need no types.

        duckdb-engine asks the catalogue as PostgreSQL's driver would, which takes a tenth of a second a table.
        """
        found = connection.exec_driver_sql(
            "select column_name, is_nullable from duckdb_columns() "
            "where table_name = $1 and schema_name = $2 order by column_index",
            (table_name, schema or "main"),
        )
        return [{"name": name, "type": NullType(), "nullable": nullable, "default": None} for name, nullable in found]

    def do_begin(self, *_: Any) -> None:
        """Nothing: see above."""

    def do_commit(self, *_: Any) -> None:
        """Nothing: see above."""

    def do_rollback(self, *_: Any) -> None:
        """Nothing: see above."""


def register() -> None:
    """Make ``cx_duckdb:///path`` known to SQLAlchemy in this process."""
    registry.register(NAME, __name__, ReadOnlyDuckDB.__name__)


def address(database: Path, **settings: str) -> str:
    """The SQLAlchemy address of the DuckDB file ``database``, with DuckDB ``settings`` for every connection to it."""
    return URL.create(NAME, database=str(database), query=settings).render_as_string(hide_password=False)
