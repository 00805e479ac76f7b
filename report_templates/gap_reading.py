"""The part ``gap`` of ``report_input.json`` as checked objects: the seven steps of a month, and the months before."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from report_templates.checked import Number, Read

Verdict = Literal["continue", "revise", "stop", "too early"]


class GapFigure(Read):
    """One dimension as one role rates it: steps 2 to 4."""

    role: str
    dimension: str
    position: int
    sample: bool
    n: int | None = None
    experience: Number = None
    experience_low: Number = None
    experience_high: Number = None
    expectation: Number = None
    expectation_low: Number = None
    expectation_high: Number = None
    satisfaction: Number = None
    satisfaction_low: Number = None
    satisfaction_high: Number = None
    satisfaction_error: Number = None
    importance: Number = None
    weighted_satisfaction: Number = None
    weighted_satisfaction_low: Number = None
    weighted_satisfaction_high: Number = None
    most_negative_pct: Number = None
    ideal: Number = None
    ideal_is: str = "actual"
    gap: Number = None
    gap_low: Number = None
    gap_high: Number = None
    rank: int | None = None
    rank_best: int | None = None
    rank_worst: int | None = None
    is_key: bool = False
    not_given: list[str] = []
    withheld: list[str] = []

    @model_validator(mode="after")
    def _keeps_what_is_withheld(self) -> GapFigure:
        if any(getattr(self, measure) is not None for measure in self.withheld):
            raise ValueError("a withheld mean carries a number")
        return self


class Ranking(Read):
    """Step 3 of one group."""

    role: str
    slice: str = "overall"
    slice_value: str | None = None
    key: list[str] = []
    candidates: list[str] = []
    unrankable: list[str] = []
    could_be_worse: list[str] = []
    key_without_importance: list[str] = []


class RoleDifference(Read):
    """``role`` minus ``other``; ``clear`` where it is more than chance, null where that cannot be said."""

    dimension: str
    measure: str
    role: str
    other: str
    difference: float
    low: Number = None
    high: Number = None
    clear: bool | None = None


class Driver(Read):
    """One dimension's importance, stated and derived, and where it lies in the two pictures."""

    dimension: str
    position: int
    n: int
    minimum_cases: int
    r_squared: Number = None
    stated: Number = None
    stated_rank: int | None = None
    derived_pct: Number = None
    derived_pct_low: Number = None
    derived_pct_high: Number = None
    derived_rank_best: int | None = None
    derived_rank_worst: int | None = None
    direction: Number = None
    warnings: list[str] = []
    performance: Number = None
    stated_quadrant: str | None = None
    derived_quadrant: str | None = None
    stated_line: Number = None
    derived_line: Number = None
    stated_performance_line: Number = None
    derived_performance_line: Number = None


class Requirement(Read):
    """One open gap and one initiative for it."""

    dimension: str
    gap: Number = None
    rank: int | None = None
    initiative: str | None = None
    requirement: str | None = None
    strategy_fit: Number = None
    readiness: Number = None
    fit: str
    not_ready: list[str] = []
    not_scored: list[str] = []


class Evidence(Read):
    """One comparison of an initiative's outcome at the end of a month; without a comparison only the verdict."""

    period: str
    initiative: str
    dimension: str
    position: int
    compared: str | None = None
    base: str | None = None
    units: Number = None
    months: int | None = None
    base_months: int | None = None
    ratio: Number = None
    ratio_low: Number = None
    ratio_high: Number = None
    promised: Number = None
    promise: str | None = None
    works: bool | None = None
    reason: str
    verdict: Verdict


class Simulation(Read):
    dimension: str
    is_key: bool = False
    experience: Number = None
    ideal: float
    effect: Number = None
    effect_low: Number = None
    effect_high: Number = None
    outcome_mean: Number = None
    expected: Number = None


class BrandValue(Read):
    """Step 1, and what step 7 proposes."""

    cycle: int
    since: str | None = None
    dimension: str | None = None
    why_customers_come: str | None = None
    for_whom: str | None = None
    proposed: str | None = None
    proved_by: str | None = None
    changed: bool = False


class Initiative(Read):
    initiative: str
    title: str
    dimension: str
    owner: str | None = None
    start: str | None = None
    due: str | None = None


class Scale(Read):
    scale_low: float
    scale_high: float
    importance_low: float
    importance_high: float


class Cycle(Read):
    """What became of a cycle; ``change``: satisfaction with its brand value, first half to second."""

    cycle: int = 0
    since: str | None = None
    brand_value: str | None = None
    first: str
    last: str
    months: int
    key: list[str] = []
    key_months: int
    verdicts: dict[str, Verdict] = {}
    proposed: str | None = None
    proved_by: str | None = None
    followed: bool | None = None
    change: Number = None
    change_low: Number = None
    change_high: Number = None


class Month(Read):
    """The month before, as it was published."""

    period: str
    key: list[str] = []
    verdicts: dict[str, Verdict] = {}


class Gap(Read):
    """The seven steps of the report month."""

    role: str
    ranking: Ranking
    parts: list[Ranking] = []
    figures: list[GapFigure] = Field(min_length=1)
    roles: list[RoleDifference] = []
    drivers: list[Driver] = []
    requirements: list[Requirement] = []
    evidence: list[Evidence] = []
    simulation: list[Simulation] = []
    brand_value: BrandValue | None = None
    initiatives: list[Initiative] = []
    scale: Scale
    cycles: list[Cycle] = []
    last_month: Month | None = None
