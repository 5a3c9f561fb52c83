"""Delegates: appointed, given what is to be done, and relieved of it when their time is over."""

from datetime import date

from sqlalchemy import and_, delete, select

from policies.delegation import check_delegate
from policies.errors import IllegalMove, Invalid
from policies.handing import checked_reason
from policies.lifecycle import ReviewState
from policies.permissions import ARRANGE_OWN, RUN_CAMPAIGNS, Actor, require
from portal import clock
from portal.db import db
from portal.models import Assignment, Delegation, Item, Person, Review, Reviewer
from portal.models.reassignment import Change
from portal.queries.delegations import basis_of, delegations, held_for
from portal.queries.reassigning import assigned_to, open_at
from portal.queries.reviewing import somebody
from portal.queue import Job, enqueue
from portal.usecases.handing import (
    begin_change,
    ensure_duty,
    hand_over,
    recount_duties,
    takeable,
    tell_taker,
)
from portal.usecases.saying import lock_review
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, usecase


@usecase
def appoint_delegate(
    person: Person, delegate: Person, days: tuple[date, date | None], reason: str, *, by: Actor
) -> Delegation:
    """Have `delegate` review for `person` from the first to the last of `days`.

    Everybody may for themselves; whoever runs campaigns, for anybody. One at a time.
    """
    require(ARRANGE_OWN if by.person_id == person.id else RUN_CAMPAIGNS, by, None)
    from_on, until_on = days
    check_delegate(somebody(person), somebody(delegate), delegate.name, days, clock.today())
    for each in delegations(person.id):
        if each.from_on <= (until_on or date.max) and from_on <= (each.until_on or date.max):
            raise Invalid(f"{each.delegate.name} stands in then already. End that first.")
    said = Delegation(
        person=person,
        delegate=delegate,
        from_on=from_on,
        until_on=until_on,
        reason=checked_reason(reason),
        by_name=by.name,
        created_at=clock.now(),
    )
    db.session.add(said)
    until = until_on.isoformat() if until_on else "open"
    record("delegate appointed", said, by=by, why=said.reason, from_on=from_on, until_on=until)
    after_commit(lambda: enqueue(Job.MIND_DELEGATES))
    return said


@usecase
def dismiss_delegate(delegation: Delegation, *, by: Actor) -> None:
    """End it now. What the delegate decided stays; what they did not sign off goes back."""
    is_own = by.person_id == delegation.person_id
    require(ARRANGE_OWN if is_own else RUN_CAMPAIGNS, by, None)
    if delegation.ended_at is not None:
        raise IllegalMove("This has ended already.")
    delegation.ended_at = clock.now()
    record("delegate dismissed", delegation, by=by)
    after_commit(lambda: enqueue(Job.MIND_DELEGATES))


@usecase
def give_to_delegate(review: Review, delegation: Delegation, *, by: Actor) -> None:
    """The delegate has what the person they stand in for has at the present level, beside them.

    Not what they may not decide, nor where several decide together: there it would be a vote more.
    """
    lock_review(review)
    person, taker, level = delegation.person, delegation.delegate, review.level
    if review.state is ReviewState.PENDING:
        if any((r.level, r.person_id) == (level, taker.id) for r in review.reviewers):
            return
        said = begin_change(
            (review, level), Change.DELEGATED, person.id, taker, _why(delegation), by
        )
        ensure_duty(review, level, taker.id, basis_of(delegation))
        tell_taker(said, by, kept=0)
        return
    theirs = and_(
        open_at(review, level), assigned_to(person.id, level), ~assigned_to(taker.id, level)
    )
    if review.state is not ReviewState.IN_REVIEW or review.is_joint:
        return
    if takeable(theirs, taker.id, level):
        said = begin_change(
            (review, level), Change.DELEGATED, person.id, taker, _why(delegation), by
        )
        hand_over(said, theirs, by, basis=basis_of(delegation))


@usecase
def take_from_delegate(review: Review, delegation: Delegation, *, by: Actor) -> None:
    """Their time is over: what they have not signed off is the other's alone again."""
    lock_review(review)
    theirs = select(Item.id).where(held_for(review, delegation))
    gone = and_(
        Assignment.level == review.level,
        Assignment.person_id == delegation.delegate_id,
        Assignment.item_id.in_(theirs),
    )
    if review.state is ReviewState.PENDING:
        _drop_duty(review, delegation)
    else:
        db.session.execute(
            delete(Assignment).where(gone).execution_options(synchronize_session=False)
        )
        recount_duties(review, review.level)
    record("delegate relieved", review, by=by, delegate=delegation.delegate_id, level=review.level)


def _drop_duty(review: Review, delegation: Delegation) -> None:
    db.session.execute(
        delete(Reviewer)
        .where(
            Reviewer.review_id == review.id,
            Reviewer.person_id == delegation.delegate_id,
            Reviewer.basis == basis_of(delegation),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.expire(review, ["reviewers"])


def _why(delegation: Delegation) -> str:
    return f"stands in for {delegation.person.name}: {delegation.reason}"
