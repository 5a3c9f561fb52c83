"""Letters: written as rows, then marked as they are carried."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from policies.errors import IllegalMove
from policies.letter_kinds import KINDS
from policies.letters import written
from policies.lifecycle import LetterState
from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.db import Base, db
from portal.models import Campaign, Letter, Link, Person, Review
from portal.queries.links import is_open
from portal.queries.settings import setting
from portal.queue import Job, enqueue
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase

CLAIMED_FOR = timedelta(seconds=30)  # a carrier that was not heard of for so long is dead
LONGEST_WAIT = 120  # minutes between two attempts
MOST_ATTEMPTS = 40  # spread over three days


@usecase
def write_letter(  # noqa: PLR0913  what is known of a letter, by name
    kind: str,
    person: Person,
    *,
    key: str,
    by: Actor,
    link: Link | None = None,
    about: Base | None = None,
    held_until: datetime | None = None,
    **facts: Any,
) -> Letter | None:
    """Write a letter, unless one with this `key` was written before (then None).

    It is not carried before `held_until`, and until then can be withdrawn.
    `about` is the campaign or review it belongs to; `facts` fill the text's placeholders.
    A kind that comes in somebody's name comes in the name of `by`.
    """
    if db.session.scalar(select(Letter.id).where(Letter.key == key)):
        return None
    now, facts = clock.now(), _usual_facts(person, link, by) | facts
    text = written(kind, facts)
    letter = Letter(
        key=key,
        kind=kind,
        person_id=person.id,
        sender_id=by.person_id if KINDS[kind].in_name else None,
        link_id=link.id if link else None,
        subject=text.subject,
        body=text.body,
        facts=facts,
        try_at=held_until or now,
        held_until=held_until,
        created_at=now,
        **_place(about),
    )
    db.session.add(letter)
    record("letter written", letter, by=by, kind=kind, person=person.id)
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))
    return letter


@bookkeeping
def claim_letter(letter_id: int) -> Letter | None:
    """Take a due letter for oneself for CLAIMED_FOR; None where another worker was first.

    One conditional UPDATE, so that of two workers exactly one succeeds, on every database.
    Its worker holds on to it by `hold_letter`; if it dies, the letter is soon due again.
    """
    now = clock.now()
    claim = (
        update(Letter)
        .where(Letter.id == letter_id, Letter.state == LetterState.QUEUED, Letter.try_at <= now)
        .values(try_at=now + CLAIMED_FOR)
        .returning(Letter.id)
    )
    if db.session.execute(claim).first() is None:
        return None
    return db.session.get(Letter, letter_id, populate_existing=True)


@bookkeeping
def hold_letter(letter_id: int, attempts: int) -> None:
    """Its carrier lives. `attempts`: as when it was claimed; it grows when the letter is marked."""
    db.session.execute(
        update(Letter)
        .where(
            Letter.id == letter_id,
            Letter.state == LetterState.QUEUED,
            Letter.attempts == attempts,
        )
        .values(try_at=clock.now() + CLAIMED_FOR)
        .execution_options(synchronize_session=False)
    )


@usecase
def mark_sent(letter: Letter, state: LetterState, *, by: Actor) -> None:
    """The letter was carried ("sent"), or is kept to be read in the portal."""
    letter.state, letter.sent_at = state, clock.now()
    letter.attempts += 1
    letter.last_error = ""
    record(f"letter {state.value}", letter, by=by, attempts=letter.attempts)


@usecase
def mark_unsent(letter: Letter, error: str, *, for_good: bool = False, by: Actor) -> None:
    """Carrying it failed: try again in 1, 2, 4 ... 120 minutes, and give up after three days.

    `for_good`: the mail server will not take it, however often it is asked.
    """
    letter.attempts += 1
    letter.last_error = error
    minutes = min(2 ** (letter.attempts - 1), LONGEST_WAIT)
    letter.try_at = clock.now() + timedelta(minutes=minutes)
    if for_good or letter.attempts >= MOST_ATTEMPTS:
        letter.state = LetterState.FAILED
    verb = "letter failed" if letter.state is LetterState.FAILED else "letter not delivered"
    record(verb, letter, by=by, error=error, attempts=letter.attempts)


@usecase
def resend_letter(letter: Letter, *, by: Actor) -> None:
    """Queue a letter again, whatever became of it. IllegalMove where its link is closed."""
    require(ADMINISTER, by, None)
    if letter.link and not is_open(letter.link):
        raise IllegalMove("The link in this letter no longer opens anything.")
    was = letter.state
    if was is LetterState.WITHDRAWN:
        raise IllegalMove("This letter was withdrawn, so it is not sent.")
    if was is LetterState.QUEUED and letter.try_at <= clock.now():
        raise IllegalMove("This letter is about to be sent already.")
    letter.state, letter.try_at, letter.attempts = LetterState.QUEUED, clock.now(), 0
    record("letter queued again", letter, by=by, was=was)
    after_commit(lambda: enqueue(Job.DELIVER_LETTERS))


def _usual_facts(person: Person, link: Link | None, by: Actor) -> dict[str, Any]:
    usual = {"name": person.name, "organisation": setting("organisation"), "sender": by.name}
    return usual | ({"until": f"{link.expires_at:%-d %B %Y}"} if link else {})


def _place(about: Base | None) -> dict[str, int]:
    if isinstance(about, Review):
        return {"campaign_id": about.campaign_id, "review_id": about.id}
    return {"campaign_id": about.id} if isinstance(about, Campaign) else {}
