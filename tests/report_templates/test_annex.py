import csv
import zipfile
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from report_templates.annex import FIGURE_COLUMNS, annex, inert
from report_templates.contents import choose
from report_templates.language import Language
from report_templates.reading import ReportInput
from report_templates.wording import Wording
from tests.report_templates.sample import figure_of, sample


def book_of(document):
    report = ReportInput.model_validate(document)
    return annex(choose(report, Wording(report, Language.load("en"))))


def rows(content, sheet):
    header, *body = load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in body]


def test_the_sheet_of_figures_has_the_columns_of_a_figure_and_every_row_unrounded():
    content = book_of(sample())
    figures = rows(content, "Figures")
    assert list(figures[0]) == ["label", *FIGURE_COLUMNS]
    assert len(figures) == 30
    nps = next(row for row in figures if row["kpi"] == "nps" and row["slice"] == "overall")
    assert (nps["value"], nps["n"], nps["verdict"], nps["met"]) == (41.3, 1204, "better", True)


def test_a_hidden_figure_has_empty_cells():
    overseas = next(row for row in rows(book_of(sample()), "Figures") if row["slice_value"] == "Overseas")
    shown = {name for name, value in overseas.items() if value is not None}
    assert shown == {"label", "period", "kpi", "slice", "slice_value", "unit", "verdict"}


def test_definitions_and_trust_are_in_it():
    content = book_of(sample(revision=2, revision_reason="late answers"))
    definitions = {row["kpi"]: row for row in rows(content, "Definitions")}
    assert definitions["nps"]["slices"] == "customer_region"
    assert definitions["nps"]["minimum_base"] == 30
    trust = [tuple(row.values()) for row in rows(content, "Trust")]
    assert ("mended", "survey_answers, nps", "999 means not asked", 208) in trust
    assert ("gate", "Deliveries", "118 passed, 0 failed", None) in trust
    assert ("absent", "Bot sessions contained", "sessions.handed_over not delivered", None) in trust
    assert ("revision", "2", "late answers", None) in trust


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\n", "\0"])
def test_text_that_could_be_taken_for_a_formula_is_escaped(lead):
    document = sample()
    figure_of(document, "on_time", "Hafen & Co. <3>")["slice_value"] = lead + "1+1"
    content = book_of(document)
    cells = [cell for row in load_workbook(BytesIO(content))["Figures"].iter_rows() for cell in row]
    assert [cell.value for cell in cells if str(cell.value).startswith("'")]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    as_csv = StringIO()
    csv.writer(as_csv).writerows([cell.value] for cell in cells if cell.data_type == "s")
    texts = [row[0] for row in csv.reader(StringIO(as_csv.getvalue())) if row]
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0"))]


def test_a_negative_number_stays_a_number():
    assert inert(-4.1) == -4.1
    change = figure_of(sample(), "on_time", "Hafen & Co. <3>")["change"]
    assert change in [row["change"] for row in rows(book_of(sample()), "Figures")]


def test_the_same_input_gives_the_same_bytes_with_the_periods_end_as_the_only_time_stamp():
    first, second = book_of(sample()), book_of(sample())
    assert first == second
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 9, 30, 22, 0, 0)}
    properties = load_workbook(BytesIO(first)).properties
    assert str(properties.created) == str(properties.modified) == "2026-09-30 22:00:00"
