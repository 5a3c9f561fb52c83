"""Planted accounts: invented ones that a campaign lays among the real, to see whether they are
found. How they are written, whose list gets which, and what came of each.

docs/admins/planted-accounts.md explains it. Nothing here knows accounts or people.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.errors import Invalid
from policies.lifecycle import Verdict
from policies.lots import lot

MOST = 10
LONGEST = 80  # characters of a name, or of a role
LEAST = 20  # accounts in a list that gets one, where nothing else is said
MOST_LEAST = 10_000
SUGGESTED = (
    "Nadia Quillard",
    "Tomas Erringford",
    "Ilse Vantongeren",
    "Marco Bellweather",
    "Henrike Osterlund",
    "Pavel Drummonds",
    "Agnes Thistleway",
    "Ruben Castellmor",
    "Leonie Harkvale",
    "Owen Fairbrooke",
    "Mirela Santhorpe",
    "Jonas Wetherell",
)


@dataclass(frozen=True)
class Planted:
    """One of them, as it was invented. No `role`: it holds what the account beside it does."""

    name: str
    role: str = ""

    @property
    def line(self) -> str:
        return f"{self.name}, {self.role}" if self.role else self.name


@dataclass(frozen=True)
class Planting:
    """What a campaign plants, in lists of at least so many accounts. Nothing, usually."""

    accounts: tuple[Planted, ...] = ()
    least: int = LEAST

    def __bool__(self) -> bool:
        return bool(self.accounts)

    def as_data(self) -> dict[str, Any]:
        return {"accounts": [each.line for each in self.accounts], "least": self.least}


def planting_from_data(data: Mapping[str, Any]) -> Planting:
    """Read what `as_data` wrote. Invalid, with a sentence, on what cannot be planted."""
    least = int(data.get("least", LEAST))
    return Planting(planted_in(data.get("accounts", ())), checked_least(least))


def planted_in(lines: Iterable[str]) -> tuple[Planted, ...]:
    """The accounts written as "name, role", one a line."""
    found = tuple(_planted(line) for line in lines if line.strip())
    if len(found) > MOST:
        raise Invalid(f"Planted accounts: {MOST} at most, one a line.")
    keys = [letters_of(each.name) for each in found]
    for key, each in zip(keys, found, strict=True):
        if keys.count(key) > 1:
            raise Invalid(f"Planted accounts: “{each.name}” is there twice. Write each name once.")
    return found


def checked_least(least: int) -> int:
    if not 1 <= least <= MOST_LEAST:
        raise Invalid(f"Accounts in a list that gets a planted one: 1 to {MOST_LEAST:,}.")
    return least


def letters_of(name: str) -> str:
    """What two names, or a name and a login, are told apart by: their letters and digits, small,
    without the domain of an address."""
    return re.sub(r"[\W_]+", "", name.partition("@")[0].casefold())


def login_like(name: str, example: str) -> str:
    """A login for somebody of this name, made as `example` seems to be: "nadia.quillard",
    "nquillard", with the domain where it is an address."""
    _, at, domain = example.partition("@")
    first, *_, last = (re.sub(r"[\W_]+", "", part.lower()) for part in name.split())
    sign = _sign_in(example)
    made = f"{first}{sign}{last}" if sign or at else f"{first[0]}{last}"
    return made + at + domain


def typical(logins: Iterable[str]) -> str:
    """One of them, made as most of them are: so are those of planted accounts to be."""
    kinds: dict[tuple[str, bool], list[str]] = {}
    for each in logins:
        kinds.setdefault((_sign_in(each), "@" in each), []).append(each)
    return max(kinds.values(), key=len, default=[""])[0]


def spread(
    accounts: Sequence[Planted], lists: Mapping[int, int], least: int, seed: str
) -> list[tuple[Planted, int]]:
    """Which account comes into whose list; `lists` says by person how many accounts each holds.

    Every list of at least `least` gets one, drawn by lot; no account comes twice into a review, so
    where there are more lists than accounts, the lists are drawn too.
    """
    people = [each for each, held in lists.items() if held >= least]
    people.sort(key=lambda each: lot(seed, each))
    order = sorted(range(len(accounts)), key=lambda nth: lot(seed, -1 - nth))
    return [(accounts[nth], person) for nth, person in zip(order, people, strict=False)]


class Found(StrEnum):
    """What came of a planted account."""

    CAUGHT = "caught"
    MISSED = "missed"
    OPEN = "not decided"


def found_by(verdict: Verdict, *, by_somebody: bool) -> Found:
    """Rejected by somebody, it was caught; kept, with less or not, it was missed. What the rule of
    the campaign rejected at the due date, nobody decided."""
    if verdict is Verdict.REJECTED and by_somebody:
        return Found.CAUGHT
    if verdict in (Verdict.APPROVED, Verdict.CHANGED):
        return Found.MISSED
    return Found.OPEN


def told(found: Sequence[Found]) -> str:
    """What a reviewer is told once nothing can change any more; never as a reproach."""
    total = len(found)
    caught, missed = found.count(Found.CAUGHT), found.count(Found.MISSED)
    if not total:
        return ""
    if total == 1:
        came = {
            Found.CAUGHT: "You caught it. Thank you for looking closely.",
            Found.MISSED: "It was kept, which is easily done in a long list.",
            Found.OPEN: "It was not decided.",
        }[found[0]]
        return (
            f"1 planted account was among yours: it was invented, to see how lists are read. {came}"
        )
    parts = [f"{caught} caught", *([f"{missed} kept"] if missed else [])]
    left = total - caught - missed
    parts += [f"{left} not decided"] if left else []
    came = f"{', '.join(parts)}."
    if caught == total:
        came = "You caught all of them. Thank you for looking closely."
    return (
        f"{total} planted accounts were among yours: they were invented, to see how lists are "
        f"read. {came}"
    )


def _sign_in(login: str) -> str:
    local = login.partition("@")[0]
    return next((sign for sign in "._-" if sign in local), "")


def _planted(line: str) -> Planted:
    name, _, role = (" ".join(part.split()) for part in line.partition(","))
    if max(len(name), len(role)) > LONGEST:
        raise Invalid(f"Planted accounts: {LONGEST} characters at most for a name or a role.")
    words = name.split()
    if len(words) < 2 or not all(re.search(r"\w", word) for word in (words[0], words[-1])):
        raise Invalid(
            f"Planted accounts: “{line.strip()}” needs a first and a last name, then, with a "
            "comma, a role if you like: “Nadia Quillard, Administrator”."
        )
    return Planted(name, role)
