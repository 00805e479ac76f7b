"""Rankings by respondents, such as purchase drivers: mean ranks, who is first, how sure the order is, how agreed.

Respondents may rank only the first few. Items they leave out come after all they ranked, and share the places left
(the mean of them): with three of five ranked, the other two have rank 4.5. So nobody is counted as indifferent, and an
item that a few put first and most leave out does not lead. Equal ranks share places likewise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference import intervals
from flows.inference.bootstrap import GROUPS, RESAMPLES, SEED, order_statistic, resampling_counts
from flows.inference.intervals import CONFIDENCE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Rankings(NamedTuple):
    """One entry an item: mean rank and share put first (a fraction; ties share it), each with its 95 % limits, and the
    place in the order of mean ranks (1 is first, equals share the better one) with the places it may have."""

    mean_rank: np.ndarray
    rank_low: np.ndarray
    rank_high: np.ndarray
    first_share: np.ndarray
    first_low: np.ndarray
    first_high: np.ndarray
    place: np.ndarray
    place_low: np.ndarray
    place_high: np.ndarray


class Agreement(NamedTuple):
    """How far respondents agree: Kendall's W (0 to 1), and Friedman's p that they order the items at random."""

    respondents: int
    w: float
    p: float


def completed_ranks(ranks: ArrayLike) -> np.ndarray:
    """The rows of ``ranks`` (respondents, items; 1 is first, NaN not ranked) that rank anything, completed to midranks.

    Only the order within a row counts, so 1, 2, 5 is 1, 2, 3.
    """
    from scipy.stats import rankdata

    ranks = np.atleast_2d(np.asarray(ranks, float))
    ranks = ranks[~np.isnan(ranks).all(axis=1)]
    return rankdata(np.where(np.isnan(ranks), np.inf, ranks), axis=1) if len(ranks) else ranks


def order_of_items(ranks: ArrayLike, group: ArrayLike, *, seed: int = SEED) -> Rankings:
    """How respondents order the items: ``ranks`` as for ``completed_ranks``, ``group`` the random group of each row.

    Groups are numbers from 0 to GROUPS - 1 (a hash of the customer's key, see ``bootstrap``): they are resampled, so a
    customer's rows stay together and the cost does not grow with the rows. The limits of mean ranks are Student's on
    the mean ranks of customers as they fall into groups, those of places the percentiles of the places in the
    resamples; limits of places that overlap mean that the data do not order the two items. The share put first has
    Wilson's limits, a customer's rows counting as so many. NaN throughout without a ranking, and for the limits of
    ranks and places where all rows are in one group.
    """
    from scipy.stats import rankdata, t

    ranks, group = np.atleast_2d(np.asarray(ranks, float)), np.asarray(group, int)
    group = group[~np.isnan(ranks).all(axis=1)]
    complete = completed_ranks(ranks)
    respondents, items = complete.shape
    if not respondents:
        return Rankings(*(np.full(items, np.nan) for _ in Rankings._fields))
    best = complete == complete.min(axis=1, keepdims=True)
    first = (best / best.sum(axis=1, keepdims=True)).sum(axis=0)
    low, high = intervals.wilson(first, np.full(items, respondents))

    sums = np.stack([np.bincount(group, column, GROUPS) for column in complete.T])
    sizes = np.bincount(group, minlength=GROUPS)
    mean = sums.sum(axis=1) / respondents
    place = rankdata(mean.round(12), method="min")
    limits = [np.full(items, np.nan) for _ in range(4)]
    filled = (sizes > 0).sum()
    if filled > 1:
        residuals = sums - mean[:, None] * sizes
        error = np.sqrt((residuals**2).sum(axis=1) * filled / (filled - 1)) / respondents
        half_width = t.ppf((1 + CONFIDENCE) / 2, filled - 1) * error
        limits[:2] = np.maximum(mean - half_width, 1), np.minimum(mean + half_width, items)
        # every resample has somebody, or its sums are all 0 and the items equal
        drawn = sums @ resampling_counts(GROUPS, RESAMPLES, seed)
        places = np.sort(rankdata(drawn.round(9), method="min", axis=0), axis=1)
        tail = np.full(items, (1 - CONFIDENCE) / 2)
        limits[2:] = (
            np.floor(order_statistic(places, tail * (RESAMPLES + 1) - 1)),
            np.ceil(order_statistic(places, (1 - tail) * (RESAMPLES + 1) - 1)),
        )
    rank_low, rank_high, place_low, place_high = limits
    return Rankings(
        *(mean, rank_low, rank_high, first / respondents, low, high, place),
        *(np.minimum(place_low, place), np.maximum(place_high, place)),
    )


def agreement(ranks: ArrayLike) -> Agreement:
    """Kendall's W and Friedman's chi-square, both corrected for ties, of ``ranks`` as for ``completed_ranks``.

    Items left out are ties, see above; who puts all items level says nothing of their order and is left out. NaN for
    fewer than two respondents or items. W = chi-square / (respondents · (items - 1)); p from the chi-square
    distribution, which is cautious for fewer than about ten respondents.
    """
    from scipy.stats import chi2

    complete = completed_ranks(ranks)
    if len(complete):
        complete = complete[np.ptp(complete, axis=1) > 0]
    respondents, items = complete.shape
    if respondents < 2 or items < 2:
        return Agreement(respondents, np.nan, np.nan)
    away = complete.sum(axis=0) - respondents * (items + 1) / 2
    # ties lessen a respondent's sum of squares, of (items³ - items) / 12 without them
    spread = ((complete - (items + 1) / 2) ** 2).sum()
    statistic = (items - 1) * (away**2).sum() / spread
    return Agreement(respondents, float(statistic / (respondents * (items - 1))), float(chi2.sf(statistic, items - 1)))
