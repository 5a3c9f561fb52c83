"""What a new campaign can be started from: templates, past campaigns, one application."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.db import db
from portal.models import Application, Campaign, Template
from portal.queries.applications import OUT_OF_SIGHT
from portal.queries.order import in_order

PAST = 100


def templates_kept() -> Sequence[Template]:
    """The organisation's own templates, by name."""
    return db.session.scalars(select(Template).order_by(in_order(Template.name))).all()


def past_campaigns() -> Sequence[tuple[int, str]]:
    """The newest campaigns, to be copied: id and name."""
    query = select(Campaign.id, Campaign.name).order_by(Campaign.id.desc()).limit(PAST)
    return [(row.id, row.name) for row in db.session.execute(query)]


def applications_by_name() -> list[tuple[int, str]]:
    """Every application that may be reviewed: id and name."""
    query = select(Application.id, Application.name).where(Application.state.not_in(OUT_OF_SIGHT))
    rows = db.session.execute(query.order_by(in_order(Application.name)))
    return [(row.id, row.name) for row in rows]
