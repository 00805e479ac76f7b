"""The floor of landing: DuckDB alone reads the same extracts and writes them to Parquet (a worker).

All columns are kept, those of CSV as text: nothing is hashed, checked, dropped, or forced onto the disk. DuckDB by
itself reads no workbooks and few encodings, so ``xlsx`` and what is not UTF-8 are left out.
Request ``{"extracts": [{"path", "format", "delimiter", "encoding"}], "into": directory}``.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

from flows.staging import literal
from flows.workers import serve
from tests.bench.measurement import clocked


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Read and write each extract; answers also how many there were and how many DuckDB cannot read."""
    readable = [extract for extract in request["extracts"] if _can_be_read(extract)]
    into = Path(request["into"])
    into.mkdir()
    _, span = clocked(lambda: _copy(readable, into))
    return span | {"read": len(readable), "left_out": len(request["extracts"]) - len(readable)}


def _copy(extracts: list[dict[str, str]], into: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        for place, extract in enumerate(extracts):
            target = literal(str(into / f"{place}.parquet"))
            connection.execute(f"copy (select * from {_table(extract)}) to {target} (compression zstd)")


def _can_be_read(extract: dict[str, str]) -> bool:
    return extract["format"] != "xlsx" and codecs.lookup(extract["encoding"]).name in {"utf-8", "utf-8-sig", "ascii"}


def _table(extract: dict[str, str]) -> str:
    path = literal(extract["path"])
    if extract["format"] == "parquet":
        return f"read_parquet({path})"
    if extract["format"] == "jsonl":
        return f"read_json({path}, format = 'newline_delimited')"
    # Dirt is in the demo's extracts on purpose; the floor is not to stop at it. Padding forbids reading in parallel.
    return (
        f"read_csv({path}, delim = {literal(extract['delimiter'])}, header = true, "
        "quote = '\"', escape = '\"', all_varchar = true, null_padding = true, strict_mode = false, "
        "ignore_errors = true, parallel = false)"
    )


def warm_up() -> None:
    import duckdb  # noqa: F401


if __name__ == "__main__":
    serve(warm_up, handle)
