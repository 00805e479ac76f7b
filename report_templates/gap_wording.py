"""The sentences of the gap analysis. They obey its verdicts: what is not clear is not claimed."""

from __future__ import annotations

from collections import Counter

from report_templates.gap_alternatives import Alternatives
from report_templates.gap_reading import Cycle, GapFigure
from report_templates.gap_vocabulary import ROLES, TOLD_AT_MOST, VERDICTS
from report_templates.language import N_


class GapWording(Alternatives):
    """All sentences of one report's gap analysis; here the cycles, steps 1 to 4 and the roles."""

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
