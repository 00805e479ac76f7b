"""What may be said of a figure's change. The only place where a verdict is given; wording and charts obey it."""

from __future__ import annotations

import numpy as np

#: Every verdict and its meaning, in the order in which they are decided: the first that applies is given.
VERDICTS = {
    "hidden": "Fewer than five people, or a cell that would give such a group away; every number is withheld.",
    "low base": (
        "Not tested: this month, or the month it is compared with, rests on fewer answers than the KPI's minimum "
        "base, or the earlier month is hidden."
    ),
    "not compared": (
        "Stands for itself: the KPI is declared to be compared with nothing, or the two months cannot be compared."
    ),
    "new": "Nothing to compare with: no figure for the month before (or for no earlier month at all).",
    "better": "Moved in the KPI's good direction, significantly (q within the false discovery rate) and by enough.",
    "worse": "Moved against the KPI's good direction, significantly and by enough.",
    "changed": "Moved significantly and by enough, on a KPI that has no good direction.",
    "no clear change": "Tested, and the change is within what chance does or smaller than what matters.",
}
#: Sign of a good change.
DIRECTIONS = {"up": 1, "down": -1, "neutral": 0}


def to_test(
    hidden: np.ndarray, n: np.ndarray, earlier_n: np.ndarray, minimum_base: np.ndarray, compared: np.ndarray
) -> np.ndarray:
    """True where a change is tested: shown, compared with a shown month, and both months at the minimum base."""
    return ~hidden & compared & (np.minimum(n, np.where(compared, earlier_n, 0)) >= minimum_base)


def decide(
    *,
    hidden: np.ndarray,
    n: np.ndarray,
    minimum_base: np.ndarray,
    compared: np.ndarray,
    comparable: np.ndarray,
    withheld: np.ndarray,
    tested: np.ndarray,
    q: np.ndarray,
    change: np.ndarray,
    smallest_change: np.ndarray,
    direction: np.ndarray,
    false_discovery_rate: float,
) -> np.ndarray:
    """The verdict of each row, one of VERDICTS.

    ``compared``: there is a shown earlier figure to compare with; ``comparable``: the KPI is compared with something,
    and where both months are large enough there is a test; ``withheld``: there is one, but hidden, and the
    cell was shown before that; ``direction``: 1, -1 or 0 as DIRECTIONS; ``change`` and ``smallest_change`` in the
    KPI's unit. A q at the rate and a change of just the smallest size both suffice.
    """
    # the tolerance lets 82.1 - 80.1 count as 2
    enough = np.abs(change) >= smallest_change * (1 - 1e-9)
    clear = tested & (q <= false_discovery_rate) & enough & (change != 0)
    gain = np.sign(change) * direction
    return np.select(
        [
            hidden,
            (n < minimum_base) | withheld | (compared & ~tested),
            ~comparable,
            ~compared,
            clear & (gain > 0),
            clear & (gain < 0),
            clear,
        ],
        list(VERDICTS)[:-1],
        default=list(VERDICTS)[-1],
    ).astype(object)
