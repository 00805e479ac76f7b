"""O24 is that of DOMAIN section 4: the case of DOMAIN 1.3, with its missing numbers missing."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t, ttest_ind, ttest_rel

from flows.errors import ConfigurationError
from flows.inference.gap_analysis import COLUMNS, gap_table
from flows.inference.gap_ranking import rank_group, rank_table
from flows.inference.gap_roles import role_differences
from flows.inference.scales import Scale

NAN = float("nan")
#: Experience, expectation, importance of the electronics shop; what is not stated anywhere is missing.
MEISU = {
    "product": (6, 7, NAN),
    "service": (6, NAN, NAN),
    "relationship": (4, NAN, NAN),
    "convenience": (5, 7, 9),
    "brand_image": (7, 7, NAN),
    "price": (7, 7, NAN),
}
NO_IDEALS = pd.DataFrame({"dimension": [], "ideal": [], "valid_from": []})
IDEALS = pd.DataFrame([{"dimension": "convenience", "ideal": 10, "valid_from": None}])


def rated(ratings, role="management", respondent="r1", **place):
    """One respondent's ratings by dimension: (experience, expectation, importance)."""
    group = {"period": "2006-06", "role": role, "slice": "overall", "slice_value": None} | place
    columns = ("experience", "expectation", "importance")
    return pd.DataFrame(
        [
            group | {"respondent": respondent, "dimension": dimension} | dict(zip(columns, numbers, strict=True))
            for dimension, numbers in ratings.items()
        ]
    )


def survey(n, seed=1, role="customer", shift=0.0, **place):
    """Answers of ``n`` people to two dimensions."""
    random = np.random.default_rng(seed)
    people = []
    for person in range(n):
        mood = random.normal()
        numbers = {
            "convenience": (5.5 + shift + mood, 7.5 + mood / 2, 8.5),
            "price": (6.5 + mood, 7.0 + mood / 2, 7.0),
        }
        noisy = {
            dimension: tuple(np.clip(np.rint(values + random.normal(size=3)), 0, 10))
            for dimension, values in numbers.items()
        }
        people.append(rated(noisy, role, f"{role}{person:04}", **place))
    return pd.concat(people, ignore_index=True)


def by_dimension(table, column):
    return dict(zip(table["dimension"], table[column], strict=True))


def known(values):
    """Missing as None, so that it can be compared."""
    return {name: None if np.isnan(value) else value for name, value in values.items()}


@pytest.fixture(scope="module")
def meisu():
    return gap_table(rated(MEISU), IDEALS, seed=1, dimensions=list(MEISU))


def test_the_case_of_the_method_gives_its_own_numbers(meisu):  # O24
    assert list(meisu.columns) == COLUMNS
    assert list(meisu["dimension"]) == list(MEISU)
    assert known(by_dimension(meisu, "satisfaction")) == {
        "product": -1,
        "service": None,
        "relationship": None,
        "convenience": -2,
        "brand_image": 0,
        "price": 0,
    }
    assert known(by_dimension(meisu, "weighted_satisfaction")) == {
        "product": None,
        "service": None,
        "relationship": None,
        "convenience": -18,
        "brand_image": 0,
        "price": 0,
    }
    assert by_dimension(meisu, "ideal") == {
        "product": 6,
        "service": 6,
        "relationship": 4,
        "convenience": 10,
        "brand_image": 7,
        "price": 7,
    }
    assert by_dimension(meisu, "gap") == {name: -5 if name == "convenience" else 0 for name in MEISU}
    assert by_dimension(meisu, "ideal_is")["convenience"] == "chosen"
    assert by_dimension(meisu, "ideal_is")["price"] == "actual"


def test_what_the_case_does_not_state_is_named_not_given(meisu):  # O24
    assert by_dimension(meisu, "not_given") == {
        "product": ("importance",),
        "service": ("expectation", "importance"),
        "relationship": ("expectation", "importance"),
        "convenience": (),
        "brand_image": ("importance",),
        "price": ("importance",),
    }
    assert not any(meisu["withheld"])


def test_a_judgement_has_no_interval_and_is_shown_though_it_is_one(meisu):
    assert not meisu["sample"].any()
    intervals = [column for column in COLUMNS if column.endswith(("_low", "_high", "_error", "_freedom", "_pct"))]
    assert len(intervals) == 4 * 4 + 5
    assert meisu[intervals].isna().all(axis=None)
    assert (meisu["n"] == 1).all()


def test_convenience_is_the_key_experience_of_the_case_and_two_cannot_be_ranked(meisu):  # O24
    table, rankings = rank_table(meisu)
    [ranking] = rankings.values()
    assert list(rankings) == [("2006-06", "management", "overall", None)]
    assert ranking.key == ("convenience",)
    assert ranking.candidates == ()
    assert ranking.unrankable == ranking.could_be_worse == ("service", "relationship")
    assert ranking.key_without_importance == ()
    # product is at or below brand image and price whatever its importance, they are level with it only if that is 0
    assert by_dimension(table.fillna({"rank": 0}), "rank") == {
        "convenience": 1,
        "product": 2,
        "service": 0,
        "relationship": 0,
        "brand_image": 0,
        "price": 0,
    }
    assert table.set_index("dimension").loc["price", ["rank_best", "rank_worst"]].tolist() == [2, 3]


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 10))
def test_convenience_is_key_whatever_the_importance_of_product(importance):
    ratings = MEISU | {"product": (6, 7, importance)}
    table = gap_table(rated(ratings), IDEALS, seed=1, dimensions=list(MEISU))
    assert rank_group(table).key == ("convenience",)


def test_another_dimension_is_key_for_some_expectation_of_service_or_relationship():
    ratings = MEISU | {"relationship": (4, 9, 9)}
    table = gap_table(rated(ratings), IDEALS, seed=1, dimensions=list(MEISU))
    assert rank_group(table).key == ("relationship",)


def test_paired_and_independent_answers_have_the_t_interval_of_their_kind():
    answers = survey(120)
    table = gap_table(answers, NO_IDEALS, seed=1).set_index("dimension")
    rows = answers[answers["dimension"] == "price"]
    paired = ttest_rel(rows["experience"], rows["expectation"]).confidence_interval()
    assert table.loc["price", ["satisfaction_low", "satisfaction_high"]].tolist() == pytest.approx(list(paired))
    assert table.loc["price", "paired_n"] == 120
    apart = answers.copy()
    halves = apart["respondent"].str[-1].astype(int) % 2 == 0
    apart.loc[halves, "experience"] = NAN
    apart.loc[~halves, "expectation"] = NAN
    table = gap_table(apart, NO_IDEALS, seed=1).set_index("dimension")
    rows = apart[apart["dimension"] == "price"]
    welch = ttest_ind(rows["experience"], rows["expectation"], equal_var=False, nan_policy="omit")
    assert table.loc["price", ["satisfaction_low", "satisfaction_high"]].tolist() == pytest.approx(
        list(welch.confidence_interval())
    )
    assert table.loc["price", ["n", "paired_n"]].tolist() == [120, 0]


def test_means_have_students_interval_on_their_scale():
    answers = survey(40)
    table = gap_table(answers, NO_IDEALS, seed=1).set_index("dimension")
    importance = answers.loc[answers["dimension"] == "convenience", "importance"]
    low, high = t.interval(0.95, 39, importance.mean(), importance.std() / np.sqrt(40))
    assert table.loc["convenience", ["importance_low", "importance_high"]].tolist() == pytest.approx([low, high])
    few = rated({"price": (1, 10, 10)}, "customer", "a"), rated({"price": (0, 9, 10)}, "customer", "b")
    row = gap_table(pd.concat(few), NO_IDEALS, seed=1, hidden_below=0).iloc[0]
    assert (row["experience_low"], row["expectation_high"], row["satisfaction_low"]) == (0, 10, -9)


def test_weighted_satisfaction_has_a_bootstrap_interval_and_the_certainty_of_the_key():
    table = gap_table(survey(300), NO_IDEALS, seed=1).set_index("dimension")
    key = table.loc["convenience"]
    assert key["weighted_satisfaction"] == pytest.approx(key["importance"] * key["satisfaction"])
    assert key["weighted_satisfaction_low"] < key["weighted_satisfaction"] < key["weighted_satisfaction_high"] < 0
    assert table["most_negative_pct"].tolist() == [100, 0]
    delta = gap_table(survey(300), NO_IDEALS, seed=1, replicates=0).set_index("dimension")
    for limit in ("weighted_satisfaction_low", "weighted_satisfaction_high"):
        assert delta[limit].tolist() == pytest.approx(table[limit].tolist(), abs=0.35)
    assert delta["most_negative_pct"].isna().all()
    level = gap_table(survey(60, shift=0.9), NO_IDEALS, seed=1)["most_negative_pct"]
    assert level.between(1, 99).all()
    assert level.sum() == pytest.approx(100)


def test_the_newest_ideal_of_the_month_holds_and_has_the_interval_of_the_experience():
    answers = pd.concat([survey(50, period=period) for period in ("2025-12", "2026-01", "2026-06")])
    ideals = pd.DataFrame(
        [("convenience", 8, "2026-01"), ("convenience", 9, "2026-05"), ("price", 7, "")],
        columns=["dimension", "ideal", "valid_from"],
    )
    table = gap_table(answers, ideals, seed=1, replicates=0).set_index(["dimension", "period"])
    assert table.loc["convenience", "ideal"].tolist() == [table.loc[("convenience", "2025-12"), "experience"], 8, 9]
    assert table.loc["price", "ideal"].tolist() == [7, 7, 7]
    row = table.loc[("convenience", "2026-06")]
    assert row["gap_low"] == row["experience_low"] - 9
    assert row["gap_low"] < row["gap"] < row["gap_high"]
    # a gap to the actual experience is nought by definition, not by measurement
    first = table.loc[("convenience", "2025-12")]
    assert first["gap"] == 0
    assert np.isnan(first["gap_low"])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("price", 7, ""), ("price", 8, None)], "two ideals of price hold from the beginning"),
        ([("price", 11, "")], "off the scale from 0 to 10"),
        ([("price", -1, "")], "off the scale"),
    ],
)
def test_ideals_that_cannot_be_meant_are_refused(rows, sentence):
    ideals = pd.DataFrame(rows, columns=["dimension", "ideal", "valid_from"])
    with pytest.raises(ConfigurationError, match=sentence):
        gap_table(rated(MEISU), ideals, seed=1)


def test_a_sample_of_four_is_withheld_with_whatever_would_give_it_away():
    answers = pd.concat(
        [
            survey(24),
            survey(24).assign(
                slice="region", slice_value=lambda rows: rows["respondent"].map(lambda name: "NEWS"[int(name[-4:]) % 4])
            ),
        ]
    )
    # only four of the north say how important convenience is
    north = (answers["slice_value"] == "N") & (answers["dimension"] == "convenience")
    few = answers.index[north][4:]
    answers.loc[north & answers.index.isin(few), "importance"] = NAN
    table = gap_table(answers, NO_IDEALS, seed=1, partitions={"region"}, replicates=50)
    rows = table[table["dimension"] == "convenience"].set_index("slice_value")
    assert rows.loc["N", "withheld"] == ("importance",)
    hidden = rows.loc["N", ["importance", "importance_n", "importance_error", "weighted_satisfaction", "n"]]
    assert hidden.isna().all()
    assert rows.loc["N", ["experience", "satisfaction", "satisfaction_low", "gap"]].notna().all()
    # a second region goes with it, or the whole minus the others would tell
    assert sum(bool(names) for names in rows["withheld"]) == 2
    # what is withheld is not "not given"
    assert not any(rows["not_given"])
    assert not any(table.loc[table["dimension"] == "price", "withheld"])


def test_all_but_the_judgements_are_withheld_when_few():
    answers = pd.concat([rated(MEISU, role) for role in ("customer", "frontline", "management", "workshop")])
    table = gap_table(answers, IDEALS, seed=1)
    shown = table.groupby("role")["experience"].apply(lambda values: values.notna().all())
    assert shown.to_dict() == {"customer": False, "frontline": False, "management": True, "workshop": True}
    customer = table[(table["role"] == "customer") & (table["dimension"] == "convenience")].iloc[0]
    assert np.isnan(customer["gap"])
    assert customer["ideal"] == 10
    actual = table[(table["role"] == "customer") & (table["dimension"] == "price")].iloc[0]
    assert np.isnan(actual["ideal"])


def test_a_declared_dimension_that_nobody_rated_has_its_row():
    table = gap_table(rated({"price": (7, 7, 5)}), NO_IDEALS, seed=1, dimensions=["parking", "price"])
    assert table["dimension"].tolist() == ["parking", "price"]
    assert table.loc[0, "not_given"] == ("experience", "expectation", "importance")
    assert table.loc[0, "n"] == 0
    assert table.loc[0, ["experience", "ideal", "gap"]].isna().all()
    assert rank_group(table).unrankable == ("parking",)


def test_a_mean_of_nought_is_an_answer():
    table = gap_table(rated({"price": (0, 7, 0), "service": (0, 0, 9)}), NO_IDEALS, seed=1)
    assert table["weighted_satisfaction"].tolist() == [0, 0]
    assert not any(table["not_given"])


def test_roles_that_differ_are_a_finding_with_an_interval_between_samples():
    answers = pd.concat([survey(200), survey(60, 5, "frontline", shift=1.5), rated({"convenience": (9, 7, 8)})])
    answers = answers.assign(period="2006-06")
    table = gap_table(answers, NO_IDEALS, seed=1, replicates=0)
    found = {
        (each.measure, each.role, each.other): each
        for each in role_differences(table)
        if each.dimension == "convenience"
    }
    assert set(found) == {
        (measure, *roles)
        for measure in ("experience", "expectation", "satisfaction", "importance")
        for roles in itertools.combinations(("customer", "frontline", "management"), 2)
    }
    rows = answers[answers["dimension"] == "convenience"]
    customers, frontline = (rows.loc[rows["role"] == role, "experience"] for role in ("customer", "frontline"))
    expected = ttest_ind(customers, frontline, equal_var=False)
    samples = found["experience", "customer", "frontline"]
    assert (samples.low, samples.high) == pytest.approx(tuple(expected.confidence_interval()))
    assert samples.p == pytest.approx(expected.pvalue)
    assert samples.clear is True
    difference = found["satisfaction", "customer", "frontline"]
    pairs = rows["experience"] - rows["expectation"]
    expected = ttest_ind(pairs[rows["role"] == "customer"], pairs[rows["role"] == "frontline"], equal_var=False)
    assert (difference.low, difference.high) == pytest.approx(tuple(expected.confidence_interval()))
    judged = found["experience", "customer", "management"]
    assert judged.difference == pytest.approx(customers.mean() - 9)
    assert np.isnan(judged.low)
    assert judged.clear is True


def test_two_judgements_differ_without_more_being_said():
    answers = pd.concat([rated({"price": (7, 7, 5)}), rated({"price": (5, 7, NAN)}, "workshop")])
    found = role_differences(gap_table(answers, NO_IDEALS, seed=1), ("management", "workshop"))
    assert [(each.measure, each.difference, each.clear) for each in found] == [
        ("experience", 2, None),
        ("expectation", 0, None),
        ("satisfaction", 2, None),
    ]


dimension_ratings = st.dictionaries(
    st.sampled_from(list(MEISU)),
    st.tuples(*[st.integers(0, 10).map(float) | st.just(NAN)] * 3),
    min_size=1,
)


@settings(max_examples=25, deadline=None)
@given(dimension_ratings, st.floats(0.1, 1))
def test_weights_scale_linearly(ratings, factor):
    """All importances times a factor: all weighted satisfactions times it, and the same ranks."""
    scaled = {name: (one, two, factor * three) for name, (one, two, three) in ratings.items()}
    once, again = (gap_table(rated(each), NO_IDEALS, seed=1) for each in (ratings, scaled))
    assert again["weighted_satisfaction"].to_numpy() == pytest.approx(
        factor * once["weighted_satisfaction"].to_numpy(), nan_ok=True
    )
    ranks = [
        rank_group(table, importance_scale=Scale(0, highest)) for table, highest in ((once, 10), (again, 10 * factor))
    ]
    assert [(rank.best, rank.worst) for rank in ranks[0].ranks] == [(rank.best, rank.worst) for rank in ranks[1].ranks]
    assert ranks[0].key == ranks[1].key


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_answers_does_not_matter(random):
    answers = pd.concat([survey(25), survey(30, 3, "frontline")], ignore_index=True)
    answers.loc[::7, "importance"] = NAN
    order = list(answers.index)
    random.shuffle(order)
    once, again = (gap_table(each, IDEALS, seed=4, replicates=40) for each in (answers, answers.loc[order]))
    pd.testing.assert_frame_equal(once, again, check_exact=True)
