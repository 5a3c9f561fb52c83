"""Noting how far an application has drifted from the reviews of it that are under way."""

from policies.lifecycle import ReviewState
from policies.permissions import Actor
from portal.models import Sync
from portal.queries.drift import drift_now, drift_of
from portal.queries.reviews import open_reviews_of
from portal.usecases.trail import record
from portal.usecases.unit import usecase


@usecase
def note_drift(sync: Sync, *, by: Actor) -> None:
    """Compare every review that takes decisions with a list that was just applied."""
    instance = sync.source.instance
    if instance is None:
        return
    for review in open_reviews_of(instance.application_id):
        if review.state is not ReviewState.IN_REVIEW:
            continue
        was, now = drift_of(review), drift_now(review)
        review.drift = now.as_data()
        if now != was:
            record(
                "drift noted",
                review,
                by=by,
                sync=sync.id,
                new=now.new,
                changed=now.changed,
                gone=now.gone,
            )
