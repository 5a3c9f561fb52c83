"""A finished campaign: two reviews, rejected access removed and verified, everything signed."""

import io
import zipfile
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from policies.filters import Filter
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Account, Campaign, Report, Review, Sync
from portal.queries.files import read_parts
from portal.queue import Job, enqueue
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.files import keep_file
from portal.usecases.freezing import start_review
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import sign_off, submit_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase
from tests.factories import (
    APPROVED,
    REJECTED,
    UNDECIDED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    salesforce,
)


@usecase
def receive_list(application, name, content, **facts):
    """An uploaded list, with its bytes kept."""
    sync = make_sync_row(application, name, content, **facts)
    record("list applied", sync, by=SYSTEM, sha256=sync.sha256)
    return sync


def make_sync_row(application, name, content, **facts):
    file = keep_file(name, [content], "text/csv")
    source_id = (
        db.session.query(Sync.source_id)
        .filter(Sync.source.has(instance_id=application.instances[0].id))
        .limit(1)
        .scalar()
    )
    sync = Sync(
        source_id=source_id,
        state="applied",
        file_id=file.id,
        file_name=name,
        sha256=file.sha256,
        size=file.size,
        by_name="Ivan Ilves",
        created_at=clock.now(),
        applied_at=clock.now(),
        **facts,
    )
    db.session.add(sync)
    db.session.flush()
    return sync


LATER = timedelta(days=2)  # when what was rejected is gone


@pytest.fixture
def finished(cast, acting, once):
    """Salesforce (7 accounts, 2 rejected and gone) and Figma (50 accounts, all approved)."""
    once("a finished campaign", lambda: _finish(cast, acting))
    enqueue(Job.RENDER_REPORTS)  # as its last step did
    clock.shift(LATER)
    campaign = db.session.scalars(select(Campaign)).one()
    reviews = {review.application.name.lower(): review for review in campaign.reviews}
    return SimpleNamespace(campaign=campaign, **reviews)


@pytest.fixture
def rendered(finished, run_jobs, once):
    """The same, and every report of it made."""
    once("its reports", run_jobs)
    clock.shift(LATER)


def _finish(cast, acting) -> None:
    sales, figma = salesforce(cast), make_application("Figma", cast.otto)
    make_sync(figma, rows_read=52, rows_applied=50, rows_skipped=2)
    before = receive_list(
        sales, "=salesforce.csv", b"login,status\r\nmax,active\r\n", rows_read=7, rows_applied=7
    )
    db.session.query(Account).filter(Account.application_id == sales.id).update(
        {"last_sync_id": before.id}
    )
    db.session.commit()
    for number in range(50):
        make_account(
            figma, f"user{number:02}@example.com", roles="Admin" if number < 3 else "Editor"
        )
    campaign = launch(acting("carl"), frameworks=("SOC 2 CC6.3", "ISO/IEC 27001 A.5.18"))
    reviews = {review.application.name: review for review in campaign.reviews}
    _review_salesforce(reviews["Salesforce"], acting)
    _review_figma(reviews["Figma"], acting)
    clock.shift(LATER)
    _remove(reviews["Salesforce"], sales, acting)


def _review_salesforce(review: Review, acting) -> None:
    olive, carl = acting("olive"), acting("carl")
    start_review(review, by=olive)
    items = items_of(review)
    for login in ("paula", "ghost"):
        decide_item(items[login], REJECTED, comment="=gone", version=0, by=olive)
    decide_item(items["max"], APPROVED, version=0, by=olive)
    decide_item(items["max"], UNDECIDED, version=1, by=olive)
    bulk = decide_view(review, Filter(), APPROVED, seen=9999, by=carl)
    undo_bulk(review, bulk.id, by=carl)
    for login in ("paula", "ghost"):
        item = items_of(review)[login]
        if item.verdict is not REJECTED:
            decide_item(item, REJECTED, comment="=gone", version=item.version, by=olive)
    for login in ("max", "rita", "emil", "sync-bot"):
        item = items_of(review)[login]
        decide_item(item, APPROVED, version=item.version, by=olive)
    own = items_of(review)["olive"]
    decide_item(own, APPROVED, comment="needed", version=own.version, by=carl)
    sign_off(review, by=olive)
    sign_off(review, by=carl)


def _review_figma(review: Review, acting) -> None:
    otto = acting("otto")
    start_review(review, by=otto)
    decide_view(review, Filter(), APPROVED, seen=9999, by=otto)
    sign_off(review, by=otto)
    submit_review(review, by=otto)


def _remove(review: Review, application, acting) -> None:
    after = receive_list(
        application, "after.csv", b"login,status\r\nmax,active\r\n", rows_read=5, rows_applied=5
    )
    kept = Account.login.not_in(["paula", "ghost"])
    db.session.query(Account).filter(Account.application_id == application.id, kept).update(
        {"last_sync_id": after.id}
    )
    db.session.commit()
    verify_against(after)
    submit_review(review, by=acting("olive"))


def content_of(report: Report) -> bytes:
    return b"".join(read_parts(report.file_id))


def unpacked(report: Report) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content_of(report)))
