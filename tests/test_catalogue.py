"""The catalogue of measures: every id of the domain is declared, and docs/catalogue.md lists what is declared."""

from __future__ import annotations

import pytest

from flows.kpis import project_facts
from flows.settings import PROJECT_ROOT
from tests.catalogue_page import page

#: Every measure of the domain's tables 2.1 to 2.3b. A KPI is one as itself or with a suffix.
MEASURES = [
    "nps", "csat_t2b", "csat_mean", "ces", "resp_rate", "loyal_share", "wtp", "referral", "repeat_rate", "new_kept",
    "driver_rank", "reviews", "churn_logo", "churn_rev", "expansion", "grr", "nrr", "retention", "clv",
    "cohort_support", "churn_bad_exp", "tiers", "pareto", "profit_link", "frt", "ttr", "reopen", "fcr", "unanswered",
    "repeat_info", "continuity", "apps_used", "agent_var", "proactive", "bot_contain", "complaints", "closed_loop",
    "wait", "abandon", "no_callback", "hold_content", "mobile_share", "voice_share", "channel_mix", "pref_match",
    "msg_share", "web_engage", "store", "touch_sat", "touch_consist", "path_drop", "path_clear", "dim5", "delivery",
    "eco_gap", "empathy", "emp_exp", "frontline", "social_care", "self_service", "kb_help", "kb_flag", "kb_gap",
    "kb_search", "forum", "sentiment", "resp_camp", "ab_mail", "personal", "gap7",
]  # fmt: skip


def measured_by(measure: str, kpis: set[str]) -> set[str]:
    """The KPIs of a measure: the one of its name, and those with a suffix to it."""
    return {kpi for kpi in kpis if kpi == measure or kpi.startswith(f"{measure}_")}


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_of_the_domain_is_declared(measure: str) -> None:
    kpis = {kpi.id for meta in project_facts().values() for kpi in meta.kpis}
    assert measured_by(measure, kpis), f"declare {measure} beside its fact"


def test_the_page_of_the_catalogue_lists_what_is_declared() -> None:
    written = (PROJECT_ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.catalogue_page"
