"""Remediation: notes on what was removed, and verification on fresh lists."""

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true, update

from policies.errors import Invalid
from policies.lifecycle import REVIEW, RemovalState, ReviewState
from policies.permissions import CLEAR_ACCESS, SYSTEM, Actor, require
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Entitlement,
    Grant,
    Item,
    ItemGrant,
    Removal,
    Review,
    Source,
    Sync,
)
from portal.queries.removals import sizes_of, still_open
from portal.queries.reviews import open_reviews_of, removals_by_state
from portal.queries.settings import setting
from portal.usecases.removals import ask_to_remove
from portal.usecases.reviews import fail_review
from portal.usecases.saying import LONGEST_COMMENT, lock_review
from portal.usecases.trail import record
from portal.usecases.unit import usecase

REMOVING = (ReviewState.REMEDIATION, ReviewState.READY)


@usecase
def note_removal(removal: Removal, note: str, *, by: Actor) -> None:
    """Say what was done about one account to be removed, or reduced (a ticket, say)."""
    item = removal.item
    require(CLEAR_ACCESS, by, item.review)
    if item.review.state not in (*REMOVING, ReviewState.IN_REVIEW):
        raise Invalid(f"This review is {item.review.state.value}; notes are closed.")
    if len(note) > LONGEST_COMMENT:
        raise Invalid(f"The note is too long: {LONGEST_COMMENT:,} characters at most.")
    was, removal.note = removal.note, note.strip()
    removal.noted_by, removal.noted_at = by.name, clock.now()
    record("removal noted", item, by=by, was=was, note=removal.note, login=item.login)


@usecase
def verify_against(sync: Sync, *, by: Actor = SYSTEM) -> None:
    """Check every open removal of the application against a list that was just applied."""
    instance = sync.source.instance
    if instance is None:
        return
    for review in open_reviews_of(instance.application_id):
        remediation = review.remediation
        if remediation and sync.created_at > remediation.opened_at:
            _verify(review, sync, by)


@usecase
def remove_source(source: Source, reason: str, *, by: Actor) -> None:
    """Stop using a source. Reviews that are under way on it cannot be verified: they fail."""
    instance = source.instance
    if instance is None or source.removed_at:
        raise Invalid("This source cannot be removed.")
    source.removed_at = clock.now()
    record("source removed", source, by=by, why=reason, application=instance.application_id)
    for review in open_reviews_of(instance.application_id):
        if review.state is not ReviewState.PENDING:
            fail_review(review, f"Its source “{instance.name}” was removed: {reason}", by=by)


def _verify(review: Review, sync: Sync, by: Actor) -> None:
    lock_review(review)
    _compare(review, sync)
    assert review.remediation is not None  # noqa: S101  the caller looked
    review.remediation.verified_at = clock.now()
    counts = removals_by_state(review)
    left = sizes_of(*still_open(review))
    record(
        "removals verified",
        review,
        by=by,
        sync=sync.id,
        sha256=sync.sha256,
        complete=sync.is_complete,
        counts={state.value: count for state, count in counts.items()},
    )
    _move(review, left.total, by)
    if left.total:
        key = f"still-active:{review.id}:{sync.id}"
        ask_to_remove(review, "still-active", left, key=key, by=by)


def _compare(review: Review, sync: Sync) -> None:
    """policies.verification.removal_after and reduction_after, for every removal of the instance
    at once."""
    listed = Account.last_sync_id == sync.id
    inactive = func.lower(Account.status).in_(setting("no_access_words"))
    reduced = and_(Removal.is_whole.is_(False), ~_still_held())
    state = case(
        (listed & inactive, RemovalState.INACTIVE),
        (listed & reduced, RemovalState.REDUCED),
        (listed, RemovalState.ACTION_REQUIRED),
        else_=RemovalState.GONE,
    )
    proven = or_(~listed, inactive, reduced)
    now = clock.now()
    db.session.execute(
        update(Removal)
        .where(
            Removal.review_id == review.id,
            Item.id == Removal.item_id,
            Account.id == Item.account_id,
            Account.instance_id == sync.source.instance_id,
            or_(Removal.opened_at.is_(None), Removal.opened_at < sync.created_at),
            _says_something(listed, sync),
            or_(Removal.is_whole, ~listed, inactive, _tells(sync)),
        )
        .values(
            state=state,
            found_status=case((listed, Account.status), else_=""),
            checked_at=now,
            sync_id=case((proven, sync.id), else_=None),
            verified_at=case((proven, now), else_=None),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def _says_something(listed: ColumnElement[bool], sync: Sync) -> ColumnElement[bool]:
    """A list that was not complete says nothing about accounts that are not on it."""
    return listed if not sync.is_complete else or_(listed, ~listed)


def _still_held() -> ColumnElement[bool]:
    """One of the grants to be taken away is on the account."""
    return (
        select(ItemGrant.item_id)
        .join(Grant, Grant.account_id == Account.id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .where(
            ItemGrant.item_id == Removal.item_id,
            ItemGrant.taken_at.is_not(None),
            Entitlement.kind == ItemGrant.kind,
            Entitlement.name == ItemGrant.name,
        )
        .correlate(Removal, Account)
        .exists()
    )


def _tells(sync: Sync) -> ColumnElement[bool]:
    """The list has a column for each kind of grant to be taken away: else it shows nothing.

    What comes without columns brings all that it knows.
    """
    if not sync.mapping:
        return true()
    untold = (
        select(ItemGrant.item_id)
        .where(
            ItemGrant.item_id == Removal.item_id,
            ItemGrant.taken_at.is_not(None),
            ItemGrant.kind.not_in(sorted(set(sync.mapping.values()))),
        )
        .correlate(Removal)
    )
    return ~untold.exists()


def _move(review: Review, open_: int, by: Actor) -> None:
    if not open_ and review.state is ReviewState.REMEDIATION:
        review.state = REVIEW.after(review.state, "clear")
        assert review.remediation is not None  # noqa: S101  it is in remediation
        review.remediation.cleared_at = clock.now()
        record("review cleared", review, by=by)
    elif open_ and review.state is ReviewState.READY:
        review.state = REVIEW.after(review.state, "reopen_remediation")
        record("remediation reopened", review, by=by, active=open_)
