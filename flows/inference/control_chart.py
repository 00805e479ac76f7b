"""Stand-in."""

from typing import NamedTuple

import numpy as np


class Chart(NamedTuple):
    lower: np.ndarray
    upper: np.ndarray
    signal: np.ndarray


def xmr(series):
    v = np.full(len(series), np.nan)
    return Chart(v, v, np.full(len(series), None, object))
