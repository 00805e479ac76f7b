"""What closing a gap would go with in the outcome, by the driver model. ``drivers.CAVEAT`` belongs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from flows.inference.resampling import percentile_interval

if TYPE_CHECKING:
    from flows.inference.drivers import DriverModel


class ClosedGap(NamedTuple):
    """What the model says of respondents whose mean rating of ``driver`` were ``ideal``; NaN where there is no model.

    ``gap``: how far the mean rating is from the ideal, ``slope``: outcome per unit of the driver, the others held
    equal. ``effect`` is their product, as far as the outcome's scale has room; ``expected`` is the outcome with it.
    """

    driver: str
    ideal: float
    gap: float
    slope: float
    effect: float
    effect_low: float
    effect_high: float
    outcome: float
    expected: float
    expected_low: float
    expected_high: float


def closed_gap(
    model: DriverModel,
    driver: str,
    ideal: float,
    *,
    lowest: float = -float("inf"),
    highest: float = float("inf"),
) -> ClosedGap:
    """Slope times the gap closed, with percentile intervals over the model's replicates.

    Each replicate has its own mean rating, so the gap's uncertainty is in the interval too. The outcome cannot leave
    its scale from ``lowest`` to ``highest``. Raises KeyError when the model does not know ``driver``.
    """
    if driver not in model.names:
        raise KeyError(driver)
    place = model.names.index(driver)
    if model.moments is None or model.replicates is None or model.left_out[place] is not None:
        return ClosedGap(driver, ideal, *(float("nan"),) * 9)
    column = model.kept.index(place)

    def closing(moments) -> tuple[np.ndarray, ...]:
        gap, slope, outcome = ideal - moments.mean[..., column], moments.slopes[..., column], moments.mean[..., -1]
        expected = np.clip(outcome + slope * gap, lowest, highest)
        return gap, slope, expected - outcome, outcome, expected

    gap, slope, effect, outcome, expected = (float(part) for part in closing(model.moments))
    _, _, effects, _, expecteds = closing(model.replicates)
    effect_low, effect_high = (float(limit) for limit in percentile_interval(effects))
    low, high = (float(limit) for limit in percentile_interval(expecteds))
    return ClosedGap(driver, ideal, gap, slope, effect, effect_low, effect_high, outcome, expected, low, high)
