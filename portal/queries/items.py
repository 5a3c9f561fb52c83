"""Finding items: whose they are, which are in view, and how far they are."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from policies.filters import Field, Filter
from policies.lifecycle import ReviewState, Verdict
from policies.permissions import Actor
from policies.picks import Picked
from policies.scopes import Access, Scope
from portal.db import db
from portal.memo import once
from portal.models import Assignment, Item, Review, Reviewer
from portal.queries.filters import where
from portal.queries.item_fields import decided_by, slots_of, usual_fields
from portal.queries.order import off_index
from portal.queries.taking import losing


class Share(Enum):
    """How much of a review is somebody's."""

    ALL = "all"
    ALL_BUT_OWN = "all but their own access"
    SOME = "some"
    REJECTED = "what was rejected"
    NONE = "nothing"


@dataclass(frozen=True)
class Progress:
    """How many items there are, and where they stand."""

    total: int = 0
    approved: int = 0
    rejected: int = 0
    signed_off: int = 0
    privileged: int = 0
    changed: int = 0

    def __sub__(self, other: "Progress") -> "Progress":
        return Progress(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def decided(self) -> int:
        return self.approved + self.rejected + self.changed

    @property
    def undecided(self) -> int:
        return self.total - self.decided

    @property
    def signed(self) -> tuple[int, int, int, int]:
        """What a statement says of them: all, approved, rejected, changed."""
        return self.total, self.approved, self.rejected, self.changed


def seen_share(actor: Actor, review: Review) -> Share:
    """How much of a review `actor` sees."""
    if actor.has(Scope.REVIEWS, Access.READ):
        return Share.ALL
    mine = [r for r in _duties(actor, review) if r.level <= review.level]
    if mine:
        return _share(actor, review, mine)
    clears = actor.person_id == review.remediation_owner_id and review.is_clearing
    return Share.REJECTED if clears and actor.person_id else Share.NONE


def items_seen_by(actor: Actor, review: Review) -> ColumnElement[bool]:
    """The condition that an item of `review` is one `actor` may see (SEE_ITEM in SQL)."""
    share = seen_share(actor, review)
    if share is Share.REJECTED:
        return and_(items_of(review), losing())
    if share is Share.ALL:
        return items_of(review)
    if share is Share.ALL_BUT_OWN:
        return and_(items_of(review), _not_own(actor))
    begun = and_(items_of(review), _assigned(actor, below=review.level))
    return begun if share is Share.SOME else false()


def items_decided_by(actor: Actor, review: Review) -> ColumnElement[bool]:
    """The condition that `actor` may decide an item now (DECIDE_ITEM in SQL)."""
    share = _present_share(actor, review)
    return and_(
        items_of(review),
        Item.level == review.level,
        Item.signed_off.is_(False),
        _not_own(actor),
        _assigned(actor, Item.level) if share is Share.SOME else true(),
    )


def item_columns(
    fields: Mapping[str, Field], review: Review, actor: Actor | None = None
) -> dict[str, Any]:
    """The column or expression behind each field, attributes of the lists included.

    `actor` is whom "me" stands for.
    """
    slots = slots_of(review)
    columns: dict[str, Any] = {}
    for key in fields:
        if key in slots:
            columns[key] = slots[key]
        elif key.startswith("a."):
            columns[key] = func.coalesce(Item.attributes[key[2:]].as_string(), "")
        elif key.startswith("p."):
            columns[key] = func.coalesce(Item.person_attributes[key[2:]].as_string(), "")
        elif key == "decided_by":
            columns[key] = decided_by(actor.person_id if actor else None)
        else:
            columns[key] = getattr(Item, key)
    return columns


def fields_of(review: Review) -> dict[str, Field]:
    """Everything the items of `review` can be filtered, sorted and shown by."""
    fields = usual_fields(review)
    labels: dict[str, str] = review.application.column_labels
    renamed = {key: replace(fields[key], label=labels[key]) for key in labels if key in fields}
    return fields | renamed


def in_view(review: Review, chosen: Filter, actor: Actor) -> ColumnElement[bool]:
    """Exactly the items that the filtered table shows to `actor`, on all its pages.

    What lower levels rejected is not shown to those above, unless they ask for it by level.
    """
    seen = items_seen_by(actor, review)
    if hides_below(review, chosen, actor):
        seen = and_(seen, Item.level == review.level)
    if not chosen:
        return seen
    if isinstance(chosen, Picked):
        return and_(seen, Item.id.in_(chosen.ids))
    fields = fields_of(review)
    return and_(seen, where(chosen, fields, item_columns(fields, review, actor)))


def hides_below(review: Review, chosen: Filter, actor: Actor) -> bool:
    """Whether the table leaves out what never came up to the present level."""
    if review.level == 1 or "level" in chosen.fields or review.state is not ReviewState.IN_REVIEW:
        return False
    runs = actor.has(Scope.REVIEWS, Access.READ)
    return runs or any(r.level == review.level for r in _duties(actor, review))


def progress_seen_by(actor: Actor, review: Review) -> Progress:
    """How far the items are that `actor` sees; above the first level, how far that level is."""
    if hides_below(review, Filter(), actor):
        return progress_of(in_view(review, Filter(), actor))
    share = seen_share(actor, review)
    if share is Share.ALL:
        return _progress_of_all(review)
    if share is Share.ALL_BUT_OWN:
        return _progress_of_all(review) - progress_of(_own(actor, review))
    return progress_of(items_seen_by(actor, review))


def progress_of(condition: ColumnElement[bool]) -> Progress:
    """Count the items under `condition` by where they stand."""
    rows = db.session.execute(
        select(Item.verdict, Item.signed_off, Item.is_privileged, func.count())
        .where(condition)
        .group_by(Item.verdict, Item.signed_off, Item.is_privileged)
    ).all()
    return Progress(
        total=sum(n for *_, n in rows),
        approved=sum(n for v, _, _, n in rows if v is Verdict.APPROVED),
        rejected=sum(n for v, _, _, n in rows if v is Verdict.REJECTED),
        signed_off=sum(n for _, signed, _, n in rows if signed),
        privileged=sum(n for _, _, privileged, n in rows if privileged),
        changed=sum(n for v, _, _, n in rows if v is Verdict.CHANGED),
    )


def left_for(actor: Actor, review: Review, whole: Progress) -> Progress:
    """The items that `actor` may decide now, counted; `whole` are all they see."""
    if review.state is not ReviewState.IN_REVIEW:
        return Progress()
    untouched = review.level == 1 and not whole.signed_off
    if not untouched or _present_share(actor, review) is Share.SOME:
        return progress_of(items_decided_by(actor, review))
    # What is left is what they see, less their own, which only those who run reviews see.
    runs = actor.has(Scope.REVIEWS, Access.READ)
    return whole - progress_of(_own(actor, review)) if runs else whole


def unassigned_items(review: Review) -> ColumnElement[bool]:
    """Items of the present level that nobody is assigned to."""
    assigned = exists().where(Assignment.item_id == Item.id, Assignment.level == Item.level)
    return and_(Item.review_id == review.id, Item.signed_off.is_(False), ~assigned)


def latest_decision_in(condition: ColumnElement[bool]) -> int:
    """The id of the newest decision on the items under `condition`; 0 for none."""
    return db.session.scalar(select(func.max(Item.decision_id)).where(condition)) or 0


def items_of(review: Review) -> ColumnElement[bool]:
    """The items of a review, by the range of ids that its freeze gave them.

    They lie together, so this reads straight ahead, several times faster than by way of an
    index; `off_index` keeps SQLite from taking one nevertheless. Not BETWEEN: it would
    prefer it to a narrower bound (portal.queries.item_pages).
    """
    first, last = review.frozen.get("first", 0), review.frozen.get("last", 0)
    return and_(Item.id >= first, Item.id <= last, off_index(Item.review_id) == review.id)


def _progress_of_all(review: Review) -> Progress:
    """As `progress_of`; only what is decided is counted, in an index that holds all of it."""

    def count(*conditions: ColumnElement[bool]) -> Any:
        return select(func.count(Item.id)).where(Item.review_id == review.id, *conditions)

    approved = count(Item.verdict == Verdict.APPROVED).scalar_subquery()
    rejected = count(Item.verdict == Verdict.REJECTED).scalar_subquery()
    changed = count(Item.verdict == Verdict.CHANGED).scalar_subquery()
    signed = count(Item.verdict.in_(list(Verdict)), Item.signed_off == true()).scalar_subquery()
    row = db.session.execute(select(approved, rejected, signed, changed)).one()
    total, privileged = review.frozen.get("items", 0), review.frozen.get("privileged", 0)
    return Progress(total, row[0], row[1], row[2], privileged, row[3])


def _present_share(actor: Actor, review: Review) -> Share:
    """What they may decide at the present level, signed off or not."""
    if review.is_joint:
        return Share.SOME
    if actor.has(Scope.REVIEWS, Access.ACT):
        return Share.ALL_BUT_OWN
    return _share(
        actor,
        review,
        [r for r in _duties(actor, review) if r.level == review.level],
    )


def _duties(actor: Actor, review: Review) -> Sequence[Reviewer]:
    """At which levels they review, of the thousands of reviewers there may be."""
    theirs = (Reviewer.review_id == review.id, Reviewer.person_id == actor.person_id)
    query = select(Reviewer).where(*theirs).order_by(Reviewer.level)
    key = ("duties", review.id, actor.person_id)
    return once(key, lambda: db.session.scalars(query).all())


def _share(actor: Actor, review: Review, as_reviewer: Sequence[Reviewer]) -> Share:
    """What is assigned to them, told by how much it is, so that no item need be asked.

    Nobody is ever assigned their own access (portal.usecases.freezing).
    """
    total = review.frozen.get("items", 0)
    held = max((reviewer.items for reviewer in as_reviewer), default=0)
    if held == total:
        return Share.ALL
    own = db.session.scalar(select(func.count()).where(_own(actor, review))) or 0
    return Share.ALL_BUT_OWN if held == total - own else Share.SOME


def _own(actor: Actor, review: Review) -> ColumnElement[bool]:
    return and_(Item.person_id == actor.person_id, off_index(Item.review_id) == review.id)


def _not_own(actor: Actor) -> ColumnElement[bool]:
    return or_(Item.person_id.is_(None), Item.person_id != actor.person_id)


def _assigned(actor: Actor, level: Any = None, below: int = 0) -> ColumnElement[bool]:
    """Assigned to them at `level`, or at any level up to `below`."""
    assigned = exists().where(
        Assignment.item_id == Item.id, Assignment.person_id == actor.person_id
    )
    if level is None:
        return assigned.where(Assignment.level <= below)
    return assigned.where(Assignment.level == level)
