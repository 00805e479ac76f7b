"""What a file in ``sources/`` may say: how an extract is pulled and how its columns map onto contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from flows.errors import ConfigurationError
from flows.workspace import Declared, TimeZone, Workspace, refuse

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Files(Declared):
    """Extracts found by a glob under the workspace (``${NAME}`` from the environment, ``{period}`` the month)."""

    glob: str
    format: Literal["csv", "jsonl", "parquet", "xlsx"] = "csv"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: str = "utf-8"
    compression: Literal["none", "gzip"] = "none"
    #: The sheet of a workbook; the first when not named.
    sheet: str | None = None
    #: A file whose last line does not end is taken for half-written unless this says otherwise.
    final_newline: Literal["required", "optional"] = "required"


class Database(Declared):
    """A query on any SQLAlchemy database; the address comes from the environment only."""

    url_env: str
    query: str


class Key(Declared):
    """A column that identifies somebody or something; normalised, then hashed with the workspace's salt.

    The same ``names`` gives the same hash in every source, so a customer is one customer everywhere.
    """

    names: Name
    type: Literal["text", "integer"] = "text"
    case: Literal["keep", "lower", "upper"] = "keep"


class Drop(Declared):
    """Rows left out on purpose: ``when`` is SQL over the landed columns. Counted on the trust page."""

    when: str
    reason: str = Field(min_length=3)


class Mend(Declared):
    """A landed column replaced by the SQL expression ``to`` where ``when`` holds. Counted on the trust page."""

    column: str
    when: str
    to: str
    reason: str = Field(min_length=3)


class Scale(Declared):
    minimum: float
    maximum: float
    version: str | None = None


class Mapping(Declared):
    """One landed table onto one contract: SQL expressions by contract column, or a whole select in a file."""

    contract: Name
    columns: dict[Name, str] = {}
    select: str | None = None
    where: str | None = None
    extra: dict[Name, str] = {}
    values: dict[Name, dict[str, str]] = {}
    scale: Scale | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Mapping:
        if bool(self.columns) == bool(self.select):
            raise ValueError("give either columns or select (a .sql file beside this one)")
        return self


class Source(Declared):
    """One file in ``sources/``; its name is the file's."""

    name: Name
    description: str = ""
    files: Files | None = None
    database: Database | None = None
    #: full: each pull is everything. snapshot: the state at the pull. append: only new rows. upsert: last by key wins.
    load: Literal["full", "snapshot", "append", "upsert"] = "full"
    key: list[str] = []
    duplicates: Literal["refuse", "keep_first", "keep_last"] = "refuse"
    updated: str | None = None
    #: SQL over the landed columns giving the date of a row; its newest value shows whether the month was delivered.
    dates: str | None = None
    #: Months between deliveries: a quarterly survey has 3, and is not missed in the two months between.
    every_months: int = Field(default=1, ge=1)
    #: Zone of times that carry no offset; the company's by default.
    timezone: TimeZone | None = None
    missing: list[str] = [""]
    missing_in: dict[str, list[str]] = {}
    keys: dict[str, Key] = {}
    #: Columns that some extracts lack; there they are null. Any other named column must be in every extract.
    optional: list[str] = []
    personal: list[str] = []
    #: Headers that look personal and are not, with the reason.
    not_personal: dict[str, str] = {}
    drops: list[Drop] = []
    mends: list[Mend] = []
    mappings: dict[Name, Mapping] = {}

    @model_validator(mode="after")
    def _one_way(self) -> Source:
        if bool(self.files) == bool(self.database):
            raise ValueError("give either files or database")
        if (self.load == "upsert" or self.duplicates != "refuse") and not self.key:
            raise ValueError("load: upsert and duplicates: keep_… need a key")
        return self


def load_sources(workspace: Workspace) -> list[Source]:
    """All of ``sources/*.yml`` in order of name; raises ConfigurationError naming file and key."""
    found = workspace.declarations("sources")
    if not found:
        raise ConfigurationError(
            "the workspace has no sources", "describe one extract per file in sources/, see `docs/sources.md`"
        )
    return [load_source(path) for path in found]


def load_source(path: Path) -> Source:
    """One source file; a ``select`` in a mapping is read from the file it names, beside this one."""
    where = f"sources/{path.name}"
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(" ".join(str(error).split()), "correct the YAML", where=where) from None
    if not isinstance(declared, dict):
        raise ConfigurationError("the file holds no keys", "see docs/sources.md for an example", where=where)
    declared.setdefault("name", path.stem)
    if declared["name"] != path.stem:
        raise ConfigurationError("name differs from the file's", f"leave it out or write {path.stem}", where=where)
    try:
        source = Source.model_validate(declared)
    except ValidationError as error:
        raise refuse(error, where) from None
    mappings = {}
    for name, mapping in source.mappings.items():
        if mapping.select:
            query = path.parent / mapping.select
            if not query.is_file():
                raise ConfigurationError(
                    f"mappings.{name}.select names {mapping.select}, which does not exist",
                    "put the .sql file beside the source",
                    where=where,
                )
            mapping = mapping.model_copy(update={"select": query.read_text(encoding="utf-8")})
        mappings[name] = mapping
    return source.model_copy(update={"mappings": mappings})
