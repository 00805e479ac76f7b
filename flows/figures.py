"""Reading figures: from a build's warehouse, and from what was published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import CxError
from flows.ledger_records import Publication

if TYPE_CHECKING:
    import duckdb

#: The keys of a figure, in the order of `cx kpis` and of the table `figures`.
FIGURE_COLUMNS = (
    "period", "kpi", "slice", "slice_value", "value", "unit", "n", "low", "high", "previous",
    "change", "change_low", "change_high", "p", "q", "verdict", "target", "met",
    "precision_flag", "expected_low", "expected_high", "signal", "presentation",
)  # fmt: skip


def rows(
    database: Path, query: str, parameters: Iterable[Any] = (), *, timezone: str | None = None
) -> list[dict[str, Any]]:
    """The rows of ``query`` on a DuckDB file, opened read-only; days and months are those of ``timezone``.

    Raises CxError when the file cannot be opened.
    """
    with _readable(database), opened(database, timezone) as connection:
        return fetched(connection, query, parameters)


def opened(database: Path, timezone: str | None = None) -> duckdb.DuckDBPyConnection:
    """A DuckDB file, read-only; days and months are those of ``timezone``. Raises CxError when it cannot be opened."""
    import duckdb

    with _readable(database):
        connection = duckdb.connect(str(database), read_only=True)
    if timezone:
        connection.execute("set TimeZone = $zone", {"zone": timezone})
    return connection


@contextmanager
def _readable(database: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (duckdb.IOException, duckdb.SerializationException) as error:
        raise unreadable(database, error) from None


def fetched(connection: duckdb.DuckDBPyConnection, query: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
    """The rows of ``query``, each by the names of its columns."""
    result = connection.execute(query, list(parameters))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def is_of_a_newer_duckdb(error: Exception) -> bool:
    """Whether DuckDB refused a file because a newer DuckDB wrote it."""
    return "database file with version number" in str(error)


def unreadable(database: Path, error: Exception) -> CxError:
    """A DuckDB file that cannot be opened, as a sentence; a newer version is told as such."""
    import duckdb

    if is_of_a_newer_duckdb(error):
        return CxError(
            f"the file was written by a newer DuckDB than the {duckdb.__version__} installed here",
            "run `make setup` to install the version this project is locked to, or delete the file and run again",
            where=database.name,
        )
    return CxError(
        "the file cannot be opened as a DuckDB database", "delete it and run again; it is rebuilt", where=database.name
    )


def published_figures(publication: Publication) -> list[dict[str, Any]]:
    """The figures a publication froze for its period, with exactly the keys of FIGURE_COLUMNS.

    A month that was frozen by an earlier version may lack what was added since; that is null.
    """
    found = _published(publication, "figures", "period, kpi, slice, slice_value")
    return [{name: row.get(name) for name in FIGURE_COLUMNS} for row in found if row["period"] == publication.period]


def published_kpis(publication: Publication) -> list[dict[str, Any]]:
    """The declarations that a publication's figures were computed with: the rows of ``kpis`` of that time."""
    return _published(publication, "kpis", "position")


def _published(publication: Publication, name: str, order: str) -> list[dict[str, Any]]:
    import duckdb

    path = publication.directory / f"{name}.parquet"
    if not path.is_file():
        raise CxError(
            f"the published {name} of {publication.period} are missing",
            "restore var/published from a backup",
            where=path.name,
        )
    with duckdb.connect() as connection:
        result = connection.execute(f"select * from read_parquet(?) order by {order}", [str(path)])
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def series(database: Path) -> dict[str, list[dict[str, Any]]]:
    """Each KPI's overall figures by month, oldest first: period, value, low, high, n, verdict."""
    found: dict[str, list[dict[str, Any]]] = {}
    query = "select kpi, period, value, low, high, n, verdict from figures where slice = 'overall' order by kpi, period"
    for row in rows(database, query):
        found.setdefault(row.pop("kpi"), []).append(row)
    return found


def quotes(database: Path, period: str) -> list[dict[str, Any]]:
    """The month's quotes as they may be printed: who wrote one and where it was delivered stays in the warehouse."""
    columns = "period, theme, polarity, place, quote, language, comments"
    return rows(
        database, f"select {columns} from quotes where period = ? order by theme, polarity, place", [str(period)]
    )


def deliveries(database: Path) -> list[dict[str, Any]]:
    """What reached the facts: source, contract, mapping, rows, first_at and last_at (ISO dates)."""
    from flows.contracts import contracts

    parts = [
        f"select '{each.name}' as contract, mapping, count(*) as rows, "
        f"strftime(min({each.time_column}), '%Y-%m-%d') as first_at, "
        f"strftime(max({each.time_column}), '%Y-%m-%d') as last_at "
        f"from fct_{each.name} group by mapping"
        for each in contracts().values()
    ]
    found = rows(database, " union all ".join(parts) + " order by contract, mapping")
    return [{"source": row["mapping"].split(".")[0]} | row for row in found]


def before_first_snapshot(database: Path) -> int:
    """Rows of events from before the first snapshot of their customer: they carry its earliest known attributes."""
    from flows.contracts import contracts

    [[dated]] = [row.values() for row in rows(database, "select count(valid_from) from fct_customers")]
    if not dated:
        return 0
    parts = [
        f"select count(*) as n from fct_{each.name} as f join earliest on f.customer_key = earliest.customer_key "
        f"where f.{each.time_column} < earliest.valid_from"
        for each in contracts().values()
        if "customer_key" in each.types and each.types[each.time_column] == "timestamptz" and each.name != "customers"
    ]
    earliest = "with earliest as (select customer_key, min(valid_from) as valid_from from fct_customers group by all)"
    [counted] = rows(database, f"{earliest} select cast(sum(n) as bigint) as n from ({' union all '.join(parts)})")
    return counted["n"]


def untold(database: Path, period: str) -> dict[str, str]:
    """Why a model of customer value has no estimate for the period, by KPI."""
    query = "select kpi, note from customer_values where period = ? and estimate is null and note is not null"
    return {row["kpi"]: row["note"] for row in rows(database, query, [period])}


def notes(database: Path, period: str) -> list[str]:
    """What must be said about estimates of the period that are there."""
    query = (
        "select distinct note from customer_values "
        "where period = ? and estimate is not null and note is not null order by note"
    )
    return [row["note"] for row in rows(database, query, [period])]


def as_json(figures: list[dict[str, Any]]) -> str:
    """Figures as a JSON list; the same figures give the same text."""
    return json.dumps(figures, ensure_ascii=False, indent=1)
