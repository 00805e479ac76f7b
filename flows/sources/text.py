"""Text in any encoding Python knows, plain or gzipped, and CSV in it; whatever is half-written is refused."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from flows.errors import ConfigurationError, DeliveryError
from flows.sources.declaration import Files
from flows.sources.extract import BATCH_CHARACTERS, BATCH_ROWS, Batch, Origin, clean_headers

#: Characters of the longest line that is read; without a bound one line could fill the memory.
LONGEST_LINE = 16_000_000
#: Rows taken from the csv module at a time: fewer steps in Python.
_ROWS_AT_ONCE = 1_000
#: Sequences of several bytes that are all valid UTF-8 by chance only once in many thousand files.
_TELLING_SEQUENCES = {"single": 3, "multiple": 10}


class TextFile:
    """A decoded file, read line by line."""

    def __init__(self, path: Path, files: Files, origin: Origin) -> None:
        self.path, self.files, self.origin = path, files, origin
        self.codec = codec_named(files.encoding, origin)
        self._refuse_hidden_utf8()
        self._bytes = self._open_bytes()
        self._text = io.TextIOWrapper(self._bytes, encoding=self.codec, errors="strict", newline="")
        self.characters = 0

    def _open_bytes(self) -> BinaryIO:
        if self.files.compression == "gzip":
            return gzip.open(self.path, "rb")
        return self.path.open("rb")

    def close(self) -> None:
        self._text.close()

    def lines(self) -> Iterator[str]:
        """Every line with its end; the BOM is left out. Raises DeliveryError naming the line."""
        readline = self._text.readline
        number = 0
        line = ""
        with self._damage():
            while found := readline(LONGEST_LINE):
                line = found
                number += 1
                if number == 1:
                    line = line.removeprefix("\ufeff")
                if "\0" in line:
                    raise DeliveryError(
                        "there is a NUL byte",
                        "the file is damaged, not text, or in UTF-16: ask for it again or correct files.encoding",
                        where=self.origin.line(number),
                    )
                if len(line) >= LONGEST_LINE:
                    raise DeliveryError(
                        f"a line is longer than {LONGEST_LINE:,} characters",
                        "the file is damaged, or not what files.format says",
                        where=self.origin.line(number),
                    )
                self.characters += len(line)
                yield line
        if number == 0:
            raise DeliveryError("the file is empty", "ask for the extract again", where=str(self.origin))
        if self.files.final_newline == "required" and not line.endswith(("\n", "\r")):
            raise DeliveryError(
                "the last line does not end: the file looks half-written",
                "wait until the export is complete, or pull it again; "
                "if this export always ends so, write final_newline: optional under files",
                where=self.origin.line(number),
            )

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except UnicodeDecodeError:
            raise self._undecodable() from None
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise DeliveryError(
                "the gzip file is cut short or damaged",
                "wait until the export is complete, or pull it again",
                where=str(self.origin),
            ) from None
        except OSError as error:
            raise DeliveryError(
                f"the file cannot be read: {error.strerror or type(error).__name__}",
                "check the file and its permissions",
                where=str(self.origin),
            ) from None

    def _undecodable(self) -> DeliveryError:
        """Find the line by reading again: the decoder works in blocks and does not know it."""
        decoder = codecs.getincrementaldecoder(self.codec)("strict")
        line = 1
        mark = b""
        with self._open_bytes() as file:
            while True:
                block = file.read(1 << 16)
                mark = mark or block[:4]
                try:
                    line += _line_ends(decoder.decode(block, final=not block))
                except UnicodeDecodeError as error:
                    line += _line_ends(error.object[: error.start].decode(self.codec, "ignore"))
                    break
                if not block:  # the file changed meanwhile
                    break
        hint = "find out the export's encoding and declare it under files.encoding (cp1252, cp1250, big5, gb18030, ...)"
        for bom, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8")):
            if mark.startswith(bom):
                hint = f"its first bytes are the mark of {name}: declare encoding: {name} under files"
        return DeliveryError(
            f"the bytes are not {self.files.encoding}, as the source declares", hint, where=self.origin.line(line)
        )

    def _refuse_hidden_utf8(self) -> None:
        """Most encodings decode anything, UTF-8 into rubbish: refuse a file that can only be meant as UTF-8."""
        if self.codec in {"utf-8", "utf-8-sig"} or self.codec.startswith(("utf-16", "utf-32")):
            return
        single = len(bytes(range(128, 256)).decode(self.codec, "replace")) == 128
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        sequences = 0
        try:
            with self._open_bytes() as file:
                while block := file.read(1 << 20):
                    text = decoder.decode(block)
                    sequences += len(text) - len(text.encode("ascii", "ignore"))
        except (UnicodeDecodeError, EOFError, OSError, zlib.error):  # not UTF-8, or damage that reading will name
            return
        if sequences >= _TELLING_SEQUENCES["single" if single else "multiple"]:
            raise DeliveryError(
                f"the file is UTF-8, but its source declares {self.files.encoding}",
                "declare encoding: utf-8 under files",
                where=str(self.origin),
            )


def codec_named(encoding: str, origin: Origin) -> str:
    """The canonical name of a text encoding; raises ConfigurationError when Python knows none of that name."""
    try:
        found = codecs.lookup(encoding)
        "".encode(encoding)  # refuses the codecs that are no text encodings
    except LookupError:
        raise ConfigurationError(
            f"there is no encoding {encoding!r}",
            "use one of utf-8, cp1252, cp1250, iso8859-2, big5, gb18030, utf-16, ...",
            where=f"sources/{origin.source}.yml, files.encoding",
        ) from None
    return found.name


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


class CsvExtract:
    """A CSV file as RFC 4180 has it, with the declared delimiter and quote; quotes must be closed, rows complete."""

    typed = False

    def __init__(self, path: Path, files: Files, origin: Origin) -> None:
        self._file = TextFile(path, files, origin)
        self._origin = origin
        self._reader = csv.reader(
            self._file.lines(), delimiter=files.delimiter, quotechar=files.quote, strict=True, doublequote=True
        )
        try:
            self.headers = clean_headers(self._header(), origin)
        except BaseException:
            self.close()
            raise

    def _header(self) -> list[str]:
        try:
            for row in self._reader:
                if row:
                    return row
        except csv.Error as error:
            raise self._malformed(error, 1) from None
        raise DeliveryError("the file holds blank lines only", "ask for the extract again", where=str(self._origin))

    def close(self) -> None:
        self._file.close()

    def batches(self, places: list[int]) -> Iterator[Batch]:
        """Rows in batches; a blank line is no row. Raises DeliveryError naming the line where a record begins."""
        reader, file = self._reader, self._file
        rows: list[list[str]] = []
        lines: list[int] = []
        full = file.characters + BATCH_CHARACTERS
        more = True
        while more:
            some: list[list[str]] = []
            ends = reader.line_num
            try:
                some.extend(islice(reader, _ROWS_AT_ONCE))
            except csv.Error as error:  # the rows before it are in the list
                self._checked(some, ends, ends + sum(map(_lines_of, some)))
                raise self._malformed(error, ends + sum(map(_lines_of, some)) + 1) from None
            more = len(some) == _ROWS_AT_ONCE
            found, begins = self._checked(some, ends, reader.line_num)
            rows += found
            lines += begins
            if len(rows) >= BATCH_ROWS or file.characters >= full:
                yield _transposed(rows, lines, places)
                rows, lines, full = [], [], file.characters + BATCH_CHARACTERS
        if rows:
            yield _transposed(rows, lines, places)

    def _checked(self, rows: list[list[str]], before: int, after: int) -> tuple[list[list[str]], Iterable[int]]:
        """The rows that are not blank, after line ``before`` and up to ``after``, with the line where each begins."""
        width = len(self.headers)
        if after - before == len(rows) and set(map(len, rows)) <= {width}:
            return rows, range(before + 1, after + 1)
        kept, begins = [], []
        begin = before + 1
        for row in rows:
            if len(row) == width:
                kept.append(row)
                begins.append(begin)
            elif row:
                raise self._ragged(len(row), begin)
            begin += _lines_of(row)
        return kept, begins

    def _ragged(self, found: int, line: int) -> DeliveryError:
        return DeliveryError(
            f"the row has {found} fields, the header {len(self.headers)}",
            "quote fields that hold the delimiter or a line end in the export; check files.delimiter and files.quote; "
            "a row cut short means that the file is half-written",
            where=self._origin.line(line),
        )

    def _malformed(self, error: csv.Error, line: int) -> DeliveryError:
        what, remedy = _csv_words(str(error))
        return DeliveryError(what, remedy, where=self._origin.line(line))


def _lines_of(row: list[str]) -> int:
    """The lines a record takes: line ends within it stand within its quoted fields."""
    return 1 + sum(map(_line_ends, row))


def _csv_words(message: str) -> tuple[str, str]:
    """The csv module's errors in our words (they hold no data, but they may change)."""
    quotes = "double a quote inside a quoted field, and close each one, in the export; check files.quote"
    if "unexpected end" in message:
        return "a quoted field is still open at the end of the file", f"the file is half-written, or: {quotes}"
    if "field larger" in message:
        limit = f"{csv.field_size_limit():,}"
        return f"a field is longer than {limit} characters, or its quote is never closed", quotes
    return "a quoted field goes on after its closing quote", quotes


def _transposed(rows: list[list[str]], lines: list[int], places: list[int]) -> Batch:
    columns = list(zip(*rows, strict=True))
    return Batch([columns[place] for place in places], lines)
