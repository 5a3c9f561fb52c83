"""Finding identity providers, and what hangs on one."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.db import db
from portal.models import IdentityProvider


def enabled_providers() -> Sequence[IdentityProvider]:
    """The ways to sign in elsewhere that the front door offers, by name."""
    open_ones = select(IdentityProvider).where(IdentityProvider.is_enabled)
    return db.session.scalars(open_ones.order_by(IdentityProvider.name, IdentityProvider.id)).all()


def all_providers() -> Sequence[IdentityProvider]:
    """Every provider, the enabled ones first, then by name."""
    order = IdentityProvider.is_enabled.desc(), IdentityProvider.name, IdentityProvider.id
    return db.session.scalars(select(IdentityProvider).order_by(*order)).all()


def provider_by_key(key: str) -> IdentityProvider | None:
    """The provider whose addresses have `key`, enabled or not."""
    return db.session.scalar(select(IdentityProvider).where(IdentityProvider.key == key))
