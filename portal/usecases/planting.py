"""Planting: invented accounts come into reviewers' lists as a review is frozen.

Each is laid beside a real account of somebody's list: whoever reviews that one, on whatever basis,
reviews this one, and what the list says of accounts is taken from there. Everything else is as the
portal would say it of an account that belongs to nobody.
"""

import secrets
from typing import Any

from sqlalchemy import and_, delete, func, insert, literal, select, update

from policies.chips import bits_in
from policies.delta import Delta
from policies.lots import lot
from policies.permissions import Actor
from policies.planting import spread
from policies.recommendations import Facts, recommend
from portal.db import db
from portal.models import Assignment, Entitlement, Instance, Item, ItemGrant, Review, Reviewer
from portal.models.account import AccountKind
from portal.queries.item_fields import slots_of
from portal.queries.items import items_of
from portal.queries.planted_lines import Guise, guises_in
from portal.queries.privileged import is_privileged
from portal.queries.recommending import limits, telling_instances
from portal.usecases.trail import record


def plant_accounts(review: Review, by: Actor) -> None:
    """A step: spread what its campaign plants over the lists of the first level, and drop the rest.

    Which comes where is drawn by lot; no account comes twice.
    """
    planting = review.care.planting
    if not planting:
        return
    guises = {guise.planted: guise for guise in guises_in(review)}
    blanks = {item.login: item for item in db.session.scalars(_planted_in(review))}
    seed, at_first = secrets.token_hex(8), (Reviewer.review_id == review.id, Reviewer.level == 1)
    lists = dict(
        db.session.execute(select(Reviewer.person_id, Reviewer.items).where(*at_first)).all()
    )
    for planted, person_id in spread(tuple(guises), lists, planting.least, seed):
        beside = _somebody_in(review, person_id, lot(seed, person_id))
        if beside is not None:
            _lay(blanks.pop(guises[planted].login), guises[planted], beside)
    db.session.flush()
    left = [item.id for item in blanks.values()]
    db.session.execute(delete(Item).where(Item.id.in_(left)))
    db.session.expire_all()
    _count_them(review)
    count = review.frozen["planted"]
    record("accounts planted", review, by=by, count=count, seed=seed, least=planting.least)


def _planted_in(review: Review) -> Any:
    return select(Item).where(Item.is_planted, Item.review_id == review.id).order_by(Item.id)


def _somebody_in(review: Review, person_id: int, draw: str) -> Item | None:
    """An account with access in somebody's list, of a human being: the first behind a place that is
    drawn by lot, or the first of all."""
    first, last = review.frozen["first"], review.frozen["last"]
    here = and_(Assignment.item_id == Item.id, Assignment.level == 1)
    query = (
        select(Item)
        .join(Assignment, here)
        .where(Assignment.person_id == person_id, Assignment.item_id <= last, ~Item.is_planted)
        .where(Item.kind == AccountKind.HUMAN, Item.has_access)
        .order_by(Assignment.item_id)
        .limit(1)
    )
    place = first + int(draw, 16) % (last - first + 1)
    found = (db.session.scalar(query.where(Assignment.item_id >= n)) for n in (place, first))
    return next((item for item in found if item is not None), None)


def _lay(item: Item, guise: Guise, beside: Item) -> None:
    """Make a blank line one of the list in which `beside` is."""
    for key in ("instance", "status", "has_access", "last_used_at", "created_on", "is_inactive"):
        setattr(item, key, getattr(beside, key))
    _let_hold(item, guise.planted.role, beside)
    _fill_own_columns(item, beside)
    item.is_orphan, item.is_new = True, bool(item.review.frozen.get("since"))
    item.delta = Delta.NEW.value if item.is_new else Delta.NONE.value
    _advise(item)
    item.bits = bits_in(item)
    whose = select(literal(item.id), Assignment.level, Assignment.person_id, Assignment.basis)
    db.session.execute(
        insert(Assignment).from_select(
            ["item_id", "level", "person_id", "basis"],
            whose.where(Assignment.item_id == beside.id),
            include_defaults=False,
        )
    )


def _let_hold(item: Item, role: str, beside: Item) -> None:
    """The role it was invented with, else what the account beside it holds."""
    review = item.review
    item.roles = role or beside.roles
    kind = beside.entitlement_kind if not role else _kind_of(role, review)
    if review.by_entitlement:
        item.entitlement_kind, item.entitlement = kind, role or beside.entitlement
    named = literal(item.held)
    privileged = select(is_privileged(named, literal(review.application_id)))
    item.is_privileged = bool(db.session.scalar(privileged))
    if role:
        db.session.add(ItemGrant(item_id=item.id, kind=kind, name=role))
        return
    copied = select(literal(item.id), ItemGrant.kind, ItemGrant.name)
    copied = copied.where(ItemGrant.item_id == beside.id)
    columns = ["item_id", "kind", "name"]
    db.session.execute(insert(ItemGrant).from_select(columns, copied, include_defaults=False))


def _kind_of(role: str, review: Review) -> str:
    its = Instance.application_id == review.application_id
    query = select(Entitlement.kind).join(Instance, Instance.id == Entitlement.instance_id)
    return db.session.scalar(query.where(its, Entitlement.name == role).limit(1)) or "role"


def _fill_own_columns(item: Item, beside: Item) -> None:
    """The lists' own columns, as far as what they say there is said of others as well: a number
    that only one account has would stand twice."""
    kept: dict[str, Any] = {}
    for name, column in slots_of(item.review).items():
        value = getattr(beside, column.key)
        same = select(Item.id).where(items_of(item.review), column == value)
        others = db.session.scalars(same.limit(2)).all() if name.startswith("a.") and value else ()
        if len(others) > 1:
            setattr(item, column.key, value)
            kept[name[2:]] = beside.attributes[name[2:]]
    item.attributes = kept


def _advise(item: Item) -> None:
    """What the campaign's rules come to for it: the freeze says the same in SQL."""
    instances = telling_instances(item.review.application_id)
    its = select(Instance.id).where(
        Instance.application_id == item.review.application_id, Instance.name == item.instance
    )
    facts = Facts(
        has_access=item.has_access,
        is_orphan=True,
        is_privileged=item.is_privileged,
        is_new=item.is_new,
        last_used_at=item.last_used_at,
        created_on=item.created_on,
        tells_use=db.session.scalar(its) in instances,
    )
    said = recommend(facts, limits(), item.review.campaign.guides.on)
    item.recommendation = said.advice.value if said.advice else ""
    item.reasons = said.in_words


def _count_them(review: Review) -> None:
    """They count as the others do, in what the review holds and in what its reviewers have."""
    counts = (func.count(), func.count().filter(Item.is_privileged))
    here = and_(Item.is_planted, Item.review_id == review.id)
    planted, privileged = db.session.execute(select(*counts).where(here)).one()
    frozen = review.frozen
    review.frozen = frozen | {
        "items": frozen["items"] + planted,
        "privileged": frozen["privileged"] + privileged,
        "planted": planted,
    }
    whose = (Assignment.level, Assignment.person_id)
    query = select(*whose, func.count()).join(Item, Item.id == Assignment.item_id).where(here)
    for level, person_id, count in db.session.execute(query.group_by(*whose)).all():
        theirs = (Reviewer.review_id == review.id, Reviewer.level == level)
        db.session.execute(
            update(Reviewer)
            .where(*theirs, Reviewer.person_id == person_id)
            .values(items=Reviewer.items + count)
            .execution_options(synchronize_session=False)
        )
    db.session.expire(review, ["reviewers"])
