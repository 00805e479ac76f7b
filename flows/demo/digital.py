"""The digital side of the made-up company: sessions, help pages, forum, journeys, notices."""

from __future__ import annotations

import numpy as np

from flows.demo.clock import DAY, HOUR, NEVER, after, bounds, dates, moments
from flows.demo.people import People, pick
from flows.demo.tables import Table, length, numbered, rows, united
from flows.period import Period

#: Help articles and their topics. Nobody has written one about returns.
ARTICLES = {
    "reset-router": "technical fault",
    "read-your-bill": "invoice",
    "move-home": "contract",
    "speed-test": "technical fault",
    "track-delivery": "delivery",
    "change-plan": "contract",
    "wifi-range": "technical fault",
    "pay-online": "invoice",
}
#: Steps, touchpoint, and the share of those at the step before who reach it.
CHECKOUT = (
    ("basket", "website", 1.0),
    ("address", "website", 0.72),
    ("payment", "website", 0.85),
    ("confirmation", "mail", 0.94),
)
ONBOARDING = (
    ("contract", "shop", 1.0),
    ("installation", "technician", 0.97),
    ("first bill", "mail", 0.95),
    ("welcome call", "call centre", 0.80),
)


def sessions(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per web, help or bot session; most visitors are not logged in."""
    who, low, high = people.draw(rng, period, 0.20)
    size = len(who)
    kind = pick(rng, {"web": 0.68, "help": 0.20, "bot": 0.12}, size)
    started = moments(rng, low, high, size)
    seconds = np.exp(rng.normal(4.0, 1.2, size)).astype(np.int64)
    reached = np.minimum(np.exp(rng.normal(2.7, 0.7, size)).astype(np.int64) + 1, seconds)
    asked_after = (kind != "web") & (rng.random(size) < 0.12)
    return {
        "session": numbered("W-", period, size),
        "customer": np.where(rng.random(size) < 0.45, np.char.lower(people["customer"][who]), ""),
        "kind": kind,
        "from": pick(rng, {"search": 0.42, "direct": 0.28, "mail": 0.16, "ads": 0.14}, size),
        "started": started,
        "pages": 1 + rng.poisson(2.4, size),
        "seconds": seconds,
        "reached": np.where((kind == "web") & (rng.random(size) < 0.55), reached, NEVER),
        "crawler": np.zeros(size, bool),
        "handed_over": (kind == "bot") & (rng.random(size) < 0.28),
        "asked_after": np.where(asked_after, started + seconds + rng.integers(HOUR, 6 * DAY, size), NEVER),
    }


def crawlers(rng: np.random.Generator, period: Period) -> Table:
    """One row per visit of a crawler, which the web site takes for sessions like any other."""
    size = rng.poisson(60)
    return {
        "session": numbered("B-", period, size),
        "customer": np.full(size, ""),
        "kind": np.full(size, "web"),
        "from": np.full(size, "direct"),
        "started": np.sort(moments(rng, *bounds(period), size)),
        "pages": 1 + rng.poisson(20, size),
        "seconds": rng.integers(0, 3, size),
        "reached": np.full(size, NEVER),
        "crawler": np.ones(size, bool),
        "handed_over": np.zeros(size, bool),
        "asked_after": np.full(size, NEVER),
    }


def visits_before_cases(rng: np.random.Generator, asked: Table, period: Period) -> Table:
    """One row per visit to the help pages by a customer who opens a case afterwards: the pages did not help."""
    start, _ = bounds(period)
    visited = rows(asked, rng.random(length(asked)) < 0.09)
    started = visited["created"] - 120 - rng.exponential(2 * HOUR, length(visited)).astype(np.int64)
    visited, started = rows(visited, started >= start), started[started >= start]
    size = length(visited)
    seconds = np.exp(rng.normal(4.6, 0.8, size)).astype(np.int64)
    return {
        "session": numbered("V-", period, size),
        "customer": np.char.lower(visited["customer"]),
        "kind": np.full(size, "help"),
        "from": pick(rng, {"search": 0.42, "direct": 0.58}, size),
        "started": started,
        "pages": 1 + rng.poisson(3.1, size),
        "seconds": seconds,
        "reached": np.full(size, NEVER),
        "crawler": np.zeros(size, bool),
        "handed_over": np.zeros(size, bool),
        "asked_after": visited["created"],
    }


def help_events(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per view, search, vote or flag on the help pages."""
    who, low, high = people.draw(rng, period, 0.10)
    size = len(who)
    kind = pick(rng, {"view": 0.62, "search": 0.24, "vote": 0.12, "flag": 0.02}, size)
    article = rng.choice(np.array(list(ARTICLES)), size)
    occurred = moments(rng, low, high, size)
    found = np.where(rng.random(size) < 0.11, 0, 1 + rng.poisson(3, size))
    fixed = np.where((kind == "flag") & (rng.random(size) < 0.8), after(rng, occurred, 4 * DAY, 0.6), NEVER)
    return {
        "event": numbered("H-", period, size),
        "session": np.char.add(np.char.mod("W-H%06d-", who), dates(occurred)),
        "customer": np.where(rng.random(size) < 0.6, people["customer"][who], ""),
        "kind": kind,
        "article": np.where(kind == "search", "", article),
        "topic": np.where(kind == "search", "", np.array([ARTICLES[name] for name in article])),
        "results": np.where(kind == "search", found, NEVER),
        "clicked": (kind == "search") & (found > 0) & (rng.random(size) < 0.7),
        "helpful": (kind == "vote") & (rng.random(size) < 0.71),
        "occurred": occurred,
        "fixed": fixed,
    }


def forum_posts(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per post of the threads begun in the month, whenever it was written."""
    who, low, high = people.draw(rng, period, 0.0045)
    size = len(who)
    topic = pick(rng, {"technical fault": 0.4, "idea": 0.25, "invoice": 0.15, "contract": 0.2}, size)
    posted = moments(rng, low, high, size)
    thread = numbered("F-", period, size)
    first = {
        "post": np.char.add(thread, "-0"),
        "thread": thread,
        "topic": topic,
        "customer": people["customer"][who],
        "reply": np.zeros(size, bool),
        "staff": np.zeros(size, bool),
        "posted": posted,
        "votes": np.where(topic == "idea", rng.poisson(6, size), NEVER),
    }
    replies = np.where(rng.random(size) < 0.14, 0, 1 + rng.poisson(1.8, size))
    of = np.repeat(np.arange(size), replies)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(replies) - replies, replies) + 1
    staff = rng.random(len(of)) < 0.3
    everyone = np.flatnonzero(people.active_at(bounds(period)[0]))
    answers = {
        "post": np.char.add(np.char.add(thread[of], "-"), nth.astype(str)),
        "thread": thread[of],
        "topic": topic[of],
        "customer": np.where(staff, "", people["customer"][rng.choice(everyone, len(of))]),
        "reply": np.ones(len(of), bool),
        "staff": staff,
        "posted": after(rng, posted[of], 20 * HOUR, 1.1),
        "votes": np.full(len(of), NEVER),
    }
    return united([first, answers])


def journeys(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per step reached: the checkout of visitors, the first weeks of new customers."""
    start, end = bounds(period)
    shoppers, low, high = people.draw(rng, period, 0.03)
    new = np.flatnonzero((people["won"] >= start) & (people["won"] < end))
    parts = []
    for journey, steps, who, begun, step_seconds, channel in (
        ("checkout", CHECKOUT, shoppers, moments(rng, low, high, len(shoppers)), 180, "web"),
        ("onboarding", ONBOARDING, new, people["won"][new], 6 * DAY, "field"),
    ):
        key = numbered(f"J-{journey[0].upper()}", period, len(who))
        reached, moment = np.arange(len(who)), begun
        for order, (step, touchpoint, share) in enumerate(steps, start=1):
            on = rng.random(len(reached)) < share
            reached, moment = reached[on], moment[on]
            if order > 1:
                moment = after(rng, moment, step_seconds, 0.4)
            installs = step == "installation"
            size = len(reached)
            parts.append(
                {
                    "journey_key": key[reached],
                    "customer": people["customer"][who[reached]],
                    "journey": np.full(size, journey),
                    "step": np.full(size, step),
                    "step_order": np.full(size, order),
                    "touchpoint": np.full(size, touchpoint),
                    "channel": np.full(size, channel if touchpoint != "mail" else "E-mail"),
                    "outcome": np.where(rng.random(size) < 0.97, "done", "repeated"),
                    "occurred": moment,
                    "promised": moment + np.where(rng.random(size) < 0.9, 1, -1) * DAY
                    if installs
                    else np.full(size, NEVER),
                    "done": moment if installs else np.full(size, NEVER),
                }
            )
    return united(parts)


def notices(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per customer affected by one of the month's two incidents."""
    start, end = bounds(period)
    parts = []
    for nth in (1, 2):
        began = int(moments(rng, start, end - 2 * DAY, 1)[0])
        who = rng.choice(np.flatnonzero(people.active_at(start)), 55, replace=False)
        consent = people["consent"][who]
        told = consent & (rng.random(55) < 0.72)
        parts.append(
            {
                "notice": np.char.add(f"{period}-{nth}-", people["customer"][who]),
                "customer": people["customer"][who],
                "incident": np.full(55, f"outage {period}-{nth}"),
                "consent": consent,
                "began": np.full(55, began),
                "sent": np.where(told, began + rng.integers(15 * 60, 3 * HOUR, 55), NEVER),
                "contacted": np.where(rng.random(55) < 0.3, began + rng.integers(10 * 60, 8 * HOUR, 55), NEVER),
            }
        )
    return rows(united(parts), np.argsort(united(parts)["began"], kind="stable"))
