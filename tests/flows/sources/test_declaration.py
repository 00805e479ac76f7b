"""A file in sources/ is read as it is meant, or refused with its name and the key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.errors import ConfigurationError
from flows.sources.declaration import load_source, load_sources
from flows.workspace import Settings, Workspace

MAPPINGS = {"rows": {"contract": "calls", "columns": {"call_key": "id", "enqueued_at": "came"}}}
WELL = {"files": {"glob": "extracts/*.csv"}, "mappings": MAPPINGS}


@pytest.fixture
def write(tmp_path: Path):
    def written(declared: object, name: str = "calls.yml") -> Path:
        path = tmp_path / "sources" / name
        path.parent.mkdir(exist_ok=True)
        text = declared if isinstance(declared, str) else yaml.safe_dump(declared, allow_unicode=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_source(path)
    assert caught.value.where == f"sources/{path.name}"
    assert caught.value.remedy
    return caught.value.what


def test_a_short_declaration_is_enough_and_its_name_is_the_files(write):
    source = load_source(write(WELL))
    assert (source.name, source.load, source.duplicates, source.every_months) == ("calls", "full", "refuse", 1)
    assert source.missing == [""]
    assert (source.files.delimiter, source.files.encoding, source.files.final_newline) == (",", "utf-8", "required")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": 1}, "unknown key 'colour'"),
        ({"files": {"glob": "a.csv", "sheat": "x"}}, "unknown key 'files.sheat'"),
        ({"files": {"format": "csv"}}, "the key 'files.glob' is missing"),
        ({"files": {"glob": "a", "format": "xls"}}, "files.format: "),
        ({"files": {"glob": "a", "delimiter": "||"}}, "files.delimiter: "),
        ({"files": {"glob": "a", "compression": "zip"}}, "files.compression: "),
        ({"files": None}, "either files or database"),
        ({"database": {"url_env": "CX_DB", "query": "select 1"}}, "either files or database"),
        ({"files": None, "database": {"url_env": "CX_DB"}}, "the key 'database.query' is missing"),
        ({"load": "weekly"}, "load: "),
        ({"load": "upsert"}, "need a key"),
        ({"duplicates": "keep_last"}, "need a key"),
        ({"every_months": 0}, "every_months: "),
        ({"timezone": "Mars/Olympus"}, "timezone: 'Mars/Olympus' is not an IANA time zone"),
        ({"keys": {"id": {}}}, "the key 'keys.id.names' is missing"),
        ({"keys": {"id": {"names": "customer", "type": "float"}}}, "keys.id.type: "),
        ({"drops": [{"when": "id = 1"}]}, "the key 'drops.0.reason' is missing"),
        ({"drops": [{"when": "id = 1", "reason": "no"}]}, "drops.0.reason: "),
        ({"mends": [{"column": "id", "when": "true", "to": "1"}]}, "the key 'mends.0.reason' is missing"),
        ({"mappings": {"Rows": MAPPINGS["rows"]}}, "mappings.Rows"),
        ({"mappings": {"rows": {"contract": "calls"}}}, "mappings.rows: give either columns or select"),
        (
            {"mappings": {"rows": MAPPINGS["rows"] | {"select": "a.sql"}}},
            "mappings.rows: give either columns or select",
        ),
        ({"mappings": {"rows": MAPPINGS["rows"] | {"scale": {"minimum": 0}}}}, "mappings.rows.scale.maximum"),
        ({"mappings": {"rows": MAPPINGS["rows"] | {"columns": {"call key": "id"}}}}, "mappings.rows.columns.call key"),
        ({"not_personal": ["name"]}, "not_personal: "),
        ({"missing": "?"}, "missing: "),
        ({"name": "others"}, "name differs from the file's"),
    ],
)
def test_a_declaration_that_cannot_be_meant_names_its_key(write, change, told):
    declared = {key: value for key, value in (WELL | change).items() if value is not None}
    assert told in refusal(write(declared))


@pytest.mark.parametrize("text", ["", "[]\n", "just a word\n", "# nothing yet\n"])
def test_a_file_without_keys_is_refused(write, text):
    assert "holds no keys" in refusal(write(text))


def test_yaml_that_does_not_parse_names_the_line(write):
    assert "line 2" in refusal(write("files:\n  glob: [a\nload: full\n"))


def test_yaml_cannot_make_objects_of_the_program(write):
    assert "python" in refusal(write("files: !!python/object/apply:os.getcwd []\n"))


def test_a_file_in_another_encoding_is_refused(write):
    path = write(WELL)
    path.write_bytes("description: połączenia\n".encode("cp1250"))
    assert "utf-8" in refusal(path)


def test_a_yes_that_yaml_takes_for_true_is_told_where_a_text_is_wanted(write):
    """`no`, `yes` and numbers are no texts to YAML; quoted they are."""
    mapping = MAPPINGS["rows"] | {"values": {"abandoned": {"Ja": True}}}
    assert "mappings.rows.values.abandoned.Ja" in refusal(write(WELL | {"mappings": {"rows": mapping}}))


def test_a_select_is_read_from_the_file_beside_the_declaration(write):
    write("select 1 as call_key", "calls.sql")
    path = write(WELL | {"mappings": {"rows": {"contract": "calls", "select": "calls.sql"}}})
    assert load_source(path).mappings["rows"].select == "select 1 as call_key"


def test_a_select_whose_file_is_not_there_is_refused(write):
    path = write(WELL | {"mappings": {"rows": {"contract": "calls", "select": "missing.sql"}}})
    assert "mappings.rows.select names missing.sql, which does not exist" in refusal(path)


def test_sources_come_in_order_of_name_and_examples_are_passed_over(write, tmp_path):
    for name in ("b.yml", "a.yml", "c.yml.example"):
        write(WELL, name)
    workspace = Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))
    assert [source.name for source in load_sources(workspace)] == ["a", "b"]


def test_a_file_whose_name_is_no_name_is_refused(write):
    assert "name: " in refusal(write(WELL, "My Calls.yml"))


def test_a_workspace_without_sources_is_told_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match=r"(?s)no sources.*docs/sources\.md"):
        load_sources(Workspace(tmp_path, Settings(name="Acme", timezone="UTC")))


def test_a_declaration_ending_in_yaml_is_not_passed_over_in_silence(write, tmp_path):
    write(WELL, "a.yml")
    write(WELL, "b.yaml")
    workspace = Workspace(tmp_path, Settings(name="Acme", timezone="UTC"))
    with pytest.raises(ConfigurationError, match=r"sources/b\.yaml"):
        load_sources(workspace)
