import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.inference.importance import importance_performance, stated_beside_derived

numbers = st.floats(0, 10) | st.just(float("nan"))
mappings = st.dictionaries(st.sampled_from("abcdef"), numbers, min_size=1)


def test_the_four_quadrants_and_their_cross_hairs():
    importance = {"convenience": 9, "service": 8, "brand_image": 4, "relationship": 3}
    performance = {"convenience": 5, "service": 8, "brand_image": 8, "relationship": 4}
    found = importance_performance(importance, performance)
    assert {place.dimension: place.quadrant for place in found.places} == {
        "convenience": "concentrate here",
        "service": "keep up",
        "brand_image": "possible overkill",
        "relationship": "low priority",
    }
    assert (found.importance_line, found.performance_line) == (6, 6.25)
    assert (found.importance_line_is, found.performance_line_is) == ("mean", "mean")


def test_another_cross_hair_changes_the_answer_and_is_said_to_be_stated():
    found = importance_performance({"a": 6, "b": 2}, {"a": 4, "b": 8}, performance_line=3)
    assert [place.quadrant for place in found.places] == ["keep up", "possible overkill"]
    assert (found.performance_line, found.performance_line_is, found.importance_line_is) == (3, "stated", "mean")


def test_what_is_not_given_has_no_quadrant_and_moves_no_line():
    found = importance_performance({"a": 6, "b": 2, "c": 10}, {"a": 4, "b": 8, "d": 1, "c": float("nan")})
    assert [place.quadrant for place in found.places] == ["concentrate here", "possible overkill", None, None]
    assert (found.importance_line, found.performance_line) == (4, 6)


def test_on_the_line_is_important_and_well_done():
    found = importance_performance({"a": 0.1, "b": 0.1, "c": 0.1}, {"a": 7.3, "b": 7.3, "c": 7.3})
    assert {place.quadrant for place in found.places} == {"keep up"}


def test_nothing_given_is_an_empty_picture():
    found = importance_performance({"a": float("nan")}, {})
    assert found.places[0].quadrant is None
    assert np.isnan(found.importance_line)


@given(mappings, mappings)
def test_a_dimension_has_a_quadrant_just_when_both_numbers_are_given(importance, performance):
    for place in importance_performance(importance, performance).places:
        given_both = not np.isnan(importance.get(place.dimension, np.nan)) and not np.isnan(
            performance.get(place.dimension, np.nan)
        )
        assert (place.quadrant is not None) == given_both


def test_stated_and_derived_importance_stand_side_by_side():
    found = stated_beside_derived(
        {"price": 9.0, "service": 8.0, "convenience": 7.0, "product": float("nan")},
        {"price": 10.0, "service": 30.0, "convenience": 30.0, "product": 30.0},
    )
    rows = {row.dimension: (row.stated_rank, row.derived_rank, row.ranks_apart) for row in found}
    assert rows == {
        "convenience": (3, 1, -2),
        "price": (1, 4, 2),
        "product": (None, 1, None),
        "service": (2, 1, -1),
    }
    assert [row.dimension for row in found] == sorted(rows)


def test_importance_that_nobody_stated_stays_missing():
    [row] = stated_beside_derived({}, {"price": 100.0})
    assert np.isnan(row.stated)
    assert (row.stated_rank, row.derived_rank) == (None, 1)
    assert row.derived_pct == pytest.approx(100)
