"""A month's gap analysis is frozen with its figures, read again and printed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from flows import gap, gap_report, gap_text
from flows.errors import CxError
from flows.inference.evidence import PROMISES, REASONS
from flows.inference.requirements import FITS
from flows.period import Period
from report_templates import gap_vocabulary

JUNE = Period(2026, 6)


def warehouse(path: Path) -> Path:
    """Two months of two dimensions, as dbt leaves them."""
    figure = ", ".join(
        f"cast({3.0 if name == 'importance' else 'null'} as double) as {name}"
        for name in (
            "importance", "weighted_satisfaction", "most_negative_pct", "satisfaction_error",
            *(f"{name}_{side}" for name in ("experience", "expectation", "satisfaction", "importance",
                                            "weighted_satisfaction", "gap") for side in ("low", "high")),
        )
    )  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            create table gap_figures as
            select
                month as period, 'workshop' as role, 'overall' as slice, cast(null as varchar) as slice_value,
                name as dimension, place as position, false as sample, 1 as n, 5.0::double as experience,
                7.0::double as expectation, -2.0::double as satisfaction, {figure}, 'bootstrap' as "interval",
                9.0::double as ideal, 'chosen' as ideal_is, -4.0::double as gap, cast(place as integer) as rank,
                1 as rank_best, 2 as rank_worst, place = 1 as is_key,
                cast([] as varchar[]) as not_given, cast([] as varchar[]) as withheld
            from
                (values ('convenience', 1), ('price', 2)) as d (name, place),
                (values ('2026-05'), ('2026-06')) as m (month)
            """
        )
        connection.execute(
            """
            create table gap_rankings as
            select distinct
                period, role, slice, slice_value, true as leads, ['convenience'] as key,
                cast([] as varchar[]) as candidates, ['price'] as unrankable, cast([] as varchar[]) as could_be_worse,
                cast([] as varchar[]) as key_without_importance
            from gap_figures
            """
        )
        connection.execute(
            "create table gap_evidence as select '2026-05' as period, 'shops' as initiative, 1 as position, "
            "'continue' as verdict"
        )
        for name in ("gap_roles", "gap_drivers", "gap_requirements", "gap_simulation", "gap_brand_value"):
            connection.execute(
                f"create table {name} as select '' as period, '' as dimension, '' as measure, '' as role, '' as other, "
                "1 as position where false"
            )
        connection.execute("create table gap_initiatives as select 'shops' as initiative")
        connection.execute("create table gap_dimensions as select 1 as position, 0.0 as scale_low")
    return path


@pytest.fixture
def frozen(tmp_path: Path) -> SimpleNamespace:
    database = warehouse(tmp_path / "warehouse.duckdb")
    publications = {}
    for month in (Period(2026, 5), JUNE):
        directory = tmp_path / str(month)
        directory.mkdir()
        with duckdb.connect(str(database), read_only=True) as connection:
            gap.freeze(connection, month, directory)
        publications[str(month)] = SimpleNamespace(period=str(month), directory=directory)
    return SimpleNamespace(database=database, publications=publications)


def test_a_month_freezes_its_own_rows_and_no_empty_table(frozen: SimpleNamespace) -> None:
    files = {name: sorted(path.name for path in each.directory.iterdir()) for name, each in frozen.publications.items()}
    assert files["2026-06"] == ["gap_figures.parquet", "gap_rankings.parquet"]
    assert files["2026-05"] == ["gap_evidence.parquet", "gap_figures.parquet", "gap_rankings.parquet"]
    tables = gap.frozen(frozen.publications["2026-06"].directory)
    assert {row["period"] for row in tables["gap_figures"]} == {"2026-06"}
    assert (tables["gap_evidence"], tables["gap_brand_value"]) == ([], [])


def test_a_build_without_the_tables_freezes_nothing_of_them(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        gap.freeze(connection, JUNE, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_document_has_the_promised_keys(frozen: SimpleNamespace) -> None:
    document = gap.published_gap(frozen.publications["2026-06"])
    assert document["key_experience"] == "convenience"
    assert [row["dimension"] for row in document["rows"]] == ["convenience", "price"]
    promised = {"period", "role", "slice", "dimension", "experience", "expectation", "satisfaction", "importance",
                "weighted_satisfaction", "ideal", "gap", "rank", "n", "not_given", "experience_low",
                "weighted_satisfaction_high"}  # fmt: skip
    assert promised <= set(document["rows"][0])
    assert json.loads(gap.as_json(document)) == document


def test_a_month_that_nobody_rated_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(CxError, match=r"(?s)no gap analysis of 2026-06: nobody rated.*docs/gap-analysis\.md"):
        gap.published_gap(SimpleNamespace(period="2026-06", directory=tmp_path))


def test_the_report_remembers_the_month_before_as_it_was_published(frozen: SimpleNamespace) -> None:
    told = gap_report.told(frozen.database, JUNE, frozen.publications)
    assert told["last_month"]["period"] == "2026-05"
    assert told["last_month"]["verdicts"] == {"shops": "continue"}
    assert [(cycle["first"], cycle["last"], cycle["months"]) for cycle in told["cycles"]] == [("2026-05", "2026-06", 2)]
    assert [row["dimension"] for row in told["figures"]] == ["convenience", "price"]


def test_a_month_without_ratings_has_no_part_in_the_report(frozen: SimpleNamespace) -> None:
    assert gap_report.told(frozen.database, Period(2026, 7), frozen.publications) is None


def test_the_months_somebody_rated_are_known(frozen: SimpleNamespace) -> None:
    assert gap.rated_months(frozen.database) == {"2026-05", "2026-06"}


def test_the_text_has_a_table_for_the_steps_and_says_what_cannot_be_ranked(frozen: SimpleNamespace) -> None:
    printed = gap_text.printed(gap.published_gap(frozen.publications["2026-06"]))
    assert "Key experience (workshop): convenience" in printed
    assert "Cannot be ranked" in printed
    [line] = [line for line in printed.splitlines() if line.startswith("convenience")]
    assert line.split() == ["convenience", "5", "7", "-2", "3", "not", "given", "9", "-4", "1", "<-", "key", "1"]


@pytest.mark.parametrize(
    ("number", "text"), [(-18.0, "-18"), (5.625, "5.62"), (-0.001, "0"), (0.0, "0"), (10.0, "10"), (1200.5, "1200.5")]
)
def test_numbers_are_printed_as_short_as_they_are(number: float, text: str) -> None:
    assert gap_text.plain(number) == text


def test_the_report_has_words_for_every_verdict_of_the_inference() -> None:
    assert set(gap_vocabulary.REASONS) == set(REASONS)
    assert set(gap_vocabulary.VERDICTS) == set(REASONS.values())
    assert set(gap_vocabulary.PROMISES) == set(PROMISES)
    assert set(gap_vocabulary.FITS) == set(FITS)
