"""Counting Admins, so that the last one is kept. Asked before a member loses anything."""

from collections.abc import Sequence

from sqlalchemy import select

from policies.admins import admin_remains
from policies.scopes import ADMIN
from portal.db import db
from portal.models import Member, Person, Role
from portal.models.member import MemberState
from portal.models.person import Standing


def lasting_admins() -> Sequence[Member]:
    """The Admins who can come in and whose time does not run out, by id; their rows are locked
    until the use-case that asks is done, so that two Admins cannot demote each other at once."""
    query = (
        select(Member)
        .join(Member.person)
        .join(Member.role)
        .where(
            *(Role.name == ADMIN, Role.is_built_in),
            *(Member.state == MemberState.ACTIVE, Member.ends_at.is_(None)),
            Person.standing != Standing.PAST,
        )
        .order_by(Member.id)
        .with_for_update(of=Member)
    )
    return db.session.scalars(query).all()


def keeps_an_admin(member: Member, role_after: Role | None = None) -> None:
    """Raise IllegalMove, with the sentence, where `member` is the last Admin and would lose that.

    Call it inside a use-case before a member's role changes to `role_after`, and (with None)
    before they are suspended, get an end date, are deprovisioned or removed.
    """
    stays = role_after is not None and role_after.is_built_in and role_after.name == ADMIN
    admins = lasting_admins()
    if stays or member not in admins:
        return
    admin_remains(member.person.name, len(admins) - 1)
