"""Roles: who holds them, what they give, and how they differ."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from policies.permissions import Actor
from policies.rights import ME, OTHERS, Extent, every_permission, extent, sentences
from policies.scopes import ADMIN, BUILT_IN_ROLES, DESCRIPTIONS, Access, Scope
from portal.db import db
from portal.models import IdentityProvider, Member, Person, Role, RoleRule
from portal.queries.actors import scopes_of
from portal.queries.filters import same_text
from portal.queries.paging import Order


@dataclass(frozen=True)
class RoleOverview:
    """A role with its description, what it gives for every scope, and how many hold it."""

    role: Role
    description: str
    levels: dict[Scope, Access]
    holders: int


@dataclass(frozen=True)
class Right:
    """One line of the matrix: a permission, the words of its rules, how far each column goes."""

    name: str
    sentences: Sequence[str]
    extents: Sequence[Extent]


HOLDERS_BY_NAME = Order(Person.name, Member.id)


def role_overviews() -> list[RoleOverview]:
    """Every role, the built-in ones first, then in the order of their names."""
    counted = select(Member.role_id, func.count()).group_by(Member.role_id)
    held = {row[0]: row[1] for row in db.session.execute(counted)}
    found = sorted(db.session.scalars(select(Role)), key=_place)
    return [_overview(role, held.get(role.id, 0)) for role in found]


def overview_of(role: Role) -> RoleOverview:
    """One role, counted now."""
    mine = select(func.count()).select_from(Member).where(Member.role_id == role.id)
    return _overview(role, db.session.scalar(mine) or 0)


def holders_of(role: Role) -> Select[Member]:
    """The members with this role, pending and suspended ones included."""
    return select(Member).join(Member.person).where(Member.role_id == role.id)


def providers_giving(role: Role) -> Sequence[str]:
    """The names of the identity providers that have a rule which gives this role."""
    query = select(IdentityProvider.name).join(IdentityProvider.rules)
    named = query.where(RoleRule.role_id == role.id).distinct().order_by(IdentityProvider.name)
    return db.session.scalars(named).all()


def role_named(name: str) -> Role | None:
    """The role of this name, whatever its case."""
    return db.session.scalar(select(Role).where(same_text(Role.name, name)))


def rights(roles: Sequence[Role]) -> list[Right]:
    """The matrix: how far every permission goes for each of `roles`, then for
    policies.rights.OTHERS."""
    columns = [*(_holder(role) for role in roles), *OTHERS]
    return [
        Right(p.name, sentences(p), [extent(p, actor) for actor in columns])
        for p in every_permission()
    ]


def _place(role: Role) -> tuple[int, str]:
    """Built-in roles as policies.scopes lists them, custom ones by name behind them."""
    if role.is_built_in:
        return list(BUILT_IN_ROLES).index(role.name), ""
    return len(BUILT_IN_ROLES), role.name.casefold()


def _holder(role: Role) -> Actor:
    is_admin = role.is_built_in and role.name == ADMIN
    return Actor(ME, role.name, scopes_of(role), is_admin, role=role.name)


def _overview(role: Role, holders: int) -> RoleOverview:
    given = scopes_of(role)
    levels = {scope: given.get(scope, Access.NONE) for scope in Scope}
    known = DESCRIPTIONS.get(role.name, "") if role.is_built_in else role.description
    return RoleOverview(role, known, levels, holders)
