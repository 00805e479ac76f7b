"""The project's own lexicon, read once."""

import csv

import pytest

from flows.inference.lexicon import Lexicon
from flows.lexicon import SEED
from flows.settings import DBT_PROJECT


@pytest.fixture(scope="session")
def lexicon_rows() -> list[dict[str, str]]:
    with (DBT_PROJECT / SEED).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def lexicon(lexicon_rows) -> Lexicon:
    return Lexicon(lexicon_rows)
