"""Customers of the made-up company: who they are, when they came and why they left."""

from __future__ import annotations

import numpy as np

from flows.demo.clock import NEVER, bounds
from flows.period import Period

#: Value and share. Codes are what the company's own system writes; sources/*.yml maps them.
REGIONS = {
    "Mazovia": 0.23,
    "Silesia": 0.18,
    "Pomerania": 0.17,
    "Lesser Poland": 0.16,
    "Greater Poland": 0.15,
    "Lower Silesia": 0.11,
}
SEGMENTS = {"household": 0.55, "family": 0.30, "small business": 0.15}
TIERS = {"basic": 0.55, "plus": 0.30, "premium": 0.15}
LANGUAGES = {"pl": 0.50, "en": 0.22, "zh-Hant": 0.14, "zh-Hans": 0.14}
PREFERRED = {"E-mail": 0.40, "App": 0.25, "Call centre": 0.20, "WhatsApp": 0.15}
SOURCES = {"referral": 0.24, "search": 0.30, "shop": 0.20, "campaign": 0.18, "": 0.08}
REASONS = {"price": 0.30, "moved": 0.25, "bad service": 0.25, "competitor": 0.20}
GIVEN_NAMES = ("Anna", "Piotr", "Kasia", "Marek", "Ewa", "Tomasz", "Li Wei", "Mei-Ling", "John", "Sarah", "Ola", "Jan")
FAMILY_NAMES = ("Nowak", "Wiśniewska", "Kowalski", "Zając", "Dąbrowska", "Chen", "Wang", "Lin", "Smith", "Żak", "Gołąb")

#: New customers a month: while the company grew, and since, as many as leave.
WON_WHILE_GROWING = 295
WON = 138
STEADY_FROM = Period(2024, 1)
#: Chance to leave in a month with 0, 1 and at least 2 bad experiences in the three months before. PLANTED.
LEAVE = np.array([0.0134, 0.080, 0.150])
#: Customers of a bought company, kept in its old system and delivered in its own file.
LEGACY_SHARE = 0.08


def pick(rng: np.random.Generator, shares: dict[str, float], size: int) -> np.ndarray:
    """``size`` values drawn by their shares."""
    return rng.choice(np.array(list(shares)), size=size, p=np.array(list(shares.values())))


class People:
    """Everybody who ever was a customer, as columns that grow month by month."""

    def __init__(self) -> None:
        self.columns: dict[str, np.ndarray] = {}
        #: Customers with a bad experience, by the month it happened in.
        self.bad_experiences: dict[Period, list[np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.columns.get("won", ()))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def win(self, rng: np.random.Generator, period: Period) -> None:
        """New customers of the month."""
        start, end = bounds(period)
        size = rng.poisson(WON if period >= STEADY_FROM else WON_WHILE_GROWING)
        first = len(self)
        legacy = (rng.random(size) < LEGACY_SHARE) & (period < STEADY_FROM)
        number = np.char.zfill(np.arange(first + 1, first + size + 1).astype(str), 6)
        new = {
            "customer": np.char.add(np.where(legacy, "L-", "C-"), number),
            "won": np.sort((start + rng.random(size) * (end - start)).astype(np.int64)),
            "left": np.full(size, NEVER),
            "reason": np.full(size, "", dtype="U16"),
            "legacy": legacy,
            "region": pick(rng, REGIONS, size),
            "segment": pick(rng, SEGMENTS, size),
            "tier": pick(rng, TIERS, size),
            "language": pick(rng, LANGUAGES, size),
            "preferred": pick(rng, PREFERRED, size),
            "source": pick(rng, SOURCES, size),
            "consent": rng.random(size) < 0.9,
            "given_name": rng.choice(np.array(GIVEN_NAMES), size),
            "family_name": rng.choice(np.array(FAMILY_NAMES), size),
            #: How this customer tends to judge, in standard deviations.
            "mood": rng.normal(0, 1, size),
        }
        for name, values in new.items():
            self.columns[name] = np.concatenate([self.columns[name], values]) if name in self.columns else values

    def leave(self, rng: np.random.Generator, period: Period) -> None:
        """Some of those who were customers when the month began leave in it, more of those with bad experiences."""
        start, end = bounds(period)
        recent = [who for back in (1, 2, 3) for who in self.bad_experiences.get(period.shift(-back), [])]
        bad = np.bincount(np.concatenate(recent), minlength=len(self)) if recent else np.zeros(len(self), int)
        leaving = self.active_at(start) & (rng.random(len(self)) < LEAVE[np.minimum(bad, 2)])
        self.columns["left"][leaving] = (start + rng.random(leaving.sum()) * (end - start)).astype(np.int64)
        self.columns["reason"][leaving] = pick(rng, REASONS, leaving.sum())

    def active_at(self, moment: int) -> np.ndarray:
        """Whether each was a customer at that moment."""
        return (self["won"] < moment) & ((self["left"] == NEVER) | (self["left"] >= moment))

    def draw(self, rng: np.random.Generator, period: Period, rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Customers that something happens to in the month, ``rate`` a head, and the bounds of when it can.

        A customer who came or left in the month is only there for a part of it.
        """
        start, end = bounds(period)
        there = np.flatnonzero((self["won"] < end) & ((self["left"] == NEVER) | (self["left"] > start)))
        low = np.maximum(self["won"][there], start)
        high = np.where(self["left"][there] == NEVER, end, np.minimum(self["left"][there], end))
        times = rng.poisson(rate * (high - low) / (end - start))
        chosen = np.repeat(np.arange(len(there)), times)
        return there[chosen], low[chosen], high[chosen]

    def remember(self, who: np.ndarray, when: np.ndarray, period: Period) -> None:
        """Bad experiences of or after ``period``, held against the company for the three months after each."""
        for later in range(5):
            month = period.shift(later)
            start, end = bounds(month)
            inside = (when >= start) & (when < end)
            if inside.any():
                self.bad_experiences.setdefault(month, []).append(who[inside])
