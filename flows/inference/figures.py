"""From sufficient statistics to the figures that are printed: one row a period, KPI and slice value.

observed ─► cells ─► suppressed ─► level, change ─► tested ─► q ─► verdict, target ─► figures
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from flows.inference import composites, control_chart, mix, suppression, verdicts
from flows.inference import targets as target_table
from flows.inference.comparisons import benjamini_hochberg
from flows.inference.kinds import KINDS, presentation
from flows.inference.observed import IDENTITY, cells_of, partitions_of

if TYPE_CHECKING:
    import pandas as pd

#: The columns of a figure and their DuckDB types, in order.
COLUMNS = {
    "period": "varchar",
    "kpi": "varchar",
    "slice": "varchar",
    "slice_value": "varchar",
    "value": "double",
    "unit": "varchar",
    "n": "bigint",
    "low": "double",
    "high": "double",
    "previous": "double",
    "change": "double",
    "change_low": "double",
    "change_high": "double",
    "p": "double",
    "q": "double",
    "verdict": "varchar",
    "target": "double",
    "met": "boolean",
    "precision_flag": "varchar",
    "expected_low": "double",
    "expected_high": "double",
    "signal": "varchar",
    "presentation": "varchar",
}


def infer(
    observed: pd.DataFrame,
    kpis: pd.DataFrame,
    targets: pd.DataFrame,
    *,
    hidden_below: int = 5,
    false_discovery_rate: float = 0.05,
) -> pd.DataFrame:
    """The figures of all periods in ``observed``, with the columns and types of COLUMNS, ordered by their identity.

    ``observed``: one row a kpi, period (YYYY-MM), slice and slice_value (null for ``overall``): n, the sums that its
    kind needs (``kinds.KINDS``, a weighted NPS sums its answers as 1, 0 and -1), and quantile_draws (see
    ``comparisons.two_quantiles``; a null entry lies beyond the follow-up window). ``kpis``: kpi, kind, unit,
    direction, minimum_base, smallest_change, compared_with, scale_low, scale_high, per, weighted, and partitions (the
    slices whose values make up the whole) or slices. ``targets``: kpi, slice, slice_value, target, valid_from.

    No denominator, or a quantile beyond the follow-up window: no row. Hidden rows keep identity, unit and verdict.
    ``previous`` is the figure of the month before, or with ``last_with_data`` of the latest earlier month that shows
    one; a hidden month is never compared with. Changes of small bases have an interval but no p. The tests of one
    period, over all KPIs and slices, are one family.

    Raises BuildError when ``observed`` lacks a statistic that the KPI's kind needs, counts a cell twice or counts
    more positives than answers, ConfigurationError when a target is given twice.
    """
    cells = cells_of(_with_composites(observed, kpis, hidden_below), kpis)
    hidden = suppression.hidden_cells(cells, partitions_of(kpis), hidden_below)
    value, low, high = _levels(cells)
    # a quantile beyond the follow-up window cannot be printed; a hidden cell keeps its line
    kept = hidden | ~np.isnan(value)
    cells = cells[kept].reset_index(drop=True)
    hidden, value, low, high = hidden[kept], value[kept], low[kept], high[kept]

    earlier, withheld = _earlier(cells, hidden)
    compared = earlier >= 0
    n, minimum_base = cells["n"].to_numpy(), cells["minimum_base"].to_numpy()
    change_low, change_high, p = _changes(cells, earlier)
    change_low, change_high, p = composites.comparable(cells, earlier, change_low, change_high, p)
    p = mix.gate(cells, p)
    tested = verdicts.to_test(hidden, n, n[earlier], minimum_base, compared)
    p = np.where(tested, p, np.nan)
    q = benjamini_hochberg(p, cells["period"].to_numpy(object).astype(str))
    previous = np.where(compared, value[earlier], np.nan)
    change = value - previous
    direction = cells["direction"].map(verdicts.DIRECTIONS).to_numpy(int)
    target = target_table.targets_of(cells, targets)
    met, judged = target_table.met(value, target, direction)
    verdict = verdicts.decide(
        hidden=hidden,
        n=n,
        minimum_base=minimum_base,
        compared=compared,
        comparable=(cells["compared_with"] != "nothing").to_numpy() & ~(tested & np.isnan(p)),
        withheld=withheld,
        tested=tested,
        q=q,
        change=change,
        smallest_change=cells["smallest_change"].to_numpy(),
        direction=direction,
        false_discovery_rate=false_discovery_rate,
    )
    numbers = {
        "value": value,
        "low": low,
        "high": high,
        "previous": previous,
        "change": change,
        "change_low": change_low,
        "change_high": change_high,
        "p": p,
        "q": q,
        "target": target,
    }
    shown = np.where(hidden, np.nan, value)
    numbers["expected_low"], numbers["expected_high"], signal = control_chart.signals(cells, shown)
    flag = np.select([hidden, n < minimum_base], ["hidden", "low base"], default="ok")
    standard = np.where(hidden, None, presentation(cells, low, high))
    words = {"verdict": verdict, "precision_flag": flag, "signal": signal, "presentation": standard}
    return _figures(cells, hidden, numbers, n, words, met, judged)


def _with_composites(observed: pd.DataFrame, kpis: pd.DataFrame, hidden_below: int) -> pd.DataFrame:
    """``observed`` and what is composed of it: composites are estimates that rest on other KPIs' figures."""
    import pandas as pd

    given = kpis["parts"] if "parts" in kpis else pd.Series(dtype=object)
    parts = {part for text in given if isinstance(text, str) for names in json.loads(text).values() for part in names}
    if not parts:
        return observed
    cells = cells_of(observed[observed["kpi"].isin(parts) & (observed["slice"] == "overall")], kpis)
    rows = composites.composed(cells, _levels(cells), suppression.hidden_cells(cells, {}, hidden_below), kpis)
    return pd.concat([observed, pd.DataFrame(rows)], ignore_index=True) if rows else observed


def _levels(cells: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Value, low and high of each cell."""
    level = tuple(np.full(len(cells), np.nan) for _ in range(3))
    for name, rows in cells.groupby("kind", sort=True).indices.items():
        for column, part in zip(level, KINDS[name].level(cells.iloc[rows]), strict=True):
            column[rows] = part
    value, low, high = level
    # what is resampled or inverted knows nothing of the scale
    scale = [cells[end].to_numpy() for end in ("scale_low", "scale_high")]
    return value, np.clip(low, *scale), np.clip(high, *scale)


def _changes(cells: pd.DataFrame, earlier: np.ndarray) -> tuple[np.ndarray, ...]:
    """Low, high and p of each cell's change since the cell at ``earlier``, NaN where that is -1."""
    change = tuple(np.full(len(cells), np.nan) for _ in range(3))
    for name, kind in KINDS.items():
        rows = np.flatnonzero((cells["kind"].to_numpy() == name) & (earlier >= 0))
        if len(rows):
            found = kind.difference(cells.iloc[rows], cells.iloc[earlier[rows]])
            for column, part in zip(change, found, strict=True):
                column[rows] = part
    low, high, p = change
    width = (cells["scale_high"] - cells["scale_low"]).to_numpy()
    return np.clip(low, -width, width), np.clip(high, -width, width), p


def _earlier(cells: pd.DataFrame, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row each cell is compared with (-1: none), and whether that is only because the month before is hidden.

    A hidden month before which the cell was never shown counts as no month: the cell is new.
    """
    earlier, withheld = np.full(len(cells), -1), np.zeros(len(cells), bool)
    newest: dict[tuple, int] = {}
    newest_shown: dict[tuple, int] = {}
    month = [int(period[:4]) * 12 + int(period[5:7]) for period in cells["period"]]
    columns = (cells[column] for column in ("kpi", "slice", "slice_value", "compared_with"))
    for row, (kpi, slices, label, compared_with) in enumerate(zip(*columns, strict=True)):  # oldest period first
        cell = (kpi, slices, label)
        shown, before = newest_shown.get(cell, -1), newest.get(cell, -1)
        if compared_with == "nothing":
            candidate = -1
        elif compared_with == "last_with_data":
            candidate = shown
        else:
            candidate = before if before >= 0 and month[before] == month[row] - 1 else -1
        if not hidden[row] and candidate >= 0:
            if hidden[candidate]:
                withheld[row] = shown >= 0
            else:
                earlier[row] = candidate
        newest[cell] = row
        if not hidden[row]:
            newest_shown[cell] = row
    return earlier, withheld


def _figures(
    cells: pd.DataFrame,
    hidden: np.ndarray,
    numbers: dict[str, np.ndarray],
    n: np.ndarray,
    words: dict[str, np.ndarray],
    met: np.ndarray,
    judged: np.ndarray,
) -> pd.DataFrame:
    """The frame that is returned: nullable types, so that DuckDB reads NULL and never NaN; hidden rows blanked."""
    import pandas as pd

    columns: dict[str, object] = {column: pd.array(cells[column], dtype="string") for column in [*IDENTITY, "unit"]}
    for column, values in numbers.items():
        blank = hidden | ~np.isfinite(values)
        columns[column] = pd.arrays.FloatingArray(np.where(blank, 0.0, values) + 0.0, blank)  # + 0.0: no minus zero
    columns["n"] = pd.arrays.IntegerArray(np.where(hidden, 0, n).astype(np.int64), hidden.copy())
    columns["met"] = pd.arrays.BooleanArray(met & ~hidden, hidden | ~judged)
    for column, each in words.items():
        columns[column] = pd.array(each, dtype="string")
    return pd.DataFrame(columns)[list(COLUMNS)]
