"""A long list in pieces, so that what belongs to its rows is asked for many at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

BATCH = 500


def in_batches(rows: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The rows in order, `size` at a time."""
    waiting = iter(rows)
    while batch := list(islice(waiting, size)):
        yield batch
