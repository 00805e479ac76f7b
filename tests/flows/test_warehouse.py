"""What dbt left behind is believed over whoever ran it, and told without a value of any row."""

import json

import pytest
import yaml

from flows.deliveries import Staged
from flows.errors import BuildError, ConfigurationError
from flows.kpis import project_facts
from flows.period import Period
from flows.staging import View
from flows.warehouse import Build, prepare, read_results
from flows.workspace import Benchmark, Settings, Target, Workspace

CANARY = "canary"


@pytest.fixture
def build(tmp_path):
    return Build(tmp_path / "build")


def node(name, kind="model", **more):
    return f"{kind}.cx_monthly.{name}", {"resource_type": kind, "config": {"enabled": True}} | more


def left_behind(build, results, *nodes, unit_tests=()):
    target = build.project / "target"
    target.mkdir(parents=True)
    (target / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    manifest = {"nodes": dict(nodes), "unit_tests": dict(unit_tests)}
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def result(unique_id, status, message=None, failures=None):
    return {"unique_id": unique_id, "status": status, "message": message, "failures": failures}


def refusal(build):
    with pytest.raises(BuildError) as caught:
        read_results(build)
    assert caught.value.remedy
    assert CANARY not in caught.value.sentence
    return caught.value.what


def test_a_good_build_is_counted_by_status(build):
    left_behind(
        build,
        [result("model.cx_monthly.a", "success"), result("test.cx_monthly.t.1", "pass")],
        node("a"),
        node("t.1", "test"),
    )
    assert read_results(build) == {"success": 1, "pass": 1}


def test_dbt_that_left_nothing_behind_has_not_built(build):
    assert "before it built anything" in refusal(build)


def test_a_failed_model_is_named_with_the_kind_of_error_and_not_with_its_text(build):
    message = f"Runtime Error in model fct_calls\n  Conversion Error: Could not convert string '{CANARY}' to INT32\n"
    left_behind(build, [result("model.cx_monthly.fct_calls", "error", message)], node("fct_calls"))
    told = refusal(build)
    assert "the model fct_calls ended with Conversion Error" in told


def test_a_failed_model_whose_first_line_quotes_a_cell_is_told_without_it(build):
    message = f"{CANARY} Error: something about {CANARY}"
    left_behind(build, [result("model.cx_monthly.fct_calls", "error", message)], node("fct_calls"))
    assert "the model fct_calls ended with" in refusal(build)


def test_a_failed_test_is_named_with_its_number_of_rows(build):
    failed = result("test.cx_monthly.unique_fct_calls_call_key.a1b2", "fail", f"Got 3 results: {CANARY}", 3)
    left_behind(build, [failed], node("unique_fct_calls_call_key.a1b2", "test"))
    told = refusal(build)
    assert "unique_fct_calls_call_key" in told
    assert "3 rows" in told


def test_what_failed_is_told_before_what_was_skipped_for_it(build):
    left_behind(
        build,
        [result("model.cx_monthly.z", "skipped"), result("model.cx_monthly.a", "error", "Parser Error: x")],
        node("z"),
        node("a"),
    )
    told = refusal(build)
    assert "the model a" in told
    assert "the model z" not in told


def test_a_build_in_which_a_node_was_only_skipped_has_failed(build):
    """Prefect shows such a node as completed."""
    left_behind(
        build,
        [result("model.cx_monthly.a", "success"), result("model.cx_monthly.z", "skipped")],
        node("a"),
        node("z"),
    )
    assert "the model z" in refusal(build)


@pytest.mark.parametrize("kind", ["model", "test", "seed"])
def test_a_node_that_is_missing_from_the_results_was_not_built(build, kind):
    left_behind(build, [result("model.cx_monthly.a", "success")], node("a"), node("b", kind))
    assert f"{kind}.cx_monthly.b" in refusal(build)


def test_a_unit_test_that_did_not_run_is_missing_too(build):
    left_behind(build, [], unit_tests=[node("u", "unit_test")])
    assert "unit_test.cx_monthly.u" in refusal(build)


def test_a_node_that_is_switched_off_is_not_missed(build):
    left_behind(build, [result("model.cx_monthly.a", "success")], node("a"), node("b", config={"enabled": False}))
    assert read_results(build) == {"success": 1}


def test_a_warning_of_dbt_is_no_success(build):
    left_behind(build, [result("test.cx_monthly.t.1", "warn", CANARY, 2)], node("t.1", "test"))
    assert "the test t" in refusal(build)


def test_a_build_has_its_own_project_with_its_views_and_the_variables_of_the_month(build, tmp_path):
    hours = {"days": ["sat", "mon"], "from": "09:00", "to": "24:00", "holidays": ["2026-12-25", "2026-01-01"]}
    settings = Settings(name="Acme", timezone="Europe/Warsaw", window_months=3, business_hours=hours)
    workspace = Workspace(tmp_path, settings)
    workspace.__dict__["targets"] = [Target(kpi="nps", target=30)]
    staged = Staged(build.deliveries)
    text = 'a customer\'s {{ 7*7 }} {% endraw %} {# "word" #}'
    sql = "select '" + text.replace("'", "''") + "' as words"
    staged.views = [View("stg_a__b", sql, ["a"])]
    staged.mappings = {"calls": ["stg_a__b"]}
    staged.handled = [{"source": "a", "mapping": None, "kind": "drop", "reason": text, "rows": 3}]
    variables = prepare(build, workspace, Period(2026, 10), staged, project_facts())
    assert variables["period"] == "2026-10"
    assert variables["first_period"] == "2026-08"
    # The clock goes back in October: the month ends at midnight, +1.
    assert variables["period_end"] == "2026-10-31 23:00:00+00:00"
    assert variables["mappings"] == {"calls": ["stg_a__b"]}
    assert variables["targets"][0]["kpi"] == "nps"
    assert variables["business_hours"] == {
        "weekdays": [1, 6],
        "opens_minute": 540,
        "closes_minute": 1440,
        "holidays": ["2026-01-01", "2026-12-25"],
    }
    assert json.loads(json.dumps(variables)) == variables
    assert rendered(build.project / "models" / "staging" / "stg_a__b.sql", sources=["landed_a"]).endswith(sql)
    assert text.replace("'", "''") in rendered(build.project / "models" / "staging" / "handled.sql")
    assert not (build.project / "target").exists()
    assert yaml.safe_load((build.project / "dbt_project.yml").read_text(encoding="utf-8"))["name"]


def test_a_benchmark_of_no_kpi_is_refused_before_anything_is_built(build, tmp_path):
    workspace = Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))
    workspace.__dict__["benchmarks"] = [Benchmark(kpi="nsp", value=40, source="An association")]
    with pytest.raises(ConfigurationError, match="nsp is no KPI") as caught:
        prepare(build, workspace, Period(2026, 10), Staged(build.deliveries), project_facts())
    assert caught.value.where == "benchmarks.csv"
    assert not build.project.exists()


def rendered(path, sources=()):
    """The model as dbt's Jinja makes it."""
    import jinja2

    asked = []
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    out = environment.from_string(path.read_text(encoding="utf-8")).render(
        source=lambda _, name: asked.append(name) or name, config=lambda **_: ""
    )
    assert asked == list(sources)
    return out.strip()


def test_what_earlier_builds_left_in_the_project_is_not_copied(build, tmp_path, monkeypatch):
    import flows.warehouse

    project = tmp_path / "project"
    (project / "models" / "facts").mkdir(parents=True)
    (project / "models" / "spines").mkdir()
    for name in ("target/manifest.json", "logs/dbt.log", "warehouse.duckdb", ".user.yml", "dbt_project.yml"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("x", encoding="utf-8")
    monkeypatch.setattr(flows.warehouse, "DBT_PROJECT", project)
    prepare(
        build, Workspace(tmp_path, Settings(name="Acme", timezone="UTC")), Period(2026, 1), Staged(build.deliveries), {}
    )
    copied = {str(path.relative_to(build.project)) for path in build.project.rglob("*") if path.is_file()}
    assert copied == {
        "dbt_project.yml",
        "models/staging/handled.sql",
        "models/staging/sources.yml",
        "seeds/lexicon.csv",
    }
