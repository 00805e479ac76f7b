"""KPI declarations: one validated schema for the project's own (beside the facts) and the workspace's."""

from __future__ import annotations

from dataclasses import dataclass
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

Unit = Literal[
    "points", "%", "score", "hours", "minutes", "days", "seconds", "months", "per 1,000", "per 100", "count", "ratio",
    "rank", "money",
]  # fmt: skip


@dataclass(frozen=True)
class Takes:
    """Which keys of a declaration a kind needs, which it may have, and which no other kind has."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


#: Every kind of KPI with the keys that are its own. How each is observed stands in dbt_project/macros, how it is
#: judged in flows/inference/kinds.py.
KINDS = {
    "proportion": Takes(("hit",), ("weight", "cluster")),
    "nps": Takes(("measure",), ("weight", "cluster")),
    "mean": Takes(("measure",), ("weight", "cluster")),
    "log_mean": Takes(("measure",)),
    "count": Takes(),
    "mix": Takes(("slices",)),
    "rate": Takes(("hit", "exposure"), ("per",)),
    "quantile": Takes(("measure", "quantile")),
    "survival": Takes(("duration", "event"), ("quantile", "horizon")),
    "ratio": Takes(("numerator", "denominator"), ("cluster", "per")),
    "spread": Takes(("measure", "group")),
    "estimate": Takes(),
    "composite": Takes(("parts",)),
}
#: Where models lie that carry KPIs, and the one among the report tables: what is composed of other KPIs' figures.
FOLDERS = ("facts", "spines", "figures")
COMPOSED = "figures"
#: Keys that belong to some kinds only.
OF_A_KIND = sorted({key for takes in KINDS.values() for key in (*takes.needs, *takes.may)} - {"slices", "per"})
Text = Annotated[str, Field(min_length=1)]


def _kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"there is no kind {text!r}; use one of {', '.join(KINDS)}")
    return text


Kind = Annotated[str, AfterValidator(_kind)]


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
    base: Text = "true"
    #: Condition of the numerator (proportion, rate).
    hit: str | None = None
    #: Value of a row (nps, mean, log_mean, quantile, spread); null in a quantile means beyond the follow-up window.
    measure: str | None = None
    #: Which quantile, of the measure or of the survival time.
    quantile: float | None = Field(default=None, gt=0, lt=1)
    #: Time of a row to its event or its censoring, in the unit, and whether the event came (survival).
    duration: str | None = None
    event: str | None = None
    #: Time at which the share still without the event is told, in the unit of ``duration`` (survival).
    horizon: float | None = Field(default=None, gt=0)
    #: What a ratio divides, both summed over rows.
    numerator: str | None = None
    denominator: str | None = None
    #: Whose answers belong together: rows of one are not independent (proportion, nps, mean, ratio).
    cluster: str | None = None
    #: What a spread is between (agents, touchpoints).
    group: str | None = None
    #: KPIs that a composite is made of, by the name of the part.
    parts: dict[Name, list[Name]] | None = None
    #: Exposure of a rate (one of an ``exposures`` entry); a rate and a ratio are told per this many.
    exposure: Name | None = None
    per: int = 1
    #: Date or time a row counts at; with a follow-up window it counts in the month the window closes. Estimates and
    #: composites carry their month themselves.
    month: Text | None = None
    window_days: int = Field(default=0, ge=0)
    weight: str | None = None
    slices: Slices = []
    #: Lowest and highest possible value; null is no limit.
    scale: tuple[float | None, float | None] | None = None
    compared_with: Literal["previous_month", "last_with_data", "nothing"] = "previous_month"
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
        takes = KINDS[self.kind]
        for name in OF_A_KIND:
            given = getattr(self, name) is not None
            if given and name not in (*takes.needs, *takes.may):
                raise ValueError(f"{self.id}: a {self.kind} has no {name}")
            if not given and name in takes.needs:
                raise ValueError(f"{self.id}: a {self.kind} needs {name}")
        if self.month is None and self.kind not in ("estimate", "composite"):
            raise ValueError(f"{self.id}: a {self.kind} needs month")
        if self.kind == "survival" and (self.quantile is None) == (self.horizon is None):
            raise ValueError(f"{self.id}: a survival needs either a quantile or a horizon")
        if self.weight and self.cluster:
            raise ValueError(f"{self.id}: answers are either weighted or clustered; leave one of the two out")
        if self.kind == "mix" and not self.slices:
            raise ValueError(f"{self.id}: a mix needs slices, whose shares it tells")
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
    for folder in FOLDERS:
        for path in sorted((project / "models" / folder).glob("*.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                if folder == "figures" and model["name"] != COMPOSED:
                    continue
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
    _check_parts(facts)
    return facts


def _check_parts(facts: dict[str, FactMeta]) -> None:
    known = {kpi.id for meta in facts.values() for kpi in meta.kpis}
    for meta in facts.values():
        for kpi in meta.kpis:
            for part in {part for parts in (kpi.parts or {}).values() for part in parts} - known:
                raise ConfigurationError(
                    f"{kpi.id} is composed of {part}, which is no KPI", "name KPIs that are declared", where="kpis"
                )


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
    for folder in FOLDERS:
        for path in (project / "models" / folder).glob("*.yml"):
            document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            for model in document["models"]:
                if model["name"] not in facts:
                    continue
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
