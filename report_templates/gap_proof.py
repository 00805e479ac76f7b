"""The sentences of the gap analysis on importance, requirements, evidence and what closing a gap would go with."""

from __future__ import annotations

from report_templates.gap_names import GapNames
from report_templates.gap_reading import Driver, Evidence, Requirement, Simulation
from report_templates.gap_vocabulary import FITS, LACKING, PROMISES, QUADRANTS, REASONS, WARNINGS
from report_templates.theme import NO_BREAK


class ProofWording(GapNames):
    """Importance beside it, and steps 5 to 7."""

    # Importance

    def derived(self) -> str:
        """What goes with the recommendation, as far as the intervals tell it; associated, never caused."""
        rows = self.gap.drivers
        if rows[0].r_squared is None:
            return self._(
                "What goes with recommendation cannot be told: %(n)s customers gave all answers, at least "
                "%(minimum)s are needed.",
                n=self.numbers.count(rows[0].n),
                minimum=self.numbers.count(rows[0].minimum_cases),
            )
        said = self._(
            "Together the ratings go with %(r2)s%% of what differs in how likely %(n)s customers are to recommend us.",
            r2=self.numbers.number(100 * rows[0].r_squared, 0),
            n=self.numbers.count(rows[0].n),
        )
        known = [row for row in rows if row.derived_pct is not None]
        first = max(known, key=lambda row: row.derived_pct or 0)
        tied = [row for row in known if row.derived_rank_best == 1]
        largest = {
            "name": self.mention(first.dimension),
            "pct": self.numbers.number(first.derived_pct or 0, 0),
            "low": self.numbers.number(first.derived_pct_low or 0, 0),
            "high": self.numbers.number(first.derived_pct_high or 0, 0),
        }
        if len(tied) == 1:
            return f"{said} " + self._("Most of it goes with %(name)s: %(pct)s%% (%(low)s to %(high)s).", **largest)
        return f"{said} " + self._(
            "The largest share is that of %(name)s, %(pct)s%% (%(low)s to %(high)s), but %(count)s dimensions cannot "
            "be told apart from the first place.",
            count=len(tied),
            **largest,
        )

    def driver_rank(self, row: Driver) -> str:
        best, worst = row.derived_rank_best, row.derived_rank_worst
        if best is None or worst is None:
            return ""
        return (
            str(best) if best == worst else self._("%(low)s to %(high)s", low=best, high=worst).replace(" ", NO_BREAK)
        )

    def quadrant(self, quadrant: str | None) -> str:
        return self._(QUADRANTS[quadrant]) if quadrant else self._("not given")

    def warnings(self, row: Driver) -> str:
        return "; ".join(self._(WARNINGS[name]) for name in row.warnings)

    def lines(self, importance: str) -> str:
        """Where the cross-hairs of a picture stand."""
        first = self.gap.drivers[0]
        height = getattr(first, f"{importance}_line")
        across = getattr(first, f"{importance}_performance_line")
        if height is None or across is None:
            return self._("No cross-hairs: nothing can be placed.")
        decimals = 1 if importance == "stated" else 0
        return self._(
            "Cross-hairs at the means: experience %(across)s, importance %(height)s%(unit)s.",
            across=self.numbers.number(across, 1),
            height=self.numbers.number(height, decimals),
            unit="" if importance == "stated" else "%",
        )

    # Steps 5 to 7

    def fit(self, row: Requirement) -> str:
        lacking = row.not_scored if row.fit == "not assessed" else row.not_ready
        names = self.words.joined([self._(LACKING[name]) for name in lacking]) if lacking else ""
        return self._(FITS[row.fit], lacking=names)

    def compared(self, row: Evidence) -> str:
        """Which groups a comparison is of: ``2 points against 1 points``, or after against before."""
        if row.compared == "after":
            return self._("after against before")
        return self._("%(group)s against %(base)s", group=row.compared or "", base=row.base or "")

    def promised(self, row: Evidence) -> str:
        if row.promised is None:
            return self._("any gain")
        decimals = 0 if row.promised == round(row.promised) else 1
        return self._("%(times)s times", times=self.numbers.number(row.promised, decimals)).replace(" ", NO_BREAK)

    def reached(self, row: Evidence) -> str:
        if row.ratio is None:
            return self._("not known")
        said = self.numbers.number(row.ratio, 2)
        if row.ratio_low is None or row.ratio_high is None:
            return said
        low, high = (self.numbers.number(limit, 2) for limit in (row.ratio_low, row.ratio_high))
        return self._("%(value)s (%(low)s to %(high)s)", value=said, low=low, high=high).replace(" ", NO_BREAK)

    def promise(self, row: Evidence) -> str:
        return self._(PROMISES[row.promise]) if row.promise else ""

    def reason(self, row: Evidence) -> str:
        return self._(REASONS[row.reason])

    def simulation(self, row: Simulation) -> str:
        """What closing a gap would go with; the warning stands beside it in the template."""
        told = (row.effect, row.effect_low, row.effect_high, row.experience, row.outcome_mean, row.expected)
        if None in told:
            return self._("For %(name)s it cannot be told: there is no model.", name=self.mention(row.dimension))
        return self._(
            "Customers who rate %(name)s at %(ideal)s instead of %(now)s answer %(expected)s instead of %(mean)s when "
            "asked how likely they are to recommend us (0 to 10): %(effect)s, 95%% interval %(low)s to %(high)s.",
            name=self.mention(row.dimension),
            ideal=self.number(row.ideal),
            now=self.number(row.experience),
            expected=self.numbers.number(row.expected, 1),
            mean=self.numbers.number(row.outcome_mean, 1),
            effect=self.number(row.effect, signed=True),
            low=self.number(row.effect_low, signed=True),
            high=self.number(row.effect_high, signed=True),
        )

    def next_cycle(self) -> str:
        value = self.gap.brand_value
        if value is None or value.proposed is None:
            return self._("Nothing is proposed: no initiative has kept its promise, and no brand value is declared.")
        name = self.mention(value.proposed)
        if value.proved_by is None:
            return self._(
                "Stay with %(name)s: no initiative has kept its promise yet, so there is no reason to start from "
                "another.",
                name=name,
            )
        if value.changed:
            return self._(
                "Start the next cycle from %(name)s: %(initiative)s has kept its promise.",
                name=name,
                initiative=self.title(value.proved_by),
            )
        again = {"name": name, "initiative": self.title(value.proved_by)}
        if self._is_open(value.proposed):
            return self._(
                "Start the next cycle from %(name)s again: %(initiative)s has kept its promise, and the gap is still "
                "open.",
                **again,
            )
        return self._("Start the next cycle from %(name)s again: %(initiative)s has kept its promise.", **again)

    def _is_open(self, dimension: str) -> bool:
        """Whether experience is below its ideal for certain (of a judgement: at all), as the leading role has it."""
        [row] = [row for row in self.gap.figures if (row.role, row.dimension) == (self.gap.role, dimension)] or [None]
        limit = None if row is None else row.gap_high if row.sample else row.gap
        return limit is not None and limit < 0
