"""``report_input.json`` as checked objects: what the report may say is decided before a page is drawn."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from flows.errors import BuildError, ConfigurationError
from flows.period import Period
from report_templates.checked import Number, Read
from report_templates.gap_reading import Gap

Verdict = Literal["better", "worse", "changed", "no clear change", "low base", "hidden", "not compared", "new"]
#: Verdicts that allow the words of a change; every other change is noise or unknown.
CLEAR = ("better", "worse", "changed")


class Kpi(Read):
    """One declared KPI; ``smallest_change`` is in its unit (percentage points for ``%``)."""

    kpi: str
    label: str
    definition: str
    unit: str
    direction: Literal["up", "down", "neutral"]
    kind: str
    fact: str
    base: str | None = None
    counted: str | None = None
    window_days: int | None = None
    slices: list[str] = []
    minimum_base: int = 30
    smallest_change: Number = None
    compared_with: str | None = None
    #: ``census``: every row of the month is counted; ``sample``: those who answered stand for the others.
    population: str = "sample"
    #: What a rate is per; then n counts these.
    exposure: str | None = None
    headline: bool = False
    position: int = 0
    section: str = ""
    edge_cases: str | None = None
    decimals: int = Field(default=1, ge=0, le=6)
    #: What a composite is made of: KPIs by dimension.
    parts: dict[str, list[str]] = {}

    @field_validator("parts", mode="before")
    @classmethod
    def _as_declared(cls, parts: object) -> object:
        """The table of KPIs holds the parts as JSON, and null where there are none."""
        return json.loads(parts) if isinstance(parts, str) else parts or {}


class Figure(Read):
    """One row of ``figures``: a KPI in the report month, overall or for one slice value."""

    period: str
    kpi: str
    slice: str
    slice_value: str | None = None
    value: Number = None
    unit: str = ""
    n: int | None = None
    low: Number = None
    high: Number = None
    previous: Number = None
    change: Number = None
    change_low: Number = None
    change_high: Number = None
    p: Number = None
    q: Number = None
    verdict: Verdict
    target: Number = None
    met: bool | None = None
    #: Limits of the control chart of the months before, and what it signals: above, below, run above or run below.
    expected_low: Number = None
    expected_high: Number = None
    signal: str | None = None
    #: ok, low base or hidden; and what the NCHS standards say, for the annex only.
    precision_flag: str | None = None
    presentation: str | None = None

    @property
    def overall(self) -> bool:
        """Whether the row is about the whole company."""
        return self.slice == "overall"

    @property
    def clear(self) -> bool:
        """Whether the verdict allows to speak of a change."""
        return self.verdict in CLEAR

    def misses_for_certain(self, direction: str) -> bool:
        """Whether the target is missed even at the favourable end of the interval."""
        best = {"up": self.high, "down": self.low}.get(direction)
        if self.met is not False or self.target is None or best is None:
            return False
        return best < self.target if direction == "up" else best > self.target

    @model_validator(mode="after")
    def _keeps_its_verdict(self) -> Figure:
        if self.verdict == "hidden":
            shown = (self.value, self.n, self.low, self.high, self.previous, self.change, self.change_low)
            if any(number is not None for number in (*shown, self.change_high, self.p, self.q, self.met)):
                raise ValueError("a hidden figure carries a number")
        elif self.n is None:
            raise ValueError("a figure that is not hidden has no n")
        if self.clear and None in (self.value, self.change, self.previous):
            raise ValueError(f"the verdict {self.verdict} stands beside no change")
        if self.clear and self.change == 0:
            raise ValueError(f"the verdict {self.verdict} stands beside a change of zero")
        return self


class Point(Read):
    """One month of a KPI's overall series; ``value`` is null where hidden or nothing was delivered."""

    period: str
    value: Number = None
    low: Number = None
    high: Number = None
    n: int | None = None
    verdict: Verdict | None = None


class Experiment(Read):
    """A variant of an experiment against its control; ``verdict`` as ``flows.inference.experiments`` gives it."""

    experiment: str
    outcome: str
    control: str
    variant: str
    unit: str
    assigned: int | None = None
    control_assigned: int | None = None
    value: Number = None
    control_value: Number = None
    difference: Number = None
    low: Number = None
    high: Number = None
    lift_pct: Number = None
    lift_low_pct: Number = None
    lift_high_pct: Number = None
    sample_ratio_p: Number = None
    intention_to_treat: bool | None = None
    verdict: Literal["hidden", "sample ratio mismatch", "running", "low base", "better", "worse", "no clear difference"]


class Benchmark(Read):
    """A figure quoted elsewhere for a KPI, in its unit. Printed beside it; no verdict rests on it."""

    kpi: str
    value: float
    source: str
    note: str | None = None
    #: Somebody of the company has checked it at its origin.
    is_verified: bool = False


class Quote(Read):
    """A customer's words for a theme: masked, still untrusted; printed in the report, never in a log or an error."""

    period: str
    theme: str
    polarity: Literal["negative", "positive"]
    #: 1 for the most representative, up to 3.
    place: int
    quote: str
    #: BCP 47; what is no such tag is left out.
    language: str | None = None
    #: Comments of the month with the theme.
    comments: int = Field(ge=10)

    @field_validator("language", mode="after")
    @classmethod
    def _is_a_tag(cls, language: str | None) -> str | None:
        return language if language and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else None


class Gate(Read):
    gate: str
    passed: int
    failed: int
    warnings: list[str] = []


class Handled(Read):
    source: str
    mapping: str | None = None
    kind: Literal["drop", "mend", "correction", "duplicate"]
    reason: str
    rows: int


class Delivery(Read):
    source: str
    contract: str
    mapping: str
    rows: int
    first_at: str | None = None
    last_at: str | None = None


class Absent(Read):
    kpi: str
    label: str
    why: str


class Restatement(Read):
    """A published figure that later data moved; ``from``/``to`` are its old and new value."""

    period: str
    kpi: str
    slice: str = "overall"
    slice_value: str | None = None
    before: Annotated[Number, Field(alias="from")] = None
    after: Annotated[Number, Field(alias="to")] = None

    @property
    def overall(self) -> bool:
        return self.slice == "overall"


@dataclass(frozen=True)
class Restated:
    """The restated figures of one month and KPI: the first, of the whole company if that moved, and how many more."""

    first: Restatement
    others: int


class Trust(Read):
    gates: list[Gate] = []
    handled: list[Handled] = []
    deliveries: list[Delivery] = []
    absent: list[Absent] = []
    restatements: list[Restatement] = []
    notes: list[str] = []


class Built(Read):
    run: str
    project_version: str
    inputs_sha256: str


class ReportInput(Read):
    """Everything a report is made of. Lists come in one total order, whatever order the file had."""

    company: str
    period: str
    period_label: str
    timezone: str
    currency: str
    language: str
    revision: int = Field(ge=1)
    revision_reason: str | None = None
    #: Groups smaller than this are hidden; only named in the wording, the hiding is done long before.
    hidden_below: int = 5
    kpis: list[Kpi]
    figures: list[Figure]
    series: dict[str, list[Point]] = {}
    experiments: list[Experiment] = []
    benchmarks: list[Benchmark] = []
    quotes: list[Quote] = []
    trust: Trust
    built: Built
    #: The seven-step gap analysis; null when nobody rated a dimension of it.
    gap: Gap | None = None

    @property
    def comparisons(self) -> int:
        """How many figures of the month were tested against an earlier one: the family their q allows for."""
        return sum(figure.p is not None for figure in self.figures)

    @property
    def ended(self) -> datetime:
        """The first instant after the period, as UTC: the only time stamp anything rendered carries."""
        return Period.parse(self.period).end(self.timezone).astimezone(UTC)

    def quoted(self, kpi: str) -> list[Benchmark]:
        """What is quoted elsewhere for the KPI: verified figures first."""
        return [benchmark for benchmark in self.benchmarks if benchmark.kpi == kpi]

    def months(self, kpi: str) -> list[Point]:
        """The KPI's series without holes: a month that has no point is a point without a value."""
        points = {point.period: point for point in self.series.get(kpi, [])}
        if not points:
            return []
        first = Period.parse(min(points))
        return [points.get(str(month)) or Point(period=str(month)) for month in first.until(Period.parse(max(points)))]

    @model_validator(mode="after")
    def _holds_together(self) -> ReportInput:
        order = {kpi.kpi: kpi for kpi in self.kpis}
        if len(order) != len(self.kpis):
            raise ValueError("a KPI is declared twice")
        seen = set()
        for figure in self.figures:
            where = (figure.kpi, figure.slice, figure.slice_value)
            if figure.kpi not in order:
                raise ValueError(f"the figure {figure.kpi} has no declaration")
            if figure.period != self.period:
                raise ValueError(f"a figure of {figure.kpi} is of {figure.period}, not of {self.period}")
            if where in seen:
                raise ValueError(f"two figures of {figure.kpi} are of the same slice value")
            if figure.value is None and figure.verdict != "hidden" and order[figure.kpi].kind != "quantile":
                raise ValueError(f"a figure of {figure.kpi} has no value and is not hidden")
            seen.add(where)
        if any(quote.period != self.period for quote in self.quotes):
            raise ValueError(f"a quote is not of {self.period}")
        if self.revision > 1 and not self.revision_reason:
            raise ValueError("a correction has no reason")

        self.kpis.sort(key=lambda kpi: (kpi.position, kpi.kpi))

        def place(figure: Figure) -> tuple:
            kpi = order[figure.kpi]
            known = figure.slice in kpi.slices
            slice_order = -1 if figure.overall else kpi.slices.index(figure.slice) if known else len(kpi.slices)
            return kpi.position, kpi.kpi, slice_order, figure.slice, figure.slice_value or ""

        self.figures.sort(key=place)
        self.benchmarks.sort(
            key=lambda each: (each.kpi, not each.is_verified, each.source, each.value, each.note or "")
        )
        self.quotes.sort(key=lambda quote: (quote.theme, quote.polarity, quote.place, quote.quote))
        for points in self.series.values():
            points.sort(key=lambda point: point.period)
        return self


def read(path: Path) -> ReportInput:
    """The report input at ``path``.

    Raises BuildError naming the key, never a value, when the file is not what docs/architecture.md section 5 says.
    """
    try:
        report = ReportInput.model_validate(json.loads(path.read_text(encoding="utf-8")))
        Period.parse(report.period)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, each['loc'])) or 'the whole'}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors(include_input=False, include_url=False)[:5]
        ]
        raise BuildError("; ".join(problems), "build the figures again", where=path.name) from None
    except (OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        kind = type(error).__name__
        raise BuildError(f"cannot be read ({kind})", "build the figures again", where=path.name) from None
    except ConfigurationError as error:
        raise BuildError(f"period: {error.what}", "build the figures again", where=path.name) from None
    return report
