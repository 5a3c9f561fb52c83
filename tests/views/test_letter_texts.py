"""Settings of letters: texts, ways, tests of channels; and what people choose for themselves."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from jobs.letters import deliver_letters
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Letter, LetterText, LetterWish
from portal.queries.envelopes import stop_address
from portal.usecases.letters import write_letter

HERE = "/settings/letters/reminder"
GOOD = {"subject": "Still {application}", "body": "Hi {name},\n\n{link}\n", "button": "Go"}


def remind(person, key="a"):
    said = {"application": "Figma", "campaign": "Q4", "due": "4 Dec", "what": "all of it"}
    return write_letter("reminder", person, key=key, by=SYSTEM, **said)


def test_a_text_is_changed_and_reset(sign_in, cast):
    client = sign_in("ivan")
    assert "Reminder: {application} is due {due}" in client.get(HERE).text
    assert client.post(HERE, data=GOOD).status_code == 303
    letter = remind(cast.olive)
    assert letter.subject == "Still Figma"
    assert letter.body.startswith("Hi Olive Owens,\n\n{link}\n\n-- \n")
    assert "by Ivan Ilves" in client.get("/settings/letters").text
    client.post(f"{HERE}/reset")
    assert db.session.scalars(select(LetterText)).all() == []
    assert remind(cast.olive, "b").subject == "Reminder: Figma is due 4 Dec"
    assert client.post(f"{HERE}/reset").status_code == 409


def test_a_text_that_cannot_be_filled_is_kept_on_the_page_with_the_sentence(sign_in):
    answer = sign_in("ivan").post(HERE, data=GOOD | {"subject": "{aplication} <b>"})
    assert answer.status_code == 422
    assert "Did you mean {application}?" in answer.text
    assert "{aplication} &lt;b&gt;" in answer.text


def test_a_text_of_ones_own_that_leaves_a_paragraph_out_is_offered_it(sign_in):
    client, here = sign_in("ivan"), "/settings/letters/overdue"
    assert "leaves out" not in client.get(here).text
    client.post(here, data=GOOD)
    assert "Your text leaves out {still}" in client.get(here).text
    offered = client.get(f"{here}?put_in=still").text
    assert "Hi {name},\n\n{still}\n\n{link}\n" in offered
    assert "leaves out" not in offered
    assert "still accepted" in client.get(f"{here}/preview?put_in=still").text
    assert "{still}" not in db.session.get(LetterText, ("overdue", "en")).body


def test_the_preview_shows_what_is_typed_and_can_do_nothing(sign_in):
    client = sign_in("rhea")
    assert client.get(f"{HERE}/preview").status_code == 404
    shown = sign_in("carl").get(f"{HERE}/preview").text
    assert "Hello Max Meyer" in shown
    assert "Salesforce" in shown.partition("<body")[2].partition("Hello")[0]  # in its subject
    client = sign_in("ivan")
    shown = client.post(f"{HERE}/preview", data=GOOD | {"button": "<script>alert(1)</script>"})
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "<script" not in shown.text
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    typo = client.post(f"{HERE}/preview", data=GOOD | {"body": "By {dew}: {link}"}).text
    assert "{dew} is not known in this letter. Did you mean {due}?" in typo
    wrong = client.post(f"{HERE}/preview", data=GOOD | {"body": "nothing"})
    assert "{link} must stand once" in wrong.text
    assert "frame-src 'self'" in client.get(HERE).headers["Content-Security-Policy"]


@pytest.mark.parametrize("kind", ["test", "nothing", "reminder.html"])
def test_there_is_no_page_for_what_is_no_letter(sign_in, kind):
    assert sign_in("ivan").get(f"/settings/letters/{kind}").status_code == 404


def test_who_may_only_look_changes_nothing(sign_in):
    client = sign_in("carl")
    for path in (HERE, f"{HERE}/reset", f"{HERE}/ways", f"{HERE}/sample", f"{HERE}/preview"):
        assert client.post(path, data=GOOD).status_code == 403
    assert client.post("/settings/letters/channels/test").status_code == 403


def test_a_sample_goes_to_whoever_asks(sign_in, cast):
    client = sign_in("ivan")
    client.post(f"{HERE}/sample")
    deliver_letters()
    (letter,) = db.session.scalars(select(Letter).where(Letter.kind == "reminder")).all()
    assert letter.person_id == cast.ivan.id
    assert letter.state.value == "kept"
    assert (
        client.post("/settings/letters/channels/test", data={"channel": "email"}).status_code == 409
    )
    assert client.post("/settings/letters/channels/test", data={"channel": "x"}).status_code == 404


def test_the_organisation_says_which_ways_a_letter_takes(sign_in):
    client = sign_in("ivan")
    answer = client.post(f"{HERE}/ways", data={"first": "slack", "channel": ["email", "slack"]})
    assert answer.status_code == 303
    row = client.get("/settings/letters").text
    assert "Slack, then Email" in row
    assert client.post(f"{HERE}/ways", data={}).status_code == 422


def test_people_choose_within_what_is_allowed(app, sign_in, cast):
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com", slack_bot_token="x")
    client = sign_in("olive")  # who is no member, and came by the link to her tasks
    page = client.get("/you/letters").text
    assert 'name="reminder"' in page
    assert 'name="sign-in"' not in page
    client.post("/you/letters", data={"reminder": "none", "overdue": "slack"})
    assert client.post("/you/letters", data={"overdue": "none"}).status_code == 422
    assert client.post("/you/letters", data={"overdue": "teams"}).status_code == 303
    app.extensions["config"] = own
    wishes = {(w.kind, w.channel) for w in db.session.scalars(select(LetterWish))}
    assert wishes == {("reminder", "none"), ("overdue", "teams")}
    assert remind(cast.olive) is None
    assert remind(cast.otto) is not None
    client.post("/you/letters", data={"reminder": "", "overdue": ""})
    assert db.session.scalars(select(LetterWish)).all() == []


def test_a_letter_can_be_stopped_from_itself_without_signing_in(app, cast):
    address = stop_address(remind(cast.olive)).removeprefix("http://portal.test")
    client = app.test_client()
    assert "Olive Owens gets letters" in client.get(address).text
    assert db.session.scalars(select(LetterWish)).all() == []
    answer = client.post(address, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert remind(cast.olive, "b") is None
    other = "y" if address[-9] == "x" else "x"
    assert client.get(address[:-9] + other + address[-8:]).status_code == 404
    assert client.get("/letters/stop/x").status_code == 404
