"""A report input as publishing writes it: fourteen KPIs of a made-up company, 25 months, groups, gates, dirt."""

from __future__ import annotations

import csv
import random
from typing import Any

PERIOD = "2026-09"
MONTHS = [f"{2024 + (8 + step) // 12}-{(8 + step) % 12 + 1:02d}" for step in range(25)]

# One KPI a line. ``level``, ``half`` (of the 95% interval) and ``change`` are in the KPI's unit; a blank is no target.
_KPIS = """
kpi|label|unit|direction|kind|fact|section|headline|decimals|smallest_change|level|half|change|verdict|target|n
nps|Net Promoter Score|points|up|nps|feedback|loyalty|yes|1|5|41.3|5.2|6.2|better|40|1204
csat_t2b|Satisfied customers (top two)|%|up|proportion|feedback|loyalty|yes|1|2|82.4|1.9|0.4|no clear change|85|1611
csat_mean|Satisfaction, mean of 1 to 5|score|up|mean|feedback|loyalty|no|2|0.1|4.21|0.05|0.02|no clear change||1611
ces|Customer effort (easy, 5 to 7 of 7)|%|up|proportion|feedback|loyalty|yes|1|2|71.8|2.8|-0.9|no clear change|70|988
resp_rate|Survey response rate|%|up|proportion|invitations|loyalty|no|1|1|23.7|1.1|-0.3|no clear change||6120
churn_logo|Customers lost|%|down|proportion|customers|retention|yes|2|0.3|1.62|0.17|-0.05|no clear change|1.5|21340
repeat_rate|Repeat purchase within 90 days|%|up|proportion|orders|retention|no|1|1|34.9|1.6|1.1|no clear change||3405
frt_median|Median first reply time|hours|down|quantile|cases|service|yes|1|0.5|5.4|0.4|1.3|worse|4|2876
frt_p90|First reply time, slowest tenth|hours|down|quantile|cases|service|no|1|2|31.2|2.7|6.9|worse||2876
ttr_median|Median resolution time|hours|down|quantile|cases|service|yes|1|2|27.5|1.8|0.8|no clear change|30|2633
reopen_rate|Cases reopened within 14 days|%|down|proportion|cases|service|no|1|1|6.3|0.9|0.2|no clear change|6|2633
complaints|Complaints|per 1,000|down|rate|cases|service|yes|2|0.5|3.41|0.74|0.22|no clear change||74
abandon_rate|Callers who gave up|%|down|proportion|calls|channels|no|1|1|7.9|0.6|-2.2|better|8|8012
mobile_share|Calls from mobile phones|%|neutral|proportion|calls|channels|no|1|2|63.5|1.1|3.4|changed||7411
on_time|Delivered on time|%|up|proportion|orders|delivery|yes|1|1|93.1|0.8|0.3|no clear change|95|3987
"""
_DEFINITIONS = {
    "nps": (
        "Share of answers of 9 and 10 minus share of 0 to 6, of all answers from 0 to 10.",
        "Passives (7 and 8) stay in the base; answers off the scale are refused by the gate.",
    ),
    "frt_median": (
        "Time from a case's creation to the first public reply of an agent; half of the cases were answered sooner.",
        "A case without a reply counts as longer than any reply, up to the end of the follow-up window.",
    ),
}
_GROUPS = [
    ("nps", "customer_region", "Centre", 44.0, 9.1, 4.8, "no clear change", 402),
    ("nps", "customer_region", "East", 39.2, 9.8, 2.1, "no clear change", 351),
    ("nps", "customer_region", "North", 29.4, 9.9, -14.6, "worse", 322),
    ("nps", "customer_region", "South", 57.1, 10.4, 21.7, "better", 117),
    ("nps", "customer_region", "Islands", 33.3, 31.0, 9.0, "low base", 12),
    ("nps", "customer_region", "Overseas", None, None, None, "hidden", None),
    ("csat_t2b", "channel", "email", 80.2, 3.9, -0.4, "no clear change", 401),
    ("csat_t2b", "channel", "phone", 83.9, 2.7, 0.8, "no clear change", 712),
    ("csat_t2b", "channel", "chat", 82.5, 3.4, 1.1, "no clear change", 498),
    ("frt_median", "channel", "chat", 0.4, 0.1, 0.0, "no clear change", 911),
    ("frt_median", "channel", "email", 11.8, 1.1, 4.9, "worse", 1204),
    ("frt_median", "channel", "phone", 2.2, 0.4, 0.1, "no clear change", 761),
    ("on_time", "store", "Hafen & Co. <3>", 88.0, 2.9, -4.1, "worse", 640),
    ("on_time", "store", "北京旗艦店", 95.7, 1.6, 0.5, "no clear change", 1102),
    ("on_time", "store", "Łódź Fabryczna", 94.3, 1.1, 0.4, "new", 2245),
]


def sample(**changes: Any) -> dict[str, Any]:
    """The report input with its top-level keys replaced by ``changes``."""
    rows = list(_declarations().values())
    document = {
        "company": "Meridian Home Services",
        "period": PERIOD,
        "period_label": "September 2026",
        "timezone": "Europe/Warsaw",
        "currency": "EUR",
        "language": "en",
        "revision": 1,
        "revision_reason": None,
        "kpis": [_declared(position, row) for position, row in enumerate(rows)],
        "figures": [_overall(row) for row in rows] + [_group(*group) for group in _GROUPS],
        "series": {row["kpi"]: _series(row) for row in rows},
        "benchmarks": [
            {"kpi": kpi, "value": value, "source": source, "note": note, "is_verified": verified}
            for kpi, value, source, note, verified in (
                ("mobile_share", 60.0, "Article on voice calls", "given as three in five", False),
                ("nps", 45.0, "Survey of the trade association", None, True),
                ("nps", 35.0, "A vendor's <white> paper", "其他國家", False),
                ("csat_t2b", 12.5, "Article on satisfaction", "given as 12 to 13 %", False),
            )
        ],
        "trust": _trust(),
        "built": {"run": "2026-10-02T060004Z-7f3a", "project_version": "0.1.0", "inputs_sha256": "9c" * 32},
    }
    return document | changes


def _declarations() -> dict[str, dict[str, Any]]:
    rows = {}
    for row in csv.DictReader(_KPIS.strip().splitlines(), delimiter="|"):
        numbers = {name: float(row[name]) for name in ("smallest_change", "level", "half", "change")}
        counts = {name: int(row[name]) for name in ("decimals", "n")}
        target = float(row["target"]) if row["target"] else None
        rows[row["kpi"]] = row | numbers | counts | {"headline": row["headline"] == "yes", "target": target}
    return rows


def calm() -> dict[str, Any]:
    """A month in which nothing changed for certain and no target is missed for certain."""
    document = sample()
    for figure in document["figures"]:
        if figure["verdict"] in ("better", "worse", "changed"):
            figure |= {"verdict": "no clear change", "change_low": -1.0, "change_high": 1.0, "change": 0.1}
        figure |= {"target": None, "met": None}
    for months in document["series"].values():
        for month in months:
            if month["verdict"] in ("better", "worse", "changed"):
                month["verdict"] = "no clear change"
    return document


#: Theme, share spoken of negatively, topics, verdict.
_THEMES = [
    ("billing", 71.4, 84, "worse"),
    ("staff", 6.1, 310, "no clear change"),
    ("waiting", 64.0, 25, "low base"),
    ("home_visit", None, None, "hidden"),
]
QUOTES = [
    ("billing", "negative", 1, "The bill went <b>up</b> again & nobody told me.", "en", 84),
    ("billing", "negative", 2, "帳單又漲了，也沒有先通知。", "zh-Hant", 84),
    ("home_visit", "negative", 1, "Words of a theme that shows no number.", "en", 12),
    ("staff", "positive", 1, "[…] wyjaśniła wszystko, dziękuję!", "pl", 310),
    ("staff", "positive", 2, "{{ 7 * 7 }} out of ten.", 'en" onload="alert(1)', 310),
]


def commented() -> dict[str, Any]:
    """The sample with comments: a share of blame overall and by theme, how far it reaches, and quotes."""
    document = sample()
    like_kpi, like_figure = document["kpis"][1], figure_of(document, "csat_t2b")
    for kpi, label, unit, value, n in (
        ("sentiment", "Negative topics in comments", "%", 24.2, 419),
        ("sentiment_coverage", "Comments with a known theme", "%", 88.4, 402),
        ("sentiment_kappa", "Comments agree with their scores", "ratio", 0.52, 371),
    ):
        half = 0.04 if unit == "ratio" else 4.0
        changes = {"kpi": kpi, "unit": unit, "value": value, "n": n, "low": value - half, "high": value + half}
        document["kpis"].append(
            like_kpi | {
                "kpi": kpi, "label": label, "unit": unit, "fact": "comment_topics", "section": "comments",
                "direction": "down", "headline": False, "slices": ["theme"], "decimals": 2 if unit == "ratio" else 1,
                "position": len(document["kpis"]),
            }
        )  # fmt: skip
        document["figures"].append(like_figure | changes | {"target": None, "met": None})
    for theme, value, n, verdict in _THEMES:
        figure = _figure("csat_t2b", "theme", theme, value, 5.0, 12.0, verdict, n, None)
        document["figures"].append(figure | {"kpi": "sentiment"})
    document["quotes"] = [
        dict(zip(("theme", "polarity", "place", "quote", "language", "comments"), quote, strict=True))
        | {"period": PERIOD, "response_id": "R-4711", "mapping": "survey.nps", "source_file": "a.csv", "source_line": 9}
        for quote in QUOTES
    ]
    return document


def large(kpis: int = 100) -> dict[str, Any]:
    """A report with every kind of section and as many KPIs as the project declares, in sections of its own."""
    from report_templates.vocabulary import SECTIONS

    document, sections = commented(), list(SECTIONS)
    models = [kpi for kpi in document["kpis"] if kpi["section"] != "comments" and not kpi["headline"]]
    words = "Cases that were not solved when the month they are counted in was over count as longer than any other. "
    for number in range(len(document["kpis"]), kpis):
        like = models[number % len(models)]
        kpi = f"{like['kpi']}_{number}"
        document["kpis"].append(
            like | {
                "kpi": kpi, "label": f"{like['label']}, variant {number}", "section": sections[number % len(sections)],
                "position": number, "definition": words, "edge_cases": words * 2,
                "counted": "case when first_reply_at <= created_at + interval 3 day then first_reply_hours end",
                "base": "created_at is not null and not coalesce(bounced, false)",
            }
        )  # fmt: skip
        if number % 12 == 0:  # told by level
            shares = [("email", 40.0), ("phone", 35.0), ("web", 25.0)]
            levels = [_figure(like["kpi"], "channel", name, value, 3.0, 0.4, "no clear change", 500, None)
                      for name, value in shares]  # fmt: skip
            document["figures"] += [level | {"kpi": kpi} for level in levels]
        else:
            document["figures"].append(figure_of(document, like["kpi"]) | {"kpi": kpi, "target": None, "met": None})
    return document


def figure_of(document: dict[str, Any], kpi: str, slice_value: str | None = None) -> dict[str, Any]:
    """The figure of ``kpi``, overall or of one group, for a test to change."""
    return next(row for row in document["figures"] if (row["kpi"], row["slice_value"]) == (kpi, slice_value))


def _declared(position: int, row: dict[str, Any]) -> dict[str, Any]:
    definition, edge = _DEFINITIONS.get(
        row["kpi"], (f"{row['label']}, of all that count in the month.", "Rows without the needed column are left out.")
    )
    slices = list(dict.fromkeys(group[1] for group in _GROUPS if group[0] == row["kpi"]))
    return {
        name: row[name]
        for name in (
            "kpi", "label", "unit", "direction", "kind", "fact", "section", "headline", "decimals", "smallest_change",
        )
    } | {
        "definition": definition,
        "base": "question_kind = 'nps' and respondent_role = 'customer'" if row["kpi"] == "nps" else "true",
        "counted": "answered_at",
        "window_days": 14 if row["kpi"] == "reopen_rate" else 0,
        "slices": slices,
        "minimum_base": 30,
        "compared_with": "previous_month",
        "population": "sample" if row["fact"] == "feedback" else "census",
        "exposure": "active_customers" if row["kind"] == "rate" else None,
        "position": position,
        "edge_cases": edge,
    }  # fmt: skip


def _overall(row: dict[str, Any]) -> dict[str, Any]:
    return _figure(
        row["kpi"], "overall", None, row["level"], row["half"], row["change"], row["verdict"], row["n"], row["target"]
    )


def _group(kpi: str, slice_: str, value: str, level, half, change, verdict: str, n) -> dict[str, Any]:
    return _figure(kpi, slice_, value, level, half, change, verdict, n, None)


def _figure(kpi: str, slice_: str, slice_value, level, half, change, verdict: str, n, target) -> dict[str, Any]:
    declared = _declarations()[kpi]
    shown, compared = verdict != "hidden", verdict not in ("hidden", "new")
    tested = verdict in ("better", "worse", "changed", "no clear change")
    met = (
        None if target is None or not shown else (level >= target if declared["direction"] == "up" else level <= target)
    )
    return {
        "period": PERIOD,
        "kpi": kpi,
        "slice": slice_,
        "slice_value": slice_value,
        "value": level,
        "unit": declared["unit"],
        "n": n,
        "low": level - half if shown else None,
        "high": level + half if shown else None,
        "previous": level - change if compared else None,
        "change": change if compared else None,
        "change_low": change - _half_of_change(change, half, verdict) if compared else None,
        "change_high": change + _half_of_change(change, half, verdict) if compared else None,
        "p": (0.004 if verdict in ("better", "worse", "changed") else 0.4) if tested else None,
        "q": (0.021 if verdict in ("better", "worse", "changed") else 0.6) if tested else None,
        "verdict": verdict,
        "target": target,
        "met": met,
    }


def _half_of_change(change: float, half: float, verdict: str) -> float:
    return abs(change) * 0.8 if verdict in ("better", "worse", "changed") else max(half * 1.4, abs(change) * 1.6)


def _series(row: dict[str, Any]) -> list[dict[str, Any]]:
    """25 months that end in the figure of the report month; the first four of the response rate do not exist."""
    noise = random.Random(row["kpi"])
    months = []
    for step, period in enumerate(MONTHS):
        last = step == len(MONTHS) - 1
        drift = (step - 23) * 0.012 * row["half"]
        level = row["level"] if last else row["level"] - row["change"] + drift + noise.uniform(-0.5, 0.5) * row["half"]
        hidden = row["kpi"] == "complaints" and step in (6, 7)
        months.append(
            {
                "period": period,
                "value": None if hidden else level,
                "low": None if hidden else level - row["half"] * 1.05,
                "high": None if hidden else level + row["half"] * 1.05,
                "n": None if hidden else row["n"] - step,
                "verdict": row["verdict"]
                if last
                else "hidden"
                if hidden
                else "new"
                if step == 0
                else "no clear change",
            }
        )
    if row["kpi"] == "nps":
        months[11] |= {"verdict": "worse"}
    return months[4:] if row["kpi"] == "resp_rate" else months


def _trust() -> dict[str, Any]:
    first, last = "2024-09-01T00:03:11+02:00", "2026-09-30T23:58:40+02:00"
    return {
        "gates": [
            {
                "gate": "deliveries",
                "passed": 118,
                "failed": 0,
                "warnings": [
                    "survey_answers: 412 rows, 31 % fewer than the usual volume",
                    "helpdesk_cases.channel: 3 rows without a channel",
                ],
            },
            {"gate": "figures", "passed": 241, "failed": 0, "warnings": []},
        ],
        "handled": [
            {"source": source, "mapping": mapping, "kind": kind, "reason": reason, "rows": rows}
            for source, mapping, kind, reason, rows in (
                ("helpdesk_cases", None, "drop", "spam closed by the filter", 61),
                ("orders", None, "duplicate", "same order id, last one kept", 17),
                ("survey_answers", "nps", "mend", "999 means not asked", 208),
                ("survey_answers", None, "correction", "test response of the vendor", 1),
            )
        ],
        "deliveries": [
            {
                "source": source,
                "contract": contract,
                "mapping": mapping,
                "rows": rows,
                "first_at": first,
                "last_at": last,
            }
            for source, contract, mapping, rows in (
                ("call_log", "calls", "calls", 201377),
                ("helpdesk_cases", "cases", "cases", 70455),
                ("orders", "orders", "orders", 98702),
                ("survey_answers", "feedback", "csat", 40121),
                ("survey_answers", "feedback", "nps", 30277),
                ("subscriptions", "subscriptions", "months", 512004),
            )
        ],
        "absent": [
            {"kpi": kpi, "label": label, "why": why}
            for kpi, label, why in (
                ("closed_loop", "Alerts answered within 48 hours", "alerts.first_action_at not delivered"),
                ("bot_contain", "Bot sessions contained", "sessions.handed_over not delivered"),
            )
        ],
        "restatements": [
            {"period": period, "kpi": kpi, "slice": slice_, "slice_value": value, "from": before, "to": after}
            for period, kpi, slice_, value, before, after in (
                ("2026-08", "on_time", "overall", None, 92.9, 92.8),
                ("2026-07", "reopen_rate", "channel", "email", 6.4, 6.7),
            )
        ],
        "notes": [
            "For 37 customers the earliest known region was used: their answer is older than the first snapshot."
        ],
    }
