"""Finding campaigns: lists, and what one would do if it were launched now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import aliased, selectinload

from policies.filters import from_data
from policies.lifecycle import CampaignState, SeriesState
from policies.reviewers import FALLBACK, Alike, Circle
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Application,
    ApplicationOwner,
    Campaign,
    CampaignSeries,
    Instance,
    Person,
    Source,
    Sync,
)
from portal.models.campaign import Overlap
from portal.queries.applications import application_fields, applications_matching
from portal.queries.letter_ways import invitations_for
from portal.queries.reviewing import circles_of
from portal.queries.scope import accounts_in_scope


@dataclass(frozen=True)
class Match:
    """An application that a campaign's filter matches, and what launching would mean there."""

    application: Application
    accounts: int
    listed_at: datetime | None  # when its latest list was applied
    reviewers: Sequence[Person]
    remediation_owner: Person | None

    @property
    def is_unassigned(self) -> bool:
        return not self.reviewers


@dataclass(frozen=True)
class Preview:
    """What a launch would do, now."""

    matches: Sequence[Match]
    letters: int = 0

    @property
    def accounts(self) -> int:
        return sum(match.accounts for match in self.matches)

    @property
    def unassigned(self) -> Sequence[Match]:
        return [match for match in self.matches if match.is_unassigned]


def preview(campaign: Campaign) -> Preview:
    """Everything `campaign` (stored or not) matches now, with its reviewers."""
    applications = matching_applications(campaign)
    ids = [application.id for application in applications]
    accounts, listed = _accounts_by_application(campaign, ids), _listed_at(ids)
    circles = circles_of(campaign, applications)
    everybody = db.session.scalars(select(Person).where(Person.id.in_(circles.apart)))
    people = {person.id: person for person in everybody}
    matches = [
        Match(
            application,
            accounts.get(application.id, 0),
            listed.get(application.id),
            [people[p] for p in _first_reviewers(circles.of[application.id])],
            people.get(circles.of[application.id].remover() or 0),
        )
        for application in applications
    ]
    asked = (person.id for match in matches for person in match.reviewers)
    return Preview(matches, invitations_for(asked))


def matching_applications(campaign: Campaign) -> Sequence[Application]:
    fields = application_fields()
    chosen = from_data(campaign.application_filter, fields)
    people = selectinload(Application.owners).selectinload(ApplicationOwner.person)
    query = applications_matching(chosen).options(people)
    return db.session.scalars(query).all()


def _first_reviewers(circle: Circle) -> list[int]:
    """Who the first level falls to in an application, before any fallback."""
    found = circle.reviewers_of(Alike())[0].reviewers
    return [each.person_id for each in found if not each.basis.startswith(FALLBACK)]


def due_campaigns() -> Select[Campaign]:
    """Campaigns whose time to be launched has come, and that need not wait any longer."""
    held = and_(
        CampaignSeries.overlap == Overlap.WAIT,
        active_before(Campaign.series_id, Campaign.occurrence),
    )
    return (
        select(Campaign)
        .outerjoin(Campaign.series)
        .where(Campaign.state == CampaignState.SCHEDULED, Campaign.starts_at <= clock.now())
        .where(or_(Campaign.series_id.is_(None), CampaignSeries.state != SeriesState.PAUSED))
        .where(or_(Campaign.series_id.is_(None), not_(held)))
        .order_by(Campaign.starts_at, Campaign.id)
    )


def active_before(series_id: Any, occurrence: Any) -> ColumnElement[bool]:
    """Whether an earlier occurrence of the series is still active."""
    earlier = aliased(Campaign)
    return (
        select(earlier.id)
        .where(
            earlier.series_id == series_id,
            earlier.occurrence < occurrence,
            earlier.state == CampaignState.ACTIVE,
        )
        .exists()
    )


def occurrences_of(series: CampaignSeries) -> Sequence[Campaign]:
    """Every campaign of the series, the latest first."""
    its = Campaign.series_id == series.id
    return db.session.scalars(select(Campaign).where(its).order_by(Campaign.id.desc())).all()


def _accounts_by_application(campaign: Campaign, ids: list[int]) -> dict[int, int]:
    scope = accounts_in_scope(campaign, ids).with_only_columns(
        Account.application_id, func.count(), maintain_column_froms=True
    )
    rows = db.session.execute(scope.group_by(Account.application_id))
    return dict(rows.all())


def _listed_at(ids: list[int]) -> dict[int, datetime]:
    rows = db.session.execute(
        select(Instance.application_id, func.max(Sync.applied_at))
        .join(Source, Source.id == Sync.source_id)
        .join(Instance, Instance.id == Source.instance_id)
        .where(Instance.application_id.in_(ids), Source.removed_at.is_(None))
        .group_by(Instance.application_id)
    )
    return {application_id: at for application_id, at in rows if at}
