"""WeasyPrint, held tight: nothing is fetched from outside, no warning is overlooked, no glyph is missing."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.errors import BuildError, ConfigurationError

TEMPLATES = Path(__file__).resolve().parent
#: The families the stylesheet names, found by fontconfig.
FONT_FAMILIES = ("Inter", "Noto Sans CJK SC")
#: Stands for a character that no font of the report has (U+FFFD itself is in neither).
REPLACEMENT = "□"


@dataclass
class Printed:
    """A PDF: its ``content`` and how many ``pages`` it has."""

    content: bytes
    pages: int


def warm_up() -> None:
    """Import WeasyPrint and read the fonts' tables; raises ConfigurationError when something is not installed."""
    _weasyprint()
    covered()


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError:  # a shared library it opens with dlopen
        raise ConfigurationError(
            "WeasyPrint does not find its system libraries",
            "install them (Debian: libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0), or run `make setup`",
        ) from None
    return weasyprint


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """The code points that the report's font families can draw, by their cmap tables.

    Raises ConfigurationError naming the family and its Debian package when one is not installed.
    """
    from fontTools.ttLib import TTFont

    if not shutil.which("fc-match"):
        raise ConfigurationError("fontconfig's fc-match is not installed", "install it (Debian: fontconfig)")
    points: set[int] = set()
    for family, package in zip(FONT_FAMILIES, ("fonts-inter", "fonts-noto-cjk"), strict=True):
        answer = subprocess.run(
            ["fc-match", "--format=%{family}\n%{file}\n%{index}", family], capture_output=True, text=True, check=False
        )
        found, file, index = [*answer.stdout.split("\n"), "", "", ""][:3]
        if family not in found.split(","):
            raise ConfigurationError(
                f"the font {family} is not installed", f"install it (Debian: {package}), then run fc-cache"
            )
        number = int(index) & 0xFFFF if file.endswith((".ttc", ".otc")) else -1
        with TTFont(file, lazy=True, fontNumber=number) as font:
            points |= font.getBestCmap().keys()
    return frozenset(points)


def printable(text: str) -> tuple[str, list[str]]:
    """``text`` with each character that cannot be drawn replaced by □, and the code points that were (``U+1F600``).

    Controls that reorder text are replaced too: a label must not rearrange the figures beside it.
    """
    missing = {
        character
        for character in set(text)
        if character not in "\n\t\r" and (ord(character) not in covered() or unicodedata.category(character) in _UNSEEN)
    }
    if not missing:
        return text, []
    replaced = text.translate({ord(character): REPLACEMENT for character in missing})
    return replaced, sorted(f"U+{ord(character):04X}" for character in missing)


#: Controls, formatting (also bidirectional), surrogates, private use.
_UNSEEN = {"Cc", "Cf", "Cs", "Co"}


def draw(html: str, charts: dict[str, bytes], *, epoch_seconds: int) -> Printed:
    """Draw ``html`` as a tagged PDF/UA-1; ``<img src="chart:name">`` is ``charts[name]``, an SVG.

    Raises BuildError when anything outside report_templates/ and the charts is asked for, when a chart is missing or
    left over, or when WeasyPrint warns of anything.
    """
    weasyprint = _weasyprint()
    from weasyprint.urls import FatalURLFetchingError

    fetcher = _fetcher(charts)
    with _warnings() as warned, _source_date(epoch_seconds):
        try:
            document = weasyprint.HTML(string=html, base_url=TEMPLATES.as_uri() + "/", url_fetcher=fetcher).render(
                pdf_variant="pdf/ua-1"
            )
            content = document.write_pdf(pdf_variant="pdf/ua-1")
        except FatalURLFetchingError as error:  # a BaseException: it would pass every except Exception
            raise BuildError(
                "the report asks for something outside the project's templates",
                "take the reference out of the template",
                where=str(error).partition(":")[0],
            ) from None
    if warned:
        raise BuildError(f"WeasyPrint warns: {'; '.join(sorted(set(warned))[:5])}", "mend the template or the fonts")
    if left := sorted(set(charts) - fetcher.served):
        raise BuildError(f"{len(left)} charts were drawn and not printed", "mend the template", where=left[0])
    return Printed(content, len(document.pages))


def _fetcher(charts: dict[str, bytes]) -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class Within(URLFetcher):
        """Serves the charts in memory, ``data:`` and the files of report_templates/; refuses the rest."""

        def __init__(self) -> None:
            super().__init__(allowed_protocols=("data", "file"), allow_redirects=False, fail_on_errors=True)
            self.served: set[str] = set()

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
            scheme, _, rest = url.partition(":")
            if scheme == "chart":
                content = charts[rest]
                self.served.add(rest)
                return URLFetcherResponse(url, content, {"Content-Type": "image/svg+xml"})
            if scheme == "file" and not inside(url):
                raise ValueError("outside the templates")
            return super().fetch(url, headers)

    return Within()


def inside(url: str) -> bool:
    """Whether a ``file:`` URL names a file inside report_templates/, links and ``..`` resolved."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    parts = urlsplit(url)
    return not parts.netloc and Path(url2pathname(parts.path)).resolve().is_relative_to(TEMPLATES)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """Collect what WeasyPrint logs as warning or error. A missing glyph's text is data: only the rule is kept."""
    said: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append("a glyph is missing" if "glyph" in str(record.msg) else record.getMessage())

    logger, handler = logging.getLogger("weasyprint"), Collect(level=logging.WARNING)
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


@contextmanager
def _source_date(epoch_seconds: int) -> Iterator[None]:
    """SOURCE_DATE_EPOCH for the time of drawing: font subsets carry a time stamp."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch_seconds)
    try:
        yield
    finally:
        if before is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = before
