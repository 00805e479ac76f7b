"""What is true about the made-up company, as data: what a report of it must find, and where it must find nothing.

Everything that is not planted here comes from a process that never changes: constant chances per customer and month,
a base in balance, nothing that depends on season, weekday or length of a month. So each change between two months is
noise there, and no verdict may call it a change.

Honesty about the seed: noise alone calls a change now and then (that is what a false discovery rate is). ``SEED`` was
chosen among the first 31 for a report month in which no overall figure of the headline KPIs and no slice moves by
chance far enough to be called a change (largest of about 235 z-scores: 2.8), so that the demo's page one tells the
planted story and nothing else. A single chosen month proves nothing about the rate of false alarms; that is what tests
with many generated months are for. Those of this generator behave: over 54 month pairs of two other seeds the z-scores
of all KPIs and slices had a standard deviation of 1.0.
"""

from __future__ import annotations

from dataclasses import dataclass

from flows.demo.clock import LAST
from flows.demo.service import SLOW_FACTOR
from flows.demo.voice import FALLEN_REGION

#: KPIs that, overall, show no change in the report month. Recommendation overall is among them: it is some 6 points
#: lower because of one region, which is too little to be certain of with 1,250 answers.
QUIET_OVERALL = (
    "nps",
    "csat_t2b",
    "csat_mean",
    "ces",
    "resp_rate",
    "churn_logo",
    "repeat_rate",
    "frt_median",
    "frt_p90",
    "ttr_median",
    "ttr_p90",
    "reopen",
    "complaints",
    "on_time",
    "abandon",
    "abandon_short",
    "wait_median",
    "wait_p90",
    "wait_mean",
    "wait_service_level",
    "mobile_share",
    "mobile_share_unknown",
    "hold_content_abandon",
    "no_callback",
    "frt_business_median",
    "ttr_first_median",
    "fcr",
    "unanswered",
    "unanswered_unsolved",
    "repeat_info",
    "continuity",
    "apps_used",
    "pref_match",
    "msg_share",
    "msg_share_embedded",
    "social_care",
    "voice_share",
    "bot_contain",
    "closed_loop",
    "closed_loop_median",
    "closed_loop_recovered",
    "proactive",
    "proactive_lead_median",
)


@dataclass(frozen=True)
class Truth:
    """One planted truth. ``verdict`` is what the figure of ``kpi`` in that slice and month must say, if it is a KPI."""

    name: str
    sentence: str
    period: str = str(LAST)
    kpi: str | None = None
    slice: str | None = None
    slice_value: str | None = None
    verdict: str | None = None


TRUTHS = (
    Truth(
        "nps_falls_in_one_region",
        f"In the report month, customers in {FALLEN_REGION} recommend the company about 38 points less than before; "
        "nowhere else does recommendation change, in no other month, and nothing else changes in that region.",
        kpi="nps",
        slice="region",
        slice_value=FALLEN_REGION,
        verdict="worse",
    ),
    Truth(
        "replies_slow_on_one_channel",
        f"From the report month on, first replies on the messaging channel take {SLOW_FACTOR} times as long "
        "(median about 90 minutes before); on every other channel they take as long as ever.",
        kpi="frt_median",
        slice="channel",
        slice_value="messaging",
        verdict="worse",
    ),
    Truth(
        "replies_slow_on_one_channel_in_business_hours_too",
        "The same slowness shows in business hours, which are from seven to ten on almost every day.",
        kpi="frt_business_median",
        slice="channel",
        slice_value="messaging",
        verdict="worse",
    ),
    Truth(
        "on_time_never_changes",
        "93 % of promised deliveries arrive in time, in every month, region and channel.",
        kpi="on_time",
        slice="overall",
        verdict="no clear change",
    ),
    Truth(
        "convenience_is_the_key_experience",
        "Customers find convenience the most important dimension (8.7 of 10) and the one furthest below what they "
        "expect (5.6 against 7.7): importance times satisfaction is about -18, the next is price at about -4.5. It is "
        "also what moves their recommendation most. The front line sees the gap (5.9 against 7.8), management does "
        "not (7.3 against 7.4).",
    ),
    Truth(
        "variant_b_is_better",
        "In the summer installation offer of June 2026, 5 % respond to variant B and 3 % to variant A, with 6,000 "
        "recipients each, assigned at random.",
    ),
    Truth(
        "spring_variants_do_not_differ",
        "In the spring cleaning offer of March 2026, 3 % respond to either variant, with 3,000 recipients each.",
        period="2026-03",
    ),
    Truth(
        "bad_experiences_raise_churn",
        "A customer with a bad experience (satisfaction of 1 or 2, or a case reopened) leaves within the next three "
        "months with a chance of about 22 % instead of 4 %; two or more make it about 39 %. Each month alike, so churn "
        "as a whole stays at about 1.7 % a month.",
    ),
    Truth(
        "pickup_points_work",
        "Districts with k pick-up points take more than k times the orders of those with one, as was promised: the "
        "initiative for convenience works (outcomes.csv, orders_by_pickup_points).",
    ),
    Truth(
        "club_magazine_does_not_work",
        "Readers of the club magazine order as often after it appeared as before, against 1.2 times promised: the "
        "initiative for relationship does not work (outcomes.csv, repeat_orders_of_readers).",
    ),
)
