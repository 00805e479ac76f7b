"""The demo company to be measured: made once, its past frozen, and copied for each run."""

from __future__ import annotations

import shutil
from pathlib import Path

from flows import stages
from flows.demo.company import write
from flows.period import Period
from flows.workspace import Workspace


class Company:
    """A workspace at one place, put back before each run to what it was when its past was frozen."""

    def __init__(self, directory: Path, months: int) -> None:
        self.root = directory / "company"
        self._frozen = directory / "frozen"
        write(self.root, months=months)
        workspace = Workspace.load(self.root)
        self.period: Period = workspace.last_period()
        past = min(workspace.settings.window_months, months) - 1
        stages.backfill(workspace, self.period.shift(-past), self.period.shift(-1))
        shutil.rmtree(workspace.builds)
        shutil.copytree(self.root, self._frozen)

    def with_frozen_past(self) -> Path:
        """The workspace as on the morning of the newest month's run."""
        shutil.rmtree(self.root)
        shutil.copytree(self._frozen, self.root)
        return self.root

    def with_nothing_landed(self) -> Path:
        """The workspace with its extracts, and nothing ever run."""
        root = self.with_frozen_past()
        var = Workspace.load(root).var
        salt = (var / "salt").read_bytes()
        shutil.rmtree(var)
        var.mkdir()
        (var / "salt").write_bytes(salt)
        return root
