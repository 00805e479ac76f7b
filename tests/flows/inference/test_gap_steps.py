"""The seven steps as tables: empty inputs, months, roles, and that every step says of the others what it must."""

import numpy as np
import pandas as pd
import pytest

from flows.inference import gap_columns, gap_steps

DIMENSIONS = pd.DataFrame(
    [
        {"dimension": name, "position": place, "scale_low": 0.0, "scale_high": 10.0, "importance_low": 0.0,
         "importance_high": 10.0}
        for place, name in enumerate(["price", "convenience"], 1)
    ]
)  # fmt: skip
IDEALS = pd.DataFrame([{"dimension": "convenience", "ideal": 9.0, "valid_from": None}])
INITIATIVES = pd.DataFrame(
    [
        {"initiative": name, "dimension": dimension, "requirement": "nearer", "start": start, "due": None,
         "strategy_fit": 5.0, "people_ready": 4.0, "process_ready": 4.0, "technology_ready": 4.0,
         "promised_multiple": None, "outcome": "sales", "direction": 1}
        for name, dimension, start in (("shops", "convenience", "2026-01"), ("later", "convenience", "2026-09"))
    ]
)  # fmt: skip
OUTCOMES = pd.DataFrame(
    [
        {
            "outcome": "sales",
            "period": f"2026-{month:02}",
            "compared": f"{units}",
            "units": units,
            "value": units * value,
        }
        for month, value in enumerate((100.0, 104.0, 98.0, 101.0), 1)
        for units, value in ((1, value), (2, value * 1.1))
    ]
)
NO_INITIATIVES, NO_OUTCOMES = INITIATIVES.iloc[:0], OUTCOMES.iloc[:0]


def ratings(period, role="customer", people=40, seed=1):
    random = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        for dimension, (experience, expectation, importance) in {"price": (7, 7, 6), "convenience": (5, 8, 9)}.items():
            mood = random.normal(size=3)
            rows.append(
                {"period": period, "role": role, "slice": "overall", "slice_value": None,
                 "respondent": f"{role}{person:03}", "dimension": dimension, "experience": experience + mood[0],
                 "expectation": expectation + mood[1] / 2, "importance": importance + mood[2] / 4, "weight": 1.0}
            )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def computed():
    months = [
        pd.concat([ratings("2026-03"), ratings("2026-03", "management", 3)], ignore_index=True),
        ratings("2026-04", seed=2),
    ]
    return gap_steps.figures(months, IDEALS, DIMENSIONS, period="2026-04").to_pandas()


def test_only_the_report_month_is_resampled(computed):
    assert dict(zip(computed["period"], computed["interval"], strict=True)) == {
        "2026-03": "delta",
        "2026-04": "bootstrap",
    }
    customers = computed[computed["role"] == "customer"]
    assert customers["weighted_satisfaction_low"].notna().all()
    assert customers["most_negative_pct"].notna().tolist() == [False, False, True, True]


def test_dimensions_stand_in_their_declared_order_and_the_key_is_marked(computed):
    now = computed[computed["period"] == "2026-04"]
    assert now["dimension"].tolist() == ["price", "convenience"]
    assert now["is_key"].tolist() == [False, True]
    assert now["rank"].tolist() == [2, 1]


def test_a_month_is_told_by_customers_where_they_rated(computed):
    ranked = gap_steps.rankings(computed, DIMENSIONS).to_pylist()
    assert [(row["period"], row["role"], row["leads"]) for row in ranked] == [
        ("2026-03", "customer", True),
        ("2026-03", "management", False),
        ("2026-04", "customer", True),
    ]
    assert all(row["key"] == ["convenience"] for row in ranked)
    assert gap_steps.leading_roles(pd.DataFrame({"period": ["m", "m"], "role": ["frontline", "workshop"]})) == {
        "m": "workshop"
    }


def test_requirements_of_a_past_month_know_nothing_of_initiatives_begun_later(computed):
    rows = gap_steps.requirements_of(computed, INITIATIVES, period="2026-04").to_pylist()
    named = [(row["period"], row["initiative"]) for row in rows]
    assert named == [("2026-03", "shops"), ("2026-04", "later"), ("2026-04", "shops")]


def test_evidence_grows_by_the_month_and_what_has_not_begun_has_none():
    rows = gap_steps.evidence_of(INITIATIVES, OUTCOMES, gap_steps.months_of("2025-12", "2026-04")).to_pylist()
    assert [(row["period"], row["initiative"], row["months"], row["verdict"]) for row in rows] == [
        ("2026-01", "shops", 1, "too early"),
        ("2026-02", "shops", 2, "too early"),
        ("2026-03", "shops", 3, "continue"),
        ("2026-04", "shops", 4, "continue"),
    ]
    assert rows[-1]["compared"] == "2"
    assert rows[-1]["ratio"] == pytest.approx(2.2)


def test_an_initiative_without_outcome_is_a_row_with_a_verdict():
    [row] = gap_steps.evidence_of(INITIATIVES[:1], NO_OUTCOMES, ["2026-04"]).to_pylist()
    assert (row["compared"], row["ratio"], row["verdict"], row["reason"]) == (None, None, "too early", "no outcome")


def test_the_brand_value_is_the_newest_that_holds_and_the_proof_proposes_the_next():
    declared = pd.DataFrame(
        [
            {"dimension": "price", "why_customers_come": "cheap", "for_whom": "all", "valid_from": "2026-02"},
            {"dimension": "convenience", "why_customers_come": "near", "for_whom": "all", "valid_from": "2026-04"},
        ]
    )
    months = gap_steps.months_of("2026-01", "2026-04")
    rows = gap_steps.brand_values_of(declared, INITIATIVES, OUTCOMES, months).to_pylist()
    assert [(row["period"], row["cycle"], row["dimension"], row["proposed"], row["changed"]) for row in rows] == [
        ("2026-02", 1, "price", "price", False),
        ("2026-03", 1, "price", "convenience", True),
        ("2026-04", 2, "convenience", "convenience", False),
    ]


def test_drivers_and_simulation_come_from_one_model():
    people = ratings("2026-04", people=150, seed=2)
    told = gap_steps.figures([people], IDEALS, DIMENSIONS, period="2026-04").to_pandas()
    wide = people.pivot(index="respondent", columns="dimension", values="experience")
    answers = pd.DataFrame(
        {
            "respondent": wide.index,
            "outcome": np.clip(wide["convenience"] + 0.1 * wide["price"], 0, 10).to_numpy(),
            "weight": 1.0,
        }
    )
    model = gap_steps.fitted(people, answers, DIMENSIONS, period="2026-04")
    rows = {row["dimension"]: row for row in gap_steps.drivers_of(model, told, period="2026-04").to_pylist()}
    assert rows["convenience"]["derived_pct"] > 90
    assert rows["convenience"]["stated_quadrant"] == rows["convenience"]["derived_quadrant"] == "concentrate here"
    assert rows["price"]["ranks_apart"] == 0
    [closed] = gap_steps.simulation_of(model, told, period="2026-04").to_pylist()
    assert (closed["dimension"], closed["is_key"], closed["ideal"]) == ("convenience", True, 9)
    assert closed["effect"] == pytest.approx(rows["convenience"]["slope"] * (9 - closed["experience"]), rel=1e-6)
    assert closed["effect_low"] < closed["effect"] < closed["effect_high"]


def test_nobody_rated_anything_is_empty_tables_of_the_same_columns():
    nothing = gap_steps.figures([], IDEALS, DIMENSIONS, period="2026-04")
    assert nothing.num_rows == 0
    assert nothing.column_names == gap_columns.FIGURES
    empty = nothing.to_pandas()
    answers = pd.DataFrame({"respondent": [], "outcome": [], "weight": []})
    model = gap_steps.fitted(ratings("2026-04").iloc[:0], answers, DIMENSIONS, period="2026-04")
    tables = [
        (gap_steps.rankings(empty, DIMENSIONS), gap_columns.RANKINGS),
        (gap_steps.roles(empty), gap_columns.ROLE_DIFFERENCES),
        (gap_steps.requirements_of(empty, INITIATIVES, period="2026-04"), gap_columns.REQUIREMENTS),
        (gap_steps.evidence_of(NO_INITIATIVES, NO_OUTCOMES, ["2026-04"]), gap_columns.EVIDENCE),
        (gap_steps.drivers_of(model, empty, period="2026-04"), gap_columns.DRIVERS),
        (gap_steps.simulation_of(model, empty, period="2026-04"), gap_columns.SIMULATION),
    ]
    for table, columns in tables:
        assert (table.num_rows, table.column_names) == (0, columns)


def test_what_is_not_a_number_is_null_in_a_table_and_lists_stay_lists():
    table = gap_columns.as_table(
        [{"gap": np.nan, "vif": np.inf, "rank": pd.NA, "warnings": ("a",), "is_key": True}, {"rank": 2}],
        ["gap", "vif", "rank", "warnings", "is_key"],
    )
    assert table.to_pylist() == [
        {"gap": None, "vif": None, "rank": None, "warnings": ["a"], "is_key": True},
        {"gap": None, "vif": None, "rank": 2, "warnings": [], "is_key": None},
    ]
