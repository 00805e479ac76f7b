"""Whether a figure is precise enough to be published on its own: the presentation standards of the NCHS, for the annex.

They are stricter than the report's own flags (ok, low base, hidden) and never change a figure or a verdict. Sources:
Parker et al. 2017, Vital and Health Statistics 2(175) for proportions, Parker et al. 2023, 2(200) for counts and rates;
thresholds and their order as in DOMAIN 2.4 (b).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.inference.intervals import CONFIDENCE

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: What the standards say of a figure, and why.
SHOW, SHOW_WITH_NOTE, REVIEW, SUPPRESS = "show", "show with note", "review", "suppress"
MEANINGS = {
    SHOW: "Precise enough.",
    SHOW_WITH_NOTE: "Precise enough, but its complement is not: say so beside it.",
    REVIEW: "Precise by its interval, but from few customers, or 0 or 100 %: somebody should look at it.",
    SUPPRESS: "Not precise enough to stand alone.",
}
SMALLEST_SAMPLE = 30
NARROW, WIDE, RELATIVELY_WIDE = 0.05, 0.30, 1.30
SMALLEST_COUNT_SAMPLE, RELATIVELY_WIDE_COUNT = 10, 1.60
FEWEST_DEGREES = 8


def korn_graubard(share: ArrayLike, effective_n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Clopper and Pearson's exact interval of a share, a fraction, for an effective n; NaN where that is not above 0.

    Korn & Graubard (1998, Survey Methodology 24:193); their correction for few clusters is in the effective n.
    """
    from statsmodels.stats.proportion import proportion_confint

    share, n = np.broadcast_arrays(_floats(share), _floats(effective_n))
    known = (n > 0) & np.isfinite(share)
    limits = [np.full(share.shape, np.nan) for _ in range(2)]
    found = proportion_confint(share[known] * n[known], n[known], alpha=1 - CONFIDENCE, method="beta")
    for column, limit in zip(limits, found, strict=True):
        column[known] = limit
    return limits[0], limits[1]


def proportions(share: ArrayLike, effective_n: ArrayLike, degrees_of_freedom: ArrayLike = float("inf")) -> np.ndarray:
    """One of MEANINGS for each share (a fraction).

    ``effective_n`` is n, or what ``clustering`` or Kish makes of it, never more than n; ``degrees_of_freedom`` the
    customers less one where they answer often. The interval is ``korn_graubard``, as the standards ask, not the printed
    one. Suppressed: an effective n below 30, a width of 0.30 or more, or of more than 130 % of the share unless it is
    at most 0.05. With a note: more than 130 % of the complement, likewise. To review: fewer than 8 degrees of freedom,
    or 0 or 100 %, which count as having no width.
    """
    share, n, freedom = np.broadcast_arrays(*(_floats(each) for each in (share, effective_n, degrees_of_freedom)))
    end = (share <= 0) | (share >= 1)
    low, high = korn_graubard(share, n)
    width = np.where(end, 0.0, high - low)
    narrow = width <= NARROW
    suppressed = ~(n >= SMALLEST_SAMPLE) | ~(width < WIDE) | (~narrow & (width > RELATIVELY_WIDE * share))
    noted = ~narrow & (width > RELATIVELY_WIDE * (1 - share))
    return _decided(suppressed, end | (freedom < FEWEST_DEGREES), noted)


def counts(
    count: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    effective_n: ArrayLike,
    degrees_of_freedom: ArrayLike = float("inf"),
) -> np.ndarray:
    """One of MEANINGS for each count or rate with its interval: suppressed where it rests on an effective n below 10
    or its width is more than 160 % of it (or it is 0), to review where on fewer than 8 degrees of freedom."""
    parts = (_floats(each) for each in (count, low, high, effective_n, degrees_of_freedom))
    count, low, high, n, freedom = np.broadcast_arrays(*parts)
    precise = (n >= SMALLEST_COUNT_SAMPLE) & (high - low <= RELATIVELY_WIDE_COUNT * count)
    return _decided(~precise, freedom < FEWEST_DEGREES, np.zeros(count.shape, bool))


def _decided(suppressed: np.ndarray, review: np.ndarray, noted: np.ndarray) -> np.ndarray:
    return np.select([suppressed, review, noted], [SUPPRESS, REVIEW, SHOW_WITH_NOTE], default=SHOW).astype(object)


def _floats(values: ArrayLike) -> np.ndarray:
    return np.atleast_1d(np.asarray(values, float))
