"""Observed cells, declarations and targets as the warehouse hands them over, from the few numbers that matter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flows.inference.figures import infer
from flows.inference.ranks import quantile_ranks

SILENT = {
    "slice": "overall",
    "slice_value": None,
    "positives": None,
    "negatives": None,
    "weight": None,
    "weight_squares": None,
    "total": None,
    "total_squares": None,
    "exposure": None,
    "quantile_value": None,
    "quantile_low": None,
    "quantile_high": None,
    "quantile_draws": None,
    "small_sample": None,
    "clusters": None,
    "cluster_squares": None,
    "cluster_cross": None,
    "cluster_total_squares": None,
    "cluster_mean_squares": None,
    "group_numbers": None,
    "group_numerators": None,
    "group_denominators": None,
    "life_times": None,
    "life_events": None,
    "life_censored": None,
    "estimate": None,
    "estimate_low": None,
    "estimate_high": None,
    "estimate_error": None,
}
DECLARED = {
    "kind": "proportion",
    "unit": "%",
    "direction": "up",
    "minimum_base": 30,
    "smallest_change": 0.0,
    "compared_with": "previous_month",
    "population": "census",
    "scale_low": None,
    "scale_high": None,
    "per": 1,
    "weighted": False,
    "quantile": None,
    "horizon": None,
    "parts": None,
    "partitions": None,
}
TARGET_COLUMNS = ["kpi", "slice", "slice_value", "target", "valid_from"]


def cell(period: str, n: int, positives: int | None = None, *, kpi: str = "csat", **statistics) -> dict:
    return SILENT | {"period": period, "kpi": kpi, "n": n, "positives": positives} | statistics


def observed(*cells: dict) -> pd.DataFrame:
    frame = pd.DataFrame(list(cells), columns=["period", "kpi", "n", *SILENT])
    # pandas would turn the null label of the whole into NaN
    return frame.assign(slice_value=pd.Series([each["slice_value"] for each in cells], dtype=object))


def kpis(*declared: dict) -> pd.DataFrame:
    rows = [DECLARED | {"kpi": "csat", "partitions": ["region"]} | each for each in declared or ({},)]
    return pd.DataFrame(rows, columns=["kpi", *DECLARED])


def targets(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=TARGET_COLUMNS)


def quantile_statistics(values: np.ndarray, quantile: float) -> dict:
    """What the warehouse observes of one quantile of ``values``; infinity is beyond the follow-up window."""
    ordered, ranks = np.sort(values), quantile_ranks([(len(values), quantile)]).to_pylist()[0]

    def at(rank):
        return None if rank < 1 or np.isinf(ordered[rank - 1]) else float(ordered[rank - 1])

    neighbours, share = (at(ranks["value_rank"]), at(ranks["next_rank"])), ranks["next_share"]
    if share == 0:
        neighbours = neighbours[:1] * 2
    value = None if None in neighbours else neighbours[0] * (1 - share) + neighbours[1] * share
    return {
        "quantile_value": value,
        "quantile_low": at(ranks["low_rank"]),
        "quantile_high": at(ranks["high_rank"]),
        "quantile_draws": [at(rank) for rank in ranks["draw_ranks"]],
    }


def moments(values: list[float]) -> dict:
    return {"n": len(values), "total": sum(values), "total_squares": sum(value * value for value in values)}


NO_TARGETS = targets()


def region(period: str, n: int, positives: int, label: str) -> dict:
    return cell(period, n, positives, slice="region", slice_value=label)


def figures(
    cells: list[dict], declared: pd.DataFrame | None = None, table: pd.DataFrame = NO_TARGETS, **options
) -> dict[tuple, dict]:
    """The figures of one KPI as dictionaries with None for null, by period and label (None for the whole)."""
    frame = infer(observed(*cells), kpis() if declared is None else declared, table, **options)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return {(row["period"], row["slice_value"]): row for row in rows}
