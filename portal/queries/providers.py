"""Finding identity providers, and what hangs on one."""

from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import case, func, or_, select

from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Member, Person, Session
from portal.models.member import MemberState
from portal.models.person import Standing
from portal.oidc import Client
from portal.tokens import unseal


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


def client_of(provider: IdentityProvider) -> Client:
    """What the portal is to an OpenID provider, its secret unsealed.

    Without its secret where SECRET_KEY changed since it was kept: the provider then refuses.
    """
    config = provider.config
    return Client(
        provider.key,
        provider.name,
        str(config.get("issuer", "")),
        str(config.get("client_id", "")),
        secret_of(provider),
        str(config.get("scopes") or Client.scopes),
    )


def secret_of(provider: IdentityProvider) -> str:
    """The provider's secret in clear; "" where there is none, or it can no longer be read."""
    try:
        return unseal(provider.secret) if provider.secret else ""
    except InvalidToken:
        return ""


def proven_providers() -> Sequence[IdentityProvider]:
    """The enabled ones through which an Admin has come in."""
    return [provider for provider in enabled_providers() if provider.admin_came_at is not None]


def wanted_checks() -> Sequence[IdentityProvider]:
    """Providers that somebody wants looked up, the longest waiting first."""
    waiting = select(IdentityProvider).where(IdentityProvider.check_wanted_at.is_not(None))
    return db.session.scalars(waiting.order_by(IdentityProvider.check_wanted_at)).all()


def came_by(provider: IdentityProvider, most: int) -> Sequence[tuple[Person, datetime, int]]:
    """Who came by it within the time sessions are kept, latest first and `most` of them: the
    person, when they last did, and how many of their sessions still run."""
    running = func.sum(case((Session.ended_at.is_(None), 1), else_=0))
    last = func.max(Session.created_at)
    query = (
        select(Person, last, running)
        .join(Session, Session.person_id == Person.id)
        .where(Session.provider_id == provider.id)
        .group_by(Person.id)
        .order_by(last.desc(), Person.id)
        .limit(most)
    )
    return [(person, moment, count) for person, moment, count in db.session.execute(query)]


def how_many_came_by(provider: IdentityProvider) -> tuple[int, int]:
    """How many people came by it, and how many of their sessions still run."""
    running = func.sum(case((Session.ended_at.is_(None), 1), else_=0))
    query = select(func.count(Session.person_id.distinct()), running)
    people, sessions = db.session.execute(query.where(Session.provider_id == provider.id)).one()
    return people, sessions or 0


def members_without_sso() -> Sequence[Member]:
    """Members who may come in and never came by an enabled provider, by name."""
    came = (
        select(Session.id)
        .join(IdentityProvider, IdentityProvider.id == Session.provider_id)
        .where(IdentityProvider.is_enabled, Session.person_id == Member.person_id)
    )
    query = (
        select(Member)
        .join(Member.person)
        .where(
            Member.state == MemberState.ACTIVE,
            or_(Member.ends_at.is_(None), Member.ends_at > clock.now()),
            Person.standing != Standing.PAST,
            ~came.exists(),
        )
        .order_by(Person.name, Member.id)
    )
    return db.session.scalars(query).all()
