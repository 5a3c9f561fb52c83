"""Letters on their way: taken by a worker, marked as sent or not, put on another way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, select, update

from policies.letter_kinds import Channel
from policies.lifecycle import LetterState
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Letter, Mailbox, TrailHead
from portal.queries.letter_ways import mailbox_of, ways_for
from portal.queries.letters import room_for_letters
from portal.queries.settings import setting
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase

CLAIMED_FOR = timedelta(seconds=30)  # a carrier that was not heard of for so long is dead
LONGEST_WAIT = 120  # minutes between two attempts
MOST_ATTEMPTS = 40  # spread over three days
PATIENCE = timedelta(minutes=30)  # before another way is taken, where there is one


@dataclass
class Lot:
    """Letters that a worker has taken for itself: since when each was due, by its id, and until
    when they are the worker's own."""

    due: Mapping[int, datetime]
    until: datetime

    @property
    def ids(self) -> list[int]:
        return list(self.due)

    @property
    def is_mine(self) -> bool:
        """False once others may have taken them: their worker was not heard of for long."""
        return clock.now() < self.until


@bookkeeping
def claim_letters(letter_ids: Sequence[int], channel: Channel) -> Lot:
    """Take those of these letters that are due, and still go this way, for oneself for
    CLAIMED_FOR; but no more than the organisation wants to be taken within a minute.

    They are locked as they are chosen, so of two workers exactly one gets each. Their worker
    holds on to the lot by `hold_letters`; if it dies, they are soon due again.
    """
    now = clock.now()
    until = now + CLAIMED_FOR
    mine = Letter.id.in_(letter_ids), Letter.channel == channel.value
    due = Letter.state == LetterState.QUEUED, Letter.try_at <= now
    free = select(Letter.id, Letter.try_at).where(*mine, *due).order_by(Letter.try_at, Letter.id)
    free = free.limit(_room()).with_for_update(skip_locked=True)
    taken = dict(db.session.execute(free).all())
    claim = update(Letter).where(Letter.id.in_(taken)).values(try_at=until, taken_at=now)
    db.session.execute(claim.execution_options(synchronize_session=False))
    return Lot(taken, until)


@bookkeeping
def hold_letters(lot: Lot) -> None:
    """Their carrier lives. What was marked since, or taken by others, is not touched."""
    until = clock.now() + CLAIMED_FOR
    db.session.execute(_still_in(lot).values(try_at=until))
    after_commit(lambda: setattr(lot, "until", until))


@bookkeeping
def release_letters(lot: Lot) -> None:
    """What was taken and not carried is due again as it was, for whoever comes first."""
    for letter_id, since in lot.due.items():
        mine = _still_in(lot).where(Letter.id == letter_id)
        db.session.execute(mine.values(try_at=since, taken_at=None))


@usecase
def keep_letters(letter_ids: Sequence[int], *, by: Actor) -> None:
    """There is no way to send them: they are kept, to be read in the portal."""
    due = Letter.id.in_(letter_ids), Letter.state == LetterState.QUEUED
    query = select(Letter).where(*due).order_by(Letter.id).with_for_update()
    for letter in db.session.scalars(query):
        mark_sent(letter, LetterState.KEPT, by=by)


@usecase
def mark_sent(letter: Letter, state: LetterState, *, by: Actor) -> None:
    """The letter was carried ("sent"), or is kept to be read in the portal."""
    letter.attempts += 1  # first: it makes the session read the letter, before anything is changed
    letter.state, letter.sent_at, letter.last_error = state, clock.now(), ""
    if state is LetterState.SENT:
        _take_again(letter)
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


def _room() -> int | None:
    """How many letters may be taken just now; those who take some ask one after another."""
    if not setting("letters_per_minute"):
        return None
    db.session.execute(select(TrailHead.id).with_for_update())
    return room_for_letters()


def _still_in(lot: Lot) -> Update:
    mine = Letter.id.in_(lot.ids), Letter.state == LetterState.QUEUED, Letter.try_at == lot.until
    return update(Letter).where(*mine).execution_options(synchronize_session=False)


def _take_again(letter: Letter) -> None:
    """What was said of the address, that it takes nothing, no longer holds."""
    box = Mailbox.person_id == letter.person_id, Mailbox.channel == letter.channel
    refused = update(Mailbox).where(*box, Mailbox.refused_at.is_not(None))
    taking = refused.values(refused_at=None, reason="")
    db.session.execute(taking.execution_options(synchronize_session=False))


def _box(letter: Letter) -> Mailbox:
    box = mailbox_of(letter.person_id, Channel(letter.channel))
    if box is None:
        box = Mailbox(person_id=letter.person_id, channel=letter.channel, address="")
        db.session.add(box)
    return box
