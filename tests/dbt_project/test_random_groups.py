"""Customers fall into as many random groups in SQL as are resampled in Python."""

from __future__ import annotations

import re
from pathlib import Path

from flows.inference.bootstrap import GROUPS
from flows.settings import DBT_PROJECT


def test_sql_deals_customers_into_the_groups_that_are_resampled() -> None:
    macro = (Path(DBT_PROJECT) / "macros" / "observe_nested.sql").read_text(encoding="utf-8")
    assert int(re.search(r"macro random_groups\(\) -%} {{ return\((\d+)\) }}", macro)[1]) == GROUPS
