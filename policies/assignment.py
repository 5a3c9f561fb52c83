"""Who reviews, as an admin says it: bases of assignment, levels, fallbacks, who removes access.

All of it is plain data, and is checked here. policies.assignment_words says it in words,
policies.reviewers finds whom it comes to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from policies.care import Care, care_from_data
from policies.errors import Invalid
from policies.level_times import check_shares

MOST_LEVELS = 5
MOST_BASES = 10
MOST_PEOPLE = 50


class By(StrEnum):
    """By what somebody is found. The value is what the evidence calls it."""

    NAMED = "named"
    OWNER = "owner"
    MANAGER = "manager"
    MANAGERS_MANAGER = "manager's manager"
    FIELD = "field"
    ENTITLEMENT_OWNER = "entitlement owner"
    REVIEWERS_MANAGER = "reviewer's manager"
    CAMPAIGN_OWNER = "campaign owner"


REVIEWING = (By.OWNER, By.MANAGER, By.ENTITLEMENT_OWNER, By.FIELD, By.NAMED)
REVIEWING_ABOVE = (*REVIEWING, By.REVIEWERS_MANAGER)  # at every level but the first
FALLING_BACK = (
    *(By.MANAGER, By.MANAGERS_MANAGER, By.OWNER, By.ENTITLEMENT_OWNER, By.FIELD, By.NAMED),
    By.CAMPAIGN_OWNER,
)
REMOVING = (By.OWNER, By.FIELD, By.NAMED, By.CAMPAIGN_OWNER)


class Which(StrEnum):
    """Which of an application's owners."""

    ALL = "all"
    PRIMARY = "primary"


class Outcome(StrEnum):
    """What several reviewers of one item come to together."""

    ANY = "any"
    ALL = "all"
    MAJORITY = "majority"


class MovesOn(StrEnum):
    """What goes up to the next level: what was approved, for rejection is final, or everything
    that was decided, and then the last level's word counts."""

    APPROVED = "approved"
    DECIDED = "decided"


class Handing(StrEnum):
    """To whom reviewers may hand items of theirs."""

    ANYBODY = "anybody"
    LISTED = "listed"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Basis:
    """One way to somebody. `people` are ids, for NAMED; `key` is that of a custom field.

    With `instance`, the name of one, it counts for the accounts of that instance only.
    """

    by: By
    people: tuple[int, ...] = ()
    which: Which = Which.ALL
    key: str = ""
    instance: str = ""

    def as_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"basis": self.by.value}
        if self.by is By.NAMED:
            data["people"] = list(self.people)
        if self.by is By.OWNER:
            data["which"] = self.which.value
        if self.by is By.FIELD:
            data["key"] = self.key
        return data | ({"instance": self.instance} if self.instance else {})


OWNERS = Basis(By.OWNER)
CAMPAIGN_OWNER = Basis(By.CAMPAIGN_OWNER)


@dataclass(frozen=True)
class Level:
    """One level of approval. All of its bases review: whoever each of them leads to.

    `share` is its part of the campaign's time in per cent; 0: until the due date.
    """

    bases: tuple[Basis, ...] = (OWNERS,)
    outcome: Outcome = Outcome.ANY
    moves_on: MovesOn = MovesOn.APPROVED
    share: int = 0

    def as_data(self) -> dict[str, Any]:
        data = {
            "bases": [basis.as_data() for basis in self.bases],
            "outcome": self.outcome.value,
            "moves_on": self.moves_on.value,
        }
        return data | ({"share": self.share} if self.share else {})


@dataclass(frozen=True)
class Reassigning:
    """Whether reviewers may hand items on: to anybody, to the people listed, or not at all."""

    to: Handing = Handing.ANYBODY
    people: tuple[int, ...] = ()

    def as_data(self) -> dict[str, Any]:
        return {"to": self.to.value, "people": list(self.people)}


@dataclass(frozen=True)
class Reviewing:
    """Everything a campaign says of who does what in it.

    `levels` are 1 to 5, the first first. `fallbacks` are gone through in order for an item that a
    level leaves to nobody; the first that leads to somebody takes it. So is `remediation`, for
    whoever removes rejected access. `waits`: removals wait until the last level is signed off.
    `care` is how careful its reviewers are asked to be.
    """

    levels: tuple[Level, ...] = (Level(),)
    fallbacks: tuple[Basis, ...] = (CAMPAIGN_OWNER,)
    remediation: tuple[Basis, ...] = (Basis(By.OWNER, which=Which.PRIMARY), CAMPAIGN_OWNER)
    reassigning: Reassigning = field(default_factory=Reassigning)
    waits: bool = False
    care: Care = field(default_factory=Care)

    def as_data(self) -> dict[str, Any]:
        """As it is stored with the campaign and told in the trail."""
        return {
            "levels": [level.as_data() for level in self.levels],
            "fallbacks": [basis.as_data() for basis in self.fallbacks],
            "remediation": [basis.as_data() for basis in self.remediation],
            "reassigning": self.reassigning.as_data(),
            "waits": self.waits,
            "care": self.care.as_data(),
        }

    @property
    def bases(self) -> tuple[Basis, ...]:
        """Every basis by which somebody may come to review."""
        return tuple(b for level in self.levels for b in level.bases) + self.fallbacks

    @property
    def named(self) -> frozenset[int]:
        """The ids of everybody it names."""
        people = (each for basis in (*self.bases, *self.remediation) for each in basis.people)
        return frozenset(people) | frozenset(self.reassigning.people)


def with_added(said: Reviewing, added: Mapping[str, Sequence[int]]) -> Reviewing:
    """The same, with these people beside the others at each level ("1", "2", ...)."""
    levels = tuple(
        replace(level, bases=(*level.bases, Basis(By.NAMED, tuple(added[str(number)]))))
        if added.get(str(number))
        else level
        for number, level in enumerate(said.levels, 1)
    )
    return replace(said, levels=levels)


def reviewed_by(people: Iterable[int] = (), remover: int | None = None) -> Reviewing:
    """One level of these people, or of the owners; `remover`, or the primary owner, removes."""
    named = tuple(dict.fromkeys(people))
    level = Level((Basis(By.NAMED, named),)) if named else Level()
    if remover is None:
        return Reviewing((level,))
    return Reviewing((level,), remediation=(Basis(By.NAMED, (remover,)), CAMPAIGN_OWNER))


def reviewing_from_data(data: Mapping[str, Any]) -> Reviewing:
    """Read what `Reviewing.as_data` wrote, or a form composed; what is missing is as usual.

    Raises Invalid with a sentence on anything the grammar does not know.
    """
    usual = Reviewing()
    said = Reviewing(
        tuple(map(_level, data["levels"])) if "levels" in data else usual.levels,
        _bases(data["fallbacks"]) if "fallbacks" in data else usual.fallbacks,
        _bases(data["remediation"]) if "remediation" in data else usual.remediation,
        _reassigning(data.get("reassigning", {})),
        bool(data.get("waits", False)),
        care_from_data(data.get("care", {})),
    )
    check_reviewing(said)
    return said


def check_reviewing(said: Reviewing) -> None:
    """Raise Invalid with a sentence where it cannot be done as it is said."""
    if not 1 <= len(said.levels) <= MOST_LEVELS:
        raise Invalid(f"A campaign has 1 to {MOST_LEVELS} levels.")
    for number, level in enumerate(said.levels, 1):
        where = "Reviewers" if len(said.levels) == 1 else f"Reviewers of level {number}"
        if not level.bases:
            raise Invalid(f"{where}: say who reviews.")
        _check(level.bases, REVIEWING if number == 1 else REVIEWING_ABOVE, where)
    check_shares([level.share for level in said.levels])
    _check(said.fallbacks, FALLING_BACK, "Fallbacks")
    _check(said.remediation, REMOVING, "Who removes access")
    if not said.remediation:
        raise Invalid("Who removes access: say who does.")
    if said.reassigning.to is Handing.LISTED and not said.reassigning.people:
        raise Invalid("Reassigning: name the people whom items may be handed to.")


def _check(bases: Sequence[Basis], allowed: Iterable[By], where: str) -> None:
    if len(bases) > MOST_BASES:
        raise Invalid(f"{where}: {MOST_BASES} at most.")
    if len(set(bases)) < len(bases):
        raise Invalid(f"{where}: the same is said twice.")
    for basis in bases:
        if basis.by not in set(allowed):
            raise Invalid(f"{where}: “{basis.by.value}” cannot be used here.")
        if basis.by is By.NAMED and not 1 <= len(set(basis.people)) <= MOST_PEOPLE:
            raise Invalid(f"{where}: name 1 to {MOST_PEOPLE} people.")
        if basis.by is By.FIELD and not basis.key:
            raise Invalid(f"{where}: choose the field that holds the person.")


def _level(data: Mapping[str, Any]) -> Level:
    return Level(
        _bases(data.get("bases", [])),
        _one_of(Outcome, data.get("outcome", Outcome.ANY)),
        _one_of(MovesOn, data.get("moves_on", MovesOn.APPROVED)),
        int(data.get("share", 0)),
    )


def _bases(data: Iterable[Mapping[str, Any]]) -> tuple[Basis, ...]:
    return tuple(
        Basis(
            _one_of(By, each.get("basis", "")),
            tuple(dict.fromkeys(int(person) for person in each.get("people", ()))),
            _one_of(Which, each.get("which", Which.ALL)),
            str(each.get("key", "")),
            str(each.get("instance", "")).strip(),
        )
        for each in data
    )


def _reassigning(data: Mapping[str, Any]) -> Reassigning:
    people = tuple(int(person) for person in data.get("people", ()))
    return Reassigning(_one_of(Handing, data.get("to", Handing.ANYBODY)), people)


def _one_of(kind: Any, value: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(member.value for member in kind)
        raise Invalid(f"“{value}” is none of: {known}.") from None
