"""The finished publication, looked at once more before anybody can see it: what a reader would find, and what not.

Needs pypdf only, not Great Expectations; the answer has the form of a gate's.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

PDF = "report.pdf"
MAIL = ("mail.html", "mail.txt")
FILES = (PDF, *MAIL, "annex.xlsx")
LEAST_PAGES = 3

#: Names in a PDF that make it act, carry something along or reach outside.
ACTIVE = {
    "no scripts": ("the PDF holds no script", {"/JavaScript", "/JS"}),
    "no attachments": (
        "the PDF carries no other file",
        {"/EmbeddedFile", "/EmbeddedFiles", "/Filespec", "/FileAttachment"},
    ),
    "no outside links": (
        "the PDF leads nowhere outside itself",
        {"/URI", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Movie", "/RichMedia"},
    ),
}
#: Whatever a mail program would fetch or run.
_MAIL_REACHES_OUT = re.compile(
    r"<script|<iframe|<object|<form|(?:src|background)\s*=\s*[\"']?\s*(?:https?:)?//|url\(", re.I
)


def check_artefact(directory: Path | str, report_input: dict[str, Any]) -> dict[str, Any]:
    """Check the publication in ``directory`` against the report_input.json it was made from.

    The answer is that of a gate: ``{"gate": "artefact", "success", "evaluated", "checks": [...]}``, tables being file
    names. A check that cannot be made (a PDF that does not open) is one that failed; nothing is raised.
    """
    directory = Path(directory)
    checks = [_entry(name, "exists", "the file is there and not empty", _size(directory / name) > 0) for name in FILES]
    checks += _pdf_checks(directory / PDF, report_input)
    for name in MAIL:
        checks += _mail_checks(directory / name, report_input)
    return {
        "gate": "artefact",
        "success": all(check["passed"] for check in checks),
        "evaluated": len(checks),
        "checks": checks,
    }


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _pdf_checks(path: Path, report_input: dict[str, Any]) -> list[dict[str, Any]]:
    from pypdf import PdfReader

    try:
        content = path.read_bytes()
        reader = PdfReader(path, strict=True)
        pages = len(reader.pages)
        text = "\n".join(page.extract_text() for page in reader.pages)
        numbers = set(reader.xref_objStm).union(*reader.xref.values()) - {0}
        objects = [reader.get_object(number) for number in sorted(numbers)]
        catalog = reader.trailer["/Root"]
        tagged = bool(catalog.get("/MarkInfo", {}).get("/Marked")) and "/StructTreeRoot" in catalog
        fonts = [each for each in _dictionaries(objects) if each.get("/Type") == "/Font"]
        named = {name for each in _dictionaries(objects) for name in _names(each)}
    except Exception:
        return [_entry(PDF, "opens", "the PDF can be opened and read throughout", False)]
    missing = sorted({str(font.get("/BaseFont", "unnamed")) for font in fonts if not _embedded(font)})
    checks = [
        _entry(PDF, "opens", "the PDF can be opened and read throughout", True),
        _entry(PDF, "pages", f"the report has at least {LEAST_PAGES} pages", pages >= LEAST_PAGES, observed=pages),
        _entry(PDF, "tagged", "the PDF is tagged, so that it can be read aloud", tagged),
        _entry(PDF, "language", "the PDF says its language", bool(catalog.get("/Lang"))),
        _entry(
            PDF,
            "fonts embedded",
            "every font is embedded" + (f"; not {', '.join(missing)}" if missing else ""),
            bool(fonts) and not missing,
        ),
        _entry(PDF, "nothing after", "the file ends with its end mark", content.rstrip(b"\r\n").endswith(b"%%EOF")),
        _entry(PDF, "readable", "no character was lost in the text", bool(text.strip()) and "\ufffd" not in text),
    ]
    checks += [_entry(PDF, rule, words, not named & forbidden) for rule, (words, forbidden) in ACTIVE.items()]
    return checks + _named(PDF, text, report_input) + _headlines(PDF, text, report_input)


def _dictionaries(objects: list[Any]) -> Iterator[dict[str, Any]]:
    """Every dictionary of a PDF, those inside others too. References are not followed: what they name comes too."""
    waiting = list(objects)
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += [each.raw_get(key) for key in each]
        elif isinstance(each, list):
            waiting += list(list.__iter__(each))


def _names(each: dict[str, Any]) -> set[str]:
    """Keys of a dictionary, and the kind of action or annotation it says it is."""
    return set(each) | {str(each.raw_get(key)) for key in ("/S", "/Type", "/Subtype") if key in each}


def _embedded(font: dict[str, Any]) -> bool:
    """Whether a font's shapes are in the file: a Type 3 draws them, a composite font leaves them to its descendant."""
    if font.get("/Subtype") == "/Type3":
        return True
    if font.get("/Subtype") == "/Type0":
        return all(_embedded(descendant.get_object()) for descendant in font["/DescendantFonts"])
    descriptor = font.get("/FontDescriptor", {})
    return any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))


def _mail_checks(path: Path, report_input: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return [_entry(path.name, "opens", "the mail body can be read as UTF-8", False)]
    checks = []
    if path.suffix == ".html":
        quiet = not _MAIL_REACHES_OUT.search(text)
        checks.append(_entry(path.name, "nothing fetched", "the mail runs nothing and fetches nothing", quiet))
        text = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return checks + _named(path.name, text, report_input)


def _named(name: str, text: str, report_input: dict[str, Any]) -> list[dict[str, Any]]:
    """Company and month stand in ``text``."""
    squeezed = _squeezed(text)
    return [
        _entry(name, "company", "the company is named", _squeezed(report_input["company"]) in squeezed),
        _entry(name, "month", "the month is named", _squeezed(report_input["period_label"]) in squeezed),
    ]


def _headlines(name: str, text: str, report_input: dict[str, Any]) -> list[dict[str, Any]]:
    """The value of each headline KPI stands in ``text``; a hidden or absent one has none."""
    values = {
        figure["kpi"]: figure["value"]
        for figure in report_input["figures"]
        if figure["slice"] == "overall" and figure["value"] is not None and figure["period"] == report_input["period"]
    }
    return [
        _entry(
            name,
            "headline",
            f"the value of the headline KPI {kpi['kpi']} is printed",
            _printed(values[kpi["kpi"]], int(kpi["decimals"]), text),
            column=kpi["kpi"],
        )
        for kpi in report_input["kpis"]
        if kpi["headline"] and kpi["kpi"] in values
    ]


def _squeezed(text: str) -> str:
    """Text without spaces and ligatures: a PDF breaks lines, and sets letters apart, where no space is."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def _printed(value: float, decimals: int, text: str) -> bool:
    """Whether ``value`` stands in ``text`` as a number of its own, whatever the signs for minus and thousands."""
    plain = re.sub(r"(?<=\d)[,\u00a0\u202f\u2009'](?=\d{3})", "", text.replace("−", "-"))
    step = Decimal(1).scaleb(-decimals)
    for exact in (Decimal(value), Decimal(repr(value))):
        for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP):
            number = format(exact.quantize(step, rounding) + 0, "f")
            number = number.lstrip("-") if not number.strip("-0.") else number
            for written in {number, number.replace(".", ",")}:
                if re.search(rf"(?<![\d.,-]){re.escape(written)}(?![.,]?\d)", plain):
                    return True
    return False


def _entry(
    table: str, rule: str, description: str, passed: bool, *, column: str | None = None, observed: float | None = None
) -> dict[str, Any]:
    return {
        "table": table,
        "column": column,
        "rule": rule,
        "description": description,
        "severity": "critical",
        "passed": passed,
        "failed_rows": None,
        "rows": [],
        "observed": observed,
    }
