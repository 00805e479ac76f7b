"""Every figure of a company is counted again by the SQL that is told, and by its rows in plain Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flows.explain_text import as_text
from flows.kpis import KINDS as declared_kinds
from flows.recount import KINDS
from tests.flows.explained import COMMENT, EXTRA, KPIS, ODD, SHOWN, Ask, shown_of


@pytest.mark.parametrize("kpi", KPIS)
def test_every_figure_counted_again_is_the_figure(ask: Ask, figures: list[dict[str, Any]], kpi: str) -> None:
    shown = shown_of(figures, kpi)
    assert shown or kpi not in SHOWN
    for figure in shown:
        told = ask(figure)
        if told["kpi"]["kind"] == "estimate":
            assert told["sql"] is told["recomputed"] is told["rows"] is None
            assert "is not counted again" in " ".join(told["notes"])
            continue
        assert told["recomputed"]["n"] == figure["n"], figure
        assert told["recomputed"]["value"] == pytest.approx(figure["value"], rel=1e-9, abs=1e-9), figure
        assert "error of cx" not in " ".join(told["notes"])


def test_the_figures_that_are_asked_cover_kinds_slices_and_weights(figures: list[dict[str, Any]]) -> None:
    assert {KPIS[figure["kpi"]] for figure in figures} >= set(KINDS)
    assert set(KINDS) == set(declared_kinds) - {"estimate"}
    assert {("region", ODD), ("channel", "email"), ("given", EXTRA), ("given", "not given")} <= {
        (figure["slice"], figure["slice_value"]) for figure in figures
    }
    assert len({figure["kpi"] for figure in figures if figure["kpi"].startswith("weighted_")}) == 3
    assert not any(figure["verdict"] == "hidden" for figure in figures)


@pytest.mark.parametrize("kpi", KPIS)
def test_the_rows_listed_give_the_figure(ask: Ask, figures: list[dict[str, Any]], kpi: str) -> None:
    """Added up in plain Python, they are the rows behind it and no others."""
    for figure in shown_of(figures, kpi):
        told = ask(figure)
        kind = told["kpi"]["kind"]
        if kind in GIVEN:
            value = GIVEN[kind](told, figure)
        else:
            assert len(told["rows"]["listed"]) == told["rows"]["total"] == figure["n"]
            value = ADDED_UP[kind](told["rows"]["listed"], told["kpi"])
        assert value is None or figure["value"] == pytest.approx(value, rel=1e-4, abs=1e-9), figure


def _of_a_rate(told: dict[str, Any], figure: dict[str, Any]) -> float:
    return told["kpi"]["per"] * told["rows"]["total"] / figure["n"]


def _of_a_mix(told: dict[str, Any], figure: dict[str, Any]) -> float:
    return 100 * told["rows"]["total"] / figure["n"]


def _of_an_estimate(told: dict[str, Any], figure: dict[str, Any]) -> float:
    [row] = [
        row
        for row in told["estimates"]
        if (row["slice"], row["slice_value"]) == (figure["slice"], figure["slice_value"])
    ]
    assert row["n"] == figure["n"]
    assert (told["build"], told["model"]["name"]) != (None, None)
    return row["estimate"]


def _of_a_composite(told: dict[str, Any], figure: dict[str, Any]) -> float:
    present = [part for part in told["parts"] if part["standing"] is not None]
    assert min(part["n"] for part in present) == figure["n"]
    dimensions = {part["dimension"] for part in present}
    return np.mean(
        [np.mean([part["standing"] for part in present if part["dimension"] == one]) for one in sorted(dimensions)]
    )


def _weighted(listed: list[dict[str, Any]], numbers: list[float]) -> float:
    return np.average(numbers, weights=[1.0 if row["weight"] is None else row["weight"] for row in listed])


def _quantile(listed: list[dict[str, Any]], kpi: dict[str, Any]) -> float:
    ascending = sorted(float("inf") if row["measure"] is None else row["measure"] for row in listed)
    rank = (len(ascending) - 1) * kpi["quantile"]
    value = ascending[int(rank)]
    return value + rank % 1 * (ascending[int(rank) + 1] - value) if rank % 1 else value


def _survival(listed: list[dict[str, Any]], kpi: dict[str, Any]) -> float:
    remaining, followed = 1.0, len(listed)
    times = [(round(row["measure"], 3), row["hit"]) for row in listed]
    for time in sorted({time for time, _ in times}):
        if kpi["horizon"] and time > kpi["horizon"]:
            break
        remaining *= 1 - times.count((time, True)) / followed
        if kpi["quantile"] and remaining <= 1 - kpi["quantile"] + 1e-9:
            return time
        followed -= sum(one == time for one, _ in times)
    return 100 * remaining


#: By kind what the rows listed add up to.
ADDED_UP: dict[str, Callable[[list[dict[str, Any]], dict[str, Any]], float | None]] = {
    "proportion": lambda listed, _: 100 * _weighted(listed, [row["hit"] for row in listed]),
    "nps": lambda listed, _: 100 * _weighted(listed, [(row["measure"] >= 9) - (row["measure"] <= 6) for row in listed]),
    "mean": lambda listed, _: _weighted(listed, [row["measure"] for row in listed]),
    "log_mean": lambda listed, _: np.exp(np.mean(np.log([row["measure"] for row in listed]))),
    "count": lambda listed, _: len(listed),
    # a row that brings nothing to one of the sums adds nothing
    "ratio": lambda listed, kpi: (
        kpi["per"] * sum(row["measure"] or 0 for row in listed) / sum(row["denominator"] or 0 for row in listed)
    ),
    "quantile": _quantile,
    "survival": _survival,
    # who differs is not told; see test_recount.py
    "spread": lambda *_: None,
}
#: By kind what the answer gives otherwise, since n is not the number of rows.
GIVEN: dict[str, Callable[[dict[str, Any], dict[str, Any]], float]] = {
    "rate": _of_a_rate,
    "mix": _of_a_mix,
    "estimate": _of_an_estimate,
    "composite": _of_a_composite,
}


@pytest.mark.parametrize("kpi", KPIS)
def test_no_comment_no_extra_no_agent_and_no_number_of_the_sources_own_is_told(
    ask: Ask, figures: list[dict[str, Any]], kpi: str
) -> None:
    for figure in shown_of(figures, kpi):
        if figure["slice_value"] is not None:
            continue
        told = ask(figure)
        text = as_text(told | {"sql": None}, "Europe/Warsaw")
        assert COMMENT not in (said := json.dumps([told["rows"], told["estimates"], told["parts"]]) + text)
        assert EXTRA not in said
        for row in told["rows"]["listed"] if told["rows"] else []:
            keys = {name: key for name, key in row["keys"].items() if name.endswith(("_key", "_id"))}
            assert "agent_key" not in keys
            for name, key in [("customer_key", row["customer_key"]), *keys.items()]:
                assert key is None or re.fullmatch("[0-9a-f]{32}", key), name
