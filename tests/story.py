"""Stories: what a test begins with, built once and brought back for every later test.

`@story` in the place of `@pytest.fixture`. The first test of a process that asks builds it; the
later ones get the database, the queue and the clock as they were then, and the rows that it
returned, read anew. What is kept is what use-cases made, so a story is as true as if it were built
each time, in a tenth of it.
"""

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from portal.db import Base, db

PLAIN = (str, int, float, bool, bytes, type(None))


class Row(NamedTuple):
    """A stored row, as one that is read anew is found."""

    model: type[Base]
    key: tuple[Any, ...]


def story(build: Callable[..., Any]) -> Any:
    """Make `build` a fixture whose work is done once.

    It returns stored rows and plain values, or tuples, lists, dicts and namespaces of them. It may
    ask for other stories, but for nothing that stores something for one test alone.
    """
    signature = inspect.signature(build)
    asked = [p for p in signature.parameters.values() if p.name != "once"]
    once = inspect.Parameter("once", inspect.Parameter.KEYWORD_ONLY)

    @functools.wraps(build)
    def fixture(*, once: Any, **given: Any) -> Any:
        name = f"{build.__module__}.{build.__qualname__}"
        return _found(once(name, lambda: _noted(build(**given))))

    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in asked]
    fixture.__signature__ = signature.replace(parameters=[*parameters, once])  # type: ignore[attr-defined]
    return pytest.fixture(fixture)


def _noted(value: Any) -> Any:
    if isinstance(value, Base):
        return Row(type(value), sa.inspect(value).identity)
    return _each(value, _noted)


def _found(value: Any) -> Any:
    if isinstance(value, Row):
        return db.session.get_one(value.model, value.key)
    return _each(value, _found)


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map(change, value))
    if isinstance(value, dict):
        return {key: change(each) for key, each in value.items()}
    if isinstance(value, SimpleNamespace):
        return SimpleNamespace(**_each(vars(value), change))
    assert isinstance(value, PLAIN), f"a story returns rows and plain values, not {value!r}"
    return value
