"""The models' unit tests hold in every company's time zone: they are part of each build, wherever it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from flows.settings import PROJECT_ROOT
from flows.stages import Run

RUN_UNIT_TESTS = """
import sys
from dbt.cli.main import dbtRunner
project, variables = sys.argv[1:]
arguments = ["--quiet", "test", "--select", "test_type:unit", "--vars", variables]
answer = dbtRunner().invoke([*arguments, "--project-dir", project, "--profiles-dir", project])
failed = [each.node.name for each in answer.result if str(each.status) != "pass"]
print(len(answer.result), *failed)
"""


@pytest.mark.parametrize("timezone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_the_models_unit_tests_hold_in_every_time_zone(built: Run, timezone: str) -> None:
    environment = os.environ | {
        "CX_BUILD_DATABASE": str(built.build.database),
        "CX_BUILD_DELIVERIES": str(built.build.deliveries),
        "CX_BUILD_TIMEZONE": timezone,
        "CX_BUILD_TEMPORARY": str(built.build.directory / "temporary"),
        "DO_NOT_TRACK": "1",
    }
    answer = subprocess.run(
        [sys.executable, "-c", RUN_UNIT_TESTS, str(built.build.project), json.dumps(built.variables)],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    count, *failed = answer.stdout.splitlines()[-1].split()
    assert int(count) > 20, answer.stderr
    assert not failed, f"give these times that lie in one day and month in every zone: {failed}"
