"""What Prefect is told about the monthly schedule."""

from pathlib import Path

from flows.deployments import deployment, deployment_name
from flows.workspace import Workspace


def _company(root: Path) -> Workspace:
    (root / "cx.toml").write_text(
        'name = "Acme"\ntimezone = "Asia/Taipei"\n[schedule]\ncron = "30 7 3 * *"\n', encoding="utf-8"
    )
    return Workspace.load(root)


def test_the_schedule_is_the_one_of_cx_toml_in_the_companys_time_zone(tmp_path):
    [schedule] = deployment(_company(tmp_path)).schedules
    assert schedule.schedule.cron == "30 7 3 * *"
    assert schedule.schedule.timezone == "Asia/Taipei"


def test_a_run_needs_no_parameter_but_takes_a_period(tmp_path):
    registered = deployment(_company(tmp_path))
    assert registered.parameters == {"workspace": str(tmp_path.resolve())}
    assert {"period", "send", "pull", "reason"} <= set(registered._parameter_openapi_schema.properties)


def test_each_workspace_has_a_deployment_of_its_own(tmp_path):
    (tmp_path / "acme").mkdir()
    assert deployment_name(_company(tmp_path / "acme")) == "acme"
