"""Which ideal experience management has chosen for a dimension in a month (step 4a of the gap analysis)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

    from flows.inference.scales import Scale


def ideals_of(cells: pd.DataFrame, ideals: pd.DataFrame, scale: Scale) -> np.ndarray:
    """The ideal of each cell (period, dimension): the newest with valid_from <= period; NaN where none is chosen.

    ``ideals``: dimension, ideal, valid_from (YYYY-MM, empty: always). One without a number takes the choice back.
    Raises ConfigurationError for two that hold from one month on, and for one off the scale.
    """
    import pandas as pd

    chosen: dict[str, dict[str, float]] = {}
    for row in ideals.to_dict("records"):
        dimension, since = str(row["dimension"]), "" if pd.isna(row["valid_from"]) else str(row["valid_from"])[:7]
        dated = chosen.setdefault(dimension, {})
        if since in dated:
            raise ConfigurationError(
                f"two ideals of {dimension} hold from {since or 'the beginning'}",
                "keep one of them, or give the newer one a later valid_from",
                where="ideals.csv",
            )
        dated[since] = np.nan if pd.isna(row["ideal"]) else float(row["ideal"])
        if dated[since] < scale.lowest or dated[since] > scale.highest:
            raise ConfigurationError(
                f"the ideal of {dimension} is off the scale from {scale.lowest:g} to {scale.highest:g}",
                "choose an ideal on the scale on which the experience is rated",
                where="ideals.csv",
            )
    found = np.full(len(cells), np.nan)
    for place, (dimension, period) in enumerate(zip(cells["dimension"], cells["period"], strict=True)):
        dated = chosen.get(dimension, {})
        since = max((month for month in dated if month <= period), default=None)
        if since is not None:
            found[place] = dated[since]
    return found
