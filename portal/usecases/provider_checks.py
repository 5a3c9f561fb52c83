"""Looking a provider up: wanted on a page, done by a job, kept with the provider."""

from typing import Any

from policies.permissions import ADMINISTER, Actor, require
from portal import clock
from portal.models import IdentityProvider
from portal.queue import Job, enqueue
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase


@bookkeeping
def want_check(provider: IdentityProvider, *, by: Actor) -> None:
    """Have its description asked for, soon."""
    require(ADMINISTER, by, None)
    provider.check_wanted_at = clock.now()
    after_commit(lambda: enqueue(Job.CHECK_PROVIDERS))


@usecase
def note_check(
    provider: IdentityProvider, problem: str, facts: list[list[str]], *, by: Actor
) -> None:
    """Keep what was found: the `problem` as a sentence ("": none), and `facts` as pairs."""
    found: dict[str, Any] = {"problem": problem, "facts": facts}
    provider.check, provider.checked_at = found, clock.now()
    provider.check_wanted_at = None
    record("provider checked", provider, by=by, problem=problem)
