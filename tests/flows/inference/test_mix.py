import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from flows.inference.comparisons import two_shares
from flows.inference.mix import gated, mix_p


def pearson(*categories: tuple[int, int]) -> float:
    return chi2_contingency(np.array(categories), correction=False).pvalue


def test_a_mix_is_tested_by_pearsons_chi_square():
    later, earlier = [500, 300, 200], [450, 350, 200]
    expected = pearson(*zip(later, earlier, strict=True))
    assert mix_p(["channel"] * 3, later, earlier) == pytest.approx([expected] * 3)
    # by hand: 475 and 325 expected twice, 2 · 25²/475 + 2 · 25²/325 = 6.4777, two degrees of freedom
    assert expected == pytest.approx(np.exp(-6.4777 / 2), rel=1e-4)


def test_each_mix_is_tested_for_itself():
    mixes = ["b", "a", "b", "a"]
    found = mix_p(mixes, [50, 30, 60, 70], [60, 70, 50, 30])
    assert found[[0, 2]] == pytest.approx(pearson((50, 60), (60, 50)))
    assert found[[1, 3]] == pytest.approx(pearson((30, 70), (70, 30)))


def test_a_mix_of_two_has_the_p_of_its_share():
    found = mix_p(["device"] * 2, [60, 140], [90, 110])
    assert found == pytest.approx(np.repeat(two_shares(60, 200, 90, 200).p, 2))


def test_small_categories_are_pooled():
    # 3 + 4 and 5 + 2 of 1,000 in each month expect 3.5 in each: together 7
    found = mix_p(["channel"] * 4, [500, 493, 3, 4], [450, 543, 5, 2])
    assert found == pytest.approx([pearson((500, 450), (493, 543), (7, 7))] * 4)


def test_what_is_still_small_when_pooled_joins_the_smallest_of_the_others():
    found = mix_p(["channel"] * 4, [500, 200, 299, 1], [450, 300, 249, 1])
    assert found == pytest.approx([pearson((500, 450), (201, 301), (299, 249))] * 4)
    # of two equally small ones neither is preferred
    found = mix_p(["channel"] * 5, [500, 200, 300, 250, 1], [450, 300, 200, 250, 1])
    assert found == pytest.approx([pearson((500, 450), (751, 751))] * 5)


def test_an_unequal_month_expects_less_in_the_smaller_one():
    # 40 of 1,100 expect 3.6 in the month of 100: pooled with the smaller of the others
    found = mix_p(["channel"] * 3, [50, 45, 5], [500, 465, 35])
    assert found == pytest.approx([pearson((50, 500), (50, 500))] * 3)


def test_without_two_categories_or_without_a_month_there_is_no_gate():
    assert np.isnan(mix_p(["a", "a", "b", "c", "c"], [5, 0, 9, 1, 1], [6, 0, 7, 1, 1])).all()
    assert np.isnan(mix_p(["a", "a"], [50, 50], [0, 0])).all()
    assert len(mix_p([], [], [])) == 0
    assert gated([0.02, np.nan, 0.5], [np.nan, 0.3, 0.1]) == pytest.approx([0.02, np.nan, 0.5], nan_ok=True)


def test_a_mix_in_which_nothing_moved_seldom_lets_a_category_through():
    random = np.random.default_rng(20261122)
    shares = [0.4, 0.3, 0.15, 0.1, 0.04, 0.01]
    later, earlier = random.multinomial(400, shares, 2000), random.multinomial(300, shares, 2000)
    mixes = np.repeat(np.arange(2000), 6)
    own = two_shares(later.ravel(), np.full(12000, 400), earlier.ravel(), np.full(12000, 300)).p
    whole = mix_p(mixes, later.ravel(), earlier.ravel())
    assert 0.035 <= (whole[::6] <= 0.05).mean() <= 0.06
    through = (gated(own, whole).reshape(2000, 6) <= 0.05).any(axis=1).mean()
    assert through <= 0.055 < (own.reshape(2000, 6) <= 0.05).any(axis=1).mean()


category = st.tuples(st.sampled_from("abc"), st.integers(0, 60), st.integers(0, 60))
mixes = st.lists(category, min_size=1, max_size=20)


@given(mixes.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(range(len(rows))))))
def test_the_order_of_the_categories_does_not_matter(given_rows):
    rows, order = given_rows
    one, other = mix_p(*zip(*rows, strict=True)), mix_p(*zip(*(rows[place] for place in order), strict=True))
    assert other == pytest.approx(one[list(order)], nan_ok=True)


@given(mixes)
def test_exchanging_the_months_keeps_p_and_the_gate_never_lowers_it(rows):
    mix, later, earlier = zip(*rows, strict=True)
    p = mix_p(mix, later, earlier)
    assert mix_p(mix, earlier, later) == pytest.approx(p, nan_ok=True)
    assert ((p >= 0) & (p <= 1) | np.isnan(p)).all()
    own = np.linspace(0, 1, len(rows))
    assert (gated(own, p) >= own).all()
    assert not np.isnan(gated(own, p)).any()
