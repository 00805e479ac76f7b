"""What several modules of these tests share: the company whose figures are asked, built once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flows.records import Records
from flows.workspace import Workspace
from tests.flows.explained import Ask, asking, built_at, company_at, figures_of


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A build in which nothing is hidden. Not to be changed: who wants another copies it."""
    return built_at(tmp_path_factory.mktemp("explained") / "built")


@pytest.fixture(scope="session")
def company(built: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same with small groups hidden, and published. Not to be changed either."""
    return company_at(tmp_path_factory.mktemp("explained") / "company", built)


@pytest.fixture(scope="session")
def figures(built: Workspace) -> list[dict[str, Any]]:
    """Every figure of the build in which nothing is hidden."""
    return figures_of(built)


@pytest.fixture(scope="session")
def ask(built: Workspace) -> Iterator[Ask]:
    """What is behind a figure of that build; its warehouse stays open."""
    with Records(built) as records:
        yield asking(records)
