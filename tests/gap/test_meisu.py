"""The method's own case through the whole product: O24, with the missing numbers left missing (DOMAIN 1.3)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.settings import PROJECT_ROOT

HERE = Path(__file__).parent / "meisu"
DIMENSIONS = ["product", "service", "relationship", "convenience", "brand_image", "price"]


def cx(*arguments: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        cwd=PROJECT_ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"cx {' '.join(arguments)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> Path:
    """The workspace after its run: published, although nothing but one workshop's ratings was delivered."""
    root = tmp_path_factory.mktemp("gap") / "meisu"
    shutil.copytree(HERE, root, ignore=shutil.ignore_patterns("var"))
    cx("run", "--no-send", "-w", str(root), environment=prefect_server)
    return root


@pytest.fixture(scope="module")
def document(shop: Path) -> dict[str, Any]:
    return json.loads(cx("gap", "--period", "2006-06", "--format", "json", "-w", str(shop)))


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {row["dimension"]: row[name] for row in document["rows"]}


def test_the_method_s_own_numbers_come_out_exactly(document: dict[str, Any]) -> None:
    missing = dict.fromkeys(DIMENSIONS)
    assert column(document, "satisfaction") == missing | {
        "product": -1, "convenience": -2, "brand_image": 0, "price": 0,
    }  # fmt: skip
    assert column(document, "importance") == missing | {"convenience": 9}
    assert column(document, "weighted_satisfaction") == missing | {"convenience": -18, "brand_image": 0, "price": 0}
    assert column(document, "ideal") == {
        "product": 6, "service": 6, "relationship": 4, "convenience": 10, "brand_image": 7, "price": 7,
    }  # fmt: skip
    assert column(document, "gap") == dict.fromkeys(DIMENSIONS, 0) | {"convenience": -5}


def test_convenience_is_the_key_experience_and_what_cannot_be_ranked_is_named(document: dict[str, Any]) -> None:
    assert (document["key_experience"], document["role"]) == ("convenience", "workshop")
    assert document["unrankable"] == document["could_be_worse"] == ["service", "relationship"]
    assert column(document, "rank") == {
        "product": 2, "service": None, "relationship": None, "convenience": 1, "brand_image": None, "price": None,
    }  # fmt: skip


def test_what_the_case_does_not_state_stays_not_given(document: dict[str, Any]) -> None:
    assert column(document, "not_given") == {
        "product": ["importance"],
        "service": ["expectation", "importance"],
        "relationship": ["expectation", "importance"],
        "convenience": [],
        "brand_image": ["importance"],
        "price": ["importance"],
    }


def test_a_judgement_of_one_workshop_is_shown_and_carries_no_interval(document: dict[str, Any]) -> None:
    for row in document["rows"]:
        assert (row["n"], row["sample"], row["withheld"]) == (1, False, [])
        assert [row[name] for name in row if name.endswith(("_low", "_high"))] == [None] * 12


def test_the_requirement_is_there_and_its_initiative_has_proved_nothing_yet(document: dict[str, Any]) -> None:
    [requirement] = document["requirements"]
    assert (requirement["dimension"], requirement["rank"], requirement["gap"]) == ("convenience", 1, -5)
    assert (requirement["requirement"], requirement["fit"]) == ("More shops in the same street", "not assessed")
    assert [(row["verdict"], row["reason"]) for row in document["evidence"]] == [("too early", "no outcome")]


def test_cx_gap_prints_the_method_s_table(shop: Path) -> None:
    printed = cx("gap", "--period", "2006-06", "-w", str(shop))
    rows = [line.split("  ") for line in printed.splitlines()]
    table = {row[0]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows if row[0] in DIMENSIONS}
    assert table["product"][:7] == ["6", "7", "-1", "not given", "not given", "6", "0"]
    assert table["service"][:7] == ["6", "not given", "not given", "not given", "not given", "6", "0"]
    assert table["relationship"][:7] == ["4", "not given", "not given", "not given", "not given", "4", "0"]
    assert table["convenience"][:7] == ["5", "7", "-2", "9", "-18", "10", "-5"]
    assert table["brand_image"][:7] == ["7", "7", "0", "not given", "0", "7", "0"]
    assert table["price"][:7] == ["7", "7", "0", "not given", "0", "7", "0"]
    assert "Key experience (workshop): convenience" in printed


def test_the_report_tells_it_and_invents_nothing(shop: Path) -> None:
    from pypdf import PdfReader

    [report] = (shop / "var" / "published" / "2006-06").glob("r1/report.pdf")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(report).pages).split())
    assert "The key experience is convenience, with a weighted satisfaction of −18." in text
    assert "not given: service and relationship" in text
    assert "Convenience is to reach 10 and is at 5: a gap of −5." in text


def test_a_month_without_ratings_is_refused_in_words(shop: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "gap", "--period", "2006-05", "-w", str(shop)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "2006-05 has no figures yet" in done.stderr
