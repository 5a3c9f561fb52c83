"""The due date: closed to the second, told two days ahead, and then done as was told."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from jobs.deadlines import mind_due_dates
from policies.deadlines import NOBODY, Undecided
from policies.errors import Denied
from policies.filters import Filter
from policies.lifecycle import CampaignState, RemovalState, ReviewState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Campaign, Decision, Letter, Removal, Report, SignOff
from portal.models.decision import How
from portal.queries.deadlines import deadline_of, reviews_to_end
from portal.queries.trail import first_broken_line
from portal.usecases.deadlines import end_by_rule, foretell_deadline, settle_deadline
from portal.usecases.decisions import decide_item, decide_view
from portal.usecases.reviews import sign_off
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
    start,
)

LAUNCH = datetime(2026, 11, 23, 9, tzinfo=UTC)
DUE = datetime(2026, 12, 4, 16, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOON = timedelta(hours=48)


def at(moment):
    clock.shift(timedelta())
    clock.shift(moment - clock.now())


def come(moment):
    """It is so late, and the clock has woken what it wakes."""
    at(moment)
    mind_due_dates()
    db.session.expire_all()


@pytest.fixture
def run(cast, acting):
    """A campaign of Carl's over Olive's Salesforce, due on 4 December at 17:00 in Berlin."""

    def run(undecided=Undecided.REJECT, **facts):
        at(LAUNCH)
        salesforce(cast)
        campaign = launch(acting("carl"), due_at=DUE, undecided=undecided, **facts)
        campaign.zone = "Europe/Berlin"
        db.session.commit()
        return campaign

    return run


def decide(review, login, verdict, by):
    item = items_of(review)[login]
    decide_item(item, verdict, version=item.version, by=by)


def letters(kind):
    found = db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id))
    return found.all()


def verdicts(review):
    return {login: item.verdict for login, item in items_of(review).items()}


def test_a_decision_is_taken_up_to_the_second_and_not_after_it(run, acting):
    review = start(run(Undecided.LEAVE), acting("olive"))
    at(DUE - timedelta(seconds=1))
    decide(review, "max", APPROVED, acting("olive"))
    at(DUE + timedelta(milliseconds=1))
    for verdict in (APPROVED, REJECTED):
        with pytest.raises(Denied, match="The due date has passed"):
            decide(review, "rita", verdict, acting("olive"))
    with pytest.raises(Denied, match="The due date has passed"):
        decide_view(review, Filter(), APPROVED, seen=99, by=acting("olive"))
    assert verdicts(review)["max"] is APPROVED


def test_two_days_ahead_whoever_owes_and_whoever_runs_it_are_told_in_words_and_numbers(
    run, acting, cast
):
    campaign = run()
    review = start(campaign, acting("olive"))
    decide(review, "max", APPROVED, acting("olive"))
    come(DUE - SOON - MINUTE)
    assert letters("deadline-ahead") == []
    come(DUE - SOON + MINUTE)
    come(DUE - SOON + 2 * MINUTE)
    told = {letter.person_id: letter.body for letter in letters("deadline-ahead")}
    assert len(letters("deadline-ahead")) == 2
    said = "On Fri 4 Dec 2026, 17:00 CET, 6 undecided accounts will be rejected."
    assert all(said in body for body in told.values())
    assert "- Salesforce: 5 accounts to decide" in told[cast.olive.id]
    assert "- Salesforce: 6 accounts, undecided" in told[cast.carl.id]
    assert "- Yours: Salesforce: 1 account to decide" in told[cast.carl.id]
    assert deadline_of(campaign).sentence == said
    assert deadline_of(campaign).is_soon


def test_at_the_due_date_what_nobody_decided_is_rejected_and_is_to_be_removed(run, acting):
    campaign = run()
    review = start(campaign, acting("olive"))
    decide(review, "max", APPROVED, acting("olive"))
    come(DUE - SOON)
    come(DUE - timedelta(seconds=1))
    assert review.state is ReviewState.IN_REVIEW
    come(DUE + MINUTE)
    assert review.state is ReviewState.REMEDIATION
    found = verdicts(review)
    assert found.pop("max") is APPROVED
    assert set(found.values()) == {REJECTED}
    ruled = db.session.scalars(select(Decision).where(Decision.how == How.POLICY)).all()
    assert {(d.by_name, d.by_person_id) for d in ruled} == {(NOBODY, None)}
    assert {d.comment for d in ruled} == {
        "Not decided by Fri 4 Dec 2026, 17:00 CET; rejected by the rule of the campaign."
    }
    assert db.session.scalar(select(func.count()).select_from(Removal)) == 6
    (said,) = db.session.scalars(select(SignOff))
    assert said.person is None
    assert said.statement == (
        "Nobody attested this. When the due date came, Fri 4 Dec 2026, 17:00 CET, the campaign's "
        "rule closed 7 accounts. It rejected 6, on which nobody had decided. 1 stands as its "
        "reviewer decided, who did not sign it off."
    )
    (told,) = letters("attention")
    assert "6 undecided accounts: rejected by the campaign's rule" in told.body
    assert len(letters("remediation")) == 1


def test_done_twice_or_by_two_at_once_it_is_done_once(run, acting):
    campaign = run()
    review = start(campaign, acting("olive"))
    foretell = [foretell_deadline(campaign, by=SYSTEM) for _ in range(2) if not at(DUE - SOON)]
    at(DUE + MINUTE)
    settle_deadline(campaign, by=SYSTEM)
    for _ in range(2):
        settle_deadline(campaign, by=SYSTEM)
        end_by_rule(review, by=SYSTEM)
        mind_due_dates()
    assert foretell
    assert len(letters("attention")) == 1
    assert db.session.scalar(select(func.count()).select_from(Decision)) == 7
    assert first_broken_line() is None


def test_what_a_reviewer_signed_stays_theirs_and_only_the_rest_is_closed_by_the_rule(run, acting):
    campaign = run()
    review = start(campaign, acting("olive"))
    decide_view(review, Filter(), APPROVED, seen=0, by=acting("olive"))
    sign_off(review, by=acting("olive"))
    come(DUE - SOON)
    come(DUE + MINUTE)
    hers, nobodys = db.session.scalars(select(SignOff).order_by(SignOff.id))
    assert (hers.items, hers.person.name) == (6, "Olive Owens")
    assert (nobodys.items, nobodys.rejected) == (1, 1)
    assert verdicts(review)["olive"] is REJECTED  # her own account, which Carl was asked about


def test_a_review_nobody_began_is_rejected_as_its_list_is_then(run):
    campaign = run()
    come(DUE - SOON)
    review = campaign.reviews[0]
    come(DUE + MINUTE)
    assert review.state is ReviewState.ERROR  # its list is eleven days old
    assert review.error.startswith("Nobody had started it by Fri 4 Dec 2026, 17:00 CET")


def test_a_review_nobody_began_on_a_fresh_list_is_frozen_and_rejected(run):
    campaign = run()
    come(DUE - SOON)
    make_sync(campaign.reviews[0].application)
    come(DUE + MINUTE)
    review = campaign.reviews[0]
    assert review.state is ReviewState.REMEDIATION
    assert set(verdicts(review).values()) == {REJECTED}
    assert len(letters("invitation")) == 1  # the one of the launch


def test_reviews_expire_with_what_was_decided_and_their_evidence_is_made(run, acting):
    campaign = run(Undecided.EXPIRE)
    review = start(campaign, acting("olive"))
    decide(review, "max", APPROVED, acting("olive"))
    come(DUE - SOON)
    come(DUE + MINUTE)
    assert (review.state, campaign.state) == (ReviewState.EXPIRED, CampaignState.EXPIRED)
    assert review.cancelled_reason == (
        "6 of 7 accounts were undecided on Fri 4 Dec 2026, 17:00 CET."
    )
    assert verdicts(review)["max"] is APPROVED
    assert verdicts(review)["rita"] is UNDECIDED
    kinds = db.session.scalars(select(Report.kind).order_by(Report.id)).all()
    assert kinds == ["review", "campaign", "pack"]


def test_a_review_that_was_decided_does_not_expire_and_can_still_be_signed(run, acting):
    campaign = run(Undecided.EXPIRE)
    review = start(campaign, acting("olive"))
    for who in ("olive", "carl"):
        decide_view(review, Filter(), APPROVED, seen=99, by=acting(who))
    come(DUE - SOON)
    come(DUE + MINUTE)
    assert review.state is ReviewState.IN_REVIEW
    sign_off(review, by=acting("carl"))
    assert items_of(review)["max"].signed_off


def test_left_open_nothing_happens_but_that_it_is_said(run, acting):
    campaign = run(Undecided.LEAVE)
    review = start(campaign, acting("olive"))
    come(DUE - SOON)
    come(DUE + MINUTE)
    assert review.state is ReviewState.IN_REVIEW
    assert set(verdicts(review).values()) == {UNDECIDED}
    (told,) = letters("attention")
    assert "7 undecided accounts: left open" in told.body
    assert campaign.settled_for == DUE


def test_what_ended_while_the_machine_was_down_is_not_foretold(run, acting):
    campaign = run(Undecided.LEAVE)
    start(campaign, acting("olive"))
    come(DUE + 3 * HOUR)
    assert letters("deadline-ahead") == []
    assert "7 undecided accounts: left open" in letters("attention")[0].body
    assert campaign.settled_for == DUE


def test_nobody_is_dealt_with_unwarned_though_the_machine_was_down(run, acting):
    campaign = run()
    review = start(campaign, acting("olive"))
    come(DUE + 3 * HOUR)
    told = letters("deadline-ahead")
    assert len(told) == 2
    assert {letter.subject for letter in told} == {
        f"{campaign.name} ends Sun 6 Dec 2026, 20:00 CET"
    }
    assert "The due date was Fri 4 Dec 2026, 17:00 CET; no decision" in told[0].body
    assert review.state is ReviewState.IN_REVIEW
    with pytest.raises(Denied):
        decide(review, "max", APPROVED, acting("olive"))
    assert deadline_of(campaign).sentence == (
        "On Sun 6 Dec 2026, 20:00 CET, 7 undecided accounts will be rejected."
    )
    come(DUE + 50 * HOUR)
    assert review.state is ReviewState.IN_REVIEW
    come(DUE + 51 * HOUR + MINUTE)
    assert review.state is ReviewState.REMEDIATION


def test_who_is_told_late_reads_until_when_they_decide_and_when_the_rule_acts(run, acting):
    campaign = run()
    start(campaign, acting("olive"))
    come(DUE - 24 * HOUR)
    told = letters("deadline-ahead")[0]
    assert told.subject == f"{campaign.name} ends Fri 4 Dec 2026, 17:00 CET"
    assert "On Sat 5 Dec 2026, 17:00 CET, 7 undecided accounts will be rejected." in told.body
    assert "accepted until the due date, Fri 4 Dec 2026, 17:00 CET." in told.body


def test_every_level_that_is_undecided_is_closed_one_after_the_other(run, acting):
    campaign = run()
    review = start(campaign, acting("olive"))
    review.levels = 2
    db.session.commit()
    decide(review, "max", APPROVED, acting("olive"))
    come(DUE - SOON)
    assert deadline_of(campaign).left.accounts == 7
    come(DUE + MINUTE)
    assert review.state is ReviewState.REMEDIATION
    assert set(verdicts(review).values()) == {REJECTED}
    levels = db.session.execute(select(SignOff.level, SignOff.items).order_by(SignOff.id)).all()
    assert [tuple(row) for row in levels] == [(1, 7), (2, 1)]


def test_no_review_that_is_open_when_all_is_settled_is_looked_for_again(run, acting):
    campaign = run()
    start(campaign, acting("olive"))
    come(DUE - SOON)
    come(DUE + MINUTE)
    assert list(reviews_to_end()) == []
    removal = db.session.scalars(select(Removal.state).distinct()).all()
    assert removal == [RemovalState.ACTION_REQUIRED]


def test_it_asks_no_more_for_more_accounts(cast, acting, counting):
    counts = []
    for size in (10, 200):
        at(LAUNCH)
        application = make_application(f"With {size}", cast.olive)
        make_sync(application)
        for number in range(size):
            make_account(application, f"login{number}", roles="User")
        chosen = [[["name", "is", application.name]]]
        facts = {"undecided": Undecided.REJECT, "application_filter": chosen}
        review = start(launch(acting("carl"), due_at=DUE, **facts), acting("olive"))
        come(DUE - SOON)
        at(DUE + MINUTE)
        with counting() as asked:
            mind_due_dates()
        assert set(verdicts(review).values()) == {REJECTED}
        counts.append(asked.count)
    assert counts[0] == counts[1]


def test_late_decisions_and_a_rule_for_what_is_undecided_do_not_go_together(run):
    with pytest.raises(Exception, match="Late decisions are taken only where"):
        run(Undecided.REJECT, accepts_late=True)
    assert db.session.scalars(select(Campaign)).all() == []
