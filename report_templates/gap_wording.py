"""The sentences of the gap analysis. They obey its verdicts: what is not clear is not claimed."""

from __future__ import annotations

from collections import Counter

from report_templates.gap_reading import (
    Cycle,
    Driver,
    Evidence,
    Gap,
    GapFigure,
    Requirement,
    Simulation,
)
from report_templates.language import N_
from report_templates.theme import MINUS, NO_BREAK
from report_templates.wording import Wording

ROLES = {
    "customer": N_("customers"),
    "workshop": N_("a workshop"),
    "management": N_("management"),
    "frontline": N_("the front line"),
    "employee": N_("employees"),
}
VERDICTS = {
    "continue": N_("continue"),
    "revise": N_("revise"),
    "stop": N_("stop"),
    "too early": N_("too early to say"),
}
REASONS = {
    "promise kept": N_("it keeps its promise"),
    "works, promise open": N_("it works; whether as promised is still open"),
    "works, less than promised": N_("it works, but less than promised"),
    "no effect yet, promise broken": N_("no clear effect, and less than promised; it is not due yet"),
    "no effect by the due date": N_("no clear effect, and it is due"),
    "no effect, promise broken": N_("no clear effect, less than promised, and it is due"),
    "no effect yet": N_("no clear effect yet"),
    "too few months": N_("too few months to judge"),
    "no ratio": N_("what it is compared with is too close to nought"),
    "no outcome": N_("its outcome is not measured yet"),
}
PROMISES = {
    "kept": N_("kept"),
    "broken": N_("broken"),
    "open": N_("open"),
    "too few months": N_("too few months"),
    "no ratio": N_("no ratio"),
}
FITS = {
    "fits": N_("Fits strategy and capability."),
    "fits strategy, not ready": N_("Fits the strategy, but not ready: %(lacking)s."),
    "ready, does not fit strategy": N_("Could be done, but does not fit the strategy."),
    "fits neither": N_("Fits neither the strategy nor the capability: %(lacking)s not ready."),
    "not assessed": N_("Not assessed: %(lacking)s not scored."),
    "no initiative": N_("Nobody has taken this gap up."),
}
LACKING = {
    "strategy": N_("strategy"),
    "people": N_("people"),
    "process": N_("process"),
    "technology": N_("technology"),
}
QUADRANTS = {
    "concentrate here": N_("concentrate here"),
    "keep up": N_("keep up"),
    "low priority": N_("low priority"),
    "possible overkill": N_("possible overkill"),
}
WARNINGS = {
    "seldom answered": N_("rated by too few to be told"),
    "constant": N_("never varies"),
    "suppressor": N_("slope and correlation differ in sign"),
    "high vif": N_("overlaps with the others"),
}
#: Differences between roles that are told in a sentence; the table has all.
TOLD_AT_MOST = 3


class GapWording:
    """The sentences of one report's gap analysis."""

    def __init__(self, words: Wording, gap: Gap) -> None:
        self.words = words
        self.gap = gap
        self.language = words.language
        self.numbers = words.numbers
        self._ = words.language.gettext
        self._titles = {each.initiative: each.title for each in gap.initiatives}

    # Names and numbers

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

    # Cycles

    def last_cycle(self, cycle: Cycle) -> str:
        """What became of a cycle that is over, in two sentences."""
        said = self._(
            "It started from %(value)s; the key experience was %(key)s in %(count)s of its %(months)s reported months.",
            value=self.mention(cycle.brand_value) if cycle.brand_value else self._("no brand value"),
            key=self.mentions(cycle.key) if cycle.key else self._("none"),
            count=cycle.key_months,
            months=cycle.months,
        )
        if cycle.proved_by and cycle.proposed:
            proved = self._(
                "%(initiative)s kept its promise and proposed %(value)s as the next brand value;",
                initiative=self.title(cycle.proved_by),
                value=self.mention(cycle.proposed),
            )
            taken = N_("this cycle starts from it.") if cycle.followed else N_("this cycle starts from another.")
            return f"{said} {proved} {self._(taken)}"
        return f"{said} {self._('No initiative kept its promise, so nothing new was proposed.')}"

    def moved(self, cycle: Cycle) -> str:
        """How satisfaction with the brand value moved within a cycle; only a clear change is called one."""
        if cycle.change is None or cycle.change_low is None or cycle.change_high is None:
            return self._("cannot be said yet")
        measured = {
            "change": self.number(cycle.change, signed=True),
            "interval": self.between(cycle.change_low, cycle.change_high, signed=True),
        }
        if cycle.change_low > 0:
            return self._("improved by %(change)s (%(interval)s)", **measured)
        if cycle.change_high < 0:
            return self._("worsened by %(change)s (%(interval)s)", **measured)
        return self._("no clear change: %(change)s (%(interval)s)", **measured)

    def verdict(self, verdict: str) -> str:
        return self._(VERDICTS[verdict])

    def since_last_month(self) -> str | None:
        """What the month before said, and whether it is said again; None when there is no month before."""
        before = self.gap.last_month
        if before is None:
            return None
        month = self.language.month(before.period)
        key = self.gap.ranking.key
        if before.key == key:
            said = (
                self._("As in %(month)s, the key experience is %(key)s.", month=month, key=self.mentions(key))
                if key
                else self._("As in %(month)s, there is no key experience.", month=month)
            )
        else:
            said = self._(
                "In %(month)s the key experience was %(before)s; now it is %(now)s.",
                month=month,
                before=self.mentions(before.key) if before.key else self._("none"),
                now=self.mentions(key) if key else self._("none"),
            )
        now = {row.initiative: row.verdict for row in self.gap.evidence if row.period == self.words.report.period}
        turned = [
            self._(
                "%(initiative)s: %(before)s then, %(now)s now.",
                initiative=self.title(name),
                before=self.verdict(before.verdicts[name]),
                now=self.verdict(verdict),
            )
            for name, verdict in sorted(now.items())
            if name in before.verdicts and before.verdicts[name] != verdict
        ]
        known = now and not turned and set(now) <= set(before.verdicts)
        steady = self._("The verdict on each initiative is the same.") if known else ""
        return " ".join(part for part in [said, *turned, steady] if part)

    # Steps 1 to 4

    def brand_value(self) -> str:
        value = self.gap.brand_value
        if value is None or value.dimension is None:
            return self._("No brand value is declared in brand_values.csv, so the cycle has nothing to start from.")
        said = self._("This cycle starts from %(value)s", value=self.mention(value.dimension))
        if value.why_customers_come:
            said += self._(": “%(why)s”", why=value.why_customers_come)
        if value.for_whom:
            said += self._(" (for %(whom)s)", whom=value.for_whom)
        return said + "."

    def who_rated(self) -> str:
        """Who said what steps 2 to 4 rest on."""
        rows = [row for row in self.gap.figures if row.role == self.gap.role]
        counted = [row.n for row in rows if row.n is not None]
        if not rows[0].sample:
            return self._("Rated by %(role)s: a judgement, so there are no intervals.", role=self.role(self.gap.role))
        return self._(
            "Rated by %(count)s %(role)s on a scale from %(low)s to %(high)s.",
            count=self.numbers.count(max(counted, default=0)),
            role=self.role(self.gap.role),
            low=self.numbers.count(int(self.gap.scale.scale_low)),
            high=self.numbers.count(int(self.gap.scale.scale_high)),
        )

    def key(self) -> str:
        """Step 3 in a sentence: the key experience, its candidates, or none."""
        ranking = self.gap.ranking
        rows = {row.dimension: row for row in self.gap.figures if row.role == self.gap.role}
        if len(ranking.key) > 1:
            return self._("The key experiences are %(names)s, equally.", names=self.mentions(ranking.key))
        if ranking.key:
            return self._key(rows[ranking.key[0]])
        if ranking.candidates:
            return self._(
                "Which experience is the key one depends on importances that nobody gave; it may be %(names)s.",
                names=self.mentions(ranking.candidates),
            )
        if self._all_unranked():
            return self._("No key experience can be told: experience and expectation are never both given.")
        return self._("There is no key experience: nothing that can be ranked falls short of what is expected.")

    def _all_unranked(self) -> bool:
        return len(self.gap.ranking.unrankable) == len({row.dimension for row in self.gap.figures})

    def _key(self, row: GapFigure) -> str:
        if row.weighted_satisfaction is None:
            return self._(
                "The key experience is %(name)s, whatever its importance, which nobody gave.",
                name=self.mention(row.dimension),
            )
        said = self._(
            "The key experience is %(name)s, with a weighted satisfaction of %(value)s",
            name=self.mention(row.dimension),
            value=self.number(row.weighted_satisfaction),
        )
        interval = self.between(row.weighted_satisfaction_low, row.weighted_satisfaction_high)
        said += self._(" (%(interval)s).", interval=interval) if interval else "."
        if row.most_negative_pct is not None:
            said += " " + self._(
                "Had others of the same kind been asked, it would come out so in %(pct)s%% of cases.",
                pct=self.numbers.number(row.most_negative_pct, 0),
            )
        return said

    def not_ranked(self) -> list[str]:
        """What cannot be ranked, and whether that matters."""
        ranking, said = self.gap.ranking, []
        if self._all_unranked():
            return []
        if ranking.unrankable:
            said.append(
                self._(
                    "Not ranked, because experience or expectation is not given: %(names)s.",
                    names=self.mentions(ranking.unrankable),
                )
            )
        if ranking.could_be_worse:
            said.append(
                self._(
                    "Depending on what is not given, %(names)s could be worse than the key experience.",
                    names=self.mentions(ranking.could_be_worse),
                )
            )
        return said

    def parts(self) -> str | None:
        """Whether the groups have the same key experience; None where no group can be told."""
        told = [part for part in self.gap.parts if part.key]
        if not told:
            return None
        same = [part for part in told if part.key == self.gap.ranking.key]
        if len(same) == len(told):
            return self._("It is the same in each of the %(count)s groups that can be told.", count=len(told))
        others = Counter(tuple(part.key) for part in told if part.key != self.gap.ranking.key)
        names = [
            self._(
                "%(slice)s %(value)s (%(key)s)",
                slice=self.words.slice_name(part.slice),
                value=part.slice_value or self._("not given"),
                key=self.mentions(part.key),
            )
            for part in told
            if tuple(part.key) in others
        ]
        return self._("It is another in: %(names)s.", names=self.words.names(names))

    def ideal(self, row: GapFigure) -> str:
        """Step 4 of a dimension with a chosen ideal."""
        if row.experience is None or row.ideal is None or row.gap is None:
            return self._("%(name)s: the experience is not given.", name=self.name(row.dimension))
        said = self._(
            "%(name)s is to reach %(ideal)s and is at %(now)s: a gap of %(gap)s",
            name=self.name(row.dimension),
            ideal=self.number(row.ideal),
            now=self.number(row.experience),
            gap=self.number(row.gap, signed=True),
        )
        interval = self.between(row.gap_low, row.gap_high, signed=True)
        return said + (self._(" (%(interval)s).", interval=interval) if interval else ".")

    # Roles

    def differences(self) -> list[str]:
        """Who sees satisfaction clearly otherwise than those who are served: a sentence a role and direction."""
        served = "customer" if any(row.role == "customer" for row in self.gap.figures) else self.gap.role
        found: dict[tuple[str, bool], list[tuple[str, float]]] = {}
        for each in self.gap.roles:
            if each.measure != "satisfaction" or not each.clear or served not in (each.role, each.other):
                continue
            other, size = (each.role, each.difference) if each.other == served else (each.other, -each.difference)
            found.setdefault((other, size > 0), []).append((each.dimension, abs(size)))
        order = sorted(found, key=lambda place: (list(ROLES).index(place[0]) if place[0] in ROLES else 9, not place[1]))
        return [self._differs(other, higher, served, found[other, higher]) for other, higher in order]

    def _differs(self, other: str, higher: bool, served: str, where: list[tuple[str, float]]) -> str:
        where.sort(key=lambda each: (-each[1], each[0]))
        names = [
            self._("%(name)s (by %(size)s)", name=self.mention(name), size=self.numbers.number(size, 1))
            for name, size in where
        ]
        said = self._(
            N_("%(other)s rates satisfaction higher than %(served)s do with %(names)s.")
            if higher
            else N_("%(other)s rates satisfaction lower than %(served)s do with %(names)s."),
            other=self.role(other),
            served=self.role(served),
            names=self.words.names(names, most=TOLD_AT_MOST + 1),
        )
        return said[:1].upper() + said[1:]

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
        if row.effect is None or row.experience is None or row.outcome_mean is None or row.expected is None:
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
            low=self.number(row.effect_low or 0, signed=True),
            high=self.number(row.effect_high or 0, signed=True),
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
        return self._(
            "Start the next cycle from %(name)s again: %(initiative)s has kept its promise, and the gap is still open.",
            name=name,
            initiative=self.title(value.proved_by),
        )

    # Alternative texts

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
