"""A list as columns: what a first walk finds out, and reading columns into values.

Shared by account lists (policies.account_rows) and people lists (policies.people_rows).
Values leave here as the text that databases take: moments as "2026-12-31 10:00:00.000000"
in UTC, dates as "2026-12-31", attributes as JSON.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from policies.columns import ATTRIBUTE, DATE_FIELDS, GRANT_KINDS
from policies.dates import date_order, read_date, read_instant
from policies.values import LONGEST_CELL, Bad, Memo, names_separator

SEPARATORS = {
    ";": "semicolon",
    ",": "comma",
    "|": "vertical bar",
    "\n": "line break",
    "whole": "nothing: one name a cell",
}


class Problem(NamedTuple):
    """Something wrong with one row. `row` is its number in the file; 0 is the file itself."""

    row: int
    column: str
    value: str
    expected: str
    is_fatal: bool = True


@dataclass
class Plan:
    """How a list is read. `orders` and `separators` are by header, found by the first walk."""

    header: Sequence[str]
    mapping: Mapping[str, str]
    serials: bool = False  # spreadsheets write dates as numbers
    order: str = ""  # what the person says about 3/4/2026
    separator: str = ""  # what the person says about several names in a cell
    orders: dict[str, str] = field(default_factory=dict)
    separators: dict[str, str] = field(default_factory=dict)

    def places(self, *fields: str) -> list[tuple[int, str, str]]:
        """(index, header, field) of every column that fills one of `fields`."""
        return [
            (index, header, self.mapping[header])
            for index, header in enumerate(self.header)
            if self.mapping.get(header) in fields
        ]


class FirstWalk:
    """Counts rows, and gathers what a column says as a whole: its dates, its separator."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows = 0
        self._dates = {h: set[str]() for _, h, _ in plan.places(*DATE_FIELDS)}
        self._names = {h: set[str]() for _, h, _ in plan.places(*GRANT_KINDS)}
        self._places = plan.places(*DATE_FIELDS, *GRANT_KINDS)

    def look(self, rows: Sequence[Sequence[str]]) -> None:
        """Take in the next rows."""
        self.rows += len(rows)
        for index, header, _ in self._places:
            cells = {row[index] for row in rows if len(row) > index}
            if header in self._dates:
                either = (cell for cell in cells if "/" in cell or "-" in cell[1:3])
                self._dates[header].update(cell.split()[0] for cell in either)
            else:
                self._names[header].update(_telling(cells))

    def settle(self) -> None:
        """Write what was found into the plan."""
        for header, dates in self._dates.items():
            self.plan.orders[header] = self.plan.order or date_order(dates)
        for header, names in self._names.items():
            found = self.plan.separator or names_separator(sorted(names))
            self.plan.separators[header] = "" if found == "whole" else found


class Columns:
    """One batch of rows, turned: each column read as a whole. Gathers problems."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.problems: list[Problem] = []
        self.numbers: Sequence[int] = ()
        self._columns: list[list[str]] = []
        self._bad_rows: set[int] = set()
        self._memos: dict[str, Memo[str]] = {}
        self._attributes = plan.places(ATTRIBUTE)
        self._packed: dict[tuple[str, ...], str] = {}

    def turn(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
        """Take the next batch. Rows of another width than the header are problems."""
        self._bad_rows = set()
        width = len(self.plan.header)
        if set(map(len, rows)) != {width}:
            numbers, rows = self._squared(numbers, rows, width)
        self.numbers = numbers
        self._columns = [list(map(str.strip, column)) for column in zip(*rows, strict=True)]
        if not rows:
            self._columns = [[] for _ in range(width)]
        for header, column in zip(self.plan.header, self._columns, strict=True):
            if column and max(map(len, column)) > LONGEST_CELL:
                self._too_long(header, column)

    def text(self, field_: str) -> list[str]:
        """The cells of the column that fills this field, or empty ones."""
        for index, _, _ in self.plan.places(field_):
            return self._columns[index]
        return [""] * len(self.numbers)

    def many(self, *fields: str) -> list[tuple[str, str, list[str]]]:
        """(field, header, cells) of every column that fills one of these fields."""
        return [(f, header, self._columns[i]) for i, header, f in self.plan.places(*fields)]

    def each(self, field_: str, read: Callable[[str], str | Bad]) -> list[str]:
        """A column of mostly different cells, read one by one."""
        for index, header, _ in self.plan.places(field_):
            return self._checked(header, [read(cell) for cell in self._columns[index]])
        return [""] * len(self.numbers)

    def repeated(self, field_: str, read: Callable[[str], str | Bad]) -> list[str]:
        """A column of often repeated cells: each different one is read once."""
        for index, header, _ in self.plan.places(field_):
            memo = self._memos.setdefault(header, Memo(read))
            values = memo.column(self._columns[index])
            return self._checked(header, values) if memo.bad else values  # type: ignore[return-value]  # nothing bad is in it
        return [read("")] * len(self.numbers)  # type: ignore[list-item]  # an empty cell is never bad

    def instants(self, field_: str) -> list[str | None]:
        return self._dated(field_, read_instant, instant_text)

    def dates(self, field_: str) -> list[str | None]:
        return self._dated(field_, read_date, str)

    def attributes(self) -> list[str]:
        """For every row, its attributes as JSON, empty ones left out."""
        if not self._attributes:
            return ["{}"] * len(self.numbers)
        headers = [header for _, header, _ in self._attributes]
        columns = [self._columns[index] for index, _, _ in self._attributes]
        return [self._pack(headers, cells) for cells in zip(*columns, strict=True)]

    def names(self) -> list[str]:
        """The name; or first and last name, where those are what there is."""
        if self.plan.places("name"):
            return [" ".join(cell.split()) for cell in self.text("name")]
        pairs = zip(self.text("first_name"), self.text("last_name"), strict=True)
        return [" ".join(f"{first} {last}".split()) for first, last in pairs]

    def missing(self, nth: int, column: str, expected: str) -> None:
        """Note that the nth row of this batch lacks something it needs."""
        self._note(nth, column, "", expected)

    def is_bad(self, nth: int) -> bool:
        return self.numbers[nth] in self._bad_rows

    @property
    def has_bad(self) -> bool:
        return bool(self._bad_rows)

    def _dated(
        self, field_: str, read: Callable[..., object], write: Callable[..., str | None]
    ) -> list[str | None]:
        serials = self.plan.serials
        orders = [self.plan.orders.get(header, "") for _, header, _ in self.plan.places(field_)]
        if not orders:
            return [None] * len(self.numbers)

        def as_text(cell: str) -> str | Bad:
            value = read(cell, orders[0], serials=serials)
            if isinstance(value, Bad):
                return value
            return write(value) or "" if value else ""

        return [text or None for text in self.repeated(field_, as_text)]

    def _pack(self, headers: Sequence[str], cells: tuple[str, ...]) -> str:
        packed = self._packed.get(cells)
        if packed is None:
            pairs = zip(headers, cells, strict=True)
            packed = attributes_text({header: cell for header, cell in pairs if cell})
            if len(self._packed) > 20_000:
                self._packed.clear()
            self._packed[cells] = packed
        return packed

    def _checked(self, header: str, values: Sequence[str | Bad]) -> list[str]:
        checked = []
        for nth, value in enumerate(values):
            if isinstance(value, Bad):
                self._note(nth, header, value.value, value.expected)
                checked.append("")
            else:
                checked.append(value)
        return checked

    def _note(self, nth: int, column: str, value: str, expected: str) -> None:
        self._bad_rows.add(self.numbers[nth])
        self.problems.append(Problem(self.numbers[nth], column, value[:200], expected))

    def _too_long(self, header: str, column: Iterable[str]) -> None:
        for nth, cell in enumerate(column):
            if len(cell) > LONGEST_CELL:
                self._note(nth, header, cell, f"at most {LONGEST_CELL:,} characters in a cell")

    def _squared(
        self, numbers: Sequence[int], rows: Sequence[Sequence[str]], width: int
    ) -> tuple[list[int], list[Sequence[str]]]:
        kept_numbers, kept = [], []
        for number, row in zip(numbers, rows, strict=True):
            if len(row) == width or (len(row) > width and not any(row[width:])):
                kept_numbers.append(number)
                kept.append(row[:width])
            else:
                said = f"{width} cells, as in the header; this row has {len(row)}"
                self.problems.append(Problem(number, "", _excerpt(row), said))
        return kept_numbers, kept


def instant_text(moment: datetime | None) -> str | None:
    """A moment as the text that databases take."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if moment else None


def attributes_text(attributes: Mapping[str, str]) -> str:
    """Attributes as JSON, always the same for the same ones."""
    return json.dumps(attributes, sort_keys=True)


def _telling(cells: Iterable[str]) -> list[str]:
    """Those of the cells that may hold several names: one for each way of separating."""
    found: dict[str, str] = {}
    for cell in cells:
        for separator in ("\n", ";", "|"):
            if separator in cell:
                found.setdefault(separator, cell)
        if "," in cell and names_separator([cell]) == ",":
            found.setdefault(",", cell)
    return list(found.values())


def _excerpt(row: Sequence[str]) -> str:
    return " | ".join(row)[:200]
