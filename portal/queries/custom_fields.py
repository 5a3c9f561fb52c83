"""Reading the fields an organisation added to its applications, their values and their uses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, String, case, cast, func, literal, select

from policies.assignment import By, reviewing_from_data
from policies.custom_fields import CHOICE, DATE, NUMBER, PERSON
from policies.filters import Field, Kind
from policies.lifecycle import CampaignState
from portal.db import db
from portal.models import Application, Campaign, CustomField, Person, Template
from portal.queries.filters import NUMBER_TEXT, Expression, Several
from portal.queries.order import in_order

PREFIX = "field."
_TO_BE_LAUNCHED = (CampaignState.DRAFT, CampaignState.SCHEDULED)
_KINDS = {NUMBER: Kind.NUMBER, DATE: Kind.DATE, CHOICE: Kind.CHOICE, PERSON: Kind.PERSON}


@dataclass(frozen=True)
class Uses:
    """Where a field stands: how many applications have a value, and what asks for it."""

    values: int
    waiting: Sequence[Campaign]  # still to be launched: they read the field then
    launched: Sequence[Campaign]
    templates: Sequence[Template]  # campaigns begun from them would read it

    @property
    def to_come(self) -> Sequence[Campaign | Template]:
        """Everything that is still to read the field."""
        return [*self.waiting, *self.templates]


def custom_fields() -> list[CustomField]:
    """The fields the organisation added, in their order; new ones come after one another."""
    order = CustomField.position, CustomField.id
    return list(db.session.scalars(select(CustomField).order_by(*order)))


def filter_fields(added: Iterable[CustomField]) -> dict[str, Field]:
    """What these fields can be filtered by; a person by name or address."""
    return {
        PREFIX + each.key: Field(
            PREFIX + each.key,
            each.label,
            _KINDS.get(each.kind, Kind.TEXT),
            tuple(map(str, each.choices)),
        )
        for each in added
    }


def field_columns(added: Iterable[CustomField]) -> dict[str, Expression | Several]:
    """Where the value of each of these fields is found."""
    return {PREFIX + each.key: _column(each) for each in added}


def field_sorts(added: Iterable[CustomField]) -> dict[str, Expression]:
    """By what a list is put in order where it is by one of these fields; empty comes first."""
    return {PREFIX + each.key: _sort(each) for each in added}


def person_in(key: str) -> ColumnElement[Any]:
    """The id of the person whom the field of an application names; NULL where it names none."""
    text = cast(Application.fields[key].as_string(), String)
    return case((text.regexp_match("^[0-9]{1,9}$"), Application.fields[key].as_integer()))


def has_value(key: str) -> ColumnElement[bool]:
    """Whether the field of an application holds anything."""
    return func.coalesce(cast(Application.fields[key].as_string(), String), "") != ""


def holds(key: str, value: str) -> ColumnElement[bool]:
    """Whether the field of an application holds exactly this text."""
    return cast(Application.fields[key].as_string(), String) == value


def people_in_fields(
    applications: Iterable[Application], added: Sequence[CustomField]
) -> dict[int, Person]:
    """Everybody whom fields of the kind "person" name in these applications, by id."""
    keys = [each.key for each in added if each.kind == PERSON]
    ids = {each.fields.get(key) for each in applications for key in keys} - {None, ""}
    if not ids:
        return {}
    return {p.id: p for p in db.session.scalars(select(Person).where(Person.id.in_(ids)))}


def written_value(
    field: CustomField, application: Application, people: Mapping[int, Person]
) -> str:
    """The value as people read it: whom it names, or the text itself. Empty where there is none."""
    value = application.fields.get(field.key)
    if value is None or field.kind != PERSON:
        return "" if value is None else str(value)
    return people[value].name if value in people else ""


def uses_of(field: CustomField) -> Uses:
    """Where the field is used: asked before it is taken away."""
    asking = [c for c in _campaigns() if _asks(c.reviewing, c.application_filter, field.key)]
    templates = db.session.scalars(select(Template).order_by(in_order(Template.name)))
    return Uses(
        db.session.scalar(select(func.count()).where(has_value(field.key))) or 0,
        [each for each in asking if each.state in _TO_BE_LAUNCHED],
        [each for each in asking if each.state not in _TO_BE_LAUNCHED],
        [t for t in templates if _asks(t.plan.get("reviewing"), filter_in(t), field.key)],
    )


def value_counts(fields: Sequence[CustomField]) -> dict[int, int]:
    """In how many applications each of these fields holds anything, by its id."""
    if not fields:
        return {}
    counted = (func.count(case((has_value(each.key), 1))) for each in fields)
    row = db.session.execute(select(*counted).select_from(Application)).one()
    return {each.id: count for each, count in zip(fields, row, strict=True)}


def values_of_choices(field: CustomField) -> dict[str, int]:
    """How many applications hold each choice, the choices nobody holds included."""
    value = cast(Application.fields[field.key].as_string(), String)
    rows = select(value, func.count()).where(has_value(field.key)).group_by(value)
    found: dict[str, int] = dict(db.session.execute(rows).all())
    return {str(choice): found.get(str(choice), 0) for choice in field.choices}


def filter_in(template: Template) -> list[Any]:
    """The stored filter by which campaigns begun from it would choose applications."""
    found: list[Any] = template.plan.get("application_filter") or []
    return found


def asks_for(stored: Iterable[Iterable[Sequence[str]]], key: str) -> bool:
    """Whether a stored filter of applications compares the field."""
    return any(condition[0] == PREFIX + key for group in stored for condition in group)


def _asks(reviewing: Mapping[str, Any] | None, stored: Iterable[Any], key: str) -> bool:
    """Whether a plan chooses applications by the field, or asks whom the field names."""
    said = reviewing_from_data(reviewing or {})
    named = any(b.by is By.FIELD and b.key == key for b in (*said.bases, *said.remediation))
    return named or asks_for(stored, key)


def _campaigns() -> Sequence[Campaign]:
    return db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).all()


def _column(field: CustomField) -> Expression | Several:
    if field.kind != PERSON:
        return Application.fields[field.key]
    named = select(Person.id).where(Person.id == person_in(field.key)).correlate(Application)
    return Several(named, (Person.name, Person.email))


def _sort(field: CustomField) -> ColumnElement[Any]:
    if field.kind == PERSON:
        named = select(Person.name_key).where(Person.id == person_in(field.key))
        return func.coalesce(named.correlate(Application).scalar_subquery(), "")
    text = cast(Application.fields[field.key].as_string(), String)
    if field.kind == NUMBER:
        is_number = func.coalesce(text, "").regexp_match(NUMBER_TEXT)
        return case((is_number, cast(text, Float())), else_=literal(-1e300, Float()))
    return in_order(func.coalesce(text, ""))
