"""docs/sources.md says every key there is, and its example works."""

from __future__ import annotations

import re

import pytest

from flows.settings import PROJECT_ROOT
from flows.sources.declaration import Database, Drop, Files, Key, Mapping, Mend, Scale, Source
from tests.flows.landed import rows, run, workspace_with

PAGE = (PROJECT_ROOT / "docs" / "sources.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", [Source, Files, Database, Key, Drop, Mend, Scale, Mapping])
def test_the_page_describes_every_key_of_a_declaration(model):
    said = set(re.findall(r"`(\w+)`", PAGE))
    missing = sorted(set(model.model_fields) - said)
    assert not missing, f"docs/sources.md does not describe {', '.join(missing)} of {model.__name__}"


def test_the_example_of_the_page_lands(tmp_path, monkeypatch):
    monkeypatch.setenv("CX_SALT", "pepper")
    workspace = workspace_with(tmp_path)
    [example] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "sources" / "survey.yml").write_text(example, encoding="utf-8")
    [header] = re.findall(r"with the header `(.*?)`", PAGE)
    (tmp_path / "extracts").mkdir()
    (tmp_path / "extracts" / "survey_2026-09.csv").write_bytes(
        f"{header}\n17;Zofia@x.pl;03.09.2026 10:05;9;Łatwo;Krakow\n".encode("cp1250")
    )
    [package] = run(workspace)["survey"]
    assert rows([package], "NPS, Comment, Shop, length(Email)") == [("9", "Łatwo", "Krakow", 32)]
    assert (package.first_date, package.last_date) == ("2026-09-03T10:05:00", "2026-09-03T10:05:00")
