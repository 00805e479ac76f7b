import numpy as np
import pytest

from flows.errors import ConfigurationError
from flows.inference.targets import met, targets_of
from tests.flows.inference.building import cell, observed, targets


def test_the_newest_target_that_holds_in_the_month_is_taken():
    cells = observed(*(cell(period, 50) for period in ("2025-12", "2026-01", "2026-03", "2026-04")))
    table = targets(
        ("csat", "overall", None, 70, None),
        ("csat", "overall", None, 80, "2026-04"),
        ("csat", "overall", None, 75, "2026-01"),
        ("ces", "overall", None, 99, None),
    )
    assert targets_of(cells, table).tolist() == [70, 75, 75, 80]


def test_a_slice_value_has_its_own_target_and_a_target_without_slice_is_the_wholes():
    cells = observed(
        cell("2026-01", 50),
        cell("2026-01", 50, slice="region", slice_value="north"),
        cell("2026-01", 50, slice="region", slice_value="south"),
    )
    table = targets(("csat", None, None, 70, None), ("csat", "region", "north", 60, "2026-01"))
    assert targets_of(cells, table) == pytest.approx([70, 60, np.nan], nan_ok=True)


def test_a_target_that_does_not_hold_yet_is_none():
    table = targets(("csat", "overall", None, 70, "2026-02"))
    assert np.isnan(targets_of(observed(cell("2026-01", 50)), table)).all()


def test_two_targets_from_one_month_on_are_refused_with_their_kpi():
    table = targets(("csat", "overall", None, 70, "2026-01"), ("csat", "", "", 75, "2026-01"))
    with pytest.raises(ConfigurationError, match=r"targets\.csv: two targets of csat for overall hold from 2026-01"):
        targets_of(observed(cell("2026-01", 50)), table)


def test_a_target_is_met_on_its_good_side_and_on_the_mark():
    value = np.array([70, 69.9, 70, 70.1, 70, np.nan, 70])
    target = np.array([70, 70, 70, 70, 70, 70, np.nan])
    reached, known = met(value, target, np.array([1, 1, -1, -1, 0, 1, 1]))
    assert known.tolist() == [True, True, True, True, False, False, False]
    assert reached[known].tolist() == [True, False, True, False]
