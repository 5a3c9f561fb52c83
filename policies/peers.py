"""Few peers: who holds what hardly anybody of the same department and title holds."""

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_PEERS = 5  # fewer people tell nothing of what is usual among them
MOST_NAMED = 3


@dataclass(frozen=True)
class Circle:
    """Those in an application who have the same department and title; `size` is how many."""

    department: str
    title: str
    size: int

    @property
    def in_words(self) -> str:
        where = ", ".join(filter(None, (self.department, self.title)))
        return f"of {self.size:,} in {where}"


def is_rare(holders: int, circle: Circle, percent: int) -> bool:
    """Whether so few hold it that whoever does stands out."""
    has_say = bool(circle.department) and circle.size >= LEAST_PEERS
    return has_say and holders * 100 < percent * circle.size


def few_in_words(rare: Iterable[tuple[str, int]], circle: Circle) -> str:
    """ "Admin (2 of 40 in Sales, Manager)": what of it is rare, with how many hold it."""
    named = sorted(set(rare))
    said = [f"{name} ({n:,} {circle.in_words})" for name, n in named[:MOST_NAMED]]
    more = len(named) - MOST_NAMED
    return ", ".join(said) + (f" and {more:,} more" if more > 0 else "")
