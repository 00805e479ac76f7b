"""Steps 2 to 4 of the seven-step gap analysis (DOMAIN section 1): experience, expectation, importance, ideal.

answers ─► statistics of each cell ─► what few people said is withheld ─► 2a 2b 2c 2d 3a 4a 4b with intervals
                                                                          └─► gap_ranking, gap_roles

A cell is a period, role, slice, slice value and dimension. What is not given stays NaN and is named; it is never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference import gap_statistics
from flows.inference.gap_statistics import GROUP, MEASURES
from flows.inference.ideals import ideals_of
from flows.inference.intervals import student_mean
from flows.inference.resampling import REPLICATES
from flows.inference.scales import ZERO_TO_TEN, Scale
from flows.inference.suppression import hidden_cells

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd

#: Roles whose ratings are judgements: no interval, and shown however few they are.
JUDGEMENTS = frozenset({"management", "workshop"})
#: Columns that cannot be shown where one of these measures is withheld.
_RESTS_ON = {
    "experience": ("experience",),
    "expectation": ("expectation",),
    "importance": ("importance",),
    "satisfaction": ("experience", "expectation"),
    "weighted_satisfaction": MEASURES,
    "gap": ("experience",),
}


#: What a mean and a difference carry besides: 95 % limits, standard error, degrees of freedom.
UNCERTAINTY = ("_low", "_high", "_error", "_freedom")
#: The columns of the table, in order. The code of the method: 2a experience, 2b expectation, 2c satisfaction,
#: 2d importance, 3a weighted_satisfaction, 4a ideal, 4b gap.
COLUMNS = [
    *GROUP,
    "dimension",
    "sample",
    "n",
    *(f"{measure}{part}" for measure in MEASURES for part in ("", "_n", *UNCERTAINTY)),
    *("satisfaction", "paired_n", *(f"satisfaction{part}" for part in UNCERTAINTY)),
    *("weighted_satisfaction", "weighted_satisfaction_low", "weighted_satisfaction_high", "most_negative_pct"),
    *("ideal", "ideal_is", "gap", "gap_low", "gap_high"),
    *("not_given", "withheld"),
]


def gap_table(
    answers: pd.DataFrame,
    ideals: pd.DataFrame,
    *,
    seed: int,
    dimensions: Sequence[str] | None = None,
    scale: Scale = ZERO_TO_TEN,
    importance_scale: Scale = ZERO_TO_TEN,
    judgements: Collection[str] = JUDGEMENTS,
    partitions: Collection[str] = (),
    hidden_below: int = 5,
    replicates: int = REPLICATES,
) -> pd.DataFrame:
    """The columns of COLUMNS for each group in ``answers`` and each dimension, ordered by group and dimension.

    ``answers``: one row a respondent and dimension in each slice it belongs to: period (YYYY-MM), role, slice,
    slice_value (null for ``overall``), respondent, dimension; experience, expectation and importance, NaN where not
    given; weight if there are weights. ``ideals``: dimension, ideal, valid_from. ``dimensions``: those declared, in
    their order (default: all that were rated, by name); each has its row in every group, even if nobody rated it.
    ``partitions``: the slices whose values make up the whole.

    2c is 2a - 2b of all who answered. Its interval is the partially overlapping samples t (see
    ``gap_statistics.errors``): paired t where all answered both, Welch where nobody did. The interval of
    3a is a percentile interval over respondents drawn anew, and ``most_negative_pct`` says in how many percent of the
    draws the dimension was the most negative; with ``replicates`` 0 it is the delta method's. Roles in ``judgements``
    have no intervals. Of all others fewer than ``hidden_below`` answers are withheld, with complementary cells: their
    numbers and what rests on them are NaN, and ``withheld`` names the measures. ``not_given`` names the measures that
    nobody gave.
    """
    import pandas as pd

    order = sorted(answers["dimension"].unique()) if dimensions is None else list(dimensions)
    statistics = gap_statistics.statistics_of(answers, order)
    table = statistics[[*GROUP, "dimension", "n"]].copy()
    table["sample"] = ~table["role"].isin(judgements)
    sample = table["sample"].to_numpy(bool)
    for measure in MEASURES:
        table[measure], table[f"{measure}_n"] = statistics[f"{measure}_mean"], statistics[f"{measure}_n"]
    table["satisfaction"] = table["experience"] - table["expectation"]
    table["paired_n"] = statistics["experience_expectation_n"]
    width = scale.highest - scale.lowest
    reach = dict.fromkeys(MEASURES[:2], scale) | {"importance": importance_scale, "satisfaction": (-width, width)}
    for column, (error, freedom) in gap_statistics.errors(statistics).items():
        limits = student_mean(freedom + 1, table[column].to_numpy(), error**2 * (freedom + 1), *reach[column])
        for part, values in zip(UNCERTAINTY, (*limits, error, freedom), strict=True):
            table[f"{column}{part}"] = np.where(sample, values, np.nan)
    satisfaction = table["satisfaction"].to_numpy()
    table["weighted_satisfaction"] = weighted(satisfaction, table["importance"].to_numpy())
    drawn = _intervals_of_weighted(statistics, answers, sample, seed, replicates)
    for column, values in drawn.items():
        table[column] = np.where(sample, values, np.nan)
    chosen = ideals_of(table, ideals, scale)
    table["ideal_is"] = np.where(np.isnan(chosen), "actual", "chosen")
    table["ideal"] = np.where(np.isnan(chosen), table["experience"], chosen)
    table["gap"] = table["experience"] - table["ideal"]
    for side in ("low", "high"):
        # a gap to itself is nought by definition and has no interval
        table[f"gap_{side}"] = table[f"experience_{side}"] - np.where(np.isnan(chosen), np.nan, chosen)
    table["not_given"] = _named(np.column_stack([statistics[f"{measure}_n"] == 0 for measure in MEASURES]))
    _withhold(table, frozenset(partitions), hidden_below)
    return pd.DataFrame(table[COLUMNS])


def weighted(satisfaction: np.ndarray, importance: np.ndarray) -> np.ndarray:
    """3a = 2d x 2c. Where one of them is nought the product is, whatever the other, so it may be missing."""
    nought = (satisfaction == 0) | (importance == 0)
    return np.where(nought, 0.0, satisfaction * importance)


def _intervals_of_weighted(
    statistics: pd.DataFrame, answers: pd.DataFrame, sample: np.ndarray, seed: int, replicates: int
) -> dict[str, np.ndarray]:
    if replicates:
        low, high, most_negative = gap_statistics.resampled_products(
            statistics, answers, sample=sample, seed=seed, replicates=replicates
        )
    else:
        low, high = gap_statistics.product_interval(statistics)
        most_negative = np.full(len(statistics), np.nan)
    return {
        "weighted_satisfaction_low": low,
        "weighted_satisfaction_high": high,
        "most_negative_pct": most_negative,
    }


def _named(flags: np.ndarray) -> list[tuple[str, ...]]:
    """The names of the MEASURES that are true in each row."""
    return [tuple(measure for measure, flag in zip(MEASURES, row, strict=True) if flag) for row in flags.tolist()]


def _withhold(table: pd.DataFrame, partitions: frozenset[str], below: int) -> None:
    """Make NaN in ``table`` what speaks of fewer than ``below`` people or would give such a number away."""
    import pandas as pd

    hidden = np.zeros((len(table), len(MEASURES)), bool)
    for place, measure in enumerate(MEASURES):
        counted = (table[f"{measure}_n"] > 0).to_numpy() & table["sample"].to_numpy(bool)
        cells = pd.DataFrame({name: table[name] for name in ("period", "slice", "slice_value")})
        cells["kpi"] = table["role"].astype(str) + " " + table["dimension"].astype(str)
        cells["n"] = table[f"{measure}_n"]
        cells = cells[counted]
        sliced = dict.fromkeys(cells["kpi"].unique(), partitions)
        hidden[counted, place] = hidden_cells(cells.astype({"n": int}), sliced, below)
    table["withheld"] = _named(hidden)
    counts = ["n", "paired_n", *(f"{measure}_n" for measure in MEASURES)]
    table[counts] = table[counts].astype(float)
    for column, measures in _RESTS_ON.items():
        rests = hidden[:, [MEASURES.index(measure) for measure in measures]].any(axis=1)
        parts = [f"{column}{part}" for part in ("", "_n", *UNCERTAINTY)]
        table.loc[rests, [part for part in parts if part in table]] = np.nan
    table.loc[hidden.any(axis=1), ["n", "paired_n", "most_negative_pct"]] = np.nan
    table.loc[hidden[:, 0] & (table["ideal_is"] == "actual").to_numpy(), "ideal"] = np.nan
