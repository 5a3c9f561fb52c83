"""Whom single sign-on as the only way would leave outside."""

from datetime import timedelta

from portal import clock
from portal.db import db
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.providers import members_without_sso


def test_who_may_not_come_in_any_more_is_not_among_those_left_outside(cast):
    names = {member.person.name for member in members_without_sso()}
    assert {cast.ivan.name, cast.carl.name, cast.alma.name} <= names

    cast.ivan.standing = Standing.PAST
    member_of(cast.carl.id).ends_at = clock.now() - timedelta(seconds=1)
    db.session.commit()

    left = {member.person.name for member in members_without_sso()}
    assert names - left == {cast.ivan.name, cast.carl.name}
