"""Arranging the table of a review: one's columns, a campaign's, names of columns, views by name."""

from collections.abc import Mapping

from sqlalchemy import func, select

from policies.errors import Invalid
from policies.layout import Layout, as_data, checked_labels
from policies.permissions import ARRANGE_TABLE, RUN_CAMPAIGNS, Actor, can, require
from portal import clock
from portal.db import db
from portal.models import Review, TableLayout, TableView
from portal.queries.item_fields import usual_labels
from portal.queries.table_views import MOST_VIEWS
from portal.usecases.trail import record
from portal.usecases.unit import usecase

LONGEST_NAME, LONGEST_QUERY = 80, 4_000


@usecase
def arrange_columns(review: Review, layout: Layout, *, by: Actor) -> None:
    """Keep the columns for oneself, in every review of this application."""
    require(ARRANGE_TABLE, by, review)
    kept = _own_layout(review, by)
    if kept is None:
        kept = TableLayout(person_id=by.person_id, application_id=review.application_id)
        db.session.add(kept)
    was, kept.columns = kept.columns, as_data(layout)
    record("columns arranged", review, by=by, was=was, now=kept.columns)


@usecase
def forget_columns(review: Review, *, by: Actor) -> None:
    """Go back to the columns that the campaign gives, or the usual ones."""
    require(ARRANGE_TABLE, by, review)
    kept = _own_layout(review, by)
    if kept is not None:
        db.session.delete(kept)
    record("columns forgotten", review, by=by, was=kept.columns if kept else None)


@usecase
def give_columns(review: Review, layout: Layout, *, by: Actor) -> None:
    """Make these the columns that everybody in the campaign begins with."""
    require(RUN_CAMPAIGNS, by, review)
    campaign = review.campaign
    was, campaign.table_columns = campaign.table_columns, as_data(layout)
    record("columns given", campaign, by=by, was=was, now=campaign.table_columns)


@usecase
def name_columns(review: Review, labels: Mapping[str, str], *, by: Actor) -> None:
    """Call columns otherwise wherever this application is reviewed."""
    require(RUN_CAMPAIGNS, by, review)
    application = review.application
    named = checked_labels(labels, usual_labels(review))
    was, application.column_labels = application.column_labels, named
    if named != was:
        record("columns named", application, by=by, was=was, now=named)


@usecase
def keep_view(review: Review, name: str, query: str, *, shared: bool, by: Actor) -> TableView:
    """Keep what the table shows under a name; sharing it takes the right to run campaigns.

    A view of one's own of the same name is replaced. Raises Invalid.
    """
    require(ARRANGE_TABLE, by, review)
    if shared:
        require(RUN_CAMPAIGNS, by, review)
    view = _own_view(review, _checked_name(name), by)
    if len(query) > LONGEST_QUERY:
        raise Invalid("This view asks for more than can be kept. Take a condition away.")
    view.query, view.is_shared = query, shared
    db.session.add(view)
    db.session.flush()
    record("view kept", review, by=by, view=view.name, query=query, shared=shared)
    return view


@usecase
def remove_view(review: Review, view_id: int, *, by: Actor) -> str:
    """Take a view away, for everybody where it was shared; returns its name.

    It is one's own, or a shared one of somebody else's and one may run campaigns; else Invalid.
    """
    require(ARRANGE_TABLE, by, review)
    view = db.session.get(TableView, view_id)
    is_here = view is not None and view.application_id == review.application_id
    if view is None or not is_here or not _may_remove(view, by):
        raise Invalid("That view is not there any more, or it is somebody else’s.")
    record("view removed", review, by=by, view=view.name, query=view.query)
    db.session.delete(view)
    return view.name


def _may_remove(view: TableView, by: Actor) -> bool:
    return view.person_id == by.person_id or (view.is_shared and can(RUN_CAMPAIGNS, by, None))


def _own_layout(review: Review, by: Actor) -> TableLayout | None:
    return db.session.get(TableLayout, (by.person_id, review.application_id))


def _own_view(review: Review, name: str, by: Actor) -> TableView:
    theirs = (
        TableView.application_id == review.application_id,
        TableView.person_id == by.person_id,
    )
    found = db.session.scalar(select(TableView).where(*theirs, TableView.name == name))
    if found is not None:
        return found
    if (db.session.scalar(select(func.count()).where(*theirs)) or 0) >= MOST_VIEWS:
        raise Invalid(f"You keep {MOST_VIEWS} views of this application. Remove one first.")
    return TableView(
        application_id=review.application_id,
        person_id=by.person_id,
        name=name,
        created_at=clock.now(),
    )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the view a name of 1 to {LONGEST_NAME} characters.")
    return name
