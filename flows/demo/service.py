"""Support of the made-up company: cases with their surveys, and calls."""

from __future__ import annotations

import numpy as np

from flows.demo.clock import DAY, HOUR, NEVER, after, bounds, moments
from flows.demo.people import People, pick
from flows.demo.tables import Table, numbered, rows
from flows.period import Period

#: How the ticket system names channels: share, median seconds to the first reply, median seconds from it to solved.
CHANNELS = {
    "E-mail": (0.36, 4.0 * HOUR, 18 * HOUR),
    "Call centre": (0.18, 90, 0.6 * HOUR),
    "WhatsApp": (0.17, 1.5 * HOUR, 14 * HOUR),
    "Chat": (0.14, 150, 2 * HOUR),
    "Web form": (0.11, 5.0 * HOUR, 20 * HOUR),
    "Facebook": (0.04, 2.5 * HOUR, 16 * HOUR),
}
#: PLANTED: first replies on this channel take this many times longer from this month on.
SLOW_CHANNEL, SLOW_FROM, SLOW_FACTOR = "WhatsApp", Period(2026, 6), 2.0
TOPICS = {"delivery": 0.24, "invoice": 0.22, "technical fault": 0.24, "contract": 0.16, "returns": 0.14}
#: Share and hours promised.
PRIORITIES = {"high": (0.15, 8), "normal": (0.60, 24), "low": (0.25, 72)}
GROUPS = {
    "E-mail": "Care North",
    "Call centre": "Care South",
    "WhatsApp": "Digital care",
    "Chat": "Digital care",
    "Web form": "Care North",
    "Facebook": "Digital care",
}
AGENTS = 60
CASES_PER_CUSTOMER, CALLS_PER_CUSTOMER = 0.135, 0.20
REOPENED, COMPLAINTS, ABANDONED = 0.085, 0.065, 0.07
#: Through what the survey about a case comes back.
SURVEY_CHANNEL = {
    "E-mail": "E-mail",
    "Web form": "E-mail",
    "Call centre": "SMS",
    "Chat": "Chat",
    "WhatsApp": "WhatsApp",
    "Facebook": "Facebook",
}
#: Steps of a standard normal answer: 4 % ones, 6 % twos, 12 % threes, 36 % fours, 42 % fives.
CSAT_STEPS = np.array([-1.751, -1.282, -0.772, 0.202])
#: 3, 4, 6, 9, 20, 30 and 28 % of the answers 1 to 7.
CES_STEPS = np.array([-1.881, -1.476, -1.126, -0.772, -0.202, 0.583])
#: Until here part of the surveys still asked for effort on the old scale, 1 (little) to 5 (much).
OLD_EFFORT_UNTIL = Period(2024, 8)
QUEUES = {"technical": (0.34, 65), "billing": (0.28, 50), "sales": (0.20, 30), "contracts": (0.18, 45)}


def cases(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per case asked in the month, with all that will become of it."""
    who, low, high = people.draw(rng, period, CASES_PER_CUSTOMER)
    size = len(who)
    channel = pick(rng, {name: share for name, (share, _, _) in CHANNELS.items()}, size)
    priority = pick(rng, {name: share for name, (share, _) in PRIORITIES.items()}, size)
    created = moments(rng, low, high, size)
    reply_median = np.array([CHANNELS[name][1] for name in channel])
    if period >= SLOW_FROM:
        reply_median = np.where(channel == SLOW_CHANNEL, reply_median * SLOW_FACTOR, reply_median)
    replied = np.where(rng.random(size) < 0.98, after(rng, created, reply_median, 0.75), NEVER)
    solved = after(rng, replied, np.array([CHANNELS[name][2] for name in channel]), 1.0)
    solved = np.where(rng.random(size) < 0.97, solved, NEVER)
    reopened = np.where(rng.random(size) < REOPENED, solved, NEVER)
    gap = HOUR + np.minimum(rng.exponential(4 * DAY, size), 25 * DAY).astype(np.int64)
    reopened = np.where(reopened == NEVER, NEVER, reopened + gap)
    solved_again = after(rng, reopened, 22 * HOUR, 0.8)
    contacts = 1 + rng.poisson(0.45, size) + (reopened != NEVER)
    promised = np.array([PRIORITIES[name][1] for name in priority]) * HOUR
    agent = rng.integers(1, AGENTS + 1, size)
    return {
        "case": numbered("CS-", period, size),
        "who": who,
        "customer": people["customer"][who],
        "channel": channel,
        "topic": pick(rng, TOPICS, size),
        "priority": priority,
        "created": created,
        "replied": replied,
        "solved": solved,
        "reopened": reopened,
        "solved_again": solved_again,
        "hand_offs": rng.poisson(0.4, size),
        "contacts": contacts,
        "asked_again": rng.random(size) < 0.18,
        "history_seen": rng.random(size) < 0.7,
        "systems": 1 + rng.poisson(2.2, size),
        "due": created + promised,
        "complaint": rng.random(size) < COMPLAINTS,
        "agent": agent,
        "group": np.array([GROUPS[name] for name in channel]),
    }


def case_surveys(rng: np.random.Generator, people: People, period: Period, asked: Table) -> tuple[Table, Table]:
    """Invitations after solved cases, and what was answered: satisfaction and effort in one response."""
    invited = rows(asked, (asked["solved"] != NEVER) & (rng.random(len(asked["case"])) < 0.9))
    size = len(invited["case"])
    sent = invited["solved"] + 600
    bounced = rng.random(size) < 0.03
    answers = ~bounced & (rng.random(size) < 0.52)
    answered = np.where(answers, np.minimum(after(rng, sent, 3 * HOUR, 1.2), sent + 4 * DAY), NEVER)
    invitations = {
        "invitation": np.char.add("I-", invited["case"]),
        "customer": invited["customer"],
        "survey": np.full(size, "after a case"),
        "channel": np.array([SURVEY_CHANNEL[name] for name in invited["channel"]]),
        "sent": sent,
        "bounced": bounced,
        "completed": answered,
    }
    of, told = rows(invited, answers), rows(invitations, answers)
    size = len(of["case"])
    agents = np.random.default_rng(AGENTS).normal(0, 0.2, AGENTS + 1)
    mood = 0.3 * people["mood"][of["who"]] + agents[of["agent"]] - 0.9 * (of["reopened"] != NEVER)
    satisfied = mood + rng.normal(0, 0.93, size)
    easy = 0.7 * satisfied + 0.71 * rng.normal(0, 1, size)
    old = (rng.random(size) < 0.4) & (period <= OLD_EFFORT_UNTIL)
    effort = np.where(old, 5 - np.searchsorted(CSAT_STEPS, easy), 1 + np.searchsorted(CES_STEPS, easy))
    csat = 1 + np.searchsorted(CSAT_STEPS, satisfied)
    surveys = {
        "response": np.char.add("R-", of["case"]),
        "who": of["who"],
        "customer": of["customer"],
        "case": of["case"],
        "agent": of["agent"],
        "channel": told["channel"],
        "touchpoint": np.where(of["channel"] == "Call centre", "call centre", "online care"),
        "csat": csat,
        "effort": effort,
        "effort_scale": np.where(old, "1", "2"),
        "language": people["language"][of["who"]],
        "invited": told["sent"],
        "answered": told["completed"],
    }
    return invitations, surveys


def calls(rng: np.random.Generator, people: People, period: Period) -> Table:
    """One row per queued call of the month; some who hung up call again."""
    who, low, high = people.draw(rng, period, CALLS_PER_CUSTOMER)
    size = len(who)
    entered = moments(rng, low, high, size)
    hung_up = rng.random(size) < ABANDONED
    again = np.flatnonzero(hung_up & (rng.random(size) < 0.6))
    second = after(rng, entered[again], 2 * HOUR, 1.0)
    again, second = again[second < bounds(period)[1]], second[second < bounds(period)[1]]
    who, entered = np.concatenate([who, who[again]]), np.concatenate([entered, second])
    hung_up = np.concatenate([hung_up, rng.random(len(again)) < ABANDONED])
    size = len(who)
    queue = pick(rng, {name: share for name, (share, _) in QUEUES.items()}, size)
    picked_up = after(rng, entered, np.array([QUEUES[name][1] for name in queue]), 0.8)
    gave_up = entered + 1 + rng.exponential(70, size).astype(np.int64)
    callback = ~hung_up & (rng.random(size) < 0.03)
    answered = np.where(hung_up | callback, NEVER, picked_up)
    talked = np.exp(rng.normal(5.4, 0.6, size)).astype(np.int64)
    order = np.argsort(entered, kind="stable")
    return rows(
        {
            "call": numbered("CL-", period, size),
            "customer": np.where(rng.random(size) < 0.85, people["customer"][who], ""),
            "caller": np.where(rng.random(size) < 0.92, np.char.add("+48 5", (10_000_000 + 7 * who).astype(str)), ""),
            "line": pick(rng, {"GSM": 0.68, "PSTN": 0.25, "?": 0.07}, size),
            "queue": queue,
            "entered": entered,
            "answered": answered,
            "ended": np.where(hung_up, gave_up, np.where(callback, entered + 40, picked_up + talked)),
            "result": np.where(hung_up, "abandoned", np.where(callback, "callback", "answered")),
            "hold_seconds": np.where(answered == NEVER, 0, rng.exponential(35, size).astype(np.int64)),
            "hold_audio": rng.choice(np.array(["silence", "announcement", "own choice"]), size),
            "transferred": (rng.random(size) < 0.12) & (answered != NEVER),
            "agent": np.where(answered == NEVER, 0, rng.integers(1, AGENTS + 1, size)),
        },
        order,
    )
