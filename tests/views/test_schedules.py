"""The page on which one says when a campaign launches."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.campaigns import launch_due_campaigns
from policies.lifecycle import CampaignState, SeriesState
from portal import clock
from portal.db import db
from portal.models import Campaign
from portal.usecases.campaigns import draft_campaign
from tests.factories import plan, salesforce

HTMX = {"HX-Request": "true", "HX-Target": "plan_preview"}


@pytest.fixture
def draft(cast, acting):
    clock.shift(datetime(2026, 11, 23, 12, tzinfo=UTC) - clock.now())
    salesforce(cast)
    return draft_campaign(plan(), by=acting("carl"))


def typed(**changes):
    rule = {"every": "1", "unit": "quarter", "day": "last business day", "weekday": "1"}
    ends = {"number": "1", "ends": "never", "duration": "14", "overlap": "wait"}
    ends |= {"undecided": "leave open"}
    when = {"kind": "again", "first": "2026-11-24", "at": "09:00", "zone": "Europe/Berlin"}
    return {**when, **rule, **ends, **changes}


def only():
    db.session.expire_all()
    return db.session.scalars(select(Campaign)).one()


def published(client, here, **changes):
    """Save the schedule, and publish the draft by it."""
    assert client.post(f"{here}/plan/schedule", data=typed(**changes)).status_code == 303
    return client.post(f"{here}/publication")


def test_a_quarterly_series_is_set_up_on_one_page(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}"
    assert published(client, here, due_time="17:00").status_code == 303
    page = client.get(here).text
    assert "Launches Thu 31 Dec 2026, 09:00 (Europe/Berlin)" in page
    assert "It recurs every quarter on its last business day at 09:00 (Europe/Berlin)" in page
    assert "being launched" not in page
    assert only().due_at == datetime(2027, 1, 14, 16, tzinfo=UTC)


def test_the_next_five_dates_are_shown_as_one_types(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}/plan/schedule"
    part = client.post(here, data={**typed(), "preview": "1"}, headers=HTMX).text
    dates = ["Thu 31 Dec 2026", "Wed 31 Mar 2027", "Wed 30 Jun 2027", "Thu 30 Sep 2027"]
    assert [day for day in dates if day in part] == dates
    assert part.count('data-label="Due"') == 5
    assert only().state is CampaignState.DRAFT


def test_a_page_without_scripts_shows_them_too(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}/plan/schedule"
    page = client.post(here, data={**typed(unit="week", weekday="5"), "preview": "1"}).text
    assert "Fri 27 Nov 2026, 09:00 (Europe/Berlin)" in page
    assert 'value="Europe/Berlin"' in page


def test_one_launch_at_a_time_of_ones_own(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}"
    when = {"kind": "once", "first": "2026-12-01", "at": "17:30", "zone": "America/New_York"}
    assert published(client, here, **when).status_code == 303
    assert only().starts_at == datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
    assert only().series is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "once", "first": "2026-11-01"}, "This moment has passed"),
        ({"zone": "Mars/Base"}, "There is no such time zone"),
        ({"first": ""}, "Choose a date"),
        ({"ends": "until", "until": "2026-11-25"}, "ends before its first date"),
        ({"ends": "times"}, "Say after how many launches it ends"),
        ({"ends": "until"}, "Say on which date it ends"),
        ({"duration": "0"}, "Number must be between 1 and 365"),
        ({"every": "x"}, "Not a valid integer value"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence_and_kept(sign_in, draft, changes, said):
    answer = sign_in("carl").post(f"/campaigns/{draft.id}/plan/schedule", data=typed(**changes))
    assert (answer.status_code, said in answer.text) == (422, True)
    assert only().state is CampaignState.DRAFT


def test_a_scheduled_one_is_changed_paused_resumed_and_ended(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}"
    published(client, here)
    assert 'value="Europe/Berlin"' in client.get(f"{here}/plan/schedule").text
    client.post(f"{here}/plan/schedule", data=typed(unit="week", weekday="1"))
    assert only().starts_at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    client.post(f"{here}/series/pause")
    assert "The series is paused" in client.get(here).text
    clock.shift(datetime(2026, 12, 10, 12, tzinfo=UTC) - datetime.now(UTC))
    client = sign_in("carl")
    assert "being launched" not in client.get(here).text
    client.post(f"{here}/series/resume")
    assert only().starts_at == datetime(2026, 12, 14, 8, tzinfo=UTC)
    series = only().series
    client.post(f"{here}/series/end")
    assert (only().state, series.state) == (CampaignState.DRAFT, SeriesState.ENDED)


def test_launched_early_it_is_being_launched(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}"
    published(client, here)
    client.post(f"{here}/early-launch")
    clock.shift(clock.now() - datetime.now(UTC) + timedelta(seconds=1))
    assert "The campaign is being launched" in client.get(here).text


def test_what_would_only_wait_offers_no_early_launch_and_says_what_one_may_do(sign_in, draft):
    client, here = sign_in("carl"), f"/campaigns/{draft.id}"
    published(client, here, unit="week", duration="14")
    clock.shift(datetime(2026, 12, 1, 12, tzinfo=UTC) - datetime.now(UTC))
    launch_due_campaigns()
    client, here = sign_in("carl"), f"/campaigns/{draft.id + 1}"
    page = client.get(here).text
    assert "Until it has ended, this one cannot be launched early." in page
    assert "Launch early" not in page
    answer = client.post(f"{here}/early-launch")
    assert (answer.status_code, "close or cancel that one" in answer.text) == (409, True)
    clock.shift(datetime(2026, 12, 8, 12, tzinfo=UTC) - datetime.now(UTC))
    page = sign_in("carl").get(here).text
    assert "Waiting since Mon 7 Dec 2026" in page
    assert "close or cancel that one, or choose “Launch anyway” in its schedule" in page
    assert f'href="/campaigns/{draft.id}"' in page


def test_for_those_who_only_read_there_is_no_schedule_to_change(sign_in, draft):
    client, here = sign_in("ada"), f"/campaigns/{draft.id}"
    assert client.get(f"{here}/plan/schedule").status_code == 403
    assert client.post(f"{here}/early-launch").status_code == 403
    assert "Go on planning" not in client.get(here).text
    assert sign_in("max").get(f"{here}/plan/schedule").status_code == 404


def test_what_does_not_recur_cannot_be_paused(sign_in, draft):
    assert sign_in("carl").post(f"/campaigns/{draft.id}/series/pause").status_code == 409
