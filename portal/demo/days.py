"""The diary: what happens on which day, done in that order under a clock that is moved along."""

import heapq
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from portal import clock
from portal.demo.chance import chance

Deed = Callable[[], object]


def working_day(day: date, later: int = 0) -> date:
    """`day`, or the Friday before a weekend; then so many working days later."""
    while day.weekday() > 4:
        day -= timedelta(days=1)
    for _ in range(later):
        day += timedelta(days=3 if day.weekday() == 4 else 1)
    return day


def at(day: date, hour: int, minute: int) -> datetime:
    """That moment of the day, in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)


def in_office_hours(day: date, *about: object) -> datetime:
    """A moment of that day between half past eight and half past three."""
    opening = at(day, 8, 30)
    return opening + timedelta(seconds=chance("hour", *about).randrange(7 * 3600))


class Diary:
    """Deeds by their moment. A deed may take time, and write further ones down."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, Deed]] = []
        self._number = count()
        self._ahead = timedelta()

    def note(self, moment: datetime, deed: Deed) -> None:
        """Have `deed` done at `moment`, or as soon after it as what runs then has ended."""
        heapq.heappush(self._waiting, (moment, next(self._number), deed))

    def live(self) -> Iterator[datetime]:
        """Do everything in order, giving the moment after each; then it is today again."""
        try:
            self._ahead = self._waiting[0][0] - clock.now()
            while self._waiting:
                moment, _, deed = heapq.heappop(self._waiting)
                self._go_to(moment)
                deed()
                yield moment
        finally:
            clock.shift(timedelta())

    def pass_time(self, seconds: float) -> None:
        """Let a while go by."""
        self._go_to(clock.now() + timedelta(seconds=seconds))

    def _go_to(self, moment: datetime) -> None:
        """Never backwards: the trail is written in the order of time."""
        self._ahead += max(moment - clock.now(), timedelta())
        clock.shift(self._ahead)
