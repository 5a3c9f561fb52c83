"""Settings > App owners: letting them in and out, the thirty seconds, and what owners then see."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from PIL import Image
from sqlalchemy import select

from jobs.letters import deliver_letters
from policies.lifecycle import LetterState
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Letter, Link, Member, Role, TrailLine
from portal.post.mail import message
from portal.queries.envelopes import envelope_of
from portal.queries.links import url_of
from portal.usecases.applications import set_owners
from tests.factories import make_account, make_application
from tests.story import story

OWNERS = "/settings/owners"


@story
def applications(cast):
    """Salesforce of Olive, Emil (external) and Paula (left); Figma of Otto and Rhea, a member."""
    return (
        make_application("Salesforce", cast.olive, cast.emil, cast.paula),
        make_application("Figma", cast.otto, cast.rhea),
    )


@pytest.fixture
def let_in(applications, sign_in):
    """App owners were let in by Alma, just now."""
    assert sign_in("alma").post(f"{OWNERS}/access/on").status_code == 303
    return applications


def letters(state=None):
    query = select(Letter).where(Letter.kind == "owner-invitation").order_by(Letter.id)
    found = db.session.scalars(query.execution_options(populate_existing=True)).all()
    return [each for each in found if state is None or each.state is state]


def owner_client(app, person):
    link = db.session.scalars(
        select(Link).where(Link.purpose == "owner", Link.person_id == person.id)
    ).all()[-1]
    client = app.test_client()
    client.get(url_of(link).removeprefix("http://portal.test"))
    return client


def test_what_will_happen_is_said_before_it_does(applications, sign_in):
    text = sign_in("alma").get(f"{OWNERS}/access").text
    assert "Let app owners in, invite 2" in text
    assert "Alma Ahlgren" in text
    assert letters() == []


def test_nothing_is_sent_before_the_thirty_seconds_are_over(let_in, run_jobs):
    run_jobs()
    assert [each.state for each in letters()] == [LetterState.QUEUED] * 2
    clock.shift(timedelta(seconds=31))
    deliver_letters()
    assert [each.state for each in letters()] == [LetterState.KEPT] * 2


def test_members_external_people_and_those_who_left_get_no_letter(let_in, cast):
    assert {each.person_id for each in letters()} == {cast.olive.id, cast.otto.id}


def test_the_letter_comes_from_who_switched_on_and_lists_the_applications(let_in, cast):
    letter = letters()[0]
    assert letter.sender_id == cast.alma.id
    assert "- Salesforce" in letter.body


def test_cancelling_withdraws_the_letters_and_switches_off(let_in, sign_in, cast):
    client = sign_in("alma")
    assert "2 invitations go out in" in client.get(OWNERS).text
    assert client.post(f"{OWNERS}/access/cancel").status_code == 303
    assert [each.state for each in letters()] == [LetterState.WITHDRAWN] * 2
    assert "App owners can access: off" in client.get(OWNERS).text
    verbs = db.session.scalars(select(TrailLine.verb)).all()
    assert "owner invitations withdrawn" in verbs


def test_after_the_thirty_seconds_there_is_nothing_to_cancel(let_in, sign_in):
    clock.shift(timedelta(seconds=31))
    client = sign_in("alma")
    assert client.post(f"{OWNERS}/access/cancel").status_code == 409
    assert letters(LetterState.WITHDRAWN) == []


def test_whoever_was_invited_is_not_invited_a_second_time(let_in, sign_in, run_jobs):
    clock.shift(timedelta(seconds=31))
    deliver_letters()
    client = sign_in("alma")
    client.post(f"{OWNERS}/access/off")
    client.post(f"{OWNERS}/access/on")
    assert len(letters()) == 2


def test_the_letter_shows_the_logos_of_the_applications_and_its_text_stays_whole(
    applications, sign_in
):
    alma, (salesforce, _) = sign_in("alma"), applications
    drawn = BytesIO()
    Image.new("RGB", (64, 64), (200, 30, 30)).save(drawn, "PNG")
    drawn.seek(0)
    alma.post(f"/applications/{salesforce.id}/logo", data={"logo": (drawn, "logo.png")})
    alma.post(f"{OWNERS}/access/on")
    (to_olive,) = (each for each in letters() if each.person.name == "Olive Owens")
    mail = message(envelope_of(to_olive), current_config())
    (logo,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    shown = f'src="cid:{logo["Content-ID"].strip("<>")}"'
    assert shown in mail.get_body(("html",)).get_content()
    assert "- Salesforce" in mail.get_body(("plain",)).get_content()


def test_a_cancelled_invitation_is_written_anew_the_next_time(let_in, sign_in):
    client = sign_in("alma")
    client.post(f"{OWNERS}/access/cancel")
    client.post(f"{OWNERS}/access/on")
    assert len(letters(LetterState.QUEUED)) == 2


def test_switching_off_ends_access_at_once_and_writes_nobody(app, let_in, sign_in, cast):
    olive = owner_client(app, cast.olive)
    assert olive.get(f"/applications/{let_in[0].id}").status_code == 200
    before = len(db.session.scalars(select(Letter)).all())
    sign_in("alma").post(f"{OWNERS}/access/off")
    assert olive.get(f"/applications/{let_in[0].id}").status_code == 302
    assert owner_client(app, cast.olive).get("/tasks").status_code == 302
    assert len(db.session.scalars(select(Letter)).all()) == before


def test_a_new_owner_is_invited_and_another_application_gives_no_letter(let_in, acting, cast):
    salesforce, figma = let_in
    set_owners(figma, [cast.otto, cast.max], primary=cast.otto, by=acting("ivan"))
    assert [each.sender_id for each in letters() if each.person_id == cast.max.id] == [cast.ivan.id]
    set_owners(salesforce, [cast.olive, cast.max], primary=cast.olive, by=acting("ivan"))
    assert len(letters()) == 3


def test_only_those_who_never_came_are_invited_again(app, let_in, sign_in, cast):
    clock.shift(timedelta(seconds=31))
    deliver_letters()
    owner_client(app, cast.olive)
    client = sign_in("alma")
    assert "Invite 1 owner again?" in client.get(f"{OWNERS}/invitations?all=1").text
    client.post(f"{OWNERS}/invitations", data={"person": [cast.olive.id, cast.otto.id]})
    assert [each.person_id for each in letters()[2:]] == [cast.otto.id]


def test_an_owner_sees_their_own_application_and_no_other(app, let_in, cast):
    salesforce, figma = let_in
    make_account(salesforce, "max", person=cast.max)
    client = owner_client(app, cast.olive)
    home = client.get("/tasks").text
    assert "Salesforce" in home
    assert "Figma" not in home
    for page in ("", "/accounts", "/accounts/csv", "/documents", "/lists/new", "/edit"):
        assert client.get(f"/applications/{salesforce.id}{page}").status_code == 200, page
        assert client.get(f"/applications/{figma.id}{page}").status_code == 404, page
    for page in ("/applications", f"/applications/{salesforce.id}/owners", "/people", OWNERS):
        assert client.get(page).status_code in (403, 404), page


def test_an_owner_says_what_it_is_for_but_changes_no_name(app, let_in, cast):
    salesforce, _ = let_in
    client = owner_client(app, cast.olive)
    address = f"/applications/{salesforce.id}/edit"
    sent = {"name": "Mine", "state": "hidden", "description": "Customers"}
    assert client.post(address, data=sent).status_code == 303
    db.session.expire_all()
    assert (salesforce.name, salesforce.description) == ("Salesforce", "Customers")
    assert salesforce.state.value == "sanctioned"


def test_a_member_who_owns_gains_the_rights_of_an_owner_there_only(let_in, sign_in):
    salesforce, figma = let_in
    client = sign_in("rhea")
    for application, wanted in ((figma, 303), (salesforce, 403)):
        sent = {"list": (BytesIO(b"Login,Status\nx,active\n"), "x.csv"), "complete": "1"}
        answer = client.post(f"/applications/{application.id}/lists", data=sent)
        assert answer.status_code == wanted


def test_a_document_is_handed_out_as_a_file_and_removed_by_who_brought_it(app, let_in, cast):
    salesforce, _ = let_in
    client = owner_client(app, cast.olive)
    address = f"/applications/{salesforce.id}/documents"
    sent = {"document": (BytesIO(b"%PDF-1.7 contract"), "Contract.pdf"), "note": "Until 2027"}
    assert client.post(address, data=sent).status_code == 303
    answer = client.get("/documents/1")
    assert answer.data == b"%PDF-1.7 contract"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert owner_client(app, cast.otto).get("/documents/1").status_code == 404
    page = {"document": (BytesIO(b"<script>"), "x.html")}
    assert client.post(address, data=page).status_code == 422
    assert client.post("/documents/1/remove").status_code == 303
    assert client.get("/documents/1").status_code == 404


def test_the_door_sends_a_link_to_an_owner_only_while_owners_may_come(app, let_in, sign_in):
    def asked():
        app.test_client().post("/sign-in", data={"email": "olive@example.com"})
        return len(db.session.scalars(select(Letter).where(Letter.kind == "sign-in")).all())

    assert asked() == 1
    sign_in("alma").post(f"{OWNERS}/access/off")
    assert asked() == 1


def test_the_guide_is_shown_until_it_was_read_and_help_brings_it_back(app, let_in, cast):
    client = owner_client(app, cast.olive)
    assert "What you can do here" in client.get("/tasks").text
    assert client.post("/tasks/guide").status_code == 303
    assert "What you can do here" not in client.get("/tasks").text
    assert "Bring its list" in client.get("/tasks/help").text


def test_the_list_of_owners_can_be_taken_to_an_identity_provider(applications, sign_in):
    text = sign_in("rhea").get(f"{OWNERS}/csv")
    assert text.status_code == 404
    rows = {row[0]: row for row in csv.reader(StringIO(sign_in("alma").get(f"{OWNERS}/csv").text))}
    olive, emil = rows["olive@example.com"], rows["emil@example.com"]
    assert olive[1:5] == ["Olive Owens", "Salesforce", "Salesforce", "not invited"]
    assert emil[3:6] == ["", "no access", "external"]


def test_whoever_may_not_administer_cannot_let_owners_in(applications, sign_in):
    assert sign_in("carl").post(f"{OWNERS}/access/on").status_code in (403, 404)
    assert letters() == []
    assert db.session.scalar(select(Member.id).join(Role).where(Role.name == "Admin"))
