"""The job that runs in this process: how far it is, and whether a person paused it."""

import time
from dataclasses import dataclass

from portal.queries.background import is_paused

LOOK = 2.0  # seconds between two looks whether it is paused


class Paused(Exception):
    """A person paused the job: it ends here, between two steps."""


@dataclass
class Progress:
    """What the page of background work shows of it."""

    job: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    looked: float = 0.0


present = Progress()


def begin(job: str) -> None:
    """A job begins. Raises Paused where it shall not."""
    present.__init__(job, looked=time.monotonic())  # type: ignore[misc]  # all of it, anew
    if is_paused(job):
        raise Paused


def step(words: str, done: int, total: int) -> None:
    """Between two steps: say how far it is. Raises Paused where somebody paused it meanwhile."""
    present.step, present.done, present.total = words, done, total
    if present.job and time.monotonic() - present.looked > LOOK:
        present.looked = time.monotonic()
        if is_paused(present.job):
            raise Paused
