"""Importance as people state it and as the outcome betrays it, side by side, and the importance-performance picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

#: (important, well done) → where a dimension lies (Martilla & James 1977, Journal of Marketing 41:77).
QUADRANTS = {
    (True, False): "concentrate here",
    (True, True): "keep up",
    (False, False): "low priority",
    (False, True): "possible overkill",
}


class Place(NamedTuple):
    """Where one dimension lies; no quadrant where importance or performance is not given."""

    dimension: str
    importance: float
    performance: float
    quadrant: str | None


class ImportancePerformance(NamedTuple):
    """The picture: its places, and the cross-hairs, which decide the quadrants and must be printed."""

    places: tuple[Place, ...]
    importance_line: float
    performance_line: float
    #: Whether each line is the mean over the dimensions placed, or was stated by somebody.
    importance_line_is: str
    performance_line_is: str


def importance_performance(
    importance: Mapping[str, float],
    performance: Mapping[str, float],
    *,
    importance_line: float | None = None,
    performance_line: float | None = None,
) -> ImportancePerformance:
    """Quadrants of all dimensions that either mapping names, in the order of their names.

    Cross-hairs: the means over the dimensions that have both numbers, unless stated. On a line counts as important, and
    as well done.
    """
    names = sorted({*importance, *performance})
    both = np.array([(importance.get(name, np.nan), performance.get(name, np.nan)) for name in names], float)
    both = both.reshape(-1, 2)
    placed = ~np.isnan(both).any(axis=1)
    # within rounding of the line is on it: equal dimensions lie on their mean
    means = both[placed].mean(axis=0) if placed.any() else np.full(2, np.nan)
    lines = [
        mean if stated is None else stated
        for mean, stated in zip(means, (importance_line, performance_line), strict=True)
    ]
    above = both >= np.array(lines) - 1e-9 * np.abs(lines)
    places = tuple(
        Place(name, *both[row].tolist(), QUADRANTS[tuple(above[row].tolist())] if placed[row] else None)
        for row, name in enumerate(names)
    )
    said = ["mean" if stated is None else "stated" for stated in (importance_line, performance_line)]
    return ImportancePerformance(places, float(lines[0]), float(lines[1]), *said)


class Importance(NamedTuple):
    """One dimension's importance twice, each with its rank (1 is most important); NaN and None where not given.

    ``stated``: mean of the answers (2d). ``derived_pct``: share of R² in percent. ``ranks_apart`` is the derived rank
    minus the stated one: positive where people say that it matters more than it shows.
    """

    dimension: str
    stated: float
    stated_rank: int | None
    derived_pct: float
    derived_rank: int | None
    ranks_apart: int | None


def stated_beside_derived(stated: Mapping[str, float], derived_pct: Mapping[str, float]) -> tuple[Importance, ...]:
    """Both importances of every dimension that either mapping names, by name.

    Ranks are by the point estimates, equals share the better one; each is among all dimensions that have that number,
    ``ranks_apart`` among those that have both.
    """
    names = sorted({*stated, *derived_pct})
    given = [{name: float(source.get(name, np.nan)) for name in names} for source in (stated, derived_pct)]
    both = {name for name in names if not any(np.isnan(source[name]) for source in given)}
    ranked = [_ranks(source) for source in given]
    among_both = [_ranks({name: source[name] for name in both}) for source in given]
    return tuple(
        Importance(
            name,
            given[0][name],
            ranked[0].get(name),
            given[1][name],
            ranked[1].get(name),
            among_both[1][name] - among_both[0][name] if name in both else None,
        )
        for name in names
    )


def _ranks(values: Mapping[str, float]) -> dict[str, int]:
    known = {name: value for name, value in values.items() if not np.isnan(value)}
    return {
        name: 1 + sum(other > value + 1e-9 * abs(value) for other in known.values()) for name, value in known.items()
    }
