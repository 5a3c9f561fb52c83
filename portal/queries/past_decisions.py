"""What was decided on the access of one person: by whom, when, why, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, case, or_, select

from policies.filters import Field, Filter, Kind
from policies.lifecycle import RemovalState, ReviewState, Verdict
from portal.db import db
from portal.models import Application, Campaign, Decision, Item, Person, Removal, Review
from portal.models.decision import How
from portal.queries.evidence_text import plain
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order

COMMENTED, WITHDRAWN = "comment", "withdrawn"
_SAID = case(
    (Decision.how == How.COMMENT, COMMENTED),
    (Decision.verdict == Verdict.UNDECIDED, WITHDRAWN),
    else_=plain(Decision.verdict),
)
_HELD = case((Item.entitlement == "", Item.roles), else_=Item.entitlement)
_COLUMNS: Columns = {
    "application": Application.name,
    "campaign": Campaign.name,
    "said": _SAID,
    "by": Decision.by_name,
    "comment": Decision.comment,
    "login": Item.login,
    "roles": _HELD,
    "how": Decision.how,
    "decided": Decision.decided_at,
}
_SAYINGS = ("approved", "rejected", "changed", WITHDRAWN, COMMENTED)
DECISION_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("said", "Decision", Kind.CHOICE, _SAYINGS),
        Field("application", "Application"),
        Field("campaign", "Campaign"),
        Field("by", "By"),
        Field("comment", "Comment"),
        Field("login", "Login"),
        Field("roles", "Roles"),
        Field("how", "How", Kind.CHOICE, tuple(how.value for how in How)),
        Field("decided", "When", Kind.DATE),
    )
}
SORTS: Mapping[str, Expression] = {"decided": Decision.id, "by": in_order(Decision.by_name)}


@dataclass(frozen=True)
class Place:
    """What a decision was about, in words, and what the review came to. `roles` is all that the
    account held, or the one entitlement that was decided on."""

    review_id: int
    application: str
    campaign: str
    login: str
    roles: str
    verdict: Verdict
    state: ReviewState
    removal: RemovalState | None

    @property
    def outcome(self) -> str:
        """How it stands now: the state of a removal, else the verdict that holds."""
        return (self.removal or self.verdict).value


def decisions_on(person: Person, filter: Filter, text: str = "") -> Select[Decision]:  # noqa: A002  the word of the grammar
    """Select what was decided on accounts of `person`, in every campaign."""
    query = (
        select(Decision)
        .join(Item, Item.id == Decision.item_id)
        .join(Review, Review.id == Decision.review_id)
        .join(Application, Application.id == Review.application_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .where(Item.person_id == person.id, where(filter, DECISION_FIELDS, _COLUMNS))
    )
    places = (Application.name, Campaign.name, Decision.by_name, Decision.comment)
    return query.where(or_(*(contains(each, text) for each in places))) if text else query


def decisions_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Decision.id, descending)


def places_of(decisions: Sequence[Decision]) -> dict[int, Place]:
    """What each decision was about, by its id."""
    columns = (Item.login, _HELD, Item.verdict, Review.state, Removal.state)
    query = (
        select(Decision.id, Review.id, Application.name, Campaign.name, *columns)
        .join(Item, Item.id == Decision.item_id)
        .join(Review, Review.id == Decision.review_id)
        .join(Application, Application.id == Review.application_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .outerjoin(Removal, Removal.item_id == Item.id)
        .where(Decision.id.in_([decision.id for decision in decisions]))
    )
    return {row[0]: Place(*row[1:]) for row in db.session.execute(query)}


def with_places(query: Select[Decision]) -> Iterator[tuple[Decision, Place]]:
    """Each decision with what it was about, as a stream."""
    for some in db.session.scalars(query.execution_options(yield_per=500)).partitions():
        places = places_of(some)
        yield from ((decision, places[decision.id]) for decision in some)
