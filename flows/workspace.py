"""A company's workspace: cx.toml, its tables, and where its things lie on disk."""

from __future__ import annotations

import csv
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from flows.errors import ConfigurationError
from flows.period import Period

#: Months before the window that a build still reads: a first order is told by the twelve months before it, and counts
#: up to ninety days after it. A constant reach, so that no figure depends on where the window begins.
LOOKBACK_MONTHS = 16


class Declared(BaseModel):
    """Base of everything a user writes: unknown keys are errors, values are not coerced across kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def refuse(error: ValidationError, where: str) -> ConfigurationError:
    """A ConfigurationError naming file and key for the first problems pydantic found."""
    lines = []
    for problem in error.errors()[:5]:
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}")
        elif problem["type"] == "missing":
            lines.append(f"the key {key!r} is missing")
        else:
            lines.append(f"{key or 'the whole'}: {problem['msg'].removeprefix('Value error, ')}")
    return ConfigurationError("; ".join(lines), "correct the file and run again", where=where)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/Warsaw")
    ZoneInfo(name)
    return name


def _month(text: str) -> str:
    try:
        return str(Period.parse(text))
    except ConfigurationError as error:
        raise ValueError(error.what) from None


_ADDRESS = re.compile(r"[^@\s,;<>\"]+@(?:[^@\s,;<>\"]+\.[^@\s,;<>\"]+|localhost)")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("this is not an address such as anna@example.com")
    return text


def _minute_of_day(given: object) -> int:
    """Minutes since midnight of ``"09:30"`` or a TOML time; ``"24:00"`` is the end of the day."""
    text = f"{given:%H:%M}" if isinstance(given, time) and not given.second else given
    found = re.fullmatch(r"(\d\d):([0-5]\d)", text) if isinstance(text, str) else None
    if not found or (minutes := int(found[1]) * 60 + int(found[2])) > 24 * 60:
        raise ValueError('this is not a time of day such as "09:00"')
    return minutes


def _day(given: object) -> date:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    if isinstance(given, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        with suppress(ValueError):
            return date.fromisoformat(given)
    raise ValueError("this is not a day such as 2026-12-25")


TimeZone = Annotated[str, AfterValidator(_zone)]
Month = Annotated[str, AfterValidator(_month)]
MinuteOfDay = Annotated[int, BeforeValidator(_minute_of_day)]
Day = Annotated[date, BeforeValidator(_day)]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Schedule(Declared):
    cron: str = "0 6 2 * *"


class Mail(Declared):
    transport: Literal["outbox", "smtp"] = "outbox"
    sender: str = "cx-report@localhost"
    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    #: Names of environment variables; the credentials themselves are never in a file.
    user_env: str | None = None
    password_env: str | None = None


class Thresholds(Declared):
    """What gates and verdicts hold figures against."""

    hidden_below: int = Field(default=5, ge=1)
    false_discovery_rate: float = Field(default=0.05, gt=0, lt=1)
    #: A delivery this many times smaller or larger than the usual is refused.
    volume_factor: float = Field(default=3.0, gt=1)


class BusinessHours(Declared):
    """When the company answers, by the clock on its wall: ``from`` and ``to`` on every one of ``days``."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(min_length=1)
    opens_minute: MinuteOfDay = Field(alias="from")
    closes_minute: MinuteOfDay = Field(alias="to")
    #: Days on which nobody answers, whatever day of the week they are.
    holidays: list[Day] = []

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> BusinessHours:
        if self.opens_minute >= self.closes_minute:
            raise ValueError("to must be later than from, on the same day (the end of the day is 24:00)")
        return self

    @property
    def weekdays(self) -> list[int]:
        """ISO numbers of the open days of the week, Monday 1 to Sunday 7."""
        return sorted({WEEKDAYS.index(name) + 1 for name in self.days})


#: Settings without a default on which KPIs rest, by their key in cx.toml.
OPTIONAL_SETTINGS = ("business_hours",)
BadExperience = Literal["low_satisfaction", "high_effort", "case_reopened", "call_abandoned"]


class Value(Declared):
    """What a customer is worth, and what drives them away, is reckoned by."""

    #: Yearly: money a year from now is worth this much less.
    discount_rate: float = Field(default=0.1, ge=0, lt=1)
    #: How far into the future purchases without a contract are reckoned.
    horizon_months: int = Field(default=12, ge=1, le=60)
    #: What counts as a bad experience (dbt_project/models/spines/bad_experiences.yml).
    bad_experiences: list[BadExperience] = Field(default=list(get_args(BadExperience)), min_length=1)


#: The dimensions of the seven-step method (DOMAIN 1.3).
METHOD_DIMENSIONS = ["product", "service", "relationship", "convenience", "brand_image", "price"]


def _scale(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[0] >= limits[1]:
        raise ValueError("a scale is its lowest and its highest answer, such as [0, 10]")
    return limits


AnswerScale = Annotated[tuple[float, float], AfterValidator(_scale)]


class Gap(Declared):
    """The seven-step gap analysis: what is rated, on which scales, and by which slices of the feedback it is told."""

    dimensions: list[Annotated[str, Field(min_length=1)]] = Field(default=METHOD_DIMENSIONS, min_length=1)
    #: Of experience, expectation and ideals; ratings on another scale are left out, never rescaled.
    scale: AnswerScale = (0, 10)
    importance_scale: AnswerScale = (0, 10)
    slices: list[str] = ["region", "segment"]

    @model_validator(mode="after")
    def _each_once(self) -> Gap:
        for name in ("dimensions", "slices"):
            listed = getattr(self, name)
            if len(set(listed)) < len(listed):
                raise ValueError(f"{name} names one twice")
        return self


class Settings(Declared):
    name: str = Field(min_length=1)
    timezone: TimeZone
    languages: list[Literal["en"]] = ["en"]
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    #: For snapshots and tests; otherwise the clock decides.
    last_period: Month | None = None
    window_months: int = Field(default=25, ge=2, le=120)
    schedule: Schedule = Schedule()
    mail: Mail = Mail()
    thresholds: Thresholds = Thresholds()
    gap: Gap = Gap()
    value: Value = Value()
    #: Without them what is told in business hours is absent.
    business_hours: BusinessHours | None = None

    @property
    def given(self) -> set[str]:
        """The optional settings that are there: what a KPI may need of them."""
        return {name for name in OPTIONAL_SETTINGS if getattr(self, name) is not None}


class Recipient(Declared):
    email: Annotated[str, AfterValidator(_address)]
    name: str = ""


class Target(Declared):
    kpi: str
    target: float
    slice: str = "overall"
    slice_value: str | None = None
    valid_from: Month | None = None


class Experiment(Declared):
    """One arm of an experiment whose arms are not filled alike, or whose control is not the first by name."""

    experiment: str = Field(min_length=1)
    arm: str = Field(min_length=1)
    #: Of any total; a blank one is equal to the others'.
    planned_share: float | None = Field(default=None, gt=0)
    is_control: bool = False


class Outcome(Declared):
    """One result of a group in a month, and how many units the group had of what is to bring it."""

    outcome: str
    period: Month
    #: Blank where the company has no groups.
    group: str = ""
    units: int = Field(default=1, ge=1)
    #: In any unit of its own; four decimals count.
    value: float = Field(allow_inf_nan=False, gt=-1e13, lt=1e13)


class Benchmark(Declared):
    """A figure quoted elsewhere for a KPI, in the KPI's unit: a reference line that no verdict rests on."""

    kpi: str
    value: float = Field(allow_inf_nan=False)
    source: str = Field(min_length=3)
    note: str | None = None
    #: Whether somebody of the company has checked it at its origin.
    verified: bool = False


class Correction(Declared):
    """One known bad row: with a column its value is replaced, without one the row is dropped."""

    source: str
    file: str
    line: int = Field(ge=1)
    column: str | None = None
    value: str | None = None
    reason: str = Field(min_length=3)


class BrandValue(Declared):
    """Why customers come, and for whom (step 1). The newest is what the running cycle starts from."""

    dimension: str
    why_customers_come: str = ""
    for_whom: str = ""
    valid_from: Month | None = None


class Ideal(Declared):
    """The experience that management has chosen to reach (step 4a); one without a number takes the choice back."""

    dimension: str
    ideal: float | None = None
    valid_from: Month | None = None
    reason: str = ""


Score = Annotated[float | None, Field(ge=1, le=5)]


class Initiative(Declared):
    """What is done to close a gap (steps 5 to 7). Scores are 1 (not at all) to 5 (fully)."""

    initiative: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str
    dimension: str
    requirement: str = ""
    owner: str = ""
    start: Month | None = None
    due: Month | None = None
    cost: float | None = Field(default=None, ge=0)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    strategy_fit: Score = None
    people_ready: Score = None
    process_ready: Score = None
    technology_ready: Score = None
    #: What the outcome after (or of k units) is to be, as a multiple of before (or of one unit).
    promised_multiple: float | None = Field(default=None, gt=0)
    #: One of outcomes.csv, or a KPI.
    outcome: str | None = None

    @model_validator(mode="after")
    def _due_after_start(self) -> Initiative:
        if self.start and self.due and self.due < self.start:
            raise ValueError(f"due: {self.initiative} is due before it starts")
        return self


@dataclass(frozen=True)
class Workspace:
    """A loaded workspace. ``Workspace.load(directory)`` validates cx.toml; the rest is read when asked for."""

    root: Path
    settings: Settings

    @classmethod
    def load(cls, root: Path | str) -> Workspace:
        """Read ``root/cx.toml``; raises ConfigurationError naming file and key."""
        root = Path(root).resolve()
        path = root / "cx.toml"
        if not path.is_file():
            raise ConfigurationError(
                f"{root} is not a workspace: it has no cx.toml",
                "create one with `cx init DIR`, or name another with --workspace",
            )
        try:
            declared = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(str(error), "correct the TOML", where="cx.toml") from None
        try:
            return cls(root, Settings.model_validate(declared))
        except ValidationError as error:
            raise refuse(error, "cx.toml") from None

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def lake(self) -> Path:
        return self.var / "lake"

    @property
    def builds(self) -> Path:
        return self.var / "builds"

    @property
    def published(self) -> Path:
        return self.var / "published"

    @property
    def outbox(self) -> Path:
        return self.var / "outbox"

    @property
    def ledger_path(self) -> Path:
        return self.var / "ledger.db"

    def last_period(self) -> Period:
        """The month a run is about when none is named."""
        if self.settings.last_period:
            return Period.parse(self.settings.last_period)
        return Period.last_complete(self.settings.timezone)

    def first_read(self, period: Period) -> Period:
        """The first month that a build of ``period`` reads events of."""
        return period.shift(1 - self.settings.window_months - LOOKBACK_MONTHS)

    @cached_property
    def recipients(self) -> list[Recipient]:
        """recipients.csv; one person once, whatever the case of the address."""
        seen: dict[str, Recipient] = {}
        for recipient in self._table("recipients.csv", Recipient):
            seen.setdefault(recipient.email.casefold(), recipient)
        return list(seen.values())

    @cached_property
    def targets(self) -> list[Target]:
        return self._table("targets.csv", Target)

    @cached_property
    def experiments(self) -> list[Experiment]:
        """experiments.csv; raises ConfigurationError where an experiment is given half."""
        arms = self._table("experiments.csv", Experiment)
        for name in sorted({arm.experiment for arm in arms}):
            mine = [arm for arm in arms if arm.experiment == name]
            for wrong, what, remedy in (
                (len({arm.arm for arm in mine}) < len(mine), "names an arm twice", "keep one row an arm"),
                (
                    len({arm.planned_share is None for arm in mine}) > 1,
                    "has a planned share for some arms only",
                    "give each arm one, or none",
                ),
                (sum(arm.is_control for arm in mine) > 1, "has two controls", "mark one arm as the control"),
            ):
                if wrong:
                    raise ConfigurationError(f"the experiment {name} {what}", remedy, where="experiments.csv")
        return arms

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """outcomes.csv; raises ConfigurationError when a group has two results of one outcome in a month."""
        found = self._table("outcomes.csv", Outcome)
        seen = set()
        for each in found:
            if (each.outcome, each.period, each.group) in seen:
                raise ConfigurationError(
                    f"the group {each.group!r} has two results of {each.outcome} in {each.period}",
                    "leave one of the two rows out",
                    where="outcomes.csv",
                )
            seen.add((each.outcome, each.period, each.group))
        return found

    @cached_property
    def benchmarks(self) -> list[Benchmark]:
        return self._table("benchmarks.csv", Benchmark)

    @cached_property
    def corrections(self) -> list[Correction]:
        return self._table("corrections.csv", Correction)

    @cached_property
    def brand_values(self) -> list[BrandValue]:
        return self._table("brand_values.csv", BrandValue)

    @cached_property
    def ideals(self) -> list[Ideal]:
        return self._table("ideals.csv", Ideal)

    @cached_property
    def initiatives(self) -> list[Initiative]:
        return self._table("initiatives.csv", Initiative)

    def rows(self, name: str, model: type[Any]) -> list[Any]:
        """The rows of the table ``name`` as ``model``; raises ConfigurationError naming file, row and column."""
        return self._table(name, model)

    def declarations(self, folder: str) -> list[Path]:
        """The ``*.yml`` of ``sources`` or ``kpis`` in order of name; raises ConfigurationError for a ``*.yaml``."""
        for path in sorted((self.root / folder).glob("*.yaml")):
            raise ConfigurationError(
                "declarations end in .yml; this one would be passed over",
                f"rename it to {path.stem}.yml",
                where=f"{folder}/{path.name}",
            )
        return sorted((self.root / folder).glob("*.yml"))

    def _table(self, name: str, model: type[Any]) -> list[Any]:
        return rows_of(self.root / name, model)


def rows_of(path: Path, model: type[Any]) -> list[Any]:
    """The rows of a CSV as ``model``; an absent file is an empty table, a blank cell is no value.

    Raises ConfigurationError naming file, row and column.
    """
    name = path.name
    if not path.is_file():
        return []
    rows = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for row in reader:
                where = f"{name}, row {reader.line_num}"
                if row.pop(None, None):
                    raise ConfigurationError(
                        "the row has more cells than the heading",
                        "put a cell that holds a comma in double quotes",
                        where=where,
                    )
                filled = {key: value.strip() for key, value in row.items() if key and value and value.strip()}
                if not filled or re.match(r"\s*#", next(iter(row.values())) or ""):
                    continue
                try:
                    rows.append(model.model_validate(filled))
                except ValidationError as error:
                    raise refuse(error, where) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            "the file is not in UTF-8", 'save it as "CSV UTF-8" and run again', where=name
        ) from None
    return rows
