"""The workspaces whose KPIs are computed by hand, each built once for all tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows import stages
from flows.stages import Run
from flows.workspace import Workspace

HERE = Path(__file__).parent


@contextmanager
def _built(name: str, root: Path) -> Iterator[Run]:
    shutil.copytree(HERE / name, root)
    workspace = Workspace.load(root)
    with stages.opened(workspace, workspace.last_period(), send=False) as run:
        run.warm_up(stages.DBT)
        stages.land(run)
        stages.build(run)
        yield run


@pytest.fixture(scope="package")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with _built("hand_computed", tmp_path_factory.mktemp("hand") / "workspace") as run:
        yield run


@pytest.fixture(scope="package")
def built_value(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with _built("hand_computed_value", tmp_path_factory.mktemp("value") / "workspace") as run:
        yield run
