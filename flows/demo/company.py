"""Aurora Home, a made-up company: household services by subscription and a shop, with its truths planted.

``write`` makes its whole workspace: thirty months of extracts and the configuration that reads them. The same seed
gives the same bytes. What is true about the company, and so what a report must and must not find, is in ``truths.py``.
"""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from flows.demo import digital, opinions, service, shop, voice
from flows.demo.clock import FOUNDED, LAST, NEVER
from flows.demo.comments import write_comments
from flows.demo.people import People
from flows.demo.tables import Table, dice, rows, united
from flows.errors import ConfigurationError
from flows.period import Period

#: See truths.py on how it was chosen.
SEED = 26
MONTHS = 30
TEMPLATE = Path(__file__).parent / "workspace"
#: Public on purpose: whoever makes the demo gets the same hashes. A real workspace makes a secret one.
SALT = "aurora-home-demo-salt-is-public"
#: Surveys, calls, clicks are made from here on; customers, orders and cases exist since the beginning.
_WATCHED_FROM = Period(2023, 12)


@dataclass
class Company:
    """All that ever happened: customers, and each stream's rows of all months, oldest first."""

    people: People
    streams: dict[str, list[Table]] = field(default_factory=dict)
    teams: list[tuple[str, Period, int, int, int, int, int]] = field(default_factory=list)

    def add(self, stream: str, table: Table) -> None:
        self.streams.setdefault(stream, []).append(table)

    def __getitem__(self, stream: str) -> Table:
        return united(self.streams[stream])


def simulate(seed: int = SEED) -> Company:
    """Live through every month from the company's beginning to the report month."""
    people = People()
    company = Company(people)
    for period in FOUNDED.until(LAST):
        if len(people):
            people.leave(dice(seed, "leave", period), period)
        people.win(dice(seed, "win", period), period)
        cases = service.cases(dice(seed, "cases", period), people, period)
        invited, surveys = service.case_surveys(dice(seed, "case surveys", period), people, period, cases)
        orders = shop.orders(dice(seed, "orders", period), people, period)
        orders["hand_overs"] = shop.hand_overs(dice(seed, "hand-overs", period), orders)
        invited_too, order_surveys = shop.order_surveys(dice(seed, "order surveys", period), people, orders)
        company.add("orders", orders)
        for told in (surveys, order_surveys):
            bad = rows(told, told["csat"] <= 2)
            people.remember(bad["who"], bad["answered"], period)
        again = rows(cases, cases["reopened"] != NEVER)
        people.remember(again["who"], again["reopened"], period)
        if period < _WATCHED_FROM.shift(-3):
            continue
        for stream, told in (("case_surveys", surveys), ("order_surveys", order_surveys)):
            region = people["region"][told["who"]]
            rng = dice(seed, f"comments {stream}", period)
            told["comment"] = write_comments(rng, told["language"], told["csat"] >= 4, region, 0.15)
            company.add(stream, told)
        company.add("cases", cases)
        company.add("invitations", invited)
        company.add("invitations", invited_too)
        if period >= _WATCHED_FROM:
            _watch(company, seed, period)
    return company


def _watch(company: Company, seed: int, period: Period) -> None:
    people = company.people
    invited, responses = voice.relationship_survey(dice(seed, "relationship", period), people, period)
    company.add("invitations", invited)
    responses |= opinions.pathway_statements(dice(seed, "pathway statements", period), people, responses)
    responses |= opinions.driver_ranks(dice(seed, "driver ranks", period), responses)
    company.add("survey", responses)
    for stream, make in {
        "calls": service.calls,
        "sessions": digital.sessions,
        "help_events": digital.help_events,
        "forum_posts": digital.forum_posts,
        "journeys": digital.journeys,
        "notices": digital.notices,
        "impressions": shop.impressions,
        "campaigns": shop.campaign_contacts,
        "reviews": opinions.reviews,
    }.items():
        company.add(stream, make(dice(seed, stream, period), people, period))
    company.add("sessions", digital.crawlers(dice(seed, "crawlers", period), period))
    asked = company.streams["cases"][-1]
    company.add("sessions", digital.visits_before_cases(dice(seed, "visits before cases", period), asked, period))
    if period.month % 3 == 0:
        company.add("staff_survey", voice.staff_survey(dice(seed, "staff", period), period))
    company.teams += voice.employee_months(dice(seed, "teams", period), period)
    unhappy = rows(responses, np.char.str_len(responses["recommends"]) == 1)
    unhappy = rows(unhappy, unhappy["recommends"].astype(int) <= 3)
    dissatisfied = rows(company.streams["case_surveys"][-1], company.streams["case_surveys"][-1]["csat"] <= 2)
    rng = dice(seed, "alerts", period)
    company.add("alerts", voice.alerts(rng, unhappy, "would not recommend", "Customer care leads", "AL-"))
    company.add("alerts", voice.alerts(rng, dissatisfied, "dissatisfied after a case", "Team leads", "AL-"))


def write(directory: Path | str, *, months: int = MONTHS, seed: int = SEED, spoiled: str | None = None) -> Path:
    """Write the demo workspace: configuration, ``extracts/`` of the last ``months`` months, the public salt.

    Files of the configuration that exist are kept, so that a demo somebody edited is not overwritten. ``spoiled``
    names a way to spoil the last month (``flows.demo.spoiling.KINDS``). Raises ConfigurationError when the directory
    holds something else than a demo workspace.
    """
    from flows.demo.extracts import write_extracts

    root = Path(directory).resolve()
    if not 1 <= months <= MONTHS:
        raise ConfigurationError(f"{months} months cannot be generated", f"choose 1 to {MONTHS}")
    _refuse_another_workspace(root)
    for source in sorted(TEMPLATE.rglob("*")):
        target = root / source.relative_to(TEMPLATE)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    salt = root / "var" / "salt"
    if not salt.exists():
        salt.parent.mkdir(parents=True, exist_ok=True)
        salt.touch(mode=0o600)
        salt.write_text(SALT, encoding="ascii")
    extracts = root / "extracts"
    shutil.rmtree(extracts, ignore_errors=True)
    extracts.mkdir()
    write_extracts(simulate(seed), extracts, LAST.shift(1 - months).until(LAST), seed)
    if spoiled:
        from flows.demo.spoiling import spoil

        spoil(root, spoiled)
    return root


def _refuse_another_workspace(root: Path) -> None:
    if not root.exists() or (root.is_dir() and not any(root.iterdir())):
        return
    ours = tomllib.loads((TEMPLATE / "cx.toml").read_text(encoding="utf-8"))["name"]
    try:
        name = tomllib.loads((root / "cx.toml").read_text(encoding="utf-8"))["name"]
    except (OSError, KeyError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        name = None
    if name != ours:
        raise ConfigurationError(
            f"{root.name} holds something that is not the demo company", "name an empty or a new directory"
        )
