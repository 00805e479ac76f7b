"""What a contract asks of a source, read from the yml beside its fact: the only place that says it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import yaml

from flows.errors import ConfigurationError
from flows.settings import DBT_PROJECT


@dataclass(frozen=True)
class Column:
    """A column a mapping may fill."""

    name: str
    type: str
    required: bool


@dataclass(frozen=True)
class Contract:
    name: str
    columns: tuple[Column, ...]
    time_column: str

    @property
    def types(self) -> dict[str, str]:
        return {column.name: column.type for column in self.columns}


@cache
def contracts() -> dict[str, Contract]:
    """Every contract by name; columns a fact derives itself are not part of it."""
    found = {}
    for path in sorted((DBT_PROJECT / "models" / "facts").glob("fct_*.yml")):
        [model] = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        meta = model["config"]["meta"]
        columns = tuple(
            Column(
                column["name"],
                column["data_type"],
                any(rule["type"] == "not_null" for rule in column.get("constraints", [])),
            )
            for column in model["columns"]
            if not column.get("config", {}).get("meta", {}).get("derived")
        )
        found[meta["contract"]] = Contract(meta["contract"], columns, meta["time_column"])
    return found


def contract(name: str, *, where: str) -> Contract:
    """The contract ``name``; raises ConfigurationError naming ``where`` and the known ones."""
    known = contracts()
    if name not in known:
        raise ConfigurationError(f"there is no contract {name!r}", f"use one of {', '.join(known)}", where=where)
    return known[name]
