"""Reading what somebody can prove themselves with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from policies.signing_in import FREE_FAILURES, opens_at
from portal import clock
from portal.db import db
from portal.models import Attempts, HeldForm, Password, Person, RecoveryCode, SecondFactor
from portal.queries.actors import member_of
from portal.queries.settings import setting
from portal.tokens import pseudonym

HELD_MINUTES = 30


@dataclass(frozen=True)
class Credentials:
    """What one person has set up. `codes_left`: recovery codes not used yet."""

    password_at: datetime | None
    app_at: datetime | None
    codes_left: int
    must_have_app: bool
    locked_until: datetime | None


def credentials_of(person: Person) -> Credentials:
    """What this person can prove themselves with, as far as the portal keeps it."""
    kept, factor = password_of(person.id), second_factor_of(person.id)
    return Credentials(
        password_at=kept.changed_at if kept else None,
        app_at=factor.confirmed_at if factor else None,
        codes_left=_codes_left(person.id),
        must_have_app=needs_second_factor(person.id),
        locked_until=locked_until(person.email or ""),
    )


def password_of(person_id: int) -> Password | None:
    return db.session.get(Password, person_id)


def second_factor_of(person_id: int, *, confirmed: bool = False) -> SecondFactor | None:
    """Their authenticator app; with `confirmed`, only if it was set up to the end."""
    found = db.session.get(SecondFactor, person_id)
    return None if found is None or (confirmed and found.confirmed_at is None) else found


def needs_second_factor(person_id: int) -> bool:
    """Whether the person's role asks for a second factor beside a password."""
    member = member_of(person_id)
    roles = {name.casefold() for name in setting("second_factor_roles")}
    return member is not None and member.role.name.casefold() in roles


def address_key(email: str) -> str:
    """Under what failures for this address are counted, whether anybody has it or not."""
    return pseudonym(f"address:{email.strip().lower()}")


def locked_until(email: str) -> datetime | None:
    """Until when no password is taken for this address, if that is still to come."""
    row = db.session.get(Attempts, address_key(email))
    if row is None or row.failures < FREE_FAILURES:
        return None
    moment = opens_at(row.failures, row.last_at)
    return moment if moment > clock.now() else None


def held_form_of(person_id: int) -> HeldForm | None:
    """What the person sent before they were asked who they are, while it is kept."""
    held = db.session.get(HeldForm, person_id)
    if held is None or (clock.now() - held.created_at).total_seconds() > HELD_MINUTES * 60:
        return None
    return held


def _codes_left(person_id: int) -> int:
    unused = (RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0
