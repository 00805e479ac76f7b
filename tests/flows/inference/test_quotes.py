"""Which customers' words are printed: by rule, masked, and never of a small group."""

import random
from datetime import UTC, datetime, timedelta

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.inference.quotes import QUOTES_A_GROUP, SMALLEST_GROUP, TYPES, choose_quotes

ROWS = pd.DataFrame(
    [{"language": "en", "term": "anna", "kind": "name", "themes": "", "weight": None}],
)
SENTENCE = "the delivery of my parcel was late again and nobody could tell me where it was in the end"
WORDS = SENTENCE.split()


def topic(number: int, **different) -> dict:
    return {
        "comment_id": number,
        "theme": "delivery",
        "polarity": "negative",
        "score": -1.0,
        "comment_polarity": "negative",
        "score_polarity": "negative",
        "comment": " ".join(WORDS[: 5 + number]),
        "language": "en",
        "customer_key": f"customer {number}",
        "answered_at": pd.Timestamp(datetime(2026, 6, 1, tzinfo=UTC) + timedelta(hours=number)),
        "response_id": f"r{number:03}",
    } | different


def chosen(topics: list[dict]) -> pd.DataFrame:
    return choose_quotes(pd.DataFrame(topics), ROWS)


def test_the_comments_nearest_to_the_median_length_are_chosen_in_order():
    found = chosen([topic(number) for number in range(11)])
    assert list(found.columns) == list(TYPES)
    assert found["place"].tolist() == [1, 2, 3]
    lengths = sorted(len(" ".join(WORDS[: 5 + number])) for number in range(11))
    nearest = sorted(lengths, key=lambda length: abs(length - lengths[5]))[:QUOTES_A_GROUP]
    assert [len(quote) for quote in found["quote"]] == nearest
    assert found["comments"].tolist() == [11] * 3


@pytest.mark.parametrize("size", [SMALLEST_GROUP - 1, SMALLEST_GROUP])
def test_a_theme_with_fewer_than_ten_comments_has_no_quote(size):
    found = chosen([topic(number) for number in range(size)])
    assert len(found) == (QUOTES_A_GROUP if size >= SMALLEST_GROUP else 0)
    assert list(found.columns) == list(TYPES)


def test_rows_of_one_comment_do_not_make_a_group_larger():
    assert chosen([topic(number % 5, comment=f"always the same words {number}") for number in range(20)]).empty


@pytest.mark.parametrize(
    "unfit",
    [
        {"score": -0.5},
        {"comment_polarity": "neutral"},
        {"score_polarity": "positive"},
        {"score_polarity": None},
        {"polarity": "neutral", "comment_polarity": "neutral", "score_polarity": "neutral"},
        {"comment": "too late"},
        {"comment": "I met Zorblax and Quuxon with Fnordly there, the parcel was late"},
        {"theme": None},
    ],
)
def test_what_is_unclear_contradicted_short_or_mostly_masked_is_not_quoted(unfit):
    topics = [topic(number, **unfit) for number in range(12)]
    topics += [topic(100, comment="the one that is fit to print here")]
    found = chosen(topics)
    if unfit == {"theme": None}:
        assert found.empty
    else:
        assert found["comment_id"].tolist() == [100]


def test_of_equally_long_ones_the_newest_comes_first_then_the_response():
    same = pd.Timestamp("2026-06-20", tz="UTC")
    topics = [topic(number, comment=f"the parcel came late {letter}") for number, letter in enumerate("abcdefghij")]
    topics += [topic(20, answered_at=same, response_id="b", comment="the parcel came late y")]
    topics += [topic(21, answered_at=same, response_id="a", comment="the parcel came late z")]
    assert chosen(topics)["comment_id"].tolist() == [21, 20, 9]


def test_nobody_is_quoted_twice_and_no_text_is():
    one_customer = [
        topic(number, customer_key="k", theme="price" if number % 2 else "delivery") for number in range(40)
    ]
    assert len(chosen(one_customer)) == 1
    one_text = [topic(number, comment="the same words of everybody") for number in range(40)]
    assert len(chosen(one_text)) == 1
    anonymous = [
        topic(number % 12, customer_key=None, theme="price" if number < 12 else "delivery") for number in range(24)
    ]
    found = chosen(anonymous)
    assert len(found) == 6
    assert found["comment_id"].is_unique


def test_a_quote_is_masked_and_once_masked_the_same_text_is_quoted_once():
    found = chosen([topic(number, comment=f"anna called me {number} times about it") for number in range(12)])
    assert found["quote"].tolist() == ["[…] called me […] times about it"]


@settings(deadline=None, max_examples=30)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(shuffle: random.Random):
    topics = [topic(number, theme="price" if number % 3 else "delivery") for number in range(40)]
    expected = chosen(topics)
    shuffle.shuffle(topics)
    pd.testing.assert_frame_equal(chosen(topics), expected)


def test_a_month_without_comments_has_no_quotes():
    empty = pd.DataFrame([topic(1)]).iloc[:0]
    found = choose_quotes(empty, ROWS)
    assert found.empty
    types = {name: kind for name, kind, *_ in duckdb.sql("describe select * from found").fetchall()}
    assert (types["theme"], types["place"], types["comment_id"]) == ("VARCHAR", "BIGINT", "BIGINT")
