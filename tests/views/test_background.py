"""The page of background work: what waits and failed, from rows; and what members do about it."""

import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import fakeredis
import pytest
from sqlalchemy import select

from policies.errors import Stale
from policies.lifecycle import ReportState, SyncState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import PausedJob, Report, TrailLine, Trouble
from portal.queries.background import SHOWN, WORDS, is_paused
from portal.queue import Job, make_queue
from portal.usecases.reports import claim_report, note_progress, order_report
from portal.usecases.runs import Run, note_ended, note_running
from portal.usecases.sources import accounts_source
from portal.usecases.staging import claim_sync, hold_claim
from portal.usecases.syncs import upload_list
from portal.usecases.troubles import Work, note_trouble
from tests.factories import launch, make_application
from tests.story import story

PAGE = "/settings/background"


@story
def trouble(cast, acting) -> Trouble:
    """A launch that was put aside."""
    make_application("Salesforce", cast.olive)
    work = Work(Job.LAUNCH_CAMPAIGNS, "launch:7", "launch “Q4 2026”")
    for _ in range(3):
        note_trouble(work, "KeyError. The worker's log has the details.", by=SYSTEM)
    return db.session.scalars(select(Trouble)).one()


@story
def report(cast, acting) -> Report:
    make_application("Salesforce", cast.olive)
    return order_report(launch(acting("alma")), "campaign", by=acting("alma"))


def lines(verb) -> list[TrailLine]:
    return db.session.scalars(select(TrailLine).where(TrailLine.verb == verb)).all()


def test_what_was_put_aside_is_shown_with_its_reason_and_tried_again(sign_in, trouble):
    page = sign_in("ivan").get(PAGE).text
    assert "Launch “Q4 2026”" in page
    assert "KeyError" in page
    assert lines("work set aside")[0].details["attempts"] == 3
    answer = sign_in("ivan").post(f"{PAGE}/troubles/{trouble.id}/retry", follow_redirects=True)
    assert "It is tried again" in answer.text
    assert db.session.scalars(select(Trouble)).all() == []
    assert lines("work tried again")[0].actor_name == "Ivan Ilves"


def test_however_much_was_put_aside_all_of_it_can_be_reached(sign_in, cast):
    for number in range(SHOWN + 3):
        work = Work(Job.LAUNCH_CAMPAIGNS, f"launch:{number}", f"launch “Number {number}”")
        for _ in range(3):
            note_trouble(work, "It is odd.", by=SYSTEM)
    client = sign_in("ivan")
    first = client.get(PAGE).text
    assert "Launch “Number 3”" in first
    assert "Launch “Number 2”" not in first
    following = html.unescape(re.search(r'href="([^"]+aside=after-[0-9]+)"', first)[1])
    second = client.get(following).text
    assert [f"Launch “Number {n}”" in second for n in (0, 1, 2, 3)] == [True] * 3 + [False]


def test_who_may_only_read_settings_looks_and_does_nothing(sign_in, trouble):
    client = sign_in("ada")
    page = client.get(PAGE).text
    assert "KeyError" in page
    assert "Try again" not in page
    assert "Pause" not in page
    assert client.post(f"{PAGE}/troubles/{trouble.id}/retry").status_code == 403
    assert client.post(f"{PAGE}/pause", data={"job": Job.TEND_SAML}).status_code == 403
    assert sign_in("rhea").get(PAGE).status_code == 404


@pytest.fixture
def lost_redis(app) -> Iterator[None]:
    """Redis does not answer."""
    own, server = app.extensions["queue"], fakeredis.FakeServer()
    server.connected = False
    app.extensions["queue"] = make_queue(fakeredis.FakeStrictRedis(server=server))
    yield
    app.extensions["queue"] = own


def test_a_lost_redis_is_said_and_the_rows_are_shown_nevertheless(sign_in, report, lost_redis):
    page = sign_in("alma").get(PAGE).text
    assert "Redis does not answer" in page
    assert "Nothing is lost" in page
    assert "Reports" in page


def test_a_report_that_is_stopped_keeps_nothing_and_can_be_made_again(sign_in, report):
    claimed = claim_report()
    note_progress(claimed.id, "writing decisions.csv", 1, 5)
    client = sign_in("alma")
    assert "Writing decisions.csv" in client.get(PAGE).text
    client.post(f"{PAGE}/reports/{claimed.id}/stop")
    with pytest.raises(Stale):  # as its worker finds at the next step
        note_progress(claimed.id, "setting the pages", 2, 5)
    db.session.refresh(report)
    assert (report.state, report.file_id) == (ReportState.FAILED, None)
    assert report.error.startswith("Alma Ahlgren stopped it, while writing decisions.csv (1 of 5).")
    client.post(f"{PAGE}/reports/{report.id}/retry")
    db.session.refresh(report)
    assert report.state is ReportState.QUEUED
    assert client.post(f"{PAGE}/reports/{report.id}/retry").status_code == 409


def test_an_import_that_is_stopped_applied_nothing(cast, sign_in):
    source = accounts_source(make_application("Figma", cast.otto).instances[0])
    sync = upload_list(source, "l.csv", io.BytesIO(b"Login\na\n"), by=SYSTEM)
    claim = claim_sync(sync)
    hold_claim(claim, rows_read=5000)
    client = sign_in("alma")
    client.post(f"{PAGE}/imports/{sync.id}/stop")
    with pytest.raises(Stale):
        hold_claim(claim)
    db.session.refresh(sync)
    assert sync.state is SyncState.FAILED
    assert sync.error == "Alma Ahlgren stopped it after 5,000 rows. Nothing of it was applied."
    client.post(f"{PAGE}/imports/{sync.id}/retry")
    db.session.refresh(sync)
    assert sync.state is SyncState.QUEUED


def test_a_paused_job_says_by_whom_and_goes_on_when_resumed(sign_in, cast):
    client, job = sign_in("ivan"), {"job": Job.DELIVER_LETTERS.value}
    client.post(f"{PAGE}/pause", data=job)
    assert is_paused(Job.DELIVER_LETTERS)
    assert "By Ivan Ilves" in client.get(PAGE).text
    assert client.post(f"{PAGE}/pause", data=job).status_code == 409
    client.post(f"{PAGE}/resume", data=job)
    assert db.session.scalars(select(PausedJob)).all() == []
    assert len(lines("job paused")) == len(lines("job resumed")) == 1
    assert client.post(f"{PAGE}/pause", data={"job": "os.system"}).status_code == 422


def test_runs_are_told_from_rows(sign_in, cast):
    run = Run(Job.REMIND_PEOPLE.value, "host:1", 60, clock.now())
    note_running(run, "write to Rita", 120, 5000)
    client = sign_in("alma")
    assert "write to Rita" in client.get(PAGE).text
    clock.shift(timedelta(minutes=2))  # not heard of any more
    assert "Its worker was lost" in client.get(PAGE).text
    note_ended(run, "ValueError: no")
    page = client.get(PAGE).text
    assert "Broke off" in page
    assert "ValueError: no" in page


def test_every_job_says_in_words_what_it_does(sign_in):
    page = html.unescape(sign_in("ivan").get(PAGE).text)
    assert {job for job in Job if f">{WORDS[job]}</th>" not in page} == set()
