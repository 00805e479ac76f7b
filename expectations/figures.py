"""Gate 2: are these figures fit to print? The rules for the tables ``figures`` and ``kpis`` of a warehouse."""

from __future__ import annotations

from expectations.check import ROWS, Check, Suite, has_rows, literal, no_rows_where, not_null, refused_by, unique
from expectations.gap_figures import gap_suite
from flows.period import Period

#: Keys of a request that ``suites`` takes.
SETTINGS = ("period", "history", "hidden_below", "false_discovery_rate", "rated")

VERDICTS = ["better", "worse", "changed", "no clear change", "low base", "hidden", "not compared", "new"]
#: Lowest and highest value of each unit; None is no limit. A score's scale is its question's, checked in gate 1.
SCALES: dict[str, tuple[float | None, float | None]] = {
    "%": (0, 100),
    "points": (-100, 100),
    "score": (None, None),
    "hours": (0, None),
    "minutes": (0, None),
    "days": (0, None),
    "seconds": (0, None),
    "months": (0, None),
    "per 1,000": (0, None),
    "per 100": (0, None),
    "count": (0, None),
    "ratio": (None, None),
    "rank": (1, None),
    "money": (None, None),
}
DURATIONS = ["hours", "minutes", "days", "seconds", "months"]
NUMBERS = ["value", "low", "high", "previous", "change", "change_low", "change_high", "p", "q"]
#: Kinds that may have no figure where there are rows: a time beyond what was seen, groups of which there is one only.
MAY_BE_MISSING = "('quantile', 'survival', 'spread')"
#: Kinds whose n is not a number of rows that the parts of a slice share out.
NOT_ADDITIVE = "('mix', 'estimate', 'composite')"
#: Figures are floating-point; bounds are held to this.
TOLERANCE = 1e-7

AT = "period, kpi, slice"
FIGURE_AT = "f.period, f.kpi, f.slice"
DECLARED = f"{ROWS} as f join kpis as k on k.kpi = f.kpi"


def suites(
    period: str,
    history: str | None = None,
    *,
    hidden_below: int = 5,
    false_discovery_rate: float = 0.05,
    rated: bool = False,
) -> list[Suite]:
    """The suites of both tables for the report of ``period``.

    ``history`` is a Parquet of frozen figures, ``hidden_below`` the smallest base that may be shown, and
    ``false_discovery_rate`` the largest q of a change that may be told (thresholds of cx.toml).
    ``rated`` says that somebody rated a dimension of the gap analysis: a month may then have no other figure, and the
    table ``gap_figures`` is checked too.
    """
    Period.parse(period)
    checks = [
        *_present(period, rated),
        *_complete(),
        *_on_scale(),
        *_private(hidden_below),
        *_worded(false_discovery_rate),
        *_parts(period),
        *_jumps(period),
    ]
    if history:
        checks.append(_unmoved(history))
    kpis = (
        has_rows("at least one KPI is declared"),
        not_null("present", "every KPI has an id", "kpi", "null as file, null as line"),
        unique("unique", "each KPI is declared once", ["kpi"], "null as file, null as line"),
    )
    told = [Suite("kpis", "kpis", kpis), Suite("figures", "figures", tuple(checks))]
    return [*told, *([gap_suite(period, hidden_below)] if rated else [])]


def _one_of(column: str, values: list[str], description: str) -> Check:
    known = ", ".join(literal(value) for value in values)
    return Check(
        "known",
        description,
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": values},
        column=column,
        failing=f"select {AT} from {ROWS} where {column} not in ({known})",
    )


def _present(period: str, rated: bool) -> list[Check]:
    """Something to report at all: whatever was observed has a figure; ratings alone need none."""
    month = literal(period)
    valueless = f"count(*) filter (where period = {month} and value is not null) = 0"
    if rated:
        observed = f"(select count(*) from observations where period = {month}) > 0"
        return [
            refused_by(
                "period present",
                f"there are figures for {period}, unless nothing but the gap analysis was delivered",
                f"select 1 as refused from {ROWS} having {valueless} and {observed}",
            )
        ]
    return [
        has_rows("there is at least one figure"),
        refused_by(
            "period present",
            f"there are figures for {period}, at least one of them with a value",
            f"select 1 as refused from {ROWS} having {valueless}",
        ),
    ]


def _complete() -> list[Check]:
    """What must be there, once, under a known name."""
    without_overall = (
        f"select f.period, f.kpi, min(f.slice) as slice from {DECLARED} where {{}} group by f.period, f.kpi "
        "having count(*) filter (where f.slice = 'overall' and f.slice_value is null) = 0"
    )
    return [
        *(
            not_null("present", f"every figure has its {column}", column, AT)
            for column in ("period", "kpi", "slice", "unit", "verdict")
        ),
        _one_of("verdict", VERDICTS, "every verdict is one that the wording knows"),
        _one_of("unit", list(SCALES), "every unit is one that has a scale"),
        no_rows_where(
            "declared",
            "every figure belongs to a declared KPI and is in its unit",
            f"select {FIGURE_AT} from {ROWS} as f left join kpis as k on k.kpi = f.kpi "
            "where k.unit is distinct from f.unit",
        ),
        unique(
            "unique",
            "one figure a month, KPI, slice and value of the slice",
            ["period", "kpi", "slice", "slice_value"],
            AT,
        ),
        no_rows_where(
            "overall present",
            "a KPI that has figures in a month has one for the whole company; otherwise it is absent altogether",
            without_overall.format(f"k.kind not in {MAY_BE_MISSING} and k.kind not in {NOT_ADDITIVE}"),
        ),
        # Half of a group may be answered within the follow-up window and half of the company not: then there is none.
        no_rows_where(
            "overall quantile present",
            "a time or spread that some group has in a month is known for the whole company too",
            without_overall.format(f"k.kind in {MAY_BE_MISSING}"),
            severity="warning",
        ),
        no_rows_where(
            "overall is whole",
            "the slice overall has no slice value, every other slice has one",
            f"select {AT} from {ROWS} where (slice = 'overall') <> (slice_value is null)",
        ),
    ]


def _on_scale() -> list[Check]:
    """Values and limits that can be, in their order."""
    of_units = " or ".join(
        f"(not k.has_scale and f.unit = {literal(unit)} and ({' or '.join(_outside(low, high))}))"
        for unit, (low, high) in SCALES.items()
        if (low, high) != (None, None)
    )
    of_kpis = " or ".join(_outside("k.scale_low", "k.scale_high"))
    widest = " or ".join(
        f"(not k.has_scale and f.unit = {literal(unit)} "
        f"and greatest(abs(change), abs(change_low), abs(change_high)) > {width + TOLERANCE})"
        for unit, width in (("%", 100), ("points", 200))
    )
    width = f"greatest(abs(change), abs(change_low), abs(change_high)) > k.scale_high - k.scale_low + {TOLERANCE}"
    # A change may lie outside its own interval: that of an NPS is drawn towards zero (adjusted Wald).
    disordered = [
        f"{lower} > {upper} + {TOLERANCE} * greatest(1, abs({upper}))"
        for lower, upper in (("low", "value"), ("value", "high"), ("low", "high"), ("change_low", "change_high"))
    ]
    unreal = " or ".join(f"not isfinite({column}::double)" for column in NUMBERS)
    return [
        no_rows_where("finite", "every number is a number", f"select {AT} from {ROWS} where {unreal}"),
        no_rows_where(
            "on scale",
            "value, previous value and interval lie on the declared scale, or else on the unit's (% 0 to 100, points "
            "-100 to 100, times and rates from 0)",
            f"select {FIGURE_AT} from {DECLARED} where {of_units} or (k.has_scale and ({of_kpis}))",
        ),
        no_rows_where(
            "change on scale",
            "a change is no wider than the scale",
            f"select {FIGURE_AT} from {DECLARED} where {widest} or (k.has_scale and {width})",
        ),
        no_rows_where(
            "interval",
            "low <= value <= high, and change_low <= change_high, wherever they are given",
            f"select {AT} from {ROWS} where {' or '.join(disordered)}",
        ),
        no_rows_where(
            "change adds up",
            "a change is the value less the previous value",
            f"select {AT} from {ROWS} where (change is null) <> (previous is null) "
            f"or abs(value - previous - change) > {TOLERANCE} * greatest(1, abs(value), abs(previous))",
        ),
    ]


def _outside(low: float | str | None, high: float | str | None) -> list[str]:
    """Conditions of lying outside two limits, numbers or columns."""
    columns = ("f.value", "f.low", "f.high", "f.previous")
    below = [f"{column} < {low} - {TOLERANCE}" for column in columns] if low is not None else []
    above = [f"{column} > {high} + {TOLERANCE}" for column in columns] if high is not None else []
    return below + above


def _private(hidden_below: int) -> list[Check]:
    """Enough answers behind what is shown, and nothing behind what is not."""
    # A target is the company's own wish and tells nothing of the group; whether it was met does.
    shown = " or ".join(f"{column} is not null" for column in [*NUMBERS, "n", "met"])
    whole = f"(select * from {ROWS} where slice = 'overall') as whole"
    parts = (
        "(select period, kpi, slice, count(*) filter (where verdict = 'hidden') as hidden, "
        "count(*) filter (where verdict <> 'hidden') as shown, "
        f"sum(n) filter (where verdict <> 'hidden') as n from {ROWS} where slice <> 'overall' group by all) as f"
    )
    return [
        no_rows_where(
            "base given",
            "a figure that is shown has a value and at least one row behind it",
            f"select {AT} from {ROWS} where verdict <> 'hidden' and (value is null or n is null or n < 1)",
        ),
        no_rows_where(
            "hidden is empty",
            "a hidden figure carries no number at all",
            f"select {AT} from {ROWS} where verdict = 'hidden' and ({shown})",
        ),
        no_rows_where(
            "small groups hidden",
            f"no figure is shown on fewer than {hidden_below} answers, cases or customers",
            f"select {AT} from {ROWS} where value is not null and n < {hidden_below}",
        ),
        no_rows_where(
            "complement hidden",
            "no hidden group can be had by subtracting the groups that are shown from the whole",
            f"select {FIGURE_AT} from {parts} join {whole} on whole.period = f.period and whole.kpi = f.kpi "
            f"join kpis as k on k.kpi = f.kpi and k.kind not in {NOT_ADDITIVE} "
            "where f.hidden = 1 and f.shown > 0 "
            f"and whole.n - f.n between 1 and {hidden_below - 1}",
        ),
    ]


def _worded(false_discovery_rate: float) -> list[Check]:
    """The report says "better" only of what is certain, large enough and in that direction."""
    told = "f.verdict in ('better', 'worse', 'changed')"
    return [
        no_rows_where(
            "probabilities",
            "p and q lie between 0 and 1, and q is not below p",
            f"select {AT} from {ROWS} where p < 0 or p > 1 or q < 0 or q > 1 + {TOLERANCE} or q < p - {TOLERANCE} "
            "or (q is not null and p is null)",
        ),
        no_rows_where(
            "told changes tested",
            f"better, worse and changed are said only with p and q, and q at most {false_discovery_rate:g}",
            f"select {FIGURE_AT} from {ROWS} as f where {told} "
            f"and (p is null or q is null or q > {false_discovery_rate!r} + {TOLERANCE})",
        ),
        no_rows_where(
            "told changes matter",
            "better, worse and changed are said only of changes of at least the declared size, on the minimum base",
            f"select {FIGURE_AT} from {DECLARED} where {told} and (f.change is null "
            f"or abs(f.change) < k.smallest_change * (1 - {TOLERANCE}) or f.n < k.minimum_base)",
        ),
        no_rows_where(
            "told changes point right",
            "better and worse follow the KPI's direction; a neutral KPI only changes",
            f"select {FIGURE_AT} from {DECLARED} where {told} and f.verdict <> case "
            "when k.direction = 'neutral' then 'changed' "
            "when (k.direction = 'up') = (f.change > 0) then 'better' else 'worse' end",
        ),
    ]


def _parts(period: str) -> list[Check]:
    """n of the parts against n of the whole, where no part is hidden.

    More in the parts than in the whole cannot be where a kind counts rows, for a row has at most one value of a slice.
    So that is critical. Fewer are rows lost on the way, for a row without a value stands under a label of its own. That
    misleads less and is a warning, of the report's month only: earlier months were told in their own reports. A group
    whose quantile lies beyond the follow-up window has no figure, so quantiles are left out of it. The parts of a
    composite and the groups of an estimate may rest on the same people.
    """
    counted = (
        f"(select period, kpi, slice, sum(n) as n from {ROWS} where slice <> 'overall' group by all "
        "having count(*) filter (where verdict = 'hidden' or n is null) = 0) as f "
        f"join (select * from {ROWS} where slice = 'overall') as whole "
        "on whole.period = f.period and whole.kpi = f.kpi"
    )
    return [
        no_rows_where(
            "parts within whole",
            "the rows behind the parts of a slice are no more than those behind the whole",
            f"select {FIGURE_AT} from {counted} join kpis as k on k.kpi = f.kpi "
            f"where f.n > whole.n and k.kind not in {NOT_ADDITIVE}",
        ),
        no_rows_where(
            "parts make whole",
            "the rows behind the parts of a slice add up to those behind the whole",
            f"select {FIGURE_AT} from {counted} join kpis as k on k.kpi = f.kpi "
            f"where f.n < whole.n and f.period = {literal(period)} "
            f"and k.kind not in {NOT_ADDITIVE} and k.kind not in {MAY_BE_MISSING}",
            severity="warning",
        ),
    ]


def _jumps(period: str) -> list[Check]:
    """Moves from the last month with a figure that are likelier a mistake than an event, on bases of 30 and more.

    Critical only for times of the whole company: a median does not go tenfold in a month, but a field that changes
    from hours to minutes does just that, and the report would be wrong throughout. Shares and rates do collapse (a
    strike, an outage), in the month when leadership needs the report most; they are a warning on the trust page.
    """
    before = "over (partition by kpi, slice, slice_value order by period)"
    moved = (
        f"from (select *, lag(value) {before} as value_before, lag(n) {before} as n_before "
        f"from {ROWS} where value is not null) as f "
        f"where period = {literal(period)} and n >= 30 and n_before >= 30"
    )
    tenfold = "value > 0 and value_before > 0 and greatest(value / value_before, value_before / value) > 10"
    durations = ", ".join(literal(unit) for unit in DURATIONS)
    overall_time = f"(slice = 'overall' and unit in ({durations}))"
    return [
        no_rows_where(
            "no impossible jump",
            "no time of the whole company is more than ten times longer or shorter than before; has a unit changed?",
            f"select {FIGURE_AT} {moved} and {overall_time} and {tenfold}",
        ),
        no_rows_where(
            "no unlikely jump",
            "no share moved by more than 50 points, no score in points by more than 100, nothing else tenfold",
            f"select {FIGURE_AT} {moved} and not {overall_time} and ("
            "(unit = '%' and abs(value - value_before) > 50) or (unit = 'points' and abs(value - value_before) > 100) "
            f"or (unit <> 'points' and {tenfold}))",
            severity="warning",
        ),
    ]


def _unmoved(history: str) -> Check:
    """Frozen months against this build, at the decimals that are printed.

    A warning: late data may move a published month. The report then says so (restated, from, to), and the month
    itself changes only by a new revision.
    """
    frozen = (
        f"(select * from read_parquet({literal(history)}) "
        "qualify row_number() over (partition by period, kpi, slice, slice_value order by revision desc) = 1) as f"
    )
    return no_rows_where(
        "frozen months unmoved",
        "published figures are the same in this build, as printed; those that moved are restated",
        f"select {FIGURE_AT} from {frozen} join kpis as k on k.kpi = f.kpi "
        f"left join {ROWS} as now on now.period = f.period and now.kpi = f.kpi and now.slice = f.slice "
        "and now.slice_value is not distinct from f.slice_value "
        f"where f.period in (select period from {ROWS}) "
        "and round(now.value, k.decimals) is distinct from round(f.value, k.decimals) "
        # what stands for itself may be worked out for the report's own month only
        "and (now.period is not null or k.compared_with <> 'nothing')",
        severity="warning",
    )
