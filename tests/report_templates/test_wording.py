import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flows.inference import experiments
from report_templates import vocabulary
from report_templates.headline import headline
from report_templates.language import Language
from report_templates.reading import Experiment, Figure, ReportInput
from report_templates.wording import Wording
from tests.report_templates.sample import calm, commented, sample

CHANGE = re.compile(
    r"\b(rose|rise[sn]?|fell|fall(s|en)?|improved?|worsened?|increased?|decreased?|dropped|grew|up|down|better|worse)\b",
    re.IGNORECASE,
)
REPORT = ReportInput.model_validate(sample())
WORDS = Wording(REPORT, Language.load("en"))
KPIS = {kpi.kpi: kpi for kpi in REPORT.kpis}


def figure(kpi="nps", slice_value=None, **changes):
    found = next(row for row in REPORT.figures if (row.kpi, row.slice_value) == (kpi, slice_value))
    return found.model_copy(update=changes)


def plain(text):
    return text.replace("\u00a0", " ")


number = some.floats(min_value=-500, max_value=500, allow_nan=False)


@given(
    verdict=some.sampled_from(["no clear change", "low base", "hidden", "not compared", "new"]),
    signal=some.sampled_from(["above", "below", "run above", "run below"]),
    kpi=some.sampled_from(sorted(KPIS)),
    value=number,
    change=number,
    half=some.floats(min_value=0, max_value=50),
)
def test_no_word_of_change_is_said_of_what_is_not_clear(verdict, signal, kpi, value, change, half):
    hidden, compared = verdict == "hidden", verdict in ("no clear change", "low base")
    row = Figure(
        period="2026-09",
        kpi=kpi,
        slice="overall",
        value=None if hidden else value,
        n=None if hidden else 40,
        low=None if hidden else value - half,
        high=None if hidden else value + half,
        previous=value - change if compared else None,
        change=change if compared else None,
        change_low=change - half if compared else None,
        change_high=change + half if compared else None,
        expected_low=None if hidden else value - 2 * half,
        expected_high=None if hidden else value + half,
        signal=None if hidden else signal,
        verdict=verdict,
    )
    assert not CHANGE.search(WORDS.change(KPIS[kpi], row))
    assert hidden or not CHANGE.search(WORDS.signal(KPIS[kpi], row))
    assert not CHANGE.search(headline(WORDS, [(KPIS[kpi], row)], []).replace(KPIS[kpi].label, ""))
    with pytest.raises(ValueError, match="is not a movement"):
        WORDS.movement(KPIS[kpi], row)


@pytest.mark.parametrize("verdict", list(experiments.VERDICTS))
def test_a_variant_is_called_better_or_worse_only_where_the_experiment_says_so(verdict):
    each = Experiment(
        experiment="offer", outcome="responded", control="A", variant="B", unit="%", difference=4.0, verdict=verdict
    )
    said = WORDS.experiment(each)
    assert bool(CHANGE.search(said)) == (verdict in ("better", "worse"))
    assert set(vocabulary.EXPERIMENTS) == set(experiments.VERDICTS)


def test_a_change_that_looks_real_alone_is_said_to_be_one_of_the_months_comparisons():
    said = plain(WORDS.change(KPIS["nps"], figure("nps", "East", change=-6.6, change_low=-12.7, change_high=-0.5)))
    assert said == (
        "Measured −6.6 (−12.7 to −0.5): real if taken alone; among the month's 27 comparisons it may be chance."
    )


def test_a_change_smaller_than_what_matters_is_said_to_be_that():
    small = figure("ttr_median", change=0.25, change_low=0.12, change_high=0.38)
    kpi = KPIS["ttr_median"].model_copy(update={"smallest_change": 0.75})
    assert plain(WORDS.change(kpi, small)) == "Measured +0.2 (+0.1 to +0.4), less than the 0.75 hours that matter."


def test_an_interval_that_is_printed_with_zero_at_its_end_is_not_said_to_leave_zero_out():
    touching = figure("frt_median", verdict="no clear change", change=0.7, change_low=0.001, change_high=1.2)
    assert plain(WORDS.change(KPIS["frt_median"], touching)) == "Measured +0.7, which may be chance (0.0 to +1.2)."


def test_a_clear_change_is_said_with_size_value_and_interval():
    said = plain(WORDS.movement(KPIS["frt_median"], figure("frt_median")))
    assert said == "rose by 1.3 hours to 5.4 hours (interval +0.3 to +2.3)."
    said = plain(WORDS.movement(KPIS["abandon_rate"], figure("abandon_rate")))
    assert said == "fell by 2.2 percentage points to 7.9% (interval −4.0 to −0.4)."


def test_noise_is_said_as_noise_with_its_interval():
    said = plain(WORDS.change(KPIS["csat_t2b"], figure("csat_t2b")))
    assert said == "Measured +0.4, which may be chance (−2.3 to +3.1)."


def test_a_low_base_says_how_many_there_are_and_how_many_are_needed():
    said = WORDS.change(KPIS["nps"], figure("nps", "Islands"))
    assert said == "Too few to judge a change: 12 answers, at least 30 are needed."


def test_a_charts_alternative_text_holds_its_lowest_highest_and_latest_month_and_its_marks():
    text = plain(WORDS.trend_alternative(KPIS["nps"], REPORT.months("nps")))
    assert text.startswith("Net Promoter Score by month, September 2024 to September 2026: lowest ")
    assert "41.3 points in September 2026." in text
    assert text.endswith("Better: September 2026. Worse: August 2025.")


def test_the_outcome_of_the_checks_counts_them():
    assert WORDS.checks() == "Of 359 checks of data and figures 0 failed; warnings: 2."
    clean = ReportInput.model_validate(calm())
    for gate in clean.trust.gates:
        gate.warnings.clear()
    assert Wording(clean, Language.load("en")).checks() == "All 359 checks of data and figures passed."


SAID = ReportInput.model_validate(commented())


def of_comments(kpi, **changes):
    words = Wording(SAID, Language.load("en"))
    row = next(each for each in SAID.figures if each.kpi == kpi and each.overall)
    return words, next(each for each in SAID.kpis if each.kpi == kpi), row.model_copy(update=changes)


def test_how_much_is_spoken_of_negatively_is_said_with_its_base_and_interval():
    words, *what = of_comments("sentiment", low=20.1, high=28.6)
    assert plain(words.blame(*what)) == (
        "Of 419 topics of comments, 24.2% were spoken of negatively (95% interval 20.1 to 28.6)."
    )
    words, *what = of_comments("sentiment", verdict="hidden", value=None, n=None, low=None, high=None)
    assert words.blame(*what) == "fewer than 5 topics of comments"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (88.4, "A theme was found in 88.4% of the comments; what the others say is in none of these shares."),
        (99.99, "A theme was found in every comment."),
        (None, "In how many comments a theme was found is not shown."),
    ],
)
def test_the_reach_of_the_themes_is_said(value, said):
    words, *what = of_comments("sentiment_coverage", value=value)
    assert plain(words.reach(*what)) == said


@pytest.mark.parametrize(
    ("kappa", "how"),
    [(0.71, "agrees well"), (0.6, "agrees well"), (0.59, "agrees fairly"), (0.4, "agrees fairly"),
     (0.39, "agrees poorly"), (-0.2, "agrees poorly")],
)  # fmt: skip
def test_the_agreement_of_comments_with_scores_is_said_in_words_with_kappa_and_what_follows(kappa, how):
    words, *what = of_comments("sentiment_kappa", value=kappa, low=kappa - 0.1, high=kappa + 0.1)
    said = words.agreement(*what)
    assert said.startswith(f"What is read from the comments {how} with the scores that the writers gave (kappa ")
    assert ("direction" in said) == (how == "agrees fairly")
    assert ("do not rely on these shares" in said) == (how == "agrees poorly")
    words, *what = of_comments("sentiment_kappa", value=None)
    assert words.agreement(*what).endswith("is not known.")
