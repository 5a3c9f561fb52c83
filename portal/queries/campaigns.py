"""Finding campaigns, and what they match. What a launch would do: portal.queries.dry_runs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.orm import aliased, selectinload

from policies.filters import from_data
from policies.lifecycle import TO_LAUNCH, CampaignState, SeriesState
from portal import clock
from portal.db import db
from portal.models import (
    Application,
    ApplicationOwner,
    Campaign,
    CampaignSeries,
)
from portal.models.campaign import Overlap
from portal.queries.applications import application_fields, applications_matching


def matching_applications(campaign: Campaign) -> Sequence[Application]:
    fields = application_fields()
    chosen = from_data(campaign.application_filter, fields)
    people = selectinload(Application.owners).selectinload(ApplicationOwner.person)
    query = applications_matching(chosen).options(people)
    return db.session.scalars(query).all()


def due_campaigns() -> Select[Campaign]:
    """Campaigns whose time to be launched has come, and that need not wait any longer."""
    held = and_(
        CampaignSeries.overlap == Overlap.WAIT,
        active_before(Campaign.series_id, Campaign.occurrence),
    )
    return (
        select(Campaign)
        .outerjoin(Campaign.series)
        .where(Campaign.state.in_(TO_LAUNCH), Campaign.starts_at <= clock.now())
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
