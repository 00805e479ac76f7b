"""Which landed columns a workspace's declarations name; SQL is parsed by DuckDB itself, never by patterns."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from flows.errors import ConfigurationError, DeliveryError
from flows.sources.declaration import Source
from flows.sources.personal import looks_personal
from flows.sources.references import Reading

if TYPE_CHECKING:
    import duckdb

#: Columns every landed table has beside those of its source.
LINEAGE = ("_source_file", "_source_line", "_package")


@dataclass
class NamedColumns:
    """The columns of one source that something names, by folded name with the spelling that was declared.

    ``required`` ones must be among the headers. ``possible`` ones stand in a query over several tables, or are
    declared optional: they are kept where the headers have them.
    """

    required: dict[str, str] = field(default_factory=dict)
    possible: dict[str, str] = field(default_factory=dict)

    def require(self, name: str) -> None:
        self.required.setdefault(name.casefold(), name)

    def allow(self, name: str) -> None:
        self.possible.setdefault(name.casefold(), name)


def named_columns(sources: Iterable[Source]) -> dict[str, NamedColumns]:
    """By source, the columns that any mapping, key, date, drop or mend names, in this source or in another's select.

    Raises ConfigurationError when SQL does not parse or names a personal column.
    """
    sources = list(sources)
    found = {source.name: NamedColumns() for source in sources}
    for source in sources:
        named = found[source.name]
        listed = [*source.key, *source.keys, *source.missing_in, *(mend.column for mend in source.mends)]
        for name in [*listed, *([source.updated] if source.updated else [])]:
            named.require(name)
        for where, sql in _expressions(source):
            reading = Reading([other.name for other in sources], owner=source.name)
            reading.query(parsed(f'select (\n{sql}\n) from "{source.name}"', where=where))
            _merge(reading, found)
        for name, mapping in source.mappings.items():
            if mapping.select:
                reading = Reading([other.name for other in sources], owner=source.name)
                reading.query(parsed(mapping.select, where=f"sources/{source.name}.yml, mappings.{name}.select"))
                _merge(reading, found)
    for source in sources:
        _settle(source, found[source.name])
    return found


def tables_named(select: str, sources: Iterable[Source], *, where: str) -> list[str]:
    """The names of the sources that ``select`` reads, sorted; raises ConfigurationError when it does not parse."""
    reading = Reading([source.name for source in sources], owner="")
    reading.query(parsed(select, where=where))
    return sorted(reading.tables)


def parsed(sql: str, *, where: str) -> dict[str, Any]:
    """DuckDB's syntax tree of one select; raises ConfigurationError with DuckDB's reason."""
    with _parser().cursor() as connection:
        text = connection.execute("select json_serialize_sql(?::varchar)", [sql.strip().rstrip(";")]).fetchone()[0]
    tree = json.loads(text)
    if tree["error"]:
        raise ConfigurationError(
            f"the SQL cannot be read: {tree['error_message']}",
            "a header with blanks or signs, or that is a word of SQL, goes in double quotes, a text in single ones",
            where=where,
        )
    if len(tree["statements"]) != 1:
        raise ConfigurationError("there are several statements", "write one select", where=where)
    return tree["statements"][0]["node"]


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """One empty database in memory: opening one takes longer than parsing a hundred expressions."""
    import duckdb

    return duckdb.connect()


def kept_columns(source: Source, named: NamedColumns, headers: list[str], *, where: str) -> dict[str, int]:
    """The columns to land, by the spelling declared, with their places among ``headers``, in order of the headers.

    Raises DeliveryError when a column that something names is not among the headers.
    """
    places = {header.casefold(): place for place, header in enumerate(headers)}
    for folded, name in named.required.items():
        if folded not in places:
            raise _vanished(name, headers, where)
    wanted = named.possible | named.required
    personal = {folded for folded in wanted if folded not in named.required and is_personal(source, wanted[folded])}
    kept = {wanted[folded]: places[folded] for folded in wanted if folded in places and folded not in personal}
    return dict(sorted(kept.items(), key=lambda item: item[1]))


def is_personal(source: Source, header: str) -> bool:
    """Whether a column may not be landed. One under ``keys`` may look like anything: it is hashed before written."""
    return header.casefold() not in {name.casefold() for name in source.keys} and is_personal_field(source, header)


def is_personal_field(source: Source, name: str) -> bool:
    """Whether a column, or a field within a nested one, is declared personal, or looks so and nobody said why not."""
    folded = name.casefold()
    if folded in {personal.casefold() for personal in source.personal}:
        return True
    return looks_personal(name) and folded not in {innocent.casefold() for innocent in source.not_personal}


def _expressions(source: Source) -> Iterator[tuple[str, str]]:
    """Each SQL expression over the landed columns of ``source``, with the key it stands under."""
    file = f"sources/{source.name}.yml"
    if source.dates:
        yield f"{file}, dates", source.dates
    for place, drop in enumerate(source.drops):
        yield f"{file}, drops.{place}.when", drop.when
    for place, mend in enumerate(source.mends):
        yield f"{file}, mends.{place}.when", mend.when
        yield f"{file}, mends.{place}.to", mend.to
    for name, mapping in source.mappings.items():
        under = f"{file}, mappings.{name}"
        yield from ((f"{under}.columns.{column}", sql) for column, sql in mapping.columns.items())
        yield from ((f"{under}.extra.{column}", sql) for column, sql in mapping.extra.items())
        if mapping.where:
            yield f"{under}.where", mapping.where


def _merge(reading: Reading, found: dict[str, NamedColumns]) -> None:
    for source, name in sorted(reading.required):
        found[source].require(name)
    for source, name in sorted(reading.possible):
        found[source].allow(name)


def _settle(source: Source, named: NamedColumns) -> None:
    """Take lineage out, make optional columns possible ones, and refuse personal ones."""
    for names in (named.required, named.possible):
        for lineage in LINEAGE:
            names.pop(lineage, None)
    for optional in source.optional:
        if spelled := named.required.pop(optional.casefold(), None):
            named.allow(spelled)
    for name in named.required.values():
        if is_personal(source, name):
            declared = name.casefold() in {personal.casefold() for personal in source.personal}
            why = "is declared personal" if declared else "looks personal"
            remedy = "leave it out of mappings, key and expressions, or hash it under keys"
            if not declared:
                remedy += f"; if it is not personal, say why under not_personal: {{{name}: reason}}"
            raise ConfigurationError(
                f"the column {name} {why}, and personal data is not landed", remedy, where=f"sources/{source.name}.yml"
            )


def _vanished(name: str, headers: list[str], where: str) -> DeliveryError:
    """Near matches only: in a file without a header line the first row is data and must not be shown."""
    folded = {header.casefold(): header for header in headers}
    near = [folded[match] for match in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.75)]
    if near:
        hint = f"the file has {' and '.join(near)}: correct the source's declaration, or the export"
    elif len(headers) == 1:
        hint = "the file has one column only: check files.delimiter and files.encoding"
    else:
        hint = f"none of its {len(headers)} headers is like it: ask for the column in the export, or stop naming it"
    return DeliveryError(f"the column {name} is not in the file", f"{hint}; or list it under optional", where=where)
