"""What the benchmark makes of measurements; nothing here is timed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from flows.errors import CxError
from tests.bench import at_scale, kinds
from tests.bench.chain import NEEDS, longest_chain
from tests.bench.large_company import Sizes
from tests.bench.measurement import Measurement, Memory, Span, processor_seconds, resident_bytes_below
from tests.bench.table import SECTIONS, Line, build_table, ratio
from tests.bench.whole_run import spans

MEBIBYTE = 2**20
ROUNDS = [
    {"thing": Measurement(3.0, 100 * MEBIBYTE), "floor": Measurement(2.0, 50 * MEBIBYTE)},
    {"thing": Measurement(9.0, 300 * MEBIBYTE), "floor": Measurement(1.0, 40 * MEBIBYTE)},
    {"thing": Measurement(4.5, 200 * MEBIBYTE), "floor": Measurement(3.0, 60 * MEBIBYTE)},
]
LINE = Line("thing", "the thing", "floor", "its floor")


def cells(table: Table) -> list[list[str]]:
    return [list(row) for row in zip(*(column.cells for column in table.columns), strict=True)]


def test_a_line_has_the_median_time_the_worst_memory_and_the_ratio_to_its_floor():
    table = build_table(ROUNDS, [("a section", [LINE, Line("floor", "alone")])])
    assert cells(table) == [
        ["[bold]a section[/]", "", "", "", "", "", ""],
        ["the thing", "4.50", "300", "its floor", "2.00", "60", "2.25"],
        ["alone", "2.00", "60", "", "", "", ""],
    ]


def test_a_floor_of_no_time_gives_no_ratio():
    assert ratio([{"thing": Measurement(1.0, 1), "floor": Measurement(0.0, 1)}], LINE) is None


def test_a_line_that_was_not_measured_in_every_round_is_not_passed_over():
    with pytest.raises(KeyError, match="floor"):
        build_table([*ROUNDS, {"thing": Measurement(1.0, 1)}], [("a section", [LINE])])


def test_the_whole_table_fits_a_terminal_of_140_columns():
    names = {name for _, lines in SECTIONS for line in lines for name in (line.measured, line.floor) if name}
    console = Console(width=140, file=io.StringIO())
    console.print(build_table([dict.fromkeys(names, Measurement(123.45, 1234 * MEBIBYTE))]))
    lines = console.file.getvalue().splitlines()
    assert sum("123.45" in line for line in lines) == sum(len(lines) for _, lines in SECTIONS)


def test_the_longest_chain_takes_the_slower_of_two_ways():
    needs = {"server": [], "import": [], "land": ["server", "import"], "checks": [], "gate": ["land", "checks"]}
    seconds = {"server": 10.0, "import": 4.0, "land": 1.0, "checks": 11.5, "gate": 2.0}
    assert longest_chain(seconds, needs) == (["checks", "gate"], 13.5)
    assert longest_chain(seconds | {"land": 2.0}, needs) == (["server", "land", "gate"], 14.0)


def test_every_step_is_told_after_those_it_needs():
    told: set[str] = set()
    for step, before in NEEDS.items():
        assert told.issuperset(before), step
        told.add(step)


def test_stages_follow_each_other_from_the_start_of_the_run_to_its_end():
    lines = [
        (14.0, "  land                 1.5 s  staging\n"),
        (14.1, "a library says something\n"),
        (20.0, "  check deliveries     6.0 s  40 tables\n"),
        (21.0, "  deliver              1.0 s  3 messages\n"),
    ]
    assert spans(lines, 10.0, 21.25) == {
        "start": Span(10.0, 12.5),
        "land": Span(12.5, 14.0),
        "check deliveries": Span(14.0, 20.0),
        "deliver": Span(20.0, 21.0),
        "end": Span(21.0, 21.25),
    }


def test_a_run_that_shows_no_stage_is_not_taken_for_a_quick_one():
    with pytest.raises(ValueError, match="no stage"):
        spans([(1.0, "nothing of the kind\n")], 0.0, 2.0)


def test_the_memory_of_a_process_below_this_one_is_counted():
    hold = "import sys; held = bytearray(b'x' * (64 * 2**20)); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"held\n"
        assert resident_bytes_below(os.getpid()) >= 64 * MEBIBYTE
        child.stdin.close()


def test_the_processor_time_of_a_process_is_its_own_and_that_of_those_below_it():
    burn = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint('burnt', flush=True); sys.stdin.read()"
    before = processor_seconds(os.getpid())
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"burnt\n"
        assert processor_seconds(child.pid) >= 0.25
        assert processor_seconds(os.getpid()) >= before + 0.25
        child.stdin.close()


def test_only_the_parts_that_read_a_fact_are_taken_out_of_the_compiled_model():
    feedback = '(select 1 from "warehouse"."main"."fct_feedback")'
    cases = '(select 2 from "warehouse"."main"."fct_cases")'
    assert kinds.part_of(f"{feedback}\nunion all by name\n{cases}", "fct_feedback").strip() == feedback
    both = f"{feedback}\nunion all by name\n{feedback}"
    assert kinds.part_of(both, "fct_feedback") == both
    with pytest.raises(CxError, match="no part of the compiled model reads fct_calls"):
        kinds.part_of(both, "fct_calls")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, at_scale.Scale]]:
    """The large company at a hundredth of its rows, measured once; a difference between two ways raises here."""
    scratch = tmp_path_factory.mktemp("scale")
    with Memory() as memory:
        yield scratch, at_scale.measure(scratch, memory, Sizes().times(0.01), turns=1, resamples=2)


def test_compiled_models_and_queries_by_hand_give_the_same_rows(small: tuple[Path, at_scale.Scale]) -> None:
    measured = small[1]
    assert set(measured.pairs) == set(kinds.pairs())
    assert all(pair.cells > 100 for pair in measured.pairs.values())
    assert not [note for note in measured.notes if "only" in note or "also" in note]


def test_the_pandas_script_gives_the_values_of_the_build(small: tuple[Path, at_scale.Scale]) -> None:
    assert small[1].values_compared > 7000
    assert set(small[1].pandas_parts) == {"read", "conform", "values", "intervals", "resampling"}


def test_a_query_by_hand_that_differs_is_told_with_its_first_cell() -> None:
    worker = kinds.Kinds()
    row = {"kpi": "bench_nps", "period": "2026-01", "slice": "overall", "slice_value": None, "n": 10}
    worker.found = {("by_hand", "a__b"): [row], ("compiled", "a__b"): [row | {"n": 11, "positives": 1}]}
    with pytest.raises(CxError, match="differ in 1 of 1 rows, first in bench_nps 2026-01 overall None"):
        worker.handle({"do": "compare", "pair": "a__b"})
    worker.found["compiled", "a__b"] = [row | {"positives": 1}, row | {"kpi": "of_the_catalogue"}]
    compared = worker.handle({"do": "compare", "pair": "a__b"})
    assert compared == {"cells": 1, "only_compiled": ["of_the_catalogue"]}


def test_what_is_resampled_does_not_grow_with_the_rows(small: tuple[Path, at_scale.Scale]) -> None:
    """An observation holds sums, or lists of a length that no number of rows can pass."""
    import duckdb

    [warehouse] = small[0].glob("company/var/builds/*/warehouse.duckdb")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        described = connection.execute("describe observations").fetchall()
        lists = {name for name, type_, *_ in described if type_.endswith("[]")}
        longest = connection.execute(
            f"select {', '.join(f'max(len({name}))' for name in sorted(lists))} from observations"
        )
        found = dict(zip(sorted(lists), longest.fetchone(), strict=True))
        most = connection.execute("select max(n) from observations where group_numbers is not null").fetchone()[0]
    # Random groups of customers, too few answers for Student, a grid of ranks, the whole hours of three days.
    bound = dict.fromkeys(lists, 0) | {
        **dict.fromkeys(("group_numbers", "group_numerators", "group_denominators"), 128),
        **dict.fromkeys(("life_times", "life_events", "life_censored"), 73),
        "small_sample": 29,
        "quantile_draws": 65,
    }
    assert {name: length for name, length in found.items() if length > bound[name]} == {}
    assert found["group_numbers"] == 128
    assert most > 10 * 128, "too few rows to tell"
