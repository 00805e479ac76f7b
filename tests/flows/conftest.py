"""What several modules of these tests share: the company whose figures are asked, built once."""

from __future__ import annotations

import pytest

from flows.workspace import Workspace
from tests.flows.explained import built_at, company_at


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A build in which nothing is hidden. Not to be changed: who wants another copies it."""
    return built_at(tmp_path_factory.mktemp("explained") / "built")


@pytest.fixture(scope="session")
def company(built: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same with small groups hidden, and published. Not to be changed either."""
    return company_at(tmp_path_factory.mktemp("explained") / "company", built)
