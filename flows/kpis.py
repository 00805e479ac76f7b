"""KPI declarations: one validated schema for the project's own (beside the facts) and the workspace's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from flows.contracts import contracts
from flows.errors import ConfigurationError
from flows.settings import DBT_PROJECT
from flows.sources.declaration import Name
from flows.staging import unrendered
from flows.workspace import Declared, Workspace, refuse

Unit = Literal["points", "%", "score", "hours", "minutes", "days", "seconds", "per 1,000"]
#: Kinds that can be added up share one scan of their fact; a quantile is read off ranks.
Kind = Literal["proportion", "nps", "mean", "rate", "quantile"]
Text = Annotated[str, Field(min_length=1)]


def _need(text: str) -> str:
    contract, _, column = text.partition(".")
    if contract not in contracts() or column not in contracts()[contract].types:
        raise ValueError(f"{text} is no column of a contract, written as contract.column")
    return text


Need = Annotated[str, AfterValidator(_need)]
#: A slice named twice is one slice: observed twice it would print each of its figures twice.
Slices = Annotated[list[Name], AfterValidator(lambda names: list(dict.fromkeys(names)))]


class Kpi(Declared):
    """One KPI. All SQL is over a row of the fact the KPI is declared beside."""

    id: Name
    label: Text
    definition: Text
    unit: Unit
    direction: Literal["up", "down", "neutral"]
    kind: Kind
    #: Condition of the denominator.
    base: Text
    #: Condition of the numerator (proportion, rate).
    hit: str | None = None
    #: Value of a row (nps, mean, quantile); null in a quantile means beyond the follow-up window.
    measure: str | None = None
    quantile: float | None = Field(default=None, gt=0, lt=1)
    #: Exposure of a rate (one of an ``exposures`` entry) and the unit it is told per.
    exposure: Name | None = None
    per: int = 1
    #: Date or time a row counts at; with a follow-up window it counts in the month the window closes.
    month: Text
    window_days: int = Field(default=0, ge=0)
    weight: str | None = None
    slices: Slices = []
    scale: tuple[float, float] | None = None
    compared_with: Literal["previous_month", "last_with_data"] = "previous_month"
    minimum_base: int = Field(default=30, ge=1)
    #: Smallest change that matters, in the KPI's unit (percentage points for %).
    smallest_change: float = Field(ge=0)
    population: Literal["sample", "census"] = "census"
    headline: bool = False
    section: Text
    decimals: int = Field(default=1, ge=0, le=4)
    edge_cases: Text
    #: Contract columns without which the KPI is absent, as contract.column.
    needs: list[Need] = []

    @model_validator(mode="after")
    def _complete(self) -> Kpi:
        wanted = {
            "proportion": {"hit"},
            "nps": {"measure"},
            "mean": {"measure"},
            "rate": {"hit", "exposure"},
            "quantile": {"measure", "quantile"},
        }[self.kind]
        for name in ("hit", "measure", "quantile", "exposure"):
            given = getattr(self, name) is not None
            if given and name not in wanted:
                raise ValueError(f"{self.id}: a {self.kind} has no {name}")
            if not given and name in wanted:
                raise ValueError(f"{self.id}: a {self.kind} needs {name}")
        return self


class Exposure(Declared):
    """What a rate is told per: the number of rows where ``base`` holds, in the month of ``month``."""

    base: Text
    month: Text


class FactMeta(Declared):
    """``config.meta`` of a model that carries KPIs."""

    contract: Name | None = None
    time_column: str | None = None
    key: list[str] | None = None
    slices: dict[Name, str] = {}
    exposures: dict[Name, Exposure] = {}
    kpis: list[Kpi] = []


class WorkspaceKpis(Declared):
    """One file of a workspace's ``kpis/``."""

    fact: Name
    slices: dict[Name, str] = {}
    kpis: list[Kpi] = []
    #: Slices added to KPIs that the project declares.
    slices_for: dict[Name, list[Name]] = {}


def model_of(fact: str) -> str:
    """The dbt model of a fact: ``feedback`` is ``fct_feedback``, a spine has its own name."""
    return f"fct_{fact}" if (DBT_PROJECT / "models" / "facts" / f"fct_{fact}.yml").is_file() else fact


def project_facts(project: Path = DBT_PROJECT) -> dict[str, FactMeta]:
    """The validated ``config.meta`` of every fact and spine, by model name."""
    facts: dict[str, FactMeta] = {}
    for folder in ("facts", "spines"):
        for path in sorted((project / "models" / folder).glob("*.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                try:
                    facts[model["name"]] = FactMeta.model_validate(model["config"].get("meta", {}))
                except ValidationError as error:
                    raise refuse(error, f"{path.name}, config.meta") from None
    return facts


def declared_facts(workspace: Workspace) -> dict[str, FactMeta]:
    """The project's declarations with those of the workspace's ``kpis/*.yml`` added.

    Raises ConfigurationError naming the file when a KPI is declared twice, a fact or a slice is unknown, or a key is.
    """
    facts = project_facts()
    owner = {kpi.id: name for name, meta in facts.items() for kpi in meta.kpis}
    for path in workspace.declarations("kpis"):
        where = f"kpis/{path.name}"
        try:
            added = WorkspaceKpis.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigurationError(" ".join(str(error).split()), "correct the YAML", where=where) from None
        except ValidationError as error:
            raise refuse(error, where) from None
        model = model_of(added.fact)
        if model not in facts:
            known = ", ".join(sorted(name.removeprefix("fct_") for name in facts))
            raise ConfigurationError(f"there is no fact {added.fact!r}", f"use one of {known}", where=where)
        for kpi in added.kpis:
            if kpi.id in owner:
                raise ConfigurationError(f"the KPI {kpi.id} is declared already", "choose another id", where=where)
            owner[kpi.id] = model
        meta = facts[model]
        kpis = [*meta.kpis, *added.kpis]
        for kpi_id, slices in added.slices_for.items():
            if owner.get(kpi_id) != model:
                raise ConfigurationError(
                    f"slices_for names {kpi_id}, which is no KPI of {added.fact}", "name one that is", where=where
                )
            kpis = [
                kpi.model_copy(update={"slices": list(dict.fromkeys([*kpi.slices, *slices]))})
                if kpi.id == kpi_id
                else kpi
                for kpi in kpis
            ]
        facts[model] = meta.model_copy(update={"slices": meta.slices | added.slices, "kpis": kpis})
        _check_slices(facts[model], where)
        _check_exposures(facts, added, where)
    return facts


def _check_slices(meta: FactMeta, where: str) -> None:
    for kpi in meta.kpis:
        for name in kpi.slices:
            if name not in meta.slices:
                known = ", ".join(sorted(meta.slices)) or "none"
                raise ConfigurationError(
                    f"{kpi.id} is sliced by {name}, which is not declared",
                    f"declare it under slices: (known: {known})",
                    where=where,
                )


def _check_exposures(facts: dict[str, FactMeta], added: WorkspaceKpis, where: str) -> None:
    known = {name for meta in facts.values() for name in meta.exposures}
    for kpi in added.kpis:
        if kpi.exposure and kpi.exposure not in known:
            raise ConfigurationError(
                f"{kpi.id} is told per {kpi.exposure}, which is no exposure of any fact",
                f"use one of {', '.join(sorted(known))}",
                where=where,
            )


def absent_because(kpi: Kpi, delivered: dict[str, set[str]]) -> str | None:
    """Why ``kpi`` cannot be computed from the contract columns that are delivered; None when it can."""
    missing = [need for need in kpi.needs if need.split(".")[1] not in delivered.get(need.split(".")[0], set())]
    return f"{', '.join(missing)} not delivered" if missing else None


def write_into(project: Path, facts: dict[str, FactMeta], delivered: dict[str, set[str]]) -> None:
    """Write the declarations into the models' yml of a build's own copy of the dbt project.

    KPIs whose needed columns nobody delivers carry the reason under ``absent`` and are not observed.
    """
    for folder in ("facts", "spines"):
        for path in (project / "models" / folder).glob("*.yml"):
            document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            for model in document["models"]:
                meta = facts[model["name"]]
                declared = model["config"].setdefault("meta", {})
                declared["slices"] = _unrendered(meta.slices)
                declared["exposures"] = _unrendered({name: each.model_dump() for name, each in meta.exposures.items()})
                declared["kpis"] = [
                    _unrendered(kpi.model_dump(mode="json")) | {"absent": absent_because(kpi, delivered)}
                    for kpi in meta.kpis
                ]
            path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _unrendered(declared: Any) -> Any:
    """Every text of a declaration as it is meant: dbt renders what stands under ``config`` as Jinja."""
    if isinstance(declared, dict):
        return {key: _unrendered(value) for key, value in declared.items()}
    if isinstance(declared, list):
        return [_unrendered(value) for value in declared]
    return unrendered(declared) if isinstance(declared, str) else declared
