"""What a workspace says of the gap analysis, checked as a whole and handed to dbt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import field_validator, model_validator

from flows.errors import ConfigurationError
from flows.kpis import FactMeta
from flows.workspace import BrandValue, Ideal, Initiative, Outcome, Workspace

FEEDBACK = "fct_feedback"


def gap_variables(workspace: Workspace, facts: dict[str, FactMeta]) -> dict[str, Any]:
    """The variables of dbt's gap models: settings, and the rows of the four tables.

    Raises ConfigurationError naming file, row and column for a dimension that is not declared, an ideal off the scale,
    an outcome that nobody measures, a due date before the start and what is said twice; and for a slice that the
    feedback does not have.
    """
    gap = workspace.settings.gap
    slices = facts[FEEDBACK].slices if FEEDBACK in facts else {}
    if slices and (unknown := [name for name in gap.slices if name not in slices]):
        raise ConfigurationError(
            f"gap.slices: the feedback has no slice {unknown[0]!r}",
            f"use some of {', '.join(sorted(slices))}",
            where="cx.toml",
        )
    directions = {kpi.id: kpi.direction for meta in facts.values() for kpi in meta.kpis}
    outcomes = workspace.rows("outcomes.csv", _strict(Outcome, ("outcome", "period", "group", "units"), {}))
    measured = {row.outcome for row in outcomes} | set(directions)

    def declared(dimension: str) -> str:
        if dimension not in gap.dimensions:
            raise ValueError(f"{dimension!r} is none of cx.toml's [gap] dimensions ({', '.join(gap.dimensions)})")
        return dimension

    def on_scale(ideal: float | None) -> float | None:
        if ideal is not None and not gap.scale[0] <= ideal <= gap.scale[1]:
            raise ValueError(f"it is off the scale of the ratings, {gap.scale[0]:g} to {gap.scale[1]:g}")
        return ideal

    def known(outcome: str | None) -> str | None:
        if outcome is not None and outcome not in measured:
            raise ValueError(f"{outcome!r} is neither in outcomes.csv nor a KPI; leave it empty until it is measured")
        return outcome

    brand_values = workspace.rows("brand_values.csv", _strict(BrandValue, ("valid_from",), {"dimension": declared}))
    ideals = workspace.rows(
        "ideals.csv", _strict(Ideal, ("dimension", "valid_from"), {"dimension": declared, "ideal": on_scale})
    )
    initiatives = workspace.rows(
        "initiatives.csv", _strict(Initiative, ("initiative",), {"dimension": declared, "outcome": known})
    )
    return {
        "gap_dimensions": [
            {
                "dimension": dimension,
                "position": position,
                "scale_low": gap.scale[0],
                "scale_high": gap.scale[1],
                "importance_low": gap.importance_scale[0],
                "importance_high": gap.importance_scale[1],
            }
            for position, dimension in enumerate(gap.dimensions, 1)
        ],
        "gap_slices": {name: slices[name] for name in gap.slices if name in slices},
        "gap_brand_values": [row.model_dump() for row in brand_values],
        "gap_ideals": [row.model_dump() for row in ideals],
        "gap_initiatives": [
            row.model_dump() | {"direction": -1 if directions.get(row.outcome or "") == "down" else 1}
            for row in initiatives
        ],
        "gap_outcomes": [row.model_dump(exclude={"group"}) | {"compared": row.group} for row in outcomes],
    }


def _strict(model: type[Any], key: tuple[str, ...], checks: dict[str, Callable[[Any], Any]]) -> type[Any]:
    """``model`` with each of ``checks`` on its column, refusing a second row of the same ``key``."""
    seen: set[tuple[Any, ...]] = set()

    def each_once(self: Any) -> Any:
        values = tuple(getattr(self, name) for name in key)
        if values in seen:
            raise ValueError(f"there is a row of this {' and '.join(key)} already; keep one of them")
        seen.add(values)
        return self

    validators = {f"check_{name}": field_validator(name)(check) for name, check in checks.items()}
    return type(model.__name__, (model,), {"each_once": model_validator(mode="after")(each_once), **validators})
