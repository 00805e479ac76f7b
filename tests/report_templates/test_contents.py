import pytest

from report_templates.contents import SECTIONS, choose
from report_templates.language import Language
from report_templates.pdf import TEMPLATES
from report_templates.reading import ReportInput
from report_templates.wording import Wording
from tests.report_templates.sample import calm, commented, figure_of, sample


def contents(document, **options):
    report = ReportInput.model_validate(document)
    return choose(report, Wording(report, Language.load("en")), **options)


def test_every_section_is_a_template_and_every_template_is_a_section():
    found = {path.name.removesuffix(".html.j2") for path in (TEMPLATES / "sections").glob("*.html.j2")}
    missing, extra = set(SECTIONS) - found, found - set(SECTIONS) - {"parts"}
    assert not missing, f"write report_templates/sections/{missing}.html.j2 or take it out of contents.SECTIONS"
    assert not extra, f"name {extra} in contents.SECTIONS, or nobody will print it"


def test_the_tiles_are_the_headline_kpis_in_their_order():
    names = [kpi.kpi for kpi, _ in contents(sample()).front.tiles]
    assert names == [
        "nps", "csat_t2b", "ces", "churn_logo", "frt_median", "ttr_median", "complaints", "on_time",
    ]  # fmt: skip


@pytest.mark.parametrize(("declared", "tiles"), [(0, 5), (2, 5), (6, 6), (15, 8)])
def test_page_one_has_five_to_eight_tiles_however_many_headline_kpis_are_declared(declared, tiles):
    document = sample()
    for position, kpi in enumerate(document["kpis"]):
        kpi["headline"] = position < declared
    shown = contents(document).front.tiles
    assert len(shown) == tiles
    assert [kpi.headline for kpi, _ in shown[: min(declared, tiles)]] == [True] * min(declared, tiles)


def test_what_changed_is_listed_overall_first_and_then_by_group_with_the_group_named():
    front = contents(sample()).front
    assert [(item.label, item.group) for item in front.better.items] == [
        ("Net Promoter Score", None),
        ("Callers who gave up", None),
        ("Net Promoter Score", "Customer region: South"),
    ]
    assert [(item.label, item.group) for item in front.worse.items] == [
        ("Median first reply time", None),
        ("First reply time, slowest tenth", None),
        ("Net Promoter Score", "Customer region: North"),
        ("Median first reply time", "Channel: email"),
        ("Delivered on time", "Store: Hafen & Co. <3>"),
    ]


def test_a_list_is_cut_and_the_rest_is_counted():
    worse = contents(sample(), items_at_most=2).front.worse
    assert (len(worse.items), worse.more) == (2, 3)


def test_to_decide_are_what_worsened_what_misses_its_target_for_certain_and_groups_that_worsened():
    decide = contents(sample(), items_at_most=20).front.decide
    said = [(item.label, item.sentence.replace("\u00a0", " ")) for item in decide.items]
    assert said == [
        (
            "Median first reply time",
            "worsened: who finds the cause, and by when? It worsened on the channel email too.",
        ),
        ("First reply time, slowest tenth", "worsened: who finds the cause, and by when?"),
        (
            "Satisfied customers (top two)",
            "misses its target of 85.0% for certain (82.4%, 95% interval 80.5 to 84.3): new plan or new target?",
        ),
        (
            "Delivered on time",
            "misses its target of 95.0% for certain (93.1%, 95% interval 92.3 to 93.9): new plan or new target?",
        ),
        (
            "Net Promoter Score",
            "worsened for customer region North, not clearly for the whole company: is it worth an action of its own?",
        ),
        (
            "Delivered on time",
            "worsened in the store Hafen & Co. <3>, not clearly for the whole company: "
            "is it worth an action of its own?",
        ),
        ("Calls from mobile phones", "changed: is this wanted?"),
    ]


def test_a_target_missed_within_the_interval_calls_for_no_decision():
    document = calm()
    figure_of(document, "nps").update(target=42.0, met=False)  # 41.3 (36.1 to 46.5)
    assert contents(document).front.decide.items == []
    figure_of(document, "nps").update(target=47.0, met=False)
    assert [item.label for item in contents(document).front.decide.items] == ["Net Promoter Score"]


def test_in_a_calm_month_nothing_is_better_worse_or_to_be_decided():
    front = contents(calm()).front
    assert not front.anything_clear
    assert (front.better.items, front.worse.items, front.decide.items) == ([], [], [])


def test_only_groups_with_a_clear_change_get_a_table_and_all_are_counted():
    groups = contents(sample()).groups
    assert [(table.kpi.kpi, table.slice, len(table.rows)) for table in groups.tables] == [
        ("nps", "customer_region", 6),
        ("frt_median", "channel", 3),
        ("on_time", "store", 3),
    ]
    assert (groups.compared, groups.clear, groups.low_base, groups.hidden, groups.new) == (12, 4, 1, 1, 1)


def test_what_is_quoted_elsewhere_moves_no_verdict_no_headline_and_no_decision():
    without, extreme = sample(benchmarks=[]), sample()
    for benchmark in extreme["benchmarks"]:
        benchmark["value"] *= -50
    plain = contents(without)
    for document in (sample(), extreme):
        quoting = contents(document)
        assert quoting.front == plain.front
        assert quoting.groups == plain.groups
        assert quoting.report.figures == plain.report.figures


def test_a_kpi_without_figures_is_neither_on_the_scorecard_nor_defined():
    document = sample()
    document["figures"] = [row for row in document["figures"] if row["kpi"] != "ces"]
    chosen = contents(document)
    defined = [kpi.kpi for _, kpis in chosen.defined for kpi in kpis]
    assert "ces" not in defined
    assert "ces" not in {kpi.kpi for _, rows in chosen.scorecard for kpi, _ in rows}
    assert len(defined) == 14


def restated(period, kpi, slice_="overall", value=None, after=2.0):
    return {"period": period, "kpi": kpi, "slice": slice_, "slice_value": value, "from": 1.0, "to": after}


def test_restated_figures_are_one_line_a_month_and_measure_newest_first_with_the_company_before_its_groups():
    document = sample()
    document["trust"]["restatements"] = [
        restated("2026-07", "nps", "channel", "email"),
        restated("2026-07", "nps"),
        restated("2026-07", "nps", "region", "North"),
        restated("2026-08", "on_time", "channel", "web"),
        restated("2026-08", "ces"),
    ]
    chosen = contents(document)
    assert [(line.first.period, line.first.kpi, chosen.wording.restated_groups(line)) for line in chosen.restated] == [
        ("2026-08", "ces", "the whole company"),
        ("2026-08", "on_time", "Channel: web"),
        ("2026-07", "nps", "the whole company and 2 groups"),
    ]
    assert len(chosen.restatements) == 5  # for the annex


def test_a_kpi_without_a_figure_of_the_whole_is_told_by_level():
    document = sample()
    document["kpis"].append(document["kpis"][0] | {"kpi": "channel_mix", "label": "Channels", "headline": False})
    for name in ("web", "phone"):
        level = figure_of(document, "csat_t2b") | {"kpi": "channel_mix", "slice": "channel", "slice_value": name}
        document["figures"].append(level)
    shown = contents(document)
    [table] = shown.levels
    assert (table.narrow, table.base) == (True, 1611)
    assert (table.kpi.kpi, table.slice, [row.slice_value for row in table.rows]) == (
        "channel_mix", "channel", ["phone", "web"],
    )  # fmt: skip
    assert "channel_mix" not in {each.kpi.kpi for each in shown.groups.tables}


def test_what_lies_outside_the_limits_of_the_months_before_is_listed_and_has_a_chart():
    document = sample()
    figure_of(document, "csat_mean").update(signal="run above", expected_low=4.0, expected_high=4.2)
    shown = contents(document)
    assert [kpi.kpi for kpi, _ in shown.signals] == ["csat_mean"]
    assert "csat_mean" in {kpi.kpi for kpi, *_ in shown.trends}
    assert "csat_mean" not in {kpi.kpi for kpi, *_ in contents(sample()).trends}


def test_sections_come_in_the_order_of_the_vocabulary_and_those_of_a_workspace_after_them():
    document = sample()
    for kpi, section in (("nps", "of_our_own"), ("ces", "value"), ("on_time", "experience")):
        next(each for each in document["kpis"] if each["kpi"] == kpi)["section"] = section
    chosen = contents(document)
    names = ["loyalty", "experience", "retention", "value", "service", "channels", "of_our_own"]
    assert [section for section, _ in chosen.scorecard] == names
    assert [section for section, _ in chosen.defined] == names
    assert [kpi.kpi for kpi, *_ in chosen.trends][-1] == "nps"
    assert [kpi.kpi for kpi, _ in chosen.front.tiles][:2] == ["csat_t2b", "on_time"]


def levels(document, names, **changes):
    document["kpis"].append(document["kpis"][0] | {"kpi": "a_mix", "label": "A mix", "headline": False})
    for place, name in enumerate(names):
        level = figure_of(document, "csat_t2b") | {"kpi": "a_mix", "slice": "channel", "slice_value": name}
        document["figures"].append(level | {"value": float(place)} | changes)
    return document


def test_a_long_table_of_levels_keeps_the_largest_and_what_changed_in_the_order_it_had():
    document = levels(sample(), [f"level {place:02d}" for place in range(20)])
    figure_of(document, "a_mix", "level 01").update(verdict="worse")
    [table] = contents(document).levels
    kept = [f"level {place:02d}" for place in (1, *range(9, 20))]
    assert ([row.slice_value for row in table.rows], table.more) == (kept, 8)


def test_half_a_page_is_wide_enough_only_for_short_names_on_one_base():
    [short] = contents(levels(sample(), ["web", "phone"])).levels
    assert short.narrow
    [long] = contents(levels(sample(), ["web", "own choice against announcement"])).levels
    assert not long.narrow
    document = levels(sample(), ["web", "phone"])
    figure_of(document, "a_mix", "web").update(n=7)
    [uneven] = contents(document).levels
    assert not uneven.narrow


def test_themes_of_comments_have_a_section_of_their_own_and_no_second_table_among_the_groups():
    chosen = contents(commented())
    assert ("sentiment", "theme") not in {(table.kpi.kpi, table.slice) for table in chosen.groups.tables}
    assert chosen.groups.clear == contents(sample()).groups.clear + 1  # counted all the same
    assert chosen.comments.kpi.kpi == "sentiment"
    assert contents(sample()).comments is None


def test_the_scorecard_counts_its_verdicts():
    counted = contents(sample()).verdicts
    assert sum(counted.values()) == 15
    assert (counted["better"], counted["worse"], counted["changed"], counted["new"]) == (2, 2, 1, 0)
