"""Each way to spoil the demo spoils one extract of the last month and nothing else."""

import gzip
import shutil
from pathlib import Path

import pytest

from flows.demo.spoiling import KINDS, spoil
from flows.errors import ConfigurationError
from tests.flows.demo.made import demo_workspace


def _workspace(tmp_path: Path) -> Path:
    extracts = tmp_path / "extracts"
    extracts.mkdir()
    for path in (demo_workspace() / "extracts").iterdir():
        if "2026-06" in path.name or path.name == "customers.csv":
            shutil.copy(path, extracts)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_one_extract_is_spoiled_and_no_other(kind: str, tmp_path: Path) -> None:
    root = _workspace(tmp_path)
    before = {path: path.read_bytes() for path in (root / "extracts").iterdir()}
    spoiled = spoil(root, kind)
    after = {path: path.read_bytes() for path in (root / "extracts").iterdir()}
    assert {path for path in before if after.get(path) != before[path]} == {spoiled}
    assert spoiled.exists() == (not kind.startswith("missing"))


def _text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def test_scores_leave_their_scale(tmp_path: Path) -> None:
    lines = _text(spoil(_workspace(tmp_path), "scores")).splitlines()
    assert sum(",11," in line or ",12," in line or ",13," in line for line in lines) >= 15


def test_a_half_written_file_cannot_be_unpacked(tmp_path: Path) -> None:
    with pytest.raises(EOFError):
        gzip.decompress(spoil(_workspace(tmp_path), "half_written").read_bytes())


def test_an_empty_file_has_a_header_and_no_rows(tmp_path: Path) -> None:
    assert len(_text(spoil(_workspace(tmp_path), "empty")).splitlines()) == 1


def test_another_encoding_is_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(UnicodeDecodeError):
        _text(spoil(_workspace(tmp_path), "encoding"))


def test_a_vanished_column_is_in_no_row(tmp_path: Path) -> None:
    assert "satisfaction" not in _text(spoil(_workspace(tmp_path), "vanished_column"))


def test_duplicate_keys_come_with_other_scores(tmp_path: Path) -> None:
    lines = _text(spoil(_workspace(tmp_path), "duplicate_keys")).splitlines()
    keys = [line.split('"response_id": "')[1].split('"')[0] for line in lines]
    assert len(keys) - len(set(keys)) == 3
    assert len(set(lines)) > len(set(keys))


def test_a_changed_type_turns_amounts_into_texts(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(spoil(_workspace(tmp_path), "changed_type"))
    assert str(table.schema.field("amount").type) == "string"
    assert table["amount"][0].as_py().endswith("zł")


def test_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="half_written"):
        spoil(tmp_path, "haunted")
