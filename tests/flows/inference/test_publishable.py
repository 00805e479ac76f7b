import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from flows.inference.intervals import garwood
from flows.inference.publishable import MEANINGS, counts, proportions


def width(positives: int, n: int) -> float:
    return beta.ppf(0.975, positives + 1, n - positives) - beta.ppf(0.025, positives, n - positives + 1)


@pytest.mark.parametrize(
    ("positives", "n", "said"),
    [
        (15, 29, "suppress"),  # an effective n below 30
        (15, 30, "suppress"),  # 0.37 wide
        (50, 100, "show"),  # 0.20 wide, 0.41 of the share
        (24, 48, "show"),  # 0.295 wide
        (23, 46, "suppress"),  # 0.302 wide
        (6, 60, "suppress"),  # 0.17 wide, 1.67 of the share
        (54, 60, "show with note"),  # the same of the complement
        (10, 1000, "show"),  # 0.014 wide: narrow enough whatever the share
        (990, 1000, "show"),
        (0, 100, "review"),
        (100, 100, "review"),
        (0, 29, "suppress"),
    ],
)
def test_a_share_is_published_as_the_standards_say(positives, n, said):
    assert proportions(positives / n, n).tolist() == [said]


def test_the_thresholds_are_met_where_the_cases_above_say():
    assert width(24, 48) < 0.30 < width(23, 46)
    assert width(6, 60) / (6 / 60) > 1.30
    assert width(10, 1000) / (10 / 1000) > 1.30
    assert width(10, 1000) < 0.05


def test_few_customers_are_to_be_reviewed_and_an_unprecise_share_is_suppressed_all_the_same():
    assert proportions([0.5, 0.5, 0.5, 0.9], [100, 100, 20, 60], [7, 8, 7, 7]).tolist() == [
        *("review", "show", "suppress", "review")
    ]


def test_a_share_of_nobody_is_suppressed():
    assert proportions([np.nan, 0.5], [0, np.nan]).tolist() == ["suppress", "suppress"]


def test_a_count_needs_ten_and_an_interval_of_at_most_1_6_times_itself():
    # Garwood: 10 has 4.80 to 18.39, 1.36 times; 7 has 2.81 to 14.42, 1.66 times; 8 has 1.54 times
    count = np.array([10, 8, 7, 0])
    low, high = garwood(count, np.ones(4))
    assert counts(count, low, high, 100).tolist() == ["show", "show", "suppress", "suppress"]
    assert counts(count, low, high, [9, 10, 10, 10]).tolist() == ["suppress", "show", "suppress", "suppress"]
    assert counts(10, 4.8, 18.4, 100, 7).tolist() == ["review"]
    assert counts(np.nan, np.nan, np.nan, 100).tolist() == ["suppress"]


ORDER = {"suppress": 0, "show with note": 1, "show": 1, "review": 1}


@given(st.integers(0, 1000).map(lambda thousandths: thousandths / 1000), st.integers(1, 5000), st.integers(2, 10))
def test_more_answers_never_take_a_share_out_of_print(share, n, times):
    few, many = proportions([share, share], [n, n * times])
    assert set(MEANINGS) >= {few, many}
    assert ORDER[many] >= ORDER[few]


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_note_stands_where_the_complement_would_be_suppressed(count):
    positives, n = count
    said, of_complement = proportions([positives / n, (n - positives) / n], n)
    if said == "show with note":
        assert of_complement == "suppress"
    if said == "show":
        assert of_complement in ("show", "show with note")
