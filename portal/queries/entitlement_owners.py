"""Who owns what a line holds: the ids of those people as one text, "7,12", in ascending order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, String, and_, cast, func, select

from policies.user_scope import Granularity
from portal.db import db
from portal.models import Account, Entitlement, Grant, Instance, Item, ItemGrant, Review
from portal.queries.items import items_of


def entitlement_owners(application_ids: Sequence[int]) -> set[int]:
    """Everybody who owns an entitlement of these applications."""
    query = select(Entitlement.owner_id).join(Instance, Instance.id == Entitlement.instance_id)
    here = Instance.application_id.in_(application_ids), Entitlement.owner_id.is_not(None)
    return {owner or 0 for owner in db.session.scalars(query.where(*here).distinct())}


def beside_owners(
    lines: Select[Any], by: Granularity, application_ids: Sequence[int]
) -> tuple[Select[Any], Any]:
    """`lines` (portal.queries.scope.present_lines), and the owners of what each of them holds:
    of an account, everybody who owns something of it."""
    if by is Granularity.ENTITLEMENT:
        return lines, cast(Entitlement.owner_id, String)
    held = (
        select(Grant.account_id.label("line"), Entitlement.owner_id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .join(Instance, Instance.id == Entitlement.instance_id)
        .where(Instance.application_id.in_(application_ids), Entitlement.owner_id.is_not(None))
    )
    owners = _in_one_text(held)
    return lines.outerjoin(owners, owners.c.line == Account.id), owners.c.owners


def owners_of_items(review: Review) -> Any:
    """A subquery of `line`, an item's id, and `owners`: of what the items of a review hold."""
    owned = (
        select(Instance.name.label("instance"), Entitlement.kind, Entitlement.name)
        .add_columns(Entitlement.owner_id)
        .join(Instance, Instance.id == Entitlement.instance_id)
        .where(Instance.application_id == review.application_id, Entitlement.owner_id.is_not(None))
        .subquery()
    )
    theirs = (owned.c.kind == ItemGrant.kind, owned.c.name == ItemGrant.name)
    held = (
        select(ItemGrant.item_id.label("line"), owned.c.owner_id)
        .join(Item, Item.id == ItemGrant.item_id)
        .join(owned, and_(owned.c.instance == Item.instance, *theirs))
        .where(items_of(review))
    )
    return _in_one_text(held)


def _in_one_text(held: Select[int, int | None]) -> Any:
    """Each line's owners, put in order first, so that those of the same are alike."""
    each = held.order_by(*held.selected_columns).subquery()
    owners = func.aggregate_strings(cast(each.c.owner_id, String), ",").label("owners")
    return select(each.c.line, owners).group_by(each.c.line).subquery()
