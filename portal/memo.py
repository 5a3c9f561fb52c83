"""Within one look at a page, what was asked already is not asked again.

Only for what the look itself cannot change: who reviews, and settings, which its guard, its table
and its layout each want to know. Where nobody said that it is only a look, everything is asked.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("known", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """From here on nothing is changed until the end of the block."""
    before = _known.set({})
    try:
        yield
    finally:
        _known.reset(before)


def once(key: Hashable, ask: Callable[[], T]) -> T:
    """What `ask` says, from the first time in this look."""
    known = _known.get()
    if known is None:
        return ask()
    if key not in known:
        known[key] = ask()
    found: T = known[key]
    return found
