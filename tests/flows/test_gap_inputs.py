"""The tables of the gap analysis: read as they are meant, or refused with file, row and column."""

import shutil
from pathlib import Path

import pytest

from flows.errors import ConfigurationError
from flows.gap_inputs import gap_variables
from flows.kpis import declared_facts
from flows.settings import PROJECT_ROOT
from flows.starter import start
from flows.workspace import METHOD_DIMENSIONS, Workspace

WELL = 'name = "Acme"\ntimezone = "Europe/Warsaw"\n'
INITIATIVE = "initiative,title,dimension,start,due,strategy_fit,promised_multiple,outcome\n"


def variables(root: Path, toml: str = "", **tables: str):
    (root / "cx.toml").write_text(WELL + toml, encoding="utf-8")
    for name, text in tables.items():
        (root / f"{name}.csv").write_text(text, encoding="utf-8")
    workspace = Workspace.load(root)
    return gap_variables(workspace, declared_facts(workspace))


def test_nothing_declared_is_the_method_with_empty_tables(tmp_path):
    found = variables(tmp_path)
    assert [row["dimension"] for row in found["gap_dimensions"]] == METHOD_DIMENSIONS
    for row in found["gap_dimensions"]:
        assert (row["scale_low"], row["scale_high"], row["importance_low"], row["importance_high"]) == (0, 10, 0, 10)
    assert [found[f"gap_{name}"] for name in ("brand_values", "ideals", "initiatives", "outcomes")] == [[]] * 4


def test_the_tables_of_the_demo_and_of_a_new_workspace_are_read(tmp_path):
    shutil.copytree(PROJECT_ROOT / "flows" / "demo" / "workspace", tmp_path / "demo")
    start(tmp_path / "new")
    demo, new = (Workspace.load(tmp_path / name) for name in ("demo", "new"))
    found = gap_variables(demo, declared_facts(demo))
    assert [row["initiative"] for row in found["gap_initiatives"]] == ["pickup_points", "club_magazine"]
    assert found["gap_initiatives"][0]["promised_multiple"] is None
    assert len(found["gap_brand_values"]) == 3
    assert len(found["gap_outcomes"]) == 64
    assert gap_variables(new, declared_facts(new)) == variables(tmp_path)


def test_an_outcome_may_be_a_kpi_and_its_direction_comes_with_it(tmp_path):
    rows = f"{INITIATIVE}a,A,price,2026-01,,4,,nps\nb,B,price,2026-01,,4,,frt_median\n"
    found = variables(tmp_path, initiatives=rows)
    assert [row["direction"] for row in found["gap_initiatives"]] == [1, -1]


@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        ("brand_values", "dimension,valid_from\nspeed,2026-01\n", r"brand_values.csv, row 2: dimension: 'speed' is"),
        ("brand_values", "dimension,valid_from\nprice,May\n", r"row 2: valid_from: 'May' is not a month"),
        ("brand_values", "dimension,valid_from\nprice,2026-01\nservice,2026-01\n", r"row 3: .*this valid_from already"),
        ("ideals", "dimension,ideal\n\nprice,11\n", r"ideals.csv, row 3: ideal: it is off the scale .*0 to 10"),
        ("ideals", "dimension,ideal\nprice,high\n", r"row 2: ideal: "),
        ("ideals", "dimension,ideal\nprice,8\nprice,9\n", r"row 3: .*dimension and valid_from already"),
        ("initiatives", f"{INITIATIVE}a,A,price,2026-01,,6,,\n", r"initiatives.csv, row 2: strategy_fit: "),
        ("initiatives", f"{INITIATIVE}a,A,price,2026-01,,,-2,\n", r"row 2: promised_multiple: "),
        ("initiatives", f"{INITIATIVE}a,A,price,2026-01,2025-12,,,\n", r"row 2: .*due: a is due before it starts"),
        ("initiatives", f"{INITIATIVE}a,A,price,,,,,sales\n", r"row 2: outcome: 'sales' is neither in outcomes.csv"),
        ("initiatives", f"{INITIATIVE}a,A,price,,,,,\na,B,price,,,,,\n", r"row 3: .*this initiative already"),
        ("initiatives", "initiative,title\na,A\n", r"row 2: the key 'dimension' is missing"),
        ("outcomes", "outcome,period,value\nsales,2026-01,1\nsales,2026-01,2\n", r"outcomes.csv, row 3: .*already"),
        ("outcomes", "outcome,period,units,value\nsales,2026-01,0,1\n", r"row 2: units: "),
    ],
)  # fmt: skip
def test_a_mistake_names_file_row_and_column(tmp_path, table, text, told):
    with pytest.raises(ConfigurationError, match=told):
        variables(tmp_path, **{table: text})


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[gap]\nslices = ['colour']\n", r"cx.toml: gap.slices: the feedback has no slice 'colour'"),
        ("[gap]\nscale = [10, 0]\n", r"cx.toml: gap.scale: a scale is its lowest and its highest answer"),
        ("[gap]\ndimensions = []\n", r"cx.toml: gap.dimensions: "),
        ("[gap]\ndimensions = ['price', 'price']\n", r"dimensions names one twice"),
    ],
)
def test_a_mistake_in_the_settings_names_its_key(tmp_path, toml, told):
    with pytest.raises(ConfigurationError, match=told):
        variables(tmp_path, toml)
