"""Roles: created, edited, deleted, and looked through. The built-in ones stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, insert, update

from policies.errors import IllegalMove, Invalid
from policies.permissions import (
    ADMINISTER,
    CHANGE_ROLE,
    ENTER_PORTAL,
    PREVIEW_ROLE,
    Actor,
    require,
)
from policies.scopes import Access, Scope, levels_of, shortfalls
from portal.db import db
from portal.models import Role, RoleScope, Session
from portal.queries.actors import scopes_of
from portal.queries.roles import overview_of, providers_giving, role_named
from portal.usecases.trail import record
from portal.usecases.unit import usecase

LONGEST_NAME, LONGEST_DESCRIPTION = 60, 500


@dataclass(frozen=True)
class RoleText:
    """What an Admin says of a role. A scope that `levels` leaves out gives no access."""

    name: str
    description: str = ""
    levels: Mapping[Scope, Access] = field(default_factory=dict)


@usecase
def create_role(said: RoleText, *, like: Role | None = None, by: Actor) -> Role:
    """Add a role; `like` is the one it was duplicated from. Invalid where it makes no sense."""
    require(ADMINISTER, by, None)
    wanted = _checked_role(said)
    role = Role(name=wanted.name, description=wanted.description, is_built_in=False)
    db.session.add(role)
    db.session.flush()
    _give(role, wanted.levels)
    details: dict[str, Any] = {"copied_from": like.name} if like else {}
    scopes = _in_words(wanted.levels)
    record("role created", role, by=by, description=wanted.description, scopes=scopes, **details)
    return role


@usecase
def edit_role(role: Role, said: RoleText, *, by: Actor) -> None:
    """Change a custom role; whoever holds it has the new rights from their next request on.

    Nothing is recorded where nothing changed.
    """
    db.session.refresh(role, with_for_update=True)
    require(CHANGE_ROLE, by, role)
    wanted = _checked_role(said, role)
    was = RoleText(role.name, role.description, scopes_of(role))
    changes = _changes(was, wanted)
    if not changes:
        return
    role.name, role.description = wanted.name, wanted.description
    _give(role, wanted.levels)
    record("role edited", role, by=by, **changes)


@usecase
def delete_role(role: Role, *, by: Actor) -> None:
    """Delete a custom role; IllegalMove while somebody holds it or a sign-in rule gives it."""
    db.session.refresh(role, with_for_update=True)
    require(CHANGE_ROLE, by, role)
    if holders := overview_of(role).holders:
        who = "One member holds" if holders == 1 else f"{holders:,} members hold"
        raise IllegalMove(f"{who} the role {role.name}. Give them another role first.")
    if providers := providers_giving(role):
        raise IllegalMove(
            f"A rule of {', '.join(providers)} gives the role {role.name}. Change the rule first."
        )
    looking = update(Session).where(Session.preview_role_id == role.id)
    db.session.execute(looking.values(preview_role_id=None))
    record("role deleted", role, by=by, scopes=_in_words(scopes_of(role)))
    db.session.execute(delete(RoleScope).where(RoleScope.role_id == role.id))
    db.session.execute(delete(Role).where(Role.id == role.id))


@usecase
def preview_role(role: Role, *, by: Actor) -> None:
    """Let the Admin's own session see the portal as `role`, until stopped; nobody else's."""
    require(PREVIEW_ROLE, by, role)
    if by.session_id is None:
        raise Invalid("Only somebody who is signed in can look at the portal as a role.")
    session = db.session.get_one(Session, by.session_id)
    session.preview_role_id = role.id
    record("role preview started", role, by=by)


@usecase
def stop_preview(*, by: Actor) -> Role | None:
    """Give the Admin's session its own rights back; the role it looked through, if any."""
    require(ENTER_PORTAL, by, None)
    session = db.session.get_one(Session, by.session_id)
    role = session.preview_role
    if role is not None:
        session.preview_role_id = None
        record("role preview stopped", role, by=by)
    return role


def _checked_role(said: RoleText, itself: Role | None = None) -> RoleText:
    name, description = " ".join(said.name.split()), said.description.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"Give the role a name of 1 to {LONGEST_NAME} characters.")
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid(f"Describe the role in {LONGEST_DESCRIPTION} characters at most.")
    same = role_named(name)
    if same is not None and same is not itself:
        raise Invalid(f"There is a role “{same.name}” already.")
    return RoleText(name, description, _checked_levels(said.levels))


def _checked_levels(levels: Mapping[Scope, Access]) -> dict[Scope, Access]:
    for scope, level in levels.items():
        if level not in levels_of(scope):
            raise Invalid(f"{scope.value} has no level “{level.label}”.")
    if not any(levels.values()):
        raise Invalid("Give the role access to something. Whoever needs nothing needs no role.")
    if lacking := shortfalls(levels):
        raise Invalid(" ".join(sentence for _, sentence in lacking))
    return {scope: levels.get(scope, Access.NONE) for scope in Scope}


def _give(role: Role, levels: Mapping[Scope, Access]) -> None:
    db.session.execute(delete(RoleScope).where(RoleScope.role_id == role.id))
    rows = [
        {"role_id": role.id, "scope": scope.value, "access": level.value}
        for scope, level in levels.items()
    ]
    db.session.execute(insert(RoleScope), rows)
    db.session.expire(role, ["scopes"])


def _changes(was: RoleText, now: RoleText) -> dict[str, Any]:
    """From what to what, by name, for the trail."""
    pairs: dict[str, tuple[str, str]] = {
        "name": (was.name, now.name),
        "description": (was.description, now.description),
    }
    for scope in Scope:
        before, after = (each.levels.get(scope, Access.NONE) for each in (was, now))
        pairs[scope.value] = (before.label, after.label)
    return {key: {"was": a, "now": b} for key, (a, b) in pairs.items() if a != b}


def _in_words(levels: Mapping[Scope, Access]) -> dict[str, str]:
    return {scope.value: level.label for scope, level in levels.items() if level}
