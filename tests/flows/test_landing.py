from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import ConfigurationError, DeliveryError
from flows.period import Period
from flows.sources import text
from tests.flows.landed import everything_under, rows, run, source, workspace_with


@pytest.fixture(autouse=True)
def _salt(monkeypatch):
    monkeypatch.setenv("CX_SALT", "pepper")


def names_in(workspace, name="crm"):
    return sorted(path.name for path in (workspace.lake / name).iterdir())


def test_a_package_says_what_was_landed(tmp_path):
    (tmp_path / "in").mkdir()
    content = "id,score,bought,phone\n007,9,2026-09-03 10:00,1\n8,,31 Sept,2\n9,7,2026-09-01T23:30:00Z,3\n"
    (tmp_path / "in" / "crm_1.csv").write_text(content)
    keys = {"id": {"names": "customer", "type": "integer"}}
    workspace = workspace_with(tmp_path, crm=source("in/*.csv", "score", keys=keys, dates="bought"))
    [package] = run(workspace)["crm"]
    manifest = json.loads((package.data.parent / "manifest.json").read_text())
    assert datetime.fromisoformat(manifest.pop("pulled_at")).tzinfo is not None
    assert [len(manifest.pop(name)) for name in ("sha256", "data_sha256", "reading", "keyed")] == [64, 64, 16, 16]
    assert manifest == {
        "package": f"000001-{package.sha256[:12]}",
        "source": "crm",
        "origin": "crm_1.csv",
        "bytes": len(content),
        "rows": 3,
        "headers": ["id", "score", "bought", "phone"],
        "columns": ["id", "score", "bought"],
        "load": "full",
        # Times without an offset are in Warsaw; 23:30 UTC is the second there.
        "first_date": "2026-09-02T01:30:00",
        "last_date": "2026-09-03T10:00:00",
    }
    assert names_in(workspace) == [package.package]
    assert rows([package], "score, bought, _source_file, _source_line, _package") == [
        ("9", "2026-09-03 10:00", "crm_1.csv", 2, package.package),
        ("", "31 Sept", "crm_1.csv", 3, package.package),
        ("7", "2026-09-01T23:30:00Z", "crm_1.csv", 4, package.package),
    ]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=6,
    )
)
def test_text_comes_out_of_the_lake_as_it_stood_in_the_file(tmp_path_factory, table):
    root = tmp_path_factory.mktemp("company")
    with (root / "crm.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b"], *table])
    workspace = workspace_with(root, crm=source("crm.csv", "a", "b"))
    assert rows(run(workspace)["crm"], "a, b") == [tuple(row) for row in table]


def test_the_same_table_lands_the_same_from_every_format_and_encoding(tmp_path):
    table = [["id", "note"], ["1", 'Łódź, "x"'], ["2", "客户\nb"]]
    lines = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in table)
    encodings = ["utf-8", "utf-8-sig", "gb18030", "utf-16"]
    declared = {}
    for number, encoding in enumerate(encodings):
        (tmp_path / f"{number}.csv").write_bytes(lines.encode(encoding))
        declared[f"csv{number}"] = source(f"{number}.csv", "id", "note", files={"encoding": encoding})
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(lines.encode()))
    declared["gzip"] = source("a.csv.gz", "id", "note", files={"compression": "gzip"})
    objects = [dict(zip(table[0], row, strict=True)) for row in table[1:]]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(each) + "\n" for each in objects))
    declared["jsonl"] = source("a.jsonl", "id", "note", files={"format": "jsonl"})
    book = openpyxl.Workbook()
    for row in table:
        book.active.append([float(row[0]), row[1]] if row[0].isdigit() else row)
    book.save(tmp_path / "a.xlsx")
    declared["xlsx"] = source("a.xlsx", "id", "note", files={"format": "xlsx"})
    pq.write_table(pa.Table.from_pylist(objects), tmp_path / "a.parquet")
    declared["parquet"] = source("a.parquet", "id", "note", files={"format": "parquet"})
    landed = run(workspace_with(tmp_path, **declared))
    assert len(landed) == 8
    for packages in landed.values():
        assert rows(packages, "id, note") == [tuple(row) for row in table[1:]]


def test_the_same_table_in_legacy_encodings_lands_the_same(tmp_path):
    for encoding, word in (("cp1250", "Łódź"), ("big5", "客戶")):
        root = tmp_path / encoding
        root.mkdir()
        (root / "utf8.csv").write_text(f"id,city\n1,{word}\n", encoding="utf-8")
        (root / "old.csv").write_bytes(f"id,city\n1,{word}\n".encode(encoding))
        workspace = workspace_with(
            root, utf8=source("utf8.csv", "city"), old=source("old.csv", "city", files={"encoding": encoding})
        )
        landed = run(workspace)
        assert rows(landed["old"], "city") == rows(landed["utf8"], "city") == [(word,)]


def test_personal_values_never_reach_any_file_of_the_lake(tmp_path):
    canaries = ["zofia.canary@x.pl", "Zofia Canary", "+48 600 100 200", "PL61canary1090", "canary-secret"]
    header = ["email", "Full Name", "phone", "IBAN", "internal_note", "id", "score"]
    (tmp_path / "crm.csv").write_text(",".join(header) + "\n" + ",".join([*canaries, "7", "9"]) + "\n")
    nested = {"who": {"email": canaries[0], "name": canaries[1], "tier": "gold"}, "id": 7, "email": canaries[0]}
    (tmp_path / "web.jsonl").write_text(json.dumps(nested) + "\n")
    pq.write_table(
        pa.table({column: [value] for column, value in zip(header, canaries, strict=False)} | {"id": [7]}),
        tmp_path / "p.parquet",
    )
    keys = {"email": {"names": "customer", "case": "lower"}}
    workspace = workspace_with(
        tmp_path,
        crm=source("crm.csv", "score", keys=keys, personal=["internal_note"], key=["id"]),
        web=source("web.jsonl", "who", files={"format": "jsonl"}, keys=keys),
        p=source("p.parquet", "id", files={"format": "parquet"}, keys=keys),
    )
    landed = run(workspace)
    kept = everything_under(workspace.var)
    for canary in canaries:
        assert canary.encode() not in kept
        assert canary.casefold().encode() not in kept.lower()
    assert landed["crm"][0].headers == header
    assert landed["crm"][0].columns == ["email", "id", "score"]
    assert rows(landed["web"], "who") == [('{"tier": "gold"}',)]
    assert rows(landed["crm"], "email") == rows(landed["web"], "email") == rows(landed["p"], "email")


def test_one_customer_is_one_hash_in_every_source(tmp_path):
    (tmp_path / "a.csv").write_text("customer\n007\n7.0\n\n?\n8\n", encoding="utf-8")
    pq.write_table(pa.table({"Buyer": pa.array([7.0, 8.0, None])}), tmp_path / "b.parquet")
    key = {"names": "customer", "type": "integer"}
    landed = run(
        workspace_with(
            tmp_path,
            a=source("a.csv", keys={"customer": key}, missing=["", "?"]),
            b=source("b.parquet", keys={"buyer": key}, files={"format": "parquet"}),
        )
    )
    seven, also_seven, missing, eight = (row[0] for row in rows(landed["a"], "customer"))
    assert seven == also_seven
    assert missing is None
    assert rows(landed["b"], "buyer") == [(seven,), (eight,), (None,)]


def test_a_key_that_is_no_integer_is_refused_with_its_line_and_without_its_value(tmp_path):
    (tmp_path / "crm.csv").write_text('id\n"1"\nA-canary\n')
    workspace = workspace_with(tmp_path, crm=source("crm.csv", keys={"id": {"names": "c", "type": "integer"}}))
    with pytest.raises(
        DeliveryError, match=r"crm, crm\.csv, line 3: a value of the key id is not an integer"
    ) as refused:
        run(workspace)
    assert "canary" not in str(refused.value)
    assert names_in(workspace) == []


def test_the_same_bytes_are_landed_once(tmp_path):
    (tmp_path / "crm.csv").write_text("id,a\n1,x\n")
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id", "a"))
    first = run(workspace)["crm"]
    manifest = (first[0].data.parent / "manifest.json").stat()
    assert run(workspace)["crm"] == first
    workspace_with(tmp_path, crm=source("crm.csv", "id"))
    assert run(workspace)["crm"] == first
    assert names_in(workspace) == [first[0].package]
    assert (first[0].data.parent / "manifest.json").stat() == manifest


def test_the_same_bytes_are_landed_again_with_a_column_that_was_not_kept(tmp_path):
    (tmp_path / "crm_1.csv").write_text("id,a\n1,x\n")
    (tmp_path / "crm_2.csv").write_text("id,a\n2,y\n")
    workspace = workspace_with(tmp_path, crm=source("*.csv", "id", load="append"))
    first, second = run(workspace)["crm"]
    workspace_with(tmp_path, crm=source("*.csv", "id", "a", load="append"))
    landed = run(workspace)["crm"]
    assert [package.package for package in landed] == [f"{first.package}-2", f"{second.package}-2"]
    assert rows(landed, "id, a") == [("1", "x"), ("2", "y")]
    assert len(names_in(workspace)) == 4
    assert run(workspace)["crm"] == landed


@pytest.mark.parametrize(
    "more",
    [
        {"files": {"encoding": "cp1250"}},
        {"dates": "id"},
        {"keys": {"id": {"names": "customer", "case": "lower"}}},
    ],
)
def test_the_same_bytes_are_landed_again_when_they_are_read_otherwise(tmp_path, more):
    (tmp_path / "crm.csv").write_text("id,a\n1,x\n")
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id"))
    [first] = run(workspace)["crm"]
    workspace_with(tmp_path, crm=source("crm.csv", "id", **more))
    [second] = run(workspace)["crm"]
    assert second.package == f"{first.package}-2"
    assert run(workspace)["crm"] == [second]


def test_a_full_source_reads_what_is_there_now_and_the_others_all_that_ever_was(tmp_path):
    for load in ("full", "append", "snapshot"):
        root = tmp_path / load
        root.mkdir()
        workspace = workspace_with(root, crm=source("crm_*.csv", "id", load=load))
        (root / "crm_1.csv").write_text("id\n1\n")
        run(workspace)
        (root / "crm_1.csv").unlink()
        (root / "crm_2.csv").write_text("id\n2\n")
        landed = run(workspace)["crm"]
        assert [package.origin for package in landed] == (
            ["crm_2.csv"] if load == "full" else ["crm_1.csv", "crm_2.csv"]
        )


def test_an_old_package_whose_file_is_gone_must_keep_what_is_named_now(tmp_path):
    workspace = workspace_with(tmp_path, crm=source("crm_*.csv", "id", load="append"))
    (tmp_path / "crm_1.csv").write_text("id,a\n1,x\n")
    [old] = run(workspace)["crm"]
    (tmp_path / "crm_1.csv").rename(tmp_path / "away.csv")
    (tmp_path / "crm_2.csv").write_text("id,a\n2,y\n")
    workspace_with(tmp_path, crm=source("crm_*.csv", "id", "a", load="append"))
    with pytest.raises(DeliveryError, match=f"{old.package} does not keep every column") as refused:
        run(workspace)
    assert "put crm_1.csv back" in refused.value.remedy
    (tmp_path / "away.csv").rename(tmp_path / "crm_1.csv")
    assert rows(run(workspace)["crm"], "id, a") == [("1", "x"), ("2", "y")]


def test_packages_hashed_with_another_salt_are_not_mixed(tmp_path, monkeypatch):
    keys = {"id": {"names": "customer"}}
    workspace = workspace_with(tmp_path, crm=source("crm_*.csv", "a", keys=keys, load="append"))
    (tmp_path / "crm_1.csv").write_text("id,a\n1,x\n")
    [old] = run(workspace)["crm"]
    (tmp_path / "crm_1.csv").unlink()
    (tmp_path / "crm_2.csv").write_text("id,a\n2,y\n")
    monkeypatch.setenv("CX_SALT", "other")
    with pytest.raises(DeliveryError, match=f"{old.package} was hashed with another salt"):
        run(workspace)


def test_an_optional_column_that_some_files_lack_is_null_there(tmp_path):
    (tmp_path / "crm_1.csv").write_text("id\n1\n")
    (tmp_path / "crm_2.csv").write_text("id,nps\n2,9\n")
    workspace = workspace_with(tmp_path, crm=source("crm_*.csv", "id", "nps", optional=["NPS"]))
    landed = run(workspace)["crm"]
    assert rows(landed, "id, nps") == [("1", None), ("2", "9")]
    assert [package.columns for package in landed] == [["id"], ["id", "nps"]]


def test_a_column_that_vanished_is_named_with_its_file(tmp_path):
    (tmp_path / "crm.csv").write_text("id,Score2\n1,9\n")
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id", "score"))
    with pytest.raises(DeliveryError, match=r"crm, crm\.csv: the column score is not in the file") as refused:
        run(workspace)
    assert "Score2" in refused.value.remedy
    assert names_in(workspace) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"id\n", "the extract is empty: it has headers and no rows"),
        (b"id\n1\n2", "line 3: the last line does not end"),
        ("id\nŁ\n".encode("cp1250"), "line 2: the bytes are not utf-8"),
    ],
)
def test_a_bad_file_leaves_nothing_in_the_lake(tmp_path, content, said):
    (tmp_path / "crm.csv").write_bytes(content)
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id"))
    with pytest.raises(DeliveryError, match=said):
        run(workspace)
    assert not workspace.lake.joinpath("crm").exists() or names_in(workspace) == []


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BATCH_ROWS", 1_000)
    path = tmp_path / "crm.csv"
    path.write_text("id\n" + "1\n" * 5_000)
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id"))
    told = []

    def grow(name, count):
        told.append((name, count))
        with path.open("a") as file:
            file.write("2\n")

    with pytest.raises(DeliveryError, match="the file changed while it was read"):
        run(workspace, report=grow)
    assert names_in(workspace) == []
    assert told[0] == ("crm", 1_000)
    assert [package.rows for package in run(workspace)["crm"]] == [5_000 + len(told)]


def test_the_month_of_the_run_must_have_been_delivered(tmp_path):
    workspace = workspace_with(tmp_path, crm=source("crm_{period}.csv", "id"))
    (tmp_path / "crm_2026-08.csv").write_text("id\n1\n")
    assert len(run(workspace, Period(2026, 8))["crm"]) == 1
    with pytest.raises(DeliveryError, match="the extract of 2026-09 is missing"):
        run(workspace, Period(2026, 9))


def test_columns_that_only_another_sources_select_names_are_kept(tmp_path):
    (tmp_path / "crm.csv").write_text("id,a,b\n1,x,y\n")
    (tmp_path / "web.csv").write_text("id,c\n1,z\n")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "both.sql").write_text("select w.c, r.b from web w join crm r using (id)")
    web = {"files": {"glob": "web.csv"}, "mappings": {"both": {"contract": "orders", "select": "both.sql"}}}
    landed = run(workspace_with(tmp_path, crm=source("crm.csv", "a"), web=web))
    assert landed["crm"][0].columns == ["id", "a", "b"]
    assert landed["web"][0].columns == ["id", "c"]


@pytest.mark.parametrize("dates", ["no_such_function(id)", "sum(id::int)"])
def test_dates_that_cannot_be_computed_are_refused_without_a_value(tmp_path, dates):
    (tmp_path / "crm.csv").write_text("id\ncanary\n")
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "id", dates=dates))
    with pytest.raises(ConfigurationError, match="the SQL of dates cannot be computed") as refused:
        run(workspace)
    assert "canary" not in str(refused.value)
    assert names_in(workspace) == []


def test_a_date_expression_that_fails_on_a_row_passes_that_row_over(tmp_path):
    (tmp_path / "crm.csv").write_text("day\n1/9/2026\ncanary\n12/9/2026\n")
    workspace = workspace_with(tmp_path, crm=source("crm.csv", "day", dates="strptime(day, '%d/%m/%Y')"))
    [package] = run(workspace)["crm"]
    assert (package.first_date, package.last_date) == ("2026-09-01T00:00:00", "2026-09-12T00:00:00")
