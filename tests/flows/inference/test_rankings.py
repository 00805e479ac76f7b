import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare

from flows.inference import intervals
from flows.inference.bootstrap import GROUPS
from flows.inference.rankings import agreement, completed_ranks, order_of_items

NONE = np.nan


def opinions(random: np.random.Generator, respondents: int, strength: list[float]) -> np.ndarray:
    """Complete rankings: each respondent orders the items by their strength and a liking of his own."""
    liking = np.array(strength) + random.gumbel(size=(respondents, len(strength)))
    return (-liking).argsort(axis=1).argsort(axis=1) + 1.0


def groups(random: np.random.Generator, respondents: int) -> np.ndarray:
    return random.integers(0, GROUPS, respondents)


def test_items_left_out_share_the_places_after_those_ranked():
    found = completed_ranks([[2, 1, NONE, NONE], [1, NONE, NONE, NONE], [1, 1, 3, 4], [1, 2, 5, 9], [NONE] * 4])
    assert found.tolist() == [[2, 1, 3.5, 3.5], [1, 3, 3, 3], [1.5, 1.5, 3, 4], [1, 2, 3, 4]]


def test_mean_ranks_and_who_is_first_by_hand():
    found = order_of_items([[1, 2, 3], [1, 3, 2], [2, 1, NONE], [1, 1, 2]], [0, 1, 2, 3])
    assert found.mean_rank == pytest.approx([(1 + 1 + 2 + 1.5) / 4, (2 + 3 + 1 + 1.5) / 4, (3 + 2 + 3 + 3) / 4])
    assert found.first_share == pytest.approx([2.5 / 4, 1.5 / 4, 0])
    assert found.first_low == pytest.approx(intervals.wilson([2.5, 1.5, 0], [4, 4, 4])[0])
    assert found.place.tolist() == [1, 2, 3]
    # the ranks of the first item are 1, 1, 2, 1.5: standard deviation 0.4787, Student's 3.1824 for three degrees
    assert found.rank_high[0] == pytest.approx(1.375 + 3.1824 * 0.4787 / 2, abs=1e-3)
    assert found.rank_low[0] == 1


def test_places_that_the_data_order_are_sure_and_others_overlap():
    random = np.random.default_rng(1)
    ranks = opinions(random, 400, [2, 0.05, 0, -2])
    found = order_of_items(ranks, groups(random, 400))
    assert (found.place_low[[0, 3]].tolist(), found.place_high[[0, 3]].tolist()) == ([1, 4], [1, 4])
    assert (found.place_low[[1, 2]].tolist(), found.place_high[[1, 2]].tolist()) == ([2, 2], [3, 3])


def test_the_limits_of_a_mean_rank_cover_it_also_where_customers_answer_often():
    random = np.random.default_rng(2)
    true = opinions(random, 400_000, [1, 0.3, 0, -0.5]).mean(axis=0)
    covered = []
    for _ in range(300):
        customers = opinions(random, 60, [1, 0.3, 0, -0.5])
        times = random.integers(1, 4, 60)
        found = order_of_items(np.repeat(customers, times, axis=0), np.repeat(groups(random, 60), times))
        covered.append((found.rank_low <= true) & (true <= found.rank_high))
    assert 0.92 <= np.mean(covered) <= 0.975


def test_agreement_is_friedmans_test_and_kendalls_w():
    random = np.random.default_rng(3)
    ranks = opinions(random, 40, [0.5, 0, 0, -0.5])
    expected = friedmanchisquare(*ranks.T)
    found = agreement(ranks)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.w == pytest.approx(expected.statistic / (40 * 3))
    partial = np.where(ranks <= 2, ranks, NONE)
    expected = friedmanchisquare(*completed_ranks(partial).T)
    assert agreement(partial).p == pytest.approx(expected.pvalue)


def test_all_of_one_mind_have_w_1_and_two_opposite_ones_0():
    assert agreement([[1, 2, 3]] * 5).w == pytest.approx(1)
    assert agreement([[1, NONE, NONE]] * 5).w == pytest.approx(1)
    opposite = agreement([[1, 2, 3], [3, 2, 1]])
    assert (opposite.w, opposite.p) == (0, 1)


def test_who_says_nothing_of_the_order_is_left_out():
    assert agreement([[1, 1, 1], [NONE] * 3, [1, 2, 3], [1, 2, 3]]) == agreement([[1, 2, 3], [1, 2, 3]])
    alone = agreement([[1, 2, 3]])
    assert (alone.respondents, np.isnan(alone.w), np.isnan(alone.p)) == (1, True, True)


def test_without_a_ranking_there_is_nothing_and_in_one_group_no_limits():
    assert np.isnan(order_of_items(np.empty((0, 3)), [])).all()
    assert np.isnan(order_of_items([[NONE] * 3], [0])).all()
    assert np.isnan(agreement(np.empty((0, 3))).w)
    found = order_of_items([[1, 2, 3], [1, 3, 2]], [5, 5])
    assert found.mean_rank.tolist() == [1, 2.5, 2.5]
    assert found.place.tolist() == [1, 2, 2]
    assert np.isnan([found.rank_low, found.place_low, found.place_high]).all()


def test_orders_at_random_seldom_look_like_agreement():
    random = np.random.default_rng(4)
    p = np.array([agreement(opinions(random, 40, [0] * 5)).p for _ in range(1000)])
    assert 0.03 <= (p <= 0.05).mean() <= 0.065


rankings = st.lists(
    st.tuples(st.permutations([1.0, 2.0, 3.0, 4.0]), st.integers(1, 4)).map(
        lambda given: [rank if rank <= given[1] else NONE for rank in given[0]]
    ),
    min_size=2,
    max_size=30,
)


@settings(max_examples=60)
@given(rankings, st.permutations(range(4)))
def test_the_order_of_the_items_on_the_page_does_not_matter(ranks, order):
    ranks, group = np.array(ranks), np.arange(len(ranks))
    one, other = order_of_items(ranks, group), order_of_items(ranks[:, order], group)
    for part, moved in zip(one, other, strict=True):
        assert moved == pytest.approx(part[list(order)], nan_ok=True)
    assert agreement(ranks[:, order]).w == pytest.approx(agreement(ranks).w, nan_ok=True)


@settings(max_examples=60)
@given(rankings)
def test_ranks_places_and_shares_stay_on_their_scale(ranks):
    found = order_of_items(ranks, np.arange(len(ranks)))
    assert found.mean_rank.sum() == pytest.approx(10)
    assert found.first_share.sum() == pytest.approx(1)
    assert (found.rank_low <= found.mean_rank + 1e-9).all()
    assert (found.mean_rank <= found.rank_high + 1e-9).all()
    assert (found.place_low >= 1).all()
    assert (found.place_high <= 4).all()
    assert (found.place_low <= found.place).all()
    assert (found.place <= found.place_high).all()
    assert -1e-12 <= agreement(ranks).w <= 1 + 1e-12
