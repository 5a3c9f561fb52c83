"""Who put their name to what: sign-offs and submissions, with how they had signed in."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, String, cast, func, select

from policies.deadlines import NOBODY
from portal.models import Application, Person, Review, SignOff, TrailLine
from portal.queries.evidence_rows import Texts, stream
from portal.queries.evidence_text import utc_text
from portal.reports.facts import Signature


def signatures(view: Connection, ids: list[int]) -> list[Signature]:
    """Every sign-off, and every submission, in the order they were given."""
    signed = view.execute(
        select(*_SIGNED, Person.name, Person.email, Application.name.label("application"))
        .outerjoin(Person, Person.id == SignOff.person_id)
        .join(Review, Review.id == SignOff.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(SignOff.review_id.in_(ids))
        .order_by(SignOff.signed_at, SignOff.id)
    )
    found = [
        Signature(
            role=f"{'reviewer, ' if row.name else ''}level {row.level}",
            name=row.name or NOBODY,
            title=row.person_title,
            email=row.email or "",
            application=row.application,
            statement=row.statement,
            method=row.method,
            signed_at=row.signed_at,
            digest=row.digest,
            is_rule=row.name is None,
        )
        for row in signed
    ]
    return sorted(found + _submissions(view, ids), key=lambda each: (each.signed_at, each.role))


def sign_off_rows(view: Connection, review_ids: list[int]) -> Iterator[Texts]:
    """Every sign-off of these reviews, in order: the columns SIGN_OFFS."""
    query = (
        select(
            cast(SignOff.id, String),
            cast(SignOff.review_id, String),
            Application.name,
            cast(SignOff.level, String),
            func.coalesce(Person.name, NOBODY),
            func.coalesce(Person.email, ""),
            SignOff.person_title,
            SignOff.statement,
            cast(SignOff.items, String),
            cast(SignOff.approved, String),
            cast(SignOff.rejected, String),
            cast(SignOff.changed, String),
            SignOff.digest,
            SignOff.method,
            utc_text(SignOff.signed_at),
        )
        .outerjoin(Person, Person.id == SignOff.person_id)
        .join(Review, Review.id == SignOff.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(SignOff.review_id.in_(review_ids))
        .order_by(SignOff.id)
    )
    for row in stream(view, query):
        yield tuple(row)


_SIGNED = (
    SignOff.level,
    SignOff.person_title,
    SignOff.statement,
    SignOff.method,
    SignOff.signed_at,
    SignOff.digest,
)


def _submissions(view: Connection, ids: list[int]) -> list[Signature]:
    rows = view.execute(
        select(
            Review.submitted_at,
            Review.id,
            Person.name,
            Person.email,
            Person.title,
            Application.name.label("application"),
        )
        .join(Person, Person.id == Review.submitted_by_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id.in_(ids), Review.submitted_at.is_not(None))
    ).all()
    said = _submission_lines(view, [row.id for row in rows])
    return [
        Signature(
            role="submitted the review",
            name=row.name,
            title=row.title,
            email=row.email or "",
            application=row.application,
            statement=said[row.id]["details"]["statement"],
            method=said[row.id]["method"],
            signed_at=row.submitted_at,
        )
        for row in rows
    ]


def _submission_lines(view: Connection, ids: list[int]) -> dict[int, dict[str, Any]]:
    """What they read and how they had signed in, as the trail's lines have it."""
    rows = view.execute(
        select(TrailLine.review_id, TrailLine.content).where(
            TrailLine.review_id.in_(ids), TrailLine.verb == "review submitted"
        )
    )
    return {row.review_id or 0: json.loads(row.content) for row in rows}
