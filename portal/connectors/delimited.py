"""Text lists: CSV and its relatives. Encoding and delimiter are found, or told by a person."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import BinaryIO

from portal.connectors.encodings import find_encoding
from portal.connectors.tables import (
    HEADER_WITHIN,
    Format,
    Limits,
    Recognise,
    find_header,
    letters,
    named_columns,
)
from portal.connectors.unreadable import Unreadable

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar", ":": "colon"}
_SAMPLE = 128_000  # characters
MOST_IN_ROW = 1_000_000  # characters, in however many cells and lines
csv.field_size_limit(MOST_IN_ROW)


class DelimitedTable:
    """A CSV file. See `portal.connectors.tables.Table`."""

    def __init__(
        self, file: BinaryIO, wanted: Format, limits: Limits, recognise: Recognise
    ) -> None:
        self.file, self.limits = file, limits
        self.broken: list[tuple[int, str]] = []
        found = find_encoding(file)
        encoding = wanted.encoding or found.name
        guessed = found.guessed and not wanted.encoding
        self.format = Format("csv", encoding, guessed=guessed)
        first = self._sample()
        delimiter = wanted.delimiter or _find_delimiter(first, recognise)
        self.format = replace(self.format, delimiter=delimiter)
        top = list(islice(_tolerant(first, delimiter), HEADER_WITHIN))
        row = find_header(top, recognise) if wanted.header_row is None else wanted.header_row
        if row > len(top):
            raise Unreadable(f"There is no row {row} to be the header.")
        self.format = replace(self.format, header_row=row)
        self.header = named_columns(top[row - 1]) if row else _lettered(top)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        self.broken = []
        below = self.format.header_row or 0
        with self._text() as text:
            lines = _Lines(text)
            reader = csv.reader(iter(lines), delimiter=self.format.delimiter, strict=True)
            number, read = 0, 0
            while True:
                number += 1
                lines.in_row = 0
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as problem:
                    self.broken.append((number, _sentence(problem)))
                    continue
                if number <= below or not cells or (not cells[0].strip() and _is_blank(cells)):
                    continue
                read += 1
                if read > self.limits.rows:
                    raise Unreadable(_too_long(self.limits.rows))
                yield number, cells

    def _sample(self) -> str:
        with self._text() as text:
            sample = text.read(_SAMPLE)
        return sample.replace("\0", "")

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        self.file.seek(0)
        text = io.TextIOWrapper(self.file, self.format.encoding, newline="")
        try:
            yield text
        except UnicodeError:
            raise Unreadable(
                f"The file is not in {self.format.encoding}. Choose another encoding."
            ) from None
        except LookupError:
            raise Unreadable(f"There is no encoding “{self.format.encoding}”.") from None
        finally:
            text.detach()


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(map(str.strip, cells))


class _Lines:
    """The lines of a file. Unreadable where one row, be it of many lines, is too long to be one.

    `in_row` counts the characters handed out; whoever reads sets it to 0 at the end of a row.
    """

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.in_row = text, 0

    def __iter__(self) -> Iterator[str]:
        wide, began = "16" in self.text.encoding, 1
        lines = iter(partial(self.text.readline, MOST_IN_ROW + 1), "")
        for number, line in enumerate(lines, 1):
            if not self.in_row:
                began = number
            self.in_row += len(line)
            if self.in_row > MOST_IN_ROW:
                raise Unreadable(_endless(began))
            yield line.replace("\0", "") if wide else line


def _tolerant(sample: str, delimiter: str) -> Iterator[list[str]]:
    """The rows at the start of the file; the last may be cut in two."""
    return csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)


def _find_delimiter(sample: str, recognise: Recognise) -> str:
    scores = {}
    for delimiter in ",;\t|":
        rows = [row for row in islice(_tolerant(sample, delimiter), 60) if any(row)]
        scores[delimiter] = _score(rows, recognise)
    best = max(scores, key=scores.__getitem__)
    if scores[best] > (0, 0.0, 1):
        return best
    colons = [row for row in islice(_tolerant(sample, ":"), 60) if row]
    _, alike, width = _score(colons, recognise)
    return ":" if alike == 1.0 and width > 2 else ","


def _score(rows: Sequence[Sequence[str]], recognise: Recognise) -> tuple[int, float, int]:
    """Known headers, how many rows are of one width, and that width; one column is no score."""
    widths = Counter(map(len, rows))
    width, count = widths.most_common(1)[0] if widths else (1, 0)
    if max(widths, default=1) == 1:
        return (0, 0.0, 1)
    known = max(map(recognise, rows[:HEADER_WITHIN]))
    return (known, count / len(rows) if width > 1 else 0.0, width)


def _lettered(rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"Column {letters(nth)}" for nth in range(max(map(len, rows), default=0))]


def _sentence(problem: csv.Error) -> str:
    if "end of data" in str(problem) or "field limit" in str(problem):
        return "a closing quotation mark; a quoted cell is still open at the end"
    if "expected after" in str(problem):
        return "a quotation mark inside a quoted cell to be written twice"
    return f"a row that can be read ({problem})"


def _too_long(most: int) -> str:
    return (
        f"The list has more than {most:,} rows. Split it, "
        "or ask whoever runs the portal to raise MAX_UPLOAD_ROWS."
    )


def _endless(line: int) -> str:
    return (
        f"The row that begins on line {line:,} is longer than {MOST_IN_ROW:,} characters. Most "
        "likely a quotation mark is opened there and never closed. Correct it, and upload again."
    )
