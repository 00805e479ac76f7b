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
from tests.bench.chain import NEEDS, longest_chain
from tests.bench.company import Company
from tests.bench.measurement import Memory
from tests.bench.once import Round, measure_once
from tests.bench.table import build_table, median_seconds

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
    for number in range(1, rounds + 1):
        console.print(f"round {number} of {rounds} …")
        scratch = directory / f"round-{number}"
        scratch.mkdir()
        done.append(measure_once(memory, company, scratch))
    console.print(build_table([each.measured for each in done]))
    for line in [*_chain(done), *done[-1].notes]:
        console.print(line, highlight=False)


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
