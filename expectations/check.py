"""What a check is: a rule of Great Expectations, the words for it, and the SQL that finds what broke it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

#: Stands in a check's SQL for the table under test; Great Expectations and the search for evidence each put theirs in.
ROWS = "«rows»"

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Part:
    """One column's share of a check that tests several columns in one scan.

    ``failed`` is SQL for one number, the rows that break the rule (0: this column keeps it).
    """

    column: str
    description: str
    failed: str
    failing: str | None = None


@dataclass(frozen=True)
class Check:
    """One expectation of one table.

    ``expectation`` and ``arguments`` name a Great Expectations class and what it is given. ``failing`` is a select of
    the rows that break the rule, as ``file, line`` or as ``period, kpi, slice``: where they are, never what they hold.
    ``observed`` is SQL for one number worth telling when the rule is broken.
    """

    rule: str
    description: str
    expectation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    column: str | None = None
    severity: Severity = "critical"
    failing: str | None = None
    observed: str | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Suite:
    """The checks of one table or view; ``table`` is its name for people."""

    table: str
    view: str
    checks: tuple[Check, ...]


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def has_rows(description: str = "there is at least one row") -> Check:
    """The rule without which every other one passes on nothing."""
    return Check(
        "has rows",
        description,
        "ExpectTableRowCountToBeBetween",
        {"min_value": 1},
        observed=f"select count(*) from {ROWS}",
    )


def no_rows_where(rule: str, description: str, failing: str, **more: Any) -> Check:
    """The rule that the select ``failing`` finds no row; it returns where the rows are."""
    return replace(refused_by(rule, description, failing, **more), failing=failing)


def refused_by(rule: str, description: str, query: str, **more: Any) -> Check:
    """The rule that ``query``, a verdict on the table as a whole, returns nothing."""
    return Check(rule, description, "UnexpectedRowsExpectation", {"unexpected_rows_query": query}, **more)


def not_null(rule: str, description: str, column: str, located: str) -> Check:
    """The rule that ``column`` is never null; ``located`` is the select list that says where a row is."""
    return Check(
        rule,
        description,
        "ExpectColumnValuesToNotBeNull",
        {"column": column},
        column=column,
        failing=f"select {located} from {ROWS} where {quoted(column)} is null",
    )


def unique(rule: str, description: str, columns: list[str], located: str) -> Check:
    """The rule that ``columns`` together are unique; rows in which all of them are null are another rule's.

    Great Expectations' own rule for several columns passes over rows with a null in one of them; two figures of the
    whole company, whose slice value is null, are two all the same.
    """
    names = ", ".join(quoted(name) for name in columns)
    some = " or ".join(f"{quoted(name)} is not null" for name in columns)
    failing = f"select {located} from {ROWS} where {some} qualify count(*) over (partition by {names}) > 1"
    if len(columns) > 1:
        return no_rows_where(rule, description, failing)
    [column] = columns
    return Check(rule, description, "ExpectColumnValuesToBeUnique", {"column": column}, column=column, failing=failing)
