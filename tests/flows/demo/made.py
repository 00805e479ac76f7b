"""The demo workspace of the tests, made once, and its raw extracts read with nothing of the project."""

from __future__ import annotations

import atexit
import csv
import gzip
import io
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path

from flows.demo.company import write

REPORT, BEFORE = "2026-06", "2026-05"
Row = dict[str, str]


@cache
def demo_workspace() -> Path:
    """The whole demo workspace; tests only read it."""
    folder = Path(tempfile.mkdtemp(prefix="cx-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return write(folder / "demo-company")


@cache
def short_workspace() -> Path:
    """The same with two months only; tests only read it."""
    return write(demo_workspace().parent / "short", months=2)


@cache
def raw(name: str, delimiter: str = ",", encoding: str = "utf-8") -> list[Row]:
    """The rows of an extract as texts; of every month in order when ``name`` is a pattern."""
    rows: list[Row] = []
    paths = sorted((demo_workspace() / "extracts").glob(name))
    assert paths, name
    for path in paths:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        if ".jsonl" in path.name:
            rows += [json.loads(line) for line in data.decode(encoding).splitlines()]
        else:
            rows += csv.DictReader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter)
    return rows


@cache
def last_states(name: str, key: str) -> list[Row]:
    """Each row of an extract that hands over changes, as its last file shows it."""
    return list({row[key]: row for row in raw(name)}.values())


@cache
def regions() -> dict[str, str]:
    """Region by customer, from both registers, in the words of the first."""
    found = {row["customer_id"]: row["region"] for row in raw("customers.csv")}
    translated = {
        "mazowieckie": "Mazovia",
        "śląskie": "Silesia",
        "slaskie": "Silesia",
        "pomorskie": "Pomerania",
        "małopolskie": "Lesser Poland",
        "wielkopolskie": "Greater Poland",
        "dolnośląskie": "Lower Silesia",
    }
    for row in raw("legacy_customers.csv", ";", "cp1250"):
        found[row["nr_klienta"]] = translated[row["województwo"]]
    return found
