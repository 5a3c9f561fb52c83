"""How far the cells of a sheet reach, told from its XML without unpacking it as a whole.

A reader of spreadsheets makes room for the whole rectangle from the first used cell to the last.
A cell says where it is (`r="C7"`), or stands behind the one before it.
"""

import re

# Written as XML allows: either kind of quotation mark, any kind of space, one of it at most.
_PLAIN = bytes.maketrans(b"\t\r\n'", b'   "')
_SPACED = re.compile(rb" *= *")
_WIDE = re.compile(rb' r="([A-Za-z]{2,3})\d')
_DEEP = re.compile(rb' r="[A-Za-z]{0,3}(\d{5,9})"')
_CELLS = (b"<c ", b"<c>", b"<c/", b":c ", b":c>", b":c/")
_PLACED = b'<c r="'  # as nearly every program writes it
_PLACED_BEHIND = re.compile(rb'[<:]c(?: +[\w:.-]+="[^"]*")*? +r="[A-Za-z]')
_ROW = re.compile(rb"[<:]row[ />]")
_LONGEST_TAG = 4_096  # bytes; of a longer one too much is thought, never too little
_LEAST_DEEP = 10_000  # rows, with which a width alone is judged


class Extent:
    """`columns` and `rows` are upper bounds, given the pieces of one sheet in order."""

    def __init__(self) -> None:
        self._widest, self._deepest, self._tail = b"Z", 0, b""
        self._rest, self._rows, self._in_row, self._most_in_row = b"", 0, 0, 0

    @property
    def columns(self) -> int:
        return column_number(self._widest) + self._most_in_row

    @property
    def rows(self) -> int:
        return self._deepest + (self._rows if self._most_in_row else 0)

    @property
    def cells(self) -> int:
        """The size of the rectangle."""
        return self.columns * max(self.rows, _LEAST_DEEP)

    def add(self, chunk: bytes) -> None:
        """Look at the next piece."""
        placed, self._tail = plain(self._tail + chunk), chunk[-64:]
        wide = {self._widest, *map(bytes.upper, _WIDE.findall(placed))}
        self._widest = max(wide, key=column_number)
        self._deepest = max(self._deepest, *map(int, _DEEP.findall(placed)), 0)
        text = plain(self._rest + chunk)
        end = text.rfind(b"<")  # a tag that is cut in two is counted with the next piece
        end = end if 0 <= len(text) - end < _LONGEST_TAG else len(text)
        self._count(text[:end])
        self._rest = text[end:]

    def _count(self, text: bytes) -> None:
        """Rows, and the most cells of a row that leave it open where they are."""
        rows = text.count(b"<row") + text.count(b":row")
        self._rows += rows
        if sum(map(text.count, _CELLS)) == text.count(_PLACED):
            self._in_row = 0 if rows else self._in_row
            return
        first, *others = _ROW.split(text)
        counts = [self._in_row + _unplaced(first), *map(_unplaced, others)]
        self._most_in_row = max(self._most_in_row, *counts)
        self._in_row = counts[-1]


def column_number(name: bytes) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


def plain(text: bytes) -> bytes:
    """The same XML with one way of writing an attribute."""
    text = text.translate(_PLAIN)
    return _SPACED.sub(b"=", text) if b" =" in text or b"= " in text else text


def _unplaced(text: bytes) -> int:
    return sum(map(text.count, _CELLS)) - len(_PLACED_BEHIND.findall(text))
