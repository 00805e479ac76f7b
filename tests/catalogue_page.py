"""Writes docs/catalogue.md from the declarations: ``python -m tests.catalogue_page``."""

from __future__ import annotations

from itertools import groupby

from flows.kpis import project_facts
from flows.settings import PROJECT_ROOT

HEAD = """# Every measure

Made from the declarations by `python -m tests.catalogue_page`; a test compares. Conditions, windows, slices and
edge cases of each stand in its declaration and on the report's definitions page.
"""


def page() -> str:
    """The page as it should be."""
    rows = [
        (kpi.section, model.removeprefix("fct_"), kpi)
        for model, meta in sorted(project_facts().items())
        for kpi in meta.kpis
    ]
    rows.sort(key=lambda row: (row[0], row[1]))
    parts = [HEAD, f"{len(rows)} figures.\n"]
    for section, listed in groupby(rows, key=lambda row: row[0]):
        parts.append(
            f"## {section.replace('_', ' ').capitalize()}\n\n| id | what | kind | declared beside |\n|---|---|---|---|"
        )
        parts[-1] += "".join(
            f"\n| `{kpi.id}` | {kpi.definition} | {kpi.kind} | {beside} |" for _, beside, kpi in listed
        )
        parts[-1] += "\n"
    return "\n".join(parts)


if __name__ == "__main__":
    (PROJECT_ROOT / "docs" / "catalogue.md").write_text(page(), encoding="utf-8")
