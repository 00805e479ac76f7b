"""What became of each cycle of the gap analysis: from the months as they were published, the newest of them last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from flows.inference.estimates import two_estimates

#: Months that a cycle needs before its halves are compared.
LEAST_MONTHS = 4


def cycles(months: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry a cycle, oldest first; a cycle is a run of months that started from one brand value.

    ``months``, oldest first: period, cycle (0 before the first), since, brand_value, key (names), proposed, proved_by,
    verdicts (by initiative), role, figures (rows with dimension, satisfaction, satisfaction_error).

    An entry: cycle, since, brand_value, first and last month, months, key (that of most months; of equals the later),
    key_months, verdicts and proposed and proved_by at its end, and how satisfaction (2c) with its brand value moved
    from the first half of its months to the second: change, change_low, change_high (95 %), null before LEAST_MONTHS.
    ``followed`` says whether the next cycle started from what was proposed; null for the newest.
    """
    found: list[dict[str, Any]] = []
    for (number, since), grouped in groupby(months, key=lambda month: (month["cycle"], month["since"])):
        run = list(grouped)
        last = run[-1]
        keys = Counter(tuple(month["key"]) for month in run)
        latest = {tuple(month["key"]): place for place, month in enumerate(run)}
        key = max(keys, key=lambda names: (keys[names], latest[names]))
        found.append(
            {
                "cycle": number,
                "since": since,
                "brand_value": last["brand_value"],
                "first": run[0]["period"],
                "last": last["period"],
                "months": len(run),
                "key": list(key),
                "key_months": keys[key],
                "verdicts": dict(last["verdicts"]),
                "proposed": last["proposed"],
                "proved_by": last["proved_by"],
                "followed": None,
                **_moved(run, last["brand_value"]),
            }
        )
    for one, following in pairwise(found):
        one["followed"] = one["proposed"] is not None and following["brand_value"] == one["proposed"]
    return found


def _moved(run: Sequence[Mapping[str, Any]], dimension: str | None) -> dict[str, float | None]:
    """The mean 2c of ``dimension`` over the second half of ``run`` less that over the first, as rated by one role.

    Single months differ by chance; halves use all there is. Respondents of different months count as different people.
    """
    rows = [_row(month, dimension) for month in run if month["role"] == run[-1]["role"]]
    rated = np.array([row for row in rows if row is not None], float)
    if len(rated) < LEAST_MONTHS:
        return dict.fromkeys(("change", "change_low", "change_high"))
    middle = len(rated) // 2
    (before, error), (now, error_now) = (
        (half[:, 0].mean(), np.sqrt((half[:, 1] ** 2).sum()) / len(half)) for half in (rated[:middle], rated[-middle:])
    )
    tested = two_estimates(now, error_now, before, error)
    numbers = {"change": float(now - before), "change_low": float(tested.low), "change_high": float(tested.high)}
    return {name: None if np.isnan(number) else number for name, number in numbers.items()}


def _row(month: Mapping[str, Any], dimension: str | None) -> tuple[float, float] | None:
    for row in month["figures"]:
        if row["dimension"] == dimension and row["satisfaction"] is not None:
            error = row["satisfaction_error"]
            return row["satisfaction"], np.nan if error is None else error
    return None
