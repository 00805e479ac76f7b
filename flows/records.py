"""What a workspace keeps of its months, each part read once: its ledger, what was published, its builds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flows.builds import Look, newest_look
from flows.figures import published_figures, published_kpis
from flows.ledger import Ledger
from flows.ledger_records import Publication
from flows.period import Period
from flows.workspace import Workspace


@dataclass
class Records:
    """The records of a workspace, to be used as a context: leaving it closes what was opened."""

    workspace: Workspace
    #: By run, and by the month that was asked for.
    _looks: dict[str, Look] = field(default_factory=dict)
    _look_at: dict[str, Look | None] = field(default_factory=dict)
    _published: dict[tuple[str, int], tuple[list[dict[str, Any]], list[dict[str, Any]]]] = field(default_factory=dict)

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        for look in self._looks.values():
            look.close()

    @cached_property
    def ledger(self) -> Ledger | None:
        path = self.workspace.ledger_path
        return Ledger.open(path) if path.is_file() else None

    def publication(self, period: Period) -> Publication | None:
        return self.ledger.publication(period) if self.ledger else None

    def published(self, publication: Publication) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The figures and the declarations that a publication froze."""
        key = (publication.period, publication.revision)
        if key not in self._published:
            self._published[key] = (published_figures(publication), published_kpis(publication))
        return self._published[key]

    def look(self, period: Period) -> Look | None:
        """The newest build whose window holds ``period`` and that has figures; None when there is none (any more)."""
        month = str(period)
        if month not in self._look_at:
            found = newest_look(self.workspace, period)
            known = self._looks.setdefault(found.run, found) if found else None
            if found is not known:
                found.close()
            self._look_at[month] = known
        return self._look_at[month]
