import os

import pytest

from flows.errors import BuildError
from report_templates import pdf

DOT = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0H9V9H0Z"/></svg>'


def document(body):
    return f'<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><p>{body}</p></body></html>'


def draw(body, charts=None):
    return pdf.draw(document(body), charts or {}, epoch_seconds=0)


def test_a_chart_in_memory_and_a_data_uri_are_drawn():
    printed = draw(
        '<img alt="a" src="chart:dot"><img alt="b" src="data:image/svg+xml;base64,'
        'PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5IiBoZWlnaHQ9IjkiLz4=">',
        {"dot": DOT},
    )
    assert printed.content.startswith(b"%PDF-")
    assert printed.pages == 1


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/hostname",
        "../pyproject.toml",
        "styles/../../pyproject.toml",
        "%2e%2e/pyproject.toml",
        "http://localhost:9/picture.png",
        "https://localhost:9/picture.png",
        "ftp://localhost:9/picture.png",
        "//localhost/etc/hostname",
        "file://localhost/etc/hostname",
        "chart:nobody-drew-this",
    ],
)
@pytest.mark.parametrize(
    "element",
    [
        '<img alt="x" src="{}">',
        '<link rel="stylesheet" href="{}">',
        '<link rel="attachment" href="{}">',
        "<span style=\"background: url('{}')\">x</span>",
        '<object data="{}">x</object>',
    ],
)
def test_nothing_outside_the_templates_is_fetched(element, address):
    with pytest.raises(BuildError, match="outside the project's templates") as refused:
        draw(element.format(address))
    assert "hostname" not in refused.value.sentence


def test_a_link_inside_the_templates_that_leads_outside_is_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "TEMPLATES", tmp_path / "templates")
    pdf.TEMPLATES.mkdir()
    (tmp_path / "secret.css").write_text("p { color: red }")
    (pdf.TEMPLATES / "style.css").symlink_to(tmp_path / "secret.css")
    (pdf.TEMPLATES / "own.css").write_text("p { color: red }")
    assert pdf.inside((pdf.TEMPLATES / "own.css").as_uri())
    assert not pdf.inside((pdf.TEMPLATES / "style.css").as_uri())


def test_a_chart_of_which_no_picture_came_into_the_report_is_an_error_naming_it():
    with pytest.raises(BuildError, match="forgotten: 1 charts were drawn and not printed"):
        draw('<img alt="a" src="chart:dot">', {"dot": DOT, "forgotten": DOT})


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ('<span style="colour: red">x</span>', "unknown property"),
        ('<a href="#nowhere">x</a>', "No anchor #nowhere"),
        ('<img alt="a" src="chart:broken">', "Failed to load image"),
    ],
)
def test_a_warning_of_weasyprint_is_an_error(body, warning):
    with pytest.raises(BuildError, match=warning):
        draw(body, {"broken": b"this is no SVG"} if "chart" in body else {})


def test_a_glyph_no_font_has_is_an_error_that_does_not_repeat_the_text():
    with pytest.raises(BuildError, match="a glyph is missing") as refused:
        draw("\U00010480")  # Osmanya, in no font of the report
    assert "\U00010480" not in refused.value.sentence


def test_characters_without_a_glyph_become_a_visible_box_and_are_named_by_code_point():
    text, missing = pdf.printable("Kraków 北京 \U00010480 a\u202eb \x07 ok\n")
    assert text == "Kraków 北京 □ a□b □ ok\n"
    assert missing == ["U+0007", "U+10480", "U+202E"]
    assert draw(text).pages == 1


def test_text_that_can_be_drawn_is_left_alone():
    text = "“Łódź” − ≥ ● ◆ ◇ ○ △ × ✓ 北京旗艦店 客戶體驗\u00a0%"
    assert pdf.printable(text) == (text, [])


@pytest.mark.parametrize("before", [None, "12345"])
def test_the_date_of_the_source_is_set_only_while_drawing(monkeypatch, before):
    if before is None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", before)
    with pdf._source_date(86400):
        assert os.environ["SOURCE_DATE_EPOCH"] == "86400"
    assert os.environ.get("SOURCE_DATE_EPOCH") == before
