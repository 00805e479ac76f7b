"""The shop of the made-up company: orders and their surveys, subscriptions, campaigns, recommendations."""

from __future__ import annotations

import numpy as np

from flows.demo.clock import DAY, HOUR, NEVER, after, bounds, moments
from flows.demo.people import People, pick
from flows.demo.service import CSAT_STEPS
from flows.demo.tables import Table, numbered, rows, united
from flows.period import Period

ORDERS_PER_CUSTOMER = 0.30
#: NOT planted: the share of promised deliveries that come in time never changes.
ON_TIME = 0.93
ORDER_CHANNELS = {"web": 0.45, "app": 0.25, "store": 0.22, "phone": 0.08}
STORES = ("Warsaw Arkadia", "Katowice Silesia", "Gdansk Forum", "Krakow Bonarka", "Poznan Malta", "Wroclaw Magnolia")
PLANS = {"basic": 29.0, "plus": 49.0, "premium": 79.0}
NEWSLETTER, NEWSLETTER_SIZE, RESPONSE = "Monthly letter", 600, 0.03
#: Campaigns with two variants: recipients of each and the share that responds. PLANTED: one difference, one none.
EXPERIMENTS = {
    Period(2026, 3): ("Spring cleaning offer", 3_000, {"A": 0.03, "B": 0.03}),
    Period(2026, 6): ("Summer installation offer", 6_000, {"A": 0.03, "B": 0.05}),
}


def orders(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per order of the month; whoever becomes a customer orders on that very day."""
    start, end = bounds(period)
    who, low, high = people.draw(rng, period, ORDERS_PER_CUSTOMER)
    new = np.flatnonzero((people["won"] >= start) & (people["won"] < end))
    ordered = np.concatenate([people["won"][new], moments(rng, low, high, len(who))])
    who = np.concatenate([new, who])
    size = len(who)
    channel = pick(rng, ORDER_CHANNELS, size)
    delivered_home = channel != "store"
    promised = ordered + rng.integers(2, 6, size) * DAY
    in_time = rng.random(size) < ON_TIME
    early = promised - (rng.random(size) * 1.5 * DAY).astype(np.int64) - 60
    late = promised + HOUR + (rng.exponential(1.2, size) * DAY).astype(np.int64)
    arrived = np.where(in_time, early, late)
    amount = np.round(np.exp(rng.normal(4.2, 0.7, size)), 2)
    returned = np.where(rng.random(size) < 0.06, np.where(delivered_home, arrived, ordered) + 5 * DAY, NEVER)
    order = np.argsort(ordered, kind="stable")
    return rows(
        {
            "order": numbered("O-", period, size),
            "who": who,
            "customer": people["customer"][who],
            "ordered": ordered,
            "amount": amount,
            "margin": np.round(amount * rng.uniform(0.15, 0.35, size), 2),
            "channel": channel,
            "store": np.where(channel == "store", rng.choice(np.array(STORES), size), ""),
            "promised": np.where(delivered_home, promised, NEVER),
            "delivered": np.where(delivered_home, arrived, NEVER),
            "returned": returned,
            "account": np.full(size, "customer"),
        },
        order,
    )


def hand_overs(rng: np.random.Generator, bought: Table) -> np.ndarray:
    """How often each order went from one department or carrier to the next; 0 over the counter."""
    return np.where(bought["promised"] == NEVER, 0, 1 + rng.poisson(1.1, len(bought["order"])))


def order_surveys(rng: np.random.Generator, people: People, bought: Table) -> tuple[Table, Table]:
    """Invitations after deliveries, and satisfaction with deliveries and, on the kiosk by the door, with shops."""
    size = len(bought["order"])
    home = (bought["delivered"] != NEVER) & (rng.random(size) < 0.35)
    invited = rows(bought, home)
    sent = invited["delivered"] + HOUR
    bounced = rng.random(len(sent)) < 0.03
    answers = ~bounced & (rng.random(len(sent)) < 0.36)
    answered = np.where(answers, np.minimum(after(rng, sent, 4 * HOUR, 1.0), sent + 4 * DAY), NEVER)
    invitations = {
        "invitation": np.char.add("I-", invited["order"]),
        "customer": invited["customer"],
        "survey": np.full(len(sent), "after a delivery"),
        "channel": np.where(rng.random(len(sent)) < 0.6, "E-mail", "App"),
        "sent": sent,
        "bounced": bounced,
        "completed": answered,
    }
    told = rows(invitations, answers)
    by_kiosk = rows(bought, (bought["store"] != "") & (rng.random(size) < 0.2))
    visited = by_kiosk["ordered"] + 300
    parts = []
    for of, channel, touchpoint, invited_at, answered_at in (
        (rows(invited, answers), told["channel"], "delivery", told["sent"], told["completed"]),
        (by_kiosk, np.full(len(visited), "kiosk"), "store", np.full(len(visited), NEVER), visited),
    ):
        late = (of["delivered"] > of["promised"]) & (of["promised"] != NEVER)
        feeling = 0.3 * people["mood"][of["who"]] - 0.8 * late + rng.normal(0, 0.95, len(late)) + 0.08
        parts.append(
            {
                "response": np.char.add("R-", of["order"]),
                "who": of["who"],
                "customer": of["customer"],
                "channel": channel,
                "touchpoint": np.full(len(late), touchpoint),
                "store": of["store"],
                "csat": 1 + np.searchsorted(CSAT_STEPS, feeling),
                "language": people["language"][of["who"]],
                "invited": invited_at,
                "answered": answered_at,
            }
        )
    return invitations, united(parts)


def subscriptions(rng: np.random.Generator, people: People, until: int) -> Table:
    """Spells: a plan's price from a day to a day. A change of plan or a pause ends one spell and begins another."""
    size = len(people)
    start = people["won"].copy()
    price = np.array([PLANS[tier] for tier in people["tier"]])
    spells = []
    who = np.arange(size)
    while len(who):
        lasts = (rng.exponential(16 * 30.4, len(who)) * DAY).astype(np.int64) + 30 * DAY
        closes = np.where(people["left"][who] == NEVER, until + DAY, people["left"][who])
        ends = np.minimum(start + lasts, closes)
        closed = (ends >= closes) & (people["left"][who] != NEVER)
        running = ends >= until
        pause = rng.random(len(who)) < 0.25
        why = np.where(closed, "left", np.where(pause, "pause", "change of plan"))
        spells.append(
            {
                "subscription": np.char.add("S-", people["customer"][who]),
                "customer": people["customer"][who],
                "start": start,
                "end": np.where(running & ~closed, NEVER, ends),
                "price": price,
                "why": np.where(running & ~closed, "", why),
            }
        )
        step = np.where(pause, 0.0, rng.choice([-10.0, 5.0, 10.0], len(who), p=[0.35, 0.3, 0.35]))
        again = ends + np.where(pause, 45 * DAY, DAY)
        goes_on = ~running & ~closed & (again < np.where(closes > until, until, closes) - DAY)
        start, price, who = again[goes_on], np.maximum(price + step, 19.0)[goes_on], who[goes_on]
    return united(spells)


def campaign_contacts(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per recipient of the month's letter and of its experiment; most recipients are customers."""
    start, end = bounds(period)
    plans = [(NEWSLETTER, "", NEWSLETTER_SIZE, RESPONSE)]
    if period in EXPERIMENTS:
        name, recipients, variants = EXPERIMENTS[period]
        plans += [(name, variant, recipients, share) for variant, share in variants.items()]
    campaign, variant, counts, share = (list(column) for column in zip(*plans, strict=True))
    size = sum(counts)
    mailable = np.flatnonzero(people.active_at(start) & people["consent"])
    recipient = np.concatenate([rng.permutation(mailable), np.full(size, -1)])
    # A customer is asked once a month: the letter and the variants share out one shuffled list, then prospects.
    recipient = rng.permutation(recipient[:size])
    assigned = moments(rng, start, start + (end - start) // 3, size)
    bounced = rng.random(size) < 0.02
    delivered = np.where(bounced, NEVER, assigned + 120)
    opened = np.where(rng.random(size) < 0.35, after(rng, delivered, 9 * HOUR, 1.0), NEVER)
    opened = np.where(opened - assigned < 12 * DAY, opened, NEVER)
    responds = rng.random(size) < np.repeat(share, counts) / 0.98
    responded = np.where(responds & ~bounced, delivered + HOUR + rng.integers(0, 8 * DAY, size), NEVER)
    opened = np.where((responded != NEVER) & ((opened == NEVER) | (opened > responded)), responded - 300, opened)
    return {
        "contact": numbered("M-", period, size),
        "campaign": np.char.add(np.repeat(campaign, counts), f" {period}"),
        "variant": np.repeat(variant, counts),
        "customer": np.where(recipient < 0, "", people["customer"][recipient]),
        "channel": np.full(size, "Newsletter"),
        "assigned": assigned,
        "delivered": delivered,
        "bounced": bounced,
        "opened": opened,
        "responded": responded,
        "converted": np.where(rng.random(size) < 0.3, np.where(responded == NEVER, NEVER, responded + DAY), NEVER),
    }


def impressions(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per recommendation shown in the app."""
    who, low, high = people.draw(rng, period, 0.10)
    shown = moments(rng, low, high, len(who))
    return {
        "impression": numbered("X-", period, len(who)),
        "customer": people["customer"][who],
        "item": np.char.add("item ", rng.integers(1, 13, len(who)).astype(str)),
        "shown": shown,
        "clicked": np.where(rng.random(len(who)) < 0.045, shown + rng.integers(2, 60, len(who)), NEVER),
    }
