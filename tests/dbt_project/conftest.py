"""The workspace whose KPIs are computed by hand, built once for all tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import stages
from flows.stages import Run
from flows.workspace import Workspace

HERE = Path(__file__).parent / "hand_computed"


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    root = tmp_path_factory.mktemp("hand") / "workspace"
    shutil.copytree(HERE, root)
    workspace = Workspace.load(root)
    with stages.opened(workspace, workspace.last_period(), send=False) as run:
        run.warm_up(stages.DBT)
        stages.land(run)
        stages.build(run)
        yield run
