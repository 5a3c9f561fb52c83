"""The post office: letters that are due are carried, kept, or put off."""

import time
from collections.abc import Sequence
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from jobs.heartbeat import beating
from jobs.job import job
from policies.letter_kinds import Channel
from policies.lifecycle import LetterState
from policies.permissions import SYSTEM
from portal import clock
from portal.config import current_config
from portal.letterhead import Envelope
from portal.models import Letter
from portal.post.outcome import NotCarried, Unreachable
from portal.post.ways import Carry, open_channel
from portal.queries.envelopes import envelope_of
from portal.queries.letter_ways import channels_set_up
from portal.queries.letters import due_letters, fails_since, room_for_letters
from portal.queue import Job, enqueue
from portal.usecases.carrying import (
    PATIENCE,
    claim_letter,
    divert_letter,
    hold_letter,
    mark_sent,
    mark_unsent,
    note_refused,
)

AT_ONCE = 200  # letters over one connection; the rest is for the next run
TRIES = 20  # times to try to note that a letter was sent; each waits for the database's lock

log = structlog.stdlib.get_logger("countersign.letters")


@job
def deliver_letters() -> None:
    """Carry every letter that is due; without a mail server, keep it to be read in the portal."""
    room = room_for_letters()
    due = due_letters(min(AT_ONCE, room)) if room else {}
    open_ = channels_set_up()
    for channel, ids in due.items():
        if channel in open_:
            _carry_all(channel, ids)
        elif channel is Channel.EMAIL:
            _keep_all(ids)
        else:
            _give_back(ids, f"{channel.label} is not set up.")
    if sum(map(len, due.values())) == AT_ONCE:
        enqueue(Job.DELIVER_LETTERS)


def _keep_all(due: Sequence[int]) -> None:
    for letter_id in due:
        if letter := claim_letter(letter_id):
            mark_sent(letter, LetterState.KEPT, by=SYSTEM)


def _give_back(due: Sequence[int], reason: str) -> None:
    """The way was closed since the letters were written: they take another, or have failed."""
    for letter_id in due:
        if letter := claim_letter(letter_id):
            mark_unsent(letter, reason, for_good=True, by=SYSTEM)


def _carry_all(channel: Channel, due: Sequence[int]) -> None:
    """When the other side cannot be talked to, one letter notes why, and the others wait: each
    run asks with the next. After PATIENCE they take another way, where they have one."""
    try:
        with open_channel(channel, current_config()) as carry:
            for nth, letter_id in enumerate(due):
                if not _carry_one(letter_id, carry):
                    _go_round(channel, due[nth + 1 :])
                    return
    except Unreachable as problem:
        log.warning("channel unreachable", channel=channel.value, problem=str(problem))
        if letter := claim_letter(due[0]):
            mark_unsent(letter, str(problem), by=SYSTEM)
        _go_round(channel, due[1:])


def _go_round(channel: Channel, due: Sequence[int]) -> None:
    """Send these another way, if this one has failed for long; those that have none wait on."""
    if len(channels_set_up()) < 2 or not fails_since(channel, clock.now() - PATIENCE):
        return
    for letter_id in due:
        if letter := claim_letter(letter_id):
            divert_letter(letter, f"{channel.label} cannot be reached.", by=SYSTEM)
    enqueue(Job.DELIVER_LETTERS)


def _carry_one(letter_id: int, carry: Carry) -> bool:
    """Carry the letter, unless another worker does. False when the line broke, or the other side
    wants a pause."""
    letter = claim_letter(letter_id)
    if letter is None:
        return True
    envelope = _written_out(letter)
    if envelope is None:
        return True
    with beating(partial(hold_letter, letter.id, letter.attempts)):
        return _hand_over(letter, envelope, carry)


def _written_out(letter: Letter) -> Envelope | None:
    """The letter as it goes out; one that cannot be made is put off, and holds up no other."""
    try:
        return envelope_of(letter)
    except Exception as problem:
        log.exception("letter not written out", letter=letter.id)
        mark_unsent(letter, f"It could not be written out ({type(problem).__name__}).", by=SYSTEM)
        return None


def _hand_over(letter: Letter, envelope: Envelope, carry: Carry) -> bool:
    try:
        carry(envelope)
    except NotCarried as refusal:
        _note_refusal(letter, refusal)
        return refusal.again_in is None  # whoever wants a pause wants it for the others, too
    except Unreachable as problem:
        mark_unsent(letter, str(problem), by=SYSTEM)
        return False
    _note_sent(letter)
    return True


def _note_refusal(letter: Letter, refusal: NotCarried) -> None:
    if refusal.refused:
        note_refused(letter, str(refusal), by=SYSTEM)
    for_good, later = refusal.for_good, refusal.again_in
    mark_unsent(letter, str(refusal), for_good=for_good, again_in=later, by=SYSTEM)


def _note_sent(letter: Letter) -> None:
    """However busy the database is: what is not noted would be sent a second time."""
    for attempt in range(1, TRIES + 1):
        try:
            mark_sent(letter, LetterState.SENT, by=SYSTEM)
        except OperationalError:
            if attempt == TRIES:
                raise
            time.sleep(1)
        else:
            return
