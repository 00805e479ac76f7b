"""What inference reads: the observed sufficient statistics as cells of floats, with their KPI's declaration beside.

Nothing downstream meets a Decimal, a masked array or one of the several nulls of a data frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.errors import BuildError
from flows.inference.kinds import KINDS
from flows.inference.ranks import GRID
from flows.inference.verdicts import DIRECTIONS

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ["period", "kpi", "slice", "slice_value"]
STATISTICS = [
    *("positives", "negatives", "weight", "weight_squares", "total", "total_squares", "exposure"),
    *("quantile_value", "quantile_low", "quantile_high"),
    *("clusters", "cluster_squares", "cluster_cross", "cluster_total_squares", "cluster_mean_squares"),
    *("estimate", "estimate_low", "estimate_high", "estimate_error"),
]
#: Statistics that are lists, one a cell; None where there is none.
LISTS = (
    *("small_sample", "group_numbers", "group_numerators", "group_denominators"),
    *("life_times", "life_events", "life_censored"),
)
#: What a declaration means where it is silent.
SILENCE = {
    "minimum_base": 30,
    "smallest_change": 0,
    "per": 1,
    "scale_low": -np.inf,
    "scale_high": np.inf,
    "quantile": np.nan,
    "horizon": np.nan,
}
#: Kinds whose n is not a number of rows that the values of a slice share out.
NOT_ADDITIVE = ("mix", "estimate", "composite")
COMPARED_WITH = ("previous_month", "last_with_data", "nothing")


def cells_of(observed: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """The observed rows that have a denominator, each with its KPI's declaration, in the order of IDENTITY.

    Raises BuildError, naming KPI, period and slice, for an undeclared KPI, a declaration that cannot be meant, a cell
    that comes twice, a statistic that the kind needs and that is missing, or more positives than answers.
    """
    import pandas as pd

    cells = pd.DataFrame({column: observed[column].astype(str).to_numpy(object) for column in IDENTITY[:3]})
    labels = [None if pd.isna(label) else str(label) for label in observed["slice_value"]]
    cells["slice_value"] = pd.Series(labels, dtype=object)
    cells["n"] = _numbers(observed, "n", 0)
    for column in STATISTICS:
        cells[column] = _numbers(observed, column, np.nan)
    draws = observed["quantile_draws"] if "quantile_draws" in observed else [None] * len(observed)
    cells["quantile_draws"] = pd.Series([_grid(given) for given in draws], dtype=object)
    cells["parts_present"] = observed["parts_present"].to_numpy(object) if "parts_present" in observed else None
    for column in LISTS:
        given = observed[column] if column in observed else [None] * len(observed)
        cells[column] = pd.Series([_list(each) for each in given], dtype=object)

    declared = _declarations(kpis)
    for kpi in sorted(set(cells["kpi"]) - set(declared["kpi"])):
        raise BuildError("is observed but not declared", "declare it beside its fact", where=f"kpi {kpi}")
    _refuse(cells, cells.duplicated(IDENTITY).to_numpy(), "one cell is observed twice")
    cells = cells.merge(declared, on="kpi", how="left", validate="many_to_one")
    # the clusters of a spread are what differs, not whose rows they are
    clustered = cells["clusters"].notna() & (cells["kind"] != "spread")
    cells["people"] = np.where(clustered, cells["clusters"], cells["n"])
    cells = cells[_has_denominator(cells)]
    _check_statistics(cells)
    unlabelled_first = cells["slice_value"].notna()
    cells = cells.assign(labelled=unlabelled_first)
    order = ["period", "kpi", "slice", "labelled", "slice_value"]
    return cells.sort_values(order, ignore_index=True).drop(columns="labelled")


def partitions_of(kpis: pd.DataFrame) -> dict[str, frozenset[str]]:
    """By KPI, the slices whose values make up the whole: ``partitions``, or all ``slices`` where that is not declared.

    All of them, because a row without a value of its own is observed under a label of its own. What an estimate or a
    composite rests on is not shared out among its slices.
    """
    import pandas as pd

    named = kpis["partitions" if "partitions" in kpis else "slices"]
    return {
        kpi: frozenset() if pd.api.types.is_scalar(slices) or kind in NOT_ADDITIVE else frozenset(slices)
        for kpi, kind, slices in zip(kpis["kpi"], kpis["kind"], named, strict=True)
    }


def _declarations(kpis: pd.DataFrame) -> pd.DataFrame:
    """What inference reads of the declarations, one row a KPI, silence filled in."""
    import pandas as pd

    read = pd.DataFrame({column: kpis[column].astype(str) for column in ("kpi", "kind", "unit", "direction")})
    for column, silent in SILENCE.items():
        read[column] = _numbers(kpis, column, silent)
    read["compared_with"] = [COMPARED_WITH[0] if pd.isna(given) else str(given) for given in kpis["compared_with"]]
    read["weighted"] = np.array([not pd.isna(given) and bool(given) for given in kpis["weighted"]], bool)
    for column, known in (("kind", KINDS), ("direction", DIRECTIONS), ("compared_with", COMPARED_WITH)):
        for kpi, given in zip(read["kpi"], read[column], strict=True):
            if given not in known:
                remedy = f"declare one of {', '.join(known)}"
                raise BuildError(f"{column} {given!r} is not known", remedy, where=f"kpi {kpi}")
    for kpi, kind, weighted in zip(read["kpi"], read["kind"], read["weighted"], strict=True):
        if weighted and KINDS[kind].needs_weighted is None:
            raise BuildError(f"a {kind} cannot be weighted", "leave the weight out", where=f"kpi {kpi}")
    return read


def _has_denominator(cells: pd.DataFrame) -> np.ndarray:
    there = cells["n"].to_numpy() > 0
    for name, kind in KINDS.items():
        for weighted, column in ((False, kind.denominator), (True, kind.denominator_weighted)):
            if column:
                mine = (cells["kind"] == name) & (cells["weighted"] == weighted)
                there &= ~mine | (cells[column] > 0)
    return there


def _check_statistics(cells: pd.DataFrame) -> None:
    for name, kind in KINDS.items():
        for weighted, needs in ((False, kind.needs), (True, kind.needs_weighted or ())):
            mine = ((cells["kind"] == name) & (cells["weighted"] == weighted)).to_numpy()
            for column in needs:
                given = cells[column]
                missing = given.isna() if column in LISTS else ~np.isfinite(given.to_numpy())
                _refuse(cells, mine & np.asarray(missing), f"{column} is missing")
    drawn = np.array([draws is not None for draws in cells["quantile_draws"]], bool)
    to_draw = ((cells["kind"] == "quantile") & (cells["n"] >= cells["minimum_base"])).to_numpy()
    _refuse(cells, to_draw & ~drawn, f"quantile_draws are not {len(GRID)} order statistics")

    counts = cells[["positives", "negatives"]].fillna(0)
    _refuse(cells, (counts < 0).any(axis=1).to_numpy(), "a count is below zero")
    share = cells["kind"].isin(["proportion", "nps", "mix"])
    # the sums of weights are decimals read as floats
    too_many = np.where(
        cells["weighted"],
        cells[["total", "total_squares"]].abs().max(axis=1) > cells["weight"] * (1 + 1e-9),
        counts.sum(axis=1) > cells["n"],
    )
    _refuse(cells, share.to_numpy() & too_many, "more answers are counted than there are")


def _refuse(cells: pd.DataFrame, wrong: np.ndarray, what: str) -> None:
    """Raise BuildError for the first wrong cell. Its label is not named: it comes from the data."""
    for place in np.flatnonzero(wrong):
        cell = cells.iloc[place]
        where = f"kpi {cell['kpi']}, {cell['period']}, slice {cell['slice']}"
        raise BuildError(what, "see the observation of its fact", where=where)


def _numbers(frame: pd.DataFrame, column: str, missing: float) -> np.ndarray:
    """A column as floats, whatever it holds (integers, Decimal, nullable); ``missing`` for null or no such column."""
    if column not in frame:
        return np.full(len(frame), float(missing))
    numbers = frame[column].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(numbers), missing, numbers)


def _list(given: object) -> np.ndarray | None:
    """A list of a cell as floats; None where there is none."""
    import pandas as pd

    return None if pd.api.types.is_scalar(given) else np.asarray(given, dtype=float)


def _grid(given: object) -> np.ndarray | None:
    """The draws of one quantile as floats, +infinity where null; None where there is not a whole grid of them."""
    import pandas as pd

    if pd.api.types.is_scalar(given):
        return None
    # DuckDB hands a list with nulls over as a masked array
    draws = np.asarray(given.filled(np.nan) if isinstance(given, np.ma.MaskedArray) else given, dtype=float)
    return np.where(np.isnan(draws), np.inf, draws) if len(draws) == len(GRID) else None
