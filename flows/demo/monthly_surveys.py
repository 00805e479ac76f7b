"""Survey tools of the made-up company: a file of new responses each month, typed by people and so not clean."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.demo.clock import DAY, LAST, bounds, local_texts
from flows.demo.files import write_csv, write_jsonl
from flows.demo.tables import Table, delivered_twice, dice, during, length, rows
from flows.period import Period

#: Place in its file of the row that corrections.csv of the demo mends; line 1 is the header.
TYPO_LINE = 12
#: Records before this one hold no line breaks and are not touched by other dirt.
_PLAIN_UNTIL = 20


def write_surveys(streams: dict[str, Table], folder: Path, month: Period, seed: int) -> None:
    rng = dice(seed, "dirt surveys", month)
    table = streams["survey"]
    start, end = bounds(month)
    card = np.char.endswith(table["response"], "-P")
    came = np.where(card, table["answered"] + 3 * DAY, table["answered"])
    inside = np.flatnonzero((came >= start) & (came < end))
    survey = rows(table, inside[np.argsort(came[inside], kind="stable")])
    size = length(survey)
    blank = (rng.random(size) < 0.015) & (np.arange(size) >= _PLAIN_UNTIL)
    recommends = np.where(blank, rng.choice(np.array(["", "n/a", "-"]), size), survey["recommends"])
    comment = survey["comment"].copy()
    comment[:_PLAIN_UNTIL] = [text.replace("\n", " ") for text in comment[:_PLAIN_UNTIL]]
    if month == LAST:
        recommends[TYPO_LINE - 2] = "77"
    written = {
        "response_id": survey["response"],
        "customer_id": survey["customer"],
        "answered_by": survey["channel"],
        "invited": local_texts(survey["invited"]),
        "answered": local_texts(survey["answered"]),
        "recommend": recommends,
        **{name: survey[name] for name in survey if name.startswith(("experience_", "expectation_", "importance_"))},
        **{name: survey[name] for name in ("felt_heard", "keeps_promises", "easy_to_reach", "buys_loyal", "pays_more")},
        **{name: survey[name] for name in survey if name.startswith(("path_", "rank_"))},
        "language": survey["language"],
        "comment": comment,
    }
    write_csv(folder / f"survey_{month}.csv.gz", delivered_twice(written, rng, 6))
    after_case = during(streams["case_surveys"], "answered", month)
    write_csv(
        folder / f"case_surveys_{month}.csv.gz",
        delivered_twice(
            {
                "response_id": after_case["response"],
                "customer_id": after_case["customer"],
                "case_no": after_case["case"],
                "agent": np.char.mod("A-%03d", after_case["agent"]),
                "answered_by": after_case["channel"],
                "touchpoint": after_case["touchpoint"],
                "satisfaction": after_case["csat"],
                "effort": after_case["effort"],
                "effort_scale": after_case["effort_scale"],
                "invited": local_texts(after_case["invited"]),
                "answered": local_texts(after_case["answered"]),
                "language": after_case["language"],
                "comment": after_case["comment"],
            },
            rng,
            4,
        ),
    )
    after_order = during(streams["order_surveys"], "answered", month)
    write_jsonl(
        folder / f"order_surveys_{month}.jsonl.gz",
        {
            "response_id": after_order["response"],
            "customer_id": after_order["customer"],
            "answered_by": after_order["channel"],
            "touchpoint": after_order["touchpoint"],
            "shop": after_order["store"],
            "satisfaction": after_order["csat"],
            "invited": local_texts(after_order["invited"]),
            "answered": local_texts(after_order["answered"]),
            "language": after_order["language"],
            "comment": after_order["comment"],
        },
    )
    reviews = during(streams["reviews"], "written", month)
    write_csv(
        folder / f"reviews_{month}.csv",
        {
            "review": reviews["review"],
            "site": reviews["site"],
            "stars": reviews["stars"],
            "written": local_texts(reviews["written"]),
            "language": reviews["language"],
            "text": reviews["text"],
        },
    )
