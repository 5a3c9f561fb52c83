"""Applications: written down, described, owned, divided into instances."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import delete, insert, select

from policies.errors import Invalid
from policies.permissions import ADMINISTER, EDIT_APPLICATION, EDIT_APPLICATIONS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Application, ApplicationOwner, CustomField, Instance, Person
from portal.models.application import ApplicationState
from portal.models.person import Standing
from portal.queries.applications import custom_fields
from portal.queries.filters import same_text
from portal.usecases.owner_access import invite_new_owners
from portal.usecases.trail import record
from portal.usecases.unit import usecase

KINDS = ("text", "number", "date", "choice")


@dataclass(frozen=True)
class Description:
    """What people say of an application. `fields` are custom fields by key, as typed."""

    name: str
    description: str = ""
    state: ApplicationState = ApplicationState.SANCTIONED
    fields: dict[str, str] = field(default_factory=dict)


@usecase
def create_application(
    said: Description, *, instances: Sequence[str] = ("Main",), by: Actor
) -> Application:
    """Add an application with its instances. Invalid where one of this name exists."""
    require(EDIT_APPLICATIONS, by, None)
    application = Application(**_checked(said), created_at=clock.now())
    db.session.add(application)
    db.session.flush()
    record("application created", application, by=by, **asdict(said))
    for name in instances:
        add_instance(application, name, by=by)
    return application


@usecase
def edit_application(application: Application, said: Description, *, by: Actor) -> None:
    """Change name, description, state and custom fields. Nothing is recorded if nothing changed.

    Owners leave name and state as they are: campaigns choose applications by them.
    """
    require(EDIT_APPLICATION, by, application)
    wanted = _checked(said, application)
    if (wanted["name"], wanted["state"]) != (application.name, application.state):
        require(EDIT_APPLICATIONS, by, None)
    changes: dict[str, Any] = {
        key: {"was": getattr(application, key), "now": value}
        for key, value in wanted.items()
        if getattr(application, key) != value
    }
    if not changes:
        return
    for key, change in changes.items():
        setattr(application, key, change["now"])
    record("application edited", application, by=by, **changes)


@usecase
def set_owners(
    application: Application, owners: Sequence[Person], *, primary: Person | None, by: Actor
) -> None:
    """Let `owners` answer for the application, `primary` before the others.

    Invalid where `primary` is none of them, or where somebody new has left the organisation.
    """
    require(EDIT_APPLICATIONS, by, None)
    was = {owner.person_id for owner in application.owners}
    was_names = _names([owner.person for owner in application.owners], application.owner)
    _check_owners(owners, primary, was)
    of_it = ApplicationOwner.application_id == application.id
    db.session.execute(delete(ApplicationOwner).where(of_it))
    rows = [
        {
            "application_id": application.id,
            "person_id": person.id,
            "is_primary": person is primary,
        }
        for person in owners
    ]
    if rows:
        db.session.execute(insert(ApplicationOwner), rows)
    db.session.expire(application, ["owners"])
    now_names = _names(owners, primary)
    record("application owners set", application, by=by, was=was_names, now=now_names)
    invite_new_owners([person.id for person in owners if person.id not in was], by=by)


@usecase
def add_instance(application: Application, name: str, *, by: Actor) -> Instance:
    """Add a vendor-side account, "EU tenant". Invalid where it has one of this name."""
    require(EDIT_APPLICATIONS, by, None)
    name = " ".join(name.split())
    if not name:
        raise Invalid("Give the instance a name, such as “EU tenant”.")
    same = select(Instance.id).where(
        Instance.application_id == application.id, same_text(Instance.name, name)
    )
    if db.session.scalar(same):
        raise Invalid(f"{application.name} has an instance “{name}” already.")
    instance = Instance(application_id=application.id, name=name)
    db.session.add(instance)
    record("instance added", application, by=by, instance=name)
    return instance


@usecase
def add_custom_field(label: str, kind: str, choices: Sequence[str], *, by: Actor) -> CustomField:
    """Give every application one more field. `choices` are for kind "choice" only."""
    require(ADMINISTER, by, None)
    label = " ".join(label.split())
    key = "".join(letter if letter.isalnum() else "_" for letter in label.lower()).strip("_")
    if not key or kind not in KINDS:
        raise Invalid("Give the field a name, and one of the kinds text, number, date, choice.")
    if db.session.scalar(select(CustomField.id).where(CustomField.key == key)):
        raise Invalid(f"There is a field “{label}” already.")
    if kind == "choice" and not choices:
        raise Invalid("Say what one can choose from, one choice a line.")
    added = CustomField(key=key, label=label, kind=kind, choices=list(choices))
    db.session.add(added)
    record("custom field added", added, by=by, kind=kind, choices=list(choices))
    return added


def _checked(said: Description, itself: Application | None = None) -> dict[str, Any]:
    name = " ".join(said.name.split())
    if not name:
        raise Invalid("Give the application a name.")
    same = select(Application.id).where(same_text(Application.name, name))
    if itself is not None:
        same = same.where(Application.id != itself.id)
    if db.session.scalar(same):
        raise Invalid(f"There is an application “{name}” already.")
    kept = dict(itself.fields) if itself else {}
    return {
        "name": name,
        "description": said.description.strip(),
        "state": said.state,
        "fields": kept | _checked_fields(said.fields),
    }


def _checked_fields(typed: dict[str, str]) -> dict[str, str]:
    known = {each.key: each for each in custom_fields()}
    return {key: _value(known[key], text.strip()) for key, text in typed.items() if key in known}


def _value(custom: CustomField, text: str) -> str:
    """The text, in the one way its kind is written: 1.5, 2026-12-31."""
    if not text:
        return ""
    try:
        if custom.kind == "number":
            return _plain(text)
        if custom.kind == "date":
            return date.fromisoformat(text).isoformat()
    except (ValueError, InvalidOperation):
        raise Invalid(f"{custom.label}: “{text}” is not a {custom.kind}.") from None
    if custom.kind == "choice" and text not in custom.choices:
        raise Invalid(f"{custom.label}: choose one of {', '.join(map(str, custom.choices))}.")
    return text


def _plain(text: str) -> str:
    number = Decimal(text.replace(",", "."))
    if not number.is_finite() or number.adjusted() > 30:
        raise ValueError(text)
    return f"{number:f}"


def _check_owners(owners: Sequence[Person], primary: Person | None, was: set[int]) -> None:
    if owners and primary not in owners:
        raise Invalid("One of the owners must be the primary owner.")
    gone = [p.name for p in owners if p.standing is Standing.PAST and p.id not in was]
    if gone:
        raise Invalid(f"{', '.join(gone)} left the organisation and cannot own an application.")


def _names(owners: Sequence[Person], primary: Person | None) -> list[str]:
    return [f"{person.name}{' (primary)' if person is primary else ''}" for person in owners]
