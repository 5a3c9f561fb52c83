"""What a campaign would do, to whom and when: worked out now, and kept when it is published."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from policies.assignment_words import reviewing_in_words
from policies.filters import from_data
from policies.timing import Start, Timing
from portal import clock
from portal.db import db
from portal.models import Campaign, DryRun
from portal.queries.application_facts import Overview, overviews
from portal.queries.applications import application_fields
from portal.queries.assignment_preview import (
    ApplicationShare,
    AssignmentPreview,
    preview_assignments,
)
from portal.queries.custom_fields import custom_fields
from portal.queries.plans import extent_of
from portal.queries.reminders import rule_of
from portal.queries.reviewing import names_of
from portal.queries.series import timing_of

LAUNCHES = 5


def dry_run_of(campaign: Campaign) -> dict[str, Any]:
    """All of it as plain data: what is shown before the launch, and kept."""
    shared, extent = preview_assignments(campaign), extent_of(campaign)
    beside = overviews([each.application.id for each in shared.applications])
    rows = [_row(each, beside[each.application.id]) for each in shared.applications]
    return {
        "campaign": campaign.name,
        "at": clock.now().isoformat(),
        "frameworks": list(campaign.frameworks),
        "instructions": campaign.instructions,
        "noun": campaign.users.by.noun,  # of what is counted of each application and reviewer
        "owner": campaign.owner.name if campaign.owner else "",
        **words_of(campaign),
        **when_of(campaign, timing_of(campaign)),
        "totals": {
            "applications": len(rows),
            "accounts": extent.accounts,
            "lines": extent.lines,
            "people": extent.people,
            "services": extent.services,
            "nobodys": extent.nobodys,
            "reviewers": len(shared.by_person()),
            "letters": shared.letters,
            "unassigned": shared.unassigned,
            "stale": sum(not row["is_fresh"] for row in rows),
        },
        "applications_rows": rows,
        "reviewers_rows": _people(shared),
    }


def launch_facts(campaign: Campaign) -> dict[str, Any]:
    """The same of a campaign that launches at this very moment."""
    launch = {"at": clock.now().isoformat(), "due": campaign.due_at.isoformat()}
    return dry_run_of(campaign) | {"launches": [launch]}


def words_of(campaign: Campaign) -> dict[str, Any]:
    """What it is about and who does what in it, in words."""
    fields = application_fields()
    said = campaign.who
    labels = {each.key: each.label for each in custom_fields()}
    applications = from_data(campaign.application_filter).in_words(fields)
    return {
        "applications": applications or "every open application",
        "users": campaign.users.in_words(),
        "guidance": campaign.guides.in_words(),
        "reviewing": reviewing_in_words(said, names_of(said.named), labels),
        "undecided": campaign.undecided.value,
        "accepts_late": campaign.accepts_late,
        "reminders": rule_of(campaign).in_words(),
    }


def when_of(campaign: Campaign, timing: Timing) -> dict[str, Any]:
    """When it launches and is due: moments as ISO text, in UTC."""
    launches = timing.launches(clock.now(), LAUNCHES)
    return {
        "start": timing.start.value,
        "zone": timing.zone,
        "days": timing.days,
        "rule": timing.rule.in_words() if timing.rule and timing.start is Start.AGAIN else "",
        "overlap": timing.overlap if timing.start is Start.AGAIN else "",
        "launches": [
            {"at": each.isoformat(), "due": timing.due(each).isoformat()} for each in launches
        ],
    }


def kept_dry_runs(campaign: Campaign) -> Sequence[DryRun]:
    """What was kept of it each time it was published, the latest first."""
    its = select(DryRun).where(DryRun.campaign_id == campaign.id)
    return db.session.scalars(its.order_by(DryRun.id.desc())).all()


def has_dry_run(campaign: Campaign) -> bool:
    """Whether what it would do was kept."""
    its = select(DryRun.id).where(DryRun.campaign_id == campaign.id).limit(1)
    return db.session.scalar(its) is not None


def _row(share: ApplicationShare, beside: Overview) -> dict[str, Any]:
    application = share.application
    return {
        "application": application.name,
        "state": application.state.value,
        "owner": application.owner.name if application.owner else "",
        "accounts": share.accounts,
        "listed_at": _iso(beside.listed_at),
        "is_fresh": beside.is_fresh,
        "reviewers": [
            {
                "name": each.person.name,
                "email": each.person.email or "",
                "level": each.level,
                "basis": each.basis,
                "accounts": each.accounts,
            }
            for each in share.reviewers
        ],
        "unassigned": [
            {"level": each.level, "accounts": each.accounts, "why": each.why}
            for each in share.unassigned
        ],
        "remover": share.remover.name if share.remover else "",
    }


def _people(shared: AssignmentPreview) -> list[dict[str, Any]]:
    return [
        {
            "name": person.name,
            "email": person.email or "",
            "level": level,
            "applications": applications,
            "accounts": accounts,
        }
        for level in range(1, shared.levels + 1)
        for person, applications, accounts in shared.by_person(level)
    ]


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def moments_in(facts: Mapping[str, Any]) -> list[tuple[datetime, datetime]]:
    """Each launch of a kept dry run, with when it would be due."""
    return [
        (datetime.fromisoformat(each["at"]), datetime.fromisoformat(each["due"]))
        for each in facts["launches"]
    ]
