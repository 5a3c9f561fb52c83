"""Failed sign-ins: counted for each address in the database, so that all processes agree."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from policies.permissions import ADMINISTER, Actor, require
from policies.signing_in import FORGOTTEN_AFTER, MOST_FAILURES, opens_at
from portal import clock
from portal.db import db
from portal.models import Attempts, Person
from portal.queries.credentials import address_key
from portal.usecases.trail import record
from portal.usecases.unit import bookkeeping, usecase


class Attempt(NamedTuple):
    """How many failures in a row there are if this one fails too. With `opens_at` it is not
    taken before that moment."""

    failures: int
    opens_at: datetime | None = None


@bookkeeping
def begin_attempt(email: str) -> Attempt:
    """Count one attempt for this address as failed until it succeeds; unless it comes too soon
    after the ones before (policies.signing_in.wait_after)."""
    key = address_key(email)
    row = _locked(key) or _begun(key)
    now = clock.now()  # one's turn may have been long in coming
    if row.failures and now - row.last_at > FORGOTTEN_AFTER:
        row.failures = 0
    moment = opens_at(row.failures, row.last_at)
    if moment > now:
        return Attempt(row.failures, moment)
    row.failures, row.last_at = row.failures + 1, now
    return Attempt(row.failures)


@bookkeeping
def forget_attempts(email: str) -> None:
    """They are in: the failures before do not count any more."""
    db.session.execute(delete(Attempts).where(Attempts.pseudonym == address_key(email)))


@usecase
def refuse_sign_in(person: Person, why: str, failures: int, address: str, *, by: Actor) -> None:
    """Write down that somebody failed to sign in as `person`, and that they are locked out now."""
    record("sign-in refused", person, by=by, why=why, failures=failures, address=address)
    if failures == MOST_FAILURES and why != "too many attempts":
        record("account locked", person, by=by, failures=failures, address=address)


@usecase
def unlock_account(person: Person, *, by: Actor) -> None:
    """Let the person try again at once."""
    require(ADMINISTER, by, None)
    forget_attempts(person.email or "")
    record("account unlocked", person, by=by)


def _locked(key: str) -> Attempts | None:
    return db.session.scalar(select(Attempts).where(Attempts.pseudonym == key).with_for_update())


def _begun(key: str) -> Attempts:
    """A new row; or the one that another process began at this very moment."""
    try:
        with db.session.begin_nested():
            row = Attempts(pseudonym=key, failures=0, last_at=clock.now())
            db.session.add(row)
        return row
    except IntegrityError:
        return db.session.execute(
            select(Attempts).where(Attempts.pseudonym == key).with_for_update()
        ).scalar_one()
