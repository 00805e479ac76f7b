"""What the real workspaces' declarations come to, recomputed plainly: no lake, no dbt, seconds.

The expected figures are the published ones in the README of ../shared/data ("Published figures"), what that page says
is wrong with the files, or counts made in the raw files by raw_extracts.py.
"""

from __future__ import annotations

import statistics
from functools import cache

import pytest

from flows.kpis import declared_facts
from flows.sources.declaration import load_sources
from flows.workspace import Workspace
from tests.real.plain_reading import PlainReading
from tests.real.raw_extracts import (
    HERE,
    TELCO_CHURN,
    WORKSPACES,
    days_to_delivery,
    needs_data,
    promises,
    ratings_of_the_airport,
    reopened,
    review_stars,
    rows,
    tickets,
    within_the_service_level,
)


@cache
def plain(name: str) -> PlainReading:
    return PlainReading(HERE / name)


@pytest.mark.parametrize("name", WORKSPACES)
def test_every_real_workspace_is_declared_without_a_mistake(name):
    workspace = Workspace.load(HERE / name)
    assert workspace.settings.last_period
    assert load_sources(workspace)
    assert [recipient.email for recipient in workspace.recipients] == ["board@example.com"]


@pytest.mark.parametrize("name", WORKSPACES)
def test_every_target_of_a_real_workspace_names_a_declared_kpi(name):
    workspace = Workspace.load(HERE / name)
    declared = {kpi.id for meta in declared_facts(workspace).values() for kpi in meta.kpis}
    assert workspace.targets
    assert {target.kpi for target in workspace.targets} <= declared


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_real_workspace_holds_configuration_and_no_data(name):
    root = HERE / name
    found = [path for path in root.rglob("*") if path.is_file() and "var" not in path.relative_to(root).parts]
    assert {path.suffix for path in found} == {".toml", ".yml", ".sql", ".csv"}
    assert {path.name for path in found if path.suffix == ".csv"} == {"recipients.csv", "targets.csv"}


# Airport


@needs_data
def test_the_airport_nps_of_2017_is_the_published_one():
    # README: 39.84 on n = 2,746 with 1,436 promoters and 342 detractors (atefalvi/sfo-dashboard, model_outputs).
    value, n = plain("airport").figure("nps", "2017-05")
    assert (round(value, 2), n) == (39.84, 2746)
    sides = "select count(*) filter (score >= 9), count(*) filter (score <= 6) from survey_2017__recommendation"
    assert plain("airport").rows(sides) == [(1436, 342)]


@needs_data
@pytest.mark.parametrize("kpi", ["csat_mean", "airport_overall_mean"])
def test_the_airport_as_a_whole_has_the_published_mean_of_2017(kpi):
    # README: mean of Q7ALL 4.0644 on n = 2,688 (atefalvi/sfo-dashboard, model_outputs).
    value, n = plain("airport").figure(kpi, "2017-05")
    assert (round(value, 4), n) == (4.0644, 2688)


@needs_data
def test_the_weighted_nps_counts_each_answer_with_its_survey_weight():
    answers = [row for row in rows("airport/2017_SFO_Customer_Survey.csv") if row["NETPRO"] not in ("", "11")]
    weights = [float(row["WEIGHT"]) for row in answers]
    sides = [(int(row["NETPRO"]) >= 9) - (int(row["NETPRO"]) <= 6) for row in answers]
    expected = 100 * sum(weight * side for weight, side in zip(weights, sides, strict=True)) / sum(weights)
    value, n = plain("airport").figure("nps_weighted", "2017-05")
    assert (round(value, 3), n) == (round(expected, 3), 2746)


@needs_data
@pytest.mark.parametrize(
    ("year", "column"),
    [(2010, "Q6N"), (2011, "Q8N"), (2012, "Q8N_WHOLE"), (2013, "Q7O_WHOLE"), (2014, "Q7ALL"), (2015, "Q7ALL"),
     (2016, "Q7ALL")],
)  # fmt: skip
def test_every_earlier_survey_has_its_rating_of_the_airport_whatever_the_column_is_called(year, column):
    ratings = ratings_of_the_airport(year, column)
    value, n = plain("airport").figure("airport_overall_mean", f"{year}-05")
    assert (n, value) == (len(ratings), pytest.approx(statistics.mean(ratings)))


@needs_data
def test_no_airport_rating_is_a_code_for_never_used_or_no_answer():
    kinds = plain("airport").rows(
        "select question_kind, min(score), max(score) from fct_feedback group by all order by all"
    )
    assert kinds == [("csat", 1, 5), ("experience", 1, 5), ("nps", 0, 10)]


@needs_data
def test_every_airport_survey_rates_thirteen_touchpoints_and_from_2013_the_wifi_too():
    counted = plain("airport").rows(
        "select year(answered_at), count(distinct touchpoint) from fct_feedback"
        " where question_kind = 'experience' group by all order by all"
    )
    assert counted == [(year, 13 if year < 2013 else 14) for year in range(2010, 2018)]


@needs_data
def test_an_airport_response_keeps_its_number_apart_from_other_years():
    asked = "count(distinct response_id) = count(*)"
    assert plain("airport").one(f"select {asked} from fct_feedback where question_kind = 'csat'")


# Telco


@cache
def telco() -> PlainReading:
    """The telco's customers with the spine of months that the product builds."""
    reading = plain("telco")
    reading.connection.execute(
        """
        create or replace view customer_months as
        select
            customer_key,
            months.month,
            coalesce(acquired_on < months.month, true) as active_at_start,
            coalesce(date_trunc('month', closed_on) = months.month, false) as lost_in_month,
            extra as customer_extra,
        from fct_customers
        inner join (values (date '2018-08-01'), (date '2018-09-01')) as months (month)
            on acquired_on <= last_day(months.month) and coalesce(closed_on >= months.month, true)
        """
    )
    return reading


@needs_data
def test_the_telco_files_tell_of_the_same_customers():
    # README: 7,043 customers; the joins of customers.sql must lose none of them and double none.
    counted = plain("telco").rows("select count(*), count(distinct customer_key) from fct_customers")
    assert counted == [(7043, 7043)]


@needs_data
@pytest.mark.parametrize(("slice_name", "slice_value", "published", "customers"), TELCO_CHURN)
def test_the_telco_churn_and_its_splits_are_the_published_ones(slice_name, slice_value, published, customers):
    value, n = telco().figure("churn_all", "2018-09", slice_name, slice_value)
    assert (round(value, 1), n) == (published, customers)


@needs_data
def test_the_telco_churn_without_those_who_joined_has_6589_customers_below_the_line():
    # README: 1,869 lost of 7,043, of whom 454 joined.
    value, n = telco().figure("churn_without_joined", "2018-09")
    assert (n, value) == (7043 - 454, pytest.approx(100 * 1869 / 6589))


@needs_data
def test_the_projects_own_churn_leaves_out_whoever_joined_in_the_quarter_lost_or_not():
    lost = [row for row in rows("telco/Telco-Customer-Churn_IBM_original.csv") if row["Churn"] == "Yes"]
    lost_new = [row for row in lost if int(row["tenure"]) <= 3]
    value, n = telco().figure("churn_logo", "2018-09")
    assert n == 7043 - 454 - len(lost_new)
    assert value == pytest.approx(100 * (1869 - len(lost_new)) / n)


@needs_data
def test_the_telco_revenue_at_risk_is_the_published_share():
    # README: 30.5 % of the monthly charges (same publication as churn).
    value, n = telco().figure("revenue_at_risk", "2018-09")
    assert (round(value, 1), n) == (30.5, 7043)


@needs_data
@pytest.mark.parametrize("kpi", ["churn_all", "churn_without_joined", "revenue_at_risk", "churn_logo"])
def test_the_telco_snapshot_claims_no_churn_before_its_quarter(kpi):
    assert telco().figure(kpi, "2018-08") == (None, 0)


@needs_data
def test_telco_customers_not_billed_yet_have_no_total_charges_and_no_offer_is_a_level_of_its_own():
    # README: 11 TotalCharges are a single space; a blank Offer (3,877) means none.
    assert plain("telco").one("select count(*) from fct_customers where (extra->>'total_charges') is null") == 11
    assert plain("telco").one("select count(*) from fct_customers where (extra->>'offer') = 'None'") == 3877


@needs_data
def test_every_telco_customer_gave_a_satisfaction_score():
    # 1,789 scores of 4 and 1,149 of 5, counted in the workbook of status.
    value, n = plain("telco").figure("csat_t2b", "2018-09")
    assert (n, value) == (7043, pytest.approx(100 * 2938 / 7043))


# Incidents


@needs_data
def test_the_event_log_comes_down_to_one_row_a_ticket_and_state_minus_100_is_dropped():
    # README: 119,998 events; the two events in state -100 and the 20,769 tickets are counted in the file.
    reading = plain("incidents")
    assert [(source, kind, count) for (source, kind, _), count in reading.handled.items()] == [
        ("incident_events", "drop", 2)
    ]
    assert reading.one("select count(*) from incident_events") == 119_998 - 2
    assert reading.rows("select count(*), count(distinct case_key) from fct_cases") == [(20_769, 20_769)]
    assert len(tickets()) == 20_769


@needs_data
@pytest.mark.parametrize("period", ["2016-03", "2016-04"])
def test_the_share_within_the_service_level_follows_each_tickets_last_event(period):
    solved, kept = within_the_service_level(period)
    assert plain("incidents").figure("sla_met", period) == (pytest.approx(100 * kept / solved), solved)


@needs_data
def test_the_reopen_rate_counts_tickets_whose_fourteen_days_are_over():
    judged, again = reopened("2016-04")
    assert plain("incidents").figure("reopen", "2016-04") == (pytest.approx(100 * again / judged), judged)


@needs_data
def test_every_ticket_is_solved_after_it_was_opened():
    assert plain("incidents").one("select count(*) from fct_cases where first_solved_at < created_at") == 0
    assert plain("incidents").one("select count(*) from fct_cases where last_solved_at < first_solved_at") == 0
    # Four tickets have no event Resolved; the one cut off by the log's end names its resolution all the same.
    assert plain("incidents").one("select count(*) from fct_cases where last_solved_at is null") == 3


# Olist


@needs_data
def test_what_was_wrong_with_the_marketplace_is_mended_or_dropped_and_counted():
    # README: 77 carrier before approval, 3 delivered before carrier, 8 delivered without a date, 28 review_ids repeat
    # (34 rows beyond the first of each). 619 of the 625 canceled orders were not delivered, counted in the file.
    assert sorted(plain("olist").handled.values()) == [3, 8, 34, 77, 619]


@needs_data
def test_the_marketplaces_orders_belong_to_people_and_not_to_orders():
    # README: 8,135 orders, customer_id is per order; 8,016 customer_unique_ids counted in the file.
    ordered = plain("olist").rows("select count(*), count(distinct customer_key), count(amount) from fct_orders")
    assert ordered == [(8135, 8016, 8135)]
    assert plain("olist").one("select count(*) from fct_customers") == 8016


@needs_data
def test_the_steps_of_an_order_run_forward_once_the_backward_dates_are_mended():
    backwards = plain("olist").one(
        """
        select count(*)
        from fct_journey_events as earlier
        inner join fct_journey_events as later using (journey_key)
        where later.step_order = earlier.step_order + 1 and later.occurred_at < earlier.occurred_at
        """
    )
    assert backwards == 0


@needs_data
def test_a_review_given_for_several_orders_counts_once():
    # README: the sample's mean score is 3.27, over all 8,225 rows; 8,191 of them are answers of their own.
    everything = [int(row["review_score"]) for row in rows("olist/olist_order_reviews_dataset.csv")]
    assert (len(everything), round(statistics.mean(everything), 2)) == (8225, 3.27)
    assert plain("olist").one("select count(*) from fct_feedback") == 8191
    august = review_stars("2018-08")
    assert plain("olist").figure("csat_mean", "2018-08") == (pytest.approx(statistics.mean(august)), len(august))
    one_star = 100 * august.count(1) / len(august)
    assert plain("olist").figure("one_star", "2018-08") == (pytest.approx(one_star), len(august))


@needs_data
def test_the_days_to_delivery_are_those_of_the_orders_delivered_in_the_month():
    days = days_to_delivery("2018-08")
    expected = (pytest.approx(statistics.median(days)), len(days))
    assert plain("olist").figure("delivery_days_median", "2018-08") == expected


@needs_data
def test_a_promised_day_is_kept_until_it_is_over_and_a_canceled_order_promises_nothing():
    due, kept = promises("2018-08")
    assert plain("olist").figure("on_time", "2018-08") == (pytest.approx(100 * kept / due), due)
