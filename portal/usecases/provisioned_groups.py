"""Groups of the identity provider: made, changed, taken away."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from policies.errors import Invalid, Stale
from policies.permissions import PROVISION, Actor, require
from policies.provisioning import Document, Missing, same
from portal import clock
from portal.db import db
from portal.models import Group, GroupMember, Person
from portal.queries.provisioned_groups import as_group, find_group, members_of, revision_of
from portal.queries.provisioning import GROUPS, USERS, key_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase


class _Place(NamedTuple):
    """Who is in a group: a person, or another group."""

    person_id: int | None
    inner_id: int | None


@usecase
def provision_group(document: Document, *, by: Actor) -> dict[str, Any]:
    """Make the group, and return it as stored. Invalid where a member is nobody we know."""
    require(PROVISION, by, None)
    now = clock.now()
    group = Group(created_at=now, changed_at=now, revision=1)
    _say(group, document)
    db.session.add(group)
    db.session.flush()
    added, _ = _set_members(group, document.get("members") or ())
    record("group provisioned", group, by=by, members=added)
    return _as_stored(group)


@usecase
def reprovision_group(
    id_: str, document: Document, *, version: str | None = None, by: Actor
) -> dict[str, Any]:
    """Bring the group to what the document says. Raises Missing, Stale, Invalid."""
    require(PROVISION, by, None)
    group = _locked_group(id_, version)
    was = group.name
    _say(group, document)
    added, removed = _set_members(group, document.get("members") or ())
    group.revision, group.changed_at = group.revision + 1, clock.now()
    name = [was, group.name] if was != group.name else None
    record("group reprovisioned", group, by=by, name=name, added=added, removed=removed)
    return _as_stored(group)


@usecase
def withdraw_group(id_: str, *, version: str | None = None, by: Actor) -> None:
    """Take the group away; the people in it stay. Raises Missing, Stale."""
    require(PROVISION, by, None)
    group = _locked_group(id_, version)
    inside = [member["value"] for member in members_of([group.id]).get(group.id, [])]
    record("group withdrawn", group, by=by, members=inside)
    for column in (GroupMember.group_id, GroupMember.inner_id):
        db.session.execute(delete(GroupMember).where(column == group.id))
    db.session.delete(group)


def leave_groups(person: Person) -> int:
    """Take somebody out of every group; of how many. A step of the use-cases of provisioning."""
    theirs = GroupMember.person_id == person.id
    ids = db.session.scalars(select(GroupMember.group_id).where(theirs)).all()
    if ids:
        again = {"revision": Group.revision + 1, "changed_at": clock.now()}
        db.session.execute(update(Group).where(Group.id.in_(ids)).values(again))
        db.session.execute(delete(GroupMember).where(theirs))
    return len(ids)


def _locked_group(id_: str, version: str | None) -> Group:
    group = find_group(id_, lock=True)
    if group is None:
        raise Missing(f"There is no group {id_}.")
    if version is not None and revision_of(group) != version:
        raise Stale("The group has changed meanwhile.")
    return group


def _say(group: Group, document: Document) -> None:
    group.name, group.name_key = document["displayName"], same(document["displayName"])
    group.external_id = document.get("externalId") or None


def _set_members(group: Group, said: Sequence[Document]) -> tuple[list[str], list[str]]:
    """Make the members those `said`; the ids of who came and who went."""
    wanted = {_place(member["value"]): member for member in said if member.get("value")}
    mine = select(GroupMember).where(GroupMember.group_id == group.id)
    there = {_Place(row.person_id, row.inner_id): row for row in db.session.scalars(mine)}
    new = [place for place in wanted if place not in there]
    _all_known(new)
    gone = [place for place in there if place not in wanted]
    for place in gone:
        db.session.delete(there[place])
    db.session.add_all(
        GroupMember(
            group_id=group.id,
            person_id=place.person_id,
            inner_id=place.inner_id,
            display=wanted[place].get("display") or "",
        )
        for place in new
    )
    return [_id(place) for place in new], [_id(place) for place in gone]


def _place(id_: str) -> _Place:
    place = _Place(key_of(USERS, id_) or None, key_of(GROUPS, id_) or None)
    if not any(place):
        raise Invalid(f"There is no user and no group “{id_}”.")
    return place


def _all_known(places: Sequence[_Place]) -> None:
    people = {place.person_id for place in places if place.person_id}
    inner = {place.inner_id for place in places if place.inner_id}
    here = select(Person.id).where(Person.id.in_(people), Person.withdrawn_at.is_(None))
    missing = people - set(db.session.scalars(here))
    missing_groups = inner - set(db.session.scalars(select(Group.id).where(Group.id.in_(inner))))
    unknown = [f"{USERS}{id_}" for id_ in missing] + [f"{GROUPS}{id_}" for id_ in missing_groups]
    if unknown:
        raise Invalid(f"There is no user and no group “{unknown[0]}”.")


def _id(place: _Place) -> str:
    return f"{USERS}{place.person_id}" if place.person_id else f"{GROUPS}{place.inner_id}"


def _as_stored(group: Group) -> dict[str, Any]:
    db.session.flush()
    return as_group(group, members_of([group.id]).get(group.id, []))
