"""What stands on each page: which figures are shown, in which order, and which are only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from report_templates import vocabulary
from report_templates.comments import SENTIMENT, THEME, Comments, comments
from report_templates.composites import Composite, composites
from report_templates.gap_pages import GapPages, gap_pages
from report_templates.headline import headline
from report_templates.reading import Figure, Kpi, Point, ReportInput, Restated, Restatement
from report_templates.wording import Wording

T = TypeVar("T")

#: The sections of the report in order; each is one template in ``sections/``.
SECTIONS = (
    *("front", "scorecard", "comments", "composites", "groups", "levels", "experiments", "trends", "gap", "trust"),
    "definitions",
)

TILES_AT_LEAST = 5
TILES_AT_MOST = 8
ITEMS_AT_MOST = 5
#: Months and measures in the table of restated figures.
RESTATED_AT_MOST = 12
#: Longer tables make pages nobody reads; all rows are in the annex.
ROWS_AT_MOST = 40
#: The same of a table of levels, of which two stand beside each other where the names are no longer than this.
LEVELS_AT_MOST = 12
NARROW_NAME_AT_MOST = 20


@dataclass(frozen=True)
class Item:
    """One line of a list on page one: a KPI's name, the group where it is not the company, and a sentence."""

    label: str
    group: str | None
    sentence: str


@dataclass(frozen=True)
class Listing:
    """The first items of a list and how many more there are."""

    items: list[Item]
    more: int


@dataclass(frozen=True)
class Front:
    """Page one, in the PDF and in the mail."""

    headline: str
    tiles: list[tuple[Kpi, Figure]]
    better: Listing
    worse: Listing
    decide: Listing
    #: Whether any comparison, overall or by group, was made, and whether one came out clear.
    anything_compared: bool
    anything_clear: bool


@dataclass(frozen=True)
class GroupTable:
    """A KPI by the values of one slice, shown because one of them changed for certain."""

    kpi: Kpi
    slice: str
    rows: list[Figure]
    #: Rows that are left to the annex.
    more: int = 0

    @property
    def base(self) -> int | None:
        """What all rows rest on, where that is the same: the shares of a mix are of one whole."""
        bases = {figure.n for figure in self.rows if figure.n is not None}
        return bases.pop() if len(bases) == 1 else None

    @property
    def narrow(self) -> bool:
        """Whether half a page is wide enough: one base for all rows, and short names."""
        return self.base is not None and all(
            len(figure.slice_value or "") <= NARROW_NAME_AT_MOST for figure in self.rows
        )


@dataclass(frozen=True)
class Groups:
    """The by-group page: tables that matter, and counts of everything else."""

    tables: list[GroupTable]
    compared: int
    clear: int
    low_base: int
    hidden: int
    new: int

    @property
    def any(self) -> bool:
        return bool(self.compared or self.low_base or self.hidden or self.new)


@dataclass(frozen=True)
class Contents:
    """Everything the templates read, chosen and ordered."""

    report: ReportInput
    wording: Wording
    front: Front
    scorecard: list[tuple[str, list[tuple[Kpi, Figure]]]]
    #: None where the month has no comments.
    comments: Comments | None
    composites: list[Composite]
    groups: Groups
    trends: list[tuple[Kpi, Figure, list[Point]]]
    defined: list[tuple[str, list[Kpi]]]
    #: KPIs told by level only: mixes, comparisons, ranks.
    levels: list[GroupTable]
    #: Figures of the whole company outside what the months before let expect.
    signals: list[tuple[Kpi, Figure]]
    gap: GapPages | None = None
    restatements: list[Restatement] = field(default_factory=list)
    restated: list[Restated] = field(default_factory=list)

    @property
    def verdicts(self) -> dict[str, int]:
        """How many measures of the scorecard have each verdict."""
        found = Counter(figure.verdict for _, rows in self.scorecard for _, figure in rows)
        return {verdict: found[verdict] for verdict in vocabulary.VERDICTS}

    @property
    def kpis(self) -> dict[str, Kpi]:
        return {kpi.kpi: kpi for kpi in self.report.kpis}


def choose(report: ReportInput, wording: Wording, *, items_at_most: int = ITEMS_AT_MOST) -> Contents:
    """The contents of ``report``; the lists of page one hold ``items_at_most`` lines each."""
    kpis = {kpi.kpi: kpi for kpi in report.kpis}
    figures = sorted(report.figures, key=lambda figure: _place(kpis[figure.kpi]))
    overall = [(kpis[figure.kpi], figure) for figure in figures if figure.overall]
    sliced = [(kpis[figure.kpi], figure) for figure in figures if not figure.overall]
    whole = {kpi.kpi for kpi, _ in overall}
    known = whole | {kpi.kpi for kpi, _ in sliced}
    trends = [(kpi, figure, report.months(kpi.kpi)) for kpi, figure in overall if _worth_a_chart(kpi, figure)]
    restatements = sorted(
        report.trust.restatements, key=lambda each: (each.period, each.kpi, each.slice, each.slice_value or "")
    )
    return Contents(
        report=report,
        wording=wording,
        front=_front(overall, sliced, wording, items_at_most),
        scorecard=_by_section(overall, lambda pair: pair[0]),
        comments=comments(report),
        composites=composites(report),
        # the dimensions of a composite are no groups, and have a page of their own
        groups=_groups([pair for pair in sliced if pair[0].kpi in whole and not pair[0].parts]),
        levels=_levels([pair for pair in sliced if pair[0].kpi not in whole]),
        signals=[(kpi, figure) for kpi, figure in overall if figure.signal],
        trends=[trend for trend in trends if sum(point.value is not None for point in trend[2]) > 1],
        gap=gap_pages(wording),
        defined=_by_section(sorted((kpi for kpi in report.kpis if kpi.kpi in known), key=_place), lambda kpi: kpi),
        restatements=restatements,
        restated=_restated(restatements, [kpi.kpi for kpi in report.kpis]),
    )


def _place(kpi: Kpi) -> int:
    """Where the section of a KPI stands: as in vocabulary.SECTIONS, those of a workspace's own after them."""
    return _PLACES.get(kpi.section, len(_PLACES))


_PLACES = {section: place for place, section in enumerate(vocabulary.SECTIONS)}


def _by_section(ordered: Iterable[T], kpi_of: Callable[[T], Kpi]) -> list[tuple[str, list[T]]]:
    """What is ``ordered`` by section, in one list a section."""
    found: dict[str, list[T]] = {}
    for each in ordered:
        found.setdefault(kpi_of(each).section, []).append(each)
    return list(found.items())


def _worth_a_chart(kpi: Kpi, figure: Figure) -> bool:
    """Headline measures, those with a target and those of which something is to be said; the annex has them all."""
    return bool(kpi.headline or figure.target is not None or figure.clear or figure.signal)


def _levels(pairs) -> list[GroupTable]:
    """The tables of KPIs that have no figure of the whole company, such as mixes; narrow ones first, to stand in pairs.

    A long one keeps what changed for certain and the largest, in the order it has.
    """
    tables = []
    for (_, slice_), grouped in groupby(pairs, key=lambda pair: (pair[0].kpi, pair[1].slice)):
        (kpi, _), *_ = rows = list(grouped)
        figures = [figure for _, figure in rows]
        first = sorted(figures, key=lambda figure: (not figure.clear, figure.value is None, -(figure.value or 0.0)))
        kept = {figure.slice_value for figure in first[:LEVELS_AT_MOST]}
        shown = [figure for figure in figures if figure.slice_value in kept]
        tables.append(GroupTable(kpi, slice_, shown, len(figures) - len(shown)))
    return sorted(tables, key=lambda table: not table.narrow)


def tiles(overall: list[tuple[Kpi, Figure]]) -> list[tuple[Kpi, Figure]]:
    """The headline KPIs, at most eight; where fewer than five are declared, the next ones fill up."""
    headline = [pair for pair in overall if pair[0].headline]
    others = [pair for pair in overall if not pair[0].headline]
    return (headline + others[: max(0, TILES_AT_LEAST - len(headline))])[:TILES_AT_MOST]


def _front(overall, sliced, wording: Wording, most: int) -> Front:
    shown = tiles(overall)
    ranked = _headline_first(overall) + _headline_first(sliced)
    listed = {
        verdict: [
            Item(wording.label(kpi), None if figure.overall else wording.group(figure), wording.movement(kpi, figure))
            for kpi, figure in ranked
            if figure.verdict == verdict
        ]
        for verdict in ("better", "worse")
    }
    return Front(
        headline=headline(wording, _headline_first(overall), _headline_first(sliced)),
        tiles=shown,
        better=_cut(listed["better"], most),
        worse=_cut(listed["worse"], most),
        decide=_cut(_decisions(overall, sliced, wording), most),
        anything_compared=any(figure.clear or figure.verdict == "no clear change" for _, figure in ranked),
        anything_clear=any(figure.clear for _, figure in ranked),
    )


def _headline_first(pairs):
    return sorted(pairs, key=lambda pair: not pair[0].headline)


def _cut(items: list[Item], most: int) -> Listing:
    return Listing(items[:most], max(0, len(items) - most))


def _decisions(overall, sliced, wording: Wording) -> list[Item]:
    """What calls for somebody's decision: what worsened, targets missed for certain, groups that worsened, changes."""
    items: list[Item] = []
    worse_groups = {
        kpi.kpi: [figure for each, figure in sliced if each.kpi == kpi.kpi and figure.verdict == "worse"]
        for kpi, _ in [*overall, *sliced]
    }
    ranked = _headline_first(overall)
    worse_overall = {kpi.kpi for kpi, figure in ranked if figure.verdict == "worse"}
    for kpi, figure in ranked:
        if figure.verdict == "worse":
            items.append(Item(wording.label(kpi), None, wording.decide_worse(worse_groups[kpi.kpi])))
    for kpi, figure in ranked:
        if figure.misses_for_certain(kpi.direction) and kpi.kpi not in worse_overall:
            items.append(Item(wording.label(kpi), None, wording.decide_target(kpi, figure)))
    done = set(worse_overall)
    for kpi, _ in _headline_first(sliced):
        if worse_groups[kpi.kpi] and kpi.kpi not in done:
            done.add(kpi.kpi)
            items.append(Item(wording.label(kpi), None, wording.decide_groups(worse_groups[kpi.kpi])))
    items.extend(
        Item(wording.label(kpi), None, wording.decide_changed())
        for kpi, figure in ranked
        if figure.verdict == "changed"
    )
    return items


def _restated(restatements: list[Restatement], order: list[str]) -> list[Restated]:
    """One line a month and KPI, the newest month first: late data moves a figure and most of its groups together."""
    lines = []
    for _, rows in groupby(restatements, key=lambda each: (each.period, each.kpi)):
        first, *others = sorted(rows, key=lambda each: not each.overall)
        lines.append(Restated(first, len(others)))
    places = {kpi: place for place, kpi in enumerate(order)}
    lines.sort(key=lambda line: places.get(line.first.kpi, len(places)))
    return sorted(lines, key=lambda line: line.first.period, reverse=True)


def _groups(sliced) -> Groups:
    tables = []
    for (_, slice_), pairs in groupby(sliced, key=lambda pair: (pair[0].kpi, pair[1].slice)):
        pairs = list(pairs)
        told_elsewhere = (pairs[0][0].kpi, slice_) == (SENTIMENT, THEME)
        if not told_elsewhere and any(figure.clear for _, figure in pairs):
            rows = [figure for _, figure in pairs]
            tables.append(GroupTable(pairs[0][0], slice_, rows[:ROWS_AT_MOST], len(rows[ROWS_AT_MOST:])))

    def count(*verdicts: str) -> int:
        return sum(figure.verdict in verdicts for _, figure in sliced)

    clear = count("better", "worse", "changed")
    return Groups(tables, clear + count("no clear change"), clear, count("low base"), count("hidden"), count("new"))
