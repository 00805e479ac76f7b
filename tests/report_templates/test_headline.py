import pytest

from report_templates.headline import headline
from report_templates.language import Language
from report_templates.reading import ReportInput
from report_templates.wording import Wording
from tests.report_templates.sample import sample

REPORT = ReportInput.model_validate(sample())
WORDS = Wording(REPORT, Language.load("en"))
KPIS = {kpi.kpi: kpi for kpi in REPORT.kpis}
NAMES = ("nps", "csat_t2b", "ces", "churn_logo", "frt_p90", "ttr_median", "complaints", "on_time")


def overall(*verdicts):
    """KPIs of the whole company in the report's order, with the verdicts given."""
    found = {row.kpi: row for row in REPORT.figures if row.overall}
    pairs = zip(NAMES, verdicts, strict=False)
    return [(KPIS[name], found[name].model_copy(update={"verdict": verdict})) for name, verdict in pairs]


def group(kpi, slice_, value, verdict):
    found = next(row for row in REPORT.figures if row.kpi == "nps" and row.slice_value == "North")
    changes = {"kpi": kpi, "slice": slice_, "slice_value": value, "verdict": verdict}
    return KPIS[kpi], found.model_copy(update=changes)


def said(company, groups=()):
    return headline(WORDS, company, list(groups))


STEADY = ["no clear change"] * 8
NORTH = group("nps", "region", "North", "worse")


def test_whole_company_changes_come_first_and_the_rest_is_counted():
    assert said(overall("better", *STEADY[:3], "worse", *STEADY[:3])) == (
        "In September 2026, Net Promoter Score improved, and “First reply time, slowest tenth” worsened. "
        "6 other measures show no clear change."
    )
    assert said(overall("no clear change", "worse"), [NORTH]) == (
        "In September 2026, Satisfied customers (top two) worsened. 1 other measure shows no clear change. "
        "1 change in a group is clear too."
    )


def test_changes_in_groups_are_named_when_the_whole_company_has_none():
    assert said(overall(*STEADY), [NORTH, group("frt_p90", "channel", "messaging", "worse")]) == (
        "For the whole company nothing changed for certain in September 2026, but Net Promoter Score in the region "
        "North and “First reply time, slowest tenth” on the channel messaging worsened."
    )
    assert said(overall("low base"), [group("nps", "plan", "basic", "better")]) == (
        "For the whole company nothing could be compared in September 2026, but Net Promoter Score for plan basic "
        "improved."
    )


def test_three_are_named_at_most_and_the_rest_is_counted():
    assert said(overall(*["better"] * 5)) == (
        "In September 2026, Net Promoter Score, Satisfied customers (top two), “Customer effort (easy, 5 to 7 of 7)” "
        "and 2 others improved."
    )


def test_a_worsening_is_named_however_many_improvements_come_before_it():
    assert said(overall(*["better"] * 6, "worse")) == (
        "In September 2026, Net Promoter Score, Satisfied customers (top two) and 4 others improved, and Complaints "
        "worsened."
    )


def test_another_measure_is_named_before_another_group_of_the_same():
    groups = [group("nps", "region", name, "worse") for name in ("East", "North", "South")]
    groups += [group(name, "channel", "email", "worse") for name in ("csat_t2b", "on_time")]
    assert said(overall(*STEADY), groups) == (
        "For the whole company nothing changed for certain in September 2026, but Net Promoter Score in the region "
        "East, Satisfied customers (top two) on the channel email, Delivered on time on the channel email and 2 "
        "others worsened."
    )


@pytest.mark.parametrize(
    ("company", "groups", "second"),
    [
        (8, 0, "8 comparisons were made, and none shows a clear change."),
        (1, 0, "1 comparison was made and shows no clear change."),
        (1, 1, "2 comparisons were made, and none shows a clear change."),
    ],
)
def test_a_month_without_a_clear_change_says_exactly_that(company, groups, second):
    calm = [group("nps", "region", "North", "no clear change")] * groups
    assert said(overall(*STEADY[:company]), calm) == f"Nothing changed for certain in September 2026. {second}"


def test_what_could_not_be_judged_is_named_and_never_counted_as_steady():
    assert said(overall("no clear change", "low base", "new")) == (
        "Nothing changed for certain in September 2026. 1 comparison was made and shows no clear change. "
        "Not judged: Satisfied customers (top two) and “Customer effort (easy, 5 to 7 of 7)”."
    )
    # the fifth is no headline measure: the scorecard says that it is not judged
    assert "Not judged" not in said(overall(*STEADY[:4], "low base"))
    assert said(overall("low base", "new")) == "No measure could be compared in September 2026."
    assert said([]) == "No measure could be computed for the whole company in September 2026."
