"""The sentences of the gap analysis claim no more than its verdicts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from report_templates.gap_wording import GapWording
from report_templates.language import Language
from report_templates.reading import ReportInput
from report_templates.wording import Wording
from tests.report_templates.gap_sample import cycle, figure, gap_sample
from tests.report_templates.sample import sample

CLAIM = re.compile(r"\b(improved|worsened|better|worse|rose|fell|proved|kept)\b")


def said(**changes):
    report = ReportInput.model_validate(sample(gap=gap_sample(**changes)))
    return GapWording(Wording(report, Language.load("en")), report.gap)


WORDS = said()


def plain(text):
    return text.replace("\u00a0", " ")


def test_the_key_experience_is_told_with_its_interval_and_certainty():
    assert plain(said().key()) == (
        "The key experience is convenience, with a weighted satisfaction of −18.3 (−20.0 to −16.5). Had others of the "
        "same kind been asked, it would come out so in 100% of cases."
    )


@pytest.mark.parametrize(
    ("ranking", "sentence"),
    [
        ({"key": ["price", "product"]}, "The key experiences are price and product, equally."),
        ({"candidates": ["price", "product"]}, "depends on importances that nobody gave; it may be price and product."),
        ({}, "There is no key experience: nothing that can be ranked falls short"),
        ({"unrankable": ["product", "convenience", "brand_image"]}, "No key experience can be told: experience and"),
    ],
)
def test_without_one_key_experience_none_is_claimed(ranking, sentence):
    words = said(ranking={"role": "customer"} | ranking)
    assert sentence in words.key()
    assert "The key experience is" not in words.key()


def test_a_key_experience_of_unknown_importance_is_said_to_be_one_whatever_it_is():
    row = figure("price", 1, 4.0, 8.0, is_key=True, not_given=["importance"])
    words = said(figures=[row], ranking={"role": "customer", "key": ["price"], "key_without_importance": ["price"]})
    assert words.key() == "The key experience is price, whatever its importance, which nobody gave."


def test_what_cannot_be_ranked_is_named_with_what_it_could_be():
    assert [plain(line) for line in said().not_ranked()] == [
        "Not ranked, because experience or expectation is not given: brand image.",
        "Depending on what is not given, brand image could be worse than the key experience.",
    ]


@given(change=some.floats(-3, 3), reach=some.floats(0.01, 3))
def test_a_cycle_improved_or_worsened_only_where_its_interval_says_so(change, reach):
    limits = {"change": change, "change_low": change - reach, "change_high": change + reach}
    found = WORDS.moved(WORDS.gap.cycles[0].model_copy(update=limits))
    clear = change - reach > 0 or change + reach < 0
    assert bool(CLAIM.search(found)) is clear
    assert found.startswith(
        "improved" if change - reach > 0 else "worsened" if change + reach < 0 else "no clear change"
    )


def test_a_cycle_too_short_to_compare_claims_nothing():
    words = said(cycles=[cycle(1, "product", "2026-01", "2026-03", change=None, change_low=None, change_high=None)])
    assert words.moved(words.gap.cycles[0]) == "cannot be said yet"


def test_the_last_cycle_is_told_with_its_proof_and_whether_it_was_taken_up():
    words = said()
    assert words.last_cycle(words.gap.cycles[0]) == (
        "It started from product; the key experience was convenience in 6 of its 6 reported months. More shops kept "
        "its promise and proposed convenience as the next brand value; this cycle starts from it."
    )
    unproved = words.gap.cycles[0].model_copy(update={"proved_by": None})
    assert words.last_cycle(unproved).endswith("No initiative kept its promise, so nothing new was proposed.")
    ignored = words.gap.cycles[0].model_copy(update={"followed": False})
    assert words.last_cycle(ignored).endswith("this cycle starts from another.")


def test_a_verdict_that_turned_since_last_month_is_said():
    assert said().since_last_month() == (
        "As in August 2026, the key experience is convenience. A leaflet: revise then, stop now."
    )
    other = {"period": "2026-08", "key": ["product"], "verdicts": {}}
    assert said(last_month=other).since_last_month() == (
        "In August 2026 the key experience was product; now it is convenience."
    )
    assert said(last_month=None).since_last_month() is None


def test_only_clear_differences_between_roles_are_told():
    assert said().differences() == ["Management rates satisfaction higher than customers do with convenience (by 2.3)."]
    assert said(roles=[]).differences() == []


def test_groups_with_another_key_experience_are_named():
    parts = [{"role": "customer", "slice": "region", "slice_value": name, "key": [key]}
             for name, key in (("North", "convenience"), ("South", "product"))]  # fmt: skip
    assert said(parts=parts).parts() == "It is another in: Region South (product)."
    assert said().parts() == "It is the same in each of the 2 groups that can be told."
    assert said(parts=[]).parts() is None


def test_derived_importance_is_associated_and_ties_are_said():
    words = said()
    assert plain(words.derived()) == (
        "Together the ratings go with 48% of what differs in how likely 118 customers are to recommend us. The largest "
        "share is that of convenience, 47% (38 to 56), but 2 dimensions cannot be told apart from the first place."
    )
    few = [dict(row, r_squared=None, derived_pct=None, n=40) for row in gap_sample()["drivers"]]
    assert "cannot be told: 40 customers gave all answers, at least 100 are needed" in said(drivers=few).derived()
    for text in (words.derived(), words.simulation(words.gap.simulation[0])):
        assert not re.search(r"\b(causes?|caused|leads? to|because|drives?|effect of)\b", text)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"dimension": "convenience", "proposed": "convenience", "proved_by": "shops"}, "from convenience again"),
        ({"dimension": "price", "proposed": "convenience", "proved_by": "shops", "changed": True}, "convenience: "),
        ({"dimension": "product", "proposed": "product"}, "Stay with product: no initiative has kept its promise yet"),
        (None, "Nothing is proposed"),
    ],
)  # fmt: skip
def test_the_next_cycle_is_proposed_by_what_was_proved(value, sentence):
    words = said(brand_value=value and {"cycle": 1} | value)
    assert sentence in words.next_cycle()


def test_a_gap_is_only_said_to_be_open_where_its_interval_is_below_nought():
    assert said().next_cycle().endswith("has kept its promise, and the gap is still open.")
    rows = [dict(row, gap_high=0.1) for row in gap_sample()["figures"]]
    assert said(figures=rows).next_cycle().endswith("More shops has kept its promise.")


def test_without_a_model_nothing_is_simulated():
    words = said(simulation=[{"dimension": "convenience", "is_key": True, "ideal": 9.0}])
    assert words.simulation(words.gap.simulation[0]) == "For convenience it cannot be told: there is no model."


def test_a_requirement_that_fits_neither_is_said_so_with_what_is_lacking():
    words = said()
    assert words.fit(words.gap.requirements[1]) == (
        "Fits neither the strategy nor the capability: people and process not ready."
    )


def test_a_judgement_is_said_to_be_one_and_its_whole_numbers_stay_whole():
    row = figure("price", 1, 5, 7, role="workshop", sample=False, n=1)
    words = said(role="workshop", figures=[row], ranking={"role": "workshop"})
    assert words.who_rated() == "Rated by a workshop: a judgement, so there are no intervals."
    assert (words.number(-18), words.number(-2.5), words.number(3, signed=True)) == ("−18", "−2.5", "+3")
