from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.errors import ConfigurationError, DeliveryError
from flows.sources import extract, text
from flows.sources.declaration import Files
from flows.sources.extract import Origin
from flows.sources.text import CsvExtract

SECRET = "Zofia-Canary"


def read(path, **declared):
    """Headers, rows and lines of a CSV file."""
    opened = CsvExtract(path, Files(glob="*", **declared), Origin("crm", path.name))
    try:
        rows, lines = [], []
        for batch in opened.batches(list(range(len(opened.headers)))):
            rows += [list(row) for row in zip(*batch.columns, strict=True)]
            lines += batch.lines
        return opened.headers, rows, lines
    finally:
        opened.close()


def refusal(path, content, **declared):
    """The sentence a file is refused with; it never quotes a row."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DeliveryError) as refused:
        read(path, **declared)
    assert SECRET not in str(refused.value)
    assert "Zofia" not in str(refused.value)
    assert refused.value.remedy
    assert refused.value.where.startswith("crm, feed.csv")
    return str(refused.value)


@pytest.fixture
def feed(tmp_path):
    return tmp_path / "feed.csv"


def test_rows_keep_their_text_and_know_their_first_line(feed):
    feed.write_bytes(b'id ,comment\r\n001,"two\r\nlines, ""quoted"""\r\n\r\n7.0, spaced \r\n"8","a\nb\nc"\r\n9,x\r\n')
    headers, rows, lines = read(feed)
    assert headers == ["id", "comment"]
    assert rows == [["001", 'two\r\nlines, "quoted"'], ["7.0", " spaced "], ["8", "a\nb\nc"], ["9", "x"]]
    assert lines == [2, 5, 6, 9]


def test_lines_are_right_across_batches(feed, monkeypatch):
    monkeypatch.setattr(text, "_ROWS_AT_ONCE", 3)
    monkeypatch.setattr(text, "BATCH_ROWS", 4)
    feed.write_text("a\n" + "".join(f'"row {row}\nend"\n' if row % 4 == 0 else f"row {row}\n" for row in range(20)))
    _, rows, lines = read(feed)
    expected, line = [], 2
    for row in range(20):
        expected.append(line)
        line += 2 if row % 4 == 0 else 1
    assert lines == expected
    assert rows[4] == ["row 4\nend"]
    assert len(rows) == 20


@settings(max_examples=60, deadline=None)
@given(
    table=st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
            min_size=3,
            max_size=3,
        ),
        max_size=8,
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    # With a bare \n the csv module's writer leaves a lone \r unquoted, which is then a line end to every reader.
    way=st.sampled_from([("\n", csv.QUOTE_ALL), ("\r\n", csv.QUOTE_MINIMAL)]),
)
def test_whatever_the_csv_module_writes_comes_back(tmp_path_factory, table, delimiter, way):
    path = tmp_path_factory.mktemp("round") / "feed.csv"
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator=way[0], quoting=way[1])
    writer.writerows([["a", "b", "c"], *table])
    path.write_bytes(written.getvalue().encode())
    assert read(path, delimiter=delimiter)[1] == table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1250", "big5", "gb18030", "utf-16", "utf-16-le"])
def test_the_same_table_reads_the_same_in_every_encoding(feed, encoding):
    word = {"cp1250": "Łódź", "big5": "客戶", "gb18030": "客户"}.get(encoding, "Łódź 客戶 客户")
    feed.write_bytes(f"id,city\n1,{word}\n2,x\n".encode(encoding))
    assert read(feed, encoding=encoding) == (["id", "city"], [["1", word], ["2", "x"]], [2, 3])


def test_a_byte_order_mark_is_no_part_of_the_first_header(feed):
    feed.write_bytes('"id",b\n1,2\n'.encode("utf-8-sig"))
    assert read(feed)[0] == ["id", "b"]


def test_gzip_is_read_as_it_streams(feed):
    feed.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read(feed, compression="gzip")[1] == [["1", "2"]]


def test_bytes_of_another_encoding_are_refused_with_their_line(feed):
    content = b"id,city\n" + b"1,x\n" * 30_000 + f"2,{SECRET} ".encode() + "Łódź\n".encode("cp1250")
    assert "line 30002: the bytes are not utf-8" in refusal(feed, content)


def test_utf_16_under_another_name_is_recognised_by_its_mark(feed):
    assert "the mark of utf-16" in refusal(feed, f"id,city\n1,{SECRET}\n".encode("utf-16"))


def test_utf_8_declared_as_another_encoding_is_refused_and_not_read_as_rubbish(feed):
    sentence = refusal(feed, "id,city\n1,Łódź\n", encoding="cp1250")
    assert "the file is UTF-8, but its source declares cp1250" in sentence
    assert "is UTF-8" in refusal(feed, "id,city\n1," + "客戶" * 5 + "\n", encoding="gb18030")


def test_true_cp1250_is_not_taken_for_utf_8(feed):
    feed.write_bytes("id,city\n1,Łódź Gdańsk Kraków Wrocław\n".encode("cp1250"))
    assert read(feed, encoding="cp1250")[1] == [["1", "Łódź Gdańsk Kraków Wrocław"]]


@pytest.mark.parametrize("encoding", ["no-such", "rot13", "base64"])
def test_an_encoding_nobody_knows_is_a_mistake_of_the_declaration(feed, encoding):
    feed.write_text("a\n1\n")
    with pytest.raises(ConfigurationError, match="there is no encoding"):
        read(feed, encoding=encoding)


def test_a_half_written_file_is_refused_with_its_last_line(feed):
    assert "line 3: the last line does not end" in refusal(feed, f"a,b\n1,2\n3,{SECRET}")


def test_a_file_may_end_without_a_line_end_where_its_source_says_so(feed):
    feed.write_text("a,b\n1,2")
    assert read(feed, final_newline="optional")[1] == [["1", "2"]]


@pytest.mark.parametrize("row", ["1", "1,2,3", "1,,", '"x\ny"'])
def test_a_row_with_too_many_or_too_few_fields_is_refused_with_its_line(feed, row):
    assert "line 4: the row has" in refusal(feed, f'a,b\n"1\n",2\n{row}\n5,{SECRET}\n')


def test_an_unclosed_quote_is_refused_with_the_line_where_it_opens(feed):
    assert "line 3: a quoted field is still open" in refusal(feed, f'a,b\n1,2\n3,"{SECRET}\n4,5\n')


def test_an_unclosed_quote_in_a_long_file_is_refused_before_it_swallows_the_rest(feed):
    content = 'a,b\n"x\ny",2\n' + f'3,"{SECRET}\n' + "4,5\n" * 100_000
    assert "line 4: a field is longer than" in refusal(feed, content)


def test_text_after_a_closing_quote_is_refused_with_its_line(feed):
    assert "line 2: a quoted field goes on" in refusal(feed, f'a,b\n"{SECRET}"x,2\n')


def test_a_nul_byte_is_refused_with_its_line(feed):
    assert "line 2: there is a NUL byte" in refusal(feed, f"a,b\n{SECRET},\0\n")


def test_a_line_without_end_does_not_fill_the_memory(feed, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_LINE", 1_000)
    assert "line 2: a line is longer than 1,000 characters" in refusal(feed, "a\n" + "x" * 5_000 + "\n")


def test_an_empty_header_is_refused_by_its_place(feed):
    assert "column 2 of 3 has no header" in refusal(feed, "a, ,c\n1,2,3\n")


def test_a_repeated_header_is_refused_by_place_because_it_may_be_data(feed):
    assert "columns 1 and 3 have the same header" in refusal(feed, f"{SECRET},b,{SECRET.upper()} \n1,2,3\n")


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_any_header_is_refused(feed, content):
    assert "the file" in refusal(feed, content)


@pytest.mark.parametrize("cut", [5, 40, -4])
def test_a_gzip_file_cut_short_is_refused(feed, cut):
    whole = gzip.compress(("a,b\n" + f"1,{SECRET}\n" * 5_000).encode())
    assert "cut short or damaged" in refusal(feed, whole[:cut], compression="gzip")


def test_a_file_that_is_no_gzip_is_refused(feed):
    assert "cut short or damaged" in refusal(feed, "a,b\n1,2\n", compression="gzip")


def test_batches_are_bounded_by_characters_too(feed, monkeypatch):
    monkeypatch.setattr(text, "BATCH_CHARACTERS", 3_000)
    feed.write_text("a\n" + ("x" * 10 + "\n") * 5_000)
    opened = CsvExtract(feed, Files(glob="*"), Origin("crm", "feed.csv"))
    sizes = [len(batch.lines) for batch in opened.batches([0])]
    opened.close()
    assert sum(sizes) == 5_000
    assert len(sizes) > 1
    assert max(sizes) < extract.BATCH_ROWS
