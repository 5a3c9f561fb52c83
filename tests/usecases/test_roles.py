"""The last Admin stays Admin, whatever way they would lose it."""

from datetime import timedelta

import pytest

from policies.errors import IllegalMove
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Role
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.queries.actors import member_of
from portal.queries.admins import keeps_an_admin
from portal.usecases.members import add_member
from tests.story import story


@story
def alma(cast):
    return member_of(cast.alma.id)


def role(name):
    return db.session.query(Role).filter_by(name=name).one()


def second_admin(cast, **facts):
    member = add_member("ivan@example.com", "Admin", by=SYSTEM)
    for key, value in facts.items():
        setattr(member, key, value)
    db.session.commit()
    return member


@pytest.mark.parametrize("after", [None, "Auditor"])
def test_the_last_admin_cannot_be_taken_away(alma, after):
    with pytest.raises(IllegalMove, match="Alma Ahlgren is the last Admin"):
        keeps_an_admin(alma, role(after) if after else None)


def test_staying_admin_is_no_loss(alma):
    keeps_an_admin(alma, role("Admin"))


def test_one_of_two_admins_may_go(cast, alma):
    other = second_admin(cast)
    keeps_an_admin(alma)
    keeps_an_admin(other, role("Auditor"))


@pytest.mark.parametrize(
    "facts",
    [
        {"state": MemberState.SUSPENDED},
        {"state": MemberState.PENDING},
        {"ends_at": clock.now() + timedelta(days=14)},
    ],
    ids=["suspended", "not come in yet", "here for a fortnight"],
)
def test_an_admin_who_cannot_stay_in_for_good_does_not_count(cast, alma, facts):
    second_admin(cast, **facts)
    with pytest.raises(IllegalMove):
        keeps_an_admin(alma)


def test_an_admin_who_left_the_organisation_does_not_count(cast, alma):
    second_admin(cast).person.standing = Standing.PAST
    db.session.commit()
    with pytest.raises(IllegalMove):
        keeps_an_admin(alma)


def test_whoever_is_not_admin_may_always_go(cast):
    keeps_an_admin(member_of(cast.carl.id))
