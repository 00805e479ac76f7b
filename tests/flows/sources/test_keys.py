from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from flows.sources.declaration import Key
from flows.sources.keys import NotAnInteger, as_text, hashed


def test_a_hash_is_the_salt_the_names_and_the_normal_value():
    [found] = hashed("pepper", Key(names="customer"), [])([" C-17 "])
    assert found == hashlib.sha256(b"pepper\0customer\0C-17").hexdigest()[:32]


def test_an_integer_is_the_same_however_it_is_written():
    found = hashed("s", Key(names="customer", type="integer"), [])(["007", "7", "7.0", " +7", "7.", "0007.000"])
    assert set(found) == {hashlib.sha256(b"s\0customer\x007").hexdigest()[:32]}


def test_zero_and_negative_integers_are_themselves():
    zero, minus_zero, minus = hashed("s", Key(names="n", type="integer"), [])(["000", "-0", "-7"])
    assert zero == minus_zero == hashlib.sha256(b"s\0n\x000").hexdigest()[:32]
    assert minus == hashlib.sha256(b"s\0n\0-7").hexdigest()[:32]


@pytest.mark.parametrize("value", ["7.5", "A7", "1e3", "1.234E+17", "٣", "7-", "0x7"])
def test_what_is_no_integer_is_named_by_its_place(value):
    with pytest.raises(NotAnInteger) as refused:
        hashed("s", Key(names="n", type="integer"), [])(["1", None, value])
    assert refused.value.place == 2
    assert value not in str(refused.value)


def test_case_counts_only_where_it_is_kept():
    same = hashed("s", Key(names="mail", case="lower"), [])(["Zo@X.pl", "zo@x.PL "])
    kept = hashed("s", Key(names="mail"), [])(["Zo@X.pl", "zo@x.PL "])
    assert same[0] == same[1]
    assert kept[0] != kept[1]


def test_blanks_and_missing_markers_stay_null():
    assert hashed("s", Key(names="n", type="integer"), ["?", " 999 "])(["", "  ", "?", "999", None]) == [None] * 5


def test_the_same_value_under_other_names_or_another_salt_is_another_hash():
    keys = [("s", "customer"), ("s", "agent"), ("t", "customer")]
    assert len({hashed(salt, Key(names=names), [])(["7"])[0] for salt, names in keys}) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"), (-2.5, "-2.5"), (1e20, "100000000000000000000"), (float("nan"), "nan"), (True, "true"),
        (Decimal("7.00"), "7"), (Decimal("1E+3"), "1000"), (Decimal("0.10"), "0.10"), (12, "12"),
        (date(2026, 9, 1), "2026-09-01"), (datetime(2026, 9, 1, 8), "2026-09-01 08:00:00"),
        (timedelta(hours=30), "108000"), (timedelta(seconds=1.5), "1.5"),
    ],
)  # fmt: skip
def test_a_value_has_one_text(value, text):
    assert as_text(value) == text
