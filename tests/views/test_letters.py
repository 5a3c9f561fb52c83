"""The pages of letters: what Admins see of them, and who sees a personal link."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from jobs.letters import deliver_letters
from policies.lifecycle import LetterState
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import TrailLine
from portal.queries.links import url_of
from portal.usecases.carrying import mark_sent, mark_unsent
from portal.usecases.letters import write_letter
from portal.usecases.links import revoke_link, write_link
from tests.story import story

SAID = {"application": "Figma", "campaign": "Q4", "due": "4 Dec", "instructions": ""}


@story
def letter(cast):
    link = write_link(cast.otto, "tasks", by=SYSTEM)
    return write_letter("invitation", cast.otto, key="a", link=link, by=SYSTEM, **SAID)


@pytest.fixture
def with_mail_server(app):
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com")
    yield
    app.extensions["config"] = own


def test_a_kept_letter_reads_as_it_would_be_sent(sign_in, letter):
    deliver_letters()
    page = sign_in("alma").get(f"/letters/{letter.id}").text
    assert f'<a href="{url_of(letter.link)}"' in page
    assert "acts as Otto Okafor" in page


def test_a_letter_that_waits_does_not_show_its_link(sign_in, letter):
    page = sign_in("alma").get(f"/letters/{letter.id}").text
    assert "[personal link, hidden]" in page
    assert "/in/" not in page


def test_a_letter_that_waits_says_until_when_where_its_reader_is(sign_in, letter):
    letter.state, letter.try_at = LetterState.QUEUED, datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
    letter.person.attributes = {"timezone": "Asia/Tokyo"}
    db.session.commit()
    page = sign_in("alma").get(f"/letters/{letter.id}").text
    assert "Fri 4 Dec 2026, 23:00 UTC; for them Sat 5 Dec 2026, 08:00 (Asia/Tokyo)" in page


@pytest.mark.usefixtures("with_mail_server")
@pytest.mark.parametrize("state", [LetterState.SENT, LetterState.KEPT])
def test_with_a_mail_server_nobody_reads_the_link_of_another(sign_in, letter, state):
    mark_sent(letter, state, by=SYSTEM)
    page = sign_in("alma").get(f"/letters/{letter.id}").text
    assert "[personal link, hidden]" in page
    assert "/in/" not in page


def test_a_closed_link_is_hidden_even_in_a_kept_letter(sign_in, letter):
    deliver_letters()
    revoke_link(letter.link, by=SYSTEM)
    assert "/in/" not in sign_in("alma").get(f"/letters/{letter.id}").text


@pytest.mark.parametrize("who", ["carl", "ivan", "ada", "rhea", "otto"])
def test_letters_are_for_admins_only(sign_in, letter, who):
    client = sign_in(who)
    for path in ("/letters", "/letters/csv", f"/letters/{letter.id}"):
        assert client.get(path).status_code == 404
    assert client.post(f"/letters/{letter.id}/resend").status_code == 404
    assert client.post(f"/links/{letter.link_id}/revoke").status_code == 404


def test_the_list_is_filtered_and_says_what_failed(sign_in, letter, cast):
    mark_unsent(letter, "The mail server refused the address (550).", for_good=True, by=SYSTEM)
    write_letter("attention", cast.alma, key="b", by=SYSTEM, campaign="Q4", what="look")
    client = sign_in("alma")
    page = client.get("/letters").text
    assert "1 letter could not be delivered" in page
    assert "refused the address (550)" in page
    found = client.get("/letters?field=state&op=is&value=failed").text
    assert "Otto Okafor" in found
    assert "Q4: look" not in found
    assert len(client.get("/letters/csv?q=alma").text.splitlines()) == 2


def test_sending_again_queues_the_letter_and_is_in_the_trail(sign_in, letter, run_jobs):
    run_jobs()
    mark_unsent(letter, "gone", for_good=True, by=SYSTEM)
    assert sign_in("alma").post(f"/letters/{letter.id}/resend").status_code == 303
    assert letter.state is LetterState.QUEUED
    assert "letter queued again" in set(db.session.scalars(select(TrailLine.verb)))
    assert "jobs.letters.deliver_letters" in run_jobs()
    assert letter.state is LetterState.KEPT


def test_a_letter_whose_link_is_closed_is_not_sent_again(sign_in, letter):
    deliver_letters()
    revoke_link(letter.link, by=SYSTEM)
    answer = sign_in("alma").post(f"/letters/{letter.id}/resend")
    assert answer.status_code == 409
    assert "no longer opens anything" in answer.text


def test_closing_a_link_from_the_letter_ends_what_it_opened(app, sign_in, letter):
    otto = app.test_client()
    path = url_of(letter.link).removeprefix("http://portal.test")
    assert otto.get(path).status_code == 303
    answer = sign_in("alma").post(f"/links/{letter.link_id}/revoke", data={"letter": letter.id})
    assert answer.location == f"/letters/{letter.id}"
    assert otto.get(path).status_code == 410
