"""The annex: every figure of the month, every definition and the trust page as an XLSX, the same bytes each time."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import Any

from report_templates.contents import Contents
from report_templates.reading import Figure

#: A cell that begins with one of these can be taken for a formula by a spreadsheet (OWASP ASVS 1.2.10).
FORMULA_LEADING = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")

#: The columns of the sheet Figures: the row of DESIGN section 4.
FIGURE_COLUMNS = tuple(Figure.model_fields)
_DEFINITION_COLUMNS = (
    "kpi",
    "label",
    "definition",
    "unit",
    "direction",
    "section",
    "kind",
    "fact",
    "base",
    "counted",
    "window_days",
    "compared_with",
    "population",
    "exposure",
    "slices",
    "minimum_base",
    "smallest_change",
    "edge_cases",
)
_WIDTHS = {"label": 32, "definition": 60, "edge_cases": 60, "base": 40, "what": 70, "detail": 70, "slice_value": 22}


def annex(contents: Contents) -> bytes:
    """The workbook's bytes: sheets Figures, Definitions, Trust. Numbers are as computed, not rounded."""
    from openpyxl import Workbook

    words = contents.wording
    _ = words.language.gettext
    book = Workbook()
    book.remove(book.active)
    kpis = contents.kpis
    _sheet(
        book,
        _("Figures"),
        ["label", *FIGURE_COLUMNS],
        [
            [words.label(kpis[row.kpi]), *(getattr(row, name) for name in FIGURE_COLUMNS)]
            for row in contents.report.figures
        ],
    )
    _sheet(
        book,
        _("Definitions"),
        list(_DEFINITION_COLUMNS),
        [[getattr(kpi, name) for name in _DEFINITION_COLUMNS] for kpi in contents.report.kpis],
    )
    _sheet(book, _("Trust"), ["about", "what", "detail", "rows"], list(_trust_rows(contents)))
    ended = contents.report.ended.replace(tzinfo=None)
    book.properties.creator = contents.report.company
    book.properties.title = contents.report.period_label
    return _bytes(book, ended)


def _trust_rows(contents: Contents) -> Iterator[list[Any]]:
    report, words = contents.report, contents.wording
    trust, _ = report.trust, contents.wording.language.gettext
    for gate in trust.gates:
        outcome = _("%(passed)s passed, %(failed)s failed", passed=gate.passed, failed=gate.failed)
        yield [_("gate"), words.gate(gate.gate), outcome, None]
        for warning in gate.warnings:
            yield [_("warning"), words.gate(gate.gate), warning, None]
    for row in trust.handled:
        yield [words.handled(row.kind), words.origin(row.source, row.mapping), row.reason, row.rows]
    for row in trust.deliveries:
        held = f"{row.contract}: {row.first_at or '–'} – {row.last_at or '–'}"
        yield [_("delivery"), words.origin(row.source, row.mapping), held, row.rows]
    for row in trust.absent:
        yield [_("absent"), row.label, row.why, None]
    for row in contents.restatements:
        change = f"{words.restated(row.kpi, row.before)} → {words.restated(row.kpi, row.after)}"
        yield [_("restated"), f"{row.period}, {row.kpi}, {words.group(row)}", change, None]
    for note in trust.notes:
        yield [_("note"), note, None, None]
    yield [_("revision"), str(report.revision), report.revision_reason, None]
    for name in ("run", "project_version", "inputs_sha256"):
        yield [_("built"), name, getattr(report.built, name), None]


def inert(value: Any) -> Any:
    """``value`` as a cell that no spreadsheet computes: formula-leading text gets an apostrophe, lists are joined."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if isinstance(value, list):
        value = ", ".join(value)
    if not isinstance(value, str):
        return value
    if value.startswith(FORMULA_LEADING):
        value = "'" + value
    return ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)


def _sheet(book: Any, title: str, header: list[str], rows: list[list[Any]]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    sheet.append(header)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([inert(value) for value in row])
    # in one pass: openpyxl looks at all cells to find the last row
    for cells in sheet.iter_rows(min_row=2):
        for cell in cells:
            if isinstance(cell.value, str):
                cell.data_type = "s"
                cell.alignment = Alignment(wrap_text=len(cell.value) > 60, vertical="top")
    for index, name in enumerate(header, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = _WIDTHS.get(name, 14)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _bytes(book: Any, stamp: datetime) -> bytes:
    """The workbook as a zip whose entries and properties carry ``stamp``: openpyxl's own save writes the clock."""
    from openpyxl.writer.excel import ExcelWriter

    book.properties.created = book.properties.modified = stamp
    written, fixed = BytesIO(), BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        ExcelWriter(book, archive).write_data()
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, date_time=stamp.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, source.read(name))
    return fixed.getvalue()
