"""Which cells are hidden so that no figure speaks of fewer than five people, or lets such a figure be worked out.

Primary: 1 <= n < ``below``. Complementary: where the cells of a slice make up the whole, the reader can subtract what
is shown from it. What is left over must be nobody, or at least ``below`` people in at least two hidden cells;
otherwise the smallest cell still shown is hidden as well, until it is so (DOMAIN 2.4; the rule of the CDC's
``surveytable`` with th.n = 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

OVERALL = "overall"


def hidden_cells(cells: pd.DataFrame, partitions: dict[str, frozenset[str]], below: int = 5) -> np.ndarray:
    """True for each row of ``cells`` (kpi, period, slice, slice_value, n > 0) that must be hidden.

    ``partitions`` names, by KPI, the slices whose values make up the whole. The whole is the row of the slice
    ``overall``, or the sum of the cells where that is missing. Slices of other kinds are hidden by n alone. Fewer
    than ``below`` ``people`` (where that column says how many the rows are of) are hidden whatever their rows.
    """
    n = cells["n"].to_numpy(int)
    hidden = cells["people" if "people" in cells else "n"].to_numpy() < below
    kpi, period, slices = (cells[column].to_numpy(object) for column in ("kpi", "period", "slice"))
    wholes: dict[tuple[str, str], int] = {}
    groups: dict[tuple[str, str, str], list[int]] = {}
    for row in range(len(n)):
        if slices[row] == OVERALL:
            wholes[kpi[row], period[row]] = n[row]
        elif slices[row] in partitions.get(kpi[row], ()):
            groups.setdefault((kpi[row], period[row], slices[row]), []).append(row)
    label = cells["slice_value"].to_numpy(object)
    for group, rows in groups.items():
        # a cell without a label is a cell too; it comes first among equals
        rows.sort(key=lambda row: (n[row], label[row] is not None, label[row] or ""))
        _hide_complement(n, hidden, rows, wholes.get(group[:2]), below)
    return hidden


def _hide_complement(n: np.ndarray, hidden: np.ndarray, rows: list[int], whole: int | None, below: int) -> None:
    """Hide more of ``rows`` (ascending by n) in ``hidden`` until what is left over says nothing of a few people."""
    shown = [row for row in rows if not hidden[row]]
    left_over = (n[rows].sum() if whole is None else whole) - n[shown].sum()
    count = len(rows) - len(shown)
    for row in shown:
        # people without a label are left over too, even where no cell is hidden
        gives_away = left_over < below and (count > 0 or left_over > 0)
        if count != 1 and not gives_away:
            return
        hidden[row] = True
        left_over += n[row]
        count += 1
