"""Kaplan-Meier curves, their quantiles and the comparison of two months, from life tables.

A life table is all that is left of the rows of a cell: the distinct times, and at each how many had the event and how
many were censored there (still open, or gone for another reason). Cost depends on distinct times, never on rows.
Where both happen at one time, events come first, so whoever is censored at t was still at risk of an event at t.

Survival is a fraction (0 to 1), times are in the unit of the table. Whatever the follow-up does not reach is NaN.
Every comparison is the later month minus the earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.comparisons import Difference
from flows.inference.estimates import Estimate
from flows.inference.intervals import normal_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Rounding error of a product of survival shares: a curve that ends this near to a half has reached it.
TIE = 1e-12


@dataclass(frozen=True)
class LifeTables:
    """The life tables of several cells, one below the other, by cell and time; make them with ``of``.

    ``cell`` numbers the cells from 0; ``cells`` says how many there are, with those that have no row.
    """

    cell: np.ndarray
    time: np.ndarray
    events: np.ndarray
    censored: np.ndarray
    cells: int

    @classmethod
    def of(
        cls,
        time: ArrayLike,
        events: ArrayLike,
        censored: ArrayLike,
        cell: ArrayLike | None = None,
        cells: int | None = None,
    ) -> LifeTables:
        """From one row per cell and time, in any order; rows of one cell and time are added up.

        Without ``cell`` all rows belong to one table. Raises ValueError for a time or a count that is negative or
        missing.
        """
        time, events, censored = (np.atleast_1d(np.asarray(part, float)) for part in (time, events, censored))
        number = np.zeros(len(time), np.int64) if cell is None else np.asarray(cell, np.int64)
        for name, part in (("time", time), ("events", events), ("censored", censored)):
            if not (np.isfinite(part) & (part >= 0)).all():
                raise ValueError(f"a life table's {name} must be given and not negative")
        needed = int(number.max(initial=0)) + 1
        cells = needed if cells is None else cells
        if (number < 0).any() or (len(number) and cells < needed):
            raise ValueError("cells are numbered from 0 to one less than there are")
        some = events + censored > 0
        time, events, censored, number = time[some], events[some], censored[some], number[some]
        order = np.lexsort((time, number))
        time, events, censored, number = time[order], events[order], censored[order], number[order]
        first = np.ones(len(time), bool)
        first[1:] = (np.diff(time) > 0) | (np.diff(number) > 0)
        begins = np.flatnonzero(first)
        if len(begins) < len(time):
            events, censored = np.add.reduceat(events, begins), np.add.reduceat(censored, begins)
        return cls(number[begins], time[begins], events, censored, cells)

    @property
    def begins(self) -> np.ndarray:
        """Where each cell's rows begin, and after the last one their end."""
        return np.searchsorted(self.cell, np.arange(self.cells + 1))


class Curves(NamedTuple):
    """At each row of the life tables: at risk just before, survival just after, Greenwood's sum Σ d / (n (n - d)).

    The sum is the variance of log S; it is infinite where S falls to 0.
    """

    at_risk: np.ndarray
    survival: np.ndarray
    greenwood: np.ndarray


class LogRank(NamedTuple):
    """Chi-square with one degree of freedom, its p, and the later month's events beyond those expected of it."""

    chi_square: np.ndarray
    p: np.ndarray
    excess_events: np.ndarray


class _At(NamedTuple):
    """All that the limits of S at one time need, one a cell; ``upper_*`` is the step before where S is 0."""

    survival: np.ndarray
    greenwood: np.ndarray
    #: Observed up to the time and beyond, or censored at it.
    followed: np.ndarray
    upper_survival: np.ndarray
    upper_greenwood: np.ndarray
    #: At risk of the last step, where S is 0.
    last_at_risk: np.ndarray


def kaplan_meier(tables: LifeTables) -> Curves:
    """Product-limit estimate (Kaplan & Meier 1958, JASA 53:457) at each row of the tables.

    Written out because statsmodels takes one curve at a time and a build has thousands of cells: here each costs two
    running products over its distinct times.
    """
    leaving = tables.events + tables.censored
    gone = np.concatenate([[0.0], np.cumsum(leaving)])
    begins = tables.begins
    at_risk = gone[begins[1:]][tables.cell] - gone[:-1]
    survival = 1 - tables.events / at_risk
    with np.errstate(divide="ignore"):
        greenwood = np.where(tables.events > 0, tables.events / (at_risk * (at_risk - tables.events)), 0.0)
    for start, stop in pairwise(begins):
        np.cumprod(survival[start:stop], out=survival[start:stop])
        np.cumsum(greenwood[start:stop], out=greenwood[start:stop])
    return Curves(at_risk, survival, greenwood)


def survival_at(tables: LifeTables, horizon: ArrayLike) -> Estimate:
    """S at a horizon (one for all cells, or one a cell) with Greenwood's interval on the log(-log S) scale.

    NaN where nobody was followed to the horizon. Greenwood's variance says nothing where no event (S = 1) or nothing
    else (S = 0) was seen. There the lower limit of S = 1 is Clopper and Pearson's for those followed all the way; the
    upper limit of S = 0 is that of the step before, or Clopper and Pearson's where there was one step only.
    """
    at = _at(tables, horizon)
    return Estimate(at.survival, *_limits(at, normal_quantile()))


def quantile_time(tables: LifeTables, share: float = 0.5) -> Estimate:
    """The time by which a ``share`` had the event: the first with S <= 1 - share; the median by default.

    Limits: the first times at which the lower and the upper log-log limit of S are down there (Brookmeyer & Crowley
    1982, Biometrics 38:29). NaN where the curve, or its limit, stays above.
    """
    if not 0 < share < 1:
        raise ValueError("a quantile is asked for by a share between 0 and 1")
    return Estimate(*_quantile_times(tables, share))


def log_rank(later: LifeTables, earlier: LifeTables) -> LogRank:
    """Log-rank test (Mantel 1966) of two months, cell by cell.

    Without any event that either month could have had, p is 1; a cell with nobody in one month is NaN.
    """
    from scipy.stats import chi2

    _same_cells(later, earlier)
    both = LifeTables.of(
        *(np.concatenate([getattr(later, part), getattr(earlier, part)]) for part in ("time", "events", "censored")),
        cell=np.concatenate([later.cell, earlier.cell]),
        cells=later.cells,
    )
    at_risk = kaplan_meier(both).at_risk
    # The later month's own rows at the times of both.
    leaving = np.bincount(_row_of(both, later), later.events + later.censored, len(both.time))
    observed = np.bincount(_row_of(both, later), later.events, len(both.time))
    gone = np.concatenate([[0.0], np.cumsum(leaving)])
    of_later = gone[both.begins[1:]][both.cell] - gone[:-1]
    share = of_later / at_risk
    variance = both.events * share * (1 - share) * (at_risk - both.events) / np.maximum(at_risk - 1, 1)
    excess = np.bincount(both.cell, observed - both.events * share, both.cells)
    variance = np.bincount(both.cell, variance, both.cells)
    somebody = (np.diff(later.begins) > 0) & (np.diff(earlier.begins) > 0)
    chi_square = np.where(variance > 0, excess**2 / np.where(variance > 0, variance, 1), 0.0)
    chi_square, excess = np.where(somebody, chi_square, np.nan), np.where(somebody, excess, np.nan)
    return LogRank(chi_square, chi2.sf(chi_square, 1), excess)


def two_survivals(later: LifeTables, earlier: LifeTables, horizon: ArrayLike) -> Difference:
    """Difference of S at a horizon between two months, as fractions.

    Interval: MOVER, the square-and-add of the two intervals of ``survival_at`` (Zou & Donner 2008, Statistics in
    Medicine 27:1693). p: the level at which that interval ends at zero, so p and the 95 % interval never disagree.
    """
    from scipy.stats import norm

    _same_cells(later, earlier)
    now, before = _at(later, horizon), _at(earlier, horizon)
    difference = now.survival - before.survival
    below, above = _reach(now, before, normal_quantile())

    # Bisection for the normal quantile whose limits reach from the difference to zero. norm.sf(38) is almost 0.
    narrow, wide = np.zeros(later.cells), np.full(later.cells, 38.0)
    for _ in range(60):
        middle = (narrow + wide) / 2
        short = np.where(difference > 0, *_reach(now, before, middle)) < np.abs(difference)
        narrow, wide = np.where(short, middle, narrow), np.where(short, wide, middle)
    p = np.where(np.isnan(difference), np.nan, 2 * norm.sf(narrow))
    return Difference(np.clip(difference - below, -1, 1), np.clip(difference + above, -1, 1), p)


def two_quantile_times(later: LifeTables, earlier: LifeTables, share: float = 0.5) -> Difference:
    """Difference of a quantile of time between two months, in the unit of time.

    Interval: MOVER from the limits of ``quantile_time``; a side is NaN where a limit it rests on was not reached. p is
    the log-rank test's, which compares the whole curves.
    """
    now, now_low, now_high = quantile_time(later, share)
    before, before_low, before_high = quantile_time(earlier, share)
    difference = now - before
    return Difference(
        difference - np.hypot(now - now_low, before_high - before),
        difference + np.hypot(now_high - now, before - before_low),
        log_rank(later, earlier).p,
    )


def _same_cells(later: LifeTables, earlier: LifeTables) -> None:
    if later.cells != earlier.cells:
        raise ValueError("two months are compared cell by cell: give both the same cells")


def _at(tables: LifeTables, horizon: ArrayLike) -> _At:
    curves, begins = kaplan_meier(tables), tables.begins
    horizon = np.broadcast_to(np.asarray(horizon, float), tables.cells)
    here = horizon[tables.cell]
    seen = np.bincount(tables.cell[tables.time <= here], minlength=tables.cells)
    leaving = tables.events + tables.censored
    total = np.bincount(tables.cell, leaving, tables.cells)
    left_before = np.bincount(tables.cell, np.where(tables.time < here, leaving, 0.0), tables.cells)

    def step(values: np.ndarray, back: int, start: float) -> np.ndarray:
        """The value after the last row up to the horizon, or ``back`` rows earlier; before the first: ``start``."""
        row = begins[:-1] + seen - 1 - back
        values = np.append(values, start)
        return values[np.where(seen > back, row, len(values) - 1)]

    survival, greenwood = step(curves.survival, 0, 1.0), step(curves.greenwood, 0, 0.0)
    ended = survival == 0
    # Once the curve is at 0 it stays there; otherwise somebody must have been seen until the horizon.
    reached = ended | (left_before < total)
    return _At(
        np.where(reached, survival, np.nan),
        greenwood,
        total - left_before,
        np.where(ended, step(curves.survival, 1, 1.0), survival),
        np.where(ended, step(curves.greenwood, 1, 0.0), greenwood),
        step(curves.at_risk, 0, 1.0),
    )


def _limits(at: _At, z: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of S at the normal quantile ``z``."""
    from scipy.stats import norm

    tail = norm.sf(z)
    low, _ = log_log_limits(at.survival, at.greenwood, z)
    _, high = log_log_limits(at.upper_survival, at.upper_greenwood, z)
    low = np.where(at.survival == 1, tail ** (1 / np.maximum(at.followed, 1)), low)
    high = np.where((at.survival == 0) & (at.upper_survival == 1), 1 - tail ** (1 / at.last_at_risk), high)
    unknown = np.isnan(at.survival)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def log_log_limits(survival: np.ndarray, greenwood: np.ndarray, z: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    inside = (survival > 0) & (survival < 1)
    within, variance = np.where(inside, survival, 0.5), np.where(inside, greenwood, 0.0)
    with np.errstate(over="ignore"):  # an infinite power of a share is 0, as it should be
        power = np.exp(z * np.sqrt(variance) / -np.log(within))
        return np.where(inside, within**power, survival), np.where(inside, within ** (1 / power), survival)


def _reach(now: _At, before: _At, z: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """How far below and above the difference of two S its limits lie."""
    now_low, now_high = _limits(now, z)
    before_low, before_high = _limits(before, z)
    return (
        np.hypot(now.survival - now_low, before_high - before.survival),
        np.hypot(now_high - now.survival, before.survival - before_low),
    )


def _quantile_times(tables: LifeTables, share: float) -> list[np.ndarray]:
    curves = kaplan_meier(tables)
    low, high = log_log_limits(curves.survival, curves.greenwood, normal_quantile())
    # Where S is 0 its upper limit is the one of the step before, see survival_at; it reaches no new share.
    high = np.where(curves.survival == 0, np.inf, high)
    found = []
    for band in (curves.survival, low, high):
        reached = np.flatnonzero((tables.events > 0) & (band <= 1 - share + TIE))
        cell, first = np.unique(tables.cell[reached], return_index=True)
        times = np.full(tables.cells, np.nan)
        times[cell] = tables.time[reached[first]]
        found.append(times)
    return found


def _row_of(both: LifeTables, one: LifeTables) -> np.ndarray:
    """The row of ``both`` that holds the cell and time of each row of ``one``."""
    times, place = np.unique(both.time, return_inverse=True)
    return np.searchsorted(
        both.cell * len(times) + place.reshape(-1), one.cell * len(times) + np.searchsorted(times, one.time)
    )
