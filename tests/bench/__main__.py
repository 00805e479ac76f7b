"""What ``make bench`` runs: measures the demo company's newest month and prints the table of tests/bench/table.py."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from flows import settings
from flows.demo.company import MONTHS
from flows.errors import CxError
from flows.settings import PROJECT_ROOT
from flows.workers import Worker
from flows.workspace import Workspace
from tests.bench.chain import NEEDS, longest_chain
from tests.bench.company import Company
from tests.bench.measurement import Measurement, Memory
from tests.bench.once import Round, measure_once
from tests.bench.table import build_table, median_seconds

#: DESIGN section 4: generated ratings, and how often both queries take their turn.
SCALE_ROWS = 1_000_000
SCALE_TURNS = 3
#: Issue 2: a run is to take at most this many times its longest chain.
AIM = 1.3
QUICK_MONTHS = 6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MONTHS} months of extracts and one round")
    parser.add_argument("--rounds", type=int, help="how often everything is measured (1)")
    parser.add_argument("--keep", type=_new_directory, help="work in this new directory and leave everything there")
    given = parser.parse_args()
    # The workers are modules of this package, found from here.
    os.chdir(PROJECT_ROOT)
    settings.quiet()
    months, rounds = (QUICK_MONTHS, given.rounds or 1) if given.quick else (MONTHS, given.rounds or 1)
    console = Console(width=None if Console().is_terminal else 140)
    with ExitStack() as stack:
        directory = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cx-bench-")))
        memory = stack.enter_context(Memory())
        try:
            measure(directory, memory, console, months=months, rounds=rounds)
        except CxError as error:
            sys.exit(f"✗ {error.sentence}\n  → with --keep DIRECTORY the logs stay, in its round-… folders")


def _new_directory(path: str) -> Path:
    directory = Path(path).resolve()
    try:
        directory.mkdir(parents=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None
    return directory


def measure(directory: Path, memory: Memory, console: Console, *, months: int, rounds: int) -> None:
    """Measure ``rounds`` times and print the table, the chain and what there is to know about the floors."""
    console.print(f"making the demo company: {months} months of extracts, the past frozen …")
    company = Company(directory, months)
    done: list[Round] = []
    notes: list[str] = []
    for number in range(1, rounds + 1):
        console.print(f"round {number} of {rounds} …")
        scratch = directory / f"round-{number}"
        scratch.mkdir()
        done.append(measure_once(memory, company, scratch))
        measured, notes = measure_scale(memory, scratch, company)
        done[-1].measured |= measured
    console.print(build_table([each.measured for each in done]))
    for line in [*_chain(done), *done[-1].notes, *notes]:
        console.print(line, highlight=False)


def measure_scale(memory: Memory, scratch: Path, company: Company) -> tuple[dict[str, Measurement], list[str]]:
    """The two queries of tests/bench/scale.py in turn; the median of the turns of each, and what to know about them."""
    workspace = Workspace.load(company.root)
    request = {
        "do": "make",
        "warehouse": str(scratch / "warehouse.duckdb"),
        "scan": str(scratch / "observed_additive.sql"),
        "rows": SCALE_ROWS,
        "into": str(scratch),
        "first_period": str(company.period.shift(1 - workspace.settings.window_months)),
        "period": str(company.period),
        "timezone": workspace.settings.timezone,
    }
    turns: dict[str, list[Measurement]] = {"compiled": [], "by_hand": []}
    with Worker("tests.bench.scale", scratch / "scale.log") as scale:
        scale.ask(request)
        for _ in range(SCALE_TURNS):
            for query, measured in turns.items():
                measured.append(memory.ask(scale, {"do": query})[1])
        compared = scale.ask({"do": "compare"})
    notes = [f"{SCALE_ROWS:,} rows: both queries give the same {compared['cells']:,} cells"]
    if compared["only_compiled"]:
        notes.append(f"the compiled scan also counts {', '.join(compared['only_compiled'])}: its ratio is too high")
    return {"compiled scan": _middle(turns["compiled"]), "scan by hand": _middle(turns["by_hand"])}, notes


def _middle(turns: list[Measurement]) -> Measurement:
    return Measurement(statistics.median(turn.seconds for turn in turns), max(turn.peak_bytes for turn in turns))


def _chain(done: list[Round]) -> list[str]:
    """The longest chain, how many times it the run took, and what the machine's processors allow at best."""
    rounds = [each.measured for each in done]
    whole = median_seconds(rounds, "cx run")
    chain, seconds = longest_chain({step: median_seconds(rounds, step) for step in NEEDS})
    steps = " → ".join(f"{step} {median_seconds(rounds, step):.1f}" for step in chain)
    cores = len(os.sched_getaffinity(0))
    used = statistics.median(each.processor_seconds for each in done)
    return [
        f"longest chain that cannot be overlapped, {seconds:.1f} s: {steps}",
        f"cx run takes {whole:.1f} s, {whole / seconds:.2f} times that chain (aim: {AIM})",
        f"cx run uses {used:.1f} s of processor: on {cores} cores no run takes less than {used / cores:.1f} s, "
        f"and this one takes {whole * cores / used:.2f} times that",
    ]


if __name__ == "__main__":
    main()
