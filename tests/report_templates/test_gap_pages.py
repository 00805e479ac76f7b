"""The spread of the gap analysis in a real PDF: its pictures, what is missing, and that two pages are enough."""

import json

import pytest

from flows.errors import BuildError
from report_templates import gap_pages, pdf, report
from report_templates.contents import choose
from report_templates.language import Language
from report_templates.reading import ReportInput, read
from report_templates.wording import Wording
from tests.report_templates.gap_sample import evidence, figure, gap_sample
from tests.report_templates.sample import sample
from tests.report_templates.test_report import structure


def contents_of(**changes):
    checked = ReportInput.model_validate(sample(gap=gap_sample(**changes)))
    return choose(checked, Wording(checked, Language.load("en")))


def drawn(**changes):
    """The section alone, after an empty page: it begins one of its own."""
    contents = contents_of(**changes)
    html, missing = pdf.printable(report.page("report.html.j2", contents, sections=("gap",)))
    assert missing == []
    return pdf.draw(html, gap_pages.charts(contents.gap), epoch_seconds=0)


def text_of(printed):
    import io

    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(printed.content))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split()), reader


def test_the_seven_steps_are_told_on_two_pages_with_a_text_for_every_picture():
    printed = drawn()
    text, reader = text_of(printed)
    assert printed.pages == 1 + 2
    for step in (
        "What became of the last cycle",
        "Step 1",
        "Step 2–3",
        "Step 4",
        "Step 5–6",
        "Step 7",
        "Back to step 1.",
    ):
        assert step in text
    for warning in ("Association is not cause", "Cross-hairs at the means: experience 6.3, importance 7.9."):
        assert warning in text
    alternatives = [alternative for tag, alternative in structure(reader) if tag == "/Figure"]
    # three dumbbells and their axis, two bars (nobody weighed the third), two pictures, three of evidence
    assert len(alternatives) == 3 + 1 + 2 + 2 + 3
    assert all(alternative and len(alternative) > 10 for alternative in alternatives)
    assert "Convenience: experience 5.6 (5.4 to 5.8), expectation 7.7, ideal 9.0." in [
        alternative.replace("\u00a0", " ") for alternative in alternatives
    ]


def test_what_nobody_gave_and_what_is_withheld_are_said_to_be_that():
    rows = [
        figure("product", 1, 7.0, None),
        {"role": "customer", "dimension": "price", "position": 2, "sample": True,
         "withheld": ["experience", "expectation", "importance"]},
    ]  # fmt: skip
    text, _ = text_of(drawn(figures=rows, ranking={"role": "customer"}, parts=[], roles=[], drivers=[], simulation=[]))
    assert "1. Product 7.0 not given" in text
    assert "2. Price" in text
    # experience, expectation, satisfaction, importance and their product
    assert text.count("withheld") == 5


def test_parts_that_nothing_is_known_of_are_left_out():
    customers = [row for row in gap_sample()["figures"] if row["role"] == "customer"]
    empty = {name: [] for name in ("roles", "drivers", "requirements", "evidence", "simulation", "cycles", "parts")}
    nothing = {"figures": customers, "brand_value": None, "last_month": None} | empty
    printed = drawn(**nothing)
    text, _ = text_of(printed)
    assert printed.pages == 1 + 1
    for heading in ("last cycle", "sees itself differently", "Importance twice", "Step 5–6", "Step 7", "What if"):
        assert heading not in text
    assert "No brand value is declared" in text


def test_an_initiative_without_a_comparison_has_its_verdict_all_the_same():
    nothing = dict.fromkeys(("compared", "base", "ratio", "ratio_low", "ratio_high", "promise"))
    waiting = evidence("2026-09", "shops", 1.0, 2.0) | nothing | {"reason": "no outcome", "verdict": "too early"}
    text, _ = text_of(drawn(evidence=[waiting]))
    assert "its outcome is not measured yet" in text
    assert "too early to say" in text


def test_evidence_of_past_months_is_tracked_and_ended_initiatives_are_not_told():
    contents = contents_of(evidence=[*gap_sample()["evidence"], evidence("2026-06", "zebra", 1.0, 2.0)])
    [leaflet, shops] = sorted(contents.gap.proofs, key=lambda proof: proof.initiative)
    assert [len(each.months) for each in shops.comparisons] == [4]
    assert not leaflet.comparisons[0].tracked


def test_a_report_without_a_gap_analysis_has_no_such_section():
    checked = ReportInput.model_validate(sample())
    contents = choose(checked, Wording(checked, Language.load("en")))
    assert contents.gap is None
    assert "Seven steps" not in report.page("report.html.j2", contents)


def test_text_of_a_workspace_is_escaped():
    value = gap_sample()["brand_value"] | {"why_customers_come": "<b>near</b> & {{ 7 * 7 }}"}
    html = report.page("report.html.j2", contents_of(brand_value=value), sections=("gap",))
    assert "&lt;b&gt;near&lt;/b&gt; &amp; {{ 7 * 7 }}" in html


@pytest.mark.parametrize(
    "broken",
    [
        {"figures": []},
        {"figures": [figure("price", 1, 5.0, 6.0, withheld=["experience"])]},
        {"evidence": [evidence("2026-09", "shops", 1.0, 2.0, verdict="splendid")]},
    ],
)
def test_a_part_that_cannot_be_is_refused_by_its_key(tmp_path, broken):
    path = tmp_path / "report_input.json"
    path.write_text(json.dumps(sample(gap=gap_sample(**broken))), encoding="utf-8")
    with pytest.raises(BuildError, match=r"report_input\.json: gap\."):
        read(path)


def test_the_same_input_gives_the_same_bytes():
    assert drawn().content == drawn().content
