"""Two people at the doors at one instant: one comes first, and the other gets a proper answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import false, func, insert, select

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Link, Member, Person, TrailLine
from portal.queries.actors import member_of
from portal.queries.admins import lasting_admins
from portal.queries.links import url_of
from portal.usecases.links import write_link
from portal.usecases.members import add_member


@contextmanager
def nobody_else_writing(rows):
    """Whoever wants to change the `rows` waits for their turn until the end of this."""
    with db.engine.connect().execution_options(writing=True) as side:
        side.execute(rows.with_for_update())
        yield side
        side.rollback()


def at_once(rows, *acts):
    """The answers to all `acts`, each begun while none can finish, in the order of their codes."""
    db.session.rollback()
    ready = threading.Barrier(len(acts) + 1)

    def begin(act):
        ready.wait(timeout=20)
        return act()

    with ThreadPoolExecutor(len(acts)) as hands:
        with nobody_else_writing(rows):
            begun = [hands.submit(begin, act) for act in acts]
            ready.wait(timeout=20)
            time.sleep(0.7)  # all are past the door, and wait for their turn
            assert not any(each.done() for each in begun)
        answers = sorted((each.result() for each in begun), key=lambda a: a.status_code)
    db.session.rollback()
    return answers


def counted(query):
    return db.session.scalar(query.with_only_columns(func.count()))


@pytest.fixture
def admins(cast, sign_in):
    """Alma and Carl, both Admins, signed in; no other lasts."""
    add_member("carl@example.com", "Admin", by=SYSTEM)
    return [sign_in("alma"), sign_in("carl")]


THE_ADMINS = select(Member.id).join(Member.role).where(Member.ends_at.is_(None))
NORA = Person.email == "nora@example.com"
INVITE = "/settings/members/invitations"


def test_two_admins_invite_one_address_and_one_letter_goes_out(app, admins, cast):
    form = {"people": "nora@example.com", "role": "Read-only"}

    answers = at_once(THE_ADMINS, *(lambda c=c: c.post(INVITE, data=form) for c in admins))

    assert [answer.status_code for answer in answers] == [303, 422]
    assert "Was invited already" in answers[1].text
    assert counted(select(Member.id).join(Member.person).where(NORA)) == 1
    assert counted(select(TrailLine.id).where(TrailLine.verb == "member invited")) == 1


def test_two_admins_demote_each_other_and_one_stays(app, admins, cast):
    alma, carl = (f"/settings/members/{member_of(p.id).id}/role" for p in (cast.alma, cast.carl))

    answers = at_once(
        THE_ADMINS,
        *(
            lambda c=c, path=path: c.post(path, data={"role": "Read-only"})
            for c, path in zip(admins, (carl, alma), strict=True)
        ),
    )

    assert [answer.status_code for answer in answers] == [303, 409]
    assert "is the last Admin" in answers[1].text
    assert len(lasting_admins()) == 1


@pytest.mark.parametrize("purpose", ["sign-in", "password"])
def test_two_follow_a_link_that_works_once_and_one_comes_in(app, cast, purpose):
    link = write_link(cast.alma, purpose, by=SYSTEM)
    path = url_of(link).removeprefix("http://portal.test")
    form = {"password": "a long and winding road", "again": "a long and winding road"}
    mine = select(Link.id).where(Link.id == link.id)

    answers = at_once(mine, *[lambda: app.test_client().post(path, data=form)] * 2)

    assert [answer.status_code for answer in answers] == [303, 410]
    assert "used already" in answers[1].text
    followed = TrailLine.verb == "link followed"
    assert counted(select(TrailLine.id).where(followed, TrailLine.actor_id == cast.alma.id)) == 1


def test_an_address_taken_at_this_very_moment_breaks_no_page(app, sign_in, cast):
    """Provisioning may add the person whom an Admin invites: PostgreSQL says so only in the end."""
    client, form = sign_in("alma"), {"people": "nora@example.com", "role": "Read-only"}
    is_alone = db.engine.dialect.name == "sqlite"  # there, the second waits before it looks
    db.session.rollback()
    with (
        ThreadPoolExecutor(1) as hand,
        nobody_else_writing(select(Member.id).where(false())) as side,
    ):
        add = insert(Person).values(email="nora@example.com", name="Nora", created_at=clock.now())
        side.execute(add)
        invited = hand.submit(client.post, INVITE, data=form)
        time.sleep(0.7)
        assert not invited.done()
        side.commit()
        answer = invited.result()
    assert answer.status_code == (303 if is_alone else 409)
    assert is_alone or "Somebody else changed the same thing at the same moment" in answer.text
    assert counted(select(Person.id).where(NORA)) == 1
