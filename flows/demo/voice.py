"""The relationship survey of the made-up company and what its people answer themselves."""

from __future__ import annotations

import numpy as np

from flows.demo.clock import DAY, HOUR, NEVER, after, bounds, moments
from flows.demo.comments import write_comments
from flows.demo.people import People, pick
from flows.demo.tables import Table, numbered, rows, united
from flows.period import Period

#: Dimension: (experience, expectation, importance as told, weight in the recommendation), scale 0 to 10.
#: PLANTED: convenience has by far the most negative importance x (experience - expectation).
CUSTOMERS = {
    "product": (7.2, 7.7, 7.0, 0.20),
    "service": (7.0, 7.5, 7.8, 0.30),
    "relationship": (6.4, 6.6, 5.2, 0.10),
    "convenience": (5.6, 7.7, 8.7, 0.50),
    "brand_image": (7.4, 7.2, 5.0, 0.10),
    "price": (6.6, 7.2, 7.4, 0.25),
}
#: Experience and expectation and importance as those who serve, and those who lead, judge them. Leaders see it rosier.
FRONTLINE = {
    "product": (7.0, 7.6, 6.8),
    "service": (7.6, 7.9, 8.2),
    "relationship": (7.0, 6.8, 6.4),
    "convenience": (5.9, 7.8, 8.4),
    "brand_image": (7.0, 7.0, 5.4),
    "price": (6.0, 7.6, 8.0),
}
MANAGEMENT = {
    "product": (7.9, 7.6, 7.6),
    "service": (8.1, 7.8, 7.8),
    "relationship": (7.4, 7.0, 6.6),
    "convenience": (7.3, 7.4, 7.0),
    "brand_image": (8.2, 7.4, 6.8),
    "price": (7.0, 7.2, 7.6),
}
#: Statements, scale 1 to 5, asked of customers, management and employees alike: mean of each role.
STATEMENTS = {
    "felt_heard": {"customer": 3.7, "management": 4.3, "employee": 3.6},
    "keeps_promises": {"customer": 3.8, "management": 4.4, "employee": 3.7},
    "easy_to_reach": {"customer": 3.1, "management": 4.0, "employee": 3.3},
}
#: Yes or no, asked of customers: share that says yes.
YES_NO = {"buys_loyal": 0.55, "pays_more": 0.42}
#: PLANTED: in this region and month answers fall by so many standard deviations (about 38 points of NPS).
FALLEN_REGION, FALLEN_MONTH, FALLEN_BY = "Pomerania", Period(2026, 6), 0.60
INVITED, ANSWERED, LONG_FORM = 0.44, 0.40, 0.25
CHANNELS = {"E-mail": 0.60, "SMS": 0.25, "App": 0.15}
EMPLOYEE_GROUPS = ("Care North", "Care South", "Digital care", "Field service", "Shops", "Back office")
FRONTLINE_SIZE, MANAGEMENT_SIZE, EMPLOYEES_ASKED = 40, 9, 110


def _scale(values: np.ndarray, low: int, high: int) -> np.ndarray:
    return np.clip(np.rint(values), low, high).astype(np.int64)


def relationship_survey(rng: np.random.Generator, people: People, period: Period) -> tuple[Table, Table]:
    """Invitations of the month and the responses: recommendation, long form for some, comment."""
    start, end = bounds(period)
    asked = np.flatnonzero(people.active_at(start) & people["consent"])
    asked = asked[rng.random(len(asked)) < INVITED]
    sent = moments(rng, start, start + 14 * DAY, len(asked))
    still = (people["left"][asked] == NEVER) | (people["left"][asked] > sent)
    asked, sent = asked[still], sent[still]
    bounced = rng.random(len(asked)) < 0.03
    answers = ~bounced & (rng.random(len(asked)) < ANSWERED)
    answered = np.where(answers, np.minimum(after(rng, sent, 10 * HOUR, 1.1), sent + 9 * DAY), NEVER)
    invitations = {
        "invitation": numbered("I-N", period, len(asked)),
        "customer": people["customer"][asked],
        "survey": np.full(len(asked), "relationship"),
        "channel": pick(rng, CHANNELS, len(asked)),
        "sent": sent,
        "bounced": bounced,
        "completed": answered,
    }
    told = rows(invitations, answers)
    responses = _responses(rng, people, period, asked[answers], told["channel"], told["sent"], told["completed"])
    # A few answer twice, the last one counts; a few write cards, which are typed in a month later.
    twice = rng.choice(len(told["sent"]), 12, replace=False)
    carded = rng.choice(np.flatnonzero(people.active_at(end)), 12, replace=False)
    again = _responses(
        rng,
        people,
        period,
        asked[answers][twice],
        told["channel"][twice],
        told["sent"][twice],
        told["completed"][twice] + 2 * DAY,
    )
    written = end - 1 - rng.integers(HOUR, 40 * HOUR, 12)
    cards = _responses(rng, people, period, carded, np.full(12, "Card"), np.full(12, NEVER), written)
    for suffix, extra in (("-2", again), ("-P", cards)):
        extra["response"] = np.char.add(extra["response"], suffix)
    return invitations, united([responses, again, cards])


def _responses(
    rng: np.random.Generator,
    people: People,
    period: Period,
    who: np.ndarray,
    channel: np.ndarray,
    sent: np.ndarray,
    answered: np.ndarray,
) -> Table:
    size = len(who)
    general = 0.6 * people["mood"][who] + 0.8 * rng.normal(0, 1, size)
    feelings = {name: 0.6 * general + 0.8 * rng.normal(0, 1, size) for name in CUSTOMERS}
    weights = np.array([weight for *_, weight in CUSTOMERS.values()])
    overall = sum(weight * feelings[name] for name, (*_, weight) in CUSTOMERS.items())
    overall /= np.sqrt(0.36 * weights.sum() ** 2 + 0.64 * (weights**2).sum())
    overall = np.sqrt(0.5) * overall + np.sqrt(0.5) * rng.normal(0, 1, size)
    if period == FALLEN_MONTH:
        overall = overall - FALLEN_BY * (people["region"][who] == FALLEN_REGION)
    # About 46 % promoters and 18 % detractors.
    recommends = _scale(8.3 + 1.97 * overall, 0, 10)
    long_form = rng.random(size) < LONG_FORM
    table = {
        "response": numbered("R-N", period, size),
        "who": who,
        "customer": people["customer"][who],
        "channel": channel,
        "invited": sent,
        "answered": answered,
        "recommends": recommends.astype(str),
        "language": people["language"][who],
    }
    hopes = 0.6 * rng.normal(0, 1, size)
    for name, (experience, expectation, importance, _) in CUSTOMERS.items():
        table[f"experience_{name}"] = _scale(experience + 1.7 * feelings[name], 0, 10)
        table[f"expectation_{name}"] = _scale(expectation + hopes + rng.normal(0, 1, size), 0, 10)
        table[f"importance_{name}"] = _scale(importance + 1.2 * rng.normal(0, 1, size), 0, 10)
    for name, means in STATEMENTS.items():
        table[name] = _scale(means["customer"] + 0.5 * general + 0.8 * rng.normal(0, 1, size), 1, 5)
    for name, share in YES_NO.items():
        table[name] = (rng.random(size) < share).astype(np.int64)
    for name in (*(name for name in table if name.startswith(("exp", "imp"))), *STATEMENTS, *YES_NO):
        table[name] = np.where(long_form, table[name].astype(str), "")
    table["comment"] = write_comments(rng, table["language"], recommends >= 8, people["region"][who], 0.3)
    return table


def staff_survey(rng: np.random.Generator, period: Period) -> Table:
    """Every quarter: what the front line, the management and all employees answer, one row a response."""
    start, _ = bounds(period)
    sizes = {"frontline": FRONTLINE_SIZE, "management": MANAGEMENT_SIZE, "employee": EMPLOYEES_ASKED}
    role = np.repeat(list(sizes), list(sizes.values()))
    person = np.concatenate([np.arange(1, size + 1) for size in sizes.values()])
    answers = (role != "employee") | (rng.random(len(role)) < 0.75)
    role, person = role[answers], person[answers]
    size = len(role)
    groups = np.array(EMPLOYEE_GROUPS)
    lean = rng.normal(0, 1, size)
    table = {
        "response": np.char.add(np.char.add(role, np.char.mod("-%03d-", person)), str(period)),
        "role": role,
        "team": np.where(role == "management", "Management", groups[person % np.where(role == "frontline", 5, 6)]),
        "answered": start + rng.integers(8, 20, size) * DAY + rng.integers(8 * HOUR, 16 * HOUR, size),
        "recommend": _given(role == "employee", _scale(7.7 + 1.2 * lean + rng.normal(0, 1.2, size), 0, 10)),
    }
    for place, kind in enumerate(("experience", "expectation", "importance")):
        for dimension in CUSTOMERS:
            mean = np.where(role == "management", MANAGEMENT[dimension][place], FRONTLINE[dimension][place])
            judged = _scale(mean + 0.5 * lean + rng.normal(0, 1, size), 0, 10)
            table[f"{kind}_{dimension}"] = _given(role != "employee", judged)
    for name, means in STATEMENTS.items():
        mean = np.where(role == "management", means["management"], means["employee"])
        agrees = _scale(mean + 0.4 * lean + rng.normal(0, 0.7, size), 1, 5)
        table[name] = _given(role != "frontline", agrees)
    return table


def _given(asked: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Scores as objects, None where the question was not asked."""
    return np.where(asked, scores.astype(object), None)


def employee_months(rng: np.random.Generator, period: Period) -> list[tuple[str, Period, int, int, int, int, int]]:
    """Group, month, head count, leavers, cases done, items raised, items answered."""
    found = []
    for group, heads in zip(EMPLOYEE_GROUPS, (34, 28, 22, 40, 36, 18), strict=True):
        count = heads + int(rng.integers(-1, 2))
        raised = int(rng.poisson(0.15 * count))
        found.append(
            (
                group,
                period,
                count,
                int(rng.binomial(count, 0.018)),
                int(rng.poisson(32 * count)),
                raised,
                int(rng.binomial(raised, 0.7)),
            )
        )
    return found


def alerts(rng: np.random.Generator, surveys: Table, reason: str, owner: str, prefix: str) -> Table:
    """One alert per bad answer: raised at once, most dealt with within two days, some recovered."""
    size = len(surveys["response"])
    opened = surveys["answered"] + 300
    acted = np.where(rng.random(size) < 0.93, after(rng, opened, 18 * HOUR, 0.9), NEVER)
    closed = np.where(rng.random(size) < 0.9, after(rng, acted, 40 * HOUR, 0.8), NEVER)
    return {
        "alert": np.char.add(prefix, surveys["response"]),
        "customer": surveys["customer"],
        "reason": np.full(size, reason),
        "owner": np.full(size, owner),
        "opened": opened,
        "acted": acted,
        "closed": closed,
        "outcome": pick(rng, {"recovered": 0.4, "not recovered": 0.35, "unknown": 0.25}, size),
    }
