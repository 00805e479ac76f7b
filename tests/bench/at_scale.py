"""The large company: what landing, staging and building cost, and what queries by hand and a pandas script take beside.

``python -m tests.bench.at_scale`` makes 1 M ratings, 1 M cases and 5 M orders of 24 months, ``--share 0.01`` a
hundredth of them. Each kind's compiled model and the query of tests/bench/by_hand read the same Parquet files in turn
and must give the same rows; the pandas script must give the same values. Processor time is the steadier measure where
other work runs beside; both ratios are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from flows import settings
from flows.errors import CxError
from flows.inference.bootstrap import RESAMPLES as RESAMPLES_OF_THE_PRODUCT
from flows.settings import PROJECT_ROOT
from flows.staging import literal
from flows.workers import Worker
from flows.workspace import Workspace
from tests.bench import large_company
from tests.bench.large_build import OWN
from tests.bench.measurement import Measurement, Memory, ready

#: Issue 3: a kind's model beside a query by hand, and the pandas script beside the build.
KIND_AIM = 1.5
PANDAS_AIM = 10
SLOWEST_SHOWN = 12
#: How often the pandas script resamples: ten times less than the product, so that one may wait for it.
RESAMPLES = 200
_MEBIBYTE = 2**20


@dataclass
class Pair:
    """The turns of a compiled model and of its query by hand, in seconds of wall time and of processor."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"compiled": [], "by_hand": []})
    processor: dict[str, list[float]] = field(default_factory=lambda: {"compiled": [], "by_hand": []})
    peak_bytes: dict[str, int] = field(default_factory=lambda: {"compiled": 0, "by_hand": 0})
    cells: int = 0

    def median(self, what: str, way: str) -> float:
        return statistics.median(getattr(self, what)[way])

    def ratio(self, what: str) -> float:
        """How many times the query by hand the compiled model takes."""
        by_hand = self.median(what, "by_hand")
        return self.median(what, "compiled") / by_hand if by_hand else float("nan")


@dataclass
class Scale:
    """Everything that was measured."""

    sizes: large_company.Sizes
    stages: dict[str, Measurement] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    nodes: list[tuple[str, float]] = field(default_factory=list)
    pairs: dict[str, Pair] = field(default_factory=dict)
    pandas: Measurement | None = None
    pandas_parts: dict[str, float] = field(default_factory=dict)
    values_compared: int = 0
    resamples: int = RESAMPLES
    notes: list[str] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.at_scale", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the rows that issue 3 names (1)")
    parser.add_argument("--turns", type=int, default=3, help="how often each query takes its turn (3)")
    parser.add_argument("--without-pandas", action="store_true", help="the pandas script takes far the longest")
    parser.add_argument("--every-kpi", action="store_true", help="build the whole catalogue, not only what is compared")
    parser.add_argument("--keep", type=Path, help="work in this new directory and leave everything there")
    given = parser.parse_args()
    os.chdir(PROJECT_ROOT)
    settings.quiet()
    console = Console(width=None if Console().is_terminal else 140)
    with ExitStack() as stack:
        scratch = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cx-scale-")))
        memory = stack.enter_context(Memory())
        try:
            measured = measure(
                scratch,
                memory,
                large_company.Sizes().times(given.share),
                turns=given.turns,
                with_pandas=not given.without_pandas,
                every_kpi=given.every_kpi,
            )
        except CxError as error:
            sys.exit(f"✗ {error.sentence}\n  → with --keep DIRECTORY the logs stay there")
        for each in tables(measured):
            console.print(each, highlight=False)


def measure(
    scratch: Path,
    memory: Memory,
    sizes: large_company.Sizes,
    *,
    turns: int,
    with_pandas: bool = True,
    resamples: int = RESAMPLES,
    every_kpi: bool = False,
) -> Scale:
    """Make the company in ``scratch`` and measure; raises CxError where two ways do not give the same."""
    scratch.mkdir(parents=True, exist_ok=True)
    measured = Scale(sizes, resamples=resamples)
    root = scratch / "company"
    large_company.make(root, sizes)
    workspace = Workspace.load(root)
    period = workspace.last_period()
    when = {
        "first_period": str(period.shift(1 - workspace.settings.window_months)),
        "period": str(period),
        "timezone": workspace.settings.timezone,
    }
    with Worker("tests.bench.large_build", scratch / "build.log") as build:
        opened = ready(build).ask({"do": "open", "workspace": str(root), "every_kpi": every_kpi})
        for stage in ("land", "stage", "build", "infer"):
            answer, measured.stages[stage] = memory.ask(build, {"do": stage})
            measured.processor[stage] = answer["processor_seconds"]
            measured.rows |= answer.get("rows", {})
            if stage == "infer":
                measured.notes.append(
                    f"the inference makes {answer['figures']:,} figures of {answer['observations']:,} observations"
                )
        results = json.loads(Path(opened["results"]).read_text(encoding="utf-8"))["results"]
        measured.nodes = sorted(
            ((node["unique_id"].split(".")[2], node["execution_time"]) for node in results), key=lambda node: -node[1]
        )
        _measure_kinds(scratch, memory, measured, opened | when, turns)
        if with_pandas:
            _measure_pandas(scratch, memory, measured, opened | when | {"resamples": resamples}, root)
        build.ask({"do": "close"})
    return measured


def _measure_kinds(scratch: Path, memory: Memory, measured: Scale, where: dict[str, Any], turns: int) -> None:
    with Worker("tests.bench.kinds", scratch / "kinds.log") as kinds:
        into = scratch / "facts"
        into.mkdir()
        names = ready(kinds).ask({"do": "make", "into": str(into)} | where)["pairs"]
        for name in names:
            pair = measured.pairs[name] = Pair()
            for _ in range(turns):
                for way in ("compiled", "by_hand"):
                    answer, took = memory.ask(kinds, {"do": way, "pair": name})
                    pair.seconds[way].append(took.seconds)
                    pair.processor[way].append(answer["processor_seconds"])
                    pair.peak_bytes[way] = max(pair.peak_bytes[way], took.peak_bytes)
            compared = kinds.ask({"do": "compare", "pair": name})
            pair.cells = compared["cells"]
            if compared["only_compiled"]:
                measured.notes.append(
                    f"{name} compiled also counts {', '.join(compared['only_compiled'])}: its ratio is too high"
                )


def _measure_pandas(scratch: Path, memory: Memory, measured: Scale, where: dict[str, Any], root: Path) -> None:
    found = scratch / "with_pandas.parquet"
    request = {"extracts": str(root / "extracts"), "into": str(found)} | where
    with Worker("tests.bench.with_pandas", scratch / "pandas.log") as pandas:
        answer, measured.pandas = memory.ask(ready(pandas), request)
    measured.processor["pandas"] = answer["processor_seconds"]
    measured.pandas_parts = answer["spent"]
    measured.values_compared = compare_values(Path(where["warehouse"]), found)


def compare_values(warehouse: Path, found: Path) -> int:
    """How many values are printed and the same in the script; raises CxError when one differs or is missing there.

    The same to nine digits: the product adds up decimals, pandas floats. Hidden figures print no value.
    """
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            f"""
            select figures.kpi, figures.period, figures.slice, figures.slice_value,
                figures.n, script.n, figures.value, script.value
            from figures
            left join (from read_parquet({literal(str(found))}) where isfinite(value)) as script
                on
                    figures.kpi = script.kpi
                    and figures.period = script.month
                    and figures.slice = script.slice
                    and coalesce(figures.slice_value, '') = script.slice_value
            where starts_with(figures.kpi, {literal(OWN)}) and figures.value is not null
            order by all
            """
        ).fetchall()
    different = [row for row in rows if row[4] != row[5] or abs(row[6] - row[7]) > 1e-9 * max(1.0, abs(row[7]))]
    if different or not rows:
        first = " ".join(map(str, (different or [["there is none"]])[0]))
        raise CxError(
            f"{len(different)} of {len(rows)} figures are others in the pandas script, first {first}",
            "bring tests/bench/notebook.py and tests/bench/large_company/kpis together",
        )
    return len(rows)


def tables(measured: Scale) -> list[Table | str]:
    """What is printed."""
    sizes = measured.sizes
    told: list[Table | str] = [
        f"{sizes.customers:,} customers, {sizes.feedback:,} ratings, {sizes.cases:,} cases, {sizes.orders:,} orders of "
        f"{large_company.MONTHS} months; landed rows: {sum(measured.rows.values()):,}",
        _stages(measured),
        _kinds(measured),
    ]
    if measured.pandas:
        told.append(_pandas(measured))
    return [*told, *measured.notes]


def _stages(measured: Scale) -> Table:
    table = Table(title="the stages, and the slowest nodes of the build (dbt runs two at a time)")
    for heading in ("", "s", "processor s", "peak MiB"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, took in measured.stages.items():
        peak = f"{took.peak_bytes / _MEBIBYTE:,.0f}"
        table.add_row(name, f"{took.seconds:.1f}", f"{measured.processor[name]:.1f}", peak)
    table.add_section()
    for name, seconds in measured.nodes[:SLOWEST_SHOWN]:
        table.add_row(f"  {name}", f"{seconds:.1f}", "", "")
    return table


def _kinds(measured: Scale) -> Table:
    table = Table(title=f"each kind's compiled model beside a query by hand, the same rows of both (aim: {KIND_AIM})")
    for heading in ("model", "cells", "s", "by hand", "ratio", "processor s", "by hand", "ratio", "MiB", "by hand"):
        table.add_column(heading, justify="left" if heading == "model" else "right")
    for name, pair in measured.pairs.items():
        numbers = [str(pair.cells)]
        for what in ("seconds", "processor"):
            numbers += [f"{pair.median(what, way):.2f}" for way in ("compiled", "by_hand")]
            numbers.append(f"{pair.ratio(what):.2f}")
        numbers += [f"{pair.peak_bytes[way] / _MEBIBYTE:,.0f}" for way in ("compiled", "by_hand")]
        table.add_row(name.replace("__", " of "), *numbers)
    return table


def _pandas(measured: Scale) -> Table:
    """The script in wall time and in processor time, by part; the last line is worked out, not waited for.

    The product resamples ten times as often as the script is let to, and the script's time grows with it.
    """
    title = f"a pandas script with the same {measured.values_compared:,} values (aim: {PANDAS_AIM} times the build)"
    table = Table(title=title)
    for heading in ("", "s", "times the build", "processor s", "times the build"):
        table.add_column(heading, justify="left" if not heading else "right")
    build, used = measured.stages["build"].seconds, measured.processor
    whole, resampling = measured.pandas.seconds, measured.pandas_parts["resampling"]
    # the script runs in one thread, mostly: a part's share of the processor is its share of the time
    processor = used["pandas"] / whole
    parts = measured.pandas_parts | {"grouping": whole - sum(measured.pandas_parts.values())}
    fewer = RESAMPLES_OF_THE_PRODUCT / measured.resamples
    told = [
        *parts.items(),
        ("all but resampling", whole - resampling),
        (f"the whole script, resampling {measured.resamples:,} times", whole),
        (f"worked out for {RESAMPLES_OF_THE_PRODUCT:,}, as the product does", whole + (fewer - 1) * resampling),
    ]
    for name, seconds in told:
        in_processor = seconds * processor
        ratios = f"{seconds / build:.1f}", f"{in_processor:.1f}", f"{in_processor / used['build']:.1f}"
        table.add_row(name, f"{seconds:.1f}", *ratios, end_section=name == "grouping")
    return table


if __name__ == "__main__":
    main()
