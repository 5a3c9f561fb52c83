"""Identity providers: added, changed, tried, opened to everybody, removed. Only by Admins."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, update

from policies.errors import IllegalMove, Invalid
from policies.permissions import ADMINISTER, Actor, require
from policies.provider_fields import fields_of
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, SeenAssertion, Session
from portal.models.provider import ProviderKind, Unmatched
from portal.queries.providers import proven_providers, provider_by_key
from portal.queries.saml import trust_of
from portal.queries.settings import setting
from portal.tokens import seal
from portal.usecases.saml import make_own_keys
from portal.usecases.settings import change_setting
from portal.usecases.trail import record
from portal.usecases.unit import usecase

LAST_WAY = (
    "Everybody signs in by single sign-on only, and this is the one way in that is known to work "
    "for an Admin. Allow other ways to sign in first, or have an Admin come in another way."
)
UNFINISHED = (
    "The portal does not know enough of this provider yet: its entity ID, its address for sign-in "
    "and a certificate are needed. Its metadata holds all three."
)
NOT_PROVEN = (
    "No Admin has come in by single sign-on yet. Enable a provider and sign in through it once; "
    "then nobody can be locked out."
)


@dataclass(frozen=True)
class ProviderDraft:
    """What an Admin typed, checked. An empty `secret` keeps the one there is."""

    name: str
    config: dict[str, Any]
    secret: str = ""
    domains: list[str] = field(default_factory=list)
    creates_members: bool = False
    unmatched: Unmatched = Unmatched.EMPLOYEE


@usecase
def add_provider(
    kind: ProviderKind, key: str, draft: ProviderDraft, *, by: Actor
) -> IdentityProvider:
    """A new provider, not enabled yet; Invalid where its short name is taken."""
    require(ADMINISTER, by, None)
    if provider_by_key(key) is not None:
        raise Invalid(f"Short name: there is a provider “{key}” already.")
    provider = IdentityProvider(key=key, kind=kind, name=draft.name, created_at=clock.now())
    db.session.add(provider)
    _take_over(provider, draft)
    db.session.flush()
    record("provider added", provider, by=by, protocol=kind, **_told(provider))
    if kind is ProviderKind.SAML:
        make_own_keys(provider, by=by)
    return provider


@usecase
def change_provider(provider: IdentityProvider, draft: ProviderDraft, *, by: Actor) -> None:
    """Change what it is. Where that lets others come, it counts as never tried."""
    require(ADMINISTER, by, None)
    was = _told(provider)
    if _lets_others_come(provider, draft):
        _require_another_way(provider)
        provider.tested_at = provider.admin_came_at = provider.checked_at = None
    _take_over(provider, draft)
    now = _told(provider)
    changed = {name: [was.get(name), now[name]] for name in now if was.get(name) != now[name]}
    record("provider changed", provider, by=by, changed=changed, secret=_renewed(draft))


@usecase
def open_provider(provider: IdentityProvider, is_enabled: bool, *, by: Actor) -> None:
    """Offer it at the front door, or no longer; who came by it stays signed in."""
    require(ADMINISTER, by, None)
    if is_enabled and provider.kind is ProviderKind.SAML and trust_of(provider) is None:
        raise IllegalMove(UNFINISHED)
    if not is_enabled:
        _require_another_way(provider)
        provider.admin_came_at = None
    provider.is_enabled = is_enabled
    record("provider enabled" if is_enabled else "provider disabled", provider, by=by)


@usecase
def delete_provider(provider: IdentityProvider, *, by: Actor) -> None:
    """Remove it with its rules; whoever came by it is signed out, and keeps their role."""
    require(ADMINISTER, by, None)
    _require_another_way(provider)
    running = (Session.provider_id == provider.id, Session.ended_at.is_(None))
    count = len(db.session.scalars(select(Session.id).where(*running)).all())
    ending = update(Session).where(*running)
    db.session.execute(ending.values(ended_at=clock.now(), ended_why="provider removed"))
    mine = update(Session).where(Session.provider_id == provider.id)
    db.session.execute(mine.values(provider_id=None))
    seen = SeenAssertion.provider_id == provider.id
    db.session.execute(delete(SeenAssertion).where(seen))
    record("provider deleted", provider, by=by, sessions_ended=count, **_told(provider))
    db.session.delete(provider)


@usecase
def note_trial(provider: IdentityProvider, *, by: Actor) -> None:
    """Remember that an Admin tried it from end to end, and it worked."""
    require(ADMINISTER, by, None)
    provider.tested_at = clock.now()
    record("provider tried", provider, by=by)


@usecase
def require_single_sign_on(is_required: bool, *, by: Actor) -> None:
    """Refuse passwords and sign-in links, or take them again.

    IllegalMove where no Admin has come in by a provider that is enabled: they would be the
    first to be locked out.
    """
    require(ADMINISTER, by, None)
    if is_required and not proven_providers():
        raise IllegalMove(NOT_PROVEN)
    change_setting("sign_in_only_by_sso", "on" if is_required else "off", by=by)


def _lets_others_come(provider: IdentityProvider, draft: ProviderDraft) -> bool:
    who = [field for field in fields_of(provider.kind.value) if field.who]
    was = [provider.config.get(field.name) or field.default for field in who]
    return was != [draft.config.get(field.name) or field.default for field in who]


def _require_another_way(provider: IdentityProvider) -> None:
    if not setting("sign_in_only_by_sso"):
        return
    if not [other for other in proven_providers() if other.id != provider.id]:
        raise IllegalMove(LAST_WAY)


def _take_over(provider: IdentityProvider, draft: ProviderDraft) -> None:
    provider.name, provider.config = draft.name, {**(provider.config or {}), **draft.config}
    provider.domains, provider.creates_members = draft.domains, draft.creates_members
    provider.unmatched = draft.unmatched
    if draft.secret:
        provider.secret = seal(draft.secret)


def _told(provider: IdentityProvider) -> dict[str, Any]:
    """What the trail says of it: no secret, and of long texts only their size."""
    told = {
        name: value if len(str(value)) <= 200 else f"{len(str(value))} characters"
        for name, value in provider.config.items()
    }
    return {
        "name": provider.name,
        **told,
        "domains": list(provider.domains),
        "creates_members": provider.creates_members,
        "unmatched": provider.unmatched.value,
    }


def _renewed(draft: ProviderDraft) -> str:
    return "renewed" if draft.secret else "unchanged"
