"""Everything that is known about one item: what its details show, in a constant number of looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select

from policies.assignment import MOST_LEVELS
from policies.lifecycle import CampaignState
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal.db import db
from portal.models import (
    Account,
    Application,
    Campaign,
    Decision,
    Entitlement,
    Instance,
    Item,
    ItemGrant,
    Person,
    Review,
)
from portal.models.account import AccountKind
from portal.queries.applications import applications_seen_by
from portal.queries.items import items_of


@dataclass(frozen=True)
class Held:
    """One entitlement; `peers` of the department hold it as well, where there is one. `is_here`:
    the line is about this one."""

    kind: str
    name: str
    description: str
    peers: int
    is_here: bool = False


@dataclass(frozen=True)
class Said:
    """One decision or comment on this account or one entitlement of it, and in which campaign."""

    decision: Decision
    campaign: str
    review_id: int
    entitlement: str  # "": on all that it held


@dataclass(frozen=True)
class Elsewhere:
    """Another account of the same person."""

    application: str
    login: str
    roles: str
    last_used_at: datetime | None


@dataclass(frozen=True)
class Details:
    """`colleagues` are the others of the department in this review. `hidden` of what the person
    holds is in applications that are not for the reader to see."""

    item: Item
    held: Sequence[Held]
    colleagues: int
    said: Sequence[Said]
    elsewhere: Sequence[Elsewhere]
    hidden: int
    compared_with: str  # the campaign of the last completed review

    @property
    def earlier(self) -> list[Said]:
        """What was said in other reviews."""
        return [each for each in self.said if each.review_id != self.item.review_id]

    @property
    def here(self) -> list[Said]:
        """What was said in this one, at every level."""
        return [each for each in self.said if each.review_id == self.item.review_id]


def details_of(item: Item, actor: Actor) -> Details:
    """What `actor`, who may see the item, is shown about it."""
    held, colleagues = _held(item)
    elsewhere, hidden = _elsewhere(item, actor)
    return Details(
        item, held, colleagues, _said(item, actor), elsewhere, hidden, compared_with(item.review)
    )


def _held(item: Item) -> tuple[list[Held], int]:
    """What it holds, and how many colleagues in the department do: one look at the review.

    Of a line by entitlement what the other lines of its account are about, too.
    """
    here = and_(Entitlement.kind == ItemGrant.kind, Entitlement.name == ItemGrant.name)
    instance = select(Instance.id).where(
        Instance.application_id == item.review.application_id, Instance.name == item.instance
    )
    query = (
        select(ItemGrant.kind, ItemGrant.name, func.coalesce(Entitlement.description, ""))
        .outerjoin(Entitlement, and_(here, Entitlement.instance_id == instance.scalar_subquery()))
        .where(_held_by(item))
        .order_by(ItemGrant.kind, ItemGrant.name)
    )
    grants = db.session.execute(query).all()
    counts = _peers(item, [name for _, name, _ in grants])
    rows = zip(grants, counts[1:], strict=True)
    line = (item.entitlement_kind, item.entitlement)
    held = [Held(kind, name, text, n, (kind, name) == line) for (kind, name, text), n in rows]
    return sorted(held, key=lambda each: not each.is_here), counts[0]


def _held_by(item: Item) -> Any:
    if not item.entitlement or item.is_planted:
        return ItemGrant.item_id == item.id
    lines = select(Item.id).where(Item.account_id == item.account_id)
    return ItemGrant.item_id.in_(lines.where(Item.review_id == item.review_id))


def _peers(item: Item, names: Sequence[str]) -> Sequence[int]:
    """How many colleagues there are, and how many hold each of `names`.

    By the line of their roles: to look up what 100,000 hold takes several times as long.
    """
    if not item.department:
        return [0] * (len(names) + 1)
    line = literal(", ") + Item.roles + ", "
    each = func.count(Item.account_id.distinct()) if item.review.by_entitlement else func.count()
    holding = [each.filter(line.contains(f", {name}, ", autoescape=True)) for name in names]
    colleagues = (
        items_of(item.review),
        Item.department == item.department,
        Item.kind == AccountKind.HUMAN,
        Item.account_id != item.account_id,
    )
    return list(db.session.execute(select(each, *holding).where(*colleagues)).one())


def _said(item: Item, actor: Actor) -> list[Said]:
    """Every decision and comment on this account, in all its reviews, the newest first; of a line
    by entitlement, those on it, and those on its account as a whole.

    Of this review, what was said up to the level of whoever asks: comments travel up. Of a
    campaign in preparation, only those know who read all reviews.
    """
    upto = case((Decision.review_id == item.review_id, _level_of(actor, item)), else_=MOST_LEVELS)
    query = (
        select(Decision, Campaign.name, Review.id, Item.entitlement)
        .join(Item, Item.id == Decision.item_id)
        .join(Review, Review.id == Decision.review_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(_same_account(item), Decision.level <= upto)
        .order_by(Decision.id.desc())
    )
    if item.entitlement:
        line = and_(
            Item.entitlement_kind == item.entitlement_kind, Item.entitlement == item.entitlement
        )
        query = query.where(or_(line, Item.entitlement == ""))
    if not actor.has(Scope.REVIEWS, Access.READ):
        query = query.where(Campaign.state != CampaignState.PREPARED)
    return [Said(*row) for row in db.session.execute(query)]


def _same_account(item: Item) -> Any:
    """What was ever frozen of its account; of one that there is none behind, itself."""
    return Item.id == item.id if item.is_planted else Item.account_id == item.account_id


def _level_of(actor: Actor, item: Item) -> int:
    """The level from which they look at it: their own as a reviewer, else above all."""
    if actor.has(Scope.REVIEWS, Access.READ):
        return MOST_LEVELS
    mine = [each.level for each in item.assignments if each.person_id == actor.person_id]
    return max(mine, default=MOST_LEVELS)


def _elsewhere(item: Item, actor: Actor) -> tuple[list[Elsewhere], int]:
    """The other accounts of its person that `actor` may know of, and how many there are besides.

    Whoever manages the person may know of all; others of those in this application, and in
    those that they may see.
    """
    if item.person_id is None:
        return [], 0
    manager = select(Person.manager_id).where(Person.id == item.person_id).scalar_subquery()
    may = or_(
        applications_seen_by(actor),
        Application.id == item.review.application_id,
        manager == (actor.person_id or 0),
    )
    columns = (Application.name, Account.login, Account.roles, Account.last_used_at)
    query = (
        select(*columns, may)
        .join(Application, Application.id == Account.application_id)
        .where(Account.person_id == item.person_id, Account.gone_at.is_(None))
        .where(Account.id != item.account_id)
        .order_by(Application.name, Account.login)
    )
    rows = db.session.execute(query).all()
    return [Elsewhere(*row[:4]) for row in rows if row[4]], sum(1 for row in rows if not row[4])


def compared_with(review: Review) -> str:
    """The campaign of the completed review that its items were compared with, or ""."""
    since = review.frozen.get("since")
    if not since:
        return ""
    query = select(Campaign.name).join(Review, Review.campaign_id == Campaign.id)
    return db.session.scalar(query.where(Review.id == since)) or ""
