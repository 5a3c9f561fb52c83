"""Single fields of items: what they are called, the columns behind some, and what a cell says."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import case, or_

from policies.fields import ITEM_FIELDS, LINE_FIELDS, attribute_fields
from policies.filters import Field
from policies.lifecycle import Verdict
from portal.models import Item, Review

SLOTS = 6  # of an item, for the lists' own columns


def slots_of(review: Review) -> dict[str, Any]:
    """The columns in which the first of the lists' own columns lie, by their key.

    A review that was frozen before there were any has none.
    """
    names: list[str] = review.frozen.get("attributes", [])
    kept = names[: review.frozen.get("slots", 0)]
    return {name: getattr(Item, f"own_{nth}") for nth, name in enumerate(kept, 1)}


def usual_fields(review: Review) -> dict[str, Field]:
    """Everything its items have, by the usual names."""
    names: list[str] = review.frozen.get("attributes", [])
    fields = {**ITEM_FIELDS, **attribute_fields(names)}
    if review.by_entitlement:
        return fields
    return {key: field for key, field in fields.items() if key not in LINE_FIELDS}


def usual_labels(review: Review) -> dict[str, str]:
    """What its fields are called where the application has no name of its own for them."""
    return {key: field.label for key, field in usual_fields(review).items()}


def decided_by(me: int | None) -> Any:
    """Who decided, as the one who looks sees it."""
    others = case((Item.decided_by_id == me, "me"), else_="others")
    nobody = or_(Item.decided_by_id.is_(None), Item.verdict == Verdict.UNDECIDED)
    return case((nobody, "nobody"), else_=others)


def value_of(item: Item, key: str) -> str | bool | date | datetime | None:
    """What one cell of the table shows."""
    if key.startswith("a."):
        return str(item.attributes.get(key[2:], "") or "")
    if key.startswith("p."):
        return str(item.person_attributes.get(key[2:], "") or "")
    value: str | bool | date | datetime | None = getattr(item, key)
    return value
