"""The table: what was measured beside its floor, and the ratio. Times are medians of rounds, memory is the worst."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from rich.table import Table

from tests.bench.measurement import Measurement

Rounds = list[dict[str, Measurement]]
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Line:
    """What is measured (a name in a round), what is said of it, its floor (a name, or None where it has none)."""

    measured: str
    said: str
    floor: str | None = None
    floor_said: str = ""


#: A section's title and its lines, in the order they are printed.
SECTIONS: list[tuple[str, list[Line]]] = [
    (
        "stages of cx run, beside each alone",
        [
            Line("cx run: start", "start, until landing", "Prefect's temporary server", "the server's start alone"),
            Line("cx run: land", "land (all is in the lake), stage", "land alone", "the same, warm"),
            Line("cx run: check deliveries", "gate 1", "check deliveries alone", "the checks, warm"),
            Line("cx run: build", "dbt build", "build on a running server", "prefect-dbt, server running, warm"),
            Line("cx run: build", "dbt build", "build bare", "dbt bare, warm"),
            Line("cx run: check figures", "gate 2", "check figures alone", "the checks, warm"),
            Line("cx run: publish", "publish (draw, audit, freeze)", "draw the finished HTML", "WeasyPrint alone"),
            Line("cx run: deliver", "deliver, the flow's end", "deliver alone", "into the outbox, warm"),
            Line("cx run: end", "end"),
        ],
    ),
    (
        "the verbs alone, beside the library that does the work",
        [
            Line("land everything", "land everything, stage", "read all extracts", "DuckDB to Parquet"),
            Line("build on a running server", "build as Prefect tasks", "build bare", "dbt bare, warm"),
            Line("publish alone", "publish (draw, audit, freeze)", "render alone", "the renderer, warm"),
            Line("render alone", "the renderer, warm", "draw the finished HTML", "WeasyPrint alone"),
        ],
    ),
    (
        "what has to start",
        [
            Line("Prefect's temporary server", "Prefect's temporary server"),
            Line("import Great Expectations", "import Great Expectations"),
            Line("import dbt", "import dbt"),
            Line("import prefect-dbt", "import prefect-dbt", "import dbt", "import dbt"),
            Line("import Prefect", "import Prefect"),
            Line("import WeasyPrint", "import WeasyPrint"),
        ],
    ),
    ("the whole", [Line("cx run", "cx run, newest month")]),
]


def median_seconds(rounds: Rounds, name: str) -> float:
    """The median over the rounds; raises KeyError when ``name`` was not measured in each."""
    return statistics.median(measured[name].seconds for measured in rounds)


def peak_bytes(rounds: Rounds, name: str) -> int:
    """The worst over the rounds."""
    return max(measured[name].peak_bytes for measured in rounds)


def ratio(rounds: Rounds, line: Line) -> float | None:
    """How many times its floor a line takes; None where it has no floor."""
    if line.floor is None:
        return None
    floor = median_seconds(rounds, line.floor)
    return median_seconds(rounds, line.measured) / floor if floor else None


def build_table(rounds: Rounds, sections: list[tuple[str, list[Line]]] | None = None) -> Table:
    """The table of all ``rounds``; a line or floor that was not measured in each of them is a KeyError."""
    table = Table(title=f"medians of {len(rounds)} round(s); memory is the peak of all processes alive")
    for heading in ("", "s", "MiB"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_column("floor")
    for heading in ("s", "MiB", "ratio"):
        table.add_column(heading, justify="right")
    for title, lines in SECTIONS if sections is None else sections:
        table.add_section()
        table.add_row(f"[bold]{title}[/]")
        for line in lines:
            table.add_row(*_cells(rounds, line))
    return table


def _cells(rounds: Rounds, line: Line) -> list[str]:
    floor = _numbers(rounds, line.floor) if line.floor else ["", ""]
    times = ratio(rounds, line)
    shown = "" if times is None else f"{times:.2f}"
    return [line.said, *_numbers(rounds, line.measured), line.floor_said, *floor, shown]


def _numbers(rounds: Rounds, name: str) -> list[str]:
    return [f"{median_seconds(rounds, name):.2f}", f"{peak_bytes(rounds, name) / _MEBIBYTE:,.0f}"]
