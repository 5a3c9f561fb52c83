"""Working through the rows of a job so that one that fails does not hold up the others.

What fails is counted in a row of its own (portal.models.work.Trouble), and put aside once that
happened too often, until somebody has it tried again on the page of background work.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError, OperationalError

from jobs.running import Paused, step
from policies.errors import Refusal
from policies.permissions import SYSTEM
from portal.db import db
from portal.queries.background import troubles_of
from portal.queue import Job
from portal.usecases.troubles import Work, begin_work, end_work, note_trouble

T = TypeVar("T")

log = structlog.stdlib.get_logger("countersign.careful")


class Careful:
    """One run of `job` over `total` rows."""

    def __init__(self, job: Job, total: int = 0) -> None:
        self.job, self.total, self.done = job, total, 0
        self.put_aside = troubles_of(job)  # by key, whether each is left alone

    def do(self, work: Work, how: Callable[[], object], *, free: Select[Any] | None = None) -> bool:
        """Do it, unless it is put aside or in other hands. False where it was not done.

        With `free`, which selects the row it needs, it is taken for something that may kill its
        worker: its starts are counted.
        """
        step(work.what, self.done, self.total)
        self.done += 1
        if self.put_aside.get(work.key) or (free is not None and not _begins(work, free)):
            return False
        if problem := _problem_of(work, how):
            note_trouble(work, problem, was_counted=free is not None, by=SYSTEM)
        elif free is not None or work.key in self.put_aside:
            end_work(work.key)
        return not problem

    def do_together(
        self, works: Sequence[tuple[Work, T]], how: Callable[[Sequence[T]], object]
    ) -> None:
        """Do them all in one go; where that fails, one by one, so that only what cannot be done
        is left."""
        left = [(work, thing) for work, thing in works if not self.put_aside.get(work.key)]
        if any(work.key in self.put_aside for work, _ in left) or not self._did(left, how):
            for work, thing in left:
                self.do(work, partial(how, [thing]))

    def _did(self, works: Sequence[tuple[Work, T]], how: Callable[[Sequence[T]], object]) -> bool:
        if not works:
            return True
        all_of_them = replace(works[0][0], key=f"{works[0][0].key} and others")
        step(all_of_them.what, self.done, self.total)
        if len(works) > 1 and not _problem_of(all_of_them, partial(how, [t for _, t in works])):
            self.done += len(works)
            return True
        return False


def _begins(work: Work, free: Select[Any]) -> bool:
    try:
        return begin_work(work, free=free, by=SYSTEM)
    except IntegrityError:  # another worker began it at this very moment
        return False


def _problem_of(work: Work, how: Callable[[], object]) -> str:
    """Why it could not be done, as a sentence; empty where it was."""
    try:
        how()
    except (OperationalError, Paused):  # not the row's fault
        db.session.rollback()
        raise
    except Exception as problem:
        db.session.rollback()
        log.exception("work failed", job=work.job, key=work.key, kind=type(problem).__name__)
        if isinstance(problem, Refusal):
            return str(problem)
        return f"{type(problem).__name__}. The worker's log has the details."
    return ""
