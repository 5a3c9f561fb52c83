"""Personal links: written, followed, revoked."""

from collections.abc import Sequence
from datetime import timedelta

from policies import invitations
from policies.errors import Denied
from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.config import current_config
from portal.db import db
from portal.models import Link, Person, Review
from portal.queries.links import closed_why, open_links
from portal.tokens import hash_of, new_nonce, token_for
from portal.usecases.trail import record
from portal.usecases.unit import usecase

SIGN_IN_MINUTES = 60


@usecase
def write_link(
    person: Person,
    purpose: str,
    *,
    review: Review | None = None,
    target: str = "",
    lasts: timedelta | None = None,
    by: Actor,
) -> Link:
    """Make a link for `person`: "tasks" for LINK_DAYS, "sign-in" and "password" for an hour,
    "invitation" for a week, any as long as it `lasts`. `target`: the path it leads to, where not
    to the start page."""
    link = _link(person, purpose, review, target, by)
    if lasts:
        link.expires_at = link.created_at + lasts
    return _keep([link], by)[0]


@usecase
def write_links(tasks: Sequence[tuple[Person, Review | None]], *, by: Actor) -> list[Link]:
    """A link to tasks for each of these people, to one review or to all, in their order."""
    return _keep([_link(person, "tasks", review, "", by) for person, review in tasks], by)


@usecase
def follow_link(link: Link, *, by: Actor) -> None:
    """Note that the link was followed. Raises Denied where it no longer opens anything.

    Its row is locked first: of two who follow a link that works once, one comes in.
    """
    db.session.refresh(link, with_for_update={"of": Link})
    if why := closed_why(link):
        raise Denied(why)
    link.used_at = clock.now()
    record("link followed", link, by=by, purpose=link.purpose)


@usecase
def refuse_link(link: Link, address: str, *, by: Actor) -> None:
    """Write down that somebody followed a link that opens nothing any more."""
    details = {"purpose": link.purpose, "person": link.person_id, "address": address}
    record("link refused", link, by=by, why=closed_why(link), **details)


@usecase
def replace_links(person_id: int, purpose: str, *, by: Actor) -> None:
    """Close the person's links of this purpose that can still be followed: a newer one holds,
    or what they are for is done. A step of other use-cases."""
    for link in open_links(person_id, purpose):
        link.revoked_at = clock.now()
        record("link replaced", link, by=by, purpose=purpose, person=person_id)


@usecase
def revoke_link(link: Link, *, by: Actor) -> None:
    """Close the link and every session it opened."""
    require(ADMINISTER, by, None)
    link.revoked_at = clock.now()
    record("link revoked", link, by=by, purpose=link.purpose, person=link.person_id)


def _link(person: Person, purpose: str, review: Review | None, target: str, by: Actor) -> Link:
    nonce, now = new_nonce(), clock.now()
    life = timedelta(days=current_config().link_days)
    if purpose in {"sign-in", "password"}:
        life = timedelta(minutes=SIGN_IN_MINUTES)
    if purpose == "invitation":
        life = invitations.LIFE
    return Link(
        purpose=purpose,
        person_id=person.id,
        review_id=review.id if review else None,
        nonce=nonce,
        token_hash=hash_of(token_for(purpose, nonce)),
        created_at=now,
        expires_at=now + life,
        written_by=by.method,
        target=target,
    )


def _keep(links: list[Link], by: Actor) -> list[Link]:
    db.session.add_all(links)
    db.session.flush()
    for link in links:
        person, until = link.person_id, link.expires_at
        record("link written", link, by=by, purpose=link.purpose, person=person, until=until)
    return links
