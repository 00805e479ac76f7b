"""The SQL that counts a figure again; test_every_figure_explained.py has it that it agrees with the figures."""

from __future__ import annotations

from math import sqrt
from typing import Any

import duckdb
import numpy as np
import pytest

from flows.cells import Cell, Fact
from flows.inference.spread import spread_between
from flows.inference.survival import LifeTables, quantile_time, survival_at
from flows.recount import KINDS, recounting


def test_a_quantile_among_rows_beyond_the_window_is_not_given() -> None:
    fact = Fact("fact", {}, [])
    kpi = {"kind": "quantile", "base": "true", "measure": "hours", "month": "day", "window_days": 3}
    for hours, quantile, value in [
        ([1, 2, 3, None, None], 0.5, 3.0),
        ([1, 2, None, None], 0.5, None),
        ([1, None, None, None], 0.5, None),
        ([1, 2, 3, 4], 0.5, 2.5),
        ([*range(1, 11), None], 0.9, 10.0),
    ]:
        with duckdb.connect() as connection:
            connection.execute("create table fact (day timestamptz, hours double)")
            connection.executemany("insert into fact values ('2026-01-05', ?)", [[each] for each in hours])
            query = recounting(Cell(kpi | {"quantile": quantile}, fact, "2026-01"))
            assert connection.execute(query).fetchone() == (len(hours), value)


def test_what_has_no_denominator_has_no_value() -> None:
    fact = Fact("fact", {}, [])
    declared = {"base": "false", "month": "day", "window_days": 0, "hit": "true", "measure": "1", "quantile": 0.5}
    declared |= {"numerator": "1", "denominator": "0", "per": 1000}
    declared |= {"duration": "1", "event": "true", "group": "1"}
    rate = {"kind": "rate", "base": "true"}
    kinds = [kind for kind in KINDS if kind not in ("rate", "count", "composite")]
    with duckdb.connect() as connection:
        connection.execute("create table fact (day timestamptz, weight double)")
        connection.execute("insert into fact values ('2026-01-05', 0)")
        for kpi in [*({"kind": kind} for kind in kinds), rate]:
            cell = Cell(declared | kpi, fact, "2026-01", exposure=declared, exposed=fact)
            assert connection.execute(recounting(cell)).fetchone() == (0, None), kpi
        nothing_below = Cell(declared | {"kind": "ratio", "base": "true"}, fact, "2026-01")
        assert connection.execute(recounting(nothing_below)).fetchone() == (1, None)
        weighted = Cell(declared | {"kind": "mean", "base": "true", "weight": "weight"}, fact, "2026-01")
        assert connection.execute(recounting(weighted)).fetchone() == (1, None)


#: Weeks of remission under 6-MP; True: it ended, False: the patient was still well (Freireich et al. 1963, Blood
#: 21:699). What stands beside are the product-limit shares that textbooks print of them.
REMISSIONS = [
    *[(6, True)] * 3, (6, False), (7, True), (9, False), (10, True), (10, False), (11, False), (13, True), (16, True),
    (17, False), (19, False), (20, False), (22, True), (23, True), (25, False), (32, False), (32, False), (34, False),
    (35, False),
]  # fmt: skip


def _counted(kpi: dict[str, Any], columns: str, rows: list[tuple]) -> tuple[int, float | None]:
    """n and value of the rows, all of January 2026."""
    declared = {"base": "true", "month": "date '2026-01-05'", "window_days": 0} | kpi
    with duckdb.connect() as connection:
        connection.execute(f"create table fact ({columns})")
        connection.executemany(f"insert into fact values ({', '.join('?' * len(rows[0]))})", rows)
        return connection.execute(recounting(Cell(declared, Fact("fact", {}, []), "2026-01"))).fetchone()


@pytest.mark.parametrize(
    ("weeks", "share"), [(5, 1), (6, 0.8571), (9, 0.8067), (10, 0.7529), (13, 0.6902), (16, 0.6275), (23, 0.4482)]
)
def test_the_share_still_in_remission_is_the_published_one(weeks: int, share: float) -> None:
    kpi = {"kind": "survival", "duration": "weeks", "event": "ended", "horizon": weeks}
    n, value = _counted(kpi, "weeks integer, ended boolean", REMISSIONS)
    assert (n, value) == (21, pytest.approx(100 * share, abs=0.005))


def test_the_median_remission_is_the_published_one_and_a_curve_that_ends_above_has_none() -> None:
    kpi = {"kind": "survival", "duration": "weeks", "event": "ended", "quantile": 0.5}
    assert _counted(kpi, "weeks integer, ended boolean", REMISSIONS) == (21, 23)
    assert _counted(kpi | {"quantile": 0.9}, "weeks integer, ended boolean", REMISSIONS) == (21, None)


def test_a_horizon_that_nobody_was_followed_to_has_no_share_but_where_all_had_the_event() -> None:
    kpi = {"kind": "survival", "duration": "weeks", "event": "ended", "horizon": 36}
    assert _counted(kpi, "weeks integer, ended boolean", REMISSIONS) == (21, None)
    assert _counted(kpi, "weeks integer, ended boolean", [(1, True), (3, True)]) == (2, 0)
    assert _counted(kpi | {"horizon": 3}, "weeks integer, ended boolean", [(1, True), (3, False)]) == (2, 50)


def test_a_share_that_is_just_reached_is_reached_whatever_its_product_rounds_to() -> None:
    """Nine of ten still there after the first, eight of ten after the second: 0.9 x 8/9 is 0.8 but for rounding."""
    kpi = {"kind": "survival", "duration": "weeks", "event": "ended"}
    rows = [(week, True) for week in range(1, 11)]
    for tenths in range(1, 11):
        if tenths < 10:
            counted = _counted(kpi | {"quantile": tenths / 10}, "weeks integer, ended boolean", rows)
            assert counted == (10, tenths)


@pytest.mark.parametrize(
    ("measures", "value"),
    [
        # means 2 and 5, within each a variance of 1: (13.5 - 1) / 3
        ([(1, "a"), (2, "a"), (3, "a"), (4, "b"), (5, "b"), (6, "b")], sqrt(12.5 / 3)),
        # means 2, 4 and 8 around 5.333: (2 x 3.333² + 1.333² + 3 x 2.667²) / 2 between, 10 / 3 within, n_0 = 11 / 6
        (
            [(1, "a"), (3, "a"), (4, "b"), (6, "c"), (8, "c"), (10, "c")],
            sqrt((45.33333333333333 / 2 - 10 / 3) * 6 / 11),
        ),
        # what differs less between than within is no difference
        ([(1, "a"), (5, "a"), (2, "b"), (4, "b")], 0),
        ([(4, "a"), (4, "a"), (4, "b"), (4, "b")], 0),
        ([(1, "a"), (5, "b")], None),
        ([(1, "a"), (5, "a")], None),
    ],
)
def test_a_spread_is_that_of_the_method_of_moments(measures: list[tuple], value: float | None) -> None:
    kpi = {"kind": "spread", "measure": "score", "group": "place"}
    n, counted = _counted(kpi, "score integer, place varchar", measures)
    assert n == len(measures)
    assert counted == (None if value is None else pytest.approx(value, rel=1e-12))


@pytest.mark.parametrize("seed", range(5))
def test_survival_and_spread_agree_with_the_inference_on_rows_drawn_at_random(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = [
        (float(time), bool(ended), str(place))
        for time, ended, place in zip(
            random.exponential(5, 300).round(1), random.random(300) < 0.7, random.integers(0, 9, 300), strict=True
        )
    ]
    columns = "weeks double, ended boolean, place varchar"
    times, ended = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    tables = LifeTables.of(times, ended, ~ended)
    survival = {"kind": "survival", "duration": "weeks", "event": "ended"}
    for quantile in (0.1, 0.5, 0.8):
        [expected] = quantile_time(tables, quantile).value
        assert _counted(survival | {"quantile": quantile}, columns, rows) == (300, expected)
    [expected] = survival_at(tables, 4.0).value
    assert _counted(survival | {"horizon": 4.0}, columns, rows) == (300, pytest.approx(100 * expected))
    groups = [times[np.array([row[2] == place for row in rows])] for place in sorted({row[2] for row in rows})]
    sizes, totals = (np.array([of(group) for group in groups]) for of in (len, np.sum))
    [expected] = spread_between(
        len(groups), 300, (sizes**2).sum(), totals.sum(), (totals**2 / sizes).sum(), (times**2).sum()
    ).value
    counted = _counted({"kind": "spread", "measure": "weeks", "group": "place"}, columns, rows)
    assert counted == (300, pytest.approx(expected, abs=1e-7))
