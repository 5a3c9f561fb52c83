"""Sharing reports: a link for each person, withdrawn at any time, and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from policies.errors import IllegalMove, Invalid
from policies.letter_kinds import Channel
from policies.lifecycle import ReportState
from policies.permissions import SHARE_EVIDENCE, Actor, require
from portal import clock
from portal.db import db
from portal.models import Link, Person, Report, Share
from portal.models.person import Standing
from portal.queries.links import is_open
from portal.queries.settings import setting
from portal.queries.shares import report_in_words
from portal.usecases.letters import Draft, write_letters
from portal.usecases.links import write_link
from portal.usecases.trail import record
from portal.usecases.unit import usecase

MOST_DAYS = 90
SIGNED_IN, FREE = "Sign in to open it.", "You need no password to open it."


@dataclass(frozen=True)
class Sharing:
    """With whom a report is shared, for how long, and what is said to them. `channel`: which
    way the letter goes; None: as it usually does."""

    people: Sequence[Person]
    days: int = 14
    message: str = ""
    channel: Channel | None = None


@usecase
def share_report(report: Report, asked: Sharing, *, by: Actor) -> Sequence[Share]:
    """Write to each of these people with a link of their own. The file itself is never sent."""
    require(SHARE_EVIDENCE, by, report)
    if report.state is not ReportState.READY:
        raise IllegalMove(f"This report cannot be shared: it is {report.state.value}.")
    if not asked.people:
        raise Invalid("Name at least one person to share it with.")
    if not 1 <= asked.days <= MOST_DAYS:
        raise Invalid(f"A share lasts 1 to {MOST_DAYS} days.")
    return [_share(report, person, asked, by) for person in dict.fromkeys(asked.people)]


@usecase
def revoke_share(share: Share, *, by: Actor) -> None:
    """Close its link at once. What was taken by it before stays taken, and in the trail."""
    require(SHARE_EVIDENCE, by, share)
    if not is_open(share.link):
        raise IllegalMove("This link opens nothing any more.")
    share.link.revoked_at = clock.now()
    record("share revoked", share, by=by, person=share.link.person_id, uses=share.uses)


@usecase
def note_share_used(share: Share, *, handed_out: str = "", by: Actor) -> None:
    """The report is handed out by this link. `handed_out`: the SHA-256 of a marked copy, in hex.

    Its rows are locked first: a link that is being withdrawn hands out nothing more.
    """
    db.session.refresh(share, with_for_update={"of": Share})
    db.session.refresh(share.link, with_for_update={"of": Link})
    file = share.report.file
    if not is_open(share.link) or file is None or share.report.state is not ReportState.READY:
        raise IllegalMove("This link opens nothing any more.")
    share.uses, share.used_at = share.uses + 1, clock.now()
    share.link.used_at = clock.now()
    marked = {"handed_out_sha256": handed_out} if handed_out else {}
    kind, sha256 = share.report.kind, file.sha256
    record("shared report downloaded", share, by=by, kind=kind, sha256=sha256, **marked)


def _share(report: Report, person: Person, asked: Sharing, by: Actor) -> Share:
    if person.standing is Standing.PAST:
        raise Invalid(f"{person.name} has left the organisation.")
    link = write_link(person, "share", lasts=timedelta(days=asked.days), by=by)
    share = Share(
        report_id=report.id,
        campaign_id=report.campaign_id,
        link_id=link.id,
        by_person_id=by.person_id,
        by_name=by.name,
        created_at=clock.now(),
    )
    db.session.add(share)
    details = {"person": person.id, "name": person.name, "report": report.id}
    record("report shared", share, by=by, why=asked.message, until=link.expires_at, **details)
    facts = {
        "campaign": report.campaign.name,
        "report": report_in_words(report),
        "giver": by.name,
        "message": asked.message,
        "ends": f"{link.expires_at:%-d %B %Y}",
        "way_in": SIGNED_IN if setting("shares_need_sign_in") else FREE,
    }
    draft = Draft(person, f"share:{link.id}", about=report.campaign, link=link, facts=facts)
    write_letters("shared", [draft], channel=asked.channel, by=by)
    return share
