from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest

from flows.errors import BuildError, CxError
from flows.inference.figures import COLUMNS, infer
from flows.inference.observed import STATISTICS
from tests.flows.inference.building import NO_TARGETS, cell, kpis, moments, observed, region

COUNTS = ("n", "positives", "negatives")
DECIMALS = ("weight", "weight_squares", "total", "total_squares")


@pytest.fixture
def warehouse():
    """Two months of a mean and of a quantile, the upper end of whose grid is beyond the follow-up window."""
    connection = duckdb.connect()
    types = {
        name: "bigint" if name in COUNTS else "decimal(38, 8)" if name in DECIMALS else "double" for name in STATISTICS
    }
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(
        "create table observations (kpi varchar, period varchar, slice varchar, slice_value varchar, n bigint, "
        f"{columns}, quantile_draws double[])"
    )
    connection.execute("""
        insert into observations (kpi, period, slice, slice_value, n, total, total_squares) values
            ('score', '2026-01', 'overall', null, 40, 120.5, 400.25),
            ('score', '2026-02', 'overall', null, 40, 160.5, 700.25),
            ('score', '2026-02', 'region', 'east', 3, 9, 27)
    """)
    connection.execute("""
        insert into observations (kpi, period, slice, n, quantile_value, quantile_low, quantile_draws)
        select 'frt', period, 'overall', 40, shift + 14, shift + 12,
            list_transform(range(65), lambda i: case when i < 64 then shift + 10 + i / 8 end)
        from (values ('2026-01', 0.0), ('2026-02', 9.0)) months (period, shift)
    """)
    connection.execute("""
        create table kpis as
        select * from (values
            ('score', 'mean', 'score', 'up', 30, 0.5::double, null::varchar, 1, 5::double, 1, false, ['region']),
            ('frt', 'quantile', 'hours', 'down', 30, 0, 'previous_month', null, null, 1, false, [])
        ) declared (kpi, kind, unit, direction, minimum_base, smallest_change, compared_with, scale_low, scale_high,
            per, weighted, slices)
    """)
    connection.execute("""
        create table targets as
        select 'frt' as kpi, 'overall' as slice, null::varchar as slice_value, 20.0::double as target,
            null::varchar as valid_from
    """)
    yield connection
    connection.close()


def test_duckdb_gives_and_takes_the_tables_without_a_nan(warehouse):
    inferred = infer(*(warehouse.table(name).df() for name in ("observations", "kpis", "targets")))
    warehouse.register("inferred", inferred)
    warehouse.execute("create table figures as select * from inferred")
    types = {name: kind.lower() for name, kind, *_ in warehouse.execute("describe figures").fetchall()}
    assert types == COLUMNS
    doubles = [column for column, kind in COLUMNS.items() if kind == "double"]
    nans = warehouse.execute(
        f"select {', '.join(f'coalesce(count_if(isnan({column})), 0)' for column in doubles)} from figures"
    )
    assert set(nans.fetchone()) == {0}
    rows = warehouse.execute("""
        select kpi, slice_value, value, n, change, verdict, met from figures where period = '2026-02'
        order by kpi, slice_value nulls first
    """)
    assert rows.fetchall() == [
        ("frt", None, 23.0, 40, 9.0, "worse", False),
        ("score", None, 4.0125, 40, 1.0, "better", None),
        ("score", "east", None, None, None, "hidden", None),
    ]


def test_decimals_and_every_null_of_pandas_are_read_alike():
    plain = observed(
        cell("2026-01", **moments([1, 2, 3, 4, 5])), cell("2026-01", 3, slice="region", slice_value="east")
    )
    plain.loc[1, ["total", "total_squares"]] = [6, 14]
    odd = plain.assign(
        total=pd.Series([Decimal("15"), Decimal("6.0")], dtype=object),
        total_squares=pd.array([55, 14], dtype="Int64"),
        slice_value=pd.array([pd.NA, "east"], dtype="string"),
        positives=pd.array([pd.NA, pd.NA], dtype="Int64"),
        weight=np.nan,
        quantile_draws=np.nan,
    )
    declared = kpis({"kind": "mean", "unit": "score"})
    pd.testing.assert_frame_equal(infer(odd, declared, NO_TARGETS), infer(plain, declared, NO_TARGETS))


@pytest.mark.parametrize(
    ("cells", "declared", "sentence"),
    [
        ([cell("2026-01", 50, 20)] * 2, {}, "kpi csat, 2026-01, slice overall: one cell is observed twice"),
        ([cell("2026-01", 50, 51)], {}, "kpi csat, 2026-01, slice overall: more answers are counted than there are"),
        ([cell("2026-01", 50, -1)], {}, "kpi csat, 2026-01, slice overall: a count is below zero"),
        ([cell("2026-01", 50)], {}, "kpi csat, 2026-01, slice overall: positives is missing"),
        ([cell("2026-01", 50, 20)], {"kind": "nps"}, "kpi csat, 2026-01, slice overall: negatives is missing"),
        ([cell("2026-01", 50)], {"kind": "quantile"}, "slice overall: quantile_draws are not 65 order statistics"),
        ([cell("2026-01", 50, 20)], {"kind": "guess"}, "kpi csat: kind 'guess' is not known"),
        ([cell("2026-01", 50, 20)], {"kind": "rate", "weighted": True}, "kpi csat: a rate cannot be weighted"),
        ([cell("2026-01", 50, 20, kpi="ces")], {}, "kpi ces: is observed but not declared"),
    ],
)
def test_an_observation_that_cannot_be_meant_is_refused_with_its_kpi(cells, declared, sentence):
    with pytest.raises(BuildError) as refusal:
        infer(observed(*cells), kpis(declared), NO_TARGETS)
    assert sentence in str(refusal.value)
    assert isinstance(refusal.value, CxError)


def test_a_refusal_names_no_label_of_the_data():
    with pytest.raises(BuildError) as refusal:
        infer(observed(region("2026-01", 50, 51, "zz.leak@example.com")), kpis(), NO_TARGETS)
    assert "leak" not in str(refusal.value)
