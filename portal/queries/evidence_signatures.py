"""Who put their name to what: sign-offs and submissions, with how they had signed in."""

import json

from sqlalchemy import Connection, func, select

from policies.statements import submit_statement
from portal.models import Application, Person, Removal, Review, SignOff, TrailLine
from portal.reports.facts import Signature


def signatures(view: Connection, ids: list[int]) -> list[Signature]:
    """Every sign-off, and every submission, in the order they were given."""
    signed = view.execute(
        select(*_SIGNED, Person.name, Person.email, Application.name.label("application"))
        .join(Person, Person.id == SignOff.person_id)
        .join(Review, Review.id == SignOff.review_id)
        .join(Application, Application.id == Review.application_id)
        .where(SignOff.review_id.in_(ids))
        .order_by(SignOff.signed_at, SignOff.id)
    )
    found = [
        Signature(
            role=f"reviewer, level {row.level}",
            name=row.name,
            title=row.person_title,
            email=row.email or "",
            application=row.application,
            statement=row.statement,
            method=row.method,
            signed_at=row.signed_at,
            digest=row.digest,
        )
        for row in signed
    ]
    return sorted(found + _submissions(view, ids), key=lambda each: (each.signed_at, each.role))


_SIGNED = (
    SignOff.level,
    SignOff.person_title,
    SignOff.statement,
    SignOff.method,
    SignOff.signed_at,
    SignOff.digest,
)


def _submissions(view: Connection, ids: list[int]) -> list[Signature]:
    rejected = (
        select(func.count())
        .where(Removal.review_id == Review.id)
        .correlate(Review)
        .scalar_subquery()
    )
    rows = view.execute(
        select(
            Review.submitted_at,
            Review.id,
            Person.name,
            Person.email,
            Person.title,
            Application.name.label("application"),
            rejected.label("rejected"),
        )
        .join(Person, Person.id == Review.submitted_by_id)
        .join(Application, Application.id == Review.application_id)
        .where(Review.id.in_(ids), Review.submitted_at.is_not(None))
    ).all()
    methods = _submission_methods(view, [row.id for row in rows])
    return [
        Signature(
            role="submitted the review",
            name=row.name,
            title=row.title,
            email=row.email or "",
            application=row.application,
            statement=submit_statement(row.application, row.rejected),
            method=methods.get(row.id, ""),
            signed_at=row.submitted_at,
        )
        for row in rows
    ]


def _submission_methods(view: Connection, ids: list[int]) -> dict[int, str]:
    """How they had signed in; only the trail's line says so."""
    rows = view.execute(
        select(TrailLine.review_id, TrailLine.content).where(
            TrailLine.review_id.in_(ids), TrailLine.verb == "review submitted"
        )
    )
    return {row.review_id or 0: json.loads(row.content)["method"] for row in rows}
