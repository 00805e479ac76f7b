"""The planted truths, found again in the raw extracts with plain Python, and nothing where nothing was planted."""

import csv
import math
import statistics
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from flows.demo.truths import QUIET_OVERALL, TRUTHS
from tests.flows.demo.made import BEFORE, REPORT, Row, demo_workspace, last_states, raw, regions

#: Chi-square and z bounds below are for a false alarm of about one in a thousand.
Z = 3.3


def _scores() -> list[tuple[str, str, int]]:
    """Month, region and recommendation of each response, once; the typo of the last file as it is corrected."""
    once = {row["response_id"]: row for row in raw("survey_*.csv.gz")}.values()
    return [
        (
            row["answered"][:7],
            regions().get(row["customer_id"], ""),
            7 if row["recommend"] == "77" else int(row["recommend"]),
        )
        for row in once
        if row["recommend"] not in {"", "n/a", "-"}
    ]


def _nps(scores: list[int]) -> float:
    return 100 * (sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)) / len(scores)


def _share_z(hits: int, of: int, hits_before: int, of_before: int) -> float:
    pooled = (hits + hits_before) / (of + of_before)
    return (hits / of - hits_before / of_before) / math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_before))


def _mean_z(now: list[float], before: list[float]) -> float:
    error = math.sqrt(statistics.variance(now) / len(now) + statistics.variance(before) / len(before))
    return (statistics.fmean(now) - statistics.fmean(before)) / error


def test_every_truth_has_a_sentence_and_a_name_of_its_own() -> None:
    assert len({truth.name for truth in TRUTHS}) == len(TRUTHS)
    assert all(truth.sentence.endswith(".") for truth in TRUTHS)
    assert all((truth.kpi is None) == (truth.verdict is None) for truth in TRUTHS)
    assert {truth.kpi for truth in TRUTHS if truth.verdict == "no clear change"} <= set(QUIET_OVERALL)


def test_recommendation_falls_in_pomerania_in_the_report_month_and_in_no_other_region() -> None:
    by_cell: dict[tuple[str, str], list[int]] = defaultdict(list)
    for month, region, score in _scores():
        by_cell[region, month].append(score)
    fall = _nps(by_cell["Pomerania", REPORT]) - _nps(by_cell["Pomerania", BEFORE])
    assert len(by_cell["Pomerania", REPORT]) > 180
    assert -55 < fall < -25
    others = sorted({region for region, _ in by_cell} - {"Pomerania", "", "n/a"})
    assert len(others) == 5
    votes = {score: 100 * ((score >= 9) - (score <= 6)) for score in range(11)}
    statistic = sum(
        _mean_z(
            [votes[score] for score in by_cell[region, REPORT]], [votes[score] for score in by_cell[region, BEFORE]]
        )
        ** 2
        for region in others
    )
    assert statistic < 15.1, "chi-square of five regions, one in a hundred"


def test_recommendation_fell_in_no_region_in_any_earlier_month() -> None:
    votes: dict[tuple[str, str], list[float]] = defaultdict(list)
    for month, region, score in _scores():
        votes[region, month].append(100.0 * ((score >= 9) - (score <= 6)))
    months = sorted({month for _, month in votes} - {REPORT, "2023-12"})
    assert len(months) == 29
    moves = [
        _mean_z(votes[region, now], votes[region, before])
        for region in {region for region, _ in votes} - {"", "n/a"}
        for before, now in pairwise(months)
    ]
    assert len(moves) == 28 * 6
    assert statistics.stdev(moves) == pytest.approx(1.0, abs=0.2)
    assert max(map(abs, moves)) < 4.5


def _waits() -> dict[tuple[str, str], list[float]]:
    """Logarithms of minutes to the first reply, by channel and month of the reply."""
    waits = defaultdict(list)
    for case in last_states("cases_*.jsonl.gz", "case_no"):
        if case["first_reply"]:
            wait = datetime.fromisoformat(case["first_reply"]) - datetime.fromisoformat(case["created"])
            waits[case["channel"], case["first_reply"][:7]].append(math.log(wait.total_seconds() / 60))
    return waits


def test_first_replies_slow_down_on_messaging_only() -> None:
    waits = _waits()
    ratio = math.exp(statistics.median(waits["WhatsApp", REPORT]) - statistics.median(waits["WhatsApp", BEFORE]))
    assert 1.3 < ratio < 2.1
    assert _mean_z(waits["WhatsApp", REPORT], waits["WhatsApp", BEFORE]) > 4
    for channel in ("E-mail", "Call centre", "Chat", "Web form"):
        assert abs(_mean_z(waits[channel, REPORT], waits[channel, BEFORE])) < Z, channel


def test_delivery_is_as_punctual_as_ever_in_every_month() -> None:
    import pyarrow.parquet as pq

    orders = {}
    for path in sorted((demo_workspace() / "extracts").glob("orders_*.parquet")):
        for row in pq.read_table(path, columns=["order_no", "promised", "delivered"]).to_pylist():
            orders[row["order_no"]] = row
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in orders.values():
        if row["promised"] and row["delivered"] and row["delivered"].year >= 2024:
            month = counts[f"{row['delivered']:%Y-%m}"]
            month[0] += row["delivered"] <= row["promised"]
            month[1] += 1
    assert len(counts) == 30
    rate = sum(hits for hits, _ in counts.values()) / sum(of for _, of in counts.values())
    assert rate == pytest.approx(0.93, abs=0.005)
    statistic = sum((hits - of * rate) ** 2 / (of * rate * (1 - rate)) for hits, of in counts.values())
    assert statistic < 52.3, "chi-square, 29 degrees of freedom, five in a thousand"
    assert abs(_share_z(*counts[REPORT], *counts[BEFORE])) < 2


def test_convenience_is_the_key_experience_of_customers() -> None:
    answers = [row for row in raw("survey_2026-06.csv.gz") if row["experience_price"]]
    assert len(answers) > 200
    dimensions = ("product", "service", "relationship", "convenience", "brand_image", "price")

    def mean(kind: str, dimension: str) -> float:
        return statistics.fmean(float(row[f"{kind}_{dimension}"]) for row in answers)

    weighted = {
        name: mean("importance", name) * (mean("experience", name) - mean("expectation", name)) for name in dimensions
    }
    assert min(weighted, key=weighted.get) == "convenience"
    assert weighted["convenience"] == pytest.approx(-18, abs=4)
    assert sorted(weighted.values())[1] > -9


def test_purchase_drivers_are_ranked_as_they_pull_some_only_in_part() -> None:
    answers = [row for row in raw("survey_*.csv.gz") if row["rank_recommendation"] or row["rank_price"]]
    drivers = ("recommendation", "product", "price", "advertising")
    first = [sum(row[f"rank_{driver}"] == "1" for row in answers) for driver in drivers]
    assert first == sorted(first, reverse=True)
    places = [[row[f"rank_{driver}"] for driver in drivers] for row in answers]
    assert all("1" in given for given in places)
    assert {"", "1", "2", "3", "4"} == {place for given in places for place in given}
    tied = sum(given.count("1") > 1 for given in places)
    assert tied / len(places) == pytest.approx(0.03, abs=0.01)


def test_reviews_elsewhere_are_as_many_and_as_good_as_ever() -> None:
    stars: dict[str, list[float]] = defaultdict(list)
    for row in raw("reviews_*.csv"):
        stars[row["written"][:7]].append(float(row["stars"]))
    assert len(stars) == 30
    counts = [len(each) for each in stars.values()]
    usual = statistics.fmean(counts)
    assert sum((count - usual) ** 2 / usual for count in counts) < 52.3, "chi-square, 29 degrees, five in a thousand"
    moves = [_mean_z(stars[now], stars[before]) for before, now in pairwise(sorted(stars))]
    assert max(map(abs, moves)) < Z


def test_an_order_is_handed_over_as_often_as_ever() -> None:
    import pyarrow.parquet as pq

    counted: dict[str, list[float]] = defaultdict(list)
    for path in sorted((demo_workspace() / "extracts").glob("orders_*.parquet"))[1:]:
        for row in pq.read_table(path, columns=["delivered", "hand_overs", "updated"]).to_pylist():
            assert (row["delivered"] is None) == (row["hand_overs"] is None)
            if row["delivered"] and row["updated"] == row["delivered"]:
                counted[f"{row['delivered']:%Y-%m}"].append(float(row["hand_overs"]))
    moves = [_mean_z(counted[now], counted[before]) for before, now in pairwise(sorted(counted))]
    assert len(moves) == 29
    assert max(map(abs, moves)) < Z + 0.5


def _campaign(name: str, variant: str) -> tuple[int, int]:
    rows = [row for row in raw("campaigns.csv.gz") if row["campaign"] == name and row["variant"] == variant]
    return sum(row["responded"] != "" for row in rows), len(rows)


def test_variant_b_of_the_summer_offer_is_better_and_the_spring_variants_do_not_differ() -> None:
    a, b = (_campaign("Summer installation offer 2026-06", variant) for variant in "AB")
    assert (a[1], b[1]) == (6000, 6000)
    assert _share_z(*b, *a) > 4
    assert b[0] / b[1] == pytest.approx(0.05, abs=0.009)
    a, b = (_campaign("Spring cleaning offer 2026-03", variant) for variant in "AB")
    assert (a[1], b[1]) == (3000, 3000)
    assert abs(_share_z(*b, *a)) < 2


def _left_on() -> dict[str, str]:
    own = {row["customer_id"]: row["left_on"] for row in raw("customers.csv") if row["account"] == "customer"}
    old = {
        row["nr_klienta"]: "-".join(reversed(row["data_rozwiązania"].split(".")))
        for row in raw("legacy_customers.csv", ";", "cp1250")
    }
    return own | old


def _since() -> dict[str, str]:
    own = {row["customer_id"]: row["customer_since"] for row in raw("customers.csv") if row["account"] == "customer"}
    old = {
        row["nr_klienta"]: "-".join(reversed(row["data_umowy"].split(".")))
        for row in raw("legacy_customers.csv", ";", "cp1250")
    }
    return own | old


def test_customers_with_a_bad_experience_leave_more_often_within_ninety_days() -> None:
    left, since = _left_on(), _since()
    bad: dict[str, set[str]] = defaultdict(set)
    for row in (*raw("case_surveys_*.csv.gz"), *raw("order_surveys_*.jsonl.gz")):
        if int(row["satisfaction"]) <= 2:
            bad[row["answered"][:7]].add(row["customer_id"])
    for row in last_states("cases_*.jsonl.gz", "case_no"):
        if row["reopened"]:
            bad[row["reopened"][:7]].add(row["customer_id"])
    counts = {True: [0, 0], False: [0, 0]}
    for month, following in (("2025-01", "2025-02-01"), ("2025-06", "2025-07-01"), ("2025-11", "2025-12-01")):
        until = (date.fromisoformat(following) + timedelta(days=90)).isoformat()
        for customer, start in since.items():
            if start < following and (not left[customer] or left[customer] >= following):
                group = counts[customer in bad[month]]
                group[0] += bool(left[customer]) and left[customer] < until
                group[1] += 1
    assert counts[True][1] > 300
    assert counts[True][0] / counts[True][1] == pytest.approx(0.23, abs=0.06)
    assert counts[False][0] / counts[False][1] == pytest.approx(0.045, abs=0.01)


def test_the_base_and_its_churn_are_in_balance() -> None:
    left, since = _left_on(), _since()
    months = [f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)][:31]
    base, lost = [], []
    for first, after in pairwise(months):
        active = [who for who in since if since[who] < f"{first}-01" and (not left[who] or left[who] >= f"{first}-01")]
        base.append(len(active))
        lost.append(sum(bool(left[who]) and left[who] < f"{after}-01" for who in active))
    assert max(base) / min(base) < 1.06
    rate = sum(lost) / sum(base)
    assert rate == pytest.approx(0.0172, abs=0.001)
    statistic = sum((gone - of * rate) ** 2 / (of * rate * (1 - rate)) for gone, of in zip(lost, base, strict=True))
    assert statistic < 52.3, "chi-square, 29 degrees of freedom, five in a thousand"


def _both(rows: list[Row], month_of: str) -> tuple[list[Row], list[Row]]:
    return (
        [row for row in rows if row[month_of] and row[month_of].startswith(REPORT)],
        [row for row in rows if row[month_of] and row[month_of].startswith(BEFORE)],
    )


def test_no_other_headline_figure_moves_in_the_report_month() -> None:
    surveys = list({row["response_id"]: row for row in raw("case_surveys_*.csv.gz")}.values())
    satisfied, satisfied_before = _both(surveys + raw("order_surveys_*.jsonl.gz"), "answered")
    easy, easy_before = _both([row for row in surveys if row["effort_scale"] == "2"], "answered")
    calls, calls_before = _both(list({row["call"]: row for row in raw("calls_*.csv.gz")}.values()), "entered")
    asked, asked_before = _both(
        [row for row in last_states("invitations_*.csv.gz", "invitation") if row["status"] == "delivered"], "sent"
    )
    cases, cases_before = _both(last_states("cases_*.jsonl.gz", "case_no"), "created")
    moves = {
        "csat": ("satisfaction", lambda row: int(row["satisfaction"]) >= 4, satisfied, satisfied_before),
        "ces": ("effort", lambda row: int(row["effort"]) >= 5, easy, easy_before),
        "abandon": ("result", lambda row: row["result"] == "abandoned", calls, calls_before),
        "resp_rate": ("completed", lambda row: row["completed"] != "", asked, asked_before),
        "complaints": ("complaint", lambda row: row["complaint"] == "yes", cases, cases_before),
    }
    for name, (_, hit, now, before) in moves.items():
        assert min(len(now), len(before)) > 350, name
        assert abs(_share_z(sum(map(hit, now)), len(now), sum(map(hit, before)), len(before))) < 2, name


def test_the_initiative_that_works_sells_at_least_as_many_times_more_as_it_has_points() -> None:
    with (demo_workspace() / "outcomes.csv").open(encoding="utf-8", newline="") as file:
        outcomes = list(csv.DictReader(file))
    points: dict[int, list[float]] = defaultdict(list)
    readers: dict[str, list[float]] = defaultdict(list)
    for row in outcomes:
        if row["outcome"] == "orders_by_pickup_points":
            points[int(row["units"])].append(float(row["value"]))
        else:
            readers[row["group"]].append(float(row["value"]))
    one = statistics.fmean(points[1])
    assert all(statistics.fmean(values) / one >= count for count, values in points.items())
    assert statistics.fmean(readers["after"]) / statistics.fmean(readers["before"]) == pytest.approx(1.0, abs=0.05)
