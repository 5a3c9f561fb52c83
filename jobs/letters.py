"""The post office: letters that are due are carried, kept, or put off."""

import smtplib
import time
from collections.abc import Sequence
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from jobs.heartbeat import beating
from jobs.job import job
from policies.lifecycle import LetterState
from policies.permissions import SYSTEM
from portal.config import current_config
from portal.models import Letter
from portal.post.mail import carry, mail_server
from portal.post.outcome import NotCarried, Unreachable
from portal.queries.envelopes import envelope_of
from portal.queries.letters import due_letter_ids
from portal.queue import Job, enqueue
from portal.usecases.letters import claim_letter, hold_letter, mark_sent, mark_unsent

AT_ONCE = 200  # letters over one connection; the rest is for the next run
PATIENCE = 20  # times to try to note that a letter was sent; each waits for the database's lock

log = structlog.stdlib.get_logger("countersign.letters")


@job
def deliver_letters() -> None:
    """Carry every letter that is due; without a mail server, keep it to be read in the portal."""
    due = due_letter_ids(AT_ONCE)
    if not due:
        return
    if current_config().smtp_host:
        _carry_all(due)
    else:
        _keep_all(due)
    if len(due) == AT_ONCE:
        enqueue(Job.DELIVER_LETTERS)


def _keep_all(due: Sequence[int]) -> None:
    for letter_id in due:
        if letter := claim_letter(letter_id):
            mark_sent(letter, LetterState.KEPT, by=SYSTEM)


def _carry_all(due: Sequence[int]) -> None:
    """When the mail server cannot be talked to, one letter notes why, and the others wait."""
    try:
        with mail_server(current_config()) as server:
            for letter_id in due:
                if not _carry_one(letter_id, server):
                    return
    except Unreachable as problem:
        log.warning("no mail server", problem=str(problem))
        if letter := claim_letter(due[0]):
            mark_unsent(letter, str(problem), by=SYSTEM)


def _carry_one(letter_id: int, server: smtplib.SMTP) -> bool:
    """Carry the letter, unless another worker does. False when the line to the server broke."""
    letter = claim_letter(letter_id)
    if letter is None:
        return True
    with beating(partial(hold_letter, letter.id, letter.attempts)):
        return _hand_over(letter, server)


def _hand_over(letter: Letter, server: smtplib.SMTP) -> bool:
    try:
        if not letter.person.email:
            raise NotCarried(f"{letter.person.name} has no email address.", for_good=True)
        carry(envelope_of(letter), server, current_config())
    except NotCarried as refusal:
        mark_unsent(letter, str(refusal), for_good=refusal.for_good, by=SYSTEM)
    except Unreachable as problem:
        mark_unsent(letter, str(problem), by=SYSTEM)
        return False
    else:
        _note_sent(letter)
    return True


def _note_sent(letter: Letter) -> None:
    """However busy the database is: what is not noted would be sent a second time."""
    for attempt in range(1, PATIENCE + 1):
        try:
            mark_sent(letter, LetterState.SENT, by=SYSTEM)
        except OperationalError:
            if attempt == PATIENCE:
                raise
            time.sleep(1)
        else:
            return
