"""How well the polarity read from a comment agrees with the score its writer gave: Cohen's kappa."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.intervals import normal_quantile
from flows.inference.themes import POLARITIES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike


class Agreement(NamedTuple):
    """Kappa, its standard error and the limits of its 95 % interval; NaN where undefined."""

    kappa: np.ndarray
    standard_error: np.ndarray
    low: np.ndarray
    high: np.ndarray


def score_polarity(score: ArrayLike, minimum: ArrayLike, maximum: ArrayLike, question_kind: ArrayLike) -> np.ndarray:
    """One of POLARITIES for each score; None where score or scale is missing or the scale has no width.

    An NPS score is negative up to 6, positive from 9. Other scales are cut in thirds of their width: up to the first
    third is negative, from the second positive, strictly between neutral. So of 1 to 5 only 3 is neutral, of 1 to 7
    only 4, of 1 to 10 it is 5 and 6, of 0 to 10 it is 4 to 6.
    """
    score, minimum, maximum = (np.atleast_1d(np.asarray(part, dtype=float)) for part in (score, minimum, maximum))
    nps = np.atleast_1d(np.asarray(question_kind, dtype=object)) == "nps"
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.where(maximum > minimum, (score - minimum) / (maximum - minimum), np.nan)
    # the tolerance lets 3 of 1 to 7 be a third
    low = np.where(nps, 0.6, 1 / 3) + 1e-9
    high = np.where(nps, 0.9, 2 / 3) - 1e-9
    names = np.array(POLARITIES, dtype=object)
    found = names[np.where(place <= low, 0, np.where(place >= high, 2, 1))]
    found[np.isnan(place)] = None
    return found


def kappa(tables: ArrayLike) -> Agreement:
    """Cohen's kappa of square tables of counts, shape (m, k, k): rows one rater, columns the other.

    The standard error is that for a kappa that is not zero (Fleiss, Cohen & Everitt 1969, Psychological Bulletin
    72:323), the interval kappa ± z standard errors, ended at -1 and 1. Undefined without counts, and where chance alone
    would always agree.
    """
    counts = np.asarray(tables, dtype=float)
    n = counts.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = counts / n[:, None, None]
        rows, columns = shares.sum(axis=2), shares.sum(axis=1)
        agreed = np.trace(shares, axis1=1, axis2=2)
        expected = (rows * columns).sum(axis=1)
        value = np.where(1 - expected > 1e-12, (agreed - expected) / (1 - expected), np.nan)
        unlike = 1 - value
        diagonal = np.diagonal(shares, axis1=1, axis2=2)
        same = (diagonal * (1 - (rows + columns) * unlike[:, None]) ** 2).sum(axis=1)
        crossed = shares * (columns[:, :, None] + rows[:, None, :]) ** 2
        other = unlike**2 * (crossed.sum(axis=(1, 2)) - np.trace(crossed, axis1=1, axis2=2))
        variance = (same + other - (value - expected * unlike) ** 2) / (n * (1 - expected) ** 2)
    error = np.sqrt(np.maximum(variance, 0))
    half_width = normal_quantile() * error
    return Agreement(value, error, np.clip(value - half_width, -1, 1), np.clip(value + half_width, -1, 1))


def table_of(one: ArrayLike, other: ArrayLike) -> np.ndarray:
    """The counts of two raters' polarities, shape (3, 3) in the order of POLARITIES; pairs with a None are left out."""
    places = {name: place for place, name in enumerate(POLARITIES)}
    counts = np.zeros((3, 3), dtype=int)
    for left, right in zip(one, other, strict=True):
        if left in places and right in places:
            counts[places[left], places[right]] += 1
    return counts


def agreements(tables: pd.DataFrame) -> pd.DataFrame:
    """Kappa of each month: columns period, n, kappa, standard_error, low, high; months where it is undefined left out.

    ``tables`` has period, comment_polarity, score_polarity and comments (their number).
    """
    import pandas as pd

    periods = sorted(tables["period"].unique())
    counts = np.zeros((len(periods), len(POLARITIES), len(POLARITIES)))
    places = (
        tables["period"].map(periods.index).to_numpy(int),
        tables["comment_polarity"].map(POLARITIES.index).to_numpy(int),
        tables["score_polarity"].map(POLARITIES.index).to_numpy(int),
    )
    np.add.at(counts, places, tables["comments"].to_numpy(float))
    found = kappa(counts)
    frame = pd.DataFrame(
        {
            "period": pd.array(periods, dtype="string"),
            "n": counts.sum(axis=(1, 2)).astype(np.int64),
            "kappa": found.kappa,
            "standard_error": found.standard_error,
            "low": found.low,
            "high": found.high,
        }
    )
    return frame[~np.isnan(found.kappa)].reset_index(drop=True)
