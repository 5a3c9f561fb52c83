"""What must hold of a review whatever anybody does, asked of the rows themselves."""

from collections import Counter, defaultdict

from sqlalchemy import select

from policies.deadlines import is_late
from policies.grants import grant_text
from policies.lifecycle import LOSING, ReviewState, Verdict
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal.db import db
from portal.models import (
    Assignment,
    Decision,
    Item,
    ItemGrant,
    Letter,
    Removal,
    Review,
    Reviewer,
    SignOff,
    TrailLine,
)
from portal.models.decision import How
from portal.queries.deadlines import spans_of
from portal.queries.items import Progress, progress_of, progress_seen_by
from portal.queries.trail import first_broken_line

NOBODY = Actor(0, "Somebody who reads", {Scope.REVIEWS: Access.READ})


class Always:
    """Remembers how the review stood after the step before."""

    def __init__(self, review: Review) -> None:
        self.review_id = review.id
        self.accounts = {item.account_id for item in self._items()}
        self.stood: dict[int, tuple[int, bool]] = {}
        self.latest = self.lines = 0
        self._remember()

    def check(self) -> None:
        items, decisions = self._items(), self._decisions()
        assert {item.account_id for item in items} == self.accounts, "an item was lost"
        self._check_new(items, [d for d in decisions if d.id > self.latest])
        _check_standing(items, decisions)
        _check_reviewers(self.review_id, items)
        _check_levels(db.session.get_one(Review, self.review_id), items)
        _check_removals(db.session.get_one(Review, self.review_id), items)
        _check_counts(db.session.get_one(Review, self.review_id), items)
        _check_secrecy(db.session.get_one(Review, self.review_id).campaign)
        assert first_broken_line() is None, "the trail is broken"
        self._remember()

    def _check_new(self, items, new) -> None:
        """No decision after a sign-off or the due date, none on own access, none untold."""
        owners = {item.id: item.person_id for item in items}
        spans = spans_of(db.session.get_one(Review, self.review_id).campaign)
        for each in new:
            level, signed = self.stood[each.item_id]
            assert each.level > level or not signed, "decided after the sign-off"
            assert each.how is How.POLICY or not is_late(each.decided_at, spans), "decided late"
            own = each.by_person_id is not None and each.by_person_id == owners[each.item_id]
            assert not own, "decided on own access"
        assert not new or self._count_lines() > self.lines, "decided without a line in the trail"

    def _remember(self) -> None:
        self.stood = {item.id: (item.level, item.signed_off) for item in self._items()}
        self.latest = max((each.id for each in self._decisions()), default=0)
        self.lines = self._count_lines()

    def _items(self):
        query = select(Item).where(Item.review_id == self.review_id).order_by(Item.id)
        return db.session.scalars(query).all()

    def _decisions(self):
        query = select(Decision).where(Decision.review_id == self.review_id).order_by(Decision.id)
        return db.session.scalars(query).all()

    def _count_lines(self) -> int:
        return len(db.session.scalars(select(TrailLine.id)).all())


def _check_standing(items, decisions) -> None:
    """One decision stands on each item: the last, at its level; each names what stood before."""
    by_item = defaultdict(list)
    for each in decisions:
        before = [d for d in by_item[each.item_id] if d.level == each.level]
        assert each.was is (before[-1].verdict if before else Verdict.UNDECIDED)
        assert bool(each.takes) == (each.verdict is Verdict.CHANGED)
        by_item[each.item_id].append(each)
    taken = _taken(items)
    for item in items:
        last = {each.level: each for each in by_item[item.id]}
        here = last.get(item.level)
        assert item.verdict is (here.verdict if here else Verdict.UNDECIDED)
        assert item.decision_id == (by_item[item.id][-1].id if by_item[item.id] else None)
        takes = sorted(name for each in last.values() for name in each.takes)
        assert taken[item.id] == takes, "what goes is not what the decisions say"


def _taken(items):
    found = defaultdict(list)
    query = select(ItemGrant).where(ItemGrant.item_id.in_([item.id for item in items]))
    for each in db.session.scalars(query.where(ItemGrant.taken_at.is_not(None))):
        found[each.item_id].append(grant_text(each.kind, each.name))
    return defaultdict(list, {key: sorted(names) for key, names in found.items()})


def _check_reviewers(review_id, items) -> None:
    """Nobody has their own access, or one item at two levels; the counts are right."""
    held = Counter()
    seen = set()
    owners = {item.id: item.person_id for item in items}
    for each in db.session.scalars(select(Assignment).where(Assignment.item_id.in_(owners))):
        assert each.person_id != owners[each.item_id], "assigned their own access"
        assert (each.item_id, each.person_id) not in seen, "one item at two levels"
        seen.add((each.item_id, each.person_id))
        held[each.person_id, each.level] += 1
    query = select(Reviewer).where(Reviewer.review_id == review_id)
    said = {(r.person_id, r.level): r.items for r in db.session.scalars(query) if r.items}
    assert said == dict(held), "a reviewer's count is not a recount"


def _check_levels(review, items) -> None:
    """Strictly in order: what is left below was rejected there, or planted, and closed."""
    for item in items:
        assert item.level <= review.level
        if item.level < review.level:
            assert item.signed_off
            assert item.is_planted or item.verdict is Verdict.REJECTED
        assert not item.is_planted or item.level == 1, "a planted account went up"
    signed = db.session.scalars(select(SignOff.level).where(SignOff.review_id == review.id)).all()
    assert list(signed) == sorted(signed), "levels were signed off out of order"
    if review.state is not ReviewState.IN_REVIEW:
        assert all(item.signed_off for item in items)


def _check_removals(review, items) -> None:
    """What is to be removed is asked for: once its level is closed, and nothing else."""
    removals = {r.item_id: r for r in db.session.scalars(select(Removal))}
    over = review.state is not ReviewState.IN_REVIEW
    for item in items:
        closed = item.is_reduced or item.level < review.level or (over and item.verdict in LOSING)
        asked = closed and not item.is_planted
        assert (item.id in removals) == asked, "asked for what stays, or not for what goes"
        if item.id in removals and (over or item.level < review.level):
            assert removals[item.id].is_whole == (item.verdict is Verdict.REJECTED)
    if review.state in (ReviewState.READY, ReviewState.COMPLETED):
        assert all(r.state.value != "action required" for r in removals.values())


def _check_secrecy(campaign) -> None:
    """Before the launch nobody is written to, and nothing is closed."""
    if not campaign.is_prepared:
        return
    assert not db.session.scalars(select(Letter.id)).all(), "somebody was told before the launch"
    assert not db.session.scalars(select(SignOff.id)).all(), "signed off before the launch"


def _check_counts(review, items) -> None:
    """What is counted in the database is what one counts by hand."""
    counted = Progress(
        len(items),
        sum(item.verdict is Verdict.APPROVED for item in items),
        sum(item.verdict is Verdict.REJECTED for item in items),
        sum(item.signed_off for item in items),
        sum(item.is_privileged for item in items),
        sum(item.verdict is Verdict.CHANGED for item in items),
    )
    assert progress_of(Item.review_id == review.id) == counted
    if review.level == 1:
        assert progress_seen_by(NOBODY, review) == counted
