"""Reports are rows: whatever dies, they are made once, or fail with the reason."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from policies.errors import Denied, IllegalMove, Stale
from policies.lifecycle import ReportState
from policies.permissions import SYSTEM
from policies.starts import MOST_STARTS
from portal import clock
from portal.db import db
from portal.models import Campaign, Report, TrailLine
from portal.usecases.reports import (
    claim_report,
    fail_report,
    give_up_reports,
    note_beat,
    note_download,
    note_progress,
    order_report,
    request_report,
    retry_report,
    store_report,
)
from tests.factories import launch, salesforce
from tests.story import story


@story
def campaign(cast, acting) -> Campaign:
    salesforce(cast)
    return launch(acting("carl"))


@story
def report(campaign) -> Report:
    return request_report(campaign, "campaign", by=SYSTEM)


def test_the_same_report_is_not_ordered_twice(campaign, report):
    assert request_report(campaign, "campaign", by=SYSTEM).id == report.id
    assert request_report(campaign, "pack", by=SYSTEM).id != report.id


def test_ordering_by_hand_takes_the_right_to_run_campaigns(campaign, acting):
    with pytest.raises(Denied):
        order_report(campaign, "campaign", by=acting("ada"))


def test_a_report_is_claimed_once(report):
    assert claim_report().id == report.id
    assert claim_report() is None


def test_a_report_whose_worker_was_killed_is_picked_up_again(report):
    claim_report()
    clock.shift(timedelta(seconds=31))
    again = claim_report()
    assert (again.id, again.attempts) == (report.id, 2)


def test_a_report_whose_worker_lives_is_left_alone(report):
    claim_report()
    clock.shift(timedelta(seconds=25))
    note_beat(report.id)
    clock.shift(timedelta(seconds=50))
    assert claim_report() is None


def test_a_report_that_kills_its_worker_every_time_is_given_up(report):
    for attempt in range(1, MOST_STARTS + 1):
        clock.shift(timedelta(minutes=attempt))
        assert give_up_reports(by=SYSTEM) == 0
        assert claim_report().attempts == attempt
    clock.shift(timedelta(minutes=MOST_STARTS + 1))
    assert give_up_reports(by=SYSTEM) == 1
    assert report.state is ReportState.FAILED
    assert "3 times a worker was lost while making this" in report.error


def test_a_worker_that_comes_back_from_the_dead_changes_nothing_any_more(report):
    slow = claim_report()
    clock.shift(timedelta(minutes=1))
    store_report(claim_report(), "x.pdf", [b"ours"], "application/pdf", by=SYSTEM)
    with pytest.raises(Stale):
        store_report(slow, "x.pdf", [b"theirs"], "application/pdf", by=SYSTEM)
    with pytest.raises(Stale):
        fail_report(slow, "The disk is full.", by=SYSTEM)
    assert (report.state, report.file.size) == (ReportState.READY, 4)
    stored = select(func.count()).where(TrailLine.verb == "report stored")
    assert db.session.scalar(stored) == 1


def test_a_failure_is_tried_again_twice_and_then_kept(report):
    for attempt in range(1, 4):
        fail_report(claim_report(), "The disk is full.", by=SYSTEM)
        expected = ReportState.FAILED if attempt == 3 else ReportState.QUEUED
        assert (report.state, report.error) == (expected, "The disk is full.")


def test_a_failed_report_can_be_tried_again(report, acting):
    fail_report(claim_report(), "no engine", for_good=True, by=SYSTEM)
    retry_report(report, by=acting("carl"))
    assert (report.state, report.attempts, report.error) == (ReportState.QUEUED, 0, "")


def test_progress_is_seen_and_leaves_no_line_in_the_trail(report):
    claim_report()
    before = db.session.scalar(select(func.count()).select_from(TrailLine))
    note_progress(report.id, "setting the pages", 3, 4)
    db.session.refresh(report)
    assert (report.step, report.done, report.total) == ("setting the pages", 3, 4)
    assert db.session.scalar(select(func.count()).select_from(TrailLine)) == before


def test_a_stored_report_can_be_downloaded_and_that_is_recorded(report, acting):
    with pytest.raises(IllegalMove):
        note_download(report, by=acting("ada"))
    store_report(claim_report(), "x.pdf", [b"a", b"b"], "application/pdf", by=SYSTEM)
    note_download(report, by=acting("ada"))
    line = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()
    assert (line.verb, line.actor_name) == ("report downloaded", "Ada Abbot")
    assert line.details["sha256"] == report.file.sha256
