"""People provisioned by an identity provider: made, changed, let go and taken back.

Nobody is ever deleted: whoever the provider deletes becomes past, and is found again when
it makes them anew. Bodies arrive as documents (policies.provisioning).
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import String, bindparam, or_, select, update

from policies.errors import Stale
from policies.permissions import PROVISION, Actor, require
from policies.provisioning import (
    Document,
    Facts,
    Missing,
    Taken,
    facts_of,
    owned_of,
    owned_text,
)
from portal import clock
from portal.db import db
from portal.models import Link, Person, Provisioned, ProvisionedEmail
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.admins import keeps_an_admin
from portal.queries.provisioning import (
    UserRow,
    as_user,
    find_user,
    groups_of,
    manager_meant,
)
from portal.usecases.provisioned_anew import add_provisioned
from portal.usecases.provisioned_groups import leave_groups
from portal.usecases.provisioned_roles import give_role
from portal.usecases.sessions import end_sessions_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase

_EMPTY = {"title": "", "department": "", "manager_email": "", "email": None,
          "employee_number": None}  # fmt: skip
# Made once: it is asked for everybody who is provisioned.
_LIKE = select(Person).where(
    or_(
        Person.user_name == bindparam("key"),
        Person.email == bindparam("key"),
        Person.email == bindparam("email", type_=String),
        Person.employee_number == bindparam("number", type_=String),
    )
)
_LIKE_IDS = _LIKE.with_only_columns(Person.id).limit(1)
_OTHERS = "{} is {} already: another user has it. Nothing was changed."


@usecase
def provision_person(document: Document, *, by: Actor) -> dict[str, Any]:
    """Make the person a document speaks of, and return the user as stored.

    Somebody known from a list, or deleted before, is taken over by address or number instead
    of being there twice. Taken where another provisioned user has the name or address;
    Invalid for a role that does not exist.
    """
    require(PROVISION, by, None)
    facts, kept = facts_of(document), None
    person = _free(facts, None)
    is_known = person is not None
    if person is None:
        person, changed = add_provisioned(facts, document)
    else:
        person.withdrawn_at = None
        changed, kept = _write(person, facts, facts.owned), _keep(person, document, facts)
    verb = "person taken over by provisioning" if is_known else "person provisioned"
    record(verb, person, by=by, user_name=document["userName"], changed=changed)
    give_role(person, facts.user_type, before="", by=by)
    _follow_activity(person, kept, facts.is_active is not False, by)
    return _stored(person, document, may_have_groups=is_known)


@usecase
def reprovision_person(
    id_: str,
    document: Document,
    *,
    patched: bool = False,
    version: str | None = None,
    by: Actor,
) -> dict[str, Any]:
    """Bring the person to what the document says, and return the user as stored.

    `patched`: the document is the user as it was with some values changed, so that only those
    are provisioning's from now on. Raises Missing, Stale where `version` is not the user's any
    more, and what `provision_person` raises.
    """
    require(PROVISION, by, None)
    row = _locked(id_, version)
    person, facts, before = row.person, facts_of(document), as_user(row)
    _free(facts, person)
    sent = _differing(document, before) if patched else facts.owned
    again = owned_of(person.provisioned) & (facts.owned | {"name"})
    changed = _write(person, facts, sent | again)
    kept = _keep(person, document, facts)
    record("person reprovisioned", person, by=by, changed=changed, said=_keys(document, row))
    give_role(person, facts.user_type, before=before.get("userType") or "", by=by)
    _follow_activity(person, kept, facts.is_active, by)
    return _stored(person, document)


@usecase
def deprovision_person(id_: str, *, version: str | None = None, by: Actor) -> None:
    """The provider deleted the user: the person becomes past and keeps everything they did.

    Raises Missing, Stale, and IllegalMove for the last Admin.
    """
    require(PROVISION, by, None)
    person = _locked(id_, version).person
    kept = db.session.get(Provisioned, person.id)
    _let_go(person, kept, "deleted by provisioning", by)
    person.withdrawn_at = clock.now()
    groups = leave_groups(person)
    record("person withdrawn by provisioning", person, by=by, left_groups=groups)


def _locked(id_: str, version: str | None) -> UserRow:
    row = find_user(id_, lock=True)
    if row is None:
        raise Missing(f"There is no user {id_}.")
    if version is not None and as_user(row)["meta"]["version"] != version:
        raise Stale("The user has changed meanwhile.")
    return row


def _stored(person: Person, document: Document, *, may_have_groups: bool = True) -> dict[str, Any]:
    db.session.flush()
    groups = groups_of([person.id]).get(person.id, ()) if may_have_groups else ()
    return as_user(UserRow(person, document, None), groups)


def _differing(document: Document, before: Document) -> frozenset[str]:
    """The columns that a document says otherwise than the user was before."""
    facts, was = facts_of(document), facts_of(before)
    changed = {name for name, text in facts.fields.items() if was.fields.get(name) != text}
    changed |= {"standing"} if facts.is_active != was.is_active else set()
    changed |= {"email"} if facts.addresses != was.addresses else set()
    if any(document.get(key) != before.get(key) for key in ("name", "displayName")):
        changed.add("name")
    return frozenset(changed) & (facts.owned | {"name", "email"})


def _free(facts: Facts, mine: Person | None) -> Person | None:
    """Raise Taken where another user has the name, address or number. For somebody new, whom
    they belong to otherwise: the one with the name, else the address, else the number."""
    email, number = facts.fields.get("email"), facts.fields.get("employee_number")
    wanted = {"key": facts.key, "email": email, "number": number}
    if mine is None and db.session.connection().execute(_LIKE_IDS, wanted).first() is None:
        return None
    found = [p for p in db.session.scalars(_LIKE, wanted) if p is not mine]
    for person in found:
        if mine is not None or (person.provisioned and person.withdrawn_at is None):
            raise Taken(_taken(facts, person))
    by_key = [p for p in found if facts.key in (p.user_name, p.email)]
    by_email = [p for p in found if p.email and p.email == email]
    return next(iter([*by_key, *by_email, *found]), None)


def _taken(facts: Facts, person: Person) -> str:
    if facts.key in (person.user_name, person.email):
        return _OTHERS.format("The userName", facts.key)
    if person.email and person.email == facts.fields.get("email"):
        return _OTHERS.format("The email address", person.email)
    return _OTHERS.format("The employee number", person.employee_number)


def _write(person: Person, facts: Facts, owned: Collection[str]) -> dict[str, list[Any]]:
    """Fill the columns that provisioning owns, empty those it owned and speaks of no more;
    what changed, from and to."""
    before = owned_of(person.provisioned)
    new: dict[str, Any] = {n: text for n, text in facts.fields.items() if n in owned}
    new |= {n: _EMPTY[n] for n in before - set(owned) if n in _EMPTY}
    new |= {"user_name": facts.key, "external_id": facts.external_id}
    changed = {n: [getattr(person, n), v] for n, v in new.items() if getattr(person, n) != v}
    for name, (_, value) in changed.items():
        setattr(person, name, value)
    person.provisioned = owned_text(frozenset(owned))
    person.changed_at = clock.now()
    if "manager_email" in changed:
        person.manager_id = manager_meant(person.manager_email)
    return changed


def _keep(person: Person, document: Document, facts: Facts) -> Provisioned:
    """Store the document beside the person, and their addresses as rows."""
    kept = db.session.get(Provisioned, person.id)
    had: list[ProvisionedEmail] = []
    if kept is None:
        is_external = person.standing is Standing.EXTERNAL
        kept = Provisioned(person=person, document={}, was_external=is_external)
        db.session.add(kept)
    else:
        mine = ProvisionedEmail.person_id == person.id
        had = list(db.session.scalars(select(ProvisionedEmail).where(mine)))
    kept.document = dict(document)
    now = [(a.key, a.kind, a.is_primary, a.display) for a in facts.addresses]
    if [(e.key, e.kind, e.is_primary, e.display) for e in had] != now:
        for each in had:
            db.session.delete(each)
        columns = ("key", "kind", "is_primary", "display")
        rows = [dict(zip(columns, each, strict=True)) for each in now]
        db.session.add_all(ProvisionedEmail(person=person, **row) for row in rows)
    return kept


def _follow_activity(
    person: Person, kept: Provisioned | None, active: bool | None, by: Actor
) -> None:
    """Let somebody go who is not active any more; take them back where they are again. Of
    whoever is new nothing is `kept`."""
    if active is False and person.standing is not Standing.PAST:
        _let_go(person, kept, "deactivated by provisioning", by)
    elif active and person.standing is Standing.PAST:
        was_external = kept is not None and kept.was_external
        person.standing = Standing.EXTERNAL if was_external else Standing.CURRENT
        record("person reactivated", person, by=by, standing=person.standing)


def _let_go(person: Person, kept: Provisioned | None, why: str, by: Actor) -> None:
    """End everything that lets the person in, at once. Raises IllegalMove for the last Admin."""
    if member := member_of(person.id):
        keeps_an_admin(member)
    if kept is not None and person.standing is not Standing.PAST:
        kept.was_external = person.standing is Standing.EXTERNAL
    was, person.standing = person.standing, Standing.PAST
    end_sessions_of(person, why, by=by)
    links = update(Link).where(Link.person_id == person.id, Link.revoked_at.is_(None))
    revoked = db.session.execute(links.values(revoked_at=clock.now()))
    count = getattr(revoked, "rowcount", 0)
    record("person deprovisioned", person, by=by, why=why, was=was, links_revoked=count)


def _keys(document: Document, row: UserRow) -> list[str]:
    """The attributes that differ from before; their values stay out of the trail."""
    was = row.document or {}
    return sorted(key for key in {*document, *was} if document.get(key) != was.get(key))
