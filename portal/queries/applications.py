"""Reading applications: the fields to filter them by, and which of them match."""

from collections.abc import Mapping

from sqlalchemy import Select, func, select

from policies.filters import Field, Filter, Kind
from portal.db import db
from portal.models import Account, Application, ApplicationOwner, CustomField, Person
from portal.models.application import ApplicationState
from portal.queries.filters import Columns, Several, where

OUT_OF_SIGHT = (ApplicationState.CLOSED, ApplicationState.HIDDEN)

ACCOUNTS = (
    select(func.count())
    .where(Account.application_id == Application.id, Account.gone_at.is_(None))
    .correlate(Application)
    .scalar_subquery()
)
_OWNERS = Several(
    select(ApplicationOwner.person_id)
    .join(Person, Person.id == ApplicationOwner.person_id)
    .where(ApplicationOwner.application_id == Application.id)
    .correlate(Application),
    (Person.name, Person.email),
)


def custom_fields() -> list[CustomField]:
    """The fields the organisation added, in the order they were added."""
    return list(db.session.scalars(select(CustomField).order_by(CustomField.id)))


def application_fields() -> Mapping[str, Field]:
    """What applications can be filtered by; a custom field's key is "field.<key>"."""
    own = (
        Field("name", "Name"),
        Field("state", "State", Kind.CHOICE, tuple(state.value for state in ApplicationState)),
        Field("owner", "Owner"),
        Field("accounts", "Number of accounts", Kind.NUMBER),
    )
    added = (
        Field(f"field.{f.key}", f.label, Kind(f.kind), tuple(map(str, f.choices)))
        for f in custom_fields()
    )
    return {field.key: field for field in (*own, *added)}


def applications_matching(filter: Filter) -> Select[Application]:  # noqa: A002  the word of the grammar
    """Select the applications that `filter` matches, by name.

    Closed and hidden ones are left out, unless the filter says something about the state.
    """
    fields = application_fields()
    clause = where(filter, fields, _columns(fields))
    query = select(Application).where(clause).order_by(Application.name, Application.id)
    if any(condition.field == "state" for condition in filter.conditions):
        return query
    return query.where(Application.state.not_in(OUT_OF_SIGHT))


def _columns(fields: Mapping[str, Field]) -> Columns:
    added = (key for key in fields if key.startswith("field."))
    return {
        "name": Application.name,
        "state": Application.state,
        "owner": _OWNERS,
        "accounts": ACCOUNTS,
        **{key: Application.fields[key.removeprefix("field.")] for key in added},
    }
