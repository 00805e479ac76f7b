"""Systems of the made-up company that hand over every row that changed in the month, as it is at the month's end."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from flows.demo.clock import NEVER, bounds, known_at, local_texts, wall
from flows.demo.files import write_csv, write_jsonl, write_parquet
from flows.demo.tables import Table, numbered, rows, united, yes_no
from flows.period import Period


def write_changed_rows(streams: dict[str, Table], folder: Path, month: Period, *, first: bool) -> None:
    """Cases, orders, invitations and help pages. The ``first`` file is the initial load: all that was there before."""
    start, end = bounds(month)
    start = 0 if first else start

    def changed(table: Table, *times: str) -> Table:
        known = table | {name: known_at(table[name], end) for name in times}
        touched = np.any([(known[name] >= start) for name in times], axis=0) & (known[times[0]] != NEVER)
        known["updated"] = np.max([known[name] for name in times], axis=0)
        return rows(known, np.flatnonzero(touched)[np.argsort(known["updated"][touched], kind="stable")])

    cases = changed(streams["cases"], "created", "replied", "solved", "reopened", "solved_again")
    again = cases["contacts"] > 1
    write_jsonl(
        folder / f"cases_{month}.jsonl.gz",
        {
            "case_no": cases["case"],
            "customer_id": cases["customer"],
            "channel": cases["channel"],
            "topic": cases["topic"],
            "priority": cases["priority"],
            "created": local_texts(cases["created"]),
            "first_reply": local_texts(cases["replied"]),
            "first_solved": local_texts(cases["solved"]),
            "last_solved": local_texts(np.maximum(cases["solved"], cases["solved_again"])),
            "reopened": local_texts(cases["reopened"]),
            "times_reopened": (cases["reopened"] != NEVER).astype(int),
            "hand_offs": cases["hand_offs"],
            "contacts": cases["contacts"],
            "asked_again": np.where(again, yes_no(cases["asked_again"]), ""),
            "history_seen": np.where(again, yes_no(cases["history_seen"]), ""),
            "systems": cases["systems"],
            "due": local_texts(cases["due"]),
            "complaint": yes_no(cases["complaint"]),
            "agent": np.char.mod("A-%03d", cases["agent"]),
            "team": cases["group"],
            "updated": local_texts(cases["updated"]),
        },
    )
    orders = changed(streams["orders"], "ordered", "delivered", "returned")
    if not first:
        orders = united([rows(orders, np.arange(3)), orders])
        orders["account"][:3] = "test"
        orders["order"][:3] = numbered("OT", month, 3)
        orders["customer"][:3] = "C-TEST01"
    write_parquet(
        folder / f"orders_{month}.parquet",
        {
            "order_no": orders["order"],
            "customer_id": orders["customer"],
            "account": orders["account"],
            "ordered": wall(orders["ordered"]),
            "amount": orders["amount"],
            "margin": orders["margin"],
            "channel": orders["channel"],
            "shop": orders["store"],
            "promised": wall(orders["promised"]),
            "delivered": wall(orders["delivered"]),
            "returned": wall(orders["returned"]),
            "hand_overs": np.where(orders["delivered"] == NEVER, "", orders["hand_overs"].astype(str)),
            "updated": wall(orders["updated"]),
        },
        decimals=("amount", "margin"),
    )
    if first:
        return
    invitations = changed(streams["invitations"], "sent", "completed")
    write_csv(
        folder / f"invitations_{month}.csv.gz",
        {
            "invitation": invitations["invitation"],
            "customer_id": invitations["customer"],
            "survey": invitations["survey"],
            "channel": invitations["channel"],
            "sent": local_texts(invitations["sent"]),
            "status": np.where(invitations["bounced"], "bounced", "delivered"),
            "completed": local_texts(invitations["completed"]),
            "updated": local_texts(invitations["updated"]),
        },
    )
    pages = changed(streams["help_events"], "occurred", "fixed")
    write_jsonl(
        folder / f"help_events_{month}.jsonl.gz",
        {
            "event": pages["event"],
            "session": pages["session"],
            "customer_id": pages["customer"],
            "kind": pages["kind"],
            "article": pages["article"],
            "topic": pages["topic"],
            "results": np.where(pages["results"] == NEVER, "", pages["results"].astype(str)),
            "clicked": np.where(pages["kind"] == "search", yes_no(pages["clicked"]), ""),
            "helpful": np.where(pages["kind"] == "vote", yes_no(pages["helpful"]), ""),
            "at": local_texts(pages["occurred"]),
            "fixed": local_texts(pages["fixed"]),
            "updated": local_texts(pages["updated"]),
        },
    )
