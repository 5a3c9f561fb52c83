"""Chance that falls the same way every time: a stream of numbers for each name."""

from random import Random


def chance(*about: object) -> Random:
    """The dice for one thing. The same `about` throws the same numbers on every machine."""
    return Random("/".join(map(str, about)))  # noqa: S311  sample data, no secret hangs on it


def happens(share: float, *about: object) -> bool:
    """Whether something that happens to this share of all things happens to this one."""
    return chance(*about).random() < share
