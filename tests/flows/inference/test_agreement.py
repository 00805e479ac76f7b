"""Cohen's kappa against published examples, statsmodels and its bounds; how scores are cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from flows.inference.agreement import kappa, score_polarity, table_of

COUNTS = st.lists(st.integers(0, 60), min_size=9, max_size=9).map(lambda cells: np.array(cells).reshape(3, 3))


@pytest.mark.parametrize(
    ("table", "value"),
    [
        # Cohen 1960, Educational and Psychological Measurement 20:45, and the usual examples of the same share agreed.
        ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492),
        ([[45, 15], [25, 15]], 0.1304),
        ([[25, 35], [5, 35]], 0.2593),
    ],
)
def test_kappa_is_the_published_one(table, value):
    assert kappa([table]).kappa[0] == pytest.approx(value, abs=5e-4)


@settings(deadline=None)
@given(COUNTS)
def test_kappa_and_its_standard_error_are_those_of_statsmodels(table):
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    if not table.sum() or (rows * columns).sum() == table.sum() ** 2:
        assert np.isnan(kappa([table]).kappa[0])
        return
    with np.errstate(invalid="ignore", divide="ignore"):  # statsmodels divides by nothing for its weighted kappa
        theirs = cohens_kappa(table)
    ours = kappa([table])
    assert ours.kappa[0] == pytest.approx(theirs.kappa, abs=1e-9)
    assert ours.standard_error[0] == pytest.approx(theirs.std_kappa, abs=1e-7)


@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_kappa_is_bounded_symmetric_and_takes_many_tables_at_once(tables):
    many = kappa(tables)
    turned = kappa([table.T for table in tables])
    for place, table in enumerate(tables):
        alone = kappa([table])
        np.testing.assert_allclose([part[place] for part in many], [part[0] for part in alone], atol=1e-12)
    np.testing.assert_allclose(many.kappa, turned.kappa, atol=1e-12)
    told = ~np.isnan(many.kappa)
    assert (np.abs(many.kappa[told]) <= 1 + 1e-12).all()
    assert ((many.low <= many.kappa + 1e-12) & (many.kappa - 1e-12 <= many.high))[told].all()


def test_no_counts_and_no_variety_have_no_kappa():
    found = kappa([np.zeros((3, 3)), np.diag([0, 0, 9])])
    assert np.isnan(found.kappa).all()
    assert np.isnan(found.low).all()


@pytest.mark.parametrize(
    ("kind", "low", "high", "negative", "neutral", "positive"),
    [
        ("nps", 0, 10, [0, 6], [7, 8], [9, 10]),
        ("csat", 1, 5, [1, 2], [3], [4, 5]),
        ("ces", 1, 7, [1, 2, 3], [4], [5, 6, 7]),
        ("csat", 1, 10, [1, 4], [5, 6], [7, 10]),
        ("csat", 0, 10, [0, 3], [4, 5, 6], [7, 10]),
        ("csat", 0, 1, [0], [], [1]),
        ("csat", 1, 4, [1, 2], [], [3, 4]),
    ],
)
def test_a_scale_is_cut_as_stated(kind, low, high, negative, neutral, positive):
    for polarity, scores in {"negative": negative, "neutral": neutral, "positive": positive}.items():
        for score in scores:
            assert score_polarity(score, low, high, kind)[0] == polarity, score


def test_a_score_without_a_scale_has_no_polarity_and_is_left_out_of_the_table():
    told = score_polarity([3, np.nan, 3, 5], [1, 1, 3, 1], [5, 5, 3, 5], ["csat"] * 4)
    assert told.tolist() == ["neutral", None, None, "positive"]
    table = table_of(["negative", "positive", "negative", "positive"], told)
    assert table.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]
