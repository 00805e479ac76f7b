"""A workspace with one or more sources for the tests of landing, and what it landed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from flows.lake import Package
from flows.landing import land
from flows.period import Period
from flows.sources.declaration import load_sources
from flows.workspace import Workspace

SEPTEMBER = Period(2026, 9)


def workspace_with(root: Path, **sources: dict[str, Any]) -> Workspace:
    """Write cx.toml and ``sources/*.yml`` under ``root``; may be called again to change a declaration."""
    (root / "sources").mkdir(parents=True, exist_ok=True)
    (root / "cx.toml").write_text('name = "Acme"\ntimezone = "Europe/Warsaw"\n', encoding="utf-8")
    for name, declared in sources.items():
        (root / "sources" / f"{name}.yml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    return Workspace.load(root)


def source(glob: str | None, *columns: str, files: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A declaration whose one mapping names ``columns``."""
    declared: dict[str, Any] = {"files": {"glob": glob, **(files or {})}} if glob else {}
    named = {f"named_{place}": f'"{column}"' for place, column in enumerate(columns)}
    return (
        declared
        | {"mappings": {"rows": {"contract": "orders", "columns": {"currency": "'EUR'"}, "extra": named}}}
        | more
    )


def run(workspace: Workspace, period: Period = SEPTEMBER, **more: Any) -> dict[str, list[Package]]:
    return land(workspace, load_sources(workspace), period, **more)


def rows(packages: list[Package], select: str) -> list[tuple[Any, ...]]:
    """``select`` of the packages in order, as staging reads them."""
    return duckdb.execute(
        f"select {select} from read_parquet($files, union_by_name = true) order by _package, _source_line",
        {"files": [str(package.data) for package in packages]},
    ).fetchall()


def everything_under(directory: Path) -> bytes:
    """The bytes of every file, Parquet decoded to text too, so that a value cannot hide in compression."""
    found = b""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            found += path.name.encode() + path.read_bytes()
            if path.suffix == ".parquet":
                found += str(duckdb.execute("select * from read_parquet(?)", [str(path)]).fetchall()).encode()
    return found
