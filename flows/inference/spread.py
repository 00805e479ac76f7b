"""Stand-in."""

from typing import NamedTuple

import numpy as np

from flows.inference.comparisons import Difference


class Spread(NamedTuple):
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray


def between_groups(groups, n, squares, total, mean_squares, total_squares):
    v = np.zeros(len(n))
    return Spread(v, v, v)


def two_spreads(later, earlier):
    v = np.full(len(later[0]), np.nan)
    return Difference(v, v, v)
