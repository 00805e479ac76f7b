"""The last look at a publication: a real PDF that is good, and the same one spoiled in each way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from expectations.artefact import check_artefact

REPORT: dict[str, Any] = {
    "company": "Meisu & Söhne",
    "period": "2026-09",
    "period_label": "September 2026",
    "kpis": [
        {"kpi": "nps", "headline": True, "decimals": 1},
        {"kpi": "orders", "headline": True, "decimals": 0},
        {"kpi": "reply", "headline": True, "decimals": 2},
        {"kpi": "ces", "headline": True, "decimals": 1},
        {"kpi": "absent", "headline": True, "decimals": 1},
        {"kpi": "minor", "headline": False, "decimals": 1},
    ],
    "figures": [
        {"period": "2026-09", "kpi": "nps", "slice": "overall", "value": -12.34},
        {"period": "2026-09", "kpi": "nps", "slice": "region", "value": 77.7},
        {"period": "2026-09", "kpi": "orders", "slice": "overall", "value": 12345.4},
        {"period": "2026-09", "kpi": "reply", "slice": "overall", "value": 2.5},
        {"period": "2026-09", "kpi": "ces", "slice": "overall", "value": None},
        {"period": "2026-09", "kpi": "minor", "slice": "overall", "value": 88.8},
    ],
}
PAGES = """<html lang="en"><head><title>Report</title><style>
h1, p { font-family: Inter }
h1 { break-before: page }
</style></head><body><p>Meisu &amp; Söhne, September 2026</p><h1>NPS</h1><p>−12.3 points</p>
<h1>Orders</h1><p>12,345 orders, first reply after 2.50 hours</p></body></html>"""
MAIL = "<html><body><style>p { color: #333 }</style><p>Meisu &amp; Söhne</p><p>September 2026</p></body></html>"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import weasyprint

    directory = tmp_path_factory.mktemp("published")
    weasyprint.HTML(string=PAGES).write_pdf(directory / "report.pdf", pdf_variant="pdf/ua-1")
    (directory / "mail.html").write_text(MAIL, encoding="utf-8")
    (directory / "mail.txt").write_text("Meisu & Söhne\nSeptember\n2026\n", encoding="utf-8")
    (directory / "annex.xlsx").write_bytes(b"PK")
    return directory


@pytest.fixture
def published(good: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good, tmp_path / "r1")


def broken(directory: Path, **changes: Any) -> list[tuple[str, str, str | None]]:
    answer = check_artefact(directory, REPORT | changes)
    failed = [(each["table"], each["rule"], each["column"]) for each in answer["checks"] if not each["passed"]]
    assert answer["success"] is (not failed)
    assert answer["evaluated"] == len(answer["checks"]) > 0
    return failed


def rewritten(directory: Path, change: Callable[[PdfWriter], object]) -> None:
    writer = PdfWriter(clone_from=PdfReader(directory / "report.pdf"))
    change(writer)
    writer.write(directory / "report.pdf")


def test_a_good_publication_passes_and_its_answer_is_a_gates(published):
    assert broken(published) == []
    answer = check_artefact(published, REPORT)
    assert answer["gate"] == "artefact"
    assert [each["observed"] for each in answer["checks"] if each["rule"] == "pages"] == [3]
    headlines = [each["column"] for each in answer["checks"] if each["rule"] == "headline"]
    assert headlines == ["nps", "orders", "reply"]


def test_a_rewritten_pdf_is_still_good_so_that_what_follows_fails_for_its_own_reason(published):
    rewritten(published, lambda _: None)
    assert broken(published) == []


@pytest.mark.parametrize("name", ["report.pdf", "mail.html", "mail.txt", "annex.xlsx"])
def test_a_missing_or_empty_file_is_found(published, name):
    (published / name).write_bytes(b"")
    assert (name, "exists", None) in broken(published)
    (published / name).unlink()
    assert (name, "exists", None) in broken(published)


def test_a_pdf_cut_short_is_found(published):
    content = (published / "report.pdf").read_bytes()
    (published / "report.pdf").write_bytes(content[: len(content) // 2])
    assert broken(published) == [("report.pdf", "opens", None)]


def test_bytes_after_the_end_are_found(published):
    with (published / "report.pdf").open("ab") as file:
        file.write(b"<script>more</script>")
    assert ("report.pdf", "nothing after", None) in broken(published)


def test_too_few_pages_are_found(published):
    rewritten(published, lambda writer: writer.remove_page(0))
    assert ("report.pdf", "pages", None) in broken(published)


def test_another_company_month_or_value_is_found(published):
    assert broken(published, company="Somebody else") == [
        ("report.pdf", "company", None),
        ("mail.html", "company", None),
        ("mail.txt", "company", None),
    ]
    assert [rule for _, rule, _ in broken(published, period_label="October 2026")] == ["month"] * 3
    for value in (-12.44, 12.34, 2.34, -112.34):
        figures = [{"period": "2026-09", "kpi": "nps", "slice": "overall", "value": value}]
        assert broken(published, figures=figures) == [("report.pdf", "headline", "nps")]


def _remove_mark(writer: PdfWriter) -> None:
    del writer.root_object[NameObject("/MarkInfo")]


def _remove_language(writer: PdfWriter) -> None:
    del writer.root_object[NameObject("/Lang")]


def _use_a_font_of_the_reader(writer: PdfWriter) -> None:
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    found = DictionaryObject({NameObject(key): NameObject(value) for key, value in font.items()})
    writer.pages[0]["/Resources"]["/Font"][NameObject("/F99")] = writer._add_object(found)


def _link_out(writer: PdfWriter) -> None:
    writer.add_annotation(1, Link(rect=(0, 0, 10, 10), url="https://example.com/?who=1"))


def _launch(writer: PdfWriter) -> None:
    action = {NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("calc.exe")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)


def _script_at_opening(writer: PdfWriter) -> None:
    action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("app.alert(1)")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)


def _script_deep_inside(writer: PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript")})
    writer.pages[2][NameObject("/AA")] = DictionaryObject({NameObject("/O"): ArrayObject([action])})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_remove_mark, "tagged"),
        (_remove_language, "language"),
        (_use_a_font_of_the_reader, "fonts embedded"),
        (_script_at_opening, "no scripts"),
        (_script_deep_inside, "no scripts"),
        (lambda writer: writer.add_attachment("rows.csv", b"a,b"), "no attachments"),
        (_link_out, "no outside links"),
        (_launch, "no outside links"),
    ],
)
def test_a_pdf_that_is_untagged_or_reaches_beyond_itself_is_found(published, change, rule):
    rewritten(published, change)
    assert broken(published) == [("report.pdf", rule, None)]


def test_a_font_that_is_not_embedded_is_named(published):
    rewritten(published, _use_a_font_of_the_reader)
    [check] = [each for each in check_artefact(published, REPORT)["checks"] if each["rule"] == "fonts embedded"]
    assert check["description"].endswith("not /Helvetica")


@pytest.mark.parametrize(
    "added",
    [
        "<script>1</script>",
        '<img src="https://example.com/pixel.png">',
        "<img src='//example.com/pixel.png'>",
        '<p style="background: url(https://example.com/x)">',
    ],
)
def test_a_mail_that_would_fetch_or_run_something_is_found(published, added):
    (published / "mail.html").write_text(MAIL + added, encoding="utf-8")
    assert broken(published) == [("mail.html", "nothing fetched", None)]


def test_a_mail_in_another_encoding_is_found(published):
    (published / "mail.txt").write_bytes("Meisu & Söhne".encode("latin-1"))
    assert broken(published) == [("mail.txt", "opens", None)]
