"""Passwords as they are kept: Argon2id, with the parameters that OWASP asks for at least.

OWASP Password Storage Cheat Sheet: 19 MiB of memory, two passes, one lane. The parameters stand
in each hash; a hash with older ones is made anew when its password is next typed rightly.
"""

from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from policies.passwords import MOST, normal

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)


def kept_form(password: str) -> str:
    """What is stored of a password: its salted hash, with the parameters it was made by."""
    return _HASHER.hash(normal(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one `kept` was made of. Where there is none, it takes as long."""
    typed = normal(password[: MOST + 1])
    try:
        return _HASHER.verify(kept or _nobodys(), typed) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was made by other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash("a password that is nobody's")
