"""What the cells of a list mean: states, kinds, addresses, several names in one cell.

Text in, value out. A cell that cannot be read gives a `Bad`, with what was expected;
nothing is guessed. Dates (policies.dates) and columns (policies.columns) live elsewhere.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")

LONGEST_CELL = 10_000  # characters
_REMEMBERED = 20_000  # different cells of one column whose meaning is kept at a time

PERSON_WORDS = {
    "current": (
        "current,active,employed,employee,working,enabled,permanent,yes,true,on leave,leave,aktiv,"
        "angestellt,beschäftigt"
    ),
    "past": (
        "past,terminated,left,leaver,inactive,former,ex,departed,offboarded,resigned,retired,"
        "disabled,deactivated,suspended,no,false,no longer employed,former employee,ex employee,"
        "inaktiv,ausgeschieden,ausgetreten,gekündigt"
    ),
    "external": (
        "external,contractor,consultant,contingent,contingent worker,freelancer,vendor,partner,"
        "guest,temporary,temp,external employee,extern,externer,dienstleister"
    ),
}
KIND_WORDS = {
    "human": "human,user,person,employee,member,personal,standard,regular,mensch,benutzer",
    "service": (
        "service,system,bot,machine,technical,robot,application,app,api,daemon,nonhuman,non human,"
        "service account,serviceaccount,service principal,technisch,dienst,dienstkonto"
    ),
}
FLAG_WORDS = {"active": "true,yes,y,1,t,ja,wahr,active", "inactive": "false,no,n,0,f,nein,falsch"}


def _by_word(meanings: Mapping[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in meanings.items() for word in words.split(",")}


_STANDINGS, _KINDS, _FLAGS = map(_by_word, (PERSON_WORDS, KIND_WORDS, FLAG_WORDS))


class Bad(NamedTuple):
    """A cell that could not be read, and what would have been."""

    value: str
    expected: str


class Memo(dict[str, V | Bad], Generic[V]):
    """Reads each different cell once. `bad` says whether any was unreadable so far."""

    def __init__(self, read: Callable[[str], V | Bad]) -> None:
        self.read = read
        self.bad = False

    def __missing__(self, text: str) -> V | Bad:
        value = self.read(text)
        if isinstance(value, Bad):
            self.bad = True
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = value
        return value

    def column(self, cells: Iterable[str]) -> list[V | Bad]:
        """Every cell of a column, read."""
        return list(map(self.__getitem__, cells))


def read_standing(text: str) -> str | Bad:
    """current, past or external, for the status of a person. Empty means current."""
    word = _plain(text)
    if not word:
        return "current"
    standing = _STANDINGS.get(word)
    return standing or Bad(text, "a known status: active, terminated, external, or the like")


def read_kind(text: str) -> str | Bad:
    """human or service. Empty means human."""
    word = _plain(text)
    if not word:
        return "human"
    return _KINDS.get(word) or Bad(text, "human or service")


def status_reader(
    access_words: Iterable[str], no_access_words: Iterable[str]
) -> Callable[[str], str | Bad]:
    """Reads the status of an account: any word of the settings, or nothing (it has access)."""
    known = {word.lower() for word in (*access_words, *no_access_words)}

    def read_status(text: str) -> str | Bad:
        word = text.strip()
        if not word or word.lower() in known:
            return word
        return Bad(text, "a known status word; an Admin adds words under Settings")

    return read_status


def read_flag(text: str) -> str | Bad:
    """active or inactive, for a column that answers "Active?" with yes and no."""
    word = _plain(text)
    return _FLAGS.get(word, "") if not word or word in _FLAGS else Bad(text, "yes or no")


def has_access(status: str, no_access_words: Iterable[str]) -> bool:
    """Whether an account of this status can be used. Everything but a no-access word can."""
    return status.strip().lower() not in {word.lower() for word in no_access_words}


def read_email(text: str) -> str | Bad:
    """An address in lower case; an empty cell stays empty."""
    address = text.strip().lower()
    if not address or _EMAIL.match(address):
        return address
    return Bad(text, "an email address, such as ana@example.com")


def read_names(text: str, separator: str) -> tuple[str, ...]:
    """The different names in one cell, in order. An empty separator keeps the cell whole."""
    parts = text.split(separator) if separator else [text]
    names = dict.fromkeys([" ".join(part.split()) for part in parts])
    names.pop("", None)
    return tuple(names)


def names_separator(cells: Sequence[str]) -> str:
    """What stands between several names in these cells. Commas inside LDAP names do not count."""
    for separator in ("\n", ";", "|"):
        if any(separator in cell for cell in cells):
            return separator
    if any("," in cell and not _DN.match(cell) for cell in cells):
        return ","
    return ";"


def _plain(text: str) -> str:
    return " ".join(re.split(r"[\s_-]+", text.strip().lower()))


_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+$")
_DN = re.compile(r"\s*\w+=[^,]+,\s*\w+=")
