from __future__ import annotations

import datetime
import zipfile

import openpyxl
import pytest

from flows.errors import ConfigurationError, DeliveryError
from flows.sources import workbooks
from flows.sources.declaration import Files
from flows.sources.extract import Origin
from flows.sources.workbooks import WorkbookExtract


def saved(path, *rows, sheet="Survey"):
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    book.save(path)


def read(path, sheet="Survey"):
    opened = WorkbookExtract(path, Files(glob="*", format="xlsx", sheet=sheet), Origin("crm", path.name))
    batches = list(opened.batches(list(range(len(opened.headers)))))
    rows = [row for batch in batches for row in zip(*batch.columns, strict=True)]
    return opened.headers, rows, [line for batch in batches for line in batch.lines]


@pytest.fixture
def book(tmp_path):
    return tmp_path / "feed.xlsx"


def test_cells_land_as_text_in_one_way(book):
    saved(
        book,
        ["id ", "when", "at", "ok", "note"],
        [3.0, datetime.date(2026, 9, 1), datetime.datetime(2026, 9, 1, 10, 5), True, " a "],
        [2.5, None, None, False, "#N/A"],
    )
    headers, rows, lines = read(book)
    assert headers == ["id", "when", "at", "ok", "note"]
    assert rows == [
        ("3", "2026-09-01", "2026-09-01 10:05:00", "true", " a "),
        ("2.5", None, None, "false", None),
    ]
    assert lines == [2, 3]


def test_rows_are_numbered_as_in_the_sheet_whatever_is_blank(book):
    saved(book, [], [], ["id", "a"], [], [1, "x"], [None, None], [2, "y"])
    headers, rows, lines = read(book)
    assert (headers, rows, lines) == (["id", "a"], [("1", "x"), ("2", "y")], [5, 7])


def test_a_cell_beyond_the_headers_is_refused_with_its_row(book):
    saved(book, ["id", "a"], [1, "x"], [2, "y", "Zofia"])
    with pytest.raises(DeliveryError, match="row 3: a cell stands to the right of the last header") as refused:
        read(book)
    assert "Zofia" not in str(refused.value)


def test_a_sheet_that_is_not_there_is_refused_and_the_others_named(book):
    saved(book, ["id"], [1])
    with pytest.raises(ConfigurationError, match="no sheet 'Answers'") as refused:
        read(book, sheet="Answers")
    assert "Notes, Survey" in refused.value.remedy


def test_an_empty_sheet_is_refused(book):
    saved(book, ["id"], [1])
    with pytest.raises(DeliveryError, match="the sheet is empty"):
        read(book, sheet="Notes")


@pytest.mark.parametrize("cut", [10, 200, -30])
def test_a_workbook_cut_short_is_refused(book, cut):
    saved(book, ["id"], *([number] for number in range(500)))
    book.write_bytes(book.read_bytes()[:cut])
    with pytest.raises(DeliveryError, match="not a whole XLSX workbook"):
        read(book)


def test_a_workbook_with_a_flipped_byte_is_refused(book):
    saved(book, ["id"], *([f"row {number}"] for number in range(500)))
    content = bytearray(book.read_bytes())
    with zipfile.ZipFile(book) as archive:
        part = max(archive.infolist(), key=lambda part: part.compress_size)
    content[part.header_offset + 30 + len(part.filename) + part.compress_size // 2] ^= 0xFF
    book.write_bytes(content)
    with pytest.raises(DeliveryError, match="not a whole XLSX workbook"):
        read(book)


def test_something_else_renamed_to_xlsx_is_refused(book):
    book.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(DeliveryError, match="protected by a password or an old"):
        read(book)


def test_a_workbook_that_swells_beyond_reason_is_refused_before_it_is_opened(book):
    saved(book, ["id"], [1])
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/blank.bin", b"\0" * (workbooks._SUSPECT_FROM + 1))
    with pytest.raises(DeliveryError, match="unpacks to 20 MB"):
        read(book)
