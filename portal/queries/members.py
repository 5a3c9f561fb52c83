"""Reading members and their roles."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from policies.scopes import Access, Scope
from portal.db import db
from portal.models import Link, Member, Person, Role


def roles() -> Sequence[Role]:
    """Every role, in the order they were made; the built-in ones first."""
    return db.session.scalars(select(Role).order_by(Role.is_built_in.desc(), Role.id)).all()


def access_by_role() -> list[tuple[Role, Mapping[Scope, Access]]]:
    """Every role with its access to every scope."""
    return [(role, _levels(role)) for role in roles()]


def members_with_last_sign_in() -> Sequence[tuple[Member, datetime | None]]:
    """Every member by name, with the moment they last followed a sign-in link."""
    last = (
        select(func.max(Link.used_at))
        .where(Link.person_id == Member.person_id, Link.purpose == "sign-in")
        .correlate(Member)
        .scalar_subquery()
    )
    query = select(Member, last).join(Member.person).order_by(Person.name, Member.id)
    return [(member, moment) for member, moment in db.session.execute(query)]


def _levels(role: Role) -> Mapping[Scope, Access]:
    given = {each.scope: Access(each.access) for each in role.scopes}
    return {scope: given.get(scope.value, Access.NONE) for scope in Scope}
