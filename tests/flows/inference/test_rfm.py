"""Oracle O17 of DOMAIN section 4: the orders of the R package rfm, its cut rule and its segments."""

import csv
import datetime
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.inference import rfm
from tests.real.raw_extracts import DATA

ORDERS = DATA / "oracles" / "rfm_orders.csv"
needs_orders = pytest.mark.skipif(
    not ORDERS.is_file(), reason="oracles/rfm_orders.csv is not here: no CX_REAL_DATA, no ../shared/data"
)

#: The order of the package's test, in which the first segment that fits counts as well.
PUBLISHED_ORDER = [
    "Champions",
    "Loyal Customers",
    "Potential Loyalist",
    "New Customers",
    "Promising",
    "Need Attention",
    "About To Sleep",
    "At Risk",
    "Can't Lose Them",
    "Lost",
]
PUBLISHED = sorted(rfm.SEGMENTS, key=lambda segment: PUBLISHED_ORDER.index(segment.name))

amounts = st.lists(st.integers(0, 200), min_size=1, max_size=60)


@cache
def customers():
    """Names, and recency in days, number of orders and revenue of each by 2006-12-31."""
    orders = defaultdict(list)
    with ORDERS.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            orders[row["customer_id"]].append((datetime.date.fromisoformat(row["order_date"]), int(row["revenue"])))
    last = {name: max(day for day, _ in bought) for name, bought in orders.items()}
    names = sorted(orders)
    recency = [(datetime.date(2006, 12, 31) - last[name]).days for name in names]
    revenue = [sum(amount for _, amount in orders[name]) for name in names]
    return names, np.array(recency), np.array([len(orders[name]) for name in names]), np.array(revenue)


def scored(cuts_plus_one):
    _, recency, frequency, revenue = customers()
    return [
        rfm.scores(values, rfm.cut_points(values), few_is_good, cuts_plus_one)
        for values, few_is_good in ((recency, True), (frequency, False), (revenue, False))
    ]


def champions(cuts_plus_one):
    _, _, frequency, revenue = customers()
    chosen = rfm.segments_of(*scored(cuts_plus_one)) == "Champions"
    return int(chosen.sum()), int(frequency[chosen].sum()), int(revenue[chosen].sum())


@needs_orders
def test_the_table_is_the_published_one():  # O17
    names, _, frequency, revenue = customers()
    assert (len(names), frequency.sum(), revenue.sum()) == (995, 4906, 464_158)


@needs_orders
@pytest.mark.parametrize(
    ("name", "days", "orders", "spent", "score"),
    [
        ("Abbey O'Reilly", 205, 6, 472, "343"),
        ("Add Senger", 140, 3, 340, "412"),
        ("Agness O'Keefe", 90, 9, 843, "555"),
    ],
)
def test_single_customers_have_their_published_scores(name, days, orders, spent, score):  # O17
    names, recency, frequency, revenue = customers()
    place = names.index(name)
    assert (recency[place], frequency[place], revenue[place]) == (days, orders, spent)
    assert "".join(str(part[place]) for part in scored(cuts_plus_one=True)) == score


@needs_orders
def test_the_champions_are_those_published():  # O17
    assert champions(cuts_plus_one=True) == (158, 1234, 120_178)


@needs_orders
def test_plain_cuts_make_one_more_champion():  # O17
    assert champions(cuts_plus_one=False) == (159, 1240, 120_684)


@needs_orders
def test_ten_customers_have_their_published_segments():  # the package's own test; its older table adds titles to names
    names, *_ = customers()
    found = dict(zip(names, rfm.segments_of(*scored(cuts_plus_one=True), segments=PUBLISHED), strict=True))
    published = {
        "Abbey O'Reilly": "Loyal Customers",
        "Add Senger": "Potential Loyalist",
        "Aden Lesch": "Potential Loyalist",
        "Admiral Senger": "Loyal Customers",
        "Agness O'Keefe": "Champions",
        "Aileen Barton": "Champions",
        "Ailene Hermann": "Loyal Customers",
        "Aiyanna Bruen": "Potential Loyalist",
        "Ala Schmidt": "About To Sleep",
        "Alannah Borer": "Lost",
    }
    assert {name: found[name] for name in published} == published


def test_each_segment_can_be_reached_in_our_order_and_three_not_in_the_published_one():
    ours = {name for *_, name in rfm.segment_table()}
    assert ours == {*PUBLISHED_ORDER, rfm.NO_SEGMENT}
    theirs = {name for *_, name in rfm.segment_table(PUBLISHED)}
    assert ours - theirs == {"New Customers", "Promising", "Can't Lose Them"}


def test_the_table_of_segments_holds_every_triple_once():
    table = rfm.segment_table()
    assert [row[:3] for row in table] == [
        (recency, frequency, monetary)
        for recency in range(1, 6)
        for frequency in range(1, 6)
        for monetary in range(1, 6)
    ]
    for *triple, name in table:
        fitting = [
            segment.name
            for segment in rfm.SEGMENTS
            if all(low <= score <= high for score, (low, high) in zip(triple, segment[1:], strict=True))
        ]
        assert name == (fitting[0] if fitting else rfm.NO_SEGMENT)


def test_ten_different_customers_make_five_pairs():
    values = [3, 1, 2, 10, 9, 8, 4, 5, 6, 7]
    cuts = rfm.cut_points(values)
    assert cuts == pytest.approx([2.8, 4.6, 6.4, 8.2])  # type 7: 1 + 0.2 x 9 …
    assert rfm.scores(values, cuts).tolist() == [2, 1, 1, 5, 5, 4, 2, 3, 3, 4]
    assert rfm.scores(values, cuts, few_is_good=True).tolist() == [4, 5, 5, 1, 1, 2, 4, 3, 3, 2]


def test_a_value_at_the_cut_belongs_below_it_and_the_other_rule_adds_one():
    cuts = [2.5, 4.0]
    assert rfm.scores([2, 3, 4, 5], cuts).tolist() == [1, 2, 2, 3]
    assert rfm.scores([2, 3, 4, 5], cuts, cuts_plus_one=True).tolist() == [1, 1, 2, 3]


def test_where_all_are_alike_all_have_one_score():
    assert set(rfm.scores([7] * 9, rfm.cut_points([7] * 9)).tolist()) == {1}
    assert np.isnan(rfm.cut_points([])).all()


@given(amounts, st.booleans())
def test_more_is_never_scored_worse_and_equals_are_equal(values, cuts_plus_one):
    cuts = rfm.cut_points(values)
    found = rfm.scores(values, cuts, cuts_plus_one=cuts_plus_one)
    assert found.min() >= 1
    assert found.max() <= 5
    for value, score in zip(values, found, strict=True):
        # in plain Python: one more than the cut points that lie below
        assert score == 1 + sum(value >= cut + 1 if cuts_plus_one else value > cut for cut in cuts)
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert (rfm.scores(values, cuts, True, cuts_plus_one) == 6 - found).all()


@given(amounts, st.sampled_from([0.25, 2, 8]))
def test_the_unit_of_the_values_does_not_matter(values, unit):
    values = np.array(values, float)
    rescaled = unit * values
    assert (rfm.scores(values, rfm.cut_points(values)) == rfm.scores(rescaled, rfm.cut_points(rescaled))).all()
