"""Views kept by name, and the columns somebody wants: their own, the campaign's, or the usual."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from policies.fields import SHOWN_AT_FIRST
from policies.layout import Column, Layout, from_data
from policies.permissions import Actor
from portal.db import db
from portal.models import Review, TableLayout, TableView

MOST_VIEWS = 50  # of one person, in one application


def layout_for(review: Review, actor: Actor) -> Layout:
    """The columns that `actor` left it with, else the campaign's, else the usual ones."""
    own = db.session.get(TableLayout, (actor.person_id or 0, review.application_id))
    said = own.columns if own else review.campaign.table_columns
    return from_data(said) if said else tuple(Column(key) for key in SHOWN_AT_FIRST)


def views_for(review: Review, actor: Actor) -> Sequence[TableView]:
    """The views of this application that `actor` can open, by name: their own, and shared ones."""
    mine = or_(TableView.person_id == actor.person_id, TableView.is_shared)
    query = select(TableView).where(TableView.application_id == review.application_id, mine)
    return db.session.scalars(query.order_by(TableView.name, TableView.id)).all()
