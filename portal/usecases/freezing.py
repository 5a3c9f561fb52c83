"""Starting a review: the data check, then the freeze, one INSERT ... SELECT per table."""

from typing import Any

from sqlalchemy import func, insert, literal, select, true

from policies.errors import Invalid
from policies.lifecycle import REVIEW, Verdict
from policies.permissions import START_REVIEW, Actor, require
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Entitlement,
    GoneItem,
    Grant,
    Item,
    ItemGrant,
    Person,
    Review,
    Sync,
)
from portal.queries.delta import gone_since
from portal.queries.insight import Insight, insight_into
from portal.queries.item_fields import SLOTS
from portal.queries.order import in_order
from portal.queries.planted_lines import guises_in, laid_among
from portal.queries.reviews import data_check, present_syncs
from portal.queries.scope import facts, in_user_scope, lines_in_scope, present_accounts
from portal.queries.tally import bits_of
from portal.usecases.assigning import assign_items
from portal.usecases.bulk import count_rows_anew
from portal.usecases.launching import invite_reviewers
from portal.usecases.planting import plant_accounts
from portal.usecases.relaunching import carry_decisions_over
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def start_review(review: Review, *, acknowledgement: str = "", by: Actor) -> None:
    """Check the data, freeze it as items, and assign them.

    `acknowledgement` is why older or indirect data is good enough; it is recorded, and
    accepted only where no integration feeds the application. Raises Invalid with the
    reasons when the data check fails.
    """
    require(START_REVIEW, by, review)
    db.session.refresh(review, with_for_update={"of": Review})
    review.state = REVIEW.after(review.state, "start")
    check = data_check(review)
    if not check.passed and not (check.can_acknowledge and acknowledgement.strip()):
        raise Invalid(" ".join(f.says for f in check.findings if not f.ok))
    if not check.passed:
        review.acknowledgement = f"{by.name}: {acknowledgement.strip()}"
    review.frozen_at, review.started_by_id = clock.now(), by.person_id
    _freeze(review)
    assigned = assign_items(review)
    review.frozen = review.frozen | {
        "unassigned": assigned.unassigned,
        "unassigned_why": assigned.why,
    }
    plant_accounts(review, by)
    record(
        "review started",
        review,
        by=by,
        acknowledgement=review.acknowledgement,
        items=review.lines,
        **{key: review.frozen[key] for key in ("unassigned", "syncs")},
    )
    invite_reviewers(review, among=assigned.newcomers, by=by)
    if not review.frozen["items"]:
        _nothing_to_decide(review, by)
    elif review.relaunched_from_id:
        carry_decisions_over(review, by=by)


def _freeze(review: Review) -> None:
    """What there is, what became of it since the last review, and what is recommended."""
    columns = facts(review.campaign.granularity)
    names, insight = _own_columns(review, columns), insight_into(review, columns)
    _freeze_items(review, columns, names, insight)
    count_rows_anew(Item)
    _freeze_grants(review)
    if insight.last:
        _note_what_is_gone(review, insight.last)
    review.frozen = _what_was_frozen(review) | {
        "attributes": names,
        "slots": SLOTS,
        "since": insight.last.id if insight.last else None,
    }


def _nothing_to_decide(review: Review, by: Actor) -> None:
    """No account is in the campaign's scope here: there is nothing to sign, only to submit."""
    review.signed_off_at = clock.now()
    review.state = REVIEW.after(review.state, "clear")
    record("review cleared", review, by=by, items=0)


def _freeze_items(
    review: Review, columns: dict[str, Any], own: list[str], insight: Insight
) -> None:
    values: dict[str, Any] = {
        "review_id": literal(review.id),
        **columns,
        **{f"own_{nth}": _text_of(name) for nth, name in enumerate(own[:SLOTS], 1)},
        **insight.columns,
        "bits": bits_of({**columns, **insight.columns}),
        "level": literal(1),
        "verdict": literal(Verdict.UNDECIDED, Item.verdict.type),
        "signed_off": literal(False),
        "comment": literal(""),
        "version": literal(0),
    }
    query = insight.beside(_in_scope(review, columns)).with_only_columns(
        *(value.label(key) for key, value in values.items()), maintain_column_froms=True
    )
    if guises := guises_in(review):
        query = laid_among(query, guises, list(values), review)
    else:
        query = query.order_by(in_order(columns["label"]), Account.id, *_order_of_lines(review))
    db.session.execute(insert(Item).from_select(list(values), query, include_defaults=False))


def _in_scope(review: Review, columns: dict[str, Any]) -> Any:
    return lines_in_scope(review.campaign, [review.application_id], columns)


def _order_of_lines(review: Review) -> tuple[Any, ...]:
    """Of the lines of one account."""
    if not review.by_entitlement:
        return ()
    return in_order(Entitlement.name), Entitlement.kind


def _text_of(name: str) -> Any:
    """The text that "a.Region" or "p.Site" has, or ""."""
    column = Account.attributes if name.startswith("a.") else Person.attributes
    return func.coalesce(column[name[2:]].as_string(), "")


def _freeze_grants(review: Review) -> None:
    query = (
        select(Item.id, Entitlement.kind, Entitlement.name)
        .join(Grant, Grant.account_id == Item.account_id)
        .join(Entitlement, Entitlement.id == Grant.entitlement_id)
        .where(Item.review_id == review.id)
    )
    if review.by_entitlement:
        query = select(Item.id, Item.entitlement_kind, Item.entitlement)
        query = query.where(Item.review_id == review.id, Item.entitlement != "")
    db.session.execute(insert(ItemGrant).from_select(["item_id", "kind", "name"], query))


def _note_what_is_gone(review: Review, last: Review) -> None:
    query = gone_since(review, last)
    db.session.execute(insert(GoneItem).from_select(["review_id", "item_id"], query))


def _what_was_frozen(review: Review) -> dict[str, Any]:
    counts = (func.count(), func.count().filter(Item.is_privileged))
    ids = (func.min(Item.id), func.max(Item.id))
    mine = Item.review_id == review.id
    items, privileged = db.session.execute(select(*counts).where(mine, ~Item.is_planted)).one()
    first, last = db.session.execute(select(*ids).where(mine)).one()
    present = db.session.scalar(
        select(func.count()).select_from(present_accounts([review.application_id]).subquery())
    )
    return {
        "items": items,
        "privileged": privileged,
        "first": first or 0,
        "last": last or 0,
        "present": present,
        **_accounts_in(review),
        "syncs": [_as_frozen(sync) for sync in present_syncs(review.application_id)],
    }


def _accounts_in(review: Review) -> dict[str, int]:
    """How many accounts the lines are of, where they are not accounts themselves."""
    if not review.by_entitlement:
        return {}
    query = select(func.count(Item.account_id.distinct())).where(Item.review_id == review.id)
    return {"accounts": db.session.scalar(query) or 0}


def _as_frozen(sync: Sync) -> dict[str, Any]:
    return {
        "sync": sync.id,
        "file": sync.file_name,
        "sha256": sync.sha256,
        "by": sync.by_name,
        "applied_at": sync.applied_at.isoformat() if sync.applied_at else None,
        "read": sync.rows_read,
        "applied": sync.rows_applied,
        "skipped": sync.rows_skipped,
        "complete": sync.is_complete,
        "instance": sync.source.instance.name if sync.source.instance else "",
    }


def _own_columns(review: Review, columns: dict[str, Any]) -> list[str]:
    """The names of the extra columns of the lists in scope: "a.Region", "p.Cost centre"."""
    each = func.json_each if _on_sqlite() else func.jsonb_each
    everybody = in_user_scope(review.campaign, columns) is None
    scope = _present(review) if everybody else _in_scope(review, columns)
    found: set[str] = set()
    for prefix, column in (("a", Account.attributes), ("p", Person.attributes)):
        pairs = each(column).table_valued("key")
        names = scope.join(pairs, true())
        names = names.with_only_columns(pairs.c.key, maintain_column_froms=True).distinct()
        found |= {f"{prefix}.{key}" for key in db.session.scalars(names)}
    return sorted(found)


def _present(review: Review) -> Any:
    """As `present_accounts`, with no more tables than the names of their columns take."""
    return (
        select(Account.id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Account.application_id == review.application_id, Account.gone_at.is_(None))
    )


def _on_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"
