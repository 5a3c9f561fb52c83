"""Whom something is handed to, and why: a name or an address, searched for where it is no one's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.models import Person

Find = Callable[[str], Person | None]
Search = Callable[[str], Sequence[Person]]


@dataclass(frozen=True)
class TakerForm:
    """What was typed. `person` is found by its address; `candidates` are whom a name may mean."""

    text: str = ""
    reason: str = ""
    person: Person | None = None
    candidates: Sequence[Person] = ()
    errors: list[tuple[str, str]] = field(default_factory=list)

    @property
    def choices(self) -> list[tuple[str, str, str]]:
        """The candidates as choices: address, name, what tells them apart."""
        return [
            (p.email or "", p.name, ", ".join(filter(None, (p.title, p.department, p.email))))
            for p in self.candidates
        ]


def read_taker(form: Any, find: Find, search: Search) -> TakerForm:
    """Read a MultiDict with `person` and `reason`; `errors` say what is missing, and where."""
    text = str(form.get("person", "")).replace("\0", "").strip()
    reason = str(form.get("reason", "")).strip()
    person = find(text) if text else None
    found = search(text) if text and person is None else ()
    candidates = [each for each in found if each.email]
    if len(candidates) == 1:
        person, candidates = candidates[0], []
    errors = []
    if not text:
        errors.append(("Say who takes over.", "#person"))
    elif candidates:
        errors.append((f"Several people are called “{text}”. Choose one below.", "#person"))
    elif person is None:
        errors.append((f"Nobody is called “{text}”. Write another part of the name.", "#person"))
    if not reason:
        errors.append(("Say why; the reason is kept in the evidence.", "#reason"))
    return TakerForm(text, reason, person, candidates, errors)
