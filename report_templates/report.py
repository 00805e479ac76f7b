"""The one renderer: a report input becomes PDF, mail and annex. ``python -m report_templates.report`` is its worker."""

from __future__ import annotations

import contextlib
import math
import textwrap
from bisect import bisect_left
from pathlib import Path
from typing import Any

from flows.errors import BuildError, ConfigurationError, CxError
from flows.workers import serve
from report_templates import gap_pages, pdf
from report_templates.contents import ITEMS_AT_MOST, RESTATED_AT_MOST, ROWS_AT_MOST, SECTIONS, Contents, choose
from report_templates.language import Language
from report_templates.reading import ReportInput, read
from report_templates.theme import COLOURS, SYMBOLS
from report_templates.wording import Wording

FILES = ("report.pdf", "mail.html", "mail.txt", "annex.xlsx")
_MAIL_COLUMNS = 74


def warm_up() -> None:
    """Import all that is slow before the first request."""
    import jinja2  # noqa: F401
    import openpyxl  # noqa: F401

    from report_templates import charts

    with contextlib.suppress(ConfigurationError):  # said when a report is asked for: a warm-up has nobody to tell
        pdf.warm_up()
    charts.warm_up()


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request of the protocol in docs/architecture.md section 5."""
    return render(Path(request["input"]), Path(request["into"]))


def render(source: Path, into: Path) -> dict[str, Any]:
    """Write FILES into the directory ``into`` from the report input ``source``.

    Returns ``{"files", "pages", "warnings"}``. Raises CxError when the input, the fonts or a template is at fault;
    no file is written before all of them could be made.
    """
    from report_templates.annex import annex

    report = read(source)
    wording = Wording(report, Language.load(report.language))
    printed, contents, warnings = _print(report, wording)
    made = {
        "report.pdf": printed.content,
        "mail.html": page("mail.html.j2", contents).encode(),
        "mail.txt": _wrapped(page("mail.txt.j2", contents, escape=False)).encode(),
        "annex.xlsx": annex(contents),
    }
    into.mkdir(parents=True, exist_ok=True)
    try:
        for name in FILES:
            (into / name).write_bytes(made[name])
    except OSError as error:
        raise CxError(f"the report cannot be written ({error.strerror})", "make room and run again") from None
    return {"files": list(FILES), "pages": printed.pages, "warnings": warnings}


def _print(report: ReportInput, wording: Wording) -> tuple[pdf.Printed, Contents, list[str]]:
    """The PDF. Where long names make page one overflow, its lists are cut until it is one page again."""
    charts = _charts(choose(report, wording))
    stamp = int(report.ended.timestamp())
    on_page_one = {name: chart for name, chart in charts.items() if name.startswith("spark-")}

    def fits(items: int) -> bool:
        """Whether page one is one page; it is drawn alone, because the whole report takes ten times as long."""
        front = page("report.html.j2", choose(report, wording, items_at_most=items), sections=SECTIONS[:1])
        return pdf.draw(pdf.printable(front)[0], on_page_one, epoch_seconds=stamp).pages == 1

    items = ITEMS_AT_MOST
    if not fits(items):
        fewer = range(items - 1, 0, -1)
        items = fewer[bisect_left(fewer, True, hi=len(fewer) - 1, key=fits)]
    contents = choose(report, wording, items_at_most=items)
    html, missing = pdf.printable(page("report.html.j2", contents))
    printed = pdf.draw(html, charts, epoch_seconds=stamp)
    warnings = [f"characters without a glyph, shown as {pdf.REPLACEMENT}: {', '.join(missing)}"] if missing else []
    return printed, contents, warnings


def _charts(contents: Contents) -> dict[str, bytes]:
    from report_templates import charts

    language = contents.wording.language
    drawn = {
        f"trend-{kpi.kpi}": charts.trend(months, kpi, figure.target, language, contents.report.quoted(kpi.kpi))
        for kpi, figure, months in contents.trends
    }
    with_months = {kpi.kpi: months for kpi, _, months in contents.trends}
    for kpi, _ in contents.front.tiles:
        if kpi.kpi in with_months:
            drawn[f"spark-{kpi.kpi}"] = charts.sparkline(with_months[kpi.kpi])
    return drawn | (gap_pages.charts(contents.gap) if contents.gap else {})


def page(template: str, contents: Contents, *, escape: bool = True, sections: tuple[str, ...] = SECTIONS) -> str:
    """``template`` filled with ``contents``; text is escaped unless ``escape`` is False (plain text mail).

    Raises BuildError when the template prints a value that is not there.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

    environment = Environment(
        loader=FileSystemLoader(pdf.TEMPLATES),
        autoescape=escape,
        undefined=StrictUndefined,
        finalize=_present,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    wording = contents.wording
    environment.globals |= {"_": wording.language.gettext, "ngettext": wording.language.ngettext}
    try:
        return environment.get_template(template).render(
            contents=contents,
            report=contents.report,
            trust=contents.report.trust,
            front=contents.front,
            words=wording,
            numbers=wording.numbers,
            language=wording.language,
            colours=COLOURS,
            symbols=SYMBOLS,
            sections=sections,
            rows_at_most=ROWS_AT_MOST,
            restated_at_most=RESTATED_AT_MOST,
            with_chart={kpi.kpi: months for kpi, _, months in contents.trends},
        )
    except UndefinedError as error:
        raise BuildError(str(error), "mend the template", where=template) from None


def _present(value: object) -> object:
    """What a template prints must be there: None or not-a-number on a page is a mistake, not a blank."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise BuildError("a template prints a value that is not there", "mend the template or the input")
    return value


def _wrapped(text: str) -> str:
    """Plain text with lines of readable length; a line's own indent is kept, wrapped lines go two further."""
    lines = []
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        deeper = indent + ("  " if line.lstrip().startswith("-") else "")
        lines += textwrap.wrap(line.strip(), _MAIL_COLUMNS, initial_indent=indent, subsequent_indent=deeper) or [""]
    return "\n".join(lines).strip() + "\n"


if __name__ == "__main__":
    serve(warm_up, handle)
