"""Fixed-horizon experiments, by intention to treat: each variant against the control, after the sample-ratio check.

arms ─► pairs with their control ─► assigned as planned? ─► horizon reached? ─► difference, lift, p ─► q ─► verdict
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flows.errors import BuildError
from flows.inference import comparisons, intervals

if TYPE_CHECKING:
    import pandas as pd

#: The columns of a comparison and their DuckDB types, in order.
COLUMNS = {
    "period": "varchar",
    "experiment": "varchar",
    "outcome": "varchar",
    "control": "varchar",
    "variant": "varchar",
    "unit": "varchar",
    "assigned": "bigint",
    "control_assigned": "bigint",
    "n": "bigint",
    "control_n": "bigint",
    "value": "double",
    "control_value": "double",
    "difference": "double",
    "low": "double",
    "high": "double",
    "lift_pct": "double",
    "lift_low_pct": "double",
    "lift_high_pct": "double",
    "p": "double",
    "q": "double",
    "sample_ratio_p": "double",
    "intention_to_treat": "boolean",
    "verdict": "varchar",
}
#: Every verdict and its meaning, in the order in which they are decided: the first that applies is given.
VERDICTS = {
    "hidden": "An arm of fewer than five people; every number is withheld.",
    "sample ratio mismatch": "The arms were not filled as planned, so something besides the variant differs.",
    "running": "Not everybody assigned has been followed for the whole window; nobody looks before the horizon.",
    "low base": "Not tested: an arm has fewer rows than the minimum base.",
    "better": "Differs from the control in the good direction, significantly (q) and by enough.",
    "worse": "Differs from the control against the good direction, significantly and by enough.",
    "no clear difference": "Tested, and the difference is within what chance does or smaller than what matters.",
}
#: p below which arms count as not filled as planned. The check voids an experiment, and it is made on every one every
#: month: at 0.05 it would void one sound one in twenty, while a broken assignment of the usual size gives far less
#: than 0.001 (the threshold of Kohavi, Tang & Xu 2020, Trustworthy Online Controlled Experiments, chapter 21).
SAMPLE_RATIO_P = 0.001
IDENTITY = ["period", "experiment", "outcome", "arm"]
DIRECTIONS = {"up": 1, "down": -1}
#: What is meant where a column is missing or null.
SILENCE = {"hits": np.nan, "mean": np.nan, "variance": np.nan, "planned_share": np.nan, "smallest_change": 0.0}
#: Numbers that are not given before the horizon or after a mismatch.
OUTCOME_NUMBERS = [
    *("value", "control_value", "difference", "low", "high"),
    *("lift_pct", "lift_low_pct", "lift_high_pct", "p", "q"),
]


def compare_arms(
    arms: pd.DataFrame, *, hidden_below: int = 5, minimum_base: int = 30, false_discovery_rate: float = 0.05
) -> pd.DataFrame:
    """One row a period, experiment, outcome and variant against its control, with COLUMNS, ordered by these.

    ``arms``: one row a period (YYYY-MM), experiment, outcome and arm. ``assigned``: how many were assigned to the arm;
    ``n``: how many rows the outcome is over (null: all assigned); ``hits`` of n, or ``mean`` and ``variance`` over n;
    ``is_complete``: the follow-up window is closed for all assigned (null: no). Optional: ``planned_share`` (of any
    total; equal where no arm has one), ``is_control`` (else the first arm in order of name is the control),
    ``direction`` (up or down is better; up), ``smallest_change`` and ``unit``.

    By intention to treat n is assigned: whoever was assigned counts, delivered or not. Where only some answer (a
    rating by hold-content arm) n is smaller and ``intention_to_treat`` is false: answering may depend on the arm.

    Shares are in percent and differ in points: Newcombe's interval, the p of ``comparisons.two_shares``; the relative
    lift has Katz's log interval (1978, Biometrics 34:469), which does not exist where an arm has no hit. Means have
    Welch's, and no lift, as a rating has no zero. The tests of one period, over all experiments, outcomes and
    variants, are one family. An arm alone is compared with nothing and gives no row.

    Raises BuildError for an arm that comes twice, counts that cannot be, an outcome that has neither hits nor mean in
    every arm, two controls, an unknown direction, or a planned share that only some arms have.
    """
    arms = _checked(arms)
    pairs = _pairs(arms)
    variant, control = (arms.iloc[pairs[:, side]].reset_index(drop=True) for side in (0, 1))
    numbers = _differences(variant, control)
    n, control_n = variant["n"].to_numpy(), control["n"].to_numpy()
    small = np.minimum(n, control_n)
    numbers["sample_ratio_p"] = variant["sample_ratio_p"].to_numpy()

    hidden = (small > 0) & (small < hidden_below)
    mismatch = numbers["sample_ratio_p"] < SAMPLE_RATIO_P
    running = ~(variant["all_complete"].to_numpy(bool))
    tested = ~hidden & ~mismatch & ~running & (small >= minimum_base)
    numbers["p"] = np.where(tested, numbers["p"], np.nan)
    numbers["q"] = comparisons.benjamini_hochberg(numbers["p"], variant["period"].to_numpy(object).astype(str))
    # the tolerance lets 82.1 - 80.1 count as 2
    enough = np.abs(numbers["difference"]) >= variant["smallest_change"].to_numpy() * (1 - 1e-9)
    clear = tested & (numbers["q"] <= false_discovery_rate) & enough
    gain = np.sign(numbers["difference"]) * variant["direction"].map(DIRECTIONS).to_numpy(int)
    verdict = np.select(
        [hidden, mismatch, running, ~tested, clear & (gain > 0), clear & (gain < 0)],
        list(VERDICTS)[:-1],
        default=list(VERDICTS)[-1],
    ).astype(object)
    for name in OUTCOME_NUMBERS:
        numbers[name] = np.where(mismatch | running, np.nan, numbers[name])
    return _frame(variant, control, numbers, hidden, verdict)


def sample_ratio_p(assigned: np.ndarray, planned_share: np.ndarray) -> float:
    """p of the numbers assigned to the arms of one experiment against their planned shares (of any total).

    Chi-square; where an arm expects fewer than five, the exact binomial test of all such arms together against the
    rest, as the chi-square would then cry out too often. NaN where nobody is assigned.
    """
    from scipy.stats import binomtest, chisquare

    assigned, share = np.asarray(assigned, float), np.asarray(planned_share, float)
    share = share / share.sum()
    expected = share * assigned.sum()
    if not assigned.sum():
        return np.nan
    few = expected < 5
    if few.any():
        if few.all():
            few[np.argmax(expected)] = False
        return float(binomtest(int(assigned[few].sum()), int(assigned.sum()), share[few].sum()).pvalue)
    return float(chisquare(assigned, expected).pvalue)


def _checked(arms: pd.DataFrame) -> pd.DataFrame:
    """The arms as floats with silence filled in, ordered by IDENTITY, with what concerns the whole experiment."""
    import pandas as pd

    read = pd.DataFrame({column: arms[column].astype(str).to_numpy(object) for column in IDENTITY})
    for column in ("assigned", "n", *SILENCE):
        given = arms[column] if column in arms else pd.Series(np.nan, index=arms.index)
        read[column] = given.to_numpy(dtype=float, na_value=np.nan)
    read["n"] = read["n"].fillna(read["assigned"])
    read["smallest_change"] = read["smallest_change"].fillna(SILENCE["smallest_change"])
    for column, silent in (("direction", "up"), ("unit", None)):
        given = arms[column] if column in arms else [None] * len(arms)
        read[column] = pd.Series([silent if pd.isna(each) else str(each) for each in given], dtype=object)
    for column in ("is_complete", "is_control"):
        given = arms[column] if column in arms else [None] * len(arms)
        read[column] = np.array([not pd.isna(each) and bool(each) for each in given], bool)
    read["is_share"] = read["hits"].notna()
    _refuse(read, read.duplicated(IDENTITY), "one arm comes twice")
    _refuse(read, ~read["direction"].isin(list(DIRECTIONS)), "the direction is neither up nor down")
    _refuse(read, ~(read["assigned"] >= read["n"]) | (read["n"] < 0), "more rows are counted than were assigned")
    _refuse(read, (read["hits"] < 0) | (read["hits"] > read["n"]), "more hits are counted than rows")
    bare = ~read["is_share"] & read[["mean", "variance"]].isna().any(axis=1) & (read["n"] > 1)
    _refuse(read, bare, "an outcome has neither hits nor mean and variance")
    _refuse(read, read["planned_share"] <= 0, "a planned share is not above zero")

    read = read.sort_values(IDENTITY, ignore_index=True)
    experiment = read.groupby(IDENTITY[:3], sort=False)
    read["all_complete"] = experiment["is_complete"].transform("all")
    _refuse(read, experiment["is_control"].transform("sum") > 1, "two arms are the control")
    _refuse(read, experiment["is_share"].transform("nunique") > 1, "a share in one arm is a mean in another")
    planned = experiment["planned_share"].transform("count")
    _refuse(read, (planned > 0) & read["planned_share"].isna(), "only some arms have a planned share")
    read["planned_share"] = read["planned_share"].fillna(1.0)
    read["sample_ratio_p"] = np.nan
    for rows in experiment.indices.values():
        found = sample_ratio_p(read["assigned"].to_numpy()[rows], read["planned_share"].to_numpy()[rows])
        read.loc[rows, "sample_ratio_p"] = found
    return read


def _refuse(arms: pd.DataFrame, wrong: pd.Series, what: str) -> None:
    for place in np.flatnonzero(wrong):
        arm = arms.iloc[place]
        where = f"experiment {arm['experiment']}, {arm['period']}, outcome {arm['outcome']}"
        raise BuildError(what, "see the observation of the experiment's arms", where=where)


def _pairs(arms: pd.DataFrame) -> np.ndarray:
    """Rows of variant and control, in the order of ``arms``: shape (pairs, 2)."""
    control = arms["is_control"].to_numpy()
    pairs = []
    for rows in arms.groupby(IDENTITY[:3], sort=True).indices.values():
        declared = rows[control[rows]]
        against = declared[0] if len(declared) else rows[0]
        pairs += [(row, against) for row in rows if row != against]
    return np.array(sorted(pairs), int).reshape(-1, 2)


def _differences(variant: pd.DataFrame, control: pd.DataFrame) -> dict[str, np.ndarray]:
    """Level, difference, lift and p of each pair, NaN where undefined."""
    numbers = {name: np.full(len(variant), np.nan) for name in OUTCOME_NUMBERS}
    share = variant["is_share"].to_numpy(bool)
    filled = (variant["n"].to_numpy() > 0) & (control["n"].to_numpy() > 0)
    shares, means = np.flatnonzero(share & filled), np.flatnonzero(~share & filled)
    if len(shares):
        hits, n, control_hits, control_n = (
            arm[column].to_numpy()[shares] for arm in (variant, control) for column in ("hits", "n")
        )
        low, high, p = comparisons.two_shares(hits, n, control_hits, control_n)
        value, control_value = 100 * hits / n, 100 * control_hits / control_n
        lift = _lift(hits, n, control_hits, control_n)
        found = (value, control_value, value - control_value, 100 * low, 100 * high, *lift, p)
        for name, part in zip(OUTCOME_NUMBERS[:-1], found, strict=True):
            numbers[name][shares] = part
    if len(means):
        moments = [arm[column].to_numpy()[means] for arm in (variant, control) for column in ("n", "mean", "variance")]
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high, p = comparisons.two_means(*moments)
        value, control_value = moments[1], moments[4]
        found = (value, control_value, value - control_value, low, high)
        for name, part in zip([*OUTCOME_NUMBERS[:5], "p"], (*found, p), strict=True):
            numbers[name][means] = part
    return numbers


def _lift(hits: np.ndarray, n: np.ndarray, control_hits: np.ndarray, control_n: np.ndarray) -> list[np.ndarray]:
    """Relative lift in percent with its limits; none over a control without hits, no limits without hits or misses."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    with np.errstate(divide="ignore", invalid="ignore"):
        lift = np.where(control_hits > 0, 100 * (hits / n / (control_hits / control_n) - 1), np.nan)
    limits = [np.full(len(n), np.nan) for _ in range(2)]
    known = (hits > 0) & (control_hits > 0) & ((hits < n) | (control_hits < control_n))
    if known.any():
        counts = [count[known] for count in (hits, n, control_hits, control_n)]
        found = confint_proportions_2indep(*counts, compare="ratio", method="log", alpha=1 - intervals.CONFIDENCE)
        for column, limit in zip(limits, found, strict=True):
            column[known] = 100 * (limit - 1)
    return [lift, *limits]


def _frame(
    variant: pd.DataFrame,
    control: pd.DataFrame,
    numbers: dict[str, np.ndarray],
    hidden: np.ndarray,
    verdict: np.ndarray,
) -> pd.DataFrame:
    """The frame that is returned: nullable types, so that DuckDB reads NULL and never NaN; hidden rows blanked."""
    import pandas as pd

    unit = np.where(variant["is_share"] & variant["unit"].isna(), "%", variant["unit"])
    texts = {column: variant[column] for column in IDENTITY[:3]}
    texts |= {"control": control["arm"], "variant": variant["arm"], "unit": unit, "verdict": verdict}
    columns: dict[str, object] = {column: pd.array(list(values), dtype="string") for column, values in texts.items()}
    for column, values in numbers.items():
        blank = hidden | ~np.isfinite(values)
        columns[column] = pd.arrays.FloatingArray(np.where(blank, 0.0, values) + 0.0, blank)  # + 0.0: no minus zero
    for prefix, arm in (("", variant), ("control_", control)):
        for column in ("assigned", "n"):
            whole = np.where(hidden, 0, arm[column]).astype(np.int64)
            columns[prefix + column] = pd.arrays.IntegerArray(whole, hidden.copy())
    whole_arms = ((variant["n"] == variant["assigned"]) & (control["n"] == control["assigned"])).to_numpy()
    columns["intention_to_treat"] = pd.arrays.BooleanArray(whole_arms, np.zeros(len(variant), bool))
    return pd.DataFrame(columns)[list(COLUMNS)]
