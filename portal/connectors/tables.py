"""Opening a list whatever its format: the format found, its header, and its rows as text.

What cannot be a list at all (a PDF, a web page, an empty file) is told apart here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from portal.connectors.unreadable import Unreadable

Recognise = Callable[[Sequence[str]], int]  # how many of these cells are headers we know
HEADER_WITHIN = 30  # rows in which a header is looked for
MOST_COLUMNS = 500


@dataclass(frozen=True)
class Limits:
    """The most a list may hold."""

    rows: int
    inflated_bytes: int
    columns: int = MOST_COLUMNS


@dataclass(frozen=True)
class Format:
    """How a file is to be read. Empty or None: to be found out.

    `header_row` counts from 1; 0 says that there is none, and columns are lettered.
    `guessed` says that the encoding could be another.
    """

    kind: str = ""  # "csv" or "xlsx"
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None
    guessed: bool = False
    sheets: tuple[str, ...] = field(default=())


class Table(Protocol):
    """An opened list. `rows` can be walked more than once."""

    format: Format
    header: list[str]
    broken: list[tuple[int, str]]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row below the header that is not blank: its number in the file, its cells.

        What cannot be split into cells is left out and told in `broken`.
        """
        ...


def open_table(file: BinaryIO, wanted: Format, limits: Limits, recognise: Recognise) -> Table:
    """Open `file` (seekable) as a list, or raise Unreadable with the sentence why not."""
    from portal.connectors.delimited import DelimitedTable  # noqa: PLC0415  both need this file
    from portal.connectors.workbook import WorkbookTable  # noqa: PLC0415  as above

    start = file.read(4096)
    file.seek(0)
    refuse_other_formats(start)
    kind = WorkbookTable if start.startswith(ZIP) else DelimitedTable
    table: Table = kind(file, wanted, limits, recognise)
    if len(table.header) > limits.columns:
        raise Unreadable(too_wide(len(table.header), limits.columns))
    return table


def refuse_other_formats(start: bytes) -> None:
    """Raise Unreadable where the first bytes of a file show that it is no list."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not text:
        raise Unreadable("The file is empty.")
    for signature, sentence in _OTHERS:
        if text.startswith(signature):
            raise Unreadable(sentence)
    if b"<html" in text[:1024] or b"<head" in text[:1024]:
        raise Unreadable(_WEB_PAGE)


def named_columns(cells: Sequence[str]) -> list[str]:
    """Headers, each different: a second “email” is “email (2)”, an empty one “Column C”."""
    if len(cells) > MOST_COLUMNS:
        raise Unreadable(too_wide(len(cells), MOST_COLUMNS))
    names: dict[str, None] = {}
    for nth, cell in enumerate(cells):
        name = " ".join(cell.split())[:200] or f"Column {letters(nth)}"
        count = 1
        while (name if count == 1 else f"{name} ({count})") in names:
            count += 1
        names[name if count == 1 else f"{name} ({count})"] = None
    return list(names)


def too_wide(columns: int, most: int) -> str:
    return f"The list has {columns:,} columns; {most} at most can be read."


def find_header(rows: Sequence[Sequence[str]], recognise: Recognise) -> int:
    """The number (from 1) of the row that is most likely the header."""
    filled = [number for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not filled:
        raise Unreadable("The file is empty.")
    best = max(filled, key=lambda number: (recognise(rows[number - 1]), -number))
    return best if recognise(rows[best - 1]) > 1 else filled[0]


def letters(column: int) -> str:
    """A, B, ... Z, AA: how a spreadsheet calls the column with this index."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


ZIP = b"PK\x03\x04"
_WEB_PAGE = (
    "This is a web page, not a list. It is often the sign-in page of the application: "
    "sign in there, export the list again, and upload that file."
)
_OTHERS = (
    (b"%pdf-", "This is a PDF document. Export the list as CSV or XLSX and upload that."),
    (b"<!doctype html", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b"<?xml", "This is an XML file. Export the list as CSV or XLSX and upload that."),
    (b"{\\rtf", "This is a text document. Export the list as CSV or XLSX and upload that."),
    (b'{"', "This is a JSON file. Export the list as CSV or XLSX and upload that."),
    (b'[{"', "This is a JSON file. Export the list as CSV or XLSX and upload that."),
    (
        b"\xd0\xcf\x11\xe0",
        "This is an old Excel file (.xls), or one with a password. "
        "Save it as .xlsx without a password and upload that.",
    ),
    (b"\x1f\x8b", "This file is compressed (gzip). Unpack it and upload the list inside."),
    (b"\x89png", "This is a picture. Export the list as CSV or XLSX and upload that."),
    (b"\xff\xd8\xff", "This is a picture. Export the list as CSV or XLSX and upload that."),
)
