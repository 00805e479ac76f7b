"""What a composite is made of, as it is printed: its dimensions, and the measures in them, never without these."""

from __future__ import annotations

from dataclasses import dataclass

from report_templates.reading import Figure, Kpi, ReportInput

#: The slices under which the figures of a composite hold its dimensions and their measures.
DIMENSION, PART = "dimension", "part"


@dataclass(frozen=True)
class Part:
    """A measure in a dimension: its standing from 0 to 100, None where it has no figure, and its own figure.

    ``figure`` is None where the standing is that of an earlier survey: the month has no figure of its own.
    """

    kpi: Kpi
    standing: Figure | None
    figure: Figure | None


@dataclass(frozen=True)
class Dimension:
    """A dimension and its measures; ``figure`` is None where none of them has a figure."""

    name: str
    figure: Figure | None
    parts: list[Part]

    @property
    def missing(self) -> list[Kpi]:
        """The measures without which it stands: then it is partial."""
        return [part.kpi for part in self.parts if part.standing is None]


@dataclass(frozen=True)
class Composite:
    """A composite of the month with all that it is made of."""

    kpi: Kpi
    figure: Figure
    dimensions: list[Dimension]

    @property
    def partial(self) -> bool:
        return any(dimension.missing for dimension in self.dimensions)


def composites(report: ReportInput) -> list[Composite]:
    """Every composite that has a figure of the whole company this month, in the order of declaration."""
    kpis = {kpi.kpi: kpi for kpi in report.kpis}
    figures = {(figure.kpi, figure.slice, figure.slice_value): figure for figure in report.figures}
    return [
        Composite(kpi, figures[kpi.kpi, "overall", None], _dimensions(kpi, kpis, figures))
        for kpi in report.kpis
        if kpi.parts and (kpi.kpi, "overall", None) in figures
    ]


def _dimensions(kpi: Kpi, kpis: dict[str, Kpi], figures: dict[tuple, Figure]) -> list[Dimension]:
    return [
        Dimension(
            name,
            figures.get((kpi.kpi, DIMENSION, name)),
            [
                Part(kpis[part], figures.get((kpi.kpi, PART, part)), figures.get((part, "overall", None)))
                for part in parts
                if part in kpis
            ],
        )
        for name, parts in kpi.parts.items()
    ]
