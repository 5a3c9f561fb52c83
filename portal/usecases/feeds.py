"""Calendars of due dates: their secret address is made, renewed, revoked."""

from policies.errors import IllegalMove
from policies.permissions import ARRANGE_OWN, Actor, require
from portal import clock
from portal.db import db
from portal.models import Feed, Person
from portal.queries.feeds import PURPOSE, feed_of
from portal.tokens import hash_of, new_nonce, token_for
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def renew_feed(person: Person, *, shows_campaigns: bool, by: Actor) -> Feed:
    """Give the person's calendar a new address; the one before, if any, opens nothing any more."""
    require(ARRANGE_OWN, by, None)
    feed, nonce = feed_of(person.id), new_nonce()
    verb = "calendar address renewed" if feed else "calendar address created"
    if feed is None:
        feed = Feed(person_id=person.id)
        db.session.add(feed)
    feed.nonce, feed.token_hash = nonce, hash_of(token_for(PURPOSE, nonce))
    feed.shows_campaigns = shows_campaigns
    feed.created_at, feed.revoked_at = clock.now(), None
    record(verb, feed, by=by, person=person.id, shows_campaigns=shows_campaigns)
    return feed


@usecase
def revoke_feed(person: Person, *, by: Actor) -> None:
    """The person's calendar has no address any more."""
    require(ARRANGE_OWN, by, None)
    feed = feed_of(person.id)
    if feed is None or feed.revoked_at:
        raise IllegalMove("There is no calendar address to revoke.")
    feed.revoked_at = clock.now()
    record("calendar address revoked", feed, by=by, person=person.id)
