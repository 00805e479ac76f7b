"""The floor of landing: DuckDB alone reads the same extracts and writes them to Parquet (a worker).

Every column stays text and all are kept: nothing is hashed, checked, dropped, or forced onto the disk. DuckDB reads no
workbooks and not every encoding, so ``xlsx`` is left out and other encodings than UTF-8 are read as Latin-1, which
costs the same. Request ``{"extracts": [{"path", "format", "delimiter", "encoding"}], "into": directory}``.
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
    readable = [extract for extract in request["extracts"] if extract["format"] != "xlsx"]
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


def _table(extract: dict[str, str]) -> str:
    path = literal(extract["path"])
    if extract["format"] == "parquet":
        return f"read_parquet({path})"
    if extract["format"] == "jsonl":
        return f"read_json({path}, format = 'newline_delimited')"
    encoding = "utf-8" if codecs.lookup(extract["encoding"]).name in {"utf-8", "utf-8-sig", "ascii"} else "latin-1"
    # Dirt is in the demo's extracts on purpose; the floor is not to stop at it.
    return (
        f"read_csv({path}, delim = {literal(extract['delimiter'])}, encoding = '{encoding}', header = true, "
        "quote = '\"', escape = '\"', all_varchar = true, null_padding = true, strict_mode = false, "
        "ignore_errors = true, parallel = false)"
    )


def warm_up() -> None:
    import duckdb  # noqa: F401


if __name__ == "__main__":
    serve(warm_up, handle)
