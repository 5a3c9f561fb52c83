"""What a campaign set out to review, and where the accounts it reviewed came from."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, case, func, select, type_coerce

from policies.lifecycle import ReviewState, Verdict
from policies.user_scope import Granularity
from portal.models import Application, Campaign, Item, Review
from portal.queries.planted import real_in
from portal.reports.facts import Population, Scope


def scope_of(view: Connection, campaign_id: int, ids: list[int]) -> Scope:
    row = view.execute(
        select(
            Campaign.application_filter,
            Campaign.user_filter,
            type_coerce(Campaign.user_scope, String).label("user_scope"),
            Campaign.scope_report,
            Campaign.reviewing,
            Campaign.granularity,
            Campaign.ended_at,
        ).where(Campaign.id == campaign_id)
    ).one()
    words: dict[str, Any] = row.scope_report or {}
    said: dict[str, Any] = words.get("reviewing", {})
    matched = ""
    if "matched" in words:
        matched = f" ({words['matched']} matched at launch, {words['not_matched']} did not)"
    left_out = view.execute(
        select(Application.name, _why_left_out())
        .join(Application, Application.id == Review.application_id)
        .where(Review.id.in_(ids), Review.state.in_(_LEFT_OUT))
        .order_by(func.lower(Application.name))
    )
    return Scope(
        applications=words.get("applications", "as stored below") + matched,
        applications_raw=json.dumps(row.application_filter, ensure_ascii=False),
        accounts=words.get("users", row.user_scope),
        accounts_raw=json.dumps(row.user_filter, ensure_ascii=False),
        left_out=[(name, why) for name, why in left_out],
        levels=said.get("levels", []),
        fallbacks=said.get("fallbacks", ""),
        remediation=said.get("remediation", ""),
        reviewing_raw=json.dumps(_as_stored(row), ensure_ascii=False),
        by_entitlement=row.granularity is Granularity.ENTITLEMENT,
    )


def _as_stored(row: Any) -> dict[str, Any]:
    """Who reviews, as it is stored; the names of what is planted only once all is over."""
    said: dict[str, Any] = row.reviewing
    care = said.get("care", {})
    planting = care.get("planting", {})
    if row.ended_at or not planting.get("accounts"):
        return said
    unnamed = {**planting, "accounts": f"{len(planting['accounts'])}, named when it has ended"}
    return {**said, "care": {**care, "planting": unnamed}}


_LEFT_OUT = (ReviewState.CANCELLED, ReviewState.ERROR)


def _why_left_out() -> ColumnElement[str]:
    state = type_coerce(Review.state, String)
    why = case((Review.state == ReviewState.ERROR, Review.error), else_=Review.cancelled_reason)
    return state + ": " + why


def populations(view: Connection, ids: list[int]) -> list[Population]:
    rows = view.execute(
        select(Review.id, Review.frozen, Application.name)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id.in_(ids))
        .order_by(func.lower(Application.name), Review.id)
    ).all()
    counted = view.execute(
        select(
            Item.review_id,
            Item.instance,
            func.count(),
            func.count().filter(Item.verdict != Verdict.UNDECIDED),
        )
        .where(real_in(ids))
        .group_by(Item.review_id, Item.instance)
    )
    counts = {(row[0], row[1]): (row[2], row[2], row[3]) for row in counted}
    counts |= _of_accounts(
        view, [row.id for row in rows if "accounts" in (row.frozen or {})], counts
    )
    nothing = (0, 0, 0)
    return [
        _population(row.name, sync, row.frozen, counts.get((row.id, sync["instance"]), nothing))
        for row in rows
        for sync in (row.frozen or {}).get("syncs", [])
    ]


Counts = dict[tuple[int, str], tuple[int, int, int]]  # accounts, lines, decided lines


def _of_accounts(view: Connection, ids: list[int], counts: Counts) -> Counts:
    """The same of these reviews, whose lines are not accounts themselves."""
    key = (Item.review_id, Item.instance)
    query = select(*key, func.count(Item.account_id.distinct())).group_by(*key)
    rows = view.execute(query.where(real_in(ids))) if ids else ()
    return {(id_, name): (count, *counts[id_, name][1:]) for id_, name, count in rows}


def _population(
    application: str, sync: dict[str, Any], frozen: dict[str, Any], counts: tuple[int, int, int]
) -> Population:
    only = len(frozen["syncs"]) == 1
    at = sync["applied_at"]
    return Population(
        application=application,
        instance="" if only else sync["instance"],
        source=f"import {sync['sync']}",
        file_name=sync["file"],
        sha256=sync["sha256"],
        uploaded_by=sync["by"],
        applied_at=datetime.fromisoformat(at) if at else None,
        is_complete=sync["complete"],
        read=sync["read"],
        skipped=sync["skipped"],
        applied=sync["applied"],
        accounts=frozen.get("present") if only else None,
        in_scope=counts[0],
        reviewed=counts[2],
        lines=counts[1] if "accounts" in frozen else None,
    )
