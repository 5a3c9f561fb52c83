"""Ways round the doors that somebody thought of, and that are shut."""

import pytest

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Attempts, Setting
from portal.models.member import MemberState
from portal.queries.actors import member_of
from portal.queries.links import url_of
from portal.usecases.links import write_link
from tests.factories import make_application
from tests.keys import GOOD, OTHER, give_app, give_password


@pytest.fixture
def door(app):
    return app.test_client()


def path_of(link):
    return url_of(link).removeprefix("http://portal.test")


def let_owners_in():
    db.session.add(Setting(key="owners_can_access", value=True))
    db.session.commit()


def test_a_suspended_member_does_not_come_in_as_an_owner_instead(door, cast):
    figma = make_application("Figma", cast.rhea)
    let_owners_in()
    invitation = write_link(cast.rhea, "owner", by=SYSTEM)
    door.get(path_of(invitation))
    assert door.get(f"/applications/{figma.id}").status_code == 200
    member_of(cast.rhea.id).state = MemberState.SUSPENDED
    db.session.commit()
    assert door.get(f"/applications/{figma.id}").status_code == 302
    door.get(path_of(invitation))
    assert door.get(f"/applications/{figma.id}").status_code == 302


def test_whoever_reads_the_mailbox_does_not_begin_the_count_of_guessed_codes_anew(door, cast):
    give_password(cast.carl)
    give_app(cast.carl)
    for _ in range(4):
        door.post("/sign-in/password", data={"email": "carl@example.com", "password": GOOD})
        door.post("/sign-in/code", data={"code": "000000"})
    before = db.session.query(Attempts).count()
    link = write_link(cast.carl, "password", by=SYSTEM)
    door.post(path_of(link), data={"password": OTHER, "again": OTHER})
    assert before > 0
    assert db.session.query(Attempts).count() == before


@pytest.mark.parametrize(("who", "status"), [("otto", 303), ("max", 404)])
def test_an_owner_brings_a_long_list_and_nobody_else_does(app, cast, door, who, status):
    figma = make_application("Figma", cast.otto)
    let_owners_in()
    door.get(path_of(write_link(getattr(cast, who), "owner", by=SYSTEM)))
    rows = b"Login,Email\n" + b"".join(b"u%d,u%d@example.com\n" % (n, n) for n in range(60_000))
    assert len(rows) > 1_000_000
    head = b'--X\r\nContent-Disposition: form-data; name="list"; filename="x.csv"\r\n\r\n'
    kind = "multipart/form-data; boundary=X"
    body = head + rows + b"\r\n--X--\r\n"
    answer = door.post(f"/applications/{figma.id}/lists", data=body, content_type=kind)
    assert answer.status_code == status
