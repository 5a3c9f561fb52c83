"""Who still owes something: to start, to decide, to sign off, to remove, to submit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, inspect, select
from sqlalchemy.orm import joinedload

from policies.deadlines import still_possible
from policies.lifecycle import CampaignState, LetterState, ReviewState, Verdict
from portal import clock
from portal.db import Base, db
from portal.models import (
    Assignment,
    Campaign,
    Decision,
    Item,
    Letter,
    Person,
    Review,
    Reviewer,
    SignOff,
)
from portal.models.person import Standing
from portal.queries.delegations import people_away
from portal.queries.letters import waits_for_hours
from portal.queries.owing import PRESENT, place_of

CHUNK = 500  # ids in one statement
REMINDERS = ("reminder", "final-reminder", "overdue", "digest")


@dataclass(frozen=True)
class Owed:
    """What one person still has to do in one review. `left` counts what is undecided."""

    person: Person
    review: Review
    what: str
    left: int = 0

    @property
    def in_words(self) -> str:
        """ "Salesforce: 12 accounts to decide" """
        return f"{self.review.application.name}: {self.what}"

    def still(self, reader: Person) -> str:
        """What can be done about it after the due date, said to `reader`; empty before it."""
        campaign, owner = self.review.campaign, self.review.campaign.owner
        if clock.now() <= campaign.due_at:
            return ""
        runner = owner.name if owner else "whoever runs the campaign"
        return still_possible(
            campaign.undecided,
            takes_late=campaign.accepts_late,
            decides=self.decides,
            runner="" if owner and owner.id == reader.id else runner,
        )

    @property
    def decides(self) -> bool:
        """Whether decisions are missing, and not only what follows them."""
        return bool(self.left) or self.review.state is ReviewState.PENDING

    @property
    def is_closed(self) -> bool:
        """Nothing can be done about it any more: decisions are missing, and refused by now."""
        return self.decides and not self.review.accepts_decisions

    @property
    def escalation_key(self) -> str:
        """One escalation for each person's part in a level of a review."""
        return f"escalation:{self.review.id}:{self.review.level}:{self.person.id}"


def owed_in(campaigns: Sequence[Campaign], only: Collection[int] | None = None) -> list[Owed]:
    """Everything that anybody present owes in these active campaigns, by name of the person;
    or what those owe whose ids are `only`, few."""
    ids = [each.id for each in campaigns if each.state is CampaignState.ACTIVE]
    reviews = _reviews(ids)
    found = [*_unstarted(reviews, only), *_undecided(reviews, only), *_unremoved(reviews, only)]
    away = people_away()
    present = (
        each
        for each in found
        if each.person.standing is not Standing.PAST and each.person.id not in away
    )
    return sorted(present, key=lambda owed: (*place_of(owed.person), owed.review.id))


def tasks_by_person(owed: Sequence[Owed]) -> dict[Person, list[Owed]]:
    """The same, gathered by person in their order."""
    found: dict[Person, list[Owed]] = {}
    for each in owed:
        found.setdefault(each.person, []).append(each)
    return found


def read_anew(owed: Sequence[Owed]) -> None:
    """Read what these are about in few statements: a transaction begins with nothing known."""
    people_by_id({_id(each.person) for each in owed})
    wanted = sorted({_id(each.review) for each in owed})
    for begin in range(0, len(wanted), CHUNK):
        some = Review.id.in_(wanted[begin : begin + CHUNK])
        db.session.scalars(_with_place(select(Review).where(some))).all()


def active_campaigns() -> Sequence[Campaign]:
    """The campaigns in which anybody can owe anything."""
    active = Campaign.state == CampaignState.ACTIVE
    return db.session.scalars(select(Campaign).where(active).order_by(Campaign.id)).all()


def last_reminded(person_ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these people was last reminded of anything."""
    found: dict[int, datetime] = {}
    for begin in range(0, len(person_ids), CHUNK):
        theirs = Letter.person_id.in_(person_ids[begin : begin + CHUNK])
        query = select(Letter.person_id, func.max(Letter.created_at))
        query = query.where(theirs, Letter.kind.in_(REMINDERS)).group_by(Letter.person_id)
        found |= dict(db.session.execute(query).all())
    return found


def reminders_waiting(person_ids: Sequence[int]) -> dict[int, datetime]:
    """When the reminders to these people go out that wait for their working hours."""
    found: dict[int, datetime] = {}
    for begin in range(0, len(person_ids), CHUNK):
        theirs = Letter.person_id.in_(person_ids[begin : begin + CHUNK])
        query = select(Letter.person_id, func.min(Letter.try_at))
        query = query.where(theirs, Letter.kind.in_(REMINDERS), waits_for_hours())
        found |= dict(db.session.execute(query.group_by(Letter.person_id)).all())
    return found


def last_decided(campaign: Campaign) -> dict[int, datetime]:
    """When each reviewer of the campaign last decided or signed off in it."""
    mine = select(Review.id).where(Review.campaign_id == campaign.id)
    decided = (
        select(Decision.by_person_id, func.max(Decision.decided_at))
        .where(Decision.review_id.in_(mine), Decision.by_person_id.is_not(None))
        .group_by(Decision.by_person_id)
    )
    signed = (
        select(SignOff.person_id, func.max(SignOff.signed_at))
        .where(SignOff.review_id.in_(mine))
        .group_by(SignOff.person_id)
    )
    found: dict[int, datetime] = {}
    rows = [*db.session.execute(decided), *db.session.execute(signed)]
    for person_id, moment in rows:
        if person_id is not None:
            found[person_id] = max(moment, found.get(person_id, moment))
    return found


def people_by_id(ids: Collection[int]) -> dict[int, Person]:
    """These people, however many."""
    wanted = sorted(ids)
    found: dict[int, Person] = {}
    for begin in range(0, len(wanted), CHUNK):
        some = select(Person).where(Person.id.in_(wanted[begin : begin + CHUNK]))
        found |= {person.id: person for person in db.session.scalars(some)}
    return found


def level_begun(campaign_ids: Sequence[int]) -> dict[int, datetime]:
    """When the last level of each review was signed off: since then the next one's are asked."""
    rows = db.session.execute(
        select(SignOff.review_id, func.max(SignOff.signed_at))
        .join(Review, Review.id == SignOff.review_id)
        .where(Review.campaign_id.in_(campaign_ids), SignOff.level < Review.level)
        .group_by(SignOff.review_id)
    )
    return dict(rows.all())


def called_to_help(campaign_ids: Sequence[int]) -> set[tuple[int | None, int]]:
    """Whom an escalation called into which review: (review, person)."""
    escalations = Letter.kind == "escalation", Letter.campaign_id.in_(campaign_ids)
    rows = db.session.execute(select(Letter.review_id, Letter.person_id).where(*escalations))
    return {(review_id, person_id) for review_id, person_id in rows}


def reminded_by_hand(since: datetime) -> dict[tuple[int, int | None], datetime]:
    """When people were last reminded by hand, or will be in the morning: (person, campaign)."""
    sent = func.coalesce(Letter.sent_at, Letter.try_at)
    by_hand = Letter.key.startswith("remind-now:", autoescape=True), sent >= since
    alive = Letter.state.not_in((LetterState.WITHDRAWN, LetterState.FAILED))
    query = select(Letter.person_id, Letter.campaign_id, func.max(sent)).where(*by_hand, alive)
    rows = db.session.execute(query.group_by(Letter.person_id, Letter.campaign_id))
    return {(person, campaign): at for person, campaign, at in rows}


def reminded_within(campaign_id: int, span: timedelta) -> set[int]:
    """Who was reminded by hand in this campaign within `span`."""
    key = Letter.key.startswith(f"remind-now:{campaign_id}:", autoescape=True)
    lately = Letter.created_at > clock.now() - span
    return set(db.session.scalars(select(Letter.person_id).where(key, lately)))


def _reviews(campaign_ids: Sequence[int]) -> dict[int, Review]:
    owing = (
        ReviewState.PENDING,
        ReviewState.IN_REVIEW,
        ReviewState.REMEDIATION,
        ReviewState.READY,
    )
    theirs = Review.campaign_id.in_(campaign_ids), Review.state.in_(owing)
    query = _with_place(select(Review).where(*theirs))
    return {review.id: review for review in db.session.scalars(query)}


def _id(row: Base) -> int:
    """Its key, without reading it: `row.id` would, one by one."""
    (key,) = inspect(row).identity or (0,)
    return int(key)


def _with_place(query: Select[Review]) -> Select[Review]:
    return query.options(
        joinedload(Review.application),
        joinedload(Review.campaign).joinedload(Campaign.owner),
        joinedload(Review.remediation_owner),
    )


def _unstarted(reviews: dict[int, Review], only: Collection[int] | None) -> list[Owed]:
    """Any reviewer may start a review; until one did, all of them are asked to."""
    ids = [key for key, review in reviews.items() if review.state is ReviewState.PENDING]
    query = (
        select(Reviewer)
        .join(Reviewer.review)
        .where(Reviewer.review_id.in_(ids), Reviewer.level == Review.level)
    )
    if only is not None:
        query = query.where(Reviewer.person_id.in_(only))
    return [
        Owed(each.person, reviews[each.review_id], "not started yet")
        for each in db.session.scalars(query)
    ]


def _undecided(reviews: dict[int, Review], only: Collection[int] | None) -> list[Owed]:
    ids = [key for key, review in reviews.items() if review.state is ReviewState.IN_REVIEW]
    if not ids:
        return []
    left = _count(and_(Item.verdict == Verdict.UNDECIDED, Assignment.vote.is_(None)))
    query = (
        select(Item.review_id, Assignment.person_id, left)
        .join(Assignment, PRESENT)
        .where(Item.review_id.in_(ids), Item.signed_off.is_(False))
        .group_by(Item.review_id, Assignment.person_id)
    )
    if only is not None:
        query = query.where(Assignment.person_id.in_(only))
    rows = db.session.execute(query).all()
    people = people_by_id({person_id for _, person_id, _ in rows})
    return [
        Owed(people[person_id], (review := reviews[review_id]), _to_decide(left, review.noun), left)
        for review_id, person_id, left in rows
    ]


def _unremoved(reviews: dict[int, Review], only: Collection[int] | None) -> list[Owed]:
    words = {
        ReviewState.REMEDIATION: "rejected access to remove, and a fresh list to upload",
        ReviewState.READY: "ready to submit",
    }
    return [
        Owed(review.remediation_owner, review, words[review.state])
        for review in reviews.values()
        if review.state in words
        and review.remediation_owner
        and (only is None or review.remediation_owner_id in only)
    ]


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _to_decide(left: int, noun: str) -> str:
    if not left:
        return "all decided, to be signed off"
    return f"{left:,} {noun}{'s' if left > 1 else ''} to decide"
