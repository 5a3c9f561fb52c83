"""A review of two levels, and everything anybody may try in it, in any order.

test_any_order.py lets Hypothesis drive it. Each rule tries something with the real use-cases; a
refusal is an answer like any other. After each step everything that must always hold is checked.
"""

from dataclasses import replace
from datetime import timedelta

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import delete, select

from jobs.campaigns import launch_due_campaigns
from jobs.deadlines import mind_due_dates
from jobs.reviewers import mind_delegates
from policies.assignment import Basis, By, Level, Reviewing
from policies.care import Care
from policies.deadlines import Undecided
from policies.errors import Refusal
from policies.filters import Condition, Filter, Op
from policies.lifecycle import Verdict
from policies.permissions import SYSTEM
from policies.planting import Planting, planted_in
from policies.timing import Timing
from portal import clock
from portal.db import db
from portal.models import Account, Campaign, Entitlement, Grant, Review
from portal.queries.bulks import last_bulk
from portal.queries.care import sample_for
from portal.queries.reassigning import Chosen
from portal.queries.taking import may_lose
from portal.usecases.campaigns import draft_campaign
from portal.usecases.decisions import change_item, decide_item, decide_view, undo_bulk
from portal.usecases.delegating import appoint_delegate
from portal.usecases.endings import extend_campaign
from portal.usecases.looking import draw_second_look, look_again
from portal.usecases.preparing import launch_prepared, prepare_campaign
from portal.usecases.reassigning import reassign_items
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import items_of, make_sync, plan, salesforce, start
from tests.usecases.always import Always

PEOPLE = ("alma", "carl", "olive", "rita", "otto", "max", "rufus", "rhea")
LOGINS = ("max", "rita", "paula", "emil", "olive", "sync-bot", "ghost", "nquillard")
REST = Filter(((Condition("verdict", Op.IS, "undecided"),),))
who, login = st.sampled_from(PEOPLE), st.sampled_from(LOGINS)
said = st.sampled_from([Verdict.APPROVED, Verdict.REJECTED, Verdict.UNDECIDED])


def arrange(cast, acting) -> None:
    """Olive's Salesforce, then Carl, in preparation; one approval is looked at again; undecided is
    rejected; one account is planted."""
    salesforce(cast)
    levels = (Level((Basis(By.OWNER),)), Level((Basis(By.NAMED, (cast.carl.id,)),)))
    remover = (Basis(By.NAMED, (cast.rufus.id,)),)
    care = Care(second_look=1, planting=Planting(planted_in(["Nadia Quillard"]), least=5))
    reviewing = replace(Reviewing(levels, remediation=remover), care=care)
    facts = {"reviewing": reviewing, "undecided": Undecided.REJECT, "timing": Timing().as_data()}
    campaign = draft_campaign(plan(**facts), by=acting("alma"))
    prepare_campaign(campaign, by=acting("alma"))
    start(campaign, acting("alma"))


class RandomReview(RuleBasedStateMachine):
    def __init__(self, cast, acting) -> None:
        super().__init__()
        self.cast, self.acting, self.passed = cast, acting, timedelta()
        self.review = db.session.scalars(select(Review)).one()
        self.always = Always(self.review)

    def attempt(self, deed, *args, **said):
        """Do it, or be refused: then nothing may have changed."""
        try:
            return deed(*args, **said)
        except Refusal:
            db.session.rollback()
            return None

    @rule(who=who, login=login, said=said, comment=st.sampled_from(["", "why"]))
    def decide(self, who, login, said, comment):
        item = items_of(self.review)[login]
        by = self.acting(who)
        self.attempt(decide_item, item, said, comment=comment, version=item.version, by=by)

    @rule(who=who, login=login, nth=st.integers(0, 1))
    def change(self, who, login, nth):
        item = items_of(self.review)[login]
        takes, by = may_lose(item)[nth : nth + 1], self.acting(who)
        self.attempt(change_item, item, takes, version=item.version, by=by)

    @rule(who=who, said=said)
    def decide_all(self, who, said):
        by = self.acting(who)
        self.attempt(decide_view, self.review, Filter(), said, seen=10**9, by=by)

    @rule(who=who)
    def undo(self, who):
        by = self.acting(who)
        if bulk := last_bulk(self.review, by):
            self.attempt(undo_bulk, self.review, bulk.id, by=by)

    @rule(who=who)
    def look(self, who):
        by = self.acting(who)
        self.attempt(draw_second_look, self.review, by=by)
        left = {item.id: Verdict.APPROVED for item in sample_for(self.review, by).left}
        self.attempt(look_again, self.review, left, {}, by=by)

    @rule(who=who)
    def sign(self, who):
        self.attempt(sign_off, self.review, by=self.acting(who))

    @rule()
    def launch(self):
        self.attempt(launch_prepared, self.review.campaign, by=self.acting("alma"))
        launch_due_campaigns()

    @rule()
    def finish_the_level(self):
        """What takes long to happen by chance: all of it decided, and signed off."""
        self.launch()
        for first in ("carl", "alma", "olive"):
            by = self.acting(first)
            self.attempt(decide_view, self.review, REST, Verdict.APPROVED, seen=10**9, by=by)
        for first in ("carl", "alma", "olive"):
            self.look(first)
            self.sign(first)

    @rule(giver=who, taker=who, login=login)
    def hand_over(self, giver, taker, login):
        chosen = Chosen(Filter(), ids=[items_of(self.review)[login].id])
        to, by = getattr(self.cast, taker), self.acting(giver)
        self.attempt(reassign_items, self.review, chosen, to, "busy", by=by)

    @rule(person=who, delegate=who)
    def delegate(self, person, delegate):
        days, by = (clock.today(), None), self.acting(person)
        people = getattr(self.cast, person), getattr(self.cast, delegate)
        self.attempt(appoint_delegate, *people, days, "away", by=by)
        self.attempt(mind_delegates)

    @rule(gone=st.sets(login, max_size=3), complete=st.booleans(), reduced=st.booleans())
    def upload(self, gone, complete, reduced):
        """A fresh list, perhaps without some of them, perhaps without any role of Rita."""
        mapping = {"Login": "login", "Role": "role"}
        sync = make_sync(self.review.application, mapping=mapping, is_complete=complete)
        for account in db.session.scalars(select(Account)):
            account.last_sync_id = None if account.login in gone else sync.id
        if reduced:
            roles = select(Entitlement.id)
            rita = select(Account.id).where(Account.login == "rita")
            lost = Grant.account_id.in_(rita), Grant.entitlement_id.in_(roles)
            db.session.execute(delete(Grant).where(*lost))
        db.session.commit()
        self.attempt(verify_against, sync, by=SYSTEM)

    @rule(days=st.sampled_from([1, 1, 1, 5, 15]))
    def wait(self, days):
        self.passed += timedelta(days=days)
        clock.shift(self.passed)
        mind_due_dates()

    @rule()
    def extend(self):
        campaign = db.session.scalars(select(Campaign)).one()
        due = clock.now() + timedelta(days=7)
        self.attempt(extend_campaign, campaign, due, "holidays", by=self.acting("alma"))

    @rule(who=who)
    def submit(self, who):
        self.attempt(submit_review, self.review, by=self.acting(who))

    @invariant()
    def all_is_as_it_must_be(self):
        db.session.expire_all()
        self.always.check()

    def teardown(self):
        event(f"ended {db.session.get_one(Review, self.always.review_id).state.value}")
        clock.shift(timedelta())
        db.session.rollback()
