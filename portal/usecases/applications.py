"""Applications: written down, described, owned, divided into instances."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import delete, insert, select

from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, EDIT_APPLICATIONS, EDIT_SETTINGS, Actor, require
from policies.settings import parsed
from portal import clock
from portal.db import db
from portal.models import Application, ApplicationOwner, Instance, Person
from portal.models.application import ApplicationState
from portal.models.person import Standing
from portal.queries.applications import state_before_hiding
from portal.queries.field_values import checked_fields, told_fields
from portal.queries.filters import same_text
from portal.usecases.owner_access import invite_new_owners
from portal.usecases.trail import record
from portal.usecases.unit import usecase


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
    if fields := changes.get("fields"):
        changes["fields"] = {when: told_fields(values) for when, values in fields.items()}
    record("application edited", application, by=by, **changes)


@usecase
def hide_application(application: Application, *, by: Actor) -> None:
    """Leave it out of lists and campaigns. What is known of it is kept."""
    require(EDIT_APPLICATIONS, by, None)
    was = application.state
    if was is ApplicationState.HIDDEN:
        return
    application.state = ApplicationState.HIDDEN
    record("application hidden", application, by=by, was=was)


@usecase
def unhide_application(application: Application, *, by: Actor) -> None:
    """Let it be in lists again, in the state it had before it was hidden."""
    require(EDIT_APPLICATIONS, by, None)
    if application.state is not ApplicationState.HIDDEN:
        return
    application.state = state_before_hiding(application)
    record("application shown again", application, by=by, now=application.state)


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
def say_privileged(application: Application, words: str, *, by: Actor) -> None:
    """By which words in its roles access to it is privileged, one a line; none: the usual ones."""
    require(EDIT_SETTINGS, by, None)
    was, now = application.privileged_words, parsed("privileged_words", words)
    if was == now:
        return
    application.privileged_words = now
    record("privileged words changed", application, by=by, was=was, now=now)


def _checked(said: Description, itself: Application | None = None) -> dict[str, Any]:
    name = " ".join(said.name.split())
    if not name:
        raise Invalid("Give the application a name.")
    same = select(Application.id).where(same_text(Application.name, name))
    if itself is not None:
        same = same.where(Application.id != itself.id)
    if db.session.scalar(same):
        raise Invalid(f"There is an application “{name}” already.")
    return {
        "name": name,
        "description": said.description.strip(),
        "state": said.state,
        "fields": checked_fields(said.fields, itself.fields if itself else {}),
    }


def _check_owners(owners: Sequence[Person], primary: Person | None, was: set[int]) -> None:
    if owners and primary not in owners:
        raise Invalid("One of the owners must be the primary owner.")
    gone = [p.name for p in owners if p.standing is Standing.PAST and p.id not in was]
    if gone:
        raise Invalid(f"{', '.join(gone)} left the organisation and cannot own an application.")


def _names(owners: Sequence[Person], primary: Person | None) -> list[str]:
    return [f"{person.name}{' (primary)' if person is primary else ''}" for person in owners]
