"""Finding reviews and tasks: the data check, who reviews, what is still to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import joinedload

from policies.freshness import Finding, SourceFacts, check
from policies.lifecycle import OPEN_REVIEWS, CampaignState, RemovalState, ReviewState, SyncState
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Campaign,
    Instance,
    Item,
    Remediation,
    Removal,
    Review,
    Reviewer,
    SignOff,
    Source,
    Sync,
)
from portal.queries.items import Progress
from portal.queries.planted import told_by_review
from portal.queries.scope import lines_in_scope
from portal.queries.settings import setting


@dataclass(frozen=True)
class DataCheck:
    """What the start of a review found: may it continue, and on what data."""

    findings: Sequence[Finding]
    accounts: int  # in scope of the review, or lines of them
    can_acknowledge: bool

    @property
    def passed(self) -> bool:
        return all(finding.ok for finding in self.findings)


def data_check(review: Review) -> DataCheck:
    """May this review start on the accounts its application has now?"""
    sources = _sources(review.application_id)
    fresh = {
        "file": setting("fresh_days_file"),
        "integration": setting("fresh_days_integration"),
    }
    findings = check(sources, now=clock.now(), fresh_days=fresh)
    accounts = _size_of(review)
    integrated = any(source.kind == "integration" for source in sources)
    return DataCheck(findings, accounts, can_acknowledge=accounts > 0 and not integrated)


def present_accounts_of(review: Review, limit: int) -> Sequence[Account]:
    """The first accounts in scope of a review, as they are now."""
    ids = lines_in_scope(review.campaign, [review.application_id]).subquery()
    return db.session.scalars(
        select(Account)
        .where(Account.id.in_(select(ids.c.id)))
        .order_by(Account.login_key, Account.id)
        .limit(limit)
        .options(joinedload(Account.person))
    ).all()


def present_syncs(application_id: int) -> Sequence[Sync]:
    """The latest applied sync of each source of an application."""
    latest = (
        select(func.max(Sync.id))
        .join(Source, Source.id == Sync.source_id)
        .join(Instance, Instance.id == Source.instance_id)
        .where(
            Instance.application_id == application_id,
            Sync.state == SyncState.APPLIED,
            Source.removed_at.is_(None),
        )
        .group_by(Sync.source_id)
    )
    return db.session.scalars(select(Sync).where(Sync.id.in_(latest)).order_by(Sync.id)).all()


def reviews_to_do(actor: Actor) -> Sequence[Review]:
    """The open reviews in which this person has something to do, the most urgent first."""
    mine = exists().where(
        Reviewer.review_id == Review.id,
        Reviewer.person_id == actor.person_id,
        Reviewer.level <= Review.level,
    )
    removing = or_(
        Review.state.in_((ReviewState.REMEDIATION, ReviewState.READY)),
        exists().where(Remediation.review_id == Review.id),
    )
    return db.session.scalars(
        select(Review)
        .join(Review.campaign)
        .where(
            Campaign.state == CampaignState.ACTIVE,
            Review.state.in_(OPEN_REVIEWS),
            or_(
                mine,
                (Review.remediation_owner_id == actor.person_id) & removing,
            ),
        )
        .order_by(Campaign.due_at, Review.id)
        .options(joinedload(Review.application), joinedload(Review.campaign))
    ).all()


def reviews_done_by(actor: Actor, limit: int = 20) -> Sequence[Review]:
    """Reviews this person reviewed or submitted that are closed, the latest first."""
    mine = select(Reviewer.review_id).where(Reviewer.person_id == actor.person_id)
    return db.session.scalars(
        select(Review)
        .where(Review.id.in_(mine), Review.state == ReviewState.COMPLETED)
        .order_by(Review.submitted_at.desc())
        .limit(limit)
        .options(joinedload(Review.application), joinedload(Review.campaign))
    ).all()


def reviews_of(campaign: Campaign) -> Sequence[Review]:
    """The reviews of a campaign by application name, with all that a list shows of them."""
    reviews = db.session.scalars(
        select(Review)
        .where(Review.campaign_id == campaign.id)
        .options(joinedload(Review.application), joinedload(Review.remediation_owner))
    ).all()
    return sorted(reviews, key=lambda review: (review.application.name.lower(), review.id))


def progress_by_review(ids: Sequence[int]) -> dict[int, Progress]:
    """How far each of these reviews is, in one query."""
    rows = db.session.execute(
        select(Item.review_id, Item.verdict, Item.signed_off, Item.is_privileged, func.count())
        .where(Item.review_id.in_(ids))
        .group_by(Item.review_id, Item.verdict, Item.signed_off, Item.is_privileged)
    )
    sums: dict[int, dict[str, int]] = {}
    told = [(key, *each, -1) for key, some in told_by_review(ids).items() for each in some]
    for review_id, verdict, signed_off, privileged, count in [*rows, *told]:
        found = sums.setdefault(review_id, {})
        for key in (
            "total",
            verdict.value,
            "signed_off" if signed_off else "",
            "privileged" if privileged else "",
        ):
            found[key] = found.get(key, 0) + count
    return {key: _progress(found) for key, found in sums.items()}


def removals_by_state(review: Review) -> dict[RemovalState, int]:
    rows = db.session.execute(
        select(Removal.state, func.count())
        .where(Removal.review_id == review.id)
        .group_by(Removal.state)
    )
    return dict(rows.all())


def sign_offs_of(review: Review) -> Sequence[SignOff]:
    return db.session.scalars(
        select(SignOff).where(SignOff.review_id == review.id).order_by(SignOff.id)
    ).all()


def open_reviews_of(application_id: int) -> Sequence[Review]:
    """The reviews of one application that are not closed."""
    return db.session.scalars(
        select(Review).where(
            Review.application_id == application_id, Review.state.in_(OPEN_REVIEWS)
        )
    ).all()


def _progress(found: dict[str, int]) -> Progress:
    return Progress(
        total=found.get("total", 0),
        approved=found.get("approved", 0),
        rejected=found.get("rejected", 0),
        signed_off=found.get("signed_off", 0),
        privileged=found.get("privileged", 0),
        changed=found.get("changed", 0),
    )


def _sources(application_id: int) -> list[SourceFacts]:
    present = (
        select(Account.instance_id, func.count().label("accounts"))
        .where(Account.application_id == application_id, Account.gone_at.is_(None))
        .group_by(Account.instance_id)
        .subquery()
    )
    latest = (
        select(Sync.source_id, func.max(Sync.applied_at).label("at"))
        .where(Sync.state == SyncState.APPLIED)
        .group_by(Sync.source_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Source.kind, Instance.name, latest.c.at, func.coalesce(present.c.accounts, 0))
        .join(Instance, Instance.id == Source.instance_id)
        .outerjoin(latest, latest.c.source_id == Source.id)
        .outerjoin(present, present.c.instance_id == Instance.id)
        .where(Instance.application_id == application_id, Source.removed_at.is_(None))
        .order_by(Instance.id)
    ).all()
    several = len(rows) > 1
    return [
        SourceFacts(kind, name if several else "", at, True, accounts)
        for kind, name, at, accounts in rows
    ]


def _size_of(review: Review) -> int:
    scope = lines_in_scope(review.campaign, [review.application_id])
    return db.session.scalar(select(func.count()).select_from(scope.subquery())) or 0
