"""Before a launch: who would review how many accounts, on which basis, and what nobody would.

The rules are those of the launch and the freeze (policies.reviewers), asked by classes of accounts:
one statement, however many accounts there are. A campaign that was never stored will do.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select

from policies.reviewers import FALLBACK, Alike, Shares, shares
from portal.db import db
from portal.models import Application, Campaign, Person
from portal.queries.campaigns import matching_applications
from portal.queries.letter_ways import invitations_for
from portal.queries.reviewing import circles_of, live_classes

NO_LIST = {Alike(): 0}  # where no account is known, what would be so of any


class Named(NamedTuple):
    """Somebody as a preview shows them; there may be ten thousand."""

    id: int
    name: str
    email: str | None


@dataclass(frozen=True)
class ReviewerShare:
    """What one person would review in one application at one level."""

    person: Named
    level: int
    basis: str  # of most of their accounts
    accounts: int

    @property
    def is_fallback(self) -> bool:
        return self.basis.startswith(FALLBACK)


@dataclass(frozen=True)
class Unassigned:
    """Accounts of one application that a level leaves to nobody, and why."""

    level: int
    accounts: int
    why: str


@dataclass(frozen=True)
class ApplicationShare:
    """Who would review one application. `unassigned` is the most first, level by level."""

    application: Application
    accounts: int
    reviewers: Sequence[ReviewerShare]
    unassigned: Sequence[Unassigned]
    remover: Named | None

    def at(self, level: int) -> list[ReviewerShare]:
        return [each for each in self.reviewers if each.level == level]

    @property
    def first_unassigned(self) -> int:
        """How many accounts nobody would decide to begin with."""
        return sum(each.accounts for each in self.unassigned if each.level == 1)


@dataclass(frozen=True)
class AssignmentPreview:
    """What a launch would ask of whom, by application in the order of their names."""

    applications: Sequence[ApplicationShare]
    levels: int
    letters: int = 0  # written at the launch, to whoever reviews at level 1

    @property
    def accounts(self) -> int:
        return sum(each.accounts for each in self.applications)

    @property
    def unassigned(self) -> int:
        return sum(each.first_unassigned for each in self.applications)

    @property
    def troubled(self) -> list[ApplicationShare]:
        """Those where somebody is missing."""
        return [each for each in self.applications if each.unassigned]

    def by_person(self, level: int = 1) -> list[tuple[Named, int, int]]:
        """Each reviewer with the number of applications and of accounts, the most first."""
        return self._by_level[level - 1]

    @cached_property
    def _by_level(self) -> list[list[tuple[Named, int, int]]]:
        return [self._gathered(level) for level in range(1, self.levels + 1)]

    def _gathered(self, level: int) -> list[tuple[Named, int, int]]:
        found: dict[Named, list[int]] = {}
        for each in self._all(level):
            found.setdefault(each.person, []).append(each.accounts)
        rows = [(person, len(parts), sum(parts)) for person, parts in found.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0].name.casefold()))

    def by_basis(self, level: int = 1) -> dict[str, int]:
        """How many accounts fall to somebody on each basis, the most first; several may review one.

        A reviewer counts with the basis of most of their accounts in an application.
        """
        found: dict[str, int] = defaultdict(int)
        for each in self._all(level):
            found[each.basis] += each.accounts
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

    def _all(self, level: int) -> Iterator[ReviewerShare]:
        return (each for share in self.applications for each in share.at(level))


def preview_assignments(
    campaign: Campaign, applications: Sequence[Application] | None = None
) -> AssignmentPreview:
    """Who would review what if `campaign` (stored or not) were launched and started now."""
    if applications is None:
        applications = matching_applications(campaign)
    circles = circles_of(campaign, applications)
    classes = live_classes(campaign, circles)
    shared = {
        key: shares(circle, classes.get(key) or NO_LIST) for key, circle in circles.of.items()
    }
    removers = {each.id: circles.of[each.id].remover() for each in applications}
    people = _people({*removers.values(), *_reviewers_in(shared)})
    return AssignmentPreview(
        [
            ApplicationShare(
                application=each,
                accounts=sum(classes.get(each.id, {}).values()),
                reviewers=list(_reviewers(shared[each.id], people)),
                unassigned=list(_unassigned(shared[each.id])),
                remover=people.get(removers[each.id] or 0),
            )
            for each in applications
        ],
        levels=len(circles.said.levels),
        letters=invitations_for(
            person_id for each in shared.values() for person_id in each.by_level[0]
        ),
    )


def _reviewers_in(shared: Mapping[int, Shares]) -> set[int | None]:
    return {person for each in shared.values() for found in each.by_level for person in found}


def _people(ids: set[int | None]) -> dict[int, Named]:
    """These people, a batch at a time: a database takes only so many values in one statement."""
    wanted = sorted(filter(None, ids))
    found: dict[int, Named] = {}
    for start in range(0, len(wanted), 5000):
        batch = Person.id.in_(wanted[start : start + 5000])
        rows = db.session.execute(select(Person.id, Person.name, Person.email).where(batch))
        found |= {row.id: Named(*row) for row in rows}
    return found


def _reviewers(shared: Shares, people: Mapping[int, Named]) -> Iterator[ReviewerShare]:
    for level, found in enumerate(shared.by_level, 1):
        most_first = sorted(found.items(), key=lambda each: (-each[1][1], people[each[0]].name))
        for person_id, (basis, accounts) in most_first:
            yield ReviewerShare(people[person_id], level, basis, accounts)


def _unassigned(shared: Shares) -> Iterator[Unassigned]:
    for level, left in enumerate(shared.unassigned, 1):
        for why, accounts in sorted(left.items(), key=lambda each: -each[1]):
            yield Unassigned(level, accounts, "; ".join(why))
