"""Launching a campaign: what its filters match now becomes its reviews."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from policies.assignment_words import reviewing_in_words
from policies.deadlines import later_by
from policies.filters import from_data
from policies.lifecycle import CAMPAIGN, OPEN_REVIEWS
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.reviewers import Alike, Circle, shares
from portal import clock
from portal.db import db
from portal.models import Application, Campaign, Person, Review, Reviewer
from portal.models.campaign import Overlap
from portal.models.person import Standing
from portal.queries.applications import application_fields
from portal.queries.background import launch_key
from portal.queries.campaigns import active_before, matching_applications
from portal.queries.custom_fields import custom_fields
from portal.queries.delegations import people_away
from portal.queries.dry_runs import has_dry_run, launch_facts
from portal.queries.letter_ways import ways_for
from portal.queries.owed import people_by_id
from portal.queries.reviewing import circles_of, launch_classes, names_of
from portal.queries.series import missed_launches
from portal.queue import Job, enqueue
from portal.usecases.letters import Draft, write_letter, write_letters
from portal.usecases.publishing import keep_dry_run
from portal.usecases.series import follow_up
from portal.usecases.trail import record
from portal.usecases.troubles import forget_trouble
from portal.usecases.unit import after_commit, usecase

NOTABLY_LATE = timedelta(minutes=15)


@usecase
def launch_campaign(campaign: Campaign, *, by: Actor) -> None:
    """Create a review for every application that matches, and write to the reviewers.

    Nothing matches: the campaign is archived with that reason. One transaction, so a
    launch that is cut short happens again as a whole. Of a series, the next is scheduled.
    One in preparation (portal.usecases.preparing) has its reviews already.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    db.session.refresh(campaign, with_for_update={"of": Campaign})
    forget_trouble(launch_key(campaign.id))  # in this transaction: whoever is killed next is done
    if campaign.is_prepared:
        _launch_prepared(campaign, by)
        return
    applications = matching_applications(campaign)
    campaign.scope_report = scope_in_words(campaign, applications) | _lateness(campaign)
    campaign.launched_at = clock.now()
    follow_up(campaign, by=by)
    if why := _why_not(campaign, applications):
        _archive(campaign, why, by)
        return
    if campaign.series and not has_dry_run(campaign):  # nobody published this occurrence
        keep_dry_run(campaign, launch_facts(campaign), by=by)
    campaign.state = CAMPAIGN.after(campaign.state, "launch")
    reviews = new_reviews(campaign, applications)
    record("campaign launched", campaign, by=by, reviews=len(reviews), **campaign.scope_report)
    tell_opened(reviews, by=by)
    _invite([(review, each) for review in reviews for each in review.reviewers], by)


def _launch_prepared(campaign: Campaign, by: Actor) -> None:
    """Its reviewers learn of it, and of the accounts that were frozen for them meanwhile."""
    campaign.state = CAMPAIGN.after(campaign.state, "launch")
    campaign.launched_at = clock.now()
    reviews = [review for review in campaign.reviews if review.state in OPEN_REVIEWS]
    record("campaign launched", campaign, by=by, reviews=len(reviews), **campaign.scope_report)
    asked = [
        (review, each)
        for review in reviews
        for each in review.reviewers
        if each.items or not review.frozen_at
    ]
    _invite(asked, by)


@usecase
def invite_reviewers(review: Review, *, among: Sequence[Reviewer] | None = None, by: Actor) -> None:
    """Write to everyone (`among` these) who reviews at the review's present level, once; nobody,
    once it is late for decisions."""
    _invite([(review, each) for each in (review.reviewers if among is None else among)], by)


def _invite(asked: Sequence[tuple[Review, Reviewer]], by: Actor) -> None:
    """Write to those whose level has come, all at once; a later level has a letter of its own."""
    away = people_away()
    now = [
        (review, each)
        for review, each in asked
        if each.level == review.level and review.accepts_decisions
    ]
    if any(each.person_id in away for _, each in now):  # their delegates are written to
        after_commit(lambda: enqueue(Job.MIND_DELEGATES))
    now = [(review, each) for review, each in now if each.person_id not in away]
    people = people_by_id({each.person_id for _, each in now})
    theirs: dict[Person, list[Review]] = {}
    for review, each in now:
        theirs.setdefault(people[each.person_id], []).append(review)
    _write_invitations(theirs, by)


def _write_invitations(theirs: Mapping[Person, Sequence[Review]], by: Actor) -> None:
    """Each person's reviews in one letter, where there are several and they want it so."""
    ways = ways_for({person.id for person in theirs})
    drafts: dict[str, list[Draft]] = {"invitation": [], "level-started": [], "invitations": []}
    for person, reviews in theirs.items():
        begun = [review for review in reviews if review.level == 1]
        together = begun if len(begun) > 1 and ways.gathers(person.id) else []
        drafts["invitations"] += [_invitation_to(together, person)] if together else []
        for review in (each for each in reviews if each not in together):
            kind = "invitation" if review.level == 1 else "level-started"
            drafts[kind].append(_invitation(review, person))
    for kind, some in drafts.items():
        write_letters(kind, some, by=by)


def _invitation_to(reviews: Sequence[Review], person: Person) -> Draft:
    """One letter for several reviews of a campaign; its link leads to all of them."""
    campaign = reviews[0].campaign
    applications = sorted((r.application for r in reviews), key=lambda a: a.name.casefold())
    return Draft(
        person,
        f"invitations:{campaign.id}:{person.id}",
        about=campaign,
        to_tasks=True,
        facts={
            "campaign": campaign.name,
            "due": f"{min(each.due_at for each in reviews):%a %-d %b %Y}",
            "count": len(reviews),
            "applications": "\n".join(f"- {each.name}" for each in applications),
            "application_ids": [each.id for each in applications],
            "instructions": campaign.instructions,
        },
    )


def _invitation(review: Review, person: Person) -> Draft:
    campaign = review.campaign
    return Draft(
        person,
        f"invitation:{review.id}:{review.level}:{person.id}",
        about=review,
        to_tasks=True,
        facts={
            "application": review.application.name,
            "campaign": campaign.name,
            "due": f"{review.due_at:%a %-d %b %Y}",
            "instructions": campaign.instructions,
            "level": review.level,
            "levels": review.levels,
        },
    )


def _why_not(campaign: Campaign, applications: Sequence[Application]) -> str:
    """Why this occurrence is not launched, as a sentence; empty where it is."""
    series = campaign.series
    if series and series.overlap is Overlap.SKIP:
        before = active_before(campaign.series_id, campaign.occurrence)
        if db.session.scalar(select(before)):
            return "The occurrence before it was still active, so this one was skipped."
    return "" if applications else "No application matched."


def _lateness(campaign: Campaign) -> dict[str, Any]:
    """How late it is launched, where nobody was there in time; it is due later then, too."""
    late = clock.now() - (campaign.starts_at or clock.now())
    if late < NOTABLY_LATE:
        return {}
    said: dict[str, Any] = {
        "late_minutes": late // timedelta(minutes=1),
        "missed": missed_launches(campaign),
    }
    if late.days:  # reviewers have as many days as were planned
        said["due_was"] = campaign.due_at.isoformat()
        campaign.due_at = later_by(late.days, campaign.due_at, campaign.zone)
    return said


def _archive(campaign: Campaign, why: str, by: Actor) -> None:
    campaign.state = CAMPAIGN.after(campaign.state, "archive")
    campaign.ended_at = clock.now()
    campaign.reason = why
    record("campaign archived", campaign, by=by, why=campaign.reason)
    if campaign.owner:
        write_letter(
            "attention",
            campaign.owner,
            key=f"archived:{campaign.id}",
            about=campaign,
            by=by,
            campaign=campaign.name,
            what=f"nothing was launched ({why.rstrip('.').lower()})",
        )


def new_reviews(campaign: Campaign, applications: Sequence[Application]) -> list[Review]:
    """A step: a review of each application, not started yet, with whom it leads to."""
    circles = circles_of(campaign, applications)
    classes = launch_classes(campaign, circles)
    reviews = [
        _review(campaign, each, circles.of[each.id], classes.get(each.id) or {Alike(): 0})
        for each in applications
    ]
    db.session.flush()
    return reviews


def tell_opened(reviews: Iterable[Review], *, by: Actor) -> None:
    """A step: a line in the trail for each."""
    for review in reviews:
        record("review opened", review, by=by, reviewers=_named(review))


def _review(
    campaign: Campaign, application: Application, circle: Circle, classes: dict[Alike, int]
) -> Review:
    """One review, with everybody who is to be written to; the freeze assigns its items."""
    review = Review(
        campaign=campaign,
        application=application,
        levels=len(circle.said.levels),
        remediation_owner_id=circle.remover(),
    )
    db.session.add(review)
    review.reviewers = [
        Reviewer(level=level, person_id=person_id, basis=basis)
        for level, found in enumerate(shares(circle, classes).by_level, 1)
        for person_id, (basis, _) in found.items()
    ]
    return review


def _named(review: Review) -> list[dict[str, object]]:
    return [{"person": r.person_id, "level": r.level, "basis": r.basis} for r in review.reviewers]


def scope_in_words(campaign: Campaign, matched: Sequence[Application]) -> dict[str, Any]:
    """What the campaign's filters say, and what they came to."""
    fields = application_fields()
    words = from_data(campaign.application_filter, fields).in_words(fields)
    total = db.session.scalar(select(func.count()).select_from(Application)) or 0
    said = campaign.who
    return {
        "applications": words or "every open application",
        "users": campaign.users.in_words(),
        "matched": len(matched),
        "not_matched": total - len(matched),
        "without_owner": [a.name for a in matched if not _has_owner(a)],
        "reviewing": reviewing_in_words(said, names_of(said.named), _labels()),
    }


def _labels() -> dict[str, str]:
    return {each.key: each.label for each in custom_fields()}


def _has_owner(application: Application) -> bool:
    owner: Person | None = application.owner
    return owner is not None and owner.standing is Standing.CURRENT
