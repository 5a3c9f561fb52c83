"""Letters: written as rows, then marked as they are carried."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from policies.letters import written
from policies.lifecycle import LetterState
from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.db import Base, db
from portal.models import Campaign, Letter, Link, Person, Review
from portal.queries.settings import setting
from portal.queue import Job, enqueue
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, usecase

MOST_ATTEMPTS = 8


@usecase
def write_letter(
    kind: str,
    person: Person,
    *,
    key: str,
    by: Actor,
    link: Link | None = None,
    about: Base | None = None,
    **facts: Any,
) -> Letter | None:
    """Write a letter, unless one with this `key` was written before (then None).

    `about` is the campaign or review it belongs to; `facts` fill the text's placeholders.
    """
    if db.session.scalar(select(Letter.id).where(Letter.key == key)):
        return None
    now = clock.now()
    facts = {"name": person.name, "organisation": setting("organisation"), **facts}
    if link:
        facts["until"] = f"{link.expires_at:%-d %B %Y}"
    text = written(kind, facts)
    letter = Letter(
        key=key,
        kind=kind,
        person_id=person.id,
        link_id=link.id if link else None,
        subject=text.subject,
        body=text.body,
        facts=facts,
        try_at=now,
        created_at=now,
        **_place(about),
    )
    db.session.add(letter)
    record("letter written", letter, by=by, kind=kind, person=person.id)
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))
    return letter


@usecase
def mark_sent(letter: Letter, state: LetterState, *, by: Actor) -> None:
    """The letter was carried ("sent"), or is kept to be read in the portal."""
    letter.state, letter.sent_at = state, clock.now()
    letter.attempts += 1
    letter.last_error = ""
    record(f"letter {state.value}", letter, by=by, attempts=letter.attempts)


@usecase
def mark_unsent(letter: Letter, error: str, *, by: Actor) -> None:
    """Carrying it failed: try again later (1, 2, 4 ... minutes), and give up after a while."""
    letter.attempts += 1
    letter.last_error = error
    letter.try_at = clock.now() + timedelta(minutes=2 ** (letter.attempts - 1))
    if letter.attempts >= MOST_ATTEMPTS:
        letter.state = LetterState.FAILED
    record("letter not delivered", letter, by=by, error=error, attempts=letter.attempts)


@usecase
def resend_letter(letter: Letter, *, by: Actor) -> None:
    """Queue a letter again, whatever became of it."""
    require(ADMINISTER, by, None)
    was = letter.state
    letter.state, letter.try_at, letter.attempts = LetterState.QUEUED, clock.now(), 0
    record("letter queued again", letter, by=by, was=was)
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))


def _place(about: Base | None) -> dict[str, int]:
    if isinstance(about, Review):
        return {"campaign_id": about.campaign_id, "review_id": about.id}
    return {"campaign_id": about.id} if isinstance(about, Campaign) else {}
