"""Whoever invited somebody for a time hears when it is nearly over."""

from datetime import timedelta

from sqlalchemy import select

from jobs.members import tell_of_endings
from portal import clock
from portal.db import db
from portal.models import Letter
from portal.queries.actors import member_of


def letters():
    return db.session.scalars(select(Letter).where(Letter.kind == "member-ends")).all()


def test_the_inviter_is_told_three_days_before_and_once(cast):
    member = member_of(cast.ada.id)
    member.invited_by_id, member.ends_at = cast.alma.id, clock.now() + timedelta(days=5)
    db.session.commit()
    tell_of_endings()
    assert letters() == []
    clock.shift(timedelta(days=3))
    tell_of_endings()
    tell_of_endings()
    assert [letter.person_id for letter in letters()] == [cast.alma.id]
    assert "The access of Ada Abbot ends on" in letters()[0].subject
    clock.shift(timedelta(days=6))
    tell_of_endings()
    assert len(letters()) == 1


def test_a_later_end_is_told_of_again(cast):
    member = member_of(cast.ada.id)
    member.invited_by_id, member.ends_at = cast.alma.id, clock.now() + timedelta(days=2)
    db.session.commit()
    tell_of_endings()
    member_of(cast.ada.id).ends_at = clock.now() + timedelta(days=3)
    db.session.commit()
    tell_of_endings()
    assert len(letters()) == 2


def test_nobody_is_told_of_members_that_nobody_invited(cast):
    member_of(cast.ada.id).ends_at = clock.now() + timedelta(days=1)
    db.session.commit()
    tell_of_endings()
    assert letters() == []
