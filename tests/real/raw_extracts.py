"""The raw extracts of ../shared/data read with a few lines of Python: what the figures are checked against.

Nothing of the product is used here, so that a mistake cannot be made twice in the same way.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from flows.settings import expand

HERE = Path(__file__).resolve().parent
DATA = Path(expand("${CX_REAL_DATA}"))
WORKSPACES = ["airport", "incidents", "olist", "telco"]

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real extracts are not here: no CX_REAL_DATA, no ../shared/data beside the project"
)

#: (slice, value, published churn in percent, customers): README of the data, published in
#: KashakJoshi/Telecom-customer-churn-analysis, reports/summary.md; the customers of a split are counted in the CSV.
TELCO_CHURN = [
    (None, "", 26.5, 7043),
    ("contract", "Month-to-month", 42.7, 3875),
    ("internet", "Fiber optic", 41.9, 3096),
    ("senior", "Yes", 41.7, 1142),
    ("tenure_band", "0-6 months", 52.9, 1481),
]

#: The rating columns of 2017 in the order in which cx.toml of the airport names its touchpoints.
TOUCHPOINTS_2017 = [
    f"Q7{name}"
    for name in (
        "ART", "FOOD", "STORE", "SIGN", "WALKWAYS", "SCREENS", "INFODOWN", "INFOUP", "WIFI", "ROADS", "PARK",
        "AIRTRAIN", "LTPARKING", "RENTAL",
    )
]  # fmt: skip


def rows(path: str) -> list[dict[str, str]]:
    """The records of one extract as they are."""
    content = (DATA / path).read_bytes()
    if path.endswith(".gz"):
        content = gzip.decompress(content)
    return list(csv.DictReader(content.decode("utf-8").splitlines(keepends=True)))


def ratings_of_the_airport(year: int, column: str) -> list[int]:
    """The answers 1 to 5; 6 is never used, 0 and Blank are no answer."""
    given = (row[column] for row in rows(f"airport/{year}_SFO_Customer_Survey.csv"))
    return [int(rating) for rating in given if rating in {"1", "2", "3", "4", "5"}]


@cache
def tickets() -> list[dict]:
    """Each ticket of the event log, followed event by event: its moments, and its last state under ``row``."""
    found: dict[str, dict] = defaultdict(lambda: {"change": -1})
    for row in rows("incidents/incident_event_log_119998.csv.gz"):
        ticket = found[row["number"]]
        updated = datetime.strptime(row["sys_updated_at"], "%d/%m/%Y %H:%M")
        if row["incident_state"] == "Resolved":
            ticket["solved"] = max(ticket.get("solved", updated), updated)
            ticket["first_solved"] = min(ticket.get("first_solved", updated), updated)
        if row["reopen_count"] != "0":
            ticket["reopened"] = min(ticket.get("reopened", updated), updated)
        if int(row["sys_mod_count"]) >= ticket["change"] and row["incident_state"] != "-100":
            ticket |= {"change": int(row["sys_mod_count"]), "row": row}
    return list(found.values())


def within_the_service_level(period: str) -> tuple[int, int]:
    """Tickets last solved in a month, and those of them whose last event says that the promise was kept."""
    solved = [each["row"] for each in tickets() if "solved" in each and f"{each['solved']:%Y-%m}" == period]
    return len(solved), sum(row["made_sla"] == "true" for row in solved)


def reopened(period: str) -> tuple[int, int]:
    """Tickets whose 14 days after the first solution ended in a month, and those of them reopened within."""
    window = timedelta(days=14)
    judged = [
        each for each in tickets() if "first_solved" in each and f"{each['first_solved'] + window:%Y-%m}" == period
    ]
    return len(judged), sum("reopened" in each and each["reopened"] <= each["first_solved"] + window for each in judged)


def review_stars(period: str) -> list[int]:
    """The stars of the answers given in a month, an answer that stands on several orders once."""
    answers = {row["review_id"]: row for row in rows("olist/olist_order_reviews_dataset.csv")}
    return [int(row["review_score"]) for row in answers.values() if row["review_answer_timestamp"][:7] == period]


def days_to_delivery(period: str) -> list[float]:
    """Days from purchase to delivery of the orders delivered in a month."""
    found = []
    for row in rows("olist/olist_orders_dataset.csv"):
        if row["order_delivered_customer_date"][:7] == period:
            ordered = datetime.fromisoformat(row["order_purchase_timestamp"])
            delivered = datetime.fromisoformat(row["order_delivered_customer_date"])
            found.append((delivered - ordered).total_seconds() / 86400)
    return found


def promises(period: str) -> tuple[int, int]:
    """Promised days in a month and those kept; none by orders canceled, or delivered nobody knows when."""
    due = kept = 0
    for row in rows("olist/olist_orders_dataset.csv"):
        delivered, promised = row["order_delivered_customer_date"], row["order_estimated_delivery_date"]
        if promised[:7] == period and (delivered or row["order_status"] not in {"canceled", "delivered"}):
            due += 1
            kept += bool(delivered) and delivered[:10] <= promised[:10]
    return due, kept
