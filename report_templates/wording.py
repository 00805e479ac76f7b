"""The only place that turns a figure into a sentence, and it obeys the verdict.

Words of change (rose, fell, improved, worsened) are for the verdicts better, worse and changed. Everything else is
said as what it is: no clear change, too few answers, hidden, new.
"""

from __future__ import annotations

from report_templates import vocabulary
from report_templates.composites import Composite, Part
from report_templates.language import N_
from report_templates.naming import Naming
from report_templates.reading import Experiment, Figure, Kpi, Point, Restated

#: From which kappa on the reading of comments agrees with scores so far that its shares can be relied on.
FAIRLY, WELL = 0.4, 0.6


class Wording(Naming):
    """The sentences of one report in one language."""

    def _moved(self, kpi: Kpi, figure: Figure) -> dict[str, str]:
        return {
            "size": self.numbers.difference(figure.change, kpi),
            "value": self.numbers.quantity(figure.value, kpi),
            "interval": self.change_interval(kpi, figure),
        }

    def movement(self, kpi: Kpi, figure: Figure) -> str:
        """How a clear change moved, for a list under the KPI's name; raises ValueError for any other verdict."""
        if not figure.clear:
            raise ValueError(f"{figure.verdict} is not a movement")
        rose = N_("rose by %(size)s to %(value)s (interval %(interval)s).")
        fell = N_("fell by %(size)s to %(value)s (interval %(interval)s).")
        return self._(rose if figure.change > 0 else fell, **self._moved(kpi, figure))

    def change(self, kpi: Kpi, figure: Figure) -> str:
        """The change with its interval in words, for a tile. The verdict stands before it as a word of its own."""
        if figure.verdict == "hidden":
            return self._("Not shown, so that nobody can be recognised.")
        if figure.verdict == "low base":
            return self._(
                "Too few to judge a change: %(base)s, at least %(minimum)s are needed.",
                base=self.base(kpi, figure.n),
                minimum=self.numbers.count(kpi.minimum_base),
            )
        if figure.verdict == "not compared":
            return self._("Not compared: it stands for itself, or the two months are not made of the same.")
        if figure.verdict == "new" or figure.change is None:
            return self._("Nothing to compare with yet.")
        if figure.clear:
            rose, fell = N_("Rose by %(size)s (%(interval)s)."), N_("Fell by %(size)s (%(interval)s).")
            return self._(rose if figure.change > 0 else fell, **self._moved(kpi, figure))
        return self._unclear(kpi, figure)

    def _unclear(self, kpi: Kpi, figure: Figure) -> str:
        """A tested change without a clear verdict, and the reason: too small, or no more than chance can do.

        An interval that leaves out zero and yet no clear change looks like a mistake unless the number of comparisons
        is said. Zero is left out when it is so in the figures as printed.
        """
        measured = {
            "change": self.numbers.signed(figure.change, kpi),
            "interval": self.change_interval(kpi, figure),
        }
        low, high = figure.change_low, figure.change_high
        decimals = kpi.decimals
        above = low is not None and round(low, decimals) > 0
        below = high is not None and round(high, decimals) < 0
        if figure.p is None or not (above or below):
            return self._("Measured %(change)s, which may be chance (%(interval)s).", **measured)
        if kpi.smallest_change and abs(figure.change) < kpi.smallest_change:
            return self._(
                "Measured %(change)s (%(interval)s), less than the %(smallest)s that matter.",
                **measured,
                smallest=self.numbers.threshold(kpi.smallest_change, kpi),
            )
        return self._(
            "Measured %(change)s (%(interval)s): real if taken alone; among the month's %(count)s comparisons it may "
            "be chance.",
            **measured,
            count=self.numbers.count(self.report.comparisons),
        )

    def signal(self, kpi: Kpi, figure: Figure) -> str:
        """What the control chart signals; no talk of a change, which is the verdict's to judge."""
        measured = {
            "value": self.numbers.quantity(figure.value, kpi),
            "low": self.numbers.value(figure.expected_low, kpi),
            "high": self.numbers.value(figure.expected_high, kpi),
        }
        said = {
            "above": N_("%(value)s, above the %(low)s to %(high)s that the months before let expect."),
            "below": N_("%(value)s, below the %(low)s to %(high)s that the months before let expect."),
            "run above": N_("%(value)s: eight months in a row above the centre of %(low)s to %(high)s."),
            "run below": N_("%(value)s: eight months in a row below the centre of %(low)s to %(high)s."),
        }[figure.signal]
        return self._(said, **measured)

    def experiment(self, each: Experiment) -> str:
        """What may be said of a variant against its control."""
        return self._(vocabulary.EXPERIMENTS[each.verdict], variant=each.variant, control=each.control)

    def standing(self, composite: Composite) -> str:
        """How a composite stands this month, and what it lacks."""
        kpi, figure = composite.kpi, composite.figure
        if figure.verdict == "hidden":
            return self.withheld(kpi)
        said = self._(
            "This month it stands at %(value)s (95%% interval %(interval)s).",
            value=self.numbers.quantity(figure.value, kpi),
            interval=self.interval(kpi, figure),
        )
        missing = [self.mention(part) for dimension in composite.dimensions for part in dimension.missing]
        if missing:
            lacking = N_("It is partial: without a figure, and so left out, are %(names)s.")
            said += " " + self._(lacking, names=self.names(missing, most=len(missing)))
        return said

    def of_its_own(self, part: Part) -> str:
        """The figure of a composite's measure in its own unit, or that its last survey stands in for it."""
        if part.figure is None or part.figure.value is None:
            return self._("of the last survey")
        return self.numbers.brief(part.figure.value, part.kpi)

    def blame(self, kpi: Kpi, figure: Figure) -> str:
        """How much of what customers write about is spoken of negatively."""
        if figure.verdict == "hidden":
            return self.withheld(kpi)
        return self._(
            "Of %(base)s, %(value)s were spoken of negatively (95%% interval %(interval)s).",
            base=self.base(kpi, figure.n),
            value=self.numbers.quantity(figure.value, kpi),
            interval=self.interval(kpi, figure),
        )

    def reach(self, kpi: Kpi, figure: Figure) -> str:
        """In how many comments a theme was found: how far the figures about themes reach."""
        if figure.verdict == "hidden" or figure.value is None:
            return self._("In how many comments a theme was found is not shown.")
        if round(figure.value, kpi.decimals) == 100:
            return self._("A theme was found in every comment.")
        return self._(
            "A theme was found in %(value)s of the comments; what the others say is in none of these shares.",
            value=self.numbers.quantity(figure.value, kpi),
        )

    def agreement(self, kpi: Kpi, figure: Figure) -> str:
        """How far the reading of comments agrees with their writers' scores, by kappa, and what follows from that.

        Below 0.4 the edge cases of the KPI say not to rely on the polarity; from 0.6 kappa is called substantial
        (Landis and Koch, Biometrics 1977).
        """
        if figure.verdict == "hidden" or figure.value is None:
            return self._("How far this reading agrees with the scores that the writers gave is not known.")
        said = (
            N_("agrees well with the scores that the writers gave (%(kappa)s).")
            if figure.value >= WELL
            else N_("agrees fairly with the scores that the writers gave (%(kappa)s): take shares as a direction.")
            if figure.value >= FAIRLY
            else N_("agrees poorly with the scores that the writers gave (%(kappa)s): do not rely on these shares.")
        )
        kappa = self._(
            "kappa %(value)s, 95%% interval %(interval)s, where 0 is chance and 1 is always",
            value=self.numbers.value(figure.value, kpi),
            interval=self.interval(kpi, figure),
        )
        return self._("What is read from the comments %(how)s", how=self._(said, kappa=kappa))

    def decide_worse(self, groups: list[Figure]) -> str:
        """What to decide about a KPI that worsened overall; ``groups`` are its slices that worsened too."""
        if not groups:
            return self._("worsened: who finds the cause, and by when?")
        return self._(
            "worsened: who finds the cause, and by when? It worsened %(groups)s too.",
            groups=self.names([self.where(figure) for figure in groups]),
        )

    def decide_groups(self, groups: list[Figure]) -> str:
        """What to decide about a KPI that worsened in some groups and not overall."""
        return self._(
            "worsened %(groups)s, not clearly for the whole company: is it worth an action of its own?",
            groups=self.names([self.where(figure) for figure in groups]),
        )

    def decide_target(self, kpi: Kpi, figure: Figure) -> str:
        """What to decide about a target that is missed whatever the chance in the figure."""
        return self._(
            "misses its target of %(target)s for certain (%(value)s, 95%% interval %(interval)s): "
            "new plan or new target?",
            target=self.numbers.quantity(figure.target, kpi),
            value=self.numbers.quantity(figure.value, kpi),
            interval=self.interval(kpi, figure),
        )

    def decide_changed(self) -> str:
        """What to decide about a neutral KPI that changed."""
        return self._("changed: is this wanted?")

    def trend_alternative(self, kpi: Kpi, months: list[Point]) -> str:
        """What a chart shows, for readers who cannot see it: facts and verdicts, no talk of a trend."""
        known = [point for point in months if point.value is not None]
        if not known:
            return self._("%(label)s: no month has a value.", label=self.label(kpi))
        lowest, highest = (pick(known, key=lambda point: point.value) for pick in (min, max))
        text = self._(
            "%(label)s by month, %(first)s to %(last)s: lowest %(lowest)s in %(when_low)s, highest %(highest)s in "
            "%(when_high)s, %(latest)s in %(last_known)s.",
            label=self.label(kpi),
            first=self.language.month(months[0].period),
            last=self.language.month(months[-1].period),
            lowest=self.numbers.quantity(lowest.value, kpi),
            when_low=self.language.month(lowest.period),
            highest=self.numbers.quantity(highest.value, kpi),
            when_high=self.language.month(highest.period),
            latest=self.numbers.quantity(known[-1].value, kpi),
            last_known=self.language.month(known[-1].period),
        )
        for verdict, message in (("better", N_("Better: %(months)s.")), ("worse", N_("Worse: %(months)s."))):
            marked = [self.language.month(point.period) for point in months if point.verdict == verdict]
            if marked:
                text += " " + self._(message, months=", ".join(marked))
        return text

    def calm_title(self, compared: bool) -> str:
        """The heading in place of the lists, when there is nothing to list."""
        return self._("Nothing changed for certain") if compared else self._("Nothing could be compared yet")

    def calm(self, compared: bool) -> str:
        """What is said under it; ``compared`` is whether any comparison was made at all."""
        if not compared:
            return self._("No figure has an earlier month that it could be held against.")
        return self._(
            "No measure, for the whole company or for any group, moved by more than chance would move it. "
            "Nothing measured this month calls for a decision."
        )

    def checks(self) -> str:
        """The outcome of the gates in a sentence."""
        gates = self.report.trust.gates
        if not gates:
            return self._("No checks are recorded for this report.")
        failed, warned = sum(gate.failed for gate in gates), sum(len(gate.warnings) for gate in gates)
        checked = self.numbers.count(sum(gate.passed + gate.failed for gate in gates))
        if not failed and not warned:
            return self._("All %(checked)s checks of data and figures passed.", checked=checked)
        return self._(
            "Of %(checked)s checks of data and figures %(failed)s failed; warnings: %(warned)s.",
            checked=checked,
            failed=self.numbers.count(failed),
            warned=self.numbers.count(warned),
        )

    def restated_groups(self, row: Restated) -> str:
        """Whose figure moved: the first one by name, the others of that month and measure by their number."""
        first = self.group(row.first)
        if not row.others:
            return first
        groups = self.language.ngettext(
            "%(count)s group", "%(count)s groups", row.others, count=self.numbers.count(row.others)
        )
        return self.joined([first, groups])

    def restated(self, kpi_id: str, value: float | None) -> str:
        """A restated value with its unit, or that there was none."""
        if value is None:
            return self._("none")
        kpi = self._kpis.get(kpi_id)
        return self.numbers.quantity(value, kpi) if kpi else self.numbers.number(value, 2)
