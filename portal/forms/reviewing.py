"""What one types to say who reviews, who stands in and who removes: rows that can be edited
without scripts, and the policies.assignment.Reviewing they become."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from policies.assignment import (
    FALLING_BACK,
    MOST_BASES,
    MOST_LEVELS,
    REMOVING,
    REVIEWING,
    REVIEWING_ABOVE,
    Basis,
    By,
    Handing,
    Level,
    MovesOn,
    Outcome,
    Reassigning,
    Reviewing,
    Which,
    check_reviewing,
)
from policies.errors import Invalid
from portal.forms.care import TypedCare, care_of, stored_care, typed_care, with_suggested
from portal.models import CustomField, Person

FindPerson = Callable[[str], Person | None]
_LABELS = {
    By.OWNER: "All owners of the application",
    By.MANAGER: "Each person’s manager",
    By.MANAGERS_MANAGER: "The manager’s manager",
    By.REVIEWERS_MANAGER: "The manager of the reviewer below",
    By.ENTITLEMENT_OWNER: "The owners of what is held",
    By.NAMED: "People I name",
    By.CAMPAIGN_OWNER: "The campaign’s owner",
}
_PRIMARY = "owner:primary"


@dataclass(frozen=True)
class Row:
    """One basis as typed: `by` is a choice of `choices_for`, `people` are addresses."""

    by: str = ""
    people: str = ""
    instance: str = ""


@dataclass(frozen=True)
class Part:
    """Rows under one heading: `l1`, `l2` ... for levels, `fall`, `rem`."""

    key: str
    rows: tuple[Row, ...] = (Row(),)
    outcome: str = Outcome.ANY.value
    moves_on: str = MovesOn.APPROVED.value
    share: str = ""


@dataclass(frozen=True)
class Typed:
    """Everything the step holds, as it was typed or is stored."""

    levels: tuple[Part, ...]
    fallbacks: Part
    remediation: Part
    handing: str = Handing.ANYBODY.value
    handing_people: str = ""
    waits: bool = False
    instructions: str = ""
    care: TypedCare = field(default_factory=TypedCare)
    errors: Sequence[tuple[str, str]] = field(default=())

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*self.levels, self.fallbacks, self.remediation)


def typed_from(form: Any) -> Typed:
    """What the form says."""
    count = form.get("levels", "1")
    number = min(max(1, int(count)), MOST_LEVELS) if count.isdecimal() else 1
    return Typed(
        tuple(_part(form, f"l{nth}") for nth in range(1, number + 1)),
        _part(form, "fall"),
        _part(form, "rem"),
        _known(Handing, form.get("handing", ""), Handing.ANYBODY),
        form.get("handing_people", "")[:2000],
        form.get("waits") == "1",
        form.get("instructions", "").replace("\0", "").strip()[:2000],
        typed_care(form, number),
    )


def stored_as_typed(said: Reviewing, addresses: Mapping[int, str], instructions: str) -> Typed:
    """What is stored, as the form shows it. `addresses` are those of the people it names."""

    def part(key: str, bases: Iterable[Basis], level: Level | None = None) -> Part:
        rows = tuple(_row(basis, addresses) for basis in bases)
        if level is None:
            return Part(key, rows)
        share = str(level.share or "")
        return Part(key, rows, level.outcome.value, level.moves_on.value, share)

    levels = (part(f"l{n}", each.bases, each) for n, each in enumerate(said.levels, 1))
    return Typed(
        tuple(levels),
        part("fall", said.fallbacks),
        part("rem", said.remediation),
        said.reassigning.to.value,
        _joined(said.reassigning.people, addresses),
        said.waits,
        instructions,
        stored_care(said.care),
    )


def edited(typed: Typed, deed: str) -> Typed:
    """After a press of a button: "add-l1", "remove-l1-0", "level", "unlevel-2" or "plant"."""
    verb, _, rest = deed.partition("-")
    key, _, number = rest.partition("-")
    if verb == "level" and len(typed.levels) < MOST_LEVELS:
        return replace(typed, levels=_numbered((*typed.levels, Part(""))))
    if verb == "unlevel" and rest.isdecimal() and len(typed.levels) > 1:
        left = [part for part in typed.levels if part.key != f"l{rest}"]
        return replace(typed, levels=_numbered(left))
    if verb == "plant":
        return replace(typed, care=with_suggested(typed.care))
    if verb not in ("add", "remove"):
        return typed

    def change(part: Part) -> Part:
        if part.key != key:
            return part
        if verb == "add":
            return replace(part, rows=(*part.rows, Row())[:MOST_BASES])
        nth = int(number) if number.isdecimal() else -1
        return replace(part, rows=tuple(r for n, r in enumerate(part.rows) if n != nth))

    return replace(
        typed,
        levels=tuple(map(change, typed.levels)),
        fallbacks=change(typed.fallbacks),
        remediation=change(typed.remediation),
    )


def reviewing_of(typed: Typed, find: FindPerson) -> Reviewing:
    """What the rows say. Raises Invalid with a sentence on the first that makes no sense."""
    levels = tuple(
        Level(_bases(part, find), Outcome(part.outcome), MovesOn(part.moves_on), share)
        for part, share in zip(typed.levels, _shares(typed.levels), strict=True)
    )
    handed = _people(typed.handing_people, find) if typed.handing == Handing.LISTED.value else ()
    said = Reviewing(
        levels,
        _bases(typed.fallbacks, find),
        _bases(typed.remediation, find),
        Reassigning(Handing(typed.handing), handed),
        waits=typed.waits and len(levels) > 1,
        care=care_of(typed.care),
    )
    check_reviewing(said)
    return said


def choices_for(key: str, fields: Iterable[CustomField]) -> list[tuple[str, str]]:
    """What may be chosen in the rows of a part: (value, label)."""
    bases = {"fall": FALLING_BACK, "rem": REMOVING, "l1": REVIEWING}.get(key, REVIEWING_ABOVE)
    found: list[tuple[str, str]] = []
    for by in bases:
        if by is By.FIELD:
            found += [(f"field:{each.key}", f"{each.label} of the application") for each in fields]
            continue
        found.append((by.value, _LABELS[by]))
        if by is By.OWNER:
            found.append((_PRIMARY, "The primary owner of the application"))
    return found


def _part(form: Any, key: str) -> Part:
    columns = [form.getlist(f"{key}_{name}") for name in ("by", "people", "instance")]
    rows = [
        Row(*(column[nth].strip()[:2000] if nth < len(column) else "" for column in columns))
        for nth in range(min(len(columns[0]), MOST_BASES))
    ]
    return Part(
        key,
        tuple(rows),
        _known(Outcome, form.get(f"{key}_outcome", ""), Outcome.ANY),
        _known(MovesOn, form.get(f"{key}_moves_on", ""), MovesOn.APPROVED),
        form.get(f"{key}_share", "").strip()[:20],
    )


def _shares(levels: Sequence[Part]) -> list[int]:
    """Each level's part of the time; where there is one level, it has all of it."""
    typed = [part.share.removesuffix("%").strip() for part in levels] if len(levels) > 1 else [""]
    if wrong := next((each for each in typed if each and not each.isdecimal()), ""):
        raise Invalid(f"Shares of the time: “{wrong}” is no number. Write 60 for 60 %.")
    return [int(each or 0) for each in typed]


def _known(kind: type[StrEnum], typed: str, usual: StrEnum) -> str:
    return typed if typed in {each.value for each in kind} else usual.value


def _numbered(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(replace(part, key=f"l{nth}") for nth, part in enumerate(parts, 1))


def _row(basis: Basis, addresses: Mapping[int, str]) -> Row:
    by = basis.by.value
    if basis.by is By.FIELD:
        by = f"field:{basis.key}"
    if basis.by is By.OWNER and basis.which is Which.PRIMARY:
        by = _PRIMARY
    return Row(by, _joined(basis.people, addresses), basis.instance)


def _joined(people: Iterable[int], addresses: Mapping[int, str]) -> str:
    return ", ".join(addresses.get(each, "") for each in people)


def _bases(part: Part, find: FindPerson) -> tuple[Basis, ...]:
    return tuple(_basis(row, find) for row in part.rows if row.by)


def _basis(row: Row, find: FindPerson) -> Basis:
    if row.by.startswith("field:"):
        return Basis(By.FIELD, key=row.by.removeprefix("field:"), instance=row.instance)
    if row.by == _PRIMARY:
        return Basis(By.OWNER, which=Which.PRIMARY, instance=row.instance)
    if row.by not in set(By):
        raise Invalid(f"“{row.by}” is no way to find a reviewer.")
    by = By(row.by)
    people = _people(row.people, find) if by is By.NAMED else ()
    return Basis(by, people, instance=row.instance)


def _people(text: str, find: FindPerson) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for address in filter(None, (each.strip() for each in re.split(r"[,;\n]", text))):
        person = find(address)
        if person is None:
            raise Invalid(f"Nobody has the address “{address}”. Import people first.")
        found[person.id] = None
    if not found:
        raise Invalid("Name at least one person, by email address.")
    return tuple(found)
