"""Step 7: whether an initiative has proved itself, and which brand value the next cycle starts from.

Months are the units of evidence. Two questions of one kind: sales with k shops over sales with one, month by month,
against the k that was promised; and sales after over sales before against the multiple that was promised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.comparisons import two_means
from flows.inference.intervals import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

BEFORE, AFTER = "before", "after"
#: Fewer months than these have no interval worth a verdict.
MINIMUM_MONTHS = 3
#: What one comparison says of the promise.
PROMISES = {
    "kept": "Even the unfavourable end of the interval is what was promised, or more.",
    "broken": "Even the favourable end of the interval falls short of what was promised.",
    "open": "The interval holds what was promised: neither kept nor broken.",
    "too few months": f"Fewer than {MINIMUM_MONTHS} months on one side.",
    "no ratio": "What it is compared with is not clearly above nought, so there is no multiple.",
}
#: Every reason and the verdict it leads to.
REASONS = {
    "promise kept": "continue",
    "works, promise open": "continue",
    "works, less than promised": "revise",
    "no effect yet, promise broken": "revise",
    "no effect by the due date": "revise",
    "no effect, promise broken": "stop",
    "no effect yet": "too early",
    "too few months": "too early",
    "no ratio": "too early",
    "no outcome": "too early",
}


class Comparison(NamedTuple):
    """One group against its base: ratio and difference of their means over months, each with a 95 % interval."""

    group: str
    base: str
    units: float
    months: int
    base_months: int
    ratio: float
    ratio_low: float
    ratio_high: float
    difference: float
    difference_low: float
    difference_high: float
    promised: float
    #: A key of PROMISES.
    promise: str
    #: Whether the interval of the difference shows a change for the better.
    works: bool


class Evidence(NamedTuple):
    """What an initiative's outcome shows. ``verdict`` is continue, revise, stop or too early, by REASONS[reason]."""

    initiative: str
    dimension: str
    comparisons: tuple[Comparison, ...]
    reason: str
    verdict: str

    @property
    def margin(self) -> float:
        """How far the weakest comparison keeps its promise: 1 just so; NaN without a proven promise."""
        kept = self.comparisons and all(each.promise == "kept" for each in self.comparisons)
        return min(_margin(each) for each in self.comparisons) if kept else float("nan")


def evidence(
    initiative: str,
    dimension: str,
    outcomes: pd.DataFrame,
    *,
    period: str,
    start: str | None = None,
    due: str | None = None,
    promised_multiple: float = float("nan"),
    direction: int = 1,
) -> Evidence:
    """The evidence on one initiative at the end of ``period`` (YYYY-MM, as ``start`` and ``due``).

    ``outcomes``: period, group, units, value, one row a month and group; later months are not looked at. Groups called
    before and after are compared with each other; so are the months before and from ``start`` on where no group is
    named. Otherwise the groups of k units, the mean of them in each month, are compared with those of one unit in the
    months that have both.
    Promised is ``promised_multiple``, or k for k units, or else any improvement. ``direction`` -1 where less is better.
    An initiative is overdue once ``period`` is later than ``due``.
    """
    rows = outcomes[(outcomes["period"].astype(str) <= period) & outcomes["value"].notna()]
    rows = rows.assign(group=_groups(rows, start)).sort_values(["period", "group", "units", "value"])
    if {BEFORE, AFTER} & set(rows["group"]):
        compared = [_before_and_after(rows, promised_multiple, direction)]
    else:
        compared = _by_units(rows, promised_multiple, direction)
    reason = _reason(compared, overdue=due is not None and period > due)
    return Evidence(initiative, dimension, tuple(compared), reason, REASONS[reason])


def ratio_interval(
    mean: float, base: float, variance: float, base_variance: float, covariance: float, freedom: float
) -> tuple[float, float]:
    """95 % interval of the ratio of two means, from the variances and covariance of these means (Fieller 1954, Journal
    of the Royal Statistical Society B 16:175). NaN where ``base`` is not clearly above nought: then there is none.
    """
    from scipy.stats import t

    square = t.ppf((1 + CONFIDENCE) / 2, freedom) ** 2 if freedom > 0 else np.nan
    certain = base**2 - square * base_variance
    if not (base > 0 and certain > 0):
        return float("nan"), float("nan")
    middle = mean * base - square * covariance
    reach = np.sqrt(max(middle**2 - certain * (mean**2 - square * variance), 0.0))
    return float((middle - reach) / certain), float((middle + reach) / certain)


class BrandValue(NamedTuple):
    """The brand value proposed for the next cycle, the initiative that proved it, and whether it is a new one."""

    dimension: str | None
    initiative: str | None
    changed: bool


def next_brand_value(proven: Sequence[Evidence], current: str | None) -> BrandValue:
    """The dimension of the initiative that keeps its promise by the widest margin; ``current`` while none keeps it.

    As the method's own case ends: what was proved by results is what the next cycle starts from (DOMAIN 1.2, step 7).
    """
    kept = [each for each in proven if each.reason == "promise kept"]
    if not kept:
        return BrandValue(current, None, False)
    best = min(kept, key=lambda each: (-each.margin, each.initiative))
    return BrandValue(best.dimension, best.initiative, best.dimension != current)


def _groups(rows: pd.DataFrame, start: str | None) -> list[str]:
    named = rows["group"].fillna("").astype(str).tolist()
    if start is None or any(named):
        return named
    return [BEFORE if period < start else AFTER for period in rows["period"].astype(str)]


def _before_and_after(rows: pd.DataFrame, promised: float, direction: int) -> Comparison:
    sides = {name: rows.loc[rows["group"] == name, "value"].to_numpy(float) for name in (AFTER, BEFORE)}
    (after, before), (n, base_n) = sides.values(), [len(side) for side in sides.values()]
    if min(n, base_n) < MINIMUM_MONTHS:
        means = [side.mean() if len(side) else np.nan for side in sides.values()]
        return _judged(AFTER, BEFORE, 1.0, (n, base_n), means, None, None, promised, direction)
    square, base_square = after.var(ddof=1) / n, before.var(ddof=1) / base_n
    low, high, _ = two_means(n, after.mean(), square * n, base_n, before.mean(), base_square * base_n)
    # Satterthwaite's degrees of freedom of mean - ratio x base, at the ratio found
    ratio = after.mean() / before.mean() if before.mean() else 0.0
    parts = np.array([square, ratio**2 * base_square])
    spread = (parts**2 / [n - 1, base_n - 1]).sum()
    freedom = parts.sum() ** 2 / spread if spread else min(n, base_n) - 1
    ratios = ratio_interval(after.mean(), before.mean(), square, base_square, 0.0, freedom)
    return _judged(
        AFTER,
        BEFORE,
        1.0,
        (n, base_n),
        [after.mean(), before.mean()],
        ratios,
        (float(low[0]), float(high[0])),
        promised,
        direction,
    )


def _by_units(rows: pd.DataFrame, promised: float, direction: int) -> list[Comparison]:
    """Each group of more than one unit against the group of one, paired by month so that seasons cancel."""
    from scipy.stats import t

    by_month = rows.groupby(["period", "units"])["value"].mean().unstack("units").sort_index()
    if 1 not in by_month:
        return []
    labels = {units: ", ".join(sorted(set(group["group"]))) for units, group in rows.groupby("units")}
    found = []
    for units in (units for units in by_month if units > 1):
        both = by_month[[units, 1]].dropna().to_numpy(float)
        n, expected = len(both), float(units) if np.isnan(promised) else promised
        means = list(both.mean(axis=0)) if n else [np.nan, np.nan]
        ratios = differences = None
        if n >= MINIMUM_MONTHS:
            covariance = np.cov(both, rowvar=False) / n
            ratios = ratio_interval(*means, covariance[0, 0], covariance[1, 1], covariance[0, 1], n - 1)
            error = np.sqrt(np.var(both[:, 0] - both[:, 1], ddof=1) / n)
            half_width = t.ppf((1 + CONFIDENCE) / 2, n - 1) * error
            differences = (means[0] - means[1] - half_width, means[0] - means[1] + half_width)
        place = (labels[units], labels[1], float(units), (n, n))
        found.append(_judged(*place, means, ratios, differences, expected, direction))
    return found


def _judged(group, base, units, months, means, ratios, differences, promised, direction) -> Comparison:
    ratio = means[0] / means[1] if means[1] > 0 else np.nan
    low, high = ratios or (np.nan, np.nan)
    worst, best = (differences or (np.nan, np.nan))[::direction]
    works = bool(direction * worst > 0)
    if differences is None:
        promise = "too few months"
    elif np.isnan(promised):
        promise = "kept" if works else "broken" if direction * best < 0 else "open"
    elif np.isnan(low):
        promise = "no ratio"
    else:
        least, most = (low, high)[::direction]
        short = direction * (most - promised) < 0
        promise = "kept" if direction * (least - promised) >= 0 else "broken" if short else "open"
    numbers = (ratio, low, high, means[0] - means[1], *(differences or (np.nan, np.nan)), promised)
    return Comparison(group, base, units, *months, *(float(number) for number in numbers), promise, works)


def _reason(compared: Sequence[Comparison], *, overdue: bool) -> str:
    """The reason for all comparisons together: the weakest decides."""
    usable = [each for each in compared if each.promise not in ("too few months", "no ratio")]
    if not usable:
        # what more months may mend is said first
        without = {each.promise for each in compared} | {"no outcome"}
        return next(reason for reason in ("too few months", "no ratio", "no outcome") if reason in without)
    works = all(each.works for each in usable)
    if any(each.promise == "broken" for each in usable):
        if works:
            return "works, less than promised"
        return "no effect, promise broken" if overdue else "no effect yet, promise broken"
    if all(each.promise == "kept" for each in compared):
        return "promise kept"
    if works:
        return "works, promise open"
    return "no effect by the due date" if overdue else "no effect yet"


def _margin(comparison: Comparison) -> float:
    """How many times the promise the unfavourable end of the interval is; 1 where any improvement was the promise."""
    low, high, promised = comparison.ratio_low, comparison.ratio_high, comparison.promised
    if np.isnan(promised) or np.isnan(low):
        return 1.0
    # kept with less being better: the high end is at or below the promise
    return low / promised if low >= promised else promised / high
