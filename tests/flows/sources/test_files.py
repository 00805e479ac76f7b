from __future__ import annotations

import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.errors import ConfigurationError, DeliveryError
from flows.period import Period
from flows.sources.declaration import Files, load_source
from flows.sources.extract import Origin
from flows.sources.files import ParquetExtract, files_of, open_extract
from tests.flows.landed import source, workspace_with

SEPTEMBER = Period(2026, 9)


def found(root, glob):
    workspace = workspace_with(root, crm=source(glob, "id"))
    return files_of(workspace, load_source(root / "sources" / "crm.yml"), SEPTEMBER)


def test_origins_are_relative_to_the_folder_before_the_first_wildcard(tmp_path):
    for name in ("in/2026/b.csv", "in/2025/c.csv", "in/2025/c.txt", "in/2025/.hidden.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "in/2025/folder.csv").mkdir()
    assert [origin for _, origin in found(tmp_path, "in/*/*.csv")] == ["2025/c.csv", "2026/b.csv"]
    assert [origin for _, origin in found(tmp_path, "in/2025/c.csv")] == ["c.csv"]


def test_a_folder_outside_the_workspace_may_be_named_by_a_variable(tmp_path, monkeypatch):
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.csv").touch()
    monkeypatch.setenv("DROP", str(tmp_path / "drop"))
    assert found(tmp_path / "company", "${DROP}/*.csv") == [(tmp_path / "drop" / "a.csv", "a.csv")]


def test_a_glob_that_matches_nothing_is_refused_with_its_key(tmp_path):
    with pytest.raises(DeliveryError, match="no file matches in/\\*\\.csv") as refused:
        found(tmp_path, "in/*.csv")
    assert refused.value.where == "sources/crm.yml, files.glob"


def test_every_month_is_meant_but_the_month_of_the_run_must_be_there(tmp_path):
    (tmp_path / "calls_2026-08.csv").touch()
    (tmp_path / "calls_2026-xx.csv").touch()
    with pytest.raises(DeliveryError, match=r"the extract of 2026-09 is missing: .* calls_2026-09\.csv"):
        found(tmp_path, "calls_{period}.csv")
    (tmp_path / "calls_2026-09.csv").touch()
    assert [origin for _, origin in found(tmp_path, "calls_{period}.csv")] == ["calls_2026-08.csv", "calls_2026-09.csv"]


def test_a_quarterly_extract_is_due_only_once_in_three_months(tmp_path):
    (tmp_path / "staff_2026-06.csv").touch()
    workspace = workspace_with(tmp_path, staff=source("staff_{period}.csv", "id", every_months=3))
    declared = load_source(tmp_path / "sources" / "staff.yml")
    assert len(files_of(workspace, declared, Period(2026, 8))) == 1
    with pytest.raises(DeliveryError, match="the extract of 2026-09 is missing"):
        files_of(workspace, declared, SEPTEMBER)


def test_compression_of_a_format_that_compresses_itself_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="does not go with format: xlsx"):
        open_extract(
            tmp_path / "a", Files(glob="*", format="xlsx", compression="gzip"), Origin("crm", "a"), lambda _: False
        )


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_file_that_went_away_is_named(tmp_path, format_):
    with pytest.raises(DeliveryError, match=r"crm, gone: "):
        open_extract(tmp_path / "gone", Files(glob="*", format=format_), Origin("crm", "gone"), lambda _: False)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "feed.parquet"
    columns = {
        "id": pa.array([1, 2, None], pa.int64()),
        " amount ": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
        "at": pa.array([datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)] * 3),
        "tier": pa.array(["gold", "tin", "gold"]).dictionary_encode(),
        "who": pa.array([{"email": "Zofia"}] * 3),
    }
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


def test_parquet_keeps_its_types_and_numbers_its_rows(table):
    extract = ParquetExtract(table, Origin("crm", "feed.parquet"), "email".__eq__)
    batches = list(extract.batches([0, 1, 2, 3]))
    extract.close()
    assert extract.headers == ["id", "amount", "at", "tier", "who"]
    assert [line for batch in batches for line in batch.lines] == [1, 2, 3]
    types = [column.type for column in batches[0].columns]
    assert types == [pa.int64(), pa.decimal128(3, 2), pa.timestamp("us", "UTC"), pa.string()]


def test_a_personal_field_within_a_parquet_column_is_refused(table):
    extract = ParquetExtract(table, Origin("crm", "feed.parquet"), "email".__eq__)
    with pytest.raises(ConfigurationError, match="the column who holds the field email"):
        list(extract.batches([4]))
    extract.close()


@pytest.mark.parametrize("cut", [3, 100, -1])
def test_a_parquet_file_cut_short_is_refused(table, cut):
    table.write_bytes(table.read_bytes()[:cut])
    with pytest.raises(DeliveryError, match="not a whole Parquet file") as refused:
        ParquetExtract(table, Origin("crm", "feed.parquet"), lambda _: False)
    assert "Zofia" not in str(refused.value)
