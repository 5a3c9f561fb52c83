"""Reading shares: of a campaign, and the one a link opens."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import Campaign, Link, Report, Review, Share
from portal.queries.links import is_open
from portal.tokens import hash_of


def shares_of(campaign: Campaign) -> Sequence[Share]:
    """Every share of a campaign's reports, the newest first, with what its row shows."""
    return db.session.scalars(
        select(Share)
        .where(Share.campaign_id == campaign.id)
        .options(
            joinedload(Share.link).joinedload(Link.person),
            joinedload(Share.report).joinedload(Report.review).joinedload(Review.application),
        )
        .order_by(Share.id.desc())
    ).all()


def share_behind(token: str) -> Share | None:
    """The share whose link has this token, open or not."""
    mine = Link.token_hash == hash_of(token), Link.purpose == "share"
    return db.session.scalar(select(Share).join(Share.link).where(*mine))


def shared_state(share: Share) -> str:
    """What became of its link: "open", "revoked" or "expired"."""
    if is_open(share.link):
        return "open"
    return "revoked" if share.link.revoked_at else "expired"


def report_in_words(report: Report) -> str:
    """ "the evidence pack" """
    if report.kind == "pack":
        return "the evidence pack"
    if report.review:
        return f"the attestation of {report.review.application.name}"
    return "the attestation"
