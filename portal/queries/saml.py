"""What the portal and a SAML provider know of each other, from the provider's row."""

from portal.config import current_config
from portal.models import IdentityProvider
from portal.queries.providers import secret_of
from portal.saml.keys import CertificateFacts, certificates_in, facts_of_certificate
from portal.saml.trust import Ours, Theirs, Trust


def trust_of(provider: IdentityProvider) -> Trust | None:
    """Both sides; None while something is missing without which nobody can be believed."""
    theirs, ours = theirs_of(provider), ours_of(provider)
    if not (theirs.issuer and theirs.sso and theirs.certificates and ours.key):
        return None
    config = provider.config
    return Trust(
        theirs,
        ours,
        unsolicited=bool(config.get("unsolicited")),
        email=str(config.get("email_attribute") or ""),
        name=str(config.get("name_attribute") or ""),
    )


def ours_of(provider: IdentityProvider) -> Ours:
    """The portal as this provider knows it. The key is empty where it cannot be unsealed."""
    base = f"{current_config().base_url}/saml/{provider.key}"
    certificate = str(provider.config.get("our_certificate", ""))
    return Ours(f"{base}/metadata", f"{base}/acs", f"{base}/sls", secret_of(provider), certificate)


def theirs_of(provider: IdentityProvider) -> Theirs:
    """The provider as an Admin, or its own metadata, described it."""
    config = provider.config
    issuer, sso, slo = (str(config.get(name) or "") for name in ("issuer", "sso", "slo"))
    return Theirs(issuer, sso, slo, certificates_in(str(config.get("certificates") or "")))


def certificates_of(provider: IdentityProvider) -> list[CertificateFacts]:
    """What to show of the provider's certificates, the one that lasts longest first."""
    found = map(facts_of_certificate, theirs_of(provider).certificates)
    return sorted(found, key=lambda each: each.ends, reverse=True)
