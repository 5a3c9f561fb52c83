"""Letters on their way: taken by a worker, marked as sent or not, put on another way."""

from datetime import timedelta

from sqlalchemy import func, select, update

from policies.letter_kinds import Channel
from policies.lifecycle import LetterState
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Letter, Mailbox
from portal.queries.letter_ways import mailbox_of, ways_for
from portal.queries.settings import setting
from portal.usecases.trail import record
from portal.usecases.unit import bookkeeping, usecase

CLAIMED_FOR = timedelta(seconds=30)  # a carrier that was not heard of for so long is dead
LONGEST_WAIT = 120  # minutes between two attempts
MOST_ATTEMPTS = 40  # spread over three days
PATIENCE = timedelta(minutes=30)  # before another way is taken, where there is one
MINUTE = timedelta(minutes=1)


@bookkeeping
def claim_letter(letter_id: int) -> Letter | None:
    """Take a due letter for oneself for CLAIMED_FOR; None where another worker was first, or
    where as many were taken within the minute as the organisation wants.

    One conditional UPDATE, so that of two workers exactly one succeeds, on every database.
    Its worker holds on to it by `hold_letter`; if it dies, the letter is soon due again.
    """
    now, most = clock.now(), setting("letters_per_minute")
    mine = [Letter.id == letter_id, Letter.state == LetterState.QUEUED, Letter.try_at <= now]
    if most:
        lately = select(func.count()).where(Letter.taken_at > now - MINUTE).scalar_subquery()
        mine.append(lately < most)
    claim = update(Letter).where(*mine).values(try_at=now + CLAIMED_FOR, taken_at=now)
    if db.session.execute(claim.returning(Letter.id)).first() is None:
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
    box = mailbox_of(letter.person_id, Channel(letter.channel))
    if box and box.refused_at and state is LetterState.SENT:
        box.refused_at, box.reason = None, ""
    said = f"letter {state.value}"
    record(said, letter, by=by, attempts=letter.attempts, channel=letter.channel)


@usecase
def mark_unsent(
    letter: Letter,
    error: str,
    *,
    for_good: bool = False,
    again_in: timedelta | None = None,
    by: Actor,
) -> None:
    """Carrying it failed: try again in 1, 2, 4 ... 120 minutes, and give up after three days.

    `for_good`: this way will not take it, however often it is asked; another is taken where
    there is one. `again_in`: the other side said when it may be asked again.
    """
    letter.attempts += 1
    letter.last_error = error
    minutes = min(2 ** (letter.attempts - 1), LONGEST_WAIT)
    letter.try_at = clock.now() + (again_in or timedelta(minutes=minutes))
    letter.failing_since = letter.failing_since or clock.now()
    failed_long = clock.now() - letter.failing_since >= PATIENCE
    if (for_good or failed_long) and divert_letter(letter, error, by=by):
        return
    if for_good or letter.attempts >= MOST_ATTEMPTS:
        letter.state = LetterState.FAILED
    verb = "letter failed" if letter.state is LetterState.FAILED else "letter not delivered"
    record(verb, letter, by=by, error=error, attempts=letter.attempts, channel=letter.channel)


@usecase
def divert_letter(letter: Letter, reason: str, *, by: Actor) -> bool:
    """Send the letter another way at once. False where no other is left: then nothing changes."""
    tried = [*letter.tried, letter.channel]
    way = ways_for([letter.person_id]).after(letter.kind, letter.person_id, tried)
    if way is None:
        return False
    letter.tried, letter.channel, letter.last_error = tried, way.value, reason
    letter.attempts, letter.try_at, letter.failing_since = 0, clock.now(), None
    record("letter diverted", letter, by=by, error=reason, was=tried[-1], now=letter.channel)
    return True


@usecase
def note_refused(letter: Letter, reason: str, *, by: Actor) -> None:
    """The person's address takes nothing: whoever asks something of them is to know."""
    box = _box(letter)
    box.address, box.reason = letter.person.email or "", reason
    box.refused_at = clock.now()
    record("address refused", letter.person, by=by, channel=box.channel, why=reason)


def _box(letter: Letter) -> Mailbox:
    box = mailbox_of(letter.person_id, Channel(letter.channel))
    if box is None:
        box = Mailbox(person_id=letter.person_id, channel=letter.channel, address="")
        db.session.add(box)
    return box
