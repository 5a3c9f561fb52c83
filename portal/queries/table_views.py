"""Views kept by name, and the columns somebody wants: their own, the campaign's, or the usual."""

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from policies.fields import LINES_AT_FIRST, SHOWN_AT_FIRST
from policies.layout import Column, Layout, from_data
from policies.permissions import Actor
from portal.db import db
from portal.models import Review, TableLayout, TableView

MOST_VIEWS = 50  # of one person, in one application


def layout_for(review: Review, actor: Actor) -> Layout:
    """The columns that `actor` left it with, else the campaign's, else the usual ones."""
    own = db.session.get(TableLayout, (actor.person_id or 0, review.application_id))
    said = own.columns if own else review.campaign.table_columns
    if not said:
        return tuple(Column(key) for key in shown_at_first(review))
    layout = from_data(said)
    known = [column.key for column in layout]
    every = (*(Column(key) for key in unhidden(review, known)), *layout)
    return tuple(sorted(every, key=lambda column: not column.pinned))


def shown_at_first(review: Review) -> Sequence[str]:
    """The usual columns of its table."""
    return LINES_AT_FIRST if review.by_entitlement else SHOWN_AT_FIRST


def unhidden(review: Review, keys: Collection[str]) -> Sequence[str]:
    """What is shown though `keys` leave it out: nobody decides on a line without seeing what it
    is, whatever they had chosen for reviews by account."""
    return [key for key in ("entitlement",) if review.by_entitlement and key not in keys]


def views_for(review: Review, actor: Actor) -> Sequence[TableView]:
    """The views of this application that `actor` can open, by name: their own, and shared ones."""
    mine = or_(TableView.person_id == actor.person_id, TableView.is_shared)
    query = select(TableView).where(TableView.application_id == review.application_id, mine)
    return db.session.scalars(query.order_by(TableView.name, TableView.id)).all()
