"""Everything the freeze adds to the facts of an account: what changed, and what is recommended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, String, and_, func, literal

from policies.filters import Condition, Filter, Op
from policies.guidance import StartView
from policies.user_scope import Granularity
from portal.models import Account, Grant, Review
from portal.queries.delta import delta_columns, last_review_of, nothing_before, previous_items
from portal.queries.duties import conflicting_accounts
from portal.queries.peers import few_peers, few_peers_by_grant
from portal.queries.recommending import advice_columns, telling_instances
from portal.queries.rows import as_table
from portal.queries.scope import line_key


@dataclass(frozen=True)
class Insight:
    """`columns` of an item over `present_lines`, once `beside` has joined what they need."""

    last: Review | None
    columns: Mapping[str, Any]
    tables: Mapping[str, Any]  # each with the column account_id, and what else tells a line

    def beside(self, query: Any) -> Any:
        """The query with the previous item, and what was looked up, beside each line."""
        for table in self.tables.values():
            query = query.outerjoin(table, and_(*_same_line(table.c)))
        return query


def insight_into(review: Review, facts: Mapping[str, Any]) -> Insight:
    """What is frozen of `review` besides `facts` (portal.queries.scope)."""
    application_id, on = review.application_id, review.campaign.guides.on
    by_grant = review.by_entitlement
    last, tables = last_review_of(application_id), _tables(application_id, on, by_grant)
    words = {key: func.coalesce(table.c.words, "") for key, table in tables.items()}
    delta: dict[str, Any] = nothing_before()
    before: Any = literal("")
    if last is not None:
        table = previous_items(last, review)
        delta = delta_columns(review, last, table.c, facts)
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


def _same_line(columns: Any) -> list[Any]:
    """That a row of a table is about the line beside it, as finely as its columns say."""
    same = [columns.account_id == Account.id]
    if "entitlement_id" in columns:
        same.append(columns.entitlement_id == Grant.entitlement_id)
    if "entitlement" in columns:
        kind, name = line_key(Granularity.ENTITLEMENT)
        same += [columns.entitlement_kind == kind, columns.entitlement == name]
    return same


def _tables(application_id: int, on: frozenset[str], by_grant: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "few" in on and (few := _few(application_id, by_grant)) is not None:
        found["few_peers"] = few
    if "duties" in on:
        conflicts = conflicting_accounts(application_id, by_grant=by_grant)
        found |= {} if conflicts is None else {"conflicts": conflicts}
    return found


def _few(application_id: int, by_grant: bool) -> Any | None:
    key = {"account_id": Integer} | ({"entitlement_id": Integer} if by_grant else {})
    count = few_peers_by_grant if by_grant else few_peers
    rows = count(application_id)
    return as_table("few", {**key, "words": String}, rows) if rows else None
