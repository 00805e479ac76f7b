"""The floor of rendering: WeasyPrint alone on the finished HTML, in a process that has drawn it before (a worker).

Request ``{"input": report input, "into": directory}``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.workers import serve
from tests.bench.measurement import clocked


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Render the report once to come by its HTML and charts and to be warm, then draw that HTML again, timed."""
    from report_templates import pdf, report

    drawn: list[tuple[str, dict[str, bytes], int]] = []
    draw = pdf.draw

    def remembered(html: str, charts: dict[str, bytes], *, epoch_seconds: int) -> pdf.Printed:
        drawn.append((html, charts, epoch_seconds))
        return draw(html, charts, epoch_seconds=epoch_seconds)

    pdf.draw = remembered
    try:
        report.render(Path(request["input"]), Path(request["into"]))
    finally:
        pdf.draw = draw
    html, charts, epoch_seconds = drawn[-1]
    printed, span = clocked(lambda: draw(html, charts, epoch_seconds=epoch_seconds))
    # A page one that overflows is drawn again with shorter lists; the floor is one drawing.
    return span | {"pages": printed.pages, "drawings": len(drawn)}


def warm_up() -> None:
    from report_templates import report

    report.warm_up()


if __name__ == "__main__":
    serve(warm_up, handle)
