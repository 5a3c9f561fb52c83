"""Asking a provider who somebody is: the signed request that a browser carries there."""

import secrets
from datetime import datetime

from lxml import etree

from portal.saml.names import POST, SAML, SAMLP, saml, samlp
from portal.saml.redirects import address_with
from portal.saml.trust import Trust


def new_id() -> str:
    """An ID that nobody guesses, and that XML takes for one."""
    return f"_{secrets.token_hex(20)}"


def written_instant(moment: datetime) -> str:
    """A moment in UTC as SAML writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def frame(
    kind: str, trust: Trust, destination: str, identifier: str, now: datetime
) -> etree._Element:
    """A message of ours to the provider with its issuer, and nothing else in it yet."""
    root = etree.Element(samlp(kind), nsmap={"samlp": SAMLP, "saml": SAML})
    root.set("ID", identifier)
    root.set("Version", "2.0")
    root.set("IssueInstant", written_instant(now))
    root.set("Destination", destination)
    etree.SubElement(root, saml("Issuer")).text = trust.ours.entity_id
    return root


def address_to_ask(
    trust: Trust, request_id: str, relay: str, now: datetime, *, anew: bool = False
) -> str:
    """Where to send a browser so that somebody signs in there; `anew`: even if they just did."""
    request = frame("AuthnRequest", trust, trust.theirs.sso, request_id, now)
    request.set("AssertionConsumerServiceURL", trust.ours.acs)
    request.set("ProtocolBinding", POST)
    if anew:
        request.set("ForceAuthn", "true")
    etree.SubElement(request, samlp("NameIDPolicy"), AllowCreate="true")
    return address_with(trust.theirs.sso, "SAMLRequest", request, relay, trust.ours.key)
