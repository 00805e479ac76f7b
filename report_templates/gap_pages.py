"""What stands on the spread of the gap analysis: rows, pictures, and which of them there is anything to show of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from report_templates.gap_reading import Cycle, Driver, Evidence, Gap, GapFigure, Requirement, Simulation
from report_templates.gap_vocabulary import ROLES
from report_templates.gap_wording import GapWording
from report_templates.wording import Wording


@dataclass(frozen=True)
class Comparison:
    """One comparison of an initiative: the month's, and all months of it with a multiple, oldest first."""

    now: Evidence
    months: list[Evidence]
    chart: str

    @property
    def tracked(self) -> bool:
        return len(self.months) > 1


@dataclass(frozen=True)
class Proof:
    """One initiative with its verdict and its comparisons."""

    initiative: str
    now: Evidence
    comparisons: list[Comparison]


@dataclass(frozen=True)
class RoleRow:
    """Satisfaction with one dimension by role: role, value, and whether it differs from the first role for certain."""

    dimension: str
    values: list[tuple[str, float | None, bool]]


@dataclass(frozen=True)
class GapPages:
    """Everything the section's template reads."""

    gap: Gap
    words: GapWording
    rows: list[GapFigure]
    chosen: list[GapFigure]
    unchosen: int
    cycles: list[Cycle]
    over: Cycle | None
    roles: list[str]
    by_role: list[RoleRow]
    drivers: list[Driver]
    pictures: list[str]
    requirements: list[Requirement]
    proofs: list[Proof]
    simulations: list[Simulation]

    @property
    def sample(self) -> bool:
        return self.rows[0].sample


def gap_pages(words: Wording) -> GapPages | None:
    """The pages of the report's gap analysis; None where it has none."""
    gap, period = words.report.gap, words.report.period
    if gap is None:
        return None
    rows = sorted((row for row in gap.figures if row.role == gap.role), key=lambda row: row.position)
    cycles = [cycle for cycle in gap.cycles if cycle.cycle]
    over = cycles[-2] if len(cycles) > 1 else None
    drivers = sorted(gap.drivers, key=lambda row: row.position)
    known = [row for row in drivers if row.performance is not None]
    pictures = [
        name
        for name, column in (("stated", "stated"), ("derived", "derived_pct"))
        if sum(getattr(row, column) is not None for row in known) > 1
    ]
    roles = _roles(gap)
    return GapPages(
        gap=gap,
        words=GapWording(words, gap),
        rows=rows,
        chosen=[row for row in rows if row.ideal_is == "chosen"],
        unchosen=sum(row.ideal_is != "chosen" for row in rows),
        cycles=cycles,
        over=over,
        roles=roles,
        by_role=_by_role(gap, roles) if len(roles) > 1 else [],
        drivers=drivers,
        pictures=pictures,
        requirements=gap.requirements,
        proofs=_proofs(gap, period),
        simulations=[row for row in gap.simulation if row.is_key],
    )


def charts(pages: GapPages) -> dict[str, bytes]:
    """The section's pictures by name."""
    from report_templates import gap_charts

    language = pages.words.language
    ratings, weighted = gap_charts.rating_domain(pages.rows), gap_charts.weighted_domain(pages.rows)
    drawn = {"gap-axis": gap_charts.rating_axis(ratings, language)}
    for row in pages.rows:
        drawn[f"gap-rated-{row.position}"] = gap_charts.dumbbell(row, ratings)
        if row.weighted_satisfaction is not None:
            drawn[f"gap-weighted-{row.position}"] = gap_charts.weighted_bar(row, weighted)
    for name in pages.pictures:
        drawn[f"gap-picture-{name}"] = gap_charts.picture(pages.drivers, name, language)
    compared = [each for proof in pages.proofs for each in proof.comparisons]
    multiples = gap_charts.multiple_domain([each.now for each in compared])
    for each in compared:
        drawn[f"{each.chart}-now"] = gap_charts.multiple(each.now, multiples)
        if each.tracked:
            drawn[f"{each.chart}-months"] = gap_charts.months_of_evidence(each.months)
    return drawn


def _roles(gap: Gap) -> list[str]:
    """The roles whose satisfaction is known, the leading one first."""
    known = {row.role for row in gap.figures if row.satisfaction is not None}
    return sorted(known, key=lambda role: (role != gap.role, list(ROLES).index(role) if role in ROLES else len(ROLES)))


def _by_role(gap: Gap, roles: list[str]) -> list[RoleRow]:
    values = {(row.role, row.dimension): row.satisfaction for row in gap.figures}
    clear = {
        (each.dimension, frozenset((each.role, each.other)))
        for each in gap.roles
        if each.measure == "satisfaction" and each.clear
    }
    dimensions = [row.dimension for row in gap.figures if row.role == roles[0]]
    return [
        RoleRow(
            dimension,
            [
                (role, values.get((role, dimension)), (dimension, frozenset((roles[0], role))) in clear)
                for role in roles
            ],
        )
        for dimension in dimensions
    ]


def _proofs(gap: Gap, period: str) -> list[Proof]:
    proofs = []
    for initiative, rows in groupby(gap.evidence, key=lambda row: row.initiative):
        rows = list(rows)
        now = [row for row in rows if row.period == period]
        if not now:
            continue
        comparisons = [
            Comparison(
                row,
                [
                    each
                    for each in rows
                    if (each.compared, each.units) == (row.compared, row.units) and each.ratio_low is not None
                ],
                f"gap-proof-{initiative}-{row.position}",
            )
            for row in now
            if row.compared is not None
        ]
        proofs.append(Proof(initiative, now[0], comparisons))
    return proofs
