import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference.suppression import hidden_cells
from tests.flows.inference.building import cell, observed

PARTITIONS = {"csat": frozenset({"region"})}


def hidden_labels(sizes, *, whole=None, partitions=PARTITIONS, below=5, period="2026-01"):
    """The labels hidden among cells of these sizes; the overall, when given, is the label None."""
    cells = [cell(period, n, slice="region", slice_value=label) for label, n in sizes.items()]
    if whole is not None:
        cells.append(cell(period, whole))
    frame = observed(*cells)
    return {row["slice_value"] for row, hide in zip(cells, hidden_cells(frame, partitions, below), strict=True) if hide}


def test_nothing_is_hidden_where_every_cell_has_five_people():
    assert hidden_labels({"north": 5, "south": 95}, whole=100) == set()


def test_one_small_cell_takes_the_next_smallest_with_it():
    assert hidden_labels({"east": 3, "north": 40, "south": 57}, whole=100) == {"east", "north"}


def test_two_small_cells_of_five_people_together_need_no_other():
    assert hidden_labels({"east": 3, "west": 2, "north": 40}, whole=45) == {"east", "west"}


def test_two_small_cells_of_fewer_than_five_people_together_take_a_third():
    assert hidden_labels({"east": 3, "west": 1, "north": 40, "south": 50}, whole=94) == {"east", "west", "north"}


def test_among_equals_the_first_label_goes_along():
    assert hidden_labels({"west": 40, "east": 3, "north": 40}, whole=83) == {"east", "north"}


def test_two_cells_of_which_one_is_small_are_both_hidden_and_the_whole_is_shown():
    assert hidden_labels({"east": 3, "north": 97}, whole=100) == {"east", "north"}


def test_a_whole_of_fewer_than_five_is_hidden_with_its_parts():
    assert hidden_labels({"east": 3, "north": 1}, whole=4) == {None, "east", "north"}


def test_a_few_people_without_a_label_are_not_left_over_alone():
    # 100 people, of whom 3 have no region: subtracting the regions would tell of these 3
    assert hidden_labels({"north": 40, "south": 57}, whole=100) == {"north", "south"}
    assert hidden_labels({"north": 40, "south": 55}, whole=100) == set()


def test_without_a_row_for_the_whole_the_cells_are_the_whole():
    assert hidden_labels({"east": 3, "north": 40, "south": 57}) == {"east", "north"}


def test_a_slice_that_does_not_make_up_the_whole_hides_only_its_small_cells():
    assert hidden_labels({"east": 3, "north": 40, "south": 57}, whole=100, partitions={}) == {"east"}


def test_each_slice_and_each_month_is_looked_at_for_itself():
    frame = observed(
        cell("2026-01", 60),
        cell("2026-01", 2, slice="region", slice_value="east"),
        cell("2026-01", 58, slice="region", slice_value="north"),
        cell("2026-01", 30, slice="tier", slice_value="gold"),
        cell("2026-01", 30, slice="tier", slice_value="silver"),
        cell("2026-02", 30, slice="region", slice_value="east"),
        cell("2026-02", 30, slice="region", slice_value="north"),
    )
    hidden = hidden_cells(frame, {"csat": frozenset({"region", "tier"})})
    assert np.flatnonzero(hidden).tolist() == [1, 2]


@pytest.mark.parametrize("below", [3, 5, 10])
def test_the_threshold_is_the_one_asked_for(below):
    assert hidden_labels({"a": below - 1, "b": below, "c": 50}, partitions={}, below=below) == {"a"}


@settings(max_examples=200)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 6))
def test_what_can_be_subtracted_is_nobody_or_five_people_in_two_cells(sizes, unlabelled):
    labels = {f"region {place}": n for place, n in enumerate(sizes)}
    whole = sum(sizes) + unlabelled
    hidden = hidden_labels(labels, whole=whole)
    assert {label for label, n in labels.items() if n < 5} <= hidden
    parts = hidden - {None}
    left_over = whole - sum(n for label, n in labels.items() if label not in parts)
    safe = left_over == 0 or (left_over >= 5 and len(parts) != 1)
    assert safe or len(parts) == len(labels)
    # the whole is shown whenever five people stand behind it
    assert (None in hidden) == (whole < 5)
