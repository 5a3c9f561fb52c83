"""Keys for the cast: passwords and authenticator apps, as they give them to themselves."""

import pyotp

from policies.permissions import Actor
from portal import clock
from portal.codes import SECONDS
from portal.models import Person
from portal.queries.credentials import second_factor_of
from portal.tokens import unseal
from portal.usecases.passwords import set_password
from portal.usecases.second_factors import begin_second_factor, confirm_second_factor

GOOD = "violet Tractor hums 9"
OTHER = "seven quiet Lanterns!"


def oneself(person: Person) -> Actor:
    return Actor(person.id, person.name, method="test")


def give_password(person: Person, password: str = GOOD) -> str:
    """A member with a password."""
    set_password(person, password, by=oneself(person))
    return password


def give_app(person: Person) -> list[str]:
    """A member with an authenticator app; returns the recovery codes."""
    begin_second_factor(person, by=oneself(person))
    return confirm_second_factor(person, code_of(person, -1), by=oneself(person))


def code_of(person: Person, later: int = 0) -> str:
    """What the app shows now, or so many steps of 30 s later."""
    secret = unseal(second_factor_of(person.id).secret)
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // SECONDS + later)
