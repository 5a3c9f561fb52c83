"""Changing many applications at once: exactly those of a filtered list, and what would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, Select, func, select

from policies.custom_fields import PERSON
from policies.errors import Invalid
from policies.filters import Filter
from portal.db import db
from portal.models import Application, ApplicationOwner, CustomField, Person
from portal.models.application import ApplicationState
from portal.models.person import Standing
from portal.queries.applications import applications_in_list
from portal.queries.custom_fields import PREFIX, custom_fields, has_value, holds, person_in
from portal.queries.field_values import field_value
from portal.queries.people import person_by_address

STATE, ADD, PREFER, REMOVE = "state", "add owner", "primary owner", "remove owner"
OWNER_CHANGES = (ADD, PREFER, REMOVE)
_PLAIN = {STATE: "State", ADD: "Add an owner", PREFER: "Make somebody the primary owner"}
LABELS: Mapping[str, str] = {**_PLAIN, REMOVE: "Remove an owner"}


@dataclass(frozen=True)
class Chosen:
    """The applications of a list as its URL filters them."""

    filter: Filter
    text: str = ""

    @property
    def query(self) -> Select[Application]:
        return applications_in_list(self.filter, self.text)


@dataclass(frozen=True)
class Change:
    """What is to become of them. `value` is a state, the value of a field, or a person's id."""

    what: str
    value: str | int
    person: Person | None = None
    field: CustomField | None = None

    @property
    def words(self) -> str:
        """As a sentence begins: "State becomes closed"."""
        name = self.person.name if self.person else str(self.value)
        if self.what in OWNER_CHANGES:
            verb = {ADD: "becomes an owner", PREFER: "becomes the primary owner"}
            return f"{name} {verb.get(self.what, 'owns them no more')}"
        label = self.field.label if self.field else "State"
        return f"{label} becomes {name}" if name else f"{label} becomes empty"


def changes_to_choose(added: Sequence[CustomField]) -> list[tuple[str, str]]:
    """Everything that can be changed of many: (key, label)."""
    return [*LABELS.items(), *((PREFIX + each.key, each.label) for each in added)]


def change_typed(what: str, text: str) -> Change:
    """The change that was typed. Invalid where it makes no sense."""
    text = text.strip()
    if what == STATE:
        if text not in list(ApplicationState):
            raise Invalid("Choose the state that they are to have.")
        return Change(what, text)
    if what in OWNER_CHANGES:
        person = person_by_address(text)
        if person is None:
            raise Invalid("Write the email address of the owner.")
        return Change(what, person.id, _who_may_own(person, what))
    field = next((each for each in custom_fields() if PREFIX + each.key == what), None)
    if field is None:
        raise Invalid("Choose what is to be changed.")
    return _of_field(field, text)


def ids_of(chosen: Chosen) -> list[int]:
    """The ids of all of them, ascending."""
    ids = chosen.query.with_only_columns(Application.id).order_by(None)
    return sorted(db.session.scalars(ids))


def digest_of(ids: Sequence[int]) -> str:
    """SHA-256 over the ids, one a line: the set that was shown is the set that is changed."""
    return sha256("\n".join(map(str, ids)).encode()).hexdigest()


def changed_by(change: Change) -> ColumnElement[bool]:
    """Whether the change makes a difference to an application."""
    if change.what == STATE:
        return Application.state.expression != ApplicationState(str(change.value))
    if change.field is None:
        return _owned_otherwise(change)
    key = change.field.key
    if change.value == "":
        return has_value(key)
    if change.field.kind == PERSON:
        return func.coalesce(person_in(key), 0) != change.value
    return ~func.coalesce(holds(key, str(change.value)), False)


def _owned_otherwise(change: Change) -> ColumnElement[bool]:
    owned = (
        select(ApplicationOwner.person_id)
        .where(
            ApplicationOwner.application_id == Application.id,
            ApplicationOwner.person_id == change.value,
        )
        .correlate(Application)
    )
    if change.what == REMOVE:
        return owned.exists()
    if change.what == PREFER:
        owned = owned.where(ApplicationOwner.is_primary.is_(True))
    return ~owned.exists()


def _who_may_own(person: Person, what: str) -> Person:
    if person.standing is Standing.PAST and what != REMOVE:
        raise Invalid(f"{person.name} left the organisation and cannot own an application.")
    return person


def _of_field(field: CustomField, text: str) -> Change:
    value = field_value(field, text)
    named = db.session.get(Person, value) if field.kind == PERSON and value else None
    return Change(PREFIX + field.key, value, named, field)
