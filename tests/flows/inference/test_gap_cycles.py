"""What became of a cycle, from months as they were published."""

import pytest

from flows.inference.gap_cycles import LEAST_MONTHS, cycles


def month(period, cycle=1, since="2026-01", value="service", **changes):
    return {
        "period": period, "cycle": cycle, "since": since, "brand_value": value, "role": "customer",
        "key": ["convenience"], "proposed": value, "proved_by": None, "verdicts": {},
        "figures": [{"dimension": value, "satisfaction": -1.0, "satisfaction_error": 0.1}],
    } | changes  # fmt: skip


def rated(satisfaction, error=0.1, dimension="service"):
    return [{"dimension": dimension, "satisfaction": satisfaction, "satisfaction_error": error}]


def test_a_cycle_is_a_run_of_months_that_started_from_one_brand_value():
    proved = {"proposed": "convenience", "proved_by": "shops", "verdicts": {"shops": "continue"}}
    [first, second] = cycles(
        [
            month("2026-01"),
            month("2026-02", key=["price"]),
            month("2026-03", **proved),
            month("2026-04", cycle=2, since="2026-04", value="convenience"),
        ]
    )
    assert (first["first"], first["last"], first["months"]) == ("2026-01", "2026-03", 3)
    assert (first["key"], first["key_months"]) == (["convenience"], 2)
    assert (first["proposed"], first["proved_by"], first["verdicts"]) == ("convenience", "shops", {"shops": "continue"})
    assert (first["followed"], second["followed"]) == (True, None)
    assert (second["brand_value"], second["cycle"]) == ("convenience", 2)


def test_a_proposal_that_was_not_taken_up_is_said_to_be_that():
    [first, _] = cycles(
        [month("2026-01", proposed="price"), month("2026-02", cycle=2, since="2026-02", value="service")]
    )
    assert first["followed"] is False


def test_of_keys_of_as_many_months_the_later_is_the_cycle_s():
    [cycle] = cycles([month("2026-01"), month("2026-02", key=["price"])])
    assert (cycle["key"], cycle["key_months"]) == (["price"], 1)


def test_halves_are_compared_by_hand():
    # second half -0.5 and -0.7, first -1.0 and -1.2: 0.5; error of each half sqrt(2)*0.1/2, of the difference 0.1
    values = (-1.0, -1.2, -0.5, -0.7)
    [cycle] = cycles([month(f"2026-0{place}", figures=rated(value)) for place, value in enumerate(values, 1)])
    assert cycle["change"] == pytest.approx(0.5)
    assert cycle["change_low"] == pytest.approx(0.5 - 1.959964 * 0.1)
    assert cycle["change_high"] == pytest.approx(0.5 + 1.959964 * 0.1)


def test_few_months_or_unknown_errors_say_nothing_of_a_change():
    few = [month(f"2026-0{place}") for place in range(1, LEAST_MONTHS)]
    judged = [month(f"2026-0{place}", figures=rated(-1.0, None)) for place in range(1, 6)]
    missing = [month(f"2026-0{place}", figures=rated(None)) for place in range(1, 6)]
    for months in (few, missing):
        [cycle] = cycles(months)
        assert (cycle["change"], cycle["change_low"]) == (None, None)
    [cycle] = cycles(judged)
    assert (cycle["change"], cycle["change_low"]) == (0, None)


def test_months_rated_by_another_role_are_not_compared_with():
    others = [month(f"2026-0{place}", role="management") for place in range(1, 4)]
    [cycle] = cycles([*others, *(month(f"2026-0{place}") for place in range(4, 7))])
    assert cycle["change"] is None


def test_no_month_is_no_cycle():
    assert cycles([]) == []
