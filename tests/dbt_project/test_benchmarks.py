"""Figures quoted elsewhere: they reach the report input, and nothing that judges reads them."""

from __future__ import annotations

import csv
import json

import pytest

from expectations.figures import SCALES
from flows.figures import rows
from flows.kpis import project_facts
from flows.publishing import report_input
from flows.settings import DBT_PROJECT
from flows.stages import Run

QUOTED = list(csv.DictReader((DBT_PROJECT / "seeds" / "quoted_figures.csv").read_text(encoding="utf-8").splitlines()))


def test_every_figure_that_the_project_quotes_is_of_a_kpi_and_on_its_units_scale() -> None:
    kpis = {kpi.id: kpi for meta in project_facts().values() for kpi in meta.kpis}
    strangers = sorted({row["kpi"] for row in QUOTED} - kpis.keys())
    assert not strangers, f"quote these for a KPI that is declared, or leave them out: {strangers}"
    for row in QUOTED:
        low, high = SCALES[kpis[row["kpi"]].unit]
        assert low is None or float(row["value"]) >= low, row
        assert high is None or float(row["value"]) <= high, row


def test_the_report_input_holds_the_projects_figures_unverified_and_the_companys_as_it_says(built: Run) -> None:
    contents = report_input(
        built.workspace,
        built.period,
        built.build.database,
        revision=1,
        reason=None,
        gates=[],
        restatements=[],
        inputs="0" * 64,
    )
    found = contents["benchmarks"]
    assert {"kpi": "nps", "value": 40.0, "source": "An association", "note": None, "is_verified": False} in found
    assert [row["note"] for row in found if row["is_verified"]] == ["its members, 2025"]
    declared = {row["kpi"] for row in rows(built.build.database, "select kpi from kpis")}
    of_the_project = [(row["kpi"], float(row["value"])) for row in QUOTED if row["kpi"] in declared]
    assert ("resp_camp", 2.5) in of_the_project
    assert all((row["kpi"], row["value"]) in of_the_project for row in found if row["kpi"] not in {"nps", "csat_t2b"})
    assert len(found) == len(of_the_project) + 2


def test_no_model_reads_them_so_that_no_verdict_can_rest_on_them(built: Run) -> None:
    manifest = json.loads((built.build.project / "target" / "manifest.json").read_text(encoding="utf-8"))
    reading = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and {"model.cx.benchmarks", "seed.cx.quoted_figures"} & set(node["depends_on"]["nodes"])
    }
    assert reading == {"model.cx.benchmarks"}


@pytest.mark.parametrize("part", ["kpi", "value", "source"])
def test_every_quoted_figure_says_what_how_much_and_where(part: str) -> None:
    assert all(row[part] for row in QUOTED)
