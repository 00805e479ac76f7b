import re
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.support import NullTranslations

from flows.errors import ConfigurationError
from report_templates import report
from report_templates.contents import choose
from report_templates.language import Language
from report_templates.pdf import TEMPLATES
from report_templates.reading import ReportInput
from report_templates.wording import Wording
from tests.report_templates.sample import calm, sample


class Marked(NullTranslations):
    """Puts every message that goes through the seam into brackets."""

    def gettext(self, message):
        return f"⟦{message}⟧"

    def ngettext(self, one, many, number):
        return f"⟦{one if number == 1 else many}⟧"


def texts(value):
    """All texts of the input: what is printed of them is not the report's own wording."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {text for each in value for text in texts(each)}
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("template", ["report.html.j2", "mail.html.j2", "mail.txt.j2"])
@pytest.mark.parametrize("make", [sample, calm, lambda: sample(revision=2, revision_reason="late answers came in")])
def test_every_word_of_the_report_goes_through_the_seam(template, make):
    document = make()
    language = replace(Language.load("en"), translations=Marked())
    read = ReportInput.model_validate(document)
    contents = choose(read, Wording(read, language))
    text = report.page(template, contents, escape=False)
    text = re.sub(r"<(style|script).*?</\1>|<[a-z!/][^>]*>", " ", text, flags=re.DOTALL)
    while (inner := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)) != text:
        text = inner
    known = texts(document) | {language.month(f"2026-{month:02d}") for month in range(1, 13)}
    known |= {each.replace("_", " ") for each in known} | {document["built"]["inputs_sha256"][:12], "2024-09-01"}
    for each in sorted(known, key=len, reverse=True):
        text = text.replace(each, " ")
    assert re.findall(r"[^\W\d_]{2,}", text) == []


def test_babel_finds_messages_in_python_and_in_templates():
    methods = [("**.py", "python"), ("**.j2", "jinja2")]
    assert "[python: **.py]\n[jinja2: **.j2]" in (TEMPLATES / "babel.cfg").read_text(encoding="utf-8")
    found = {}
    for file, _line, message, *_ in extract_from_dir(TEMPLATES, methods):
        for each in message if isinstance(message, tuple) else (message,):
            found.setdefault(each, set()).add(Path(file).name)
    assert "definitions.html.j2" in found["Definitions"]
    assert "wording.py" in found["rose by %(size)s to %(value)s (interval %(interval)s)."]
    assert "vocabulary.py" in found["no clear change"]
    assert "theme.py" in found["percentage points"]
    assert "mail.txt.j2" in found["What to decide"]


def test_a_language_without_a_catalogue_is_refused_with_the_place_to_put_it():
    with pytest.raises(ConfigurationError, match=r"no translation into pl\n.*locales/pl/LC_MESSAGES/messages\.po"):
        Language.load("pl")
    with pytest.raises(ConfigurationError, match="not a language tag"):
        Language.load("no such tag")


def test_months_are_written_as_people_write_them():
    assert Language.load("en").month("2026-09") == "September 2026"
    assert Language.load("en").month("2026-09", "MMM y") == "Sep 2026"
