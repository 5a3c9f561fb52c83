"""Reading applications: the fields to filter them by, which of them match, and lists of them.

What is known of them beside is in portal/queries/application_facts.py; their accounts are in
portal/queries/accounts.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Select, String, cast, func, select, true
from sqlalchemy.orm import selectinload

from policies.filters import Field, Filter, Kind
from policies.lifecycle import OPEN_REVIEWS, CampaignState
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal.db import db
from portal.models import (
    Application,
    ApplicationOwner,
    Campaign,
    CustomField,
    Person,
    Review,
    TrailLine,
)
from portal.models.application import ApplicationState
from portal.queries.application_facts import (
    ACCOUNTS,
    LISTED_AT,
    LONG_AGO,
    REVIEWED_AT,
    Overview,
    has_fresh_lists,
    overviews,
    privileged_count,
)
from portal.queries.custom_fields import custom_fields, field_columns, field_sorts, filter_fields
from portal.queries.filters import Clause, Columns, Expression, Several, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order

OUT_OF_SIGHT = (ApplicationState.CLOSED, ApplicationState.HIDDEN)

_OWNERS = Several(
    select(ApplicationOwner.person_id)
    .join(Person, Person.id == ApplicationOwner.person_id)
    .where(ApplicationOwner.application_id == Application.id)
    .correlate(Application),
    (Person.name, Person.email),
)
_OWN_FIELDS = (
    Field("name", "Name"),
    Field("state", "State", Kind.CHOICE, tuple(state.value for state in ApplicationState)),
    Field("owner", "Owner", Kind.PERSON),
    Field("accounts", "Users", Kind.NUMBER),
    Field("privileged", "Privileged accounts", Kind.NUMBER),
    Field("fresh", "Lists are fresh", Kind.YES_NO),
    Field("listed", "Last list", Kind.DATE),
    Field("reviewed", "Last review", Kind.DATE),
)


def application_fields() -> Mapping[str, Field]:
    """What applications can be filtered by; a custom field's key is "field.<key>"."""
    return fields_with(custom_fields())


def fields_with(added: Sequence[CustomField]) -> Mapping[str, Field]:
    """The same, where the custom fields are at hand."""
    return {field.key: field for field in _OWN_FIELDS} | filter_fields(added)


def application_sorts(added: Iterable[CustomField] = ()) -> Mapping[str, Expression]:
    """By what a list of applications is put in order."""
    return {
        "name": in_order(Application.name),
        "state": Application.state,
        "accounts": ACCOUNTS,
        "privileged": privileged_count(),
        "listed": func.coalesce(LISTED_AT, LONG_AGO),
        "reviewed": func.coalesce(REVIEWED_AT, LONG_AGO),
        **field_sorts(added),
    }


def with_own_words() -> Sequence[Application]:
    """The applications that say by words of their own what is privileged, by name."""
    has_own = cast(Application.privileged_words, String) != "[]"
    query = select(Application).where(has_own).order_by(in_order(Application.name))
    return db.session.scalars(query).all()


def applications_matching(filter: Filter) -> Select[Application]:  # noqa: A002  the word of the grammar
    """Select the applications that `filter` matches, by name.

    Closed and hidden ones are left out, unless the filter says something about the state.
    """
    query = select(Application).where(_clause(filter)).order_by(Application.name, Application.id)
    if "state" in filter.fields:
        return query
    return query.where(Application.state.not_in(OUT_OF_SIGHT))


def applications_in_list(
    filter: Filter,  # noqa: A002  as above
    text: str = "",
    *,
    with_hidden: bool = False,
) -> Select[Application]:
    """Select applications for the index, with their owners.

    Hidden ones have a page of their own, and are here only where the filter speaks of the state.
    """
    query = select(Application).where(_clause(filter)).options(selectinload(Application.owners))
    if not with_hidden and "state" not in filter.fields:
        query = query.where(Application.state != ApplicationState.HIDDEN)
    return query.where(contains(Application.name, text)) if text else query


def hidden_applications(filter: Filter, text: str = "") -> Select[Application]:  # noqa: A002  as above
    """Select those that were hidden, with their owners."""
    query = select(Application).where(_clause(filter)).options(selectinload(Application.owners))
    query = query.where(Application.state == ApplicationState.HIDDEN)
    return query.where(contains(Application.name, text)) if text else query


def state_before_hiding(application: Application) -> ApplicationState:
    """What its state was when it was last hidden; sanctioned where that is not known."""
    line = db.session.scalar(
        select(TrailLine)
        .where(
            TrailLine.thing == f"application:{application.id}",
            TrailLine.verb == "application hidden",
        )
        .order_by(TrailLine.id.desc())
        .limit(1)
    )
    return ApplicationState(line.details["was"]) if line else ApplicationState.SANCTIONED


def counts_by_state(filter: Filter, text: str = "") -> dict[ApplicationState, int]:  # noqa: A002  as above
    """How many applications of each state match, whatever `filter` says of the state."""
    query = select(Application.state, func.count()).where(_clause(without_state(filter)))
    if text:
        query = query.where(contains(Application.name, text))
    found = dict(db.session.execute(query.group_by(Application.state)).all())
    return {state: found.get(state, 0) for state in ApplicationState}


def without_state(filter: Filter) -> Filter:  # noqa: A002  as above
    """The filter less what it says of the state."""
    groups = (tuple(c for c in group if c.field != "state") for group in filter.groups)
    kept = tuple(groups)
    return Filter(kept) if all(kept) else Filter()


def applications_seen_by(actor: Actor) -> Clause:
    """The condition that `actor` may see the application: the twin of SEE_APPLICATION."""
    if actor.has(Scope.APPLICATIONS, Access.READ):
        return true()
    return Application.id.in_(actor.owns)


def own_applications(actor: Actor) -> Sequence[Application]:
    """Those that `actor` answers for, where that lets them in, by name."""
    mine = Application.id.in_(actor.owns), applications_seen_by(actor)
    query = select(Application).where(*mine).order_by(in_order(Application.name))
    return db.session.scalars(query).all()


def applications_order(key: str, added: Iterable[CustomField] = (), *, descending: bool) -> Order:
    return Order(application_sorts(added)[key], Application.id, descending)


def rows_of_applications(
    query: Select[Application],
) -> Iterator[tuple[Sequence[Application], dict[int, Overview]]]:
    """Applications with what the index shows beside them, so many at a time, as a stream."""
    for rows in db.session.scalars(query.execution_options(yield_per=200)).partitions():
        yield rows, overviews([application.id for application in rows])


def open_reviews_of(ids: Sequence[int]) -> dict[int, list[Review]]:
    """The launched reviews of these applications that are going on, by the application's id."""
    query = select(Review).where(Review.application_id.in_(ids), Review.state.in_(OPEN_REVIEWS))
    query = query.join(Review.campaign).where(Campaign.state != CampaignState.PREPARED)
    found: dict[int, list[Review]] = {}
    for review in db.session.scalars(query.order_by(Review.id)):
        found.setdefault(review.application_id, []).append(review)
    return found


def _clause(filter: Filter) -> Clause:  # noqa: A002  as above
    if not filter:
        return true()
    added = custom_fields()
    return where(filter, fields_with(added), _columns(added))


def _columns(added: Sequence[CustomField]) -> Columns:
    return {
        "name": Application.name,
        "state": Application.state,
        "owner": _OWNERS,
        "accounts": ACCOUNTS,
        "privileged": privileged_count(),
        "fresh": has_fresh_lists(),
        "listed": LISTED_AT,
        "reviewed": REVIEWED_AT,
        **field_columns(added),
    }
