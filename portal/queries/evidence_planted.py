"""Planted accounts as evidence: who had them, who decided what on them, when and how.

They are in no other part of it. What is still being decided on is only counted.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from policies.planting import found_by
from portal.models import Application, Assignment, Decision, Item, Person, Review
from portal.models.decision import How
from portal.queries.evidence_rows import Texts
from portal.queries.planted import planted_ids, told_ids
from portal.reports.planted import Had, PlantedFacts, PlantedLine


def planted_facts(view: Connection, ids: Sequence[int]) -> PlantedFacts | None:
    """What came of them in these reviews; None where nothing was planted."""
    count = select(func.count()).select_from(planted_ids(ids).subquery())
    total = view.execute(count).scalar_one()
    lines = planted_lines(view, told_ids(ids)) if total else []
    return PlantedFacts(lines, total - len(lines)) if total else None


def planted_lines(view: Connection, chosen: Any) -> list[PlantedLine]:
    """Those that `chosen` selects the ids of, by application."""
    query = (
        select(
            *(Item.id, Item.review_id, Item.label, Item.login, Item.roles, Item.entitlement),
            *(Item.verdict, Item.comment, Item.decision_id),
            *(Decision.by_name, Decision.by_person_id, Decision.decided_at),
            *(Decision.how, Decision.batch, Application.name.label("application")),
        )
        .join(Review, Review.id == Item.review_id)
        .join(Application, Application.id == Review.application_id)
        .outerjoin(Decision, Decision.id == Item.decision_id)
        .where(Item.id.in_(chosen))
        .order_by(func.lower(Application.name), Item.id)
    )
    reviewers = _reviewers(view, chosen)
    return [_line(row, reviewers[row.id]) for row in view.execute(query)]


def planted_rows(planted: PlantedFacts) -> Iterator[Texts]:
    """One row each: the columns PLANTED."""
    for line in planted.lines:
        at = f"{line.decided_at:%Y-%m-%dT%H:%M:%S}Z" if line.decided_at else ""
        yield (
            *(str(line.item_id), str(line.review_id), line.application),
            *(line.login, line.label, line.held, line.names),
            *(line.found, line.verdict, line.comment, line.decided_by, at, line.how),
            *(str(each or "") for each in (line.at_once, line.decision_id)),
        )


def _reviewers(view: Connection, chosen: Any) -> dict[int, list[Any]]:
    """Who had each at the first level, by name, and what they said where several decide."""
    query = (
        select(Assignment.item_id, Person.id, Person.name, Assignment.vote)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.item_id.in_(chosen), Assignment.level == 1)
        .order_by(Person.name_key)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for had in view.execute(query):
        found[had.item_id].append(had)
    return found


def _had(row: Any, had: Any) -> Had:
    """Of one who had it: what they made of it themselves."""
    by_somebody = row.how is not None and row.how is not How.POLICY
    if had.vote is not None:
        found = found_by(had.vote, by_somebody=True)
    elif by_somebody and row.by_person_id != had.id:
        return Had(had.id, had.name, "")
    else:
        found = found_by(row.verdict, by_somebody=by_somebody)
    return Had(had.id, had.name, found.value)


def _line(row: Any, reviewers: Sequence[Any]) -> PlantedLine:
    return PlantedLine(
        review_id=row.review_id,
        item_id=row.id,
        application=row.application,
        label=row.label,
        login=row.login,
        held=row.entitlement or row.roles,
        reviewers=[_had(row, had) for had in reviewers],
        found=found_by(row.verdict, by_somebody=row.how is not How.POLICY).value,
        verdict=row.verdict.value,
        comment=row.comment,
        decided_by=row.by_name or "",
        decided_at=row.decided_at,
        how=row.how.value if row.how else "",
        at_once=row.batch if row.how else None,
        decision_id=row.decision_id,
    )
