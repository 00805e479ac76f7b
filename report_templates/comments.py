"""What customers say, as it is printed: themes with their share of blame, how far it reaches, and quotes."""

from __future__ import annotations

from dataclasses import dataclass

from report_templates.reading import Figure, Kpi, Quote, ReportInput

#: The KPIs the section is about, and the slice of the first that it prints as a table of its own.
SENTIMENT, COVERAGE, AGREEMENT = "sentiment", "sentiment_coverage", "sentiment_kappa"
THEME = "theme"


@dataclass(frozen=True)
class Theme:
    """A theme of the month's comments with its share of blame, and the quotes that stand for it."""

    name: str
    figure: Figure
    blame: list[Quote]
    praise: list[Quote]


@dataclass(frozen=True)
class Comments:
    """The month's comments; ``coverage`` and ``agreement`` are None where the month has no such figure."""

    kpi: Kpi
    figure: Figure
    coverage: tuple[Kpi, Figure] | None
    agreement: tuple[Kpi, Figure] | None
    #: The theme most often spoken of negatively first; hidden ones last, by name.
    themes: list[Theme]

    @property
    def quoted(self) -> list[Theme]:
        """The themes that have a quote."""
        return [theme for theme in self.themes if theme.blame or theme.praise]


def comments(report: ReportInput) -> Comments | None:
    """The comments of the report month; None where none were read.

    A theme whose figure is hidden or missing is not quoted: its words would tell of a group that shows no number.
    """
    kpis = {kpi.kpi: kpi for kpi in report.kpis}
    overall = {figure.kpi: figure for figure in report.figures if figure.overall}
    if SENTIMENT not in overall:
        return None
    themes = [figure for figure in report.figures if (figure.kpi, figure.slice) == (SENTIMENT, THEME)]
    return Comments(
        kpis[SENTIMENT],
        overall[SENTIMENT],
        *((kpis[kpi], overall[kpi]) if kpi in overall else None for kpi in (COVERAGE, AGREEMENT)),
        [
            Theme(
                figure.slice_value or "", figure, *(_quotes(report, figure, each) for each in ("negative", "positive"))
            )
            for figure in sorted(themes, key=_most_blamed_first)
        ],
    )


def _most_blamed_first(figure: Figure) -> tuple:
    shown = figure.verdict != "hidden" and figure.value is not None
    return not shown, -figure.value * figure.n if shown else 0.0, figure.slice_value or ""


def _quotes(report: ReportInput, figure: Figure, polarity: str) -> list[Quote]:
    if figure.verdict == "hidden":
        return []
    return [quote for quote in report.quotes if (quote.theme, quote.polarity) == (figure.slice_value, polarity)]
