"""Steps 5 and 6: which gap needs closing first, and whether the initiative for it fits strategy and capability."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

#: Scores are from 1 to 5, as satisfaction: the two best boxes count as a yes.
SCORES = (1.0, 5.0)
FITS_FROM = READY_FROM = 4.0
_READINESS = ("people", "process", "technology")
#: Every verdict on a requirement and its meaning.
FITS = {
    "fits": "The strategy wants it, and people, process and technology are ready.",
    "fits strategy, not ready": "The strategy wants it; what is named is not ready.",
    "ready, does not fit strategy": "It could be done, but the strategy does not want it.",
    "fits neither": "The strategy does not want it, and what is named is not ready.",
    "not assessed": "Strategy fit or a readiness was not scored, and the verdict depends on it.",
    "no initiative": "Nobody has taken this gap up.",
}


class Requirement(NamedTuple):
    """One gap and one initiative for it (None where there is none), in the order in which gaps need closing."""

    dimension: str
    #: 4b; NaN where the experience is not given.
    gap: float
    #: 1 is the most negative gap; equals share the better place; None where there is no gap to close.
    rank: int | None
    initiative: str | None
    requirement: str | None
    strategy_fit: float
    #: The weakest of people, process and technology: what is not ready holds up the rest.
    readiness: float
    #: A key of FITS.
    fit: str
    #: Which of people, process and technology are below the threshold, and which scores are missing.
    not_ready: tuple[str, ...]
    not_scored: tuple[str, ...]


def requirements(
    gaps: Mapping[str, float],
    initiatives: pd.DataFrame,
    *,
    fits_from: float = FITS_FROM,
    ready_from: float = READY_FROM,
) -> tuple[Requirement, ...]:
    """The gaps (4b by dimension) that are below nought, most negative first, each with its initiatives by name; then
    the initiatives that close no gap.

    ``initiatives``: initiative, dimension, requirement, strategy_fit, people_ready, process_ready, technology_ready
    (scores 1 to 5, NaN where not scored). Fit and ready from the thresholds on. Raises ConfigurationError for a score
    off its scale.
    """
    taken: dict[str, list[dict]] = {}
    for row in initiatives.sort_values("initiative").to_dict("records"):
        taken.setdefault(str(row["dimension"]), []).append(row)
    open_gaps = {name: gap for name, gap in gaps.items() if gap < 0}
    order = sorted({*open_gaps, *taken}, key=lambda name: (open_gaps.get(name, 0.0), name))
    found = []
    for dimension in order:
        rank = None
        if dimension in open_gaps:
            rank = 1 + sum(gap < open_gaps[dimension] - 1e-9 for gap in open_gaps.values())
        place = (dimension, float(gaps.get(dimension, np.nan)), rank)
        for row in taken.get(dimension, [None]):
            found.append(Requirement(*place, *_assessed(row, fits_from, ready_from)))
    return tuple(found)


def _assessed(row: dict | None, fits_from: float, ready_from: float) -> tuple:
    if row is None:
        return None, None, np.nan, np.nan, "no initiative", (), ()
    scores = {name: _score(row, f"{name}_ready") for name in _READINESS}
    strategy = _score(row, "strategy_fit")
    not_ready = tuple(name for name, score in scores.items() if score < ready_from)
    missing = [name for name, score in {"strategy": strategy, **scores}.items() if np.isnan(score)]
    # what is not ready is so whatever the missing scores are
    ready = False if not_ready else None if set(missing) & set(_READINESS) else True
    if np.isnan(strategy) or ready is None:
        fit = "not assessed"
    elif strategy >= fits_from:
        fit = "fits" if ready else "fits strategy, not ready"
    else:
        fit = "ready, does not fit strategy" if ready else "fits neither"
    weakest = np.nan if ready is None else float(np.nanmin(list(scores.values())))
    return str(row["initiative"]), row["requirement"], strategy, weakest, fit, not_ready, tuple(missing)


def _score(row: dict, column: str) -> float:
    score = np.nan if row[column] is None else float(row[column])
    if score < SCORES[0] or score > SCORES[1]:
        raise ConfigurationError(
            f"{column} of {row['initiative']} is not a score from {SCORES[0]:g} to {SCORES[1]:g}",
            "score 1 (not at all) to 5 (fully), or leave it empty",
            where="initiatives.csv",
        )
    return score
