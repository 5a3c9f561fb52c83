"""Rows of a people list: from cells to what is staged."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from policies.lists import Columns, Plan, Problem
from policies.values import read_email, read_standing


class PersonRow(NamedTuple):
    """One row as it is staged. Dates as text; see policies.lists."""

    row: int
    email: str | None
    name: str
    employee_number: str | None
    department: str
    title: str
    standing: str
    status: str
    manager_email: str
    start_date: str | None
    end_date: str | None
    attributes: str


class PeopleReader:
    """Reads batches of cells. Whoever's end date lies before `today` is past."""

    def __init__(self, plan: Plan, today: date) -> None:
        self.columns = Columns(plan)
        self._plan = plan
        self._today = today.isoformat()

    @property
    def problems(self) -> list[Problem]:
        return self.columns.problems

    def read(self, numbers: Sequence[int], rows: Sequence[Sequence[str]]) -> list[PersonRow]:
        """The valid rows of the next batch; what is wrong with the others is in `problems`."""
        columns = self.columns
        columns.turn(numbers, rows)
        ends = columns.dates("end_date")
        made = map(
            PersonRow,
            columns.numbers,
            [email or None for email in columns.each("email", read_email)],
            columns.names(),
            [number or None for number in columns.text("employee_number")],
            columns.text("department"),
            columns.text("title"),
            self._standings(columns.repeated("status", read_standing), ends),
            columns.text("status"),
            columns.text("manager"),
            columns.dates("start_date"),
            ends,
            columns.attributes(),
        )
        return self._identified(list(made))

    def _standings(self, said: Sequence[str], ends: Sequence[str | None]) -> list[str]:
        return [
            "past" if end and end < self._today else standing
            for standing, end in zip(said, ends, strict=True)
        ]

    def _identified(self, rows: list[PersonRow]) -> list[PersonRow]:
        identity = self._plan.places("email", "employee_number")
        column = " / ".join(header for _, header, _ in identity)
        kept = []
        for nth, row in enumerate(rows):
            if not row.email and not row.employee_number and not self.columns.is_bad(nth):
                self.columns.missing(nth, column, "an email or an employee number; it has neither")
            if not self.columns.is_bad(nth):
                kept.append(row if row.name else row._replace(name=_called(row)))
        return kept


def _called(row: PersonRow) -> str:
    """A name for someone whose list gives none."""
    return row.email or f"Employee {row.employee_number}"
