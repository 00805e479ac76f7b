"""Landing: extracts into the lake, with the columns that something names, keys hashed, and file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import ConfigurationError, DeliveryError
from flows.lake import Incoming, Package, latest_editions, make_durable, packages, salt, sha256_of, sweep
from flows.period import Period
from flows.sources.columns import NamedColumns, is_personal, is_personal_field, kept_columns, named_columns
from flows.sources.databases import QueryExtract, Spool
from flows.sources.declaration import Source
from flows.sources.extract import Extract, Origin
from flows.sources.files import files_of, open_extract, unreadable
from flows.sources.keys import NotAnInteger, as_text, hashed
from flows.workspace import Workspace

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Report = Callable[[str, int], None]


def land(
    workspace: Workspace,
    sources: Iterable[Source],
    period: Period,
    *,
    accepted: Mapping[str, set[str]] | None = None,
    report: Report | None = None,
) -> dict[str, list[Package]]:
    """Pull every source, land what is new, and return by source the packages that a run of ``period`` reads.

    ``full`` sources: the packages of what is there now. The others: what is there now and all that was ever
    ``accepted`` (by source, the packages that gate 1 has let through; None means all that was landed), in order of
    sequence. So an extract that was refused leaves nothing behind once it is repaired. An ``append`` file that comes
    again under its name replaces what it was.
    ``report`` is told a source's name and the rows landed so far. Only one run may land into a workspace at a time.
    Raises DeliveryError for an extract that is missing, half-written or not as declared, ConfigurationError for a
    declaration that cannot be meant, and CxError when the lake cannot be written.
    """
    import duckdb

    sources = list(sources)
    named = named_columns(sources)
    # One connection reads the dates of all packages: opening one takes longer than the question.
    with duckdb.connect() as asked:
        return {
            source.name: _Landing(workspace, source, named[source.name], period, report, asked).run(
                None if accepted is None else accepted.get(source.name, set())
            )
            for source in sources
        }


class _Landing:
    """One source being landed."""

    def __init__(
        self,
        workspace: Workspace,
        source: Source,
        named: NamedColumns,
        period: Period,
        report: Report | None,
        asked: duckdb.DuckDBPyConnection,
    ) -> None:
        self.asked = asked
        self.workspace, self.source, self.named, self.period = workspace, source, named, period
        self.report = report or (lambda _source, _rows: None)
        self.salt = salt(workspace) if source.keys else ""
        self.reading, self.keyed = _fingerprints(source, workspace.settings.timezone, self.salt)
        self.known: list[Package] = []

    def run(self, accepted: set[str] | None) -> list[Package]:
        sweep(self.workspace.lake, self.source.name)
        self.known = packages(self.workspace.lake, self.source.name)
        before = {package.package for package in self.known}
        if self.source.files:
            found = files_of(self.workspace, self.source, self.period)
            now = [self._file(path, Origin(self.source.name, name)) for path, name in found]
        else:
            now = [self._query()]
        read = now if self.source.load == "full" else self._history(now, accepted)
        for package in read:
            self._refuse_unusable(package)
            if package.package in before:  # what was landed just now was hashed just now
                package.verify()
        return read

    def _history(self, now: list[Package], accepted: set[str] | None) -> list[Package]:
        current = {package.package for package in now}
        replaced = {package.origin for package in now} if self.source.load == "append" and self.source.files else set()
        return [
            package
            for package in latest_editions(self.known)
            if package.package in current
            or (package.origin not in replaced and (accepted is None or package.package in accepted))
        ]

    def _file(self, path: Path, origin: Origin) -> Package:
        try:
            size = path.stat().st_size
            sha256 = sha256_of(path)
        except OSError as error:
            raise unreadable(error, origin) from None
        if size == 0:
            raise DeliveryError("the file is empty (0 bytes)", "ask for the extract again", where=str(origin))
        if package := self._landed(origin, sha256):
            return package
        opened = open_extract(path, self.source.files, origin, lambda name: is_personal_field(self.source, name))
        with closing(opened) as extract, Incoming(self.workspace.lake, self.source.name, needed=size) as incoming:
            name = self._name(origin, sha256)
            rows = self._write(incoming, self._arrow(extract, origin), name)
            self._refuse_empty(rows, origin)
            self._refuse_changed(path, sha256, origin)
            return self._commit(incoming, extract, origin, name, sha256=sha256, size=size, rows=rows)

    def _query(self) -> Package:
        opened = QueryExtract(self.source, self.period, lambda name: is_personal_field(self.source, name))
        with closing(opened) as extract, Incoming(self.workspace.lake, self.source.name, needed=1_000_000) as incoming:
            spool = Spool(incoming.directory)
            for batch in self._arrow(extract, extract.origin):
                incoming.needed = 2 * extract.bytes  # the chunks put aside, and the package
                with incoming.storing():
                    spool.add(batch)
            if package := self._landed(extract.origin, extract.sha256):
                return package
            name = self._name(extract.origin, extract.sha256)
            rows = self._write(incoming, spool.batches(extract.origin), name)
            self._refuse_empty(rows, extract.origin)
            return self._commit(
                incoming, extract, extract.origin, name, sha256=extract.sha256, size=extract.bytes, rows=rows
            )

    def _landed(self, origin: Origin, sha256: str) -> Package | None:
        """The package that already holds this extract as it is now declared."""
        for package in reversed(self._same(origin, sha256)):
            if package.reading == self.reading and package.keyed == self.keyed and self._keeps_the_named(package):
                return package
        return None

    def _same(self, origin: Origin, sha256: str) -> list[Package]:
        """Packages of the same bytes and origin.

        A state may return to what it was: of a snapshot or upsert only the last extract of that origin counts.
        """
        mine = [package for package in self.known if package.origin == origin.file]
        if self.source.load in {"snapshot", "upsert"} and mine:
            last = max(package.sequence for package in mine)
            mine = [package for package in mine if package.sequence == last]
        return [package for package in mine if package.sha256 == sha256]

    def _keeps_the_named(self, package: Package) -> bool:
        where = str(Origin(self.source.name, package.origin))
        wanted = kept_columns(self.source, self.named, package.headers, where=where)
        kept = {column.casefold() for column in package.columns}
        return kept.issuperset(name.casefold() for name in wanted) and not any(
            is_personal(self.source, column) for column in package.columns
        )

    def _name(self, origin: Origin, sha256: str) -> str:
        """A new sequence number; an extract landed again keeps its own, so that the order of extracts stays."""
        if same := self._same(origin, sha256):
            edition = max(package.edition for package in same) + 1
            return f"{same[-1].sequence:06d}-{sha256[:12]}-{edition}"
        last = max((package.sequence for package in self.known), default=0)
        return f"{last + 1:06d}-{sha256[:12]}"

    def _arrow(self, extract: Extract, origin: Origin) -> Iterator[pa.RecordBatch]:
        """The kept columns, keys hashed, optional ones that are absent as nulls, and file and line."""
        import pyarrow as pa

        kept = kept_columns(self.source, self.named, extract.headers, where=str(origin))
        keys = self._hashers()
        have = {name.casefold() for name in kept}
        optional = {name.casefold() for name in self.source.optional}
        absent = [name for folded, name in self.named.possible.items() if folded in optional and folded not in have]
        rows = 0
        for batch in extract.batches(list(kept.values())):
            arrays: dict[str, pa.Array] = {}
            for name, values in zip(kept, batch.columns, strict=True):
                if hasher := keys.get(name.casefold()):
                    try:
                        values = pa.array(hasher(_texts(values)), pa.string())
                    except NotAnInteger as error:
                        raise DeliveryError(
                            f"a value of the key {name} is not an integer, as keys declares",
                            "check that the column is the right one, or declare type: text",
                            where=origin.line(batch.lines[error.place]),
                        ) from None
                arrays[name] = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
            for name in absent:
                arrays[name] = pa.nulls(len(batch.lines), pa.null() if extract.typed else pa.string())
            arrays["_source_file"] = pa.repeat(pa.scalar(origin.file), len(batch.lines))
            arrays["_source_line"] = pa.array(batch.lines, pa.int32())
            rows += len(batch.lines)
            yield pa.RecordBatch.from_pydict(arrays)
            self.report(self.source.name, rows)

    def _hashers(self) -> dict[str, Callable[[Sequence[str | None]], list[str | None]]]:
        markers = {name.casefold(): listed for name, listed in self.source.missing_in.items()}
        return {
            name.casefold(): hashed(self.salt, key, [*self.source.missing, *markers.get(name.casefold(), [])])
            for name, key in self.source.keys.items()
        }

    def _write(self, incoming: Incoming, batches: Iterator[pa.RecordBatch], name: str) -> int:
        """Write data.parquet down to the disk; returns its rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = 0
        writer = None
        with incoming.storing():
            sink = incoming.data.open("wb")
        try:
            for batch in batches:
                named = batch.append_column("_package", pa.repeat(pa.scalar(name), len(batch)))
                with incoming.storing():
                    writer = writer or pq.ParquetWriter(sink, named.schema, compression="zstd")
                    writer.write_batch(named)
                rows += len(batch)
            with incoming.storing():
                if writer:
                    writer.close()
                make_durable(sink)
                sink.close()
        except BaseException:
            if writer:
                writer.is_open = False  # or it writes the end of a file nobody wants
            with suppress(OSError):
                sink.close()
            raise
        return rows

    def _refuse_empty(self, rows: int, origin: Origin) -> None:
        if rows == 0:
            raise DeliveryError(
                "the extract is empty: it has headers and no rows",
                "ask for the extract again; a month without any row is not believed",
                where=str(origin),
            )

    def _refuse_changed(self, path: Path, sha256: str, origin: Origin) -> None:
        try:
            same = sha256_of(path) == sha256
        except OSError:
            same = False
        if not same:
            raise DeliveryError(
                "the file changed while it was read",
                "wait until its export is complete and run again",
                where=str(origin),
            )

    def _commit(
        self, incoming: Incoming, extract: Extract, origin: Origin, name: str, *, sha256: str, size: int, rows: int
    ) -> Package:
        first, last = self._dates(incoming.data)
        kept = kept_columns(self.source, self.named, extract.headers, where=str(origin))
        package = incoming.commit(
            {
                "package": name,
                "source": self.source.name,
                "sha256": sha256,
                "bytes": size,
                "origin": origin.file,
                "rows": rows,
                "headers": extract.headers,
                "columns": list(kept),
                "load": self.source.load,
                "first_date": first,
                "last_date": last,
                "reading": self.reading,
                "keyed": self.keyed,
            }
        )
        self.known.append(package)
        self.known.sort(key=lambda each: (each.sequence, each.edition))
        return package

    def _dates(self, data: Path) -> tuple[str | None, str | None]:
        """The first and last time that ``dates`` gives, in the source's time zone; what is no time is passed over."""
        if not self.source.dates:
            return None, None
        import duckdb

        zone = self.source.timezone or self.workspace.settings.timezone
        query = f"""
            select strftime(min(moment), '%Y-%m-%dT%H:%M:%S'), strftime(max(moment), '%Y-%m-%dT%H:%M:%S')
            from (
                select cast(try_cast(try(
                    {self.source.dates}
                ) as timestamptz) as timestamp) as moment
                from read_parquet($data)
            )
        """
        try:
            self.asked.execute("set TimeZone = $zone", {"zone": zone})
            return self.asked.execute(query, {"data": str(data)}).fetchone()
        except duckdb.Error as error:  # its message may quote a row
            raise ConfigurationError(
                f"the SQL of dates cannot be computed ({type(error).__name__})",
                "write one expression over the landed columns that gives a date or a time",
                where=f"sources/{self.source.name}.yml, dates",
            ) from None

    def _refuse_unusable(self, package: Package) -> None:
        """A package whose extract is gone must still hold what the declarations name now."""
        if package.keyed != self.keyed:
            raise DeliveryError(
                f"the landed package {package.package} was hashed with another salt or other keys, "
                "so its customers would not be recognised",
                "restore the salt (CX_SALT or var/salt) and the declaration of keys, "
                f"or put {package.origin} back so that it is landed again",
                where=self.source.name,
            )
        if not self._keeps_the_named(package):
            raise DeliveryError(
                f"the landed package {package.package} does not keep every column that is named now, or one too many",
                f"put {package.origin} back so that it is landed again, or list the new column under optional",
                where=self.source.name,
            )


def _texts(values: Any) -> Sequence[str | None]:
    """A column's values as text: Arrow arrays have types, lists are text already."""
    if isinstance(values, list | tuple):
        return values
    return [None if value is None else as_text(value) for value in values.to_pylist()]


def _fingerprints(source: Source, timezone: str, salt_: str) -> tuple[str, str | None]:
    """How an extract is read, and how its keys are hashed: when one changes, the same bytes are landed again."""
    read = {
        "version": 1,
        "files": source.files.model_dump(exclude={"glob"}) if source.files else None,
        "dates": [source.dates, source.timezone or timezone] if source.dates else None,
    }
    keys = {
        "keys": {name: key.model_dump() for name, key in source.keys.items()},
        "missing": source.missing,
        "missing_in": {name: source.missing_in.get(name, []) for name in source.keys},
        "salt": hashlib.sha256(f"cx-salt\0{salt_}".encode()).hexdigest(),
    }
    return _fingerprint(read), _fingerprint(keys) if source.keys else None


def _fingerprint(what: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
