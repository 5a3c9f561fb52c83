"""Who still owes, and the rules of reminders, on their pages."""

import csv
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portal import clock
from portal.db import db
from portal.models import Person, Reviewer
from portal.queries.owed import owed_in, tasks_by_person
from portal.queries.owing import owing_in
from portal.queries.paging import PAGE
from portal.usecases.reminders import remind_now
from tests.factories import (
    launch,
    make_application,
)
from tests.reminding import asked_on_monday, at, letters
from tests.story import story


@story
def campaign(cast, acting):
    return asked_on_monday(cast, acting)


def test_a_rule_is_changed_on_its_page(campaign, cast, sign_in):
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}/reminders"
    typed = {"before": "5, 1", "escalate_to": "manager", "escalate_how": "inform"}
    assert client.post(here, data=typed | {"before": "soon"}).status_code == 422
    assert client.post(here, data=typed | {"escalate_to": "person"}).status_code == 422
    assert client.post(here, data=typed | {"every": "2"}).status_code == 303
    page = client.get(here).text
    assert "A reminder 5 and 1 days before the due date." in page
    assert "A reminder every 2 days from the launch on." in page
    client.post(f"{here}/usual")
    assert "goes by the usual rule" in client.get(here).text
    assert sign_in("ivan").post(here, data=typed).status_code == 403
    assert sign_in("ivan").post("/settings/letters/reminders", data=typed).status_code == 303
    assert sign_in("carl").post("/settings/letters/reminders", data=typed).status_code == 403
    assert sign_in("max").get(here).status_code == 404


def test_who_cannot_be_reached_is_shown_with_the_reason(app, campaign, cast, sign_in):
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com")
    cast.olive.email = None
    db.session.commit()
    page = sign_in("carl").get(f"/campaigns/{campaign.id}/owed").text
    app.extensions["config"] = own
    assert "1 person cannot be reached" in page
    assert "Olive Owens has no email address." in page


def test_the_page_shows_who_owes_what_and_reminds_them(campaign, cast, sign_in):
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}/owed"
    page = client.get(here).text
    assert "1 person has something left to do" in page
    assert "</a>: not started yet</li>" in page
    client.post(here, data={"person": [str(cast.olive.id)]})
    assert letters() == [("reminder", "Olive")]
    assert "1 letter written" in client.get(here).text
    assert client.post(here, data={}).status_code == 422
    page = client.get(here).text
    assert "done within the hour" in page
    assert "Remind 1 person now" not in page
    clock.shift(clock.now() + timedelta(minutes=61) - datetime.now(UTC))
    assert "Remind 1 person now" in client.get(here).text
    lines = client.get(f"{here}/csv").text.splitlines()
    row = next(csv.reader(lines[1:]))
    assert row[:6] == ["Olive Owens", "olive@example.com", "", "Salesforce", "not started yet", "0"]


def test_the_page_says_when_a_reminder_goes_out_that_waits_for_the_morning(
    app, campaign, cast, acting, sign_in
):
    own = app.extensions["config"]
    app.extensions["config"] = replace(own, smtp_host="mail.example.com")
    at(datetime(2026, 11, 28, 12, tzinfo=UTC))  # a Saturday
    remind_now(campaign, None, by=acting("carl"))
    page = sign_in("carl").get(f"/campaigns/{campaign.id}/owed").text
    app.extensions["config"] = own
    assert "goes out Mon 30 Nov 2026, 08:00 UTC" in page


def test_an_auditor_sees_who_owes_but_reminds_nobody(campaign, sign_in):
    client, here = sign_in("ada"), f"/campaigns/{campaign.id}/owed"
    page = client.get(here).text
    assert "Olive Owens" in page
    assert "Remind those" not in page
    assert client.post(here, data={"person": ["1"]}).status_code == 403
    assert sign_in("max").get(here).status_code == 404


def test_the_page_asks_no_more_when_more_people_owe(campaign, cast, sign_in, counting, acting):
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}/owed"
    client.get(here)
    with counting() as few:
        client.get(here)
    for name, owner in (("Figma", cast.otto), ("Miro", cast.rita), ("Asana", cast.rufus)):
        make_application(name, owner)
    other = launch(acting("carl"))
    assert len(other.reviews) == 4
    with counting() as many:
        client.get(f"/campaigns/{other.id}/owed")
    assert many.count <= few.count + 1


def test_many_who_owe_are_shown_a_page_at_a_time_or_all_at_once(campaign, cast, sign_in):
    people = [Person(name=f"Peer {n:02}", created_at=clock.now()) for n in range(2 * PAGE)]
    db.session.add_all(people)
    (review,) = campaign.reviews
    db.session.add_all(
        Reviewer(review=review, person=each, level=1, basis="named") for each in people
    )
    db.session.commit()
    owing = owing_in(campaign)
    assert [each.id for each in owing] == [p.id for p in tasks_by_person(owed_in([campaign]))]
    client, here = sign_in("carl"), f"/campaigns/{campaign.id}/owed"
    page, names = client.get(here).text, []
    while True:
        names += re.findall(r'aria-label="Remind ([^"]+)"', page)
        further = re.search(r'href="([^"]+)"[^>]* rel="next"', page)
        if not further:
            break
        page = client.get(further[1]).text
    assert names == [each.name for each in owing]
    assert "101 people owe something" in page
    assert client.get(f"{here}?at=before-{people[PAGE].id}").text.count("Remind Peer") == PAGE
    assert client.get(f"{here}?at=all").text.count("Remind Peer") == 2 * PAGE
