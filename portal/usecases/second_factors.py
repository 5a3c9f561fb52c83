"""Second factors: authenticator apps and recovery codes, set up, used, taken away."""

from sqlalchemy import delete, select, update

from policies.errors import Denied, IllegalMove, Invalid
from policies.permissions import Actor
from portal import clock
from portal.codes import new_recovery_codes, new_secret, plain_recovery_code, step_of
from portal.db import db
from portal.models import Person, RecoveryCode, SecondFactor
from portal.queries.credentials import second_factor_of
from portal.tokens import hash_of, seal, unseal
from portal.usecases.passwords import tell_of_change
from portal.usecases.trail import record
from portal.usecases.unit import bookkeeping, usecase

NOT_RIGHT = (
    "This code is not right. Type the one the app shows now, and check that the phone's clock "
    "is right."
)


@usecase
def begin_second_factor(person: Person, *, by: Actor) -> None:
    """Make the secret for an app. It counts once a code of it was typed; until then it can be
    begun anew. IllegalMove where one is set up."""
    _require_own(person, by)
    if second_factor_of(person.id, confirmed=True):
        raise IllegalMove("An authenticator app is set up already. Remove it first.")
    factor = second_factor_of(person.id) or SecondFactor(person_id=person.id)
    factor.secret, factor.created_at, factor.last_step = seal(new_secret()), clock.now(), 0
    db.session.add(factor)
    record("second factor begun", person, by=by)


@usecase
def confirm_second_factor(person: Person, code: str, *, by: Actor) -> list[str]:
    """The app's first code is right: from now on it is asked for. Returns the recovery codes,
    which are stored only as hashes. Invalid where the code is wrong."""
    _require_own(person, by)
    factor = second_factor_of(person.id)
    if factor is None or factor.confirmed_at is not None:
        raise IllegalMove("There is no authenticator app to confirm. Begin again.")
    if not spend_step(person, code):
        raise Invalid(NOT_RIGHT)
    factor.confirmed_at = clock.now()
    record("second factor set up", person, by=by)
    tell_of_change(person, "an authenticator app was set up for you", by=by)
    return _new_codes(person)


@usecase
def remove_second_factor(person: Person, *, by: Actor) -> None:
    """Take the app and the recovery codes away: one's own, or as an Admin anybody's."""
    if by.person_id != person.id and not by.is_admin:
        raise Denied("Only an Admin may do this.")
    if factor := second_factor_of(person.id):
        db.session.delete(factor)
        _forget_codes(person)
        record("second factor removed", person, by=by)
        tell_of_change(person, f"{by.name} removed your authenticator app", by=by)


@usecase
def renew_recovery_codes(person: Person, *, by: Actor) -> list[str]:
    """Ten new recovery codes; the ones before open nothing any more."""
    _require_own(person, by)
    if second_factor_of(person.id, confirmed=True) is None:
        raise IllegalMove("Recovery codes belong to an authenticator app. Set one up first.")
    record("recovery codes renewed", person, by=by)
    return _new_codes(person)


@bookkeeping
def spend_step(person: Person, code: str) -> bool:
    """Whether the code is one of the app's, of now or 30 s around, that was not used before."""
    factor = second_factor_of(person.id)
    step = step_of(unseal(factor.secret), code, clock.now()) if factor else None
    if step is None:
        return False
    # In one statement, so that of two who send the same code one is too late.
    spent = (
        update(SecondFactor)
        .where(SecondFactor.person_id == person.id, SecondFactor.last_step < step)
        .values(last_step=step)
        .returning(SecondFactor.person_id)
    )
    return db.session.execute(spent).first() is not None


@usecase
def spend_recovery_code(person: Person, code: str, *, by: Actor) -> bool:
    """Whether this is one of the person's recovery codes, which is used up by it."""
    right = (RecoveryCode.code_hash == _hash(person, code), RecoveryCode.used_at.is_(None))
    found = db.session.scalar(select(RecoveryCode).where(*right).with_for_update())
    if found is None:
        return False
    found.used_at = clock.now()
    record("recovery code used", person, by=by)
    tell_of_change(person, "one of your recovery codes was used", by=by)
    return True


def _new_codes(person: Person) -> list[str]:
    _forget_codes(person)
    codes = new_recovery_codes()
    rows = [RecoveryCode(person_id=person.id, code_hash=_hash(person, code)) for code in codes]
    db.session.add_all(rows)
    return codes


def _forget_codes(person: Person) -> None:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def _hash(person: Person, code: str) -> str:
    return hash_of(f"{person.id}:{plain_recovery_code(code)}")


def _require_own(person: Person, by: Actor) -> None:
    if by.person_id != person.id:
        raise Denied("Only they themselves set up their second factor.")
