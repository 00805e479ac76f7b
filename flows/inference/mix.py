"""Mixes: whether the shares of all categories together moved between two months, before one of them may be said to.

Shares of a mix add up to one, so when one rises others fall. The chi-square test of the whole is a gate: a category's
p is never below that of its mix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

#: A category that expects fewer in either month is counted together with the others that do.
SMALLEST_EXPECTED = 5


def mix_p(mix: ArrayLike, counts: ArrayLike, earlier_counts: ArrayLike) -> np.ndarray:
    """For each row, a category of a mix, the p of its whole mix: Pearson's chi-square of two months' counts.

    ``mix`` names the mix of each row, ``counts`` and ``earlier_counts`` are those of the later and the earlier month,
    0 where a category has none. Categories that expect fewer than SMALLEST_EXPECTED in either month are pooled; if
    they still do together, with the smallest of the others (or all equally small) as well. NaN where fewer than two
    categories are left, or a month has nobody: then there is no gate.
    """
    from scipy.stats import chi2

    counts = np.stack([np.asarray(counts, float), np.asarray(earlier_counts, float)])
    _, code = np.unique(np.asarray(mix), return_inverse=True)
    code = code.reshape(-1)
    mixes = code.max(initial=-1) + 1
    both = counts.sum(axis=0)
    months = np.stack([np.bincount(code, month, mixes) for month in counts])
    whole = months.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        # what a row that counts 1 in both months together expects in the smaller one
        smaller_share = np.where(whole > 0, months.min(axis=0) / whole, 0.0)
    small = both * smaller_share[code] < SMALLEST_EXPECTED
    rest = np.bincount(code, np.where(small, both, 0.0), mixes)
    lacking = (rest > 0) & (rest * smaller_share < SMALLEST_EXPECTED)
    small |= lacking[code] & _smallest(code, both, ~small)

    # the pooled categories of a mix are one more category, after all the rows
    category = np.where(small, len(code) + code, np.arange(len(code)))
    cells = np.stack([np.bincount(category, month, len(code) + mixes) for month in counts])
    of = np.concatenate([code, np.arange(mixes)])
    total = cells.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = total * months[:, of] / whole[of]
        distance = np.where(total > 0, (cells - expected) ** 2 / expected, 0.0).sum(axis=0)
    left = np.bincount(of, total > 0, mixes)
    defined = (left > 1) & (months.min(axis=0) > 0)
    statistic = np.bincount(of, np.nan_to_num(distance), mixes)
    p = np.where(defined, chi2.sf(statistic, np.where(defined, left - 1, 1)), np.nan)
    return p[code]


def gated(p: ArrayLike, p_of_mix: ArrayLike) -> np.ndarray:
    """The p of each category behind the gate: the larger of its own and its mix's; its own where there is no gate."""
    return np.where(np.isnan(p), np.nan, np.fmax(np.asarray(p, float), np.asarray(p_of_mix, float)))


def gate(cells: pd.DataFrame, p: np.ndarray) -> np.ndarray:
    """``p`` with that of each level of a mix behind the test of its mix against the month before.

    ``cells`` has kpi, kind, slice, slice_value, period (YYYY-MM) and positives. A level that is gone in a month is
    part of that month's mix, with nobody.
    """
    import pandas as pd

    rows = np.flatnonzero((cells["kind"] == "mix").to_numpy())
    if not len(rows):
        return p
    levels = cells.iloc[rows][["kpi", "slice", "slice_value", "positives"]]
    levels["month"] = [int(period[:4]) * 12 + int(period[5:7]) for period in cells["period"].iloc[rows]]
    of_a_month = ["kpi", "slice", "month"]
    before = levels.assign(month=levels["month"] + 1)
    both = levels.merge(before, how="outer", on=[*of_a_month, "slice_value"], suffixes=("", "_before"))
    both = both.fillna({"positives": 0, "positives_before": 0})
    number = pd.factorize(pd.MultiIndex.from_frame(both[of_a_month]))[0]
    both["p"] = mix_p(number, both["positives"], both["positives_before"])
    of_mix = levels.merge(both.drop_duplicates(of_a_month)[[*of_a_month, "p"]], how="left", on=of_a_month)["p"]
    answer = p.copy()
    answer[rows] = gated(p[rows], of_mix.to_numpy())
    return answer


def _smallest(code: np.ndarray, both: np.ndarray, among: np.ndarray) -> np.ndarray:
    """True for the row of each mix that counts least ``among`` those that have any count, or for all such equals.

    All of them, so that neither the order of the rows nor that of the months matters.
    """
    among = among & (both > 0)
    least = np.full(code.max(initial=-1) + 1, np.inf)
    np.minimum.at(least, code[among], both[among])
    return among & (both == least[code])
