import json
import random

import pytest

from flows.errors import BuildError
from report_templates.reading import Figure, read
from tests.report_templates.sample import commented, figure_of, sample


def written(tmp_path, document):
    path = tmp_path / "report_input.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def test_the_sample_is_read_whole(tmp_path):
    report = read(written(tmp_path, sample()))
    assert len(report.kpis) == 15
    assert len(report.figures) == 30
    assert report.trust.restatements[0].before == 92.9
    assert report.ended.isoformat() == "2026-09-30T22:00:00+00:00"  # midnight in Warsaw, summer time


@pytest.mark.parametrize("name", ["value", "n", "low", "high", "previous", "change", "p", "q", "met"])
def test_a_hidden_figure_that_carries_any_number_is_refused_without_saying_the_number(tmp_path, name):
    document = sample()
    figure_of(document, "nps", "Overseas")[name] = 7421 if name != "met" else True
    with pytest.raises(BuildError) as refused:
        read(written(tmp_path, document))
    assert "a hidden figure carries a number" in refused.value.what
    assert "7421" not in refused.value.sentence


@pytest.mark.parametrize("verdict", ["better", "worse", "changed"])
@pytest.mark.parametrize("missing", ["change", "previous", "value"])
def test_a_verdict_of_change_without_a_change_is_refused(verdict, missing):
    row = {"period": "2026-09", "kpi": "nps", "slice": "overall", "n": 99, "verdict": verdict}
    complete = row | {"value": 2.0, "previous": 1.0, "change": 1.0}
    assert Figure.model_validate(complete).clear
    with pytest.raises(ValueError, match="stands beside no change"):
        Figure.model_validate(complete | {missing: None})


def test_a_verdict_of_change_beside_a_change_of_zero_is_refused():
    row = {"period": "2026-09", "kpi": "x", "slice": "overall", "n": 9, "value": 1, "previous": 1, "verdict": "worse"}
    with pytest.raises(ValueError, match="a change of zero"):
        Figure.model_validate(row | {"change": 0})


def test_what_is_no_number_is_refused(tmp_path):
    document = sample()
    figure_of(document, "ces")["value"] = float("nan")
    with pytest.raises(BuildError, match="finite number"):
        read(written(tmp_path, document))


def test_a_figure_of_an_undeclared_kpi_is_refused_with_its_name(tmp_path):
    document = sample()
    figure_of(document, "ces")["kpi"] = "unheard_of"
    with pytest.raises(BuildError, match="unheard_of has no declaration"):
        read(written(tmp_path, document))


def test_two_figures_of_one_group_are_refused(tmp_path):
    document = sample()
    document["figures"].append(dict(figure_of(document, "nps", "North")))
    with pytest.raises(BuildError, match="two figures of nps"):
        read(written(tmp_path, document))


def test_a_figure_of_another_month_is_refused(tmp_path):
    document = sample()
    figure_of(document, "nps")["period"] = "2026-08"
    with pytest.raises(BuildError, match="not of 2026-09"):
        read(written(tmp_path, document))


def test_a_correction_without_a_reason_is_refused(tmp_path):
    with pytest.raises(BuildError, match="a correction has no reason"):
        read(written(tmp_path, sample(revision=2)))


def test_a_half_written_file_is_refused_with_its_name(tmp_path):
    path = tmp_path / "report_input.json"
    path.write_text(json.dumps(sample())[:-20], encoding="utf-8")
    with pytest.raises(BuildError, match=r"report_input\.json: cannot be read \(JSONDecodeError\)"):
        read(path)


def test_lists_come_in_one_order_whatever_order_the_file_has(tmp_path):
    document, shuffled = sample(), sample()
    for rows in (shuffled["kpis"], shuffled["figures"], shuffled["benchmarks"], *shuffled["series"].values()):
        random.Random(3).shuffle(rows)
    first = read(written(tmp_path, document))
    assert [row["kpi"] for row in shuffled["kpis"]] != [kpi.kpi for kpi in first.kpis]
    assert read(written(tmp_path, shuffled)) == first


def test_a_month_missing_from_a_series_is_a_month_without_a_value(tmp_path):
    document = sample()
    del document["series"]["nps"][10]
    months = read(written(tmp_path, document)).months("nps")
    assert len(months) == 25
    assert (months[10].period, months[10].value) == ("2025-07", None)


@pytest.mark.parametrize(
    ("direction", "target", "low", "high", "certain"),
    [
        ("up", 85, 80, 84, True),  # even the upper end is below
        ("up", 85, 80, 86, False),
        ("down", 4, 5.0, 5.8, True),  # even the lower end is above
        ("down", 4, 3.9, 5.8, False),
        ("up", 85, 80, None, False),  # an open end is never certain
        ("neutral", 85, 80, 84, False),
    ],
)
def test_a_target_is_missed_for_certain_only_when_the_whole_interval_misses_it(direction, target, low, high, certain):
    figure = Figure(
        period="2026-09", kpi="x", slice="overall", n=50, value=5, low=low, high=high, verdict="new", target=target,
        met=False,
    )  # fmt: skip
    assert figure.misses_for_certain(direction) is certain


def test_a_quote_of_fewer_than_ten_comments_is_refused_without_saying_a_word_of_it(tmp_path):
    document = commented()
    document["quotes"][0]["comments"] = 9
    with pytest.raises(BuildError, match=r"quotes\.0\.comments") as refused:
        read(written(tmp_path, document))
    assert "bill" not in refused.value.sentence


def test_a_quote_of_another_month_is_refused(tmp_path):
    document = commented()
    document["quotes"][1]["period"] = "2026-08"
    with pytest.raises(BuildError, match="a quote is not of 2026-09"):
        read(written(tmp_path, document))


def test_of_a_quote_nothing_is_read_that_leads_to_its_writer(tmp_path):
    for quote in read(written(tmp_path, commented())).quotes:
        assert set(quote.model_dump()) == {"period", "theme", "polarity", "place", "quote", "language", "comments"}
        assert "R-4711" not in repr(quote)


def test_what_is_no_language_tag_is_left_out(tmp_path):
    languages = [quote.language for quote in read(written(tmp_path, commented())).quotes]
    assert languages == ["en", "zh-Hant", "en", "pl", None]
