"""Whom accounts fall to: the bases and fallbacks of a campaign, applied to accounts that are alike.

Nobody reviews their own access, nor at two levels of the same account; nobody who has left
reviews, no external person who is not named, and nobody on the list of people never assigned: their
manager reviews instead. Where accounts of a hundred thousand people are the same to these rules,
they are asked once.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from policies.assignment import Basis, By, Level, Reviewing, Which

SOMEBODYS, NOBODYS = 0, -1  # instead of a person's id: of somebody without a say here, of nobody
FALLBACK, DENIED, REPLACED = "fallback: ", "deny list", "replaced"
BY_COLUMN = f"{By.MANAGER}, by a list"


class Why(StrEnum):
    """Why a basis led to nobody."""

    NO_OWNER = "the application has no owner"
    NO_MANAGER = "no manager is known"
    NOBODYS = "the account belongs to nobody"
    UNOWNED = "nobody owns what is held"
    NO_FIELD = "the field of the application is empty"
    NO_REVIEWER = "nobody reviews at the level before"
    NO_CAMPAIGN_OWNER = "the campaign has no owner"
    UNKNOWN = "nobody by that id is known"
    LEFT = "who would review has left"
    EXTERNAL = "who would review is external and not named"
    OWN = "it is the access of who would review"
    TWICE = "who would review does so at a level before"
    DENIED = "who would review is never assigned, and has no manager who could"
    OTHER_INSTANCE = "nobody is named for this instance"


@dataclass(frozen=True)
class Somebody:
    """What the rules need to know of a person who may come to review."""

    id: int
    manager_id: int | None = None
    is_past: bool = False
    is_external: bool = False
    is_denied: bool = False


class Alike(NamedTuple):
    """What the rules need to know of accounts: all that have the same fall to the same people.

    `person_id` is whose they are where that person may come to review, else SOMEBODYS or NOBODYS;
    `instance`, `manager_id` (0: none), `by_column` (1: a list names them, people data does not)
    and `owners`, the ids of those who own what is held ("7,12"), are given where a basis asks for
    them.
    """

    instance: str = ""
    person_id: int = SOMEBODYS
    manager_id: int = 0
    owners: str = ""
    by_column: int = 0


class Given(NamedTuple):
    """One reviewer, with the basis that is kept in the evidence."""

    person_id: int
    basis: str


class Found(NamedTuple):
    """Who reviews at one level; where nobody does, why each basis and fallback led to nobody."""

    reviewers: tuple[Given, ...] = ()
    why: tuple[Why, ...] = ()


@dataclass(frozen=True)
class Circle:
    """Everybody a campaign may come to in one application. `owner_ids`: the primary one first.

    `instead`: whoever was replaced since the launch, and by whom.
    """

    said: Reviewing
    people: Mapping[int, Somebody]
    owner_ids: Sequence[int] = ()
    field_ids: Mapping[str, int | None] = field(default_factory=dict)
    campaign_owner_id: int | None = None
    instead: Mapping[int, int] = field(default_factory=dict)

    def reviewers_of(self, alike: Alike) -> list[Found]:
        """Who reviews such accounts, level by level."""
        found: list[Found] = []
        for level in self.said.levels:
            found.append(self._at(level, alike, found))
        return found

    def remover(self) -> int | None:
        """Who removes rejected access in this application; None where nobody can be found."""
        for basis in self.said.remediation:
            for person_id in self._led_to(basis, Alike(), ()):
                given, _ = self._given(person_id, basis, Alike(), frozenset())
                if given:
                    return given.person_id
        return None

    def _at(self, level: Level, alike: Alike, below: Sequence[Found]) -> Found:
        taken = frozenset(given.person_id for found in below for given in found.reviewers)
        here = [b for b in level.bases if not b.instance or b.instance == alike.instance]
        given, why = self._follow(here, alike, below, taken)
        if not here:
            why = [Why.OTHER_INSTANCE]
        for basis in self.said.fallbacks:
            if given:
                break
            found, more = self._follow([basis], alike, below, taken)
            given = dict.fromkeys(found, FALLBACK + basis.by.value)
            why += more
        if given:
            return Found(tuple(Given(*each) for each in given.items()))
        return Found((), tuple(dict.fromkeys(why)))

    def _follow(
        self, bases: Iterable[Basis], alike: Alike, below: Sequence[Found], taken: frozenset[int]
    ) -> tuple[dict[int, str], list[Why]]:
        """Everybody these bases lead to with the first that did, and why they led to no others."""
        found: dict[int, str] = {}
        why: list[Why] = []
        for basis in bases:
            led_to = list(self._led_to(basis, alike, below))
            if not led_to:
                why.append(_nobody(basis, alike))
            for person_id in led_to:
                given, refused = self._given(person_id, basis, alike, taken)
                if given:
                    found.setdefault(*given)
                elif refused:
                    why.append(refused)
        return found, why

    def _led_to(self, basis: Basis, alike: Alike, below: Sequence[Found]) -> Iterator[int]:
        if basis.by is By.NAMED:
            yield from basis.people
        elif basis.by is By.OWNER:
            yield from self.owner_ids[:1] if basis.which is Which.PRIMARY else self.owner_ids
        elif basis.by is By.ENTITLEMENT_OWNER:
            yield from map(int, filter(None, alike.owners.split(",")))
        elif basis.by is By.REVIEWERS_MANAGER:
            reviewers = below[-1].reviewers if below else ()
            yield from filter(None, (self._manager_of(given.person_id) for given in reviewers))
        elif found := self._one(basis, alike):
            yield found

    def _one(self, basis: Basis, alike: Alike) -> int | None:
        if basis.by is By.MANAGER:
            return alike.manager_id
        if basis.by is By.MANAGERS_MANAGER:
            return self._manager_of(alike.manager_id)
        if basis.by is By.FIELD:
            return self.field_ids.get(basis.key)
        return self.campaign_owner_id

    def _given(
        self, person_id: int, basis: Basis, alike: Alike, taken: frozenset[int]
    ) -> tuple[Given | None, Why | None]:
        """Whether this person may take it; if they are never assigned, their manager."""
        now = self.instead.get(person_id, person_id)
        meant = self._instead_of(now)
        if meant is None:
            return None, Why.DENIED if now in self.people else Why.UNKNOWN
        said = REPLACED if now != person_id else _called(basis, alike)
        said = said if meant.id == now else DENIED
        if meant.is_past:
            return None, Why.LEFT
        if meant.is_external and said not in (By.NAMED.value, REPLACED):
            return None, Why.EXTERNAL
        if meant.id == alike.person_id:
            return None, Why.OWN
        return (None, Why.TWICE) if meant.id in taken else (Given(meant.id, said), None)

    def _instead_of(self, person_id: int) -> Somebody | None:
        seen: set[int] = set()
        found = self.people.get(person_id)
        while found and found.is_denied:
            seen.add(found.id)
            found = self.people.get(found.manager_id or 0)
            if found and found.id in seen:
                return None
        return found

    def _manager_of(self, person_id: int) -> int | None:
        person = self.people.get(person_id)
        return person.manager_id if person else None


@dataclass(frozen=True)
class Shares:
    """How accounts are shared out in one application.

    `given`: who reviews each class, level by level. `by_level`: by person, the basis of most of
    their accounts and how many they have. `unassigned`: how many accounts are left to nobody at
    each level, by the reasons for it.
    """

    given: Mapping[Alike, Sequence[Found]]
    by_level: Sequence[Mapping[int, tuple[str, int]]]
    unassigned: Sequence[Mapping[tuple[Why, ...], int]]


def shares(circle: Circle, classes: Mapping[Alike, int]) -> Shares:
    """Share out the accounts of one application, given how many there are of each class."""
    given = {alike: circle.reviewers_of(alike) for alike in classes}
    counts: list[Counter[Given]] = [Counter() for _ in circle.said.levels]
    left: list[Counter[tuple[Why, ...]]] = [Counter() for _ in circle.said.levels]
    for alike, count in classes.items():
        for nth, found in enumerate(given[alike]):
            for each in found.reviewers:
                counts[nth][each] += count
            if not found.reviewers:
                left[nth][found.why] += count
    return Shares(given, [_by_person(each) for each in counts], left)


def _by_person(counts: Mapping[Given, int]) -> dict[int, tuple[str, int]]:
    total: Counter[int] = Counter()
    most: dict[int, tuple[int, str]] = {}
    for given, count in counts.items():
        total[given.person_id] += count
        here = (count, given.basis)
        most[given.person_id] = max(most.get(given.person_id, here), here)
    return {person_id: (most[person_id][1], total[person_id]) for person_id in total}


def _called(basis: Basis, alike: Alike) -> str:
    return BY_COLUMN if basis.by is By.MANAGER and alike.by_column else basis.by.value


def _nobody(basis: Basis, alike: Alike) -> Why:
    if basis.by in (By.MANAGER, By.MANAGERS_MANAGER):
        return Why.NOBODYS if alike.person_id == NOBODYS else Why.NO_MANAGER
    return _MISSING.get(basis.by, Why.UNKNOWN)


_MISSING = {
    By.OWNER: Why.NO_OWNER,
    By.ENTITLEMENT_OWNER: Why.UNOWNED,
    By.FIELD: Why.NO_FIELD,
    By.CAMPAIGN_OWNER: Why.NO_CAMPAIGN_OWNER,
    By.REVIEWERS_MANAGER: Why.NO_REVIEWER,
}
