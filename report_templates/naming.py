"""How things are named in a language: measures, groups, bases, values and intervals, and what is quoted elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from report_templates import vocabulary
from report_templates.charts import within_reach
from report_templates.language import N_, Language
from report_templates.reading import Benchmark, Delivery, Figure, Kpi, Point, ReportInput, Restatement
from report_templates.theme import NO_BREAK, Numbers


class Naming:
    """The names of one report in one language; ``wording.Wording`` makes sentences of them."""

    def __init__(self, report: ReportInput, language: Language) -> None:
        self.report = report
        self.language = language
        self.numbers = Numbers(language)
        self._ = language.gettext
        self._kpis = {kpi.kpi: kpi for kpi in report.kpis}

    # Names

    def label(self, kpi: Kpi) -> str:
        """The KPI's name."""
        return self._(kpi.label)

    def measure(self, kpi: Kpi) -> str:
        """The KPI's name with its unit, for the head of a row."""
        unit = self.numbers.unit(kpi)
        label = self.label(kpi)
        return self._("%(label)s, %(unit)s", label=label, unit=unit) if unit and unit not in label else label

    def section(self, section: str) -> str:
        """The heading of a group of KPIs."""
        return self._(vocabulary.SECTIONS.get(section, section.replace("_", " ").capitalize() or N_("Other measures")))

    def slice_name(self, slice_: str) -> str:
        """The name of a slice: ``customer_region`` is Customer region."""
        return self._(slice_.replace("_", " ").capitalize())

    def by(self, slice_: str) -> str:
        """A table's slice within its title: ``by customer region``."""
        return self._("by %(slice)s", slice=self._(slice_.replace("_", " ")))

    def gate(self, gate: str) -> str:
        """The name of a gate: what it checks."""
        return self._(vocabulary.GATES.get(gate, gate))

    def group(self, figure: Figure | Restatement) -> str:
        """Whom a figure is about: ``Region: North``, or the whole company."""
        if figure.overall:
            return self._("the whole company")
        return self._("%(slice)s: %(value)s", slice=self.slice_name(figure.slice), value=self.slice_value(figure))

    def slice_value(self, figure: Figure | Restatement) -> str:
        """The name of a group; rows without one are named so."""
        return self._(figure.slice_value) if figure.slice_value else self._("not given")

    def mention(self, kpi: Kpi) -> str:
        """The KPI's name within a sentence: in quotation marks where a comma of its own would divide the sentence."""
        label = self.label(kpi)
        return self._("“%(label)s”", label=label) if "," in label else label

    def where(self, figure: Figure) -> str:
        """The group of a figure within a sentence: ``in the region North``."""
        slice_ = self._(figure.slice.replace("_", " "))
        if not figure.slice_value:
            return self._(vocabulary.WHERE_UNKNOWN, slice=slice_)
        message = vocabulary.WHERE.get(figure.slice, vocabulary.WHERE_ELSE)
        return self._(message, slice=slice_, value=self.slice_value(figure))

    def origin(self, source: str, mapping: str | None) -> str:
        """A source and its mapping, nothing said twice: ``survey, ratings``; ``calls`` for ``calls.calls``."""
        name = (mapping or "").removeprefix(f"{source}.")
        return f"{source}, {name}" if name and name != source else source

    def delivered(self, delivery: Delivery) -> str:
        """A source and its mapping with what it holds, nothing said twice: ``case_surveys, effort (feedback)``."""
        origin, holds = self.origin(delivery.source, delivery.mapping), delivery.contract.replace("_", " ")
        said = holds in origin.replace("_", " ")
        return origin if said else self._("%(origin)s (%(holds)s)", origin=origin, holds=holds)

    def verdict(self, verdict: str) -> str:
        """The verdict as a word."""
        return self._(vocabulary.VERDICTS[verdict])

    def direction(self, kpi: Kpi) -> str:
        """Which direction is better."""
        return self._(vocabulary.DIRECTIONS[kpi.direction])

    def dimension(self, name: str) -> str:
        """The name of a composite's dimension."""
        return self._(name.replace("_", " ").capitalize())

    def theme(self, name: str) -> str:
        """The name of a theme of comments; rows without one are named so."""
        return self._(name.replace("_", " ").capitalize()) if name else self._("not given")

    def made_of(self, kpi: Kpi) -> str:
        """What a composite is made of, by dimension; measures that nobody declares are left out."""
        return "; ".join(
            self._(
                "%(dimension)s: %(measures)s",
                dimension=self.dimension(name),
                measures=", ".join(self.mention(self._kpis[part]) for part in parts if part in self._kpis),
            )
            for name, parts in kpi.parts.items()
        )

    def compared_with(self, kpi: Kpi) -> str:
        """What a change of this KPI is a change from."""
        return self._(vocabulary.COMPARED.get(kpi.compared_with or "previous_month", kpi.compared_with or ""))

    def handled(self, kind: str) -> str:
        """What was done to rows of a delivery."""
        return self._(vocabulary.HANDLED[kind])

    # Parts of a figure

    def base(self, kpi: Kpi, n: int) -> str:
        """What the figure rests on: ``1,204 answers``."""
        one, many, _ = self._counted(kpi)
        return self.language.ngettext(one, many, n, count=self.numbers.count(n))

    def withheld(self, kpi: Kpi) -> str:
        """Instead of a hidden value."""
        return self._(self._counted(kpi)[2], count=self.numbers.count(self.report.hidden_below))

    @staticmethod
    def _counted(kpi: Kpi) -> tuple[str, str, str]:
        return vocabulary.BASES.get(kpi.exposure or kpi.fact, vocabulary.RECORDS)

    def value(self, kpi: Kpi, figure: Figure) -> str:
        """The value with its unit, or why there is none."""
        if figure.verdict == "hidden":
            return self.withheld(kpi)
        if figure.value is None:
            return self._("beyond the window")
        return self.numbers.quantity(figure.value, kpi)

    def interval(self, kpi: Kpi, figure: Figure) -> str:
        """The 95% interval without unit: ``36.1 to 46.5``; open or unknown ends are said."""
        return self._between(
            None if figure.low is None else self.numbers.value(figure.low, kpi),
            None if figure.high is None else self.numbers.value(figure.high, kpi),
        )

    def change_interval(self, kpi: Kpi, figure: Figure) -> str:
        """The 95% interval of the change with signs: ``+1.2 to +11.2``."""
        return self._between(
            None if figure.change_low is None else self.numbers.signed(figure.change_low, kpi),
            None if figure.change_high is None else self.numbers.signed(figure.change_high, kpi),
        )

    def _between(self, low: str | None, high: str | None) -> str:
        if low is None and high is None:
            return self._("not known")
        if high is None:
            said = self._("%(low)s or more", low=low)
        elif low is None:
            said = self._("%(high)s or less", high=high)
        else:
            said = self._("%(low)s to %(high)s", low=low, high=high)
        return said.replace(" ", NO_BREAK)

    def target(self, kpi: Kpi, figure: Figure) -> str | None:
        """The target and whether it is met, or None without one."""
        if figure.target is None:
            return None
        target = self.numbers.brief(figure.target, kpi)
        if figure.met is None:
            return self._("Target %(target)s: cannot be judged", target=target)
        if figure.met:
            return self._("Target %(target)s: met", target=target)
        if kpi.direction != "neutral" and not figure.misses_for_certain(kpi.direction):
            return self._("Target %(target)s: not met, within the interval", target=target)
        return self._("Target %(target)s: not met", target=target)

    def quoted(self, kpi: Kpi) -> list[tuple[str, str]]:
        """What is quoted elsewhere: for each degree of trust a heading that names it, and the figures with sources."""
        headings = {
            True: N_("Quoted elsewhere (verified)"),
            False: N_("Quoted elsewhere (unverified)"),
        }
        lines = []
        for is_verified, heading in headings.items():
            found = [each for each in self.report.quoted(kpi.kpi) if each.is_verified == is_verified]
            if found:
                lines.append((self._(heading), "; ".join(self._quotation(each, kpi) for each in found)))
        return lines

    def _quotation(self, quoted: Benchmark, kpi: Kpi) -> str:
        value = self.numbers.quantity(quoted.value, kpi)
        if not quoted.note:
            return self._("%(value)s (%(source)s)", value=value, source=quoted.source)
        note = self._(quoted.note)
        return self._("%(value)s (%(source)s: %(note)s)", value=value, source=quoted.source, note=note)

    def quoted_beside(self, kpi: Kpi, figure: Figure, months: list[Point]) -> str | None:
        """What is quoted elsewhere, short, under the title of a chart, also what lies off it; None where nothing is."""
        quoted = self.report.quoted(kpi.kpi)
        if not quoted:
            return None
        drawn = within_reach(months, figure.target, quoted)
        on_chart, off_chart = N_("%(value)s (%(trust)s)"), N_("%(value)s (%(trust)s, off the chart)")
        said = [
            self._(
                on_chart if each in drawn else off_chart,
                value=self.numbers.brief(each.value, kpi),
                trust=self._(vocabulary.QUOTED[each.is_verified]),
            )
            for each in quoted
        ]
        return self._("quoted elsewhere %(figures)s", figures=", ".join(said))

    # Lists

    def names(self, names: list[str], most: int = 3) -> str:
        """Names joined as in a sentence, the rest counted."""
        if len(names) > most:
            names = [*names[: most - 1], self.others(len(names) - most + 1)]
        return self.joined(names)

    def others(self, rest: int) -> str:
        """How many more there are, at the end of a list: ``2 others``."""
        return self.language.ngettext("%(count)s other", "%(count)s others", rest, count=self.numbers.count(rest))

    def joined(self, parts: Iterable[str]) -> str:
        """Parts as in a sentence: ``a, b and c``."""
        *first, last = parts
        return self._("%(first)s and %(last)s", first=", ".join(first), last=last) if first else last
