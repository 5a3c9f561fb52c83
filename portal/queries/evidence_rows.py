"""The rows of the evidence's CSV files, as streams of text: portal.reports.columns names them.

Every function takes a connection, so that one snapshot of the database (`snapshot`) can
supply all files of a pack, while the job that writes them notes its progress elsewhere.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, case, cast, func, or_, select

from policies.deadlines import NOBODY
from policies.lifecycle import LOSING, Verdict
from portal.db import db
from portal.models import (
    Application,
    Assignment,
    Campaign,
    Decision,
    Item,
    Person,
    Removal,
    Review,
    Reviewer,
    SignOff,
    Sync,
)
from portal.models.decision import How
from portal.queries.evidence_changes import takes_in, takes_text
from portal.queries.evidence_dates import late_text, spans_in
from portal.queries.evidence_text import plain, utc_text, written, yes_no
from portal.queries.order import off_index

BATCH = 1000
Texts = tuple[str, ...]

_SAID = case(
    (Decision.how == How.COMMENT, "comment"),
    (Decision.verdict == Verdict.UNDECIDED, "withdrawn"),
    else_=plain(Decision.verdict),
)


@contextmanager
def snapshot() -> Iterator[Connection]:
    """A connection that sees the database as it is now, however long it reads."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def stream(view: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """The rows of `query`, a batch in memory at a time."""
    yield from view.execute(query, execution_options={"yield_per": BATCH})


def item_rows(
    view: Connection, review_id: int, *seen: ColumnElement[bool], planted: bool = False
) -> Iterator[Texts]:
    """Every item of a review, in order of its id: the columns ITEMS.

    `seen` narrows it to what whoever asks may see. A reviewer's list has what was `planted` in it.
    """
    real = () if planted else (~Item.is_planted,)
    yield from _item_rows(view, review_id, *_within(view, review_id), *seen, *real)


def notable_rows(view: Connection, review_id: int) -> Iterator[Texts]:
    """Only what was rejected, and what is privileged: the columns ITEMS."""
    notable = or_(Item.verdict.in_(LOSING), Item.is_reduced, Item.is_privileged)
    yield from _item_rows(view, review_id, *_within(view, review_id), notable, ~Item.is_planted)


def _item_rows(
    view: Connection, review_id: int, *conditions: ColumnElement[bool]
) -> Iterator[Texts]:
    reviewers, signers = _reviewers(view, review_id), _signers(view, review_id)
    takes = takes_in(view, review_id)  # of lines by entitlement see the column of that name
    proofs = _proofs(view, review_id)
    late = late_text(Decision.decided_at, spans_in(view, [review_id]))
    query = _items(late, *_insight()).where(*conditions).order_by(Item.id)
    for row in stream(view, query):
        facts, (more, person_more, assigned), standing, proof, insight = (
            row[:29],
            row[29:32],
            row[32:41],
            row[41:47],
            row[47:],
        )
        signed = signers(assigned, standing[0]) if standing[-1] == "yes" else ""
        yield (
            *facts,
            _others(more, person_more),
            reviewers(assigned),
            *standing,
            signed,
            *proof[:2],
            *proofs[proof[2]],
            *proof[3:],
            "" if insight[-1] else takes.get(facts[0], ""),
            *insight,
        )


def decision_rows(view: Connection, review_ids: list[int]) -> Iterator[Texts]:
    """Every decision and comment ever made in these reviews, in order: the columns DECISIONS."""
    query = (
        select(
            cast(Decision.id, String),
            cast(Decision.item_id, String),
            cast(Decision.review_id, String),
            Application.name,
            Item.login,
            case((Item.person_id.is_not(None), Item.label), else_=""),
            cast(Decision.level, String),
            _SAID,
            Decision.comment,
            plain(Decision.was),
            Decision.was_comment,
            plain(Decision.how),
            func.coalesce(Decision.bulk_id, ""),
            Decision.by_name,
            utc_text(Decision.decided_at),
            late_text(Decision.decided_at, spans_in(view, review_ids)),
            Item.entitlement_kind,
            Item.entitlement,
            Decision.takes,
            func.coalesce(cast(func.round(Decision.seconds), String), ""),
            func.coalesce(cast(Decision.batch, String), ""),
        )
        .join(Item, Item.id == Decision.item_id)
        .join(Review, Review.id == Decision.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(Decision.review_id.in_(review_ids), ~Item.is_planted)
        .order_by(Decision.id)
    )
    for *facts, kind, name, takes, seconds, batch in stream(view, query):
        yield (*facts, takes_text(takes), seconds.partition(".")[0], batch, kind, name)


def _items(*more: Any) -> Select[Any]:
    return (
        select(*_frozen(), func.coalesce(_assigned(), ""), *_standing(), *more)
        .join(Review, Review.id == Item.review_id)
        .join(Campaign, Campaign.id == Review.campaign_id)
        .join(Application, Application.id == Review.application_id)
        .outerjoin(Decision, Decision.id == Item.decision_id)
        .outerjoin(Removal, Removal.item_id == Item.id)
    )


def _frozen() -> tuple[Any, ...]:
    return (
        cast(Item.id, String),
        cast(Item.review_id, String),
        Campaign.name,
        Application.name,
        *(getattr(Item, key) for key in ("instance", "login", "account_name", "email")),
        case((Item.person_id.is_not(None), Item.label), else_=""),
        *(
            func.coalesce(getattr(Item, key), "")
            for key in ("employee_number", "department", "title", "manager", "person_status")
        ),
        written(Item.start_date),
        written(Item.end_date),
        Item.status,
        plain(Item.kind),
        Item.owner,
        Item.roles,
        yes_no(Item.has_access),
        yes_no(Item.is_privileged),
        yes_no(Item.is_past),
        yes_no(Item.is_external),
        yes_no(Item.is_orphan),
        yes_no(Item.is_new),
        yes_no(Item.is_inactive),
        utc_text(Item.last_used_at),
        written(Item.created_on),
        written(Item.attributes),
        written(Item.person_attributes),
    )


def _standing() -> tuple[Any, ...]:
    return (
        cast(Item.level, String),
        plain(Item.verdict),
        Item.comment,
        func.coalesce(Decision.by_name, ""),
        utc_text(Item.decided_at),
        plain(Decision.how),
        func.coalesce(Decision.bulk_id, ""),
        written(Item.decision_id),
        yes_no(Item.signed_off),
        plain(Removal.state),
        utc_text(Removal.verified_at),
        Removal.sync_id,
        func.coalesce(Removal.found_status, ""),
        func.coalesce(Removal.note, ""),
    )


def _insight() -> tuple[Any, ...]:
    return (
        Item.recommendation,
        Item.reasons,
        yes_no(Item.is_against),
        Item.delta,
        Item.changes,
        Item.previous_verdict,
        Item.previous_by,
        utc_text(Item.previous_at),
        written(Item.previous_id),
        Item.entitlement_kind,
        Item.entitlement,
    )


def _assigned() -> Any:
    level, person = cast(Assignment.level, String), cast(Assignment.person_id, String)
    each = func.aggregate_strings(level + ":" + person + ":" + Assignment.basis, ";")
    return select(each).where(Assignment.item_id == Item.id).scalar_subquery()


def _within(view: Connection, review_id: int) -> tuple[ColumnElement[bool], ...]:
    """Items of a review lie side by side: read them by their ids, in order, without a sort.

    `off_index` keeps SQLite from taking one on review_id, which is in another order.
    """
    first, last = view.execute(
        select(func.min(Item.id), func.max(Item.id)).where(Item.review_id == review_id)
    ).one()
    return Item.id.between(first or 0, last or 0), off_index(Item.review_id) == review_id


@lru_cache(maxsize=8192)
def _others(*objects: str) -> str:
    """JSON objects as "key: value; key: value", sorted; nothing for empty ones."""
    pairs: dict[str, Any] = {}
    for text in objects:
        if len(text) > 2:
            pairs.update(json.loads(text))
    return "; ".join(f"{key}: {value}" for key, value in sorted(pairs.items()) if value != "")


def _reviewers(view: Connection, review_id: int) -> Callable[[str], str]:
    """Turn "1:17:owner;1:18:named" into names. Few combinations recur in every row."""
    rows = view.execute(
        select(Person.id, Person.name)
        .join(Reviewer, Reviewer.person_id == Person.id)
        .where(Reviewer.review_id == review_id)
    )
    names = {str(person_id): name for person_id, name in rows}

    @cache
    def said(assigned: str) -> str:
        parts = sorted(part.split(":", 2) for part in assigned.split(";") if part)
        return "; ".join(
            f"{names.get(person, f'person {person}')} ({basis}, level {level})"
            for level, person, basis in parts
        )

    return said


def _signers(view: Connection, review_id: int) -> Callable[[str, str], str]:
    """Who signed off the items assigned so, at a level, and when."""
    rows = view.execute(
        select(
            cast(SignOff.level, String),
            func.coalesce(cast(SignOff.person_id, String), ""),
            func.coalesce(Person.name, NOBODY),
            utc_text(SignOff.signed_at),
        )
        .outerjoin(Person, Person.id == SignOff.person_id)
        .where(SignOff.review_id == review_id)
        .order_by(SignOff.id)
    ).all()

    @cache
    def said(assigned: str, at_level: str) -> str:
        assignees = {tuple(part.split(":", 2)[:2]) for part in assigned.split(";") if part}
        here = [row for row in rows if row[0] == at_level]
        theirs = [row for row in here if (row[0], row[1]) in assignees]
        theirs = theirs or [row for row in here if not row[1]] or here  # the rule, else whoever
        return "; ".join(f"{name} {at}" for _, _, name, at in theirs)

    return said


def _proofs(view: Connection, review_id: int) -> dict[int | None, Texts]:
    """The syncs that verified removals here: id, file name and SHA-256 of each."""
    used = select(Removal.sync_id).where(Removal.review_id == review_id).distinct()
    rows = view.execute(select(Sync.id, Sync.file_name, Sync.sha256).where(Sync.id.in_(used)))
    found: dict[int | None, Texts] = {id_: (str(id_), name, sha) for id_, name, sha in rows}
    return {None: ("", "", ""), **found}
