"""One story through the whole command, Prefect and all: a spoiled month is refused, mended, and mailed exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.ledger import Ledger
from tests.flows.test_bad_input import (
    CANARY,
    NOBODY,
    assert_clear,
    assert_nothing_left,
    company,
    cx,
    put_survey,
    survey,
)

#: Words with everything in them that SQL, YAML, Jinja and HTML could take for their own; they come out as they went in.
ODD = "it's {{ 7*7 }} {% endraw %} {# so #} <b>&amp;"
ODD_KPI = {
    "id": "odd_share", "label": "Odd share", "definition": ODD, "unit": "%", "direction": "neutral",
    "kind": "proportion", "base": "question_kind = 'nps'", "hit": "store is not null", "month": "answered_at",
    "slices": ["store"],
    "smallest_change": 1, "section": "loyalty", "edge_cases": ODD,
}  # fmt: skip


def odd(table: list[list[str]]) -> list[list[str]]:
    """Every second answer in an odd store, told by a cell of the channel that a value map translates."""
    for row in table[2::2]:
        row[2] = "odd"
    return table


def declare_odd(root: Path) -> None:
    (root / "kpis").mkdir()
    document = {"fact": "feedback", "kpis": [ODD_KPI]}
    (root / "kpis" / "odd.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    declared = yaml.safe_load((root / "sources" / "survey.yml").read_text(encoding="utf-8"))
    mapping = declared["mappings"]["nps"]
    mapping["columns"] |= {"channel": "'email'", "store": "nullif(channel, 'email')"}
    mapping["values"] = {"store": {"odd": ODD}}
    declared["drops"] = [{"when": "response = 'r9-1'", "reason": ODD}]
    (root / "sources" / "survey.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")


def asked(query: str, path: Path) -> list[tuple]:
    import duckdb

    return duckdb.execute(query, [str(path)]).fetchall()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return company(tmp_path / "company")


def outbox(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "var" / "outbox").rglob("*") if path.is_file()}


def test_a_spoiled_month_is_refused_then_mended_and_mailed_exactly_once(
    root: Path, prefect_server: dict[str, str]
) -> None:
    table = survey()
    table[7][3] = "4711"
    put_survey(root, table)
    refused = cx(root, "run", environment=prefect_server)
    assert_clear(refused, "survey.nps, column score: on scale", "survey.csv line 8")
    assert "4711" not in refused.stdout + refused.stderr
    assert_nothing_left(root)

    put_survey(root, odd(survey()))
    declare_odd(root)
    mended = cx(root, "run", environment=prefect_server)
    assert mended.returncode == 0, mended.stderr
    assert CANARY not in mended.stdout + mended.stderr
    published = root / "var" / "published" / "2026-09" / "r1"
    assert {"report.pdf", "mail.html", "mail.txt", "annex.xlsx", "figures.parquet", "manifest.json"} <= {
        path.name for path in published.iterdir()
    }
    assert str(published / "report.pdf") in mended.stdout
    mails = outbox(root)
    assert sorted(name for name in mails if name.endswith(".eml"))
    assert len(mails) == 2
    ledger = Ledger.open(root / "var" / "ledger.db")
    [publication] = ledger.publications()
    before = ledger.messages(publication)
    assert [(message.state, message.attempts) for message in before] == [("sent", 1), ("sent", 1)]
    assert [run.status for run in ledger.runs()] == ["succeeded", "failed"]

    parts = "select distinct slice_value from read_parquet(?) where kpi = 'odd_share' and slice = 'store'"
    assert ODD in {value for (value,) in asked(parts, published / "figures.parquet")}
    defined = "select definition from read_parquet(?) where kpi = 'odd_share'"
    assert asked(defined, published / "kpis.parquet") == [(ODD,)]

    again = cx(root, "run", environment=NOBODY)
    assert again.returncode == 0, again.stderr
    assert "published already" in again.stdout
    assert outbox(root) == mails
    assert ledger.messages(publication) == before
    assert ledger.publications() == [publication]
    for path in [*(root / "var" / "builds").rglob("*.log"), *published.glob("*.txt"), *published.glob("*.html")]:
        assert CANARY.encode() not in path.read_bytes(), path.name
