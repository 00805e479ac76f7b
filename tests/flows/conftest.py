"""What several modules of these tests share: the company whose figures are asked, built once."""

from __future__ import annotations

import pytest

from flows.workspace import Workspace
from tests.flows.explained import company_at


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Not to be changed: who wants another copies it."""
    return company_at(tmp_path_factory.mktemp("explained") / "company")
