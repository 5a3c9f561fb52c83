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
from portal.queries.envelopes import Desk
from portal.queries.letter_ways import channels_set_up
from portal.queries.letters import due_letters, fails_since, letters_to_carry, room_for_letters
from portal.queries.pointless import pointless_letters
from portal.queue import Job, enqueue
from portal.usecases.carrying import (
    PATIENCE,
    Lot,
    claim_letters,
    divert_letter,
    hold_letters,
    keep_letters,
    mark_sent,
    mark_unsent,
    note_refused,
    release_letters,
)
from portal.usecases.letters import drop_letters

AT_ONCE = 500  # letters over one connection; the rest is for the next run
LOT = 25  # letters taken together: so many wait for CLAIMED_FOR when their worker is killed
TRIES = 20  # times to try to note that a letter was sent; each waits for the database's lock

log = structlog.stdlib.get_logger("countersign.letters")


@job
def deliver_letters() -> None:
    """Carry every letter that is due; without a mail server, keep it to be read in the portal."""
    if idle := pointless_letters():
        drop_letters(idle, "What it asks for was over before it was sent.", by=SYSTEM)
    room = room_for_letters()
    due = due_letters(min(AT_ONCE, room)) if room else {}
    open_ = channels_set_up()
    for channel, ids in due.items():
        if channel in open_:
            _carry_all(channel, ids)
        elif channel is Channel.EMAIL:
            keep_letters(ids, by=SYSTEM)
        else:
            _give_back(channel, ids)
    if sum(map(len, due.values())) == AT_ONCE:
        enqueue(Job.DELIVER_LETTERS)


def _give_back(channel: Channel, due: Sequence[int]) -> None:
    """The way was closed since the letters were written: they take another, or have failed."""
    reason = f"{channel.label} is not set up."
    for letter in letters_to_carry(claim_letters(due, channel).ids):
        mark_unsent(letter, reason, for_good=True, by=SYSTEM)


def _carry_all(channel: Channel, due: Sequence[int]) -> None:
    """When the other side cannot be talked to, one letter notes why, and the others wait: each
    run asks with the next. After PATIENCE they take another way, where they have one."""
    try:
        with open_channel(channel, current_config()) as carry:
            for begin in range(0, len(due), LOT):
                if not _carry_lot(channel, due[begin : begin + LOT], carry):
                    _go_round(channel, due[begin:])
                    return
    except Unreachable as problem:
        log.warning("channel unreachable", channel=channel.value, problem=str(problem))
        for letter in letters_to_carry(claim_letters(due[:1], channel).ids):
            mark_unsent(letter, str(problem), by=SYSTEM)
        _go_round(channel, due[1:])


def _go_round(channel: Channel, due: Sequence[int]) -> None:
    """Send these another way, if this one has failed for long; those that have none wait on."""
    if len(channels_set_up()) < 2 or not fails_since(channel, clock.now() - PATIENCE):
        return
    for letter in letters_to_carry(claim_letters(due, channel).ids):
        divert_letter(letter, f"{channel.label} cannot be reached.", by=SYSTEM)
    enqueue(Job.DELIVER_LETTERS)


def _carry_lot(channel: Channel, due: Sequence[int], carry: Carry) -> bool:
    """Carry these letters, except those that other workers do. False when the line broke, or the
    other side wants a pause: then those that are left are free again."""
    lot = claim_letters(due, channel)
    if not lot.ids:
        return True
    with beating(partial(hold_letters, lot)):
        whole = all(_carry_one(each, lot, carry) for each in _written_out(lot))
    if not whole:
        release_letters(lot)
    return whole


def _carry_one(written: tuple[Letter, Envelope], lot: Lot, carry: Carry) -> bool:
    """False when no more is to be carried. A worker that slept through its lot's time stops:
    others have it."""
    return lot.is_mine and _hand_over(*written, carry)


def _written_out(lot: Lot) -> list[tuple[Letter, Envelope]]:
    """The letters as they go out, all before the first does: what is noted of one makes the
    session read the others anew. One that cannot be made is put off, and holds up no other."""
    letters = letters_to_carry(lot.ids)
    desk, written, broken = Desk(letters), [], []
    for letter in letters:
        try:
            written.append((letter, desk.envelope(letter)))
        except Exception as problem:
            log.exception("letter not written out", letter=letter.id)
            broken.append((letter, f"It could not be written out ({type(problem).__name__})."))
    for letter, reason in broken:
        mark_unsent(letter, reason, by=SYSTEM)
    return written


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
