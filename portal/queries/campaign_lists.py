"""Lists of campaigns: by state, filtered, sorted, with how far each of them is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, or_, select
from sqlalchemy.orm import joinedload

from policies.filters import Field, Filter, Kind
from policies.lifecycle import CampaignState, ReviewState
from portal.db import db
from portal.models import Campaign, CampaignSeries, Person, Review
from portal.queries.filters import Columns, Expression, contains, where
from portal.queries.order import in_order
from portal.queries.paging import Order, in_turn

_C, _R = CampaignState, ReviewState
TABS: Mapping[str, tuple[CampaignState, ...]] = {
    "draft": (_C.DRAFT, _C.PREPARED),
    "scheduled": (_C.SCHEDULED,),
    "active": (_C.ACTIVE,),
    "completed": (_C.COMPLETED, _C.EXPIRED),
    "archived": (_C.ARCHIVED,),
    "cancelled": (_C.CANCELLED,),
}

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _of_owner(column: Any) -> Any:
    mine = select(column).where(Person.id == Campaign.owner_id)
    return func.coalesce(mine.correlate(Campaign).scalar_subquery(), "")


def _of_series(column: Any) -> Any:
    mine = select(column).where(CampaignSeries.id == Campaign.series_id)
    return func.coalesce(mine.correlate(Campaign).scalar_subquery(), "")


_OWNER, _SERIES = _of_owner(Person.name), _of_series(CampaignSeries.name)
_LAUNCH = func.coalesce(Campaign.launched_at, Campaign.starts_at)

SORTS: Mapping[str, Expression] = {
    "name": in_order(Campaign.name),
    "owner": in_order(_OWNER),
    "due": Campaign.due_at,
    "launch": func.coalesce(_LAUNCH, literal(_NEVER)),
    "ended": func.coalesce(Campaign.ended_at, literal(_NEVER)),
    "created": Campaign.created_at,
}
CAMPAIGN_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("name", "Name"),
        Field("owner", "Owner"),
        Field("due", "Due", Kind.DATE),
        Field("launch", "Launch", Kind.DATE),
        Field("framework", "Framework"),
        Field("series", "Series"),
        Field("state", "State", Kind.CHOICE, tuple(state.value for state in CampaignState)),
    )
}


@dataclass(frozen=True)
class Completion:
    """How many reviews of a campaign stand where. Cancelled ones are not among `total`."""

    total: int = 0
    completed: int = 0
    removing: int = 0
    deciding: int = 0
    pending: int = 0
    troubled: int = 0
    unfinished: int = 0

    @property
    def in_words(self) -> str:
        """What is not completed: "3 in review, 1 not started"; empty where nothing is left."""
        parts = (
            (self.removing, "in remediation"),
            (self.deciding, "in review"),
            (self.pending, "not started"),
            (self.unfinished, "ended unfinished"),
        )
        return ", ".join(f"{count:,} {words}" for count, words in parts if count)


def first(tab: str) -> str:
    """The order in which a tab is shown at first."""
    return {"draft": "-created", "scheduled": "launch", "active": "due"}.get(tab, "-ended")


def campaigns_matching(tab: str, filter: Filter, text: str = "") -> Select[Campaign]:  # noqa: A002  the word of the grammar
    """Select the campaigns of a tab under `filter` whose name, owner or series holds `text`."""
    chosen = where(filter, CAMPAIGN_FIELDS, _columns())
    query = select(Campaign).where(Campaign.state.in_(TABS[tab]), chosen)
    if text:
        named = (contains(column, text) for column in (Campaign.name, _OWNER, _SERIES))
        query = query.where(or_(*named))
    return query.options(joinedload(Campaign.owner), joinedload(Campaign.series))


def campaigns_order(key: str, *, descending: bool) -> Order:
    return Order(SORTS[key], Campaign.id, descending)


def campaigns_by_tab() -> dict[str, int]:
    """How many campaigns there are in every tab."""
    rows = db.session.execute(select(Campaign.state, func.count()).group_by(Campaign.state))
    by_state: dict[CampaignState, int] = dict(rows.all())
    return {tab: sum(by_state.get(s, 0) for s in states) for tab, states in TABS.items()}


def completions(campaigns: Sequence[Campaign]) -> dict[int, Completion]:
    """How far each of these campaigns is, by id, in one query."""
    ids = [campaign.id for campaign in campaigns]
    return _completions(select(Campaign.id).where(Campaign.id.in_(ids)))


def with_completion(query: Select[Campaign]) -> Iterator[tuple[Campaign, Completion]]:
    """Each campaign of `query` with how far it is, as a stream."""
    found = _completions(query.order_by(None).with_only_columns(Campaign.id))
    for campaign in in_turn(query):
        yield campaign, found.get(campaign.id, Completion())


def _completions(which: Select[Any]) -> dict[int, Completion]:
    rows = db.session.execute(
        select(Review.campaign_id, Review.state, func.count())
        .where(Review.campaign_id.in_(which))
        .group_by(Review.campaign_id, Review.state)
    )
    states: dict[int, dict[ReviewState, int]] = {}
    for campaign_id, state, count in rows:
        states.setdefault(campaign_id, {})[state] = count
    return {campaign_id: _completion(counts) for campaign_id, counts in states.items()}


def _completion(counts: dict[ReviewState, int]) -> Completion:
    def count(*states: ReviewState) -> int:
        return sum(counts.get(state, 0) for state in states)

    return Completion(
        total=sum(counts.values()) - count(_R.CANCELLED),
        completed=count(_R.COMPLETED),
        removing=count(_R.REMEDIATION, _R.READY),
        deciding=count(_R.IN_REVIEW),
        pending=count(_R.PENDING),
        troubled=count(_R.ERROR),
        unfinished=count(_R.EXPIRED, _R.CLOSED),
    )


def _columns() -> Columns:
    return {
        "name": Campaign.name,
        "owner": _OWNER,
        "due": Campaign.due_at,
        "launch": _LAUNCH,
        "framework": cast(Campaign.frameworks, String),
        "series": _SERIES,
        "state": Campaign.state,
    }
