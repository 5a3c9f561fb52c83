"""Proving who one is by a password or a code: what is tried, counted, and said.

An address that nobody has is counted like any other, takes as long, and gets the same answer.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import request

from policies.errors import Denied, TooSoon
from policies.permissions import SYSTEM
from portal.models import Person
from portal.passwords import is_outdated, matches
from portal.queries.credentials import password_of
from portal.queries.links import active_member_by_email
from portal.queries.settings import setting
from portal.usecases.attempts import begin_attempt, refuse_sign_in
from portal.usecases.passwords import renew_hash
from portal.usecases.second_factors import spend_recovery_code, spend_step
from portal.web.formats import clock_time

EVEN_SECONDS = 0.25  # more than any of this takes

WRONG = "This address and this password do not belong together. Check both, or ask for a link."
WRONG_AGAIN = "This is not your password. Check it, or prove who you are in another way."
WRONG_CODE = (
    "This code is not right, or it was used already. Wait for the next one, and check that your "
    "phone's clock is right."
)
ONLY_SSO = "Sign in with single sign-on: passwords and links by email are switched off."

log = structlog.stdlib.get_logger("countersign.door")


@contextmanager
def evenly() -> Iterator[None]:
    """Take as long for whoever is known as for whoever is not."""
    began = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(0.0, EVEN_SECONDS - (time.monotonic() - began)))


def prove_by_password(email: str, password: str, wrong: str = WRONG) -> Person:
    """The member whose address and password these are.

    Raises Denied where they do not belong together (or only single sign-on is taken), and
    TooSoon after too many failures.
    """
    with evenly():
        member = active_member_by_email(email)
        person = member.person if member else None
        failures = _begin(email, person)
        kept = password_of(person.id) if person else None
        good = matches(kept.hash if kept else None, password)
        if setting("sign_in_only_by_sso"):
            raise _refusal(person, "only single sign-on", ONLY_SSO, failures)
        if person is None or kept is None or not good:
            raise _refusal(person, "wrong password", wrong, failures)
        if is_outdated(kept.hash):
            renew_hash(person, password)
        return person


def prove_by_code(person: Person, code: str) -> str:
    """How the code proved who they are, in words. Denied where it does not; TooSoon likewise."""
    failures = _begin(person.email or "", person)
    if spend_step(person, code):
        return "a code from an app"
    if spend_recovery_code(person, code, by=SYSTEM):
        return "a recovery code"
    raise _refusal(person, "wrong code", WRONG_CODE, failures)


def _begin(email: str, person: Person | None) -> int:
    """Count this attempt before it is looked at, so that many at once are counted too."""
    attempt = begin_attempt(email)
    if attempt.opens_at is None:
        return attempt.failures
    said = (
        f"There were {attempt.failures} wrong attempts with this address. Nothing is lost: try "
        f"again at {clock_time(attempt.opens_at)}, or sign in by a link sent to you."
    )
    _note(person, "too many attempts", attempt.failures)
    raise TooSoon(said, attempt.opens_at)


def _refusal(person: Person | None, why: str, said: str, failures: int) -> Denied:
    _note(person, why, failures)
    return Denied(said)


def _note(person: Person | None, why: str, failures: int) -> None:
    """A failure of somebody we know is in the trail; of nobody, a counted line of the log."""
    if person is None:
        log.info("refused at the door", reason="nobody has this", failures=failures)
        return
    refuse_sign_in(person, why, failures, request.remote_addr or "", by=SYSTEM)
