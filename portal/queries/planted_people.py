"""Planted accounts as people are shown them: whoever runs the campaign, and who had them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import and_, func, select

from policies.permissions import Actor
from policies.planting import Found, told
from portal.db import db
from portal.models import Campaign, Review, Reviewer
from portal.models.review import DECIDING
from portal.queries.evidence_planted import planted_lines
from portal.queries.planted import planted_ids
from portal.reports.planted import PlantedFacts, PlantedLine


@dataclass
class Theirs:
    """What one reviewer made of those in their lists; `others` are those somebody else decided."""

    name: str
    planted: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def others(self) -> int:
        return self.counts[""]


@dataclass(frozen=True)
class Shown:
    """What a campaign's page says of them. Those in lists that whoever looks is reading themselves
    are `kept` from them till nothing can change there any more."""

    facts: PlantedFacts
    people: Sequence[Theirs]
    kept: int


def planted_in(campaign: Campaign, actor: Actor) -> Shown | None:
    """As `actor`, who may see the campaign, is shown it; None where nothing was planted."""
    mine = select(Review.id).where(Review.campaign_id == campaign.id)
    total = db.session.scalar(select(func.count()).select_from(planted_ids(mine).subquery()))
    if not total:
        return None
    reads = select(Reviewer.review_id).where(
        Reviewer.person_id == actor.person_id, Reviewer.level == 1
    )
    reading = and_(Review.level == 1, Review.state.in_(DECIDING), Review.id.in_(reads))
    lines = planted_lines(db.session.connection(), planted_ids(mine.where(~reading)))
    return Shown(PlantedFacts(lines), _by_reviewer(lines), total - len(lines))


def told_of(review: Review, actor: Actor) -> str:
    """What `actor` is told of the planted accounts in their list of a review: nothing before they
    can do nothing about it."""
    if not review.frozen.get("planted") or not review.tells_planted:
        return ""
    lines = planted_lines(db.session.connection(), planted_ids([review.id]))
    had = [each for line in lines for each in line.reviewers if each.found]
    return told([Found(each.found) for each in had if each.person_id == actor.person_id])


def _by_reviewer(lines: Sequence[PlantedLine]) -> list[Theirs]:
    found: dict[int, Theirs] = {}
    for had in (had for line in lines for had in line.reviewers):
        theirs = found.setdefault(had.person_id, Theirs(had.name))
        theirs.planted += 1
        theirs.counts[had.found] += 1
    return sorted(found.values(), key=lambda each: each.name.casefold())
