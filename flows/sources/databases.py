"""Extracts that are queries: any database SQLAlchemy knows, read in chunks, its errors without their values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import ConfigurationError, DeliveryError
from flows.figures import is_of_a_newer_duckdb
from flows.period import Period
from flows.settings import secret
from flows.sources.declaration import Source
from flows.sources.extract import Batch, Origin, clean_headers
from flows.sources.keys import as_text
from flows.sources.personal import without_personal

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows asked for at a time.
CHUNK_ROWS = 20_000
_NATIVE = {type(None), str, int, float, bool, Decimal, datetime, date, time, timedelta, bytes}


class QueryExtract:
    """The rows of a query; ``sha256`` and ``bytes`` describe them in the order given, once all were read.

    ``:period_start`` and ``:period_end`` in the query are the first day of the month and of the next, as dates.
    """

    typed = True

    def __init__(self, source: Source, period: Period, is_personal_field: Callable[[str], bool]) -> None:
        self.origin = Origin(source.name, "query")
        self._where = f"sources/{source.name}.yml, database"
        self._is_personal_field = is_personal_field
        self._hash = hashlib.sha256()
        self.bytes = 0
        self._engine = self._engine_of(source)
        self._connection: Any = None
        try:
            self._connection = self._asked(lambda: self._engine.connect().execution_options(stream_results=True))
            self._result = self._asked(lambda: self._connection.execute(self._statement(source, period)))
            if not self._result.returns_rows:
                raise ConfigurationError("the query returns no rows by its nature", "write a select", where=self._where)
            self._names = list(self._result.keys())
            self.headers = clean_headers(self._names, self.origin)
        except BaseException:
            self.close()
            raise

    def _engine_of(self, source: Source) -> Any:
        import sqlalchemy

        name = source.database.url_env
        url = secret(name, used_for=f"the database of the source {source.name}")
        try:
            return sqlalchemy.create_engine(url)
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"the driver {error.name} that {name} asks for is not installed", "install it", where=self._where
            ) from None
        except Exception:  # the address holds a password: say nothing of it
            raise ConfigurationError(
                f"{name} is not an address SQLAlchemy understands",
                "write it as dialect+driver://user:password@host/database, with signs in the password %-encoded",
                where=self._where,
            ) from None

    def _statement(self, source: Source, period: Period) -> Any:
        import sqlalchemy

        known = {"period_start": _first_day(period), "period_end": _first_day(period.shift(1))}
        statement = sqlalchemy.text(source.database.query)
        named = set(statement.compile().params)
        if unknown := sorted(named - known.keys()):
            raise ConfigurationError(
                f"the query names the parameter :{unknown[0]}",
                "there are :period_start and :period_end; write a colon that is none of them as \\:",
                where=self._where,
            )
        return statement.bindparams(
            *(sqlalchemy.bindparam(name, known[name], type_=sqlalchemy.Date) for name in sorted(named))
        )

    def _asked(self, question: Callable[[], Any]) -> Any:
        """What the server answers; an error becomes a sentence with its kind and code only."""
        import sqlalchemy.exc

        try:
            return question()
        except (ConfigurationError, DeliveryError):
            raise
        except sqlalchemy.exc.DBAPIError as error:
            if is_of_a_newer_duckdb(error):
                raise DeliveryError(
                    "the database file was written by a version of DuckDB newer than the one installed here",
                    "have it exported as Parquet, or written for an older storage version",
                    where=str(self.origin),
                ) from None
            kind = type(error.orig).__name__
            code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            coded = f" (SQLSTATE {code})" if isinstance(code, str) and code.isalnum() else ""
            failed = self._failed(f"{kind}{coded}")
            # Before any statement, or with the connection lost: the network's fault, not the query's.
            failed.transient = error.statement is None or error.connection_invalidated
            raise failed from None
        except Exception as error:  # a driver's message may quote rows or credentials
            raise self._failed(type(error).__name__) from None

    def _failed(self, kind: str) -> DeliveryError:
        return DeliveryError(
            f"the database did not answer the query: {kind}",
            "check that the server can be reached, the account's rights, and the query in the database's own client",
            where=str(self.origin),
        )

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()

    def batches(self, places: list[int]) -> Iterator[Batch]:
        """Rows in chunks of Arrow arrays, typed chunk by chunk; raises DeliveryError when the server fails."""
        self._hash.update(repr(self._names).encode())
        row = 0
        while chunk := self._asked(lambda: self._result.fetchmany(CHUNK_ROWS)):
            for each in chunk:
                content = repr(tuple(each)).encode("utf-8", "surrogatepass")
                self._hash.update(content)
                self.bytes += len(content)
            columns = list(zip(*chunk, strict=True))
            arrays = [self._array(columns[place], self.headers[place]) for place in places]
            yield Batch(arrays, list(range(row + 1, row + len(chunk) + 1)))
            row += len(chunk)

    def _array(self, values: tuple[Any, ...], column: str) -> pa.Array:
        import pyarrow as pa

        native = [value if type(value) in _NATIVE else self._as_native(value) for value in values]
        try:
            try:
                return pa.array(native)
            except (pa.ArrowException, OverflowError):  # kinds mixed, or an integer beyond 64 bits
                return pa.array([None if value is None else as_text(value) for value in native], pa.string())
        except UnicodeEncodeError:
            raise DeliveryError(
                f"the column {column} holds text that is not valid Unicode", "cast it in the query", where=self._where
            ) from None

    def _as_native(self, value: Any) -> Any:
        if isinstance(value, dict | list):
            return json.dumps(without_personal(value, self._is_personal_field), ensure_ascii=False, default=str)
        return bytes(value) if isinstance(value, bytearray | memoryview) else str(value)


def _first_day(period: Period) -> date:
    return date(period.year, period.month, 1)


class Spool:
    """Batches put aside in ``directory`` until all types are known: a database tells them row by row."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._schemas: list[pa.Schema] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Put one batch aside; raises OSError when the disk is full."""
        import pyarrow as pa

        with pa.OSFile(str(self._path(len(self._schemas))), "wb") as file, pa.ipc.new_file(file, batch.schema) as out:
            out.write_batch(batch)
        self._schemas.append(batch.schema)

    def batches(self, origin: Origin) -> Iterator[pa.RecordBatch]:
        """Every batch with the types that hold all of them; raises DeliveryError naming a column that none holds."""
        import pyarrow as pa

        if not self._schemas:
            return
        names = self._schemas[0].names
        schema = pa.schema([(name, _common([each.field(name).type for each in self._schemas])) for name in names])
        for number in range(len(self._schemas)):
            with pa.OSFile(str(self._path(number)), "rb") as file:
                batch = pa.ipc.open_file(file).get_batch(0)
            self._path(number).unlink()
            columns = []
            for name in names:
                try:
                    columns.append(batch.column(name).cast(schema.field(name).type))
                except pa.ArrowException:
                    raise DeliveryError(
                        f"the column {name} holds values of kinds that do not go together",
                        "cast it to one type in the query",
                        where=str(origin),
                    ) from None
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    def _path(self, number: int) -> Path:
        return self._directory / f"chunk-{number:06d}.arrow"


def _common(types: list[pa.DataType]) -> pa.DataType:
    """The type that holds all of ``types``; text where there is no other."""
    import pyarrow as pa

    try:
        schemas = [pa.schema([("column", each)]) for each in dict.fromkeys(types)]
        return pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pa.ArrowException:
        return pa.string()
