"""The four real workspaces through the whole product, from landed file to PDF, by the command line.

The expected figures are the published ones in the README of ../shared/data, or counted in the raw files by
raw_extracts.py; test_declared_figures.py checks the declarations alone and much faster.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.settings import PROJECT_ROOT
from flows.workspace import Workspace
from tests.real.raw_extracts import (
    DATA,
    HERE,
    TELCO_CHURN,
    TOUCHPOINTS_2017,
    WORKSPACES,
    days_to_delivery,
    needs_data,
    promises,
    ratings_of_the_airport,
    reopened,
    review_stars,
    rows,
    within_the_service_level,
)

pytestmark = [needs_data, pytest.mark.real]

#: The published row of each KPI, slice and slice value.
Figures = dict[tuple[str, str, str | None], dict[str, Any]]
Published = Callable[[str], tuple[Path, str, Figures]]


def cx(workspace: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What a ``cx`` command prints; fails with its last words when it does not succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments, "--workspace", str(workspace)],
        cwd=PROJECT_ROOT,
        env=os.environ | {"CX_REAL_DATA": str(DATA)} | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"cx {' '.join(arguments)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> Published:
    """Runs a real workspace in a copy of its own, once; gives the copy, the period and what ``cx kpis`` says of it."""
    done: dict[str, tuple[Path, str, Figures]] = {}

    def run(name: str) -> tuple[Path, str, Figures]:
        if name not in done:
            copy = tmp_path_factory.mktemp("real") / name
            shutil.copytree(HERE / name, copy, ignore=shutil.ignore_patterns("var"))
            period = str(Workspace.load(copy).last_period())
            cx(copy, "run", "--no-send", environment=prefect_server)
            listed = json.loads(cx(copy, "kpis", "--period", period, "--format", "json"))
            figures = {(row["kpi"], row["slice"], row["slice_value"]): row for row in listed}
            assert len(figures) == len(listed)
            done[name] = copy, period, figures
        return done[name]

    return run


def overall(figures: Figures, kpi: str) -> tuple[float, int]:
    row = figures[kpi, "overall", None]
    return row["value"], row["n"]


def handled(workspace: Path) -> dict[tuple[str, str], int]:
    """Rows that the newest build dropped, mended or found twice, by source and kind, as its trust page counts them."""
    import duckdb

    newest = max((workspace / "var" / "builds").glob("*/warehouse.duckdb"), key=lambda path: path.stat().st_mtime)
    with duckdb.connect(str(newest), read_only=True) as connection:
        counted = connection.execute("select source, kind, sum(rows)::bigint from handled group by all").fetchall()
    return {(source, kind): count for source, kind, count in counted}


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_real_workspace_goes_from_landed_file_to_pdf(published: Published, name: str) -> None:
    workspace, period, figures = published(name)
    [revision] = (workspace / "var" / "published" / period).glob("r*")
    assert (revision / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert not list((workspace / "var" / "outbox").rglob("*.eml"))
    assert {row["period"] for row in figures.values()} == {period}


def test_the_airport_figures_come_out_of_the_product(published: Published) -> None:
    # README: NPS 39.84 on n = 2,746; mean of Q7ALL 4.0644 on n = 2,688 (atefalvi/sfo-dashboard, model_outputs).
    _, _, figures = published("airport")
    value, n = overall(figures, "nps")
    assert (round(value, 2), n) == (39.84, 2746)
    for kpi in ("csat_mean", "airport_overall_mean"):
        value, n = overall(figures, kpi)
        assert (round(value, 4), n) == (4.0644, 2688)


def test_the_airports_touchpoints_are_dimensions_with_drivers_of_recommendation(published: Published) -> None:
    """Fit and slopes of the drivers, recomputed by weighted least squares on the raw file's complete cases."""
    import numpy as np
    import statsmodels.api as sm

    workspace, period, _ = published("airport")
    told = json.loads(cx(workspace, "gap", "--period", period, "--format", "json"))
    # nobody was asked what they had expected, so nothing can be ranked and no key experience is claimed
    assert (told["key_experience"], len(told["unrankable"]), len(told["rows"])) == (None, 14, 14)
    assert all(row["not_given"] == ["expectation", "importance"] for row in told["rows"])
    drivers = {row["dimension"]: row for row in told["drivers"]}
    assert {name for name, row in drivers.items() if row["warnings"] == ["seldom answered"]} == {
        "Parking", "Long-term parking shuttle", "Rental car centre",
    }  # fmt: skip
    kept = {name: row for name, row in drivers.items() if row["derived_pct"] is not None}
    columns = dict(zip(drivers, TOUCHPOINTS_2017, strict=True))
    cases = [
        [float(row["NETPRO"]), float(row["WEIGHT"]), *(float(row[columns[name]]) for name in kept)]
        for row in rows("airport/2017_SFO_Customer_Survey.csv")
        if row["NETPRO"] in {str(score) for score in range(11)} and all(row[columns[name]] in "12345" for name in kept)
    ]
    table = np.array(cases)
    assert {row["n"] for row in kept.values()} == {len(table)} == {725}
    fitted = sm.WLS(table[:, 0], sm.add_constant(table[:, 2:]), weights=table[:, 1]).fit()
    # the contract keeps six decimals of a weight
    for place, (name, row) in enumerate(kept.items(), 1):
        assert row["slope"] == pytest.approx(fitted.params[place], abs=1e-6), name
        assert row["r_squared"] == pytest.approx(fitted.rsquared, abs=1e-6)
    assert sum(row["derived_pct"] for row in kept.values()) == pytest.approx(100)


def test_a_yearly_survey_is_compared_with_the_one_before_it(published: Published) -> None:
    _, _, figures = published("airport")
    before = statistics.mean(ratings_of_the_airport(2016, "Q7ALL"))
    assert figures["airport_overall_mean", "overall", None]["previous"] == pytest.approx(before)


def test_the_telco_figures_come_out_of_the_product(published: Published) -> None:
    # README: 26.5 % (1,869 of 7,043) and its splits, 30.5 % of revenue (KashakJoshi/Telecom-customer-churn-analysis).
    _, _, figures = published("telco")
    for slice_name, slice_value, expected, customers in TELCO_CHURN:
        row = figures["churn_all", slice_name or "overall", slice_value or None]
        assert (round(row["value"], 1), row["n"]) == (expected, customers)
    assert overall(figures, "churn_without_joined") == (pytest.approx(100 * 1869 / 6589), 6589)
    value, n = overall(figures, "revenue_at_risk")
    assert (round(value, 1), n) == (30.5, 7043)


def test_a_snapshots_first_figure_is_new_and_compared_with_nothing(published: Published) -> None:
    _, _, figures = published("telco")
    for kpi in ("churn_all", "churn_without_joined", "revenue_at_risk", "churn_logo"):
        row = figures[kpi, "overall", None]
        assert (row["previous"], row["verdict"]) == (None, "new")


def test_the_service_desks_figures_come_out_of_the_product(published: Published) -> None:
    workspace, period, figures = published("incidents")
    solved, kept = within_the_service_level(period)
    assert overall(figures, "sla_met") == (pytest.approx(100 * kept / solved), solved)
    judged, again = reopened(period)
    assert overall(figures, "reopen") == (pytest.approx(100 * again / judged), judged)
    assert handled(workspace) == {("incident_events", "drop"): 2}


def test_the_marketplaces_figures_come_out_of_the_product(published: Published) -> None:
    workspace, period, figures = published("olist")
    stars = review_stars(period)
    assert overall(figures, "csat_mean") == (pytest.approx(statistics.mean(stars)), len(stars))
    days = days_to_delivery(period)
    # An order statistic may stand for the mean of the two in the middle.
    assert overall(figures, "delivery_days_median") == (pytest.approx(statistics.median(days), abs=0.05), len(days))
    due, kept = promises(period)
    assert overall(figures, "on_time") == (pytest.approx(100 * kept / due), due)
    # README: 77 + 3 dates run backwards, 8 are missing, 28 review_ids repeat (34 rows too many); 619 canceled orders.
    assert handled(workspace) == {("orders", "mend"): 77 + 3 + 8 + 619, ("reviews", "duplicate"): 34}
