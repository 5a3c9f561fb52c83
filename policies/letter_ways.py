"""Which way a letter takes: what the organisation allows, what its person wants, what works."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from policies.errors import Invalid
from policies.letter_kinds import KINDS, NOT_LISTED, Channel

NONE = "none"  # somebody wants no such letter
SINGLY = "singly"  # somebody wants no digest, but each letter by itself
DIGEST = "digest"


@dataclass(frozen=True)
class Allowed:
    """What the organisation allows for one kind. The first channel is the usual one."""

    channels: Sequence[Channel]
    may_stop: bool


@dataclass(frozen=True)
class Ways:
    """`allowed` by kind, `wishes` by person and kind, `refused`: channels that take nothing
    for a person, `set_up`: channels that the installation can use at all, `gathered`: what is
    several comes in one letter, unless its person wants it otherwise."""

    set_up: Collection[Channel]
    allowed: Mapping[str, Allowed] = field(default_factory=dict)
    wishes: Mapping[tuple[int, str], str] = field(default_factory=dict)
    refused: Mapping[int, Collection[Channel]] = field(default_factory=dict)
    gathered: bool = True

    def of(self, kind: str) -> Allowed:
        return self.allowed.get(kind) or usual(kind)

    def wants(self, kind: str, person_id: int) -> bool:
        """False where the person wants none of it, and may do without."""
        return not (self.wishes.get((person_id, kind)) == NONE and self.of(kind).may_stop)

    def gathers(self, person_id: int) -> bool:
        """Whether several letters at once come to the person as one that lists them."""
        wish = self.wishes.get((person_id, DIGEST), "")
        if wish == SINGLY or not self.wants(DIGEST, person_id):
            return False
        return self.gathered or bool(wish)

    def in_order(self, kind: str, person_id: int) -> list[Channel]:
        """The ways to try, one after another. Those that refused are the last resort."""
        wish = self.wishes.get((person_id, kind))
        found = [each for each in self.of(kind).channels if each in self.set_up]
        refused = self.refused.get(person_id, ())
        return sorted(found, key=lambda each: (each in refused, each.value != wish))

    def first(self, kind: str, person_id: int) -> Channel:
        """The way to take first; by email where nothing else is set up: it is kept then."""
        return next(iter(self.in_order(kind, person_id)), Channel.EMAIL)

    def after(self, kind: str, person_id: int, tried: Collection[str]) -> Channel | None:
        """The way to take once those `tried` failed; None where no other is left."""
        left = [each for each in self.in_order(kind, person_id) if each.value not in tried]
        return left[0] if left else None


def usual(kind: str) -> Allowed:
    """What holds for a kind as long as nobody changed it."""
    return Allowed(KINDS[kind].channels, KINDS[kind].may_stop)


def listed() -> list[str]:
    """The kinds that can be edited and chosen ways for, in order."""
    return [kind for kind in KINDS if kind not in NOT_LISTED]


def choosable(kind: str) -> bool:
    """Whether its person may have a wish about it at all."""
    return kind not in NOT_LISTED and len(KINDS[kind].channels) > 1


def check_allowed(kind: str, channels: Sequence[str], *, may_stop: bool) -> Allowed:
    """What was chosen for a kind; Invalid where a letter could take no way at all."""
    possible = KINDS[kind].channels
    chosen = [each for each in dict.fromkeys(channels) if each in possible]
    if not chosen:
        raise Invalid("Choose at least one channel: a letter without a way reaches nobody.")
    return Allowed([Channel(each) for each in chosen], may_stop and choosable(kind))


def check_wish(ways: Ways, kind: str, wish: str) -> str:
    """What somebody wants of a kind: "" as usual, "none", or a channel that is allowed; of
    digests also "singly"."""
    if kind not in KINDS or not choosable(kind):
        raise Invalid("There is no such letter to choose a way for.")
    allowed = ways.of(kind)
    if wish == NONE and not allowed.may_stop:
        raise Invalid(f"{KINDS[kind].label}: your organisation wants you to get these letters.")
    if wish == SINGLY and kind == DIGEST:
        return wish
    if wish not in ("", NONE) and wish not in allowed.channels:
        raise Invalid(f"{KINDS[kind].label}: your organisation does not send these this way.")
    return wish
