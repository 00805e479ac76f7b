"""How far the judgement of one group lies from another's on the same statements: two means, Welch's interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference.comparisons import two_means
from flows.inference.intervals import normal_quantile, sample_variance

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ["kpi", "period", "statement"]
#: The side whose judgement is held against the others'.
MANAGEMENT, OTHERS = "management", "others"


def role_gaps(sums: pd.DataFrame) -> pd.DataFrame:
    """Distance between the two sides of each gap, month and statement, with the columns of an estimate.

    ``sums`` has one row a kpi, period, statement (null: all statements both were asked) and side (management or
    others): n respondents with total and total_squares of their judgements. A gap of which one side is missing has no
    row.

    The distance is the size of the difference of means, in the unit of the judgements: a gap in either direction is
    one (DOMAIN eco_gap). Its limits are those of Welch's difference, folded at zero: where that leaves both directions
    open the lower one is 0. ``estimate_error`` is half of Welch's width in normal quantiles, more than the standard
    error where a side is small, so that months compared by it are as cautious as the interval. ``n`` is that of the
    smaller side, for it is the one to be hidden or called few.
    """
    import pandas as pd

    keyed = sums.assign(statement=sums["statement"].fillna(""))
    sides = [keyed[keyed["side"] == side].drop(columns="side") for side in (MANAGEMENT, OTHERS)]
    both = sides[0].merge(sides[1], on=IDENTITY, suffixes=("", "_of_others"), validate="one_to_one")
    both = both.sort_values(IDENTITY, ignore_index=True)
    n, mean, variance = _moments(both, "")
    other_n, other_mean, other_variance = _moments(both, "_of_others")
    low, high, _ = two_means(n, mean, variance, other_n, other_mean, other_variance)
    nearest = np.minimum(np.abs(low), np.abs(high))
    statement = both["statement"].to_numpy(object)
    return pd.DataFrame(
        {
            "kpi": pd.array(both["kpi"], dtype="string"),
            "period": pd.array(both["period"], dtype="string"),
            "slice": pd.array(np.where(statement == "", "overall", "statement"), dtype="string"),
            "slice_value": pd.array([name or None for name in statement], dtype="string"),
            "n": np.minimum(n, other_n).astype(np.int64),
            "estimate": np.abs(mean - other_mean),
            "estimate_low": np.where((low < 0) & (high > 0), 0.0, nearest),
            "estimate_high": np.maximum(-low, high),
            "estimate_error": (high - low) / 2 / normal_quantile(),
        }
    )


def _moments(both: pd.DataFrame, suffix: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n, mean and variance of one side."""
    n, total, squares = (both[f"{name}{suffix}"].to_numpy(float) for name in ("n", "total", "total_squares"))
    return n, total / n, sample_variance(n, total / n, squares / n)
