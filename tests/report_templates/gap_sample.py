"""The part ``gap`` of a report input: three dimensions, one of which nobody weighed, and two initiatives."""

from __future__ import annotations

from typing import Any

PERIOD = "2026-09"


def figure(
    dimension: str, position: int, experience: float, expectation: float | None, **changes: Any
) -> dict[str, Any]:
    satisfaction = None if expectation is None else round(experience - expectation, 6)
    row = {
        "role": "customer", "dimension": dimension, "position": position, "sample": True, "n": 120,
        "experience": experience, "experience_low": experience - 0.2, "experience_high": experience + 0.2,
        "expectation": expectation, "satisfaction": satisfaction, "satisfaction_error": 0.1,
        "ideal": experience, "gap": 0.0, "not_given": [] if expectation is not None else ["expectation"],
    }  # fmt: skip
    if satisfaction is not None:
        row |= {"satisfaction_low": satisfaction - 0.2, "satisfaction_high": satisfaction + 0.2}
    return row | changes


def evidence(period: str, initiative: str, ratio: float, promised: float, **changes: Any) -> dict[str, Any]:
    return {
        "period": period, "initiative": initiative, "dimension": "convenience", "position": 1, "compared": "2 shops",
        "base": "1 shop", "units": 2, "months": 6, "base_months": 6, "ratio": ratio, "ratio_low": ratio - 0.1,
        "ratio_high": ratio + 0.1, "promised": promised, "promise": "kept", "works": True,
        "reason": "promise kept", "verdict": "continue",
    } | changes  # fmt: skip


def cycle(number: int, value: str, first: str, last: str, **changes: Any) -> dict[str, Any]:
    return {
        "cycle": number, "since": first, "brand_value": value, "first": first, "last": last, "months": 6,
        "key": ["convenience"], "key_months": 6, "verdicts": {"shops": "continue"}, "proposed": value,
        "proved_by": None, "followed": None, "change": 0.1, "change_low": -0.2, "change_high": 0.4,
    } | changes  # fmt: skip


def gap_sample(**changes: Any) -> dict[str, Any]:
    """The gap analysis; ``changes`` replace whole keys."""
    customers = [
        figure("product", 1, 7.0, 7.4, importance=7.0, weighted_satisfaction=-2.8, weighted_satisfaction_low=-4.2,
               weighted_satisfaction_high=-1.4, most_negative_pct=0.0, rank=2, rank_best=2, rank_worst=2),
        figure("convenience", 2, 5.6, 7.7, importance=8.7, is_key=True, weighted_satisfaction=-18.3,
               weighted_satisfaction_low=-20.0, weighted_satisfaction_high=-16.5, most_negative_pct=100.0,
               rank=1, rank_best=1, rank_worst=1,
               ideal=9.0, ideal_is="chosen", gap=-3.4, gap_low=-3.6, gap_high=-3.2),
        figure("brand_image", 3, 7.1, None),
    ]  # fmt: skip
    managers = [
        figure(name, place, 8.0, 7.8, role="management", sample=False, n=4, experience_low=None, experience_high=None,
               satisfaction_low=None, satisfaction_high=None)
        for place, name in enumerate(("product", "convenience", "brand_image"), 1)
    ]  # fmt: skip
    driver = {"n": 118, "minimum_cases": 100, "r_squared": 0.48, "stated_line": 7.9, "derived_line": 33.3,
              "stated_performance_line": 6.3, "derived_performance_line": 6.6}  # fmt: skip
    part = {
        "role": "customer",
        "ranking": {"role": "customer", "key": ["convenience"], "unrankable": ["brand_image"],
                    "could_be_worse": ["brand_image"]},
        "parts": [{"role": "customer", "slice": "region", "slice_value": name, "key": ["convenience"]}
                  for name in ("North", "South")],
        "figures": customers + managers,
        "roles": [
            {"dimension": "convenience", "measure": "satisfaction", "role": "customer", "other": "management",
             "difference": -2.3, "clear": True},
            {"dimension": "product", "measure": "satisfaction", "role": "customer", "other": "management",
             "difference": -0.6, "clear": False},
        ],
        "drivers": [
            driver | {"dimension": name, "position": place, "stated": stated, "performance": performance,
                      "derived_pct": pct, "derived_pct_low": pct - 9, "derived_pct_high": pct + 9,
                      "derived_rank_best": 1 if pct > 30 else 3, "derived_rank_worst": 2 if pct > 30 else 3,
                      "stated_quadrant": quadrant, "derived_quadrant": quadrant}
            for place, (name, stated, performance, pct, quadrant) in enumerate(
                [("product", 7.0, 7.0, 36.0, "keep up"), ("convenience", 8.7, 5.6, 47.0, "concentrate here"),
                 ("brand_image", None, 7.1, 17.0, None)], 1)
        ],
        "requirements": [
            {"dimension": "convenience", "gap": -3.4, "rank": 1, "initiative": "shops", "requirement": "Nearer shops",
             "strategy_fit": 5, "readiness": 4, "fit": "fits"},
            {"dimension": "product", "gap": 0, "rank": None, "initiative": "leaflet", "requirement": None,
             "strategy_fit": 2, "readiness": 3, "fit": "fits neither", "not_ready": ["people", "process"]},
        ],
        "evidence": [
            *(evidence(f"2026-0{month}", "shops", 2.2, 2.0) for month in range(6, 10)),
            evidence(PERIOD, "leaflet", 1.0, 1.5, compared="after", base="before", units=1, promise="broken",
                     works=False, reason="no effect, promise broken", verdict="stop"),
        ],
        "simulation": [{"dimension": "convenience", "is_key": True, "experience": 5.6, "ideal": 9.0, "effect": 0.9,
                        "effect_low": 0.6, "effect_high": 1.2, "outcome_mean": 7.9, "expected": 8.8}],
        "brand_value": {"cycle": 2, "since": "2026-04", "dimension": "convenience", "proposed": "convenience",
                        "proved_by": "shops", "why_customers_come": "It is near", "for_whom": "families"},
        "initiatives": [{"initiative": "shops", "title": "More shops", "dimension": "convenience"},
                        {"initiative": "leaflet", "title": "A leaflet", "dimension": "product"}],
        "scale": {"scale_low": 0, "scale_high": 10, "importance_low": 0, "importance_high": 10},
        "cycles": [cycle(1, "product", "2025-10", "2026-03", proposed="convenience", proved_by="shops", followed=True),
                   cycle(2, "convenience", "2026-04", PERIOD, proposed="convenience", proved_by="shops",
                         verdicts={"shops": "continue", "leaflet": "stop"})],
        "last_month": {"period": "2026-08", "key": ["convenience"],
                       "verdicts": {"shops": "continue", "leaflet": "revise"}},
    }  # fmt: skip
    return part | changes
