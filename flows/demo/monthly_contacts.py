"""Telephone, web, forum and mail systems of the made-up company: a file of what happened each month."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.demo.clock import HOUR, NEVER, bounds, known_at, local_texts, utc_texts, wall
from flows.demo.files import write_csv, write_jsonl, write_parquet
from flows.demo.tables import Table, delivered_twice, dice, during, yes_no
from flows.period import Period


def write_contacts(streams: dict[str, Table], folder: Path, month: Period, seed: int) -> None:
    rng = dice(seed, "dirt contacts", month)
    # The exchange closes its file two hours before midnight; later calls come with the next one.
    shifted = streams["calls"] | {"filed": streams["calls"]["entered"] + 2 * HOUR}
    calls = during(shifted, "filed", month)
    write_csv(
        folder / f"calls_{month}.csv.gz",
        delivered_twice(
            {
                "call": calls["call"],
                "customer_id": calls["customer"],
                "caller_number": calls["caller"],
                "line": calls["line"],
                "queue": calls["queue"],
                "entered": utc_texts(calls["entered"]),
                "answered": utc_texts(calls["answered"]),
                "ended": utc_texts(calls["ended"]),
                "result": calls["result"],
                "hold_seconds": calls["hold_seconds"],
                "hold_audio": calls["hold_audio"],
                "transferred": yes_no(calls["transferred"]),
                "agent": np.where(calls["agent"] > 0, np.char.mod("A-%03d", calls["agent"]), ""),
            },
            rng,
            5,
        ),
    )
    sessions = during(streams["sessions"], "started", month)
    write_parquet(
        folder / f"sessions_{month}.parquet",
        {
            "session": sessions["session"],
            "customer_id": sessions["customer"],
            "kind": sessions["kind"],
            "came_from": sessions["from"],
            "crawler": yes_no(sessions["crawler"]),
            "started": wall(sessions["started"]),
            "pages": sessions["pages"],
            "seconds": sessions["seconds"],
            "seconds_to_message": np.where(sessions["reached"] == NEVER, "", sessions["reached"].astype(str)),
            "handed_over": np.where(sessions["kind"] == "bot", yes_no(sessions["handed_over"]), ""),
            "contact_after": wall(known_at(sessions["asked_after"], bounds(month)[1])),
        },
    )
    posts = during(streams["forum_posts"], "posted", month)
    write_csv(
        folder / f"forum_posts_{month}.csv",
        {
            "post": posts["post"],
            "thread": posts["thread"],
            "topic": posts["topic"],
            "customer_id": posts["customer"],
            "is_reply": yes_no(posts["reply"]),
            "is_staff": yes_no(posts["staff"]),
            "posted": local_texts(posts["posted"]),
            "votes": np.where(posts["votes"] == NEVER, "", posts["votes"].astype(str)),
        },
    )
    steps = during(streams["journeys"], "occurred", month)
    write_jsonl(
        folder / f"journey_events_{month}.jsonl.gz",
        {
            **{name: steps[name] for name in ("journey_key", "journey", "step", "step_order", "touchpoint", "channel")},
            "customer_id": steps["customer"],
            "outcome": steps["outcome"],
            "at": local_texts(steps["occurred"]),
            "promised": local_texts(steps["promised"]),
            "done": local_texts(steps["done"]),
        },
    )
    notices = during(streams["notices"], "began", month)
    write_csv(
        folder / f"notices_{month}.csv",
        {
            "notice": notices["notice"],
            "customer_id": notices["customer"],
            "incident": notices["incident"],
            "consent": yes_no(notices["consent"]),
            "began": local_texts(notices["began"]),
            "sent": local_texts(notices["sent"]),
            "contacted": local_texts(notices["contacted"]),
        },
    )
    shown = during(streams["impressions"], "shown", month)
    write_parquet(
        folder / f"impressions_{month}.parquet",
        {
            "impression": shown["impression"],
            "customer_id": shown["customer"],
            "item": shown["item"],
            "shown": wall(shown["shown"]),
            "clicked": wall(shown["clicked"]),
        },
    )
