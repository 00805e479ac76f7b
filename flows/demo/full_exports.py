"""Systems of the made-up company that export everything each time."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.demo.clock import NEVER, bounds, dates, known_at, local_texts, wall
from flows.demo.company import Company
from flows.demo.files import write_csv, write_workbook
from flows.demo.shop import subscriptions
from flows.demo.tables import dice, length, rows, united, yes_no
from flows.period import Period


def write_customers(company: Company, folder: Path, end: int, seed: int) -> None:
    people = company.people
    own = rows(people.columns, ~people["legacy"] & (people["won"] < end))
    size = length(own)
    rng = dice(seed, "dirt customers")
    unknown = rng.random(size) < 0.01
    plain = np.char.lower(own["customer"])
    table = {
        "customer_id": own["customer"],
        "name": np.char.add(np.char.add(own["given_name"], " "), own["family_name"]),
        "email": np.char.add(plain, "@customer.example"),
        "phone": np.char.add("+48 600 ", np.char.replace(plain, "c-", "")),
        "account": np.full(size, "customer"),
        "region": np.where(unknown, rng.choice(np.array(["", "n/a"]), size), own["region"]),
        "segment": own["segment"],
        "tier": own["tier"],
        "customer_since": dates(own["won"]),
        "came_through": own["source"],
        "left_on": dates(own["left"]),
        "left_because": own["reason"],
        "mail_consent": yes_no(own["consent"]),
        "preferred_channel": own["preferred"],
        "language": own["language"],
    }
    test = {name: np.resize(values[:1], 6) for name, values in table.items()}
    test["customer_id"] = np.char.add("C-TEST0", np.arange(1, 7).astype(str))
    test |= {name: np.full(6, "Test Account") for name in ("name",)}
    test |= {"account": np.full(6, "test"), "left_on": np.full(6, ""), "left_because": np.full(6, "")}
    write_csv(folder / "customers.csv", united([table, test]))


def write_full_exports(company: Company, folder: Path, months: list[Period], seed: int) -> None:
    """Subscriptions, alerts, campaigns and the workbook of the personnel department."""
    start, end = bounds(months[0])[0], bounds(months[-1])[1]
    spells = subscriptions(dice(seed, "subscriptions"), company.people, end)
    order = np.lexsort((spells["start"], spells["subscription"]))
    spells = rows(spells, order)
    write_csv(
        folder / "subscriptions.csv",
        {
            "subscription": spells["subscription"],
            "customer_id": spells["customer"],
            "from_day": dates(spells["start"]),
            "to_day": dates(spells["end"]),
            "price_per_month": np.char.mod("%.2f", spells["price"]),
            "end_reason": spells["why"],
        },
    )
    alerts = company["alerts"]
    alerts = rows(alerts, np.argsort(alerts["opened"], kind="stable"))
    alerts = rows(alerts, (alerts["opened"] >= start) & (alerts["opened"] < end))
    closed = known_at(alerts["closed"], end)
    write_csv(
        folder / "alerts.csv",
        {
            "alert": alerts["alert"],
            "customer_id": alerts["customer"],
            "reason": alerts["reason"],
            "owner": alerts["owner"],
            "opened": local_texts(alerts["opened"]),
            "first_action": local_texts(known_at(alerts["acted"], end)),
            "closed": local_texts(closed),
            "outcome": np.where(closed == NEVER, "", alerts["outcome"]),
        },
    )
    mails = company["campaigns"]
    mails = rows(mails, (mails["assigned"] >= start) & (mails["assigned"] < end))
    mails = rows(mails, np.argsort(mails["assigned"], kind="stable"))
    write_csv(
        folder / "campaigns.csv.gz",
        {
            "contact": mails["contact"],
            "campaign": mails["campaign"],
            "variant": mails["variant"],
            "customer_id": mails["customer"],
            "channel": mails["channel"],
            "assigned": local_texts(mails["assigned"]),
            "delivered": local_texts(mails["delivered"]),
            "bounced": yes_no(mails["bounced"]),
            **{name: local_texts(known_at(mails[name], end)) for name in ("opened", "responded", "converted")},
        },
    )
    staff = company["staff_survey"]
    staff = rows(staff, (staff["answered"] >= start) & (staff["answered"] < end))
    staff = staff | {"answered": wall(staff["answered"]).astype(object)}
    answers = [list(line) for line in zip(*(values.tolist() for values in staff.values()), strict=True)]
    teams = [
        [group, np.datetime64(f"{month}-01").astype(object), *numbers]
        for group, month, *numbers in company.teams
        if month in months
    ]
    write_workbook(
        folder / "people.xlsx",
        {
            "Staff survey": [list(staff), *answers],
            "Teams": [["team", "month", "heads", "leavers", "cases done", "items raised", "items answered"], *teams],
        },
    )
