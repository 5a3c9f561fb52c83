"""What was typed into the fields of an application, read: the values that are kept."""

from collections.abc import Mapping
from typing import Any

from policies.custom_fields import PERSON, read_value
from policies.errors import Invalid
from portal.db import db
from portal.models import CustomField, Person
from portal.models.person import Standing
from portal.queries.custom_fields import custom_fields
from portal.queries.people import address_of, people_named, person_by_address


def checked_fields(typed: Mapping[str, str], kept: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields once `typed` is written over `kept`; empty ones are left out.

    In a field of the kind "person" that is the person's id. Raises Invalid with a sentence.
    """
    known = {each.key: each for each in custom_fields()}
    values = dict(kept)
    for key, text in typed.items():
        if key in known:
            values[key] = field_value(known[key], text.strip(), kept.get(key))
    return {key: value for key, value in values.items() if value not in ("", None)}


def field_value(field: CustomField, text: str, was: Any = None) -> Any:
    """What is kept where `text` is typed into the field; `was` is what stands there."""
    if field.kind != PERSON or not text:
        return read_value(field.kind, field.label, list(map(str, field.choices)), text)
    before = db.session.get(Person, was) if was else None
    if before is not None and text == address_of(before):
        return before.id
    return _person_meant(field.label, text).id


def told_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same for the trail: people by name, address and number."""
    naming = {each.key for each in custom_fields() if each.kind == PERSON}
    told = dict(values)
    for key in naming & values.keys():
        person = db.session.get(Person, values[key])
        told[key] = f"{address_of(person)}, person {person.id}" if person else values[key]
    return told


def _person_meant(label: str, text: str) -> Person:
    found = person_by_address(text)
    named = [found] if found else people_named(text)
    if len(named) > 1:
        raise Invalid(f"{label}: more than one person is called “{text}”. Write the email address.")
    if not named:
        raise Invalid(f"{label}: nobody is called “{text}”. Write an email address or a name.")
    if named[0].standing is Standing.PAST:
        raise Invalid(f"{label}: {named[0].name} left the organisation. Name somebody else.")
    return named[0]
