"""What `cx init` puts into a new workspace."""

from __future__ import annotations

import shutil
from pathlib import Path

from flows.errors import ConfigurationError


def start(directory: Path) -> None:
    """Make ``directory`` a workspace. Raises ConfigurationError when something is there already."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConfigurationError(f"{directory} exists and is not empty", "name a new folder")
    shutil.copytree(
        Path(__file__).parent, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True
    )
    (directory / "gitignore").rename(directory / ".gitignore")
    for folder in ("kpis", "locales", "extracts"):
        (directory / folder).mkdir()
