"""Gate 2, the gap analysis: its arithmetic is the method's, and nobody can be recognised in it."""

from __future__ import annotations

from expectations.check import ROWS, Check, Suite, literal, no_rows_where, refused_by, unique

AT = "period, dimension as kpi, slice"
#: Sums of ratings are floating-point.
TOLERANCE = 1e-6


def gap_suite(period: str, hidden_below: int) -> Suite:
    """The checks of the table ``gap_figures`` for the report of ``period``; ``hidden_below`` as in cx.toml."""
    return Suite("gap_figures", "gap_figures", (*_method(period), *_private(hidden_below)))


def _method(period: str) -> list[Check]:
    weighted = (
        "case when satisfaction = 0 or importance = 0 then 0 else importance * satisfaction end "
        f"- weighted_satisfaction not between -{TOLERANCE} and {TOLERANCE}"
    )
    outside = " or ".join(
        f"({measure} not between {measure}_low - {TOLERANCE} and {measure}_high + {TOLERANCE})"
        for measure in ("experience", "expectation", "importance", "satisfaction")
    )
    return [
        refused_by(
            "period present",
            f"the gap analysis has rows for {period}",
            f"select 1 as refused from {ROWS} having count(*) filter (where period = {literal(period)}) = 0",
        ),
        unique(
            "unique", "one row a month, role, slice value and dimension",
            ["period", "role", "slice", "slice_value", "dimension"], AT,
        ),
        no_rows_where(
            "2c", "satisfaction is experience less expectation, and missing where one of them is",
            f"select {AT} from {ROWS} where (satisfaction is null) <> (experience is null or expectation is null) "
            f"or abs(experience - expectation - satisfaction) > {TOLERANCE}",
        ),
        no_rows_where(
            "3a", "weighted satisfaction is importance times satisfaction",
            f"select {AT} from {ROWS} where {weighted}",
        ),
        no_rows_where(
            "4b", "the gap is experience less ideal",
            f"select {AT} from {ROWS} where abs(experience - ideal - gap) > {TOLERANCE}",
        ),
        no_rows_where(
            "interval", "every mean lies in its own interval", f"select {AT} from {ROWS} where {outside}"
        ),
        no_rows_where(
            "judgement", "a judgement has no interval",
            f"select {AT} from {ROWS} where not sample and coalesce(experience_low, satisfaction_low) is not null",
        ),
    ]  # fmt: skip


def _private(hidden_below: int) -> list[Check]:
    few = " or ".join(
        f"({measure} is not null and ({measure}_n is null or {measure}_n < {hidden_below}))"
        for measure in ("experience", "expectation", "importance")
    )
    return [
        no_rows_where(
            "few", f"no mean of a sample rests on fewer than {hidden_below} people",
            f"select {AT} from {ROWS} where sample and ({few})",
        )
    ]  # fmt: skip
