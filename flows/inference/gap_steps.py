"""The seven steps as tables: what dbt's gap models return, each a few lines above this.

ratings by month ─► figures ─► rankings ─► requirements (5, 6)
                       ├─► roles             evidence (7) ─► brand_values (back to 1)
                       └─► drivers, simulation
Every table is an Arrow table of fixed columns (``gap_columns``), so that an empty one has its types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from flows.inference import closing_gap, drivers, gap_ranking, gap_roles, importance
from flows.inference.evidence import Evidence, evidence, next_brand_value
from flows.inference.gap_analysis import gap_table
from flows.inference.gap_columns import (
    BRAND_VALUES,
    DRIVERS,
    EVIDENCE,
    FIGURES,
    RANKINGS,
    REQUIREMENTS,
    ROLE_DIFFERENCES,
    SIMULATION,
    as_table,
)
from flows.inference.gap_statistics import GROUP
from flows.inference.requirements import requirements
from flows.inference.resampling import REPLICATES
from flows.inference.scales import Scale

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

#: Roles in the order in which a company is told by them: the key experience is that of the first that rated.
ROLES = ("customer", "workshop", "management", "frontline", "employee")
#: The scale of the answer whose drivers are looked for: how likely to recommend, 0 to 10.
OUTCOME_SCALE = Scale(0.0, 10.0)


class Declared:
    """The dimensions as a workspace declares them, from the table ``gap_dimensions``."""

    def __init__(self, dimensions: pd.DataFrame) -> None:
        rows = dimensions.sort_values("position").to_dict("records")
        self.names: list[str] = [row["dimension"] for row in rows]
        self.scale = Scale(rows[0]["scale_low"], rows[0]["scale_high"])
        self.importance_scale = Scale(rows[0]["importance_low"], rows[0]["importance_high"])


def figures(
    months: Iterable[pd.DataFrame],
    ideals: pd.DataFrame,
    dimensions: pd.DataFrame,
    *,
    period: str,
    partitions: Collection[str] = (),
    hidden_below: int = 5,
) -> pa.Table:
    """Steps 2 to 4 of each of ``months`` (rows of ``gap_ratings`` of one month): ``gap_table`` with ranks and the key.

    The intervals of 3a are resampled for ``period`` only; earlier months have the delta method's, as ``interval`` says.
    """
    declared = Declared(dimensions)
    found: list[dict[str, Any]] = []
    for answers in months:
        month = str(answers["period"].iloc[0])
        resampled = month == period
        table = gap_table(
            answers,
            ideals,
            seed=int(month.replace("-", "")),
            dimensions=declared.names,
            scale=declared.scale,
            importance_scale=declared.importance_scale,
            partitions=partitions,
            hidden_below=hidden_below,
            replicates=REPLICATES if resampled else 0,
        )
        table, ranked = gap_ranking.rank_table(table, scale=declared.scale, importance_scale=declared.importance_scale)
        for row in table.to_dict("records"):
            row["position"] = declared.names.index(row["dimension"]) + 1
            row["interval"] = "bootstrap" if resampled else "delta"
            row["is_key"] = row["dimension"] in ranked[_group(row)].key
            found.append(row)
    return as_table(found, FIGURES)


def rankings(computed: pd.DataFrame, dimensions: pd.DataFrame) -> pa.Table:
    """Step 3 of each group of ``figures``: the key experience, or its candidates, and what cannot be ranked.

    ``leads`` marks the role by which the company is told in a month: the first of ROLES that rated anything.
    """
    declared = Declared(dimensions)
    _, ranked = gap_ranking.rank_table(computed, scale=declared.scale, importance_scale=declared.importance_scale)
    leading = leading_roles(computed)
    rows = [
        dict(zip(GROUP, group, strict=True)) | {"leads": leading[group[0]] == group[1]} | ranking._asdict()
        for group, ranking in ranked.items()
    ]
    return as_table(rows, RANKINGS)


def leading_roles(computed: pd.DataFrame) -> dict[str, str]:
    """By period the first of ROLES that is in ``figures``; any other only where none of them is."""
    order = {role: place for place, role in enumerate(ROLES)}
    found: dict[str, str] = {}
    for period, rows in computed.groupby("period"):
        found[str(period)] = min(set(rows["role"]), key=lambda role: (order.get(role, len(order)), role))
    return found


def roles(computed: pd.DataFrame) -> pa.Table:
    """Where two roles differ, of the whole company, by month, dimension and measure."""
    overall = computed[computed["slice"] == "overall"]
    found = gap_roles.role_differences(overall, ROLES) if len(overall) else []
    return as_table([each._asdict() for each in found], ROLE_DIFFERENCES)


def requirements_of(computed: pd.DataFrame, initiatives: pd.DataFrame, *, period: str) -> pa.Table:
    """Steps 5 and 6 of each month: gaps of the leading role in order, each with the initiatives that had begun by then;
    in ``period`` also with those that are planned.
    """
    found = []
    for month, rows in _told(computed):
        begun = initiatives["start"].isna() | (initiatives["start"].astype(str) <= month)
        listed = requirements(
            dict(zip(rows["dimension"], rows["gap"], strict=True)),
            initiatives if month == period else initiatives[begun],
        )
        found += [each._asdict() | {"period": month, "position": place} for place, each in enumerate(listed, 1)]
    return as_table(found, REQUIREMENTS)


def evidence_of(initiatives: pd.DataFrame, outcomes: pd.DataFrame, months: Sequence[str]) -> pa.Table:
    """Step 7 of each initiative at the end of each of ``months`` from its start on, a row a comparison.

    ``outcomes``: outcome, period, compared (a group's name), units, value. A verdict without any comparison is a row
    without a group.
    """
    found = []
    for month, proofs in _proofs(initiatives, outcomes, months):
        for proof in proofs:
            verdict = {
                "period": month,
                "initiative": proof.initiative,
                "dimension": proof.dimension,
                "reason": proof.reason,
                "verdict": proof.verdict,
            }
            compared = [each._asdict() | {"compared": each.group} for each in proof.comparisons] or [{}]
            found += [verdict | each | {"position": place} for place, each in enumerate(compared, 1)]
    return as_table(found, EVIDENCE)


def brand_values_of(
    brand_values: pd.DataFrame, initiatives: pd.DataFrame, outcomes: pd.DataFrame, months: Sequence[str]
) -> pa.Table:
    """Step 1 of each of ``months``, and what step 7 proposes for the next cycle.

    A cycle runs from the month one of ``brand_values`` holds until the next does; months before the first have none.
    """
    declared = sorted(brand_values.to_dict("records"), key=lambda row: row["valid_from"] or "")
    found = []
    for month, proofs in _proofs(initiatives, outcomes, months):
        begun = [row for row in declared if (row["valid_from"] or "") <= month]
        current = begun[-1] if begun else dict.fromkeys(("dimension", "why_customers_come", "for_whom", "valid_from"))
        proposed = next_brand_value(proofs, current["dimension"])
        if not begun and proposed.dimension is None:
            continue
        found.append(
            {
                "period": month,
                "cycle": len(begun),
                "since": current["valid_from"],
                **{name: current[name] for name in ("dimension", "why_customers_come", "for_whom")},
                "proposed": proposed.dimension,
                "proved_by": proposed.initiative,
                "changed": proposed.changed,
            }
        )
    return as_table(found, BRAND_VALUES)


def _proofs(
    initiatives: pd.DataFrame, outcomes: pd.DataFrame, months: Sequence[str]
) -> Iterable[tuple[str, list[Evidence]]]:
    declared = initiatives.sort_values("initiative").to_dict("records")
    nothing = outcomes.rename(columns={"compared": "group"}).iloc[:0]
    measured = dict(list(outcomes.rename(columns={"compared": "group"}).groupby("outcome")))
    for month in months:
        proofs = []
        for row in declared:
            if row["start"] is None or row["start"] > month:
                continue
            rows = measured.get(row["outcome"], nothing)
            promised = np.nan if row["promised_multiple"] is None else float(row["promised_multiple"])
            proofs.append(
                evidence(
                    row["initiative"],
                    row["dimension"],
                    rows,
                    period=month,
                    start=row["start"],
                    due=row["due"],
                    promised_multiple=promised,
                    direction=int(row["direction"]),
                )
            )
        yield month, proofs


def fitted(
    ratings: pd.DataFrame, recommendations: pd.DataFrame, dimensions: pd.DataFrame, *, period: str
) -> drivers.DriverModel:
    """The driver model of one month: customers' experience by dimension against their answer of 0 to 10.

    ``ratings``: rows of ``gap_ratings``; ``recommendations``: respondent, outcome, weight.
    """
    names = Declared(dimensions).names
    told = ratings[(ratings["slice"] == "overall") & (ratings["role"] == "customer")]
    wide = told.pivot(index="respondent", columns="dimension", values="experience").reindex(columns=names)
    cases = recommendations.set_index("respondent").join(wide, how="inner").sort_index()
    return drivers.fit(
        cases[names].to_numpy(float),
        cases["outcome"].to_numpy(float),
        names,
        seed=int(period.replace("-", "")),
        weight=cases["weight"].to_numpy(float),
    )


def drivers_of(model: drivers.DriverModel, computed: pd.DataFrame, *, period: str) -> pa.Table:
    """Importance twice, stated (2d) and derived (share of R²), and where each dimension lies in the picture of
    importance and performance; of customers in ``period``. ``performance`` is the experience.
    """
    rows = computed[
        (computed["period"] == period) & (computed["slice"] == "overall") & (computed["role"] == "customer")
    ].to_dict("records")
    if not rows:
        return as_table([], DRIVERS)
    key = drivers.key_drivers(model)
    by_name = {each.driver: each for each in key.drivers}
    stated = {row["dimension"]: row["importance"] for row in rows}
    derived = {name: by_name[name].importance_pct for name in stated}
    performance = {row["dimension"]: row["experience"] for row in rows}
    beside = {each.dimension: each for each in importance.stated_beside_derived(stated, derived)}
    pictures = {
        "stated": importance.importance_performance(stated, performance),
        "derived": importance.importance_performance(derived, performance),
    }
    lines: dict[str, Any] = {}
    for name, picture in pictures.items():
        lines |= {f"{name}_line": picture.importance_line, f"{name}_performance_line": picture.performance_line}
    quadrants = {
        name: {place.dimension: place.quadrant for place in picture.places} for name, picture in pictures.items()
    }
    found = []
    for row in rows:
        name = row["dimension"]
        driver, both = by_name[name], beside[name]
        found.append(
            {
                "period": period,
                "dimension": name,
                "position": row["position"],
                "n": key.n,
                "minimum_cases": key.minimum_cases,
                "r_squared": key.r_squared,
                "rated": driver.n,
                "stated": both.stated,
                "stated_rank": both.stated_rank,
                "derived_pct": driver.importance_pct,
                "derived_pct_low": driver.importance_pct_low,
                "derived_pct_high": driver.importance_pct_high,
                "derived_rank": both.derived_rank,
                "derived_rank_best": driver.rank_best,
                "derived_rank_worst": driver.rank_worst,
                "ranks_apart": both.ranks_apart,
                "direction": driver.direction,
                "correlation": driver.correlation,
                "slope": driver.slope,
                "vif": driver.vif,
                "relative_weight_pct": driver.relative_weight_pct,
                "warnings": driver.warnings,
                "performance": row["experience"],
                **{f"{picture}_quadrant": quadrants[picture][name] for picture in quadrants},
                **lines,
            }
        )
    return as_table(found, DRIVERS)


def simulation_of(model: drivers.DriverModel, computed: pd.DataFrame, *, period: str) -> pa.Table:
    """What closing a gap to a chosen ideal would go with in customers' mean answer of 0 to 10 (``drivers.CAVEAT``)."""
    rows = computed[
        (computed["period"] == period)
        & (computed["slice"] == "overall")
        & (computed["role"] == "customer")
        & (computed["ideal_is"] == "chosen")
    ].to_dict("records")
    found = []
    for row in rows:
        closed = closing_gap.closed_gap(
            model, row["dimension"], row["ideal"], lowest=OUTCOME_SCALE.lowest, highest=OUTCOME_SCALE.highest
        )
        found.append(
            closed._asdict()
            | {
                "period": period,
                "dimension": row["dimension"],
                "is_key": row["is_key"],
                "experience": closed.ideal - closed.gap,
                "outcome_mean": closed.outcome,
            }
        )
    return as_table(found, SIMULATION)


def _told(computed: pd.DataFrame) -> Iterable[tuple[str, pd.DataFrame]]:
    """The rows of each month by which the company is told: the leading role's, of the whole company."""
    leading = leading_roles(computed)
    overall = computed[computed["slice"] == "overall"]
    for month in sorted(leading):
        yield month, overall[(overall["period"] == month) & (overall["role"] == leading[month])]


def _group(row: Mapping[str, Any]) -> tuple[str, str, str, str | None]:
    label = row["slice_value"]
    return row["period"], row["role"], row["slice"], None if label is None or label != label else label


def months_of(first: str, last: str) -> list[str]:
    """All months from ``first`` to ``last``, both included, as YYYY-MM."""
    import pandas as pd

    return pd.period_range(first, last, freq="M").astype(str).tolist()
