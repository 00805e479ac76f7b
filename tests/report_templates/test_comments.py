from report_templates.comments import comments
from report_templates.reading import ReportInput
from tests.report_templates.sample import commented, figure_of, sample


def read(document):
    return comments(ReportInput.model_validate(document))


def test_the_theme_most_often_spoken_of_negatively_comes_first_and_hidden_ones_last():
    # 71.4 % of 84 are 60 topics, 6.1 % of 310 are 19, 64 % of 25 are 16
    assert [theme.name for theme in read(commented()).themes] == ["billing", "staff", "waiting", "home_visit"]


def test_a_theme_is_quoted_by_polarity_in_the_order_of_places():
    document = commented()
    document["quotes"].reverse()
    billing, staff = read(document).quoted
    assert [quote.place for quote in billing.blame] == [1, 2]
    assert billing.praise == []
    assert [quote.quote for quote in staff.praise] == ["[…] wyjaśniła wszystko, dziękuję!", "{{ 7 * 7 }} out of ten."]


def test_a_theme_whose_figure_is_hidden_or_missing_is_not_quoted():
    assert "home_visit" not in {theme.name for theme in read(commented()).quoted}
    document = commented()
    document["figures"].remove(figure_of(document, "sentiment", "billing"))
    assert [theme.name for theme in read(document).quoted] == ["staff"]


def test_a_month_without_comments_has_nothing_to_say_of_them():
    assert read(sample()) is None


def test_coverage_and_agreement_may_be_missing():
    document = commented()
    document["figures"].remove(figure_of(document, "sentiment_kappa"))
    found = read(document)
    assert found.agreement is None
    kpi, figure = found.coverage
    assert (kpi.kpi, figure.value) == ("sentiment_coverage", 88.4)
