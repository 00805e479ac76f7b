"""How dimensions, roles, initiatives and numbers of the gap analysis are written."""

from __future__ import annotations

from report_templates.gap_reading import Gap, GapFigure
from report_templates.gap_vocabulary import ROLES
from report_templates.theme import MINUS, NO_BREAK
from report_templates.wording import Wording


class GapNames:
    """Dimensions, roles and numbers of one report's gap analysis."""

    def __init__(self, words: Wording, gap: Gap) -> None:
        self.words = words
        self.gap = gap
        self.language = words.language
        self.numbers = words.numbers
        self._ = words.language.gettext
        self._titles = {each.initiative: each.title for each in gap.initiatives}

    def name(self, dimension: str | None) -> str:
        """A dimension at the head of a row: ``Brand image``."""
        if dimension is None:
            return self._("none")
        text = self._(dimension.replace("_", " "))
        return text[:1].upper() + text[1:]

    def mention(self, dimension: str) -> str:
        """A dimension within a sentence: ``brand image``."""
        text = self._(dimension.replace("_", " "))
        return self._("“%(label)s”", label=text) if "," in text or " and " in text else text

    def mentions(self, dimensions: list[str]) -> str:
        return self.words.joined([self.mention(each) for each in dimensions])

    def role(self, role: str) -> str:
        return self._(ROLES.get(role, role))

    def title(self, initiative: str) -> str:
        return self._(self._titles.get(initiative, initiative.replace("_", " ")))

    def number(self, value: float, *, signed: bool = False) -> str:
        """One decimal, none where a judgement is a whole number; a true minus sign."""
        whole = not any(row.sample for row in self.gap.figures) and value == round(value)
        text = self.numbers.number(value, 0 if whole else 1)
        return f"+{text}" if signed and not text.startswith(MINUS) and text.strip("0.,") else text

    def between(self, low: float | None, high: float | None, *, signed: bool = False) -> str | None:
        """``5.4 to 5.8``; None without an interval."""
        if low is None or high is None:
            return None
        said = self._("%(low)s to %(high)s", low=self.number(low, signed=signed), high=self.number(high, signed=signed))
        return said.replace(" ", NO_BREAK)

    def missing(self, row: GapFigure, *measures: str) -> str:
        """Why a number is not there."""
        if set(measures) & set(row.withheld):
            return self._("withheld")
        return self._("not given")

    def rank(self, row: GapFigure) -> str:
        if row.rank is not None:
            return str(row.rank)
        if row.rank_best is None or row.rank_worst is None:
            return "–"
        return self._("%(low)s to %(high)s", low=row.rank_best, high=row.rank_worst)
