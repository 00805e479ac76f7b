"""The bootstrap of sums: respondents drawn again and again, all replicates in one matrix product.

Whatever is worked out from sums over respondents (means, products of means, correlations, shares of R²) needs only the
sums of each replicate. A unit is a respondent, or a group of respondents that hangs together or was formed by a hash
of their keys: with groups the cost does not grow with the number of respondents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference.intervals import CONFIDENCE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

REPLICATES = 1000
#: Numbers held at once: eight bytes each.
_AT_ONCE = 4_000_000


def resampled_sums(parts: ArrayLike, seed: int, replicates: int = REPLICATES) -> np.ndarray:
    """The sums of each replicate, one a row: as many units drawn with replacement as there are rows in ``parts``.

    ``parts``: one row a unit, one column a sum; no NaN (what a respondent did not answer adds nothing, and a column of
    ones and noughts counts who did). The order of the rows does not matter: they are sorted before the draw.
    """
    parts = np.asarray(parts, float)
    units, columns = parts.shape
    if not units:
        return np.zeros((replicates, columns))
    parts = parts[np.lexsort(parts.T[::-1])]
    random = np.random.default_rng(seed)
    step = max(1, _AT_ONCE // units)
    sums = np.empty((replicates, columns))
    for start in range(0, replicates, step):
        rows = min(step, replicates - start)
        drawn = random.integers(0, units, (rows, units)) + units * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * units).reshape(rows, units)
        sums[start : start + step] = times.astype(float) @ parts
    return sums


def percentile_interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 2.5th and 97.5th percentile down the first axis; NaN where more than half of the draws are undefined."""
    tail = (1 - CONFIDENCE) / 2
    undefined = np.isnan(draws)
    if not undefined.any():  # many times faster
        low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
        return low, high
    usable = undefined.mean(axis=0) <= 0.5
    low, high = np.nanquantile(np.where(usable, draws, 0.0), [tail, 1 - tail], axis=0)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)
