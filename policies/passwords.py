"""Which passwords are taken: long ones that nobody would guess first (NIST SP 800-63B, 5.1.1.2)."""

import re
import unicodedata
from collections.abc import Iterable

LEAST = 12
MOST = 256
LEAST_DIFFERENT = 5
SHORTEST_OWN_WORD = 3

# The commonest passwords of public leaks, without the digits and signs people put around them.
_COMMONEST = """password passwort passw0rd p@ssword p@ssw0rd passphrase motdepasse contrasena secret
welcome willkommen bienvenue letmein letmeinnow login signin access admin administrator root
superuser qwerty qwertyui qwertyuiop qwertz qwertzuiop azerty azertyuiop asdf asdfgh asdfghjkl
asdfghjklqwertyuiop qazwsx qazwsxedc qwer zxcvbnm zxcvbn yxcvbnm abc abcd abcdef abcdefgh
abcdefghijkl abcdefghijklm abcdefghijklmnopqrstuvwxyz iloveyou iloveu trustno monkey dragon
master football baseball basketball superman batman spiderman pokemon starwars sunshine
princess shadow michael jennifer charlie computer internet whatever freedom hello helloworld
changeme changemenow default temporary temp test testing tester testtest guest user summer
winter spring autumn fall january december company enterprise countersign accessreview
correcthorsebatterystaple thequickbrownfox"""
COMMONEST = frozenset(_COMMONEST.split())
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_WORDS = re.compile(r"[^\W\d_]+")
_RUNS = ("01234567890" * 4, "09876543210" * 4, "abcdefghijklmnopqrstuvwxyz" * 2)


def normal(password: str) -> str:
    """The password as it is compared: the same whichever keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password)


def refusal(password: str, own: Iterable[str]) -> str | None:
    """Why this password is not taken, as a sentence; None if it is. `own`: the name and
    address of whoever chooses it."""
    password = normal(password)
    if len(password) < LEAST:
        return f"Take at least {LEAST} characters; this has {len(password)}."
    if len(password) > MOST:
        return f"Take at most {MOST} characters; this has {len(password)}."
    small = password.casefold()
    if own_word := next((word for word in _own_words(own) if word in small), None):
        return f"It holds “{own_word}”, which anyone who knows you would try. Take something else."
    if _is_common(small):
        return "This is one of the first passwords that are tried. Take something else."
    return None


def _own_words(own: Iterable[str]) -> list[str]:
    words = (word for text in own for word in _WORDS.findall(normal(text).casefold()))
    return [word for word in words if len(word) >= SHORTEST_OWN_WORD and word not in _ADDRESS]


_ADDRESS = {"com", "org", "net", "www", "mail", "the", "and"}


def _is_common(small: str) -> bool:
    if len(set(small)) < LEAST_DIFFERENT or any(small in run for run in _RUNS):
        return True
    core = _AROUND.sub("", small)
    return not core or core in COMMONEST or _twice(core) in COMMONEST


def _twice(word: str) -> str:
    """The half of a word that is the same thing twice; else the word."""
    half = word[: len(word) // 2]
    return half if half * 2 == word else word
