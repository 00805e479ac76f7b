"""Stand-in."""

import numpy as np

from flows.inference.comparisons import Difference


def geometric_mean(n, total, squares):
    v = np.exp(total / n)
    return v, v, v


def two_geometric_means(later, earlier):
    v = np.full(len(later[0]), np.nan)
    return Difference(v, v, v)
