"""Everything the freeze adds to the facts of an account: what changed, and what is recommended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, String, func, literal

from policies.filters import Condition, Filter, Op
from policies.guidance import StartView
from portal.models import Account, Review
from portal.queries.delta import delta_columns, last_review_of, nothing_before, previous_items
from portal.queries.duties import conflicting_accounts
from portal.queries.peers import few_peers
from portal.queries.recommending import advice_columns, telling_instances
from portal.queries.rows import as_table


@dataclass(frozen=True)
class Insight:
    """`columns` of an item over `present_accounts`, once `beside` has joined what they need."""

    last: Review | None
    columns: Mapping[str, Any]
    tables: Mapping[str, Any]  # each with the column account_id

    def beside(self, query: Any) -> Any:
        """The query with the previous item, and what was looked up, beside each account."""
        for table in self.tables.values():
            query = query.outerjoin(table, table.c.account_id == Account.id)
        return query


def insight_into(review: Review, facts: Mapping[str, Any]) -> Insight:
    """What is frozen of `review` besides `facts` (portal.queries.scope)."""
    application_id, on = review.application_id, review.campaign.guides.on
    last, tables = last_review_of(application_id), _tables(application_id, on)
    words = {key: func.coalesce(table.c.words, "") for key, table in tables.items()}
    delta: dict[str, Any] = nothing_before()
    before: Any = literal("")
    if last is not None:
        table = previous_items(last)
        delta = delta_columns(application_id, table.c, facts)
        before = func.coalesce(table.c.department, "")
        tables = {"previous": table, **tables}
    beside = {
        "few_peers": literal(""),
        "conflicts": literal(""),
        "department_before": before,
        "tells_use": Account.instance_id.in_(telling_instances(application_id)),
        **words,
    }
    advice = advice_columns({**facts, **delta}, on, beside)
    return Insight(last, {**delta, **advice}, tables)


def start_view(review: Review) -> Filter:
    """What its reviewers see first: everything, or only what changed where the campaign says so
    and there was a review to compare with."""
    if review.campaign.guides.start is StartView.EVERYTHING or not review.frozen.get("since"):
        return Filter()
    return Filter(((Condition("is_different", Op.IS, "yes"),),))


def _tables(application_id: int, on: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "few" in on and (rows := few_peers(application_id)):
        found["few_peers"] = as_table("few", {"account_id": Integer, "words": String}, rows)
    if "duties" in on and (table := conflicting_accounts(application_id)) is not None:
        found["conflicts"] = table
    return found
