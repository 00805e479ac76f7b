"""What the pictures of the gap analysis show, for readers who cannot see them."""

from __future__ import annotations

from report_templates.gap_proof import ProofWording
from report_templates.gap_reading import Evidence, GapFigure
from report_templates.language import N_


class Alternatives(ProofWording):
    """A text for every picture of the section."""

    def dumbbell_alternative(self, row: GapFigure) -> str:
        told = []
        for label, value, low, high, measure in (
            (N_("experience %(value)s"), row.experience, row.experience_low, row.experience_high, "experience"),
            (N_("expectation %(value)s"), row.expectation, row.expectation_low, row.expectation_high, "expectation"),
        ):
            interval = self.between(low, high)
            shown = self.missing(row, measure) if value is None else self.number(value)
            told.append(self._(label, value=shown + (f" ({interval})" if interval else "")))
        if row.ideal_is == "chosen" and row.ideal is not None:
            told.append(self._("ideal %(value)s", value=self.number(row.ideal)))
        return f"{self.name(row.dimension)}: {', '.join(told)}."

    def weighted_alternative(self, row: GapFigure) -> str:
        value = row.weighted_satisfaction
        shown = self.missing(row, "experience", "expectation", "importance") if value is None else self.number(value)
        interval = self.between(row.weighted_satisfaction_low, row.weighted_satisfaction_high)
        return self._(
            "%(name)s: weighted satisfaction %(value)s%(interval)s.",
            name=self.name(row.dimension),
            value=shown,
            interval=f" ({interval})" if interval else "",
        )

    def evidence_alternative(self, row: Evidence) -> str:
        return self._(
            "%(title)s, %(compared)s: %(reached)s times, promised %(promised)s.",
            title=self.title(row.initiative),
            compared=self.compared(row),
            reached=self.reached(row),
            promised=self.promised(row),
        )

    def months_alternative(self, rows: list[Evidence]) -> str:
        return self._(
            "%(title)s, %(compared)s, month by month from %(first)s to %(last)s: %(values)s.",
            title=self.title(rows[0].initiative),
            compared=self.compared(rows[-1]),
            first=self.language.month(rows[0].period),
            last=self.language.month(rows[-1].period),
            values=", ".join(self.numbers.number(row.ratio, 2) for row in rows if row.ratio is not None),
        )

    def picture_alternative(self, importance: str) -> str:
        told = [
            self._(
                "%(name)s %(quadrant)s",
                name=self.name(row.dimension),
                quadrant=self.quadrant(getattr(row, f"{importance}_quadrant")),
            )
            for row in self.gap.drivers
        ]
        opening = (
            self._("Stated importance against experience")
            if importance == "stated"
            else self._("Derived importance against experience")
        )
        return f"{opening}: {'; '.join(told)}. {self.lines(importance)}"
