"""How much of R² each driver accounts for, from correlations alone, over whole stacks of correlation matrices at once.

Correlations come as a pair: those among the drivers (..., p, p) and those of each with the outcome (..., p).
"""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np

from flows.errors import ConfigurationError

#: All 2^p subsets are worked out.
MOST_DRIVERS = 15
#: A driver of which this share of its variance, or less, is not already told by the others adds nothing to them.
_TOLD_ALREADY = 1e-10
#: Numbers held at once: eight bytes each.
_AT_ONCE = 4_000_000


def lmg_shares(among: np.ndarray, with_outcome: np.ndarray) -> np.ndarray:
    """Shapley shares of R² (..., p), in units of R²: they sum to the R² of all drivers and are never negative.

    Lindeman, Merenda & Gold (1980), which is Shapley's value with R² as the worth: the mean gain in R² when a driver
    joins, over all orders of joining. A driver that others tell completely adds nothing where those are in already, so
    two copies of one driver share equally. Raises ConfigurationError for more than MOST_DRIVERS drivers.
    """
    among, with_outcome = np.asarray(among, float), np.asarray(with_outcome, float)
    drivers = with_outcome.shape[-1]
    check_count(drivers)
    stack = with_outcome.shape[:-1]
    among, with_outcome = among.reshape(-1, drivers, drivers), with_outcome.reshape(-1, drivers)
    step = max(1, _AT_ONCE >> drivers)
    parts = [
        _shapley_weights(drivers) @ subset_r_squared(among[start : start + step], with_outcome[start : start + step])
        for start in range(0, len(among), step)
    ]
    # the gains are never negative, but their differences of nearly equal sums may come out as -1e-17
    return np.maximum(np.concatenate(parts, axis=1).T, 0.0).reshape(*stack, drivers)


def check_count(drivers: int) -> None:
    """Raises ConfigurationError for more than MOST_DRIVERS drivers."""
    if drivers > MOST_DRIVERS:
        raise ConfigurationError(
            f"{drivers} drivers would need R² of {2**drivers:,} subsets; at most {MOST_DRIVERS} can be told apart",
            "choose fewer dimensions or touchpoints as drivers, or put those that belong together into one",
        )


def subset_r_squared(among: np.ndarray, with_outcome: np.ndarray) -> np.ndarray:
    """R² of the outcome on every subset of the drivers: (2^p, matrices); bit j of the row number says driver j is in.

    The drivers are swept out one after the other, each time from all the subsets formed so far, so what is left in the
    end is the outcome's variance that a subset does not tell. One driver's turn halves the work of the next: the whole
    takes about as long as the last few turns.
    """
    matrices, drivers = with_outcome.shape
    left = np.ones((1, matrices, drivers + 1, drivers + 1))
    left[0, :, :drivers, :drivers] = among
    left[0, :, :drivers, drivers] = left[0, :, drivers, :drivers] = with_outcome
    for _ in range(drivers):
        pivot, row, rest = left[..., 0, 0], left[..., 0, 1:], left[..., 1:, 1:]
        adds = pivot > _TOLD_ALREADY
        slope = np.where(adds[..., None], row / np.where(adds, pivot, 1.0)[..., None], 0.0)
        left = np.concatenate([rest, rest - slope[..., :, None] * row[..., None, :]])
    return np.clip(1.0 - left[..., 0, 0], 0.0, 1.0)


@cache
def _shapley_weights(drivers: int) -> np.ndarray:
    """(p, 2^p): what R² of each subset counts for each driver's share."""
    subsets = np.arange(2**drivers)
    member = (subsets[None, :] >> np.arange(drivers)[:, None]) & 1
    size = member.sum(axis=0)
    # s!(p-s-1)!/p! for a subset of size s that the driver joins, which is 1 / (p * C(p-1, s))
    joined = np.array([1 / (drivers * comb(drivers - 1, s)) for s in range(drivers)] + [0.0])
    return np.where(member == 1, joined[size - 1], -joined[size])


def relative_weights(among: np.ndarray, with_outcome: np.ndarray) -> np.ndarray:
    """Johnson's (2000) relative weights (..., p), in units of R². For checking only: with two drivers they are the LMG
    shares, with more their derivation is flawed (Thomas, Zumbo, Kwan & Schweitzer 2014).
    """
    values, vectors = np.linalg.eigh(np.asarray(among, float))
    root = np.sqrt(np.clip(values, 0.0, None))
    loadings = (vectors * root[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    inverse = np.where(root > np.sqrt(_TOLD_ALREADY), 1 / np.where(root > 0, root, 1.0), 0.0)
    inverted = (vectors * inverse[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    slopes = inverted @ np.asarray(with_outcome, float)[..., None]
    return (np.square(loadings) @ np.square(slopes))[..., 0]


def standardised_betas(among: np.ndarray, with_outcome: np.ndarray) -> np.ndarray:
    """Slopes of the regression of standardised variables (..., p); the shortest such vector where drivers repeat."""
    inverse = np.linalg.pinv(np.asarray(among, float), rcond=_TOLD_ALREADY, hermitian=True)
    return (inverse @ np.asarray(with_outcome, float)[..., None])[..., 0]


def variance_inflation(among: np.ndarray) -> np.ndarray:
    """VIF of each driver, 1 / (1 - R² of it on the others) (..., p); infinite where the others tell it completely."""
    values, vectors = np.linalg.eigh(np.asarray(among, float))
    repeats = values <= _TOLD_ALREADY
    share = np.square(vectors)
    inflation = (share / np.where(repeats, 1.0, values)[..., None, :] * ~repeats[..., None, :]).sum(axis=-1)
    return np.where((share * repeats[..., None, :]).sum(axis=-1) > _TOLD_ALREADY, np.inf, inflation)
