import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from flows.inference.control_chart import BASELINE_MONTHS, judge, natural_limits

#: Flow rates of the NIST/SEMATECH handbook, 6.3.2.2.
NIST = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
#: Mean 50, moving range 2: limits 50 ± 5.319.
STEADY = [49.0, 51.0] * 6


def signal(*months: float) -> str | None:
    return judge([months]).signal[0]


def test_the_limits_of_the_handbooks_flow_rates():  # O13
    lower, centre, upper = natural_limits([NIST])
    assert centre == pytest.approx(50.81)
    assert (lower, upper) == (pytest.approx(45.8159, abs=5e-5), pytest.approx(55.8041, abs=5e-5))


def test_a_month_outside_the_limits_of_the_months_before_is_a_signal():
    chart = judge([[*STEADY, 55.4], [*STEADY, 55.3], [*STEADY, 44.6], [*STEADY, 44.7]])
    assert chart.upper == pytest.approx([50 + 2 * 3 / 1.128] * 4)
    assert chart.signal.tolist() == ["above", None, "below", None]


def test_eight_months_on_one_side_of_the_centre_are_a_signal():
    # the centre of the sixteen months before is 50.25 or 49.75
    before = [*STEADY[:10], 50.0, 50.0, 50.0]
    assert signal(*before, *[51.0] * 8) == "run above"
    assert signal(*before, *[49.0] * 8) == "run below"
    assert signal(*before, *[51.0] * 7) is None
    assert signal(*before, *[51.0] * 7, 49.0) is None


def test_a_month_on_the_centre_breaks_a_run():
    assert signal(*STEADY, *[50.5, 49.5] * 4, 50.0) is None
    assert signal(*[2.0] * 20) is None


def test_a_run_counts_months_with_data():
    before = [*STEADY[:10], 50.0, 50.0, 50.0]
    assert signal(*before, 51, 51, np.nan, 51, 51, 51, 51, np.nan, 51, 51) == "run above"


def test_eleven_months_are_no_baseline_and_a_month_without_data_is_none():
    chart = judge([[np.nan, *STEADY[1:], 90.0], [*STEADY, 90.0], [*STEADY, np.nan]])
    assert np.isnan(chart.centre).tolist() == [True, False, False]
    assert chart.signal.tolist() == [None, "above", None]
    assert BASELINE_MONTHS == 12


def test_one_month_alone_has_no_limits():
    assert np.isnan(judge([[5.0]]).centre).all()
    assert judge([[5.0]]).signal.tolist() == [None]
    assert np.isnan(natural_limits([[5.0], [np.nan]])).all()
    assert np.isnan(natural_limits([[np.nan] * 5])).all()


def test_a_series_that_never_moved_signals_any_move_but_no_rounding_error():
    assert signal(*[80.1] * 12, 80.2) == "above"
    assert signal(*[0.1 + 0.2] * 12, 0.3) is None


def test_months_in_which_nothing_changes_seldom_signal():
    random = np.random.default_rng(20261122)
    for months, stated in ((12, 0.019), (24, 0.013)):
        false = (judge(random.normal(70, 3, (20000, months + 1))).signal != None).sum()  # noqa: E711 elementwise
        low, high = proportion_confint(false, 20000, alpha=0.001)
        assert low <= stated <= high


def test_a_shift_of_three_standard_deviations_is_seen_in_its_first_month_every_second_time():
    random = np.random.default_rng(1)
    series = random.normal(70, 3, (5000, 25))
    series[:, -1] += 9
    assert 0.4 <= (judge(series).signal == "above").mean() <= 0.6


months = st.lists(st.integers(0, 100), min_size=13, max_size=25)


@given(months, st.integers(1, 20), st.integers(-50, 50))
def test_a_chart_follows_unit_and_origin(values, times, shift):
    series = np.array(values, float)
    chart, other = judge([series]), judge([times * series + shift])
    assert other.signal.tolist() == chart.signal.tolist()
    for limit, moved in zip(chart[:3], other[:3], strict=True):
        assert moved == pytest.approx(times * limit + shift, abs=1e-6)


@given(months)
def test_turning_a_series_over_turns_its_signal(values):
    turned = {"above": "below", "below": "above", "run above": "run below", "run below": "run above", None: None}
    assert signal(*(-value for value in values)) == turned[signal(*values)]


@given(months, st.integers(0, 24))
def test_a_month_without_data_is_as_if_it_were_not_there(values, place):
    gap = [*values[:place], np.nan, *values[place:]][: len(values)] + values[-1:] if place < len(values) else values
    with_gap = judge([gap])
    without = judge([[value for value in gap if not np.isnan(value)]])
    assert with_gap.signal.tolist() == without.signal.tolist()
    assert with_gap.upper == pytest.approx(without.upper, nan_ok=True)


@given(
    st.lists(months.filter(lambda values: len(values) >= 13).map(lambda values: values[:13]), min_size=2, max_size=5)
)
def test_each_series_is_judged_for_itself(rows):
    together = judge(rows)
    assert together.signal.tolist() == [judge([row]).signal[0] for row in rows]
