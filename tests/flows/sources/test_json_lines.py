from __future__ import annotations

import pytest

from flows.errors import DeliveryError
from flows.sources.declaration import Files
from flows.sources.extract import Origin
from flows.sources.json_lines import JsonLinesExtract


def read(path, content, is_personal=lambda _name: False):
    path.write_text(content, encoding="utf-8")
    opened = JsonLinesExtract(path, Files(glob="*", format="jsonl"), Origin("crm", path.name), is_personal)
    [batch] = opened.batches(list(range(len(opened.headers))))
    return opened.headers, list(zip(*batch.columns, strict=True)), batch.lines


@pytest.fixture
def feed(tmp_path):
    return tmp_path / "feed.jsonl"


def test_columns_are_the_union_of_keys_and_a_key_that_is_absent_is_null(feed):
    headers, rows, lines = read(feed, '{"id": 1, "a": "x"}\n\n{"b": null, "id": "2"}\n')
    assert headers == ["id", "a", "b"]
    assert rows == [("1", "x", None), ("2", None, None)]
    assert lines == [1, 3]


def test_numbers_land_as_they_were_written(feed):
    _, rows, _ = read(feed, '{"n": 1.10}\n{"n": 12345678901234567890}\n{"n": 1e3}\n{"n": true}\n')
    assert [row[0] for row in rows] == ["1.10", "12345678901234567890", "1e3", "true"]


def test_nested_values_land_as_json_without_their_personal_fields(feed):
    _, rows, _ = read(
        feed, '{"c": {"email": "z@x.pl", "tier": "gold", "tags": [{"email": "z@x.pl", "t": "ł"}]}}\n', "email".__eq__
    )
    assert rows == [('{"tier": "gold", "tags": [{"t": "ł"}]}',)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('{"a": 1}\n[1]\n', 2),
        ('{"a": 1}\n\n{"a": "Zofia\n', 3),
        ('{"a": NaN}\n', 1),
        ("[" * 100_000 + "\n", 1),
        ('{"a": "\\ud800"}\n', 1),
        ('{"a": 1}\n{"a": "\\u0000"}\n', 2),
        ('{"a": 1}\n{"a": 2}', 2),
    ],
)
def test_a_line_that_is_no_whole_object_is_refused_with_its_number(feed, content, line):
    with pytest.raises(DeliveryError) as refused:
        read(feed, content)
    assert refused.value.where == f"crm, feed.jsonl, line {line}"
    assert "Zofia" not in str(refused.value)
