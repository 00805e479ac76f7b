import numpy as np
import pytest

from flows.inference.verdicts import VERDICTS, decide, to_test

CLEAR = {
    "hidden": False,
    "n": 100,
    "minimum_base": 30,
    "compared": True,
    "comparable": True,
    "withheld": False,
    "tested": True,
    "q": 0.01,
    "change": 3.0,
    "smallest_change": 2.0,
    "direction": 1,
}


def verdict(**changed):
    arrays = {name: np.array([value]) for name, value in (CLEAR | changed).items()}
    return decide(**arrays, false_discovery_rate=0.05)[0]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "better"),
        ({"change": -3.0}, "worse"),
        ({"direction": -1}, "worse"),
        ({"direction": -1, "change": -3.0}, "better"),
        ({"direction": 0}, "changed"),
        ({"direction": 0, "change": -3.0}, "changed"),
        ({"q": 0.05}, "better"),
        ({"q": 0.0501}, "no clear change"),
        ({"change": 1.9}, "no clear change"),
        ({"change": 2.0}, "better"),
        ({"change": 82.1 - 80.1}, "better"),
        ({"change": 0.0, "smallest_change": 0.0}, "no clear change"),
        ({"q": np.nan}, "no clear change"),
        ({"hidden": True, "compared": False, "tested": False}, "hidden"),
        ({"n": 29, "tested": False}, "low base"),
        ({"n": 29, "compared": False, "tested": False}, "low base"),
        ({"tested": False, "q": np.nan}, "low base"),
        ({"compared": False, "tested": False, "withheld": True, "q": np.nan}, "low base"),
        ({"compared": False, "tested": False, "q": np.nan, "change": np.nan}, "new"),
        ({"compared": False, "comparable": False, "tested": False, "q": np.nan, "change": np.nan}, "not compared"),
        ({"comparable": False, "q": np.nan}, "not compared"),
        ({"comparable": False, "n": 29, "tested": False, "q": np.nan}, "low base"),
    ],
)
def test_the_verdict_is_the_first_that_applies(changed, expected):
    assert verdict(**changed) == expected


def test_every_verdict_is_explained():
    order = ["hidden", "low base", "not compared", "new", "better", "worse", "changed", "no clear change"]
    assert list(VERDICTS) == order
    assert all(meaning.endswith(".") for meaning in VERDICTS.values())


def test_a_change_is_tested_when_both_months_are_shown_and_have_the_minimum_base():
    tested = to_test(
        hidden=np.array([False, True, False, False, False]),
        n=np.array([30, 30, 29, 30, 30]),
        earlier_n=np.array([30, 30, 30, 29, 30]),
        minimum_base=np.full(5, 30),
        compared=np.array([True, True, True, True, False]),
    )
    assert tested.tolist() == [True, False, False, False, False]
