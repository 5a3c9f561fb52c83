"""A due date that is moved, and a campaign that is closed before its end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from jobs.deadlines import mind_due_dates
from policies.deadlines import Undecided, is_late
from policies.errors import Denied, IllegalMove, Invalid
from policies.filters import Filter
from policies.lifecycle import CampaignState, ReviewState
from portal import clock
from portal.db import db
from portal.models import Decision, Letter, Report, TrailLine
from portal.queries.deadlines import spans_of
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.endings import close_campaign, extend_campaign
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start

LAUNCH = datetime(2026, 11, 23, 9, tzinfo=UTC)
DUE = datetime(2026, 12, 4, 16, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def at(moment):
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


def come(moment):
    at(moment)
    mind_due_dates()
    db.session.expire_all()


@pytest.fixture
def run(cast, acting):
    """A campaign of Carl's over Olive's Salesforce, which she has begun."""

    def run(**facts):
        at(LAUNCH)
        salesforce(cast)
        campaign = launch(acting("carl"), due_at=DUE, **facts)
        start(campaign, acting("olive"))
        return campaign

    return run


def letters(kind="deadline-ahead"):
    return db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)).all()


def decide(campaign, login, by, verdict=APPROVED):
    item = items_of(campaign.reviews[0])[login]
    return decide_item(item, verdict, version=item.version, by=by)


def test_extended_it_takes_decisions_again_and_whoever_owes_something_hears_why(run, acting, cast):
    campaign = run(undecided=Undecided.REJECT)
    at(DUE - DAY)
    assert extend_campaign(campaign, DUE + 5 * DAY, "Olive was ill", by=acting("carl")) == 2
    carls, hers = letters()
    assert (carls.person_id, hers.person_id) == (cast.carl.id, cast.olive.id)
    assert (
        "moved from Fri 4 Dec 2026, 16:00 UTC to Wed 9 Dec 2026, 16:00 UTC: Olive was ill"
    ) in hers.body
    assert "On Wed 9 Dec 2026, 16:00 UTC, 7 undecided accounts will be rejected." in hers.body
    assert "- Salesforce: 6 accounts to decide" in hers.body
    come(DUE + DAY)
    decide(campaign, "max", acting("olive"))
    come(DUE + 3 * DAY + MINUTE)
    assert len(letters()) == 4  # both again, Carl with what he owes and what he runs in one
    come(DUE + 5 * DAY + MINUTE)
    assert campaign.reviews[0].state is ReviewState.REMEDIATION
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "campaign extended")).one()
    assert line.details["why"] == "Olive was ill"
    assert (line.details["was"], line.details["due_at"]) == (
        "2026-12-04T16:00:00.000000+00:00",
        "2026-12-09T16:00:00.000000+00:00",
    )


def test_what_was_late_stays_late_and_what_follows_the_extension_is_in_time(run, acting):
    campaign = run(accepts_late=True)
    for days, login in ((-1, "max"), (1, "rita"), (3, "paula"), (8, "emil")):
        if days == 3:
            at(DUE + 2 * DAY)
            extend_campaign(campaign, DUE + 7 * DAY, "Nobody was ready", by=acting("carl"))
        at(DUE + timedelta(days=days))
        decide(campaign, login, acting("olive"))
    spans = spans_of(campaign)
    rows = db.session.scalars(select(Decision).order_by(Decision.id)).all()
    assert [is_late(row.decided_at, spans) for row in rows] == [False, True, False, True]
    approved = select(TrailLine).where(TrailLine.verb == "item approved").order_by(TrailLine.id)
    said = db.session.scalars(approved).all()
    assert ["late" in line.details for line in said] == [False, True, False, True]


def test_moved_to_less_than_two_days_ahead_the_letters_of_then_are_the_warning(run, acting):
    campaign = run(undecided=Undecided.REJECT)
    come(DUE - 2 * DAY)
    at(DUE - timedelta(hours=2))
    extend_campaign(campaign, DUE + timedelta(hours=5), "A little longer", by=acting("carl"))
    written = len(letters())
    come(DUE)
    assert len(letters()) == written
    come(DUE + timedelta(hours=5) - MINUTE)
    assert campaign.reviews[0].state is ReviewState.IN_REVIEW
    come(DUE + timedelta(hours=5) + MINUTE)
    assert campaign.reviews[0].state is ReviewState.REMEDIATION


@pytest.mark.parametrize(
    ("moment", "reason", "said"),
    [
        (DUE, "Why not", "Choose a moment after"),
        (DUE - DAY, "Why not", "Choose a moment after"),
        (DUE + 5000 * DAY, "Why not", "over ten years"),
        (DUE + DAY, "  ", "Say why"),
    ],
)
def test_it_is_extended_to_a_later_moment_and_for_a_reason(run, acting, moment, reason, said):
    campaign = run()
    with pytest.raises(Invalid, match=said):
        extend_campaign(campaign, moment, reason, by=acting("carl"))
    assert (campaign.due_at, campaign.extensions) == (DUE, [])


def test_closed_it_is_completed_and_says_what_was_left(run, acting):
    campaign = run()
    decide(campaign, "max", acting("olive"), REJECTED)
    at(DUE - DAY)
    close_campaign(campaign, "The application was sold", by=acting("alma"))
    (review,) = campaign.reviews
    assert (campaign.state, review.state) == (CampaignState.COMPLETED, ReviewState.CLOSED)
    assert (campaign.reason, campaign.closed_by) == ("The application was sold", "Alma Ahlgren")
    assert review.cancelled_reason == "In review: 6 of 7 accounts undecided."
    line = db.session.scalars(select(TrailLine).where(TrailLine.verb == "campaign closed")).one()
    assert (line.details["unfinished"], line.details["undecided"]) == (1, 6)
    kinds = db.session.scalars(select(Report.kind).order_by(Report.id)).all()
    assert kinds == ["review", "campaign", "pack"]
    come(DUE + DAY)
    assert review.state is ReviewState.CLOSED


def test_closed_or_cancelled_nothing_is_extended_or_closed_again(run, acting):
    campaign = run()
    with pytest.raises(Invalid, match="Say why"):
        close_campaign(campaign, " ", by=acting("carl"))
    close_campaign(campaign, "Enough", by=acting("carl"))
    for change in (
        lambda: close_campaign(campaign, "Again", by=acting("carl")),
        lambda: extend_campaign(campaign, DUE + DAY, "Again", by=acting("carl")),
    ):
        with pytest.raises(IllegalMove):
            change()


def test_only_whoever_runs_campaigns_extends_and_closes_them(run, acting):
    campaign = run()
    for who in ("ivan", "rhea", "ada", "olive"):
        with pytest.raises(Denied):
            extend_campaign(campaign, DUE + DAY, "Please", by=acting(who))
        with pytest.raises(Denied):
            close_campaign(campaign, "Please", by=acting(who))


def test_what_is_rejected_and_not_yet_gone_is_said_when_it_is_closed(run, acting):
    campaign = run(undecided=Undecided.REJECT)
    decide_view(campaign.reviews[0], Filter(), APPROVED, seen=0, by=acting("olive"))
    come(DUE - 2 * DAY)
    come(DUE + MINUTE)
    close_campaign(campaign, "The year is over", by=acting("carl"))
    assert campaign.reviews[0].cancelled_reason == (
        "In remediation: 1 account rejected, not verified to be gone."
    )
