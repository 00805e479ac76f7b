import json
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from jinja2 import Environment
from markupsafe import escape
from pypdf import PdfReader

from flows.errors import BuildError, CxError
from flows.workers import Worker
from report_templates import pdf, report, vocabulary
from report_templates.contents import SECTIONS, choose
from report_templates.language import Language
from report_templates.reading import ReportInput
from report_templates.wording import Wording
from tests.report_templates.sample import QUOTES, calm, commented, figure_of, large, sample


def written(directory, document):
    source = directory / "report_input.json"
    source.write_text(json.dumps(document, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    return source


def rendered(directory, document):
    source = written(directory, document)
    answer = report.render(source, directory / "into")
    pdf = PdfReader(directory / "into" / "report.pdf")
    return SimpleNamespace(
        answer=answer,
        source=source,
        directory=directory / "into",
        pdf=pdf,
        pages=[" ".join(page.extract_text().replace("\u00a0", " ").split()) for page in pdf.pages],
        html=(directory / "into" / "mail.html").read_text(encoding="utf-8"),
        text=(directory / "into" / "mail.txt").read_text(encoding="utf-8"),
    )


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    """The sample, rendered here and at the same time in another process that hashes otherwise."""
    directory = tmp_path_factory.mktemp("again")
    request = {"input": str(written(directory, sample())), "into": str(directory / "into")}
    with (
        Worker("report_templates.report", directory / "log", environment={"PYTHONHASHSEED": "7"}) as worker,
        ThreadPoolExecutor() as beside,
    ):
        again = beside.submit(worker.ask, request)
        made = rendered(tmp_path_factory.mktemp("month"), sample())
        made.again, made.answer_again, made.worker = directory / "into", again.result(), worker
        yield made


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A correction whose every free text is hostile, long and partly undrawable."""
    document = sample(
        company="<script>alert(1)</script> & Sons {{ 7 * 7 }}",
        revision=3,
        revision_reason="<b>late</b> answers & a very long story " * 6,
    )
    document["series"] = {name: document["series"][name] for name in ("nps", "csat_t2b")}
    document["kpis"][0]["label"] = "<img src=x onerror=alert(1)> score"
    document["kpis"][1]["label"] = "Customers who say that they were satisfied or very satisfied with everything " * 2
    document["kpis"][0]["definition"] = "{% raw %} \u202eesrever \U0001f600"
    document["trust"]["notes"] = ['<a href="http://localhost:9/">click</a>']
    figure_of(document, "nps", "North")["slice_value"] = "<link rel=attachment href=file:///etc/hostname>"
    return rendered(tmp_path_factory.mktemp("hostile"), document)


def structure(pdf):
    """All structure elements of a tagged PDF as (tag, alternative text)."""
    found, waiting = [], [pdf.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if not hasattr(node, "get"):
            continue
        if "/S" in node:
            found.append((node["/S"], node.get("/Alt")))
        children = node.get("/K", [])
        waiting += children if isinstance(children, list) else [children]
    return found


def test_the_answer_names_the_files_the_pages_and_no_warning(month):
    assert month.answer == {"files": list(report.FILES), "pages": len(month.pdf.pages), "warnings": []}
    assert sorted(path.name for path in month.directory.iterdir()) == sorted(report.FILES)


def test_page_one_answers_and_is_one_page(month):
    front = month.pages[0]
    for said in (
        "In September 2026, Net Promoter Score and 1 other improved, Median first reply time and 1 other worsened, and "
        "Calls from mobile phones changed. 10 other measures show no clear change. 4 changes in groups are clear too.",
        "41.3 points",
        "95% interval 36.1 to 46.5",
        "● better Rose by 6.2 points (+1.2 to +11.2).",
        "Target 40.0: met ✓",
        "What got better",
        "What got worse",
        "What to decide",
        "Page 1 of",
    ):
        assert said in front
    assert month.pages[1].startswith("Scorecard All measures for the whole company")


def test_every_page_is_numbered_and_all_but_the_first_carry_company_and_month(month):
    for number, page in enumerate(month.pages, start=1):
        assert f"Page {number} of {len(month.pages)}" in page
        assert ("Meridian Home Services September 2026" in page) is (number > 1)


def test_the_sections_are_bookmarked_in_their_order(month):
    titles = [entry.title for entry in month.pdf.outline if not isinstance(entry, list)]
    assert titles == [
        "Customer experience September 2026",
        "Scorecard",
        "By group",
        "Trends",
        "How far to trust this report",
        "Definitions",
    ]


def test_the_pdf_is_tagged_titled_in_a_language_and_says_it_is_pdf_ua(month):
    root = month.pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert month.pdf.metadata.title == "Meridian Home Services: customer experience, September 2026"


def test_every_chart_is_a_figure_with_an_alternative_text(month):
    alternatives = [alternative for tag, alternative in structure(month.pdf) if tag == "/Figure"]
    # a trend for each of which something is to be said, a sparkline for each tile
    assert len(alternatives) == 12 + 8
    assert all("by month, " in alternative for alternative in alternatives)


def test_headings_skip_no_level():
    html = report.page("report.html.j2", contents(sample()))
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


def contents(document):
    read = ReportInput.model_validate(document)
    return choose(read, Wording(read, Language.load("en")))


def test_all_fonts_are_embedded_and_are_the_reports_own(month):
    fonts = {}
    for page in month.pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            fonts[descriptor["/FontName"]] = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    assert fonts
    assert all(fonts.values())
    assert {re.sub(r"^/[A-Z]{6}\+", "", name).split("-CJK")[0].split("-")[0] for name in fonts} == {"Inter", "Noto"}


def test_hidden_low_base_and_new_are_shown_and_explained(month):
    pages = " ".join(month.pages)
    groups = pages[pages.index("By group") :]
    assert "Overseas fewer than 5 answers – – – × hidden" in groups
    assert "△ low base" in groups
    assert "+ new" in groups
    assert "1 group figure is hidden: it rests on fewer than 5" in groups
    assert "北京旗艦店" in groups


def test_the_trust_page_says_what_was_checked_dropped_absent_and_restated(month):
    trust = next(page for page in month.pages if "How far to trust this report" in page and "Checks" in page)
    for said in (
        "Deliveries 118 0",
        "31 % fewer than the usual volume",
        "survey_answers, nps mended 208 999 means not asked",
        "call_log, calls 201,377 2024-09-01 2026-09-30",
        "Bot sessions contained sessions.handed_over not delivered",
        "August 2026 Delivered on time the whole company 92.9% 92.8%",
        "For 37 customers the earliest known region was used",
    ):
        assert said in trust


def test_every_kpi_is_defined_from_its_declaration(month):
    pages = " ".join(month.pages)
    definitions = pages[pages.index("Every measure as it is declared") :]
    for kpi in sample()["kpis"]:
        assert f"{kpi['label']} {kpi['kpi']}" in definitions
        assert kpi["definition"] in definitions


def test_what_is_quoted_elsewhere_stands_with_the_definition_and_the_chart_and_says_that_it_is_unverified(month):
    pages = " ".join(month.pages)
    definitions = pages[pages.index("Every measure as it is declared") :]
    assert "Quoted elsewhere (verified) 45.0 points (Survey of the trade association)" in definitions
    assert "Quoted elsewhere (unverified) 35.0 points (A vendor's <white> paper: 其他國家)" in definitions
    trends = pages[pages.index("The line is the monthly value") : pages.index("Every measure as it is declared")]
    assert "no verdict rests on it" in trends
    assert "quoted elsewhere 45.0 (verified), 35.0 (unverified)" in trends
    assert "quoted elsewhere 12.5% (unverified, off the chart)" in trends
    front = month.pages[0] + month.text
    assert "quoted" not in front
    assert "unverified" not in front


def test_a_report_that_quotes_nothing_says_nothing_of_it(tmp_path):
    assert "quoted" not in " ".join(rendered(tmp_path, sample(benchmarks=[])).pages).lower()


def test_the_mail_says_what_page_one_says_and_asks_for_nothing_from_outside(month):
    for said in ("Net Promoter Score and 1 other improved", "95% interval", "What to decide", "Target 40.0: met"):
        assert said in month.html
    assert "WHAT TO DECIDE" in month.text
    assert not re.search(r"<(img|svg|script|link|style|iframe|form|object)\b|https?:|url\(", month.html)
    assert max(map(len, month.text.splitlines())) <= 74


def test_nothing_printed_is_a_none_or_a_not_a_number(month):
    everything = " ".join([*month.pages, month.html, month.text])
    assert not re.search(r"\b(None|nan|NaN|inf|Undefined)\b", everything)


def test_a_calm_month_is_said_calmly(tmp_path):
    document = calm()
    document["kpis"] = [kpi for kpi in document["kpis"] if kpi["headline"]]
    names = {kpi["kpi"] for kpi in document["kpis"]}
    document["figures"] = [figure for figure in document["figures"] if figure["kpi"] in names]
    calm_month = rendered(tmp_path, document | {"series": {"nps": document["series"]["nps"]}})
    for said in (calm_month.pages[0], calm_month.html, calm_month.text):
        assert "Nothing changed for certain in September 2026." in said
        assert "Nothing measured this month calls for a decision." in " ".join(said.split())
        assert "What got worse" not in said


def test_hostile_text_is_printed_as_it_is_written(hostile):
    front = hostile.pages[0]
    assert "<script>alert(1)</script> & Sons {{ 7 * 7 }}" in front
    assert "<img src=x onerror=alert(1)> score" in front
    assert "<script" not in hostile.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons {{ 7 * 7 }}" in hostile.html
    assert "<script>alert(1)</script> & Sons {{ 7 * 7 }}" in hostile.text
    assert "/EmbeddedFiles" not in hostile.pdf.trailer["/Root"].get("/Names", {})
    links = [note.get_object() for page in hostile.pdf.pages for note in page.get("/Annots", [])]
    assert [link for link in links if "/URI" in str(link.get("/A"))] == []


def test_characters_without_a_glyph_are_warned_of_by_code_point(hostile):
    assert hostile.answer["warnings"] == ["characters without a glyph, shown as □: U+1F600, U+202E"]


def test_a_correction_is_boxed_with_its_reason_in_pdf_and_mails(hostile):
    for said in (hostile.pages[0], hostile.html, hostile.text):
        assert "CORRECTION" in said
        assert "Revision 3 replaces what was sent before." in " ".join(said.split())
    assert "<b>late</b> answers & a very long story" in hostile.pages[0]
    assert "September 2026 · revision 3" in hostile.pages[1]


def test_page_one_stays_one_page_when_names_are_long(hostile):
    assert "Scorecard" in hostile.pages[1]
    assert "more: see the scorecard and the groups." in hostile.pages[0]


def test_another_process_gives_the_same_bytes_and_errors_come_back_as_sentences(month, tmp_path):
    with pytest.raises(CxError, match=r"report_input\.json: cannot be read"):
        month.worker.ask({"input": str(tmp_path / "report_input.json"), "into": str(tmp_path / "none")})
    assert month.answer_again == month.answer
    assert not (tmp_path / "none").exists()
    for name in report.FILES:
        assert (month.again / name).read_bytes() == (month.directory / name).read_bytes(), name


def test_a_template_that_prints_what_is_not_there_is_an_error():
    for value in (None, float("nan"), float("inf")):
        with pytest.raises(BuildError, match="prints a value that is not there"):
            Environment(finalize=report._present).from_string("{{ value }}").render(value=value)
    without_a_company = replace(contents(sample()), report=SimpleNamespace(revision=1, trust=None))
    with pytest.raises(BuildError, match="has no attribute 'company'"):
        report.page("mail.txt.j2", without_a_company)


def test_a_company_with_one_kpi_and_no_history_has_a_report(tmp_path):
    document = sample(series={}, trust={})
    document["kpis"] = document["kpis"][5:6]
    document["figures"] = [row for row in document["figures"] if row["kpi"] == "churn_logo"]
    figure_of(document, "churn_logo").update(
        {"verdict": "new", "previous": None, "change": None, "change_low": None, "change_high": None}
    )
    single = rendered(tmp_path, document)
    assert "No measure could be compared in September 2026." in single.pages[0]
    assert "1.62%" in single.pages[0].replace(" ", "")
    for said in (single.pages[0], single.html, single.text):
        assert "Nothing could be compared yet" in said or "NOTHING COULD BE COMPARED YET" in said
        assert "than chance would move it" not in said
    assert not [page for page in single.pages if "Trends" in page or "By group" in page]
    assert "No checks are recorded for this report." in " ".join(single.pages)


def test_a_month_without_any_figure_has_a_report_that_says_so(tmp_path):
    empty = rendered(tmp_path, sample(figures=[], series={}))
    assert "No measure could be computed for the whole company in September 2026." in empty.pages[0]
    assert "No measure could be computed for the whole company this month." in empty.pages[1]


def test_a_definition_says_what_is_counted_in_its_own_line_and_what_a_census_interval_means(month):
    defined = " ".join(month.pages)
    assert "Counted by answered_at of rows where question_kind = 'nps' and respondent_role = 'customer'" in defined
    assert defined.count("Rows all of the month") == 11
    assert "Where all rows of a month are counted and not a sample, the interval describes how much such" in defined
    assert defined.count("Counted by") == 15


def test_at_most_twelve_restated_months_are_printed_and_the_rest_is_counted():
    document = sample()
    document["trust"]["restatements"] = [
        {"period": f"{year}-{month:02d}", "kpi": "nps", "slice": slice_, "slice_value": value, "from": 1.0, "to": 2.0}
        for year, month in [(2025, month) for month in range(1, 13)] + [(2026, month) for month in range(1, 4)]
        for slice_, value in (("overall", None), ("region", "North"))
    ]
    html = report.page("report.html.j2", contents(document))
    assert html.count("the whole company and 1 group<") == 12
    assert "March 2026</th>" in html
    assert "March 2025</th>" not in html
    assert "And 3 more months and measures in the annex, as is every group." in html


def test_the_trust_page_says_how_many_comparisons_the_month_made(month):
    assert "This month made 27 comparisons" in " ".join(month.pages)


def test_experiments_and_signals_are_printed():
    document = sample()
    figure_of(document, "csat_mean").update(signal="above", expected_low=4.0, expected_high=4.2)
    document["experiments"] = [
        {
            "experiment": "Summer offer",
            "outcome": "responded",
            "control": "A",
            "variant": "B",
            "unit": "%",
            "assigned": 6000,
            "control_assigned": 6000,
            "value": 5.1,
            "control_value": 3.0,
            "difference": 2.1,
            "low": 1.4,
            "high": 2.8,
            "verdict": "better",
        },
        {
            "experiment": "Autumn offer",
            "outcome": "responded",
            "control": "A",
            "variant": "B",
            "unit": "%",
            "verdict": "running",
        },
    ]
    read = ReportInput.model_validate(document)
    html = report.page("report.html.j2", choose(read, Wording(read, Language.load("en"))))
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "B did better than A." in text
    assert "Still running" in text
    assert "above the 4.00 to 4.20 that the months before let expect" in text


def test_a_figure_that_is_not_compared_prints_no_earlier_month_and_no_change():
    document = sample()
    figure_of(document, "csat_mean").update(verdict="not compared", previous=4.77, change=-0.56)
    figure_of(document, "resp_rate").update(previous=88.8, change=-65.1)
    next(kpi for kpi in document["kpis"] if kpi["kpi"] == "resp_rate")["compared_with"] = "nothing"
    html = report.page("report.html.j2", contents(document), sections=("scorecard",))
    assert "4.21" in html
    for number in ("4.77", "0.56", "88.8", "65.1"):
        assert number not in html


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A report as long as they become: a hundred measures, comments, mixes."""
    return rendered(tmp_path_factory.mktemp("big"), large())


def test_a_hundred_measures_make_a_report_that_can_be_leafed_through(big):
    scorecard, comments, trust, definitions = (
        next(n for n, page in enumerate(big.pages) if words in page)
        for words in ("All measures for", "What customers say", "What was delivered", "Every measure as it is declared")
    )
    assert scorecard == 1
    assert comments - scorecard <= 3
    assert comments < trust <= definitions
    assert len(big.pages) - definitions <= 12
    assert len(big.pages) <= 22
    pages = " ".join(big.pages)
    assert all(kpi["label"] in pages for kpi in large()["kpis"])


def test_what_customers_say_is_printed_as_they_wrote_it_in_their_language_and_nowhere_but_in_the_report(big):
    voice = next(page for page in big.pages if "What customers say" in page)
    for said in ("Of 419 topics of comments, 24.2% were spoken of negatively", "Billing 71.4", "agrees fairly"):
        assert said in voice
    quotes = [each for each in QUOTES if each[0] != "home_visit"]
    with zipfile.ZipFile(big.directory / "annex.xlsx") as annex:
        sheets = "".join(annex.read(name).decode() for name in annex.namelist())
    for _, _, _, words, *_ in quotes:
        assert f"“{words}”" in " ".join(big.pages)
        for elsewhere in (big.html, big.text, sheets):
            assert words not in elsewhere
            assert str(escape(words)) not in elsewhere
    assert "a theme that shows no number" not in " ".join(big.pages)


def test_quotes_are_escaped_and_carry_their_language():
    html = report.page("report.html.j2", contents(commented()), sections=("comments",))
    assert '<p class="quote" lang="zh-Hant">“帳單又漲了，也沒有先通知。”</p>' in html
    assert '<p class="quote">“{{ 7 * 7 }} out of ten.”</p>' in html
    assert "went &lt;b&gt;up&lt;/b&gt; again &amp; nobody" in html
    assert "<b>up" not in html
    assert "onload" not in html


def test_nothing_that_leads_to_the_writer_of_a_quote_is_printed(big):
    everything = " ".join([*big.pages, big.html, big.text])
    assert "R-4711" not in everything
    assert "survey.nps" not in everything
    assert "a.csv" not in everything


def test_a_page_of_the_scorecard_begins_with_the_name_of_its_section(big):
    words = contents(large()).wording
    heads = tuple(f"{words.section(section)} Value 95% interval n Previous" for section in vocabulary.SECTIONS)
    comments = next(n for n, page in enumerate(big.pages) if "What customers say" in page)
    assert comments == 4
    assert all(page.startswith(heads) for page in big.pages[2:comments])


def test_no_table_of_the_long_report_is_wider_than_its_place():
    """As WeasyPrint lays it out: the words of a table that is too wide run out of the page or into its neighbour."""
    from weasyprint import HTML

    sections = tuple(name for name in SECTIONS if name not in ("front", "trends"))
    html = report.page("report.html.j2", contents(large()), sections=sections)
    tables = 0
    for page in HTML(string=html, base_url=pdf.TEMPLATES.as_uri() + "/").render().pages:
        within = [(page._page_box, page._page_box)]
        while within:
            box, place = within.pop()
            if box.element_tag == "table":
                tables += 1
                assert box.width <= place.width + 0.5, (box.element.get("class"), box.width, place.width)
                for cell in box.descendants():
                    if cell.element_tag in ("th", "td"):
                        lines = [line for line in cell.descendants() if type(line).__name__ == "LineBox"]
                        right = cell.position_x + cell.border_width()
                        assert all(line.position_x + line.width <= right + 1 for line in lines), cell.element.text
            elif hasattr(box, "children"):
                inner = box if box.element_tag in ("section", "div") and box.width != "auto" else place
                within += [(child, inner) for child in box.children]
    assert tables > 20
