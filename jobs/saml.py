"""Tending SAML: new certificates of providers arrive, and spent assertions are forgotten."""

from datetime import timedelta

import structlog

from jobs.job import job
from policies.permissions import SYSTEM
from portal import clock
from portal.queries.providers import all_providers
from portal.usecases.provider_checks import want_check
from portal.usecases.replays import forget_assertions

EVERY = timedelta(days=1)

log = structlog.stdlib.get_logger("countersign.saml")


@job
def tend_saml() -> None:
    """Forget what is too old to be believed; have metadata read that was not for a day."""
    forget_assertions()
    for provider in all_providers():
        due = provider.checked_at is None or provider.checked_at < clock.now() - EVERY
        if provider.config.get("metadata_url") and due and provider.check_wanted_at is None:
            want_check(provider, by=SYSTEM)
            log.info("metadata is due", provider=provider.id)
