"""Which order statistics tell a quantile, its interval and its sampling distribution, for a given number of rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow

#: Standard-normal grid on which the sampling distribution of a quantile is represented.
GRID = np.linspace(-4.0, 4.0, 65)


def interval_ranks(n: np.ndarray, quantile: np.ndarray, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Ranks (from 1) of the order statistics that bound a quantile with at least ``confidence`` (DOMAIN 2.4).

    Low is binom.ppf(.025, n, q), high binom.ppf(.975, n, q) + 1, for the median n - low + 1. A rank outside 1..n means
    that no such limit exists: the upper one of a p90 needs n >= 36, of a p95 n >= 72.
    """
    from scipy.stats import binom

    tail = (1 - confidence) / 2
    return binom.ppf(tail, n, quantile).astype(int), binom.ppf(1 - tail, n, quantile).astype(int) + 1


def quantile_ranks(sizes: Iterable[tuple[int, float]]) -> pyarrow.Table:
    """One row per (n, quantile): the ranks that DuckDB picks from a sorted list.

    Columns n, quantile, value_rank and next_rank with the share ``next_share`` between them (the interpolated sample
    quantile, Hyndman and Fan's type 7), low_rank and high_rank (-1 where the limit does not exist), and draw_ranks,
    the ranks nearest to n q + 1/2 + z sqrt(n q (1 - q)) for z in GRID: the number of rows below the true quantile is
    binomial, so the value at such a rank is what a resample would give at that z.
    """
    import pyarrow

    sizes = sorted(set(sizes))
    n = np.array([size for size, _ in sizes], dtype=np.int64)
    quantile = np.array([each for _, each in sizes], dtype=float)
    low, high = interval_ranks(n, quantile)
    at = (n - 1) * quantile + 1
    below = np.floor(at + 1e-9).astype(np.int64)
    spread = np.sqrt(n * quantile * (1 - quantile))
    draws = np.rint(n[:, None] * quantile[:, None] + 0.5 + GRID[None, :] * spread[:, None]).astype(np.int64)
    draws = np.clip(draws, 1, n[:, None])
    return pyarrow.table(
        {
            "n": pyarrow.array(n),
            "quantile": pyarrow.array(quantile),
            "value_rank": pyarrow.array(below),
            "next_rank": pyarrow.array(np.minimum(below + 1, n)),
            "next_share": pyarrow.array(np.clip(np.where(at - below < 1e-9, 0.0, at - below), 0.0, 1.0)),
            "low_rank": pyarrow.array(np.where(low >= 1, low, -1)),
            "high_rank": pyarrow.array(np.where(high <= n, high, -1)),
            "draw_ranks": pyarrow.array(draws.tolist(), type=pyarrow.list_(pyarrow.int64())),
        }
    )
