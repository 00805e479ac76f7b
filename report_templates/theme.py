"""How things look: colours (from the stylesheet's variables), verdict symbols, and numbers with their units."""

from __future__ import annotations

import re
from pathlib import Path

from babel.numbers import format_decimal

from report_templates.language import N_, Language
from report_templates.reading import Kpi

STYLESHEET = Path(__file__).parent / "styles" / "report.css"

#: Colour by name, as ``--name`` in styles/report.css. Blue and vermilion (after Okabe and Ito) stay apart for
#: colour-blind readers and in grey; nothing is told by colour alone.
COLOURS = dict(re.findall(r"^\s*--([a-z-]+):\s*(#[0-9a-f]{6});", STYLESHEET.read_text(encoding="utf-8"), re.M))

#: A shape for each verdict, in tables and in charts. None points up or down: for half of the measures less is better.
SYMBOLS = {
    "better": "●",
    "worse": "◆",
    "changed": "◇",
    "no clear change": "○",
    "low base": "△",
    "hidden": "×",
    "not compared": "·",
    "new": "+",
}
MARKER_SHAPES = {"better": "circle", "worse": "diamond"}
MARKER_COLOURS = {"better": COLOURS["better"], "worse": COLOURS["worse"]}

MINUS = "\u2212"
#: Keeps a number and its unit on one line.
NO_BREAK = "\u00a0"

#: Message ids: after a number in a sentence, after a difference in a sentence, beside a label, after a small number.
_UNITS = {
    "points": (N_("points"), N_("points"), N_("points"), ""),
    "%": (N_("%"), N_("percentage points"), N_("%"), N_("%")),
    "score": ("", "", N_("score"), ""),
    "hours": (N_("hours"), N_("hours"), N_("hours"), N_("h")),
    "minutes": (N_("minutes"), N_("minutes"), N_("minutes"), N_("min")),
    "days": (N_("days"), N_("days"), N_("days"), N_("d")),
    "seconds": (N_("seconds"), N_("seconds"), N_("seconds"), N_("s")),
    "months": (N_("months"), N_("months"), N_("months"), N_("mo")),
    "per 1,000": (N_("per 1,000"), N_("per 1,000"), N_("per 1,000"), N_("per 1,000")),
    "per 100": (N_("per 100"), N_("per 100"), N_("per 100"), N_("per 100")),
    "count": ("", "", "", ""),
    "ratio": ("", "", N_("ratio"), ""),
    "rank": ("", "", N_("rank"), ""),
    "money": ("", "", "", ""),
}
#: Units that stand directly after their number in English.
_ATTACHED = {"%"}


class Numbers:
    """Numbers of a language. A number never stands without its sign's meaning: differences always carry one."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def number(self, value: float, decimals: int) -> str:
        """``value`` rounded half to even, thousands grouped, with a true minus sign and no negative zero."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        rounded = round(value, decimals)
        text = format_decimal(abs(rounded), format=pattern, locale=self._language.locale)
        return (MINUS if rounded < 0 else "") + text

    def count(self, number: int) -> str:
        """A whole number of things."""
        return self.number(number, 0)

    def value(self, value: float, kpi: Kpi) -> str:
        """A value without its unit, for a column that names it."""
        return self.number(value, kpi.decimals)

    def signed(self, change: float, kpi: Kpi) -> str:
        """A difference without its unit and with its sign."""
        sign = "+" if round(change, kpi.decimals) > 0 else ""
        return sign + self.number(change, kpi.decimals)

    def quantity(self, value: float, kpi: Kpi) -> str:
        """A value with its unit, for a sentence: ``82.4%``, ``5.2 hours``."""
        return self._with(self.value(value, kpi), _unit(kpi)[0])

    def brief(self, value: float, kpi: Kpi) -> str:
        """A value with its unit's sign, for a narrow place: ``82.4%``, ``5.2 h``."""
        return self._with(self.value(value, kpi), _unit(kpi)[3])

    def difference(self, size: float, kpi: Kpi) -> str:
        """The size of a difference with its unit and without a sign: ``2.1 percentage points``."""
        return self._with(self.value(abs(size), kpi), _unit(kpi)[1])

    def threshold(self, size: float, kpi: Kpi) -> str:
        """A declared size of a difference with its unit, with all its digits: 0.25 is not 0.2."""
        decimals = next((some for some in range(kpi.decimals, 7) if abs(round(size, some) - size) < 1e-9), 6)
        return self._with(self.number(abs(size), decimals), _unit(kpi)[1])

    def unit(self, kpi: Kpi) -> str:
        """The unit as it stands beside a label; empty for a unit that says nothing."""
        return self._said(_unit(kpi)[2])

    def mark(self, kpi: Kpi) -> str:
        """The unit's sign as it stands after a large number; empty where the label's unit says it."""
        return self._said(_unit(kpi)[3])

    def _with(self, number: str, unit: str) -> str:
        if not unit:
            return number
        return number + ("" if unit in _ATTACHED else NO_BREAK) + self._said(unit).replace(" ", NO_BREAK)

    def _said(self, unit: str) -> str:
        return self._language.gettext(unit) if unit else ""


def _unit(kpi: Kpi) -> tuple[str, str, str, str]:
    return _UNITS.get(kpi.unit, (kpi.unit,) * 4)
