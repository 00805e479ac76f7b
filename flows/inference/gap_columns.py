"""The columns of the gap analysis' tables, by their kinds, and rows made into such a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flows.inference.gap_analysis import COLUMNS
from flows.inference.gap_roles import RoleDifference
from flows.inference.gap_statistics import GROUP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

_TEXTS = ("not_given", "withheld", "key", "candidates", "unrankable", "could_be_worse", "key_without_importance",
          "not_ready", "not_scored", "warnings")  # fmt: skip
_NAMES = ("period", "role", "other", "slice", "slice_value", "dimension", "measure", "ideal_is", "interval",
          "stated_quadrant", "derived_quadrant", "initiative", "requirement", "fit", "compared", "base", "promise",
          "reason", "verdict", "since", "why_customers_come", "for_whom", "proposed", "proved_by")  # fmt: skip
_FLAGS = ("sample", "is_key", "leads", "clear", "works", "changed")
_COUNTS = ("rank", "rank_best", "rank_worst", "stated_rank", "derived_rank", "ranks_apart", "derived_rank_best",
           "derived_rank_worst", "cycle", "position")  # fmt: skip

FIGURES = [*COLUMNS, "position", "interval", "rank", "rank_best", "rank_worst", "is_key"]
RANKINGS = [*GROUP, "leads", "key", "candidates", "unrankable", "could_be_worse", "key_without_importance"]
ROLE_DIFFERENCES = list(RoleDifference._fields)
REQUIREMENTS = ["period", "dimension", "gap", "rank", "initiative", "requirement", "strategy_fit", "readiness", "fit",
                "not_ready", "not_scored", "position"]  # fmt: skip
EVIDENCE = ["period", "initiative", "dimension", "position", "compared", "base", "units", "months", "base_months",
            "ratio", "ratio_low", "ratio_high", "difference", "difference_low", "difference_high", "promised",
            "promise", "works", "reason", "verdict"]  # fmt: skip
BRAND_VALUES = ["period", "cycle", "since", "dimension", "why_customers_come", "for_whom", "proposed", "proved_by",
                "changed"]  # fmt: skip
DRIVERS = ["period", "dimension", "position", "n", "minimum_cases", "r_squared", "rated", "stated", "stated_rank",
           "derived_pct", "derived_pct_low", "derived_pct_high", "derived_rank", "derived_rank_best",
           "derived_rank_worst", "ranks_apart", "direction", "correlation", "slope", "vif", "relative_weight_pct",
           "warnings", "performance", "stated_quadrant", "derived_quadrant", "stated_line", "derived_line",
           "stated_performance_line", "derived_performance_line"]  # fmt: skip
SIMULATION = ["period", "dimension", "is_key", "experience", "ideal", "gap", "slope", "effect", "effect_low",
              "effect_high", "outcome_mean", "expected", "expected_low", "expected_high"]  # fmt: skip


def as_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pa.Table:
    """``rows`` as an Arrow table with ``columns``; what is missing, undefined or not a number is null."""
    import pandas as pd
    import pyarrow as pa

    def clean(value: Any, kind: pa.DataType) -> Any:
        if pa.types.is_list(kind):
            return [] if value is None else [str(each) for each in value]
        if pd.isna(value):
            return None
        if pa.types.is_float64(kind):  # an overlap without end (VIF) has no number
            return float(value) if np.isfinite(value) else None
        return bool(value) if pa.types.is_boolean(kind) else int(value) if pa.types.is_int64(kind) else str(value)

    fields = [(name, _type(name)) for name in columns]
    return pa.table({name: pa.array([clean(row.get(name), kind) for row in rows], kind) for name, kind in fields})


def _type(column: str) -> pa.DataType:
    import pyarrow as pa

    if column in _TEXTS:
        return pa.list_(pa.string())
    if column in _NAMES:
        return pa.string()
    if column in _FLAGS:
        return pa.bool_()
    return pa.int64() if column in _COUNTS else pa.float64()
