"""Letters that wait for something which is over by now: for the morning, or for their channel."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import select

from policies.lifecycle import CLOSED_REVIEWS, LetterState
from portal import clock
from portal.db import db
from portal.models import Letter, Review
from portal.queries.owed import REMINDERS, active_campaigns, owed_in

ABOUT_WORK = ("invitation", "level-started", "reassigned", "escalation", *REMINDERS)
WAITED = timedelta(hours=1)  # what is carried at once was right when it was written
FEW = 500


def pointless_letters() -> Sequence[Letter]:
    """Those due now that ask for work in a review that is over; and reminders that waited, of
    what their person has done meanwhile."""
    due = Letter.state == LetterState.QUEUED, Letter.try_at <= clock.now()
    over = select(Letter).join(Review, Review.id == Letter.review_id)
    over = over.where(*due, Letter.kind.in_(ABOUT_WORK), Review.state.in_(CLOSED_REVIEWS))
    late = Letter.created_at < clock.now() - WAITED, Letter.attempts == 0
    waited = select(Letter).where(*due, *late, Letter.kind.in_(REMINDERS))
    found = {letter.id: letter for letter in db.session.scalars(over)}
    reminders = db.session.scalars(waited).all()
    done = _done(reminders) if reminders else []
    return list((found | {letter.id: letter for letter in done}).values())


def _done(reminders: Collection[Letter]) -> list[Letter]:
    people = {letter.person_id for letter in reminders}
    owed = owed_in(active_campaigns(), people if len(people) <= FEW else None)
    owing = {each.person.id for each in owed}
    of_review = {(each.person.id, each.review.id) for each in owed}
    return [
        letter
        for letter in reminders
        if letter.person_id not in owing
        or (letter.review_id and (letter.person_id, letter.review_id) not in of_review)
    ]
