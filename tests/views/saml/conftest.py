"""A SAML provider that the portal knows, and the two sides as it sees them."""

from functools import cache
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from policies.permissions import SYSTEM
from portal.models import IdentityProvider
from portal.models.provider import ProviderKind
from portal.queries.saml import trust_of
from portal.saml.trust import Ours, Theirs, Trust
from portal.usecases.providers import ProviderDraft, add_provider, open_provider
from tests.saml.idp import ISSUER, Says, key
from tests.views.saml.browsing import HERE

_make = rsa.generate_private_key


@cache
def _one_of_three(_: int, public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
    return _make(public_exponent, key_size)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch):
    """Three keys that a process makes once, in turn: to make one takes a third of a second."""
    turn = count()
    monkeypatch.setattr(
        rsa, "generate_private_key", lambda **asked: _one_of_three(next(turn) % 3, **asked)
    )


@pytest.fixture
def okta(cast) -> IdentityProvider:
    """A provider that was set up and switched on; people begin at the portal."""
    config = {
        "issuer": ISSUER,
        "sso": "https://idp.example.com/sso",
        "slo": "https://idp.example.com/slo",
        "certificates": key("idp").certificate,
    }
    provider = add_provider(ProviderKind.SAML, "okta", ProviderDraft("Okta", config), by=SYSTEM)
    open_provider(provider, True, by=SYSTEM)
    return provider


@pytest.fixture
def says(okta) -> Says:
    return Says(acs=f"{HERE}/acs", audience=f"{HERE}/metadata")


@pytest.fixture
def there(okta) -> Trust:
    """Both sides as the provider sees them."""
    mine = trust_of(okta).ours
    theirs = Theirs(mine.entity_id, mine.acs, mine.sls, (mine.certificate,))
    its = key("idp")
    return Trust(theirs, Ours(ISSUER, "x", "x", its.private, its.certificate))
