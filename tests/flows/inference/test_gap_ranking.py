import itertools

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference.gap_ranking import rank_group
from flows.inference.scales import Scale

NAN = float("nan")
NUMBERS = st.integers(0, 10).map(float) | st.just(NAN)
RATINGS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=5)
SMALL = Scale(0, 4)


def rows(ratings):
    frame = pd.DataFrame(ratings, columns=["experience", "expectation", "importance"])
    return frame.assign(dimension=[f"d{place}" for place in range(len(frame))])


def fillings(ratings, scale):
    """Every way to put the two ends and the middle of the scale where something is missing; all dimensions at once."""
    ends = (scale.lowest, (scale.lowest + scale.highest) / 2, scale.highest)
    choices = [ends if np.isnan(number) else (number,) for numbers in ratings for number in numbers]
    for filled in itertools.product(*choices):
        yield [(filled[place] - filled[place + 1]) * filled[place + 2] for place in range(0, len(filled), 3)]


def most_negative(values):
    least = min(values)
    return {f"d{place}" for place, value in enumerate(values) if value == least and value < 0}


def test_a_missing_importance_makes_candidates_not_a_key():
    ranking = rank_group(rows([(5, 7, 3), (6, 7, NAN)]))  # -6 against -10 to 0
    assert (ranking.key, ranking.candidates) == ((), ("d0", "d1"))
    assert [(rank.best, rank.worst) for rank in ranking.ranks] == [(1, 2), (1, 2)]
    assert [rank.rank for rank in ranking.ranks] == [None, None]


def test_a_dimension_without_importance_is_key_only_where_even_the_least_makes_it_so():
    alone = rows([(2, 7, NAN), (7, 7, 9)])
    # nought is an admissible importance: then both are level
    assert (rank_group(alone).key, rank_group(alone).candidates) == ((), ("d0",))
    ranking = rank_group(alone, importance_scale=Scale(1, 10))
    assert ranking.key == ranking.key_without_importance == ("d0",)


def test_equals_are_key_together():
    ranking = rank_group(rows([(5, 7, 9), (4, 7, 6), (7, 7, 1)]))
    assert ranking.key == ("d0", "d1")
    assert [rank.rank for rank in ranking.ranks] == [1, 1, 3]


def test_where_nothing_falls_short_there_is_no_key():
    ranking = rank_group(rows([(8, 7, 9), (7, 7, 6)]))
    assert (ranking.key, ranking.candidates, ranking.unrankable) == ((), (), ())
    assert [rank.rank for rank in ranking.ranks] == [2, 1]


def test_an_unknown_satisfaction_that_cannot_be_worse_is_said_to_be_harmless():
    # at 9 of 10 even the highest expectation leaves -1, times 5 at most... -5
    ranking = rank_group(rows([(5, 7, 9), (9, NAN, 5), (4, NAN, 5)]))
    assert ranking.key == ("d0",)
    assert ranking.unrankable == ("d1", "d2")
    assert ranking.could_be_worse == ("d2",)


def test_without_importance_a_satisfaction_is_not_ranked_by_guess():
    # an importance of nought makes any satisfaction nought: known, though nobody said what was expected
    ranking = rank_group(rows([(5, NAN, 0), (5, 7, 1)]))
    assert ranking.unrankable == ()
    assert ranking.key == ("d1",)


@settings(max_examples=60, deadline=None)
@given(RATINGS.filter(lambda ratings: sum(np.isnan(numbers).sum() for numbers in map(np.array, ratings)) <= 6))
def test_the_key_is_the_most_negative_under_every_filling_of_the_rankable(ratings):
    clipped = [tuple(min(number, 4.0) if number == number else number for number in numbers) for numbers in ratings]
    ranking = rank_group(rows(clipped), scale=SMALL, importance_scale=SMALL)
    rankable = [place for place, rank in enumerate(ranking.ranks) if rank.best is not None]
    names = {f"d{place}" for place in rankable}
    outcomes = [
        most_negative([numbers if place in rankable else np.inf for place, numbers in enumerate(filled)])
        for filled in fillings(clipped, SMALL)
    ]
    assert set(ranking.key) <= set.intersection(*outcomes) & names
    possible = set.union(*outcomes)
    if ranking.key:
        assert all(outcome >= set(ranking.key) for outcome in outcomes)
    else:
        assert set(ranking.candidates) == possible
        assert not any(set.intersection(*outcomes))
    # whatever has no importance wins only under every importance, and never without being named
    for name in ranking.key:
        if np.isnan(clipped[int(name[1:])][2]):
            assert name in ranking.key_without_importance


@settings(max_examples=60, deadline=None)
@given(RATINGS.filter(lambda ratings: sum(np.isnan(numbers).sum() for numbers in map(np.array, ratings)) <= 5))
def test_ranks_are_as_wide_as_the_fillings_make_them(ratings):
    clipped = [tuple(min(number, 4.0) if number == number else number for number in numbers) for numbers in ratings]
    ranking = rank_group(rows(clipped), scale=SMALL, importance_scale=SMALL)
    rankable = [place for place, rank in enumerate(ranking.ranks) if rank.best is not None]
    seen = {place: set() for place in rankable}
    for filled in fillings(clipped, SMALL):
        for place in rankable:
            seen[place].add(1 + sum(filled[other] < filled[place] for other in rankable))
    for place in rankable:
        assert (ranking.ranks[place].best, ranking.ranks[place].worst) == (min(seen[place]), max(seen[place]))


@settings(max_examples=60, deadline=None)
@given(RATINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_dimensions_does_not_matter(ratings, random):
    frame = rows(ratings)
    order = list(frame.index)
    random.shuffle(order)
    once, again = rank_group(frame), rank_group(frame.loc[order])
    assert set(once.key) == set(again.key)
    assert set(once.unrankable) == set(again.unrankable)
    assert {rank.dimension: rank for rank in once.ranks} == {rank.dimension: rank for rank in again.ranks}
