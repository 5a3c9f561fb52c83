"""Who gets at what: the ways round that were tried. Every door for everybody: test_matrix."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from policies.errors import Denied, Invalid
from policies.filters import Filter
from policies.lifecycle import SyncState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Link, Person, Review, Session, Sync
from portal.queries.links import url_of
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.links import write_link
from portal.usecases.members import MOST_SIGN_INS, send_sign_in_link
from portal.usecases.reviews import cancel_review, sign_off
from portal.usecases.syncs import confirm_sync, map_columns, people_source, upload_list
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start
from tests.story import story


@story
def review(cast, acting):
    """Olive's Salesforce, her own account left to Alma, all to be cleared by Rufus."""
    salesforce(cast)
    return start(launch(acting("alma"), remediation_owner_id=cast.rufus.id), acting("olive"))


def close(review, acting, rejected=("paula", "olive")):
    for login, item in items_of(review).items():
        by = acting("alma" if login == "olive" else "olive")
        verdict = REJECTED if login in rejected else APPROVED
        decide_item(item, verdict, version=item.version, by=by)
    for who in ("olive", "alma"):
        if db.session.get_one(Review, review.id).state.value == "in review":
            sign_off(review, by=acting(who))


def test_an_admins_link_to_tasks_opens_no_console(app, cast, review):
    client = app.test_client()
    client.get(url_of(write_link(cast.alma, "tasks", by=SYSTEM)).removeprefix("http://portal.test"))
    assert client.get("/tasks").status_code == 200
    for path in ("/campaigns", "/people", "/settings/members", "/letters", "/trail", "/imports"):
        assert client.get(path).status_code == 404


def test_whoever_reviews_a_part_sees_the_removals_of_that_part_only(
    app, cast, acting, sign_in, review
):
    close(review, acting)
    client = app.test_client()
    own = write_link(cast.alma, "tasks", by=SYSTEM)  # she was assigned Olive's account alone
    client.get(url_of(own).removeprefix("http://portal.test"))
    for page in ("remediation", "removals.csv", "items.csv"):
        text = client.get(f"/reviews/{review.id}/{page}").text
        assert ("Olive Owens" in text, "Paula Past" in text) == (True, False), page
    everything = sign_in("rufus").get(f"/reviews/{review.id}/removals.csv").text
    assert "Olive Owens" in everything
    assert "Paula Past" in everything


def test_nobody_undoes_what_somebody_else_decided_in_view(acting, review):
    bulk = decide_view(review, Filter(), REJECTED, seen=0, by=acting("olive"))
    with pytest.raises(Invalid, match="nothing left"):
        undo_bulk(review, bulk.id, by=acting("alma"))
    assert undo_bulk(review, bulk.id, by=acting("olive")) == bulk.count


def test_no_list_is_taken_for_a_review_that_is_closed(acting, sign_in, review):
    client, at = sign_in("olive"), f"/reviews/{review.id}/lists"
    sent = {"list": (io.BytesIO(b"Login,Status\nmax,active\n"), "x.csv"), "complete": "1"}
    waiting = client.post(at, data=sent)
    assert waiting.status_code == 303
    cancel_review(review, "not needed", by=acting("alma"))
    again = {"list": (io.BytesIO(b"Login,Status\nmax,active\n"), "x.csv")}
    assert client.post(at, data=again).status_code == 403
    applied = client.post(f"{waiting.location}/apply")
    assert applied.status_code == 403


def test_a_people_list_that_readdresses_a_member_needs_an_admin(cast, acting, run_jobs):
    """Whoever reads mail at a member's address signs in as that member."""
    sent = io.BytesIO(b"Employee number,Name,Email\nE001,Alma Ahlgren,ivan+alma@example.com\n")
    source = people_source(by=acting("ivan"))
    sync = upload_list(source, "hr.csv", sent, is_complete=False, by=acting("ivan"))
    run_jobs()
    sync = db.session.get_one(Sync, sync.id)
    if sync.state is SyncState.MAPPING:
        mapping = {each["name"]: each["field"] for each in sync.columns}
        map_columns(sync, mapping, sync.options, by=acting("ivan"))
        run_jobs()
    with pytest.raises(Denied, match="Alma Ahlgren"):
        confirm_sync(sync, by=acting("ivan"))
    confirm_sync(sync, by=acting("alma"))
    run_jobs()
    assert db.session.get_one(Person, cast.alma.id).email == "ivan+alma@example.com"


def test_a_sign_in_ends_after_its_hours_however_busy_one_is(app, sign_in):
    client = sign_in("alma")
    for hour in range(1, 12):
        clock.shift(timedelta(hours=hour))
        assert client.get("/campaigns").status_code == 200
    clock.shift(timedelta(hours=12, minutes=1))
    assert client.get("/campaigns").status_code == 302


def test_a_sign_in_ends_when_nobody_is_at_it(app, sign_in):
    client = sign_in("alma")
    clock.shift(timedelta(minutes=119))
    assert client.get("/campaigns").status_code == 200
    clock.shift(timedelta(minutes=119 + 121))
    assert client.get("/campaigns").status_code == 302


def test_a_sign_in_begins_a_session_of_its_own_and_ends_the_one_before(app, cast, sign_in):
    client = sign_in("alma")
    link = write_link(cast.olive, "tasks", by=SYSTEM)
    client.get(url_of(link).removeprefix("http://portal.test"))
    first, second = db.session.scalars(select(Session).order_by(Session.id)).all()
    assert first.ended_why == "signed in anew"
    assert (second.person_id, second.ended_at) == (cast.olive.id, None)


def test_nobody_is_buried_under_sign_in_letters(cast):
    for _ in range(MOST_SIGN_INS + 3):
        send_sign_in_link("alma@example.com", by=SYSTEM)
    unused = select(Link).where(Link.person_id == cast.alma.id, Link.used_at.is_(None))
    assert len(db.session.scalars(unused).all()) == MOST_SIGN_INS
