"""The burndown of a campaign: what is left by day, against an even pace to the due date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

Point = tuple[float, float]


@dataclass(frozen=True)
class Burndown:
    """`total` decisions from `start` to `due`; `days` says how many were taken on each day.

    It is drawn in a square of 100 by 100: left is the start, the top everything. `today` is the
    last day that is drawn, as a campaign that has ended has it at its end.
    """

    total: int
    start: date
    due: date
    today: date
    days: Sequence[tuple[date, int]]

    @property
    def left(self) -> int:
        return max(0, self.total - sum(count for day, count in self.days if day <= self.today))

    @property
    def planned(self) -> int:
        """What would be left at the end of today, had everybody gone at an even pace."""
        share = ((self.today - self.start).days + 1) / self._length_to(self.due)
        return round(self.total * max(0.0, 1 - share))

    @property
    def is_behind(self) -> bool:
        return self.left > self.planned

    @property
    def ideal(self) -> list[Point]:
        return [(0.0, 0.0), (self._x(self.due), 100.0)]

    @property
    def due_x(self) -> float:
        """Where the due date stands, which is not the right edge once it is past."""
        return self._x(self.due)

    @property
    def actual(self) -> list[Point]:
        """A point at the start, and one at the end of each day on which something changed."""
        points, left = [(0.0, 0.0)], self.total
        for day, count in sorted(self.days):
            if day > self.today:
                break
            left = max(0, left - count)
            points.append((self._x(max(day, self.start)), self._y(left)))
        points.append((self._x(self.today), self._y(left)))
        return points

    @property
    def in_words(self) -> str:
        """ "38 of 120 decisions left, 25 at an even pace" """
        if not self.total:
            return "Nothing to decide"
        if not self.left:
            return f"All {self.total:,} decisions taken"
        return f"{self.left:,} of {self.total:,} decisions left, {self.in_short}"

    @property
    def in_short(self) -> str:
        """ "25 at an even pace", while something is left."""
        if self.today > self.due:
            return "all of them overdue"
        return f"{self.planned:,} at an even pace"

    def _length_to(self, day: date) -> int:
        return max(1, (day - self.start).days + 1)

    def _x(self, day: date) -> float:
        """The end of `day`."""
        share = ((day - self.start).days + 1) / self._length_to(max(self.due, self.today))
        return round(100 * min(1.0, share), 2)

    def _y(self, left: int) -> float:
        return round(100 - 100 * left / self.total, 2) if self.total else 100.0
