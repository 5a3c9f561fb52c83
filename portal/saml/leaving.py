"""Leaving on both sides (single logout): each side tells the other, signed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from portal.saml.asking import frame, new_id, written_instant
from portal.saml.facts import LATE, instant, text_of
from portal.saml.names import SUCCESS, saml, samlp
from portal.saml.reading import decoded, read
from portal.saml.redirects import address_with, message_in
from portal.saml.refusal import NotAccepted
from portal.saml.shape import signatures
from portal.saml.signed import what_is_signed
from portal.saml.trust import SKEW, Trust

LIFE = timedelta(minutes=5)  # of a request that does not say itself
NOT_OURS = "The identity provider's message is meant for somebody else. Nobody was signed out."
UNSIGNED = "The identity provider did not sign its message. Nobody was signed out."


@dataclass(frozen=True)
class LogoutWish:
    """Whose sessions a provider wants ended: those of `indexes`, or all where it names none.

    It is good once, and for nothing after `until`.
    """

    request_id: str
    name_id: str
    indexes: tuple[str, ...]
    until: datetime


def wish_in_address(query: str, trust: Trust, now: datetime) -> LogoutWish:
    """A LogoutRequest that came by redirect; `query` is the query string as it came."""
    return _wish(message_in(query, "SAMLRequest", trust.theirs.certificates), trust, now)


def wish_in_form(posted: str, trust: Trust, now: datetime) -> LogoutWish:
    """A LogoutRequest that came as a form: signed within, like an answer."""
    root = read(decoded(posted))
    if root.tag != samlp("LogoutRequest") or root not in signatures(root, root):
        raise NotAccepted("not signed", UNSIGNED)
    return _wish(what_is_signed(root, root, trust.theirs.certificates), trust, now)


def check_goodbye(query: str, trust: Trust, now: datetime) -> None:
    """NotAccepted unless a LogoutResponse by redirect is the provider's own, and for us."""
    root = message_in(query, "SAMLResponse", trust.theirs.certificates)
    _check(root, "LogoutResponse", trust, now)


def address_to_leave(trust: Trust, name_id: str, index: str, relay: str, now: datetime) -> str:
    """Where to send a browser so that its session at the provider ends as well."""
    request = frame("LogoutRequest", trust, trust.theirs.slo, new_id(), now)
    request.set("NotOnOrAfter", written_instant(now + LIFE))
    etree.SubElement(request, saml("NameID")).text = name_id
    if index:
        etree.SubElement(request, samlp("SessionIndex")).text = index
    return address_with(trust.theirs.slo, "SAMLRequest", request, relay, trust.ours.key)


def address_to_confirm(trust: Trust, wish: LogoutWish, relay: str, now: datetime) -> str:
    """Where to send a browser so that the provider hears that we did as it wished."""
    response = frame("LogoutResponse", trust, trust.theirs.slo, new_id(), now)
    response.set("InResponseTo", wish.request_id)
    status = etree.SubElement(response, samlp("Status"))
    etree.SubElement(status, samlp("StatusCode"), Value=SUCCESS)
    return address_with(trust.theirs.slo, "SAMLResponse", response, relay, trust.ours.key)


def _wish(request: etree._Element, trust: Trust, now: datetime) -> LogoutWish:
    issued = _check(request, "LogoutRequest", trust, now)
    ends = instant(request.get("NotOnOrAfter")) or issued + LIFE
    if ends <= now:
        raise NotAccepted("not valid now", LATE)
    names = request.findall(saml("NameID"))
    if len(names) != 1:
        raise NotAccepted("lacking", NOT_OURS)
    return LogoutWish(
        request_id=str(request.get("ID")),
        name_id=text_of(names[0]),
        indexes=tuple(text_of(each) for each in request.findall(samlp("SessionIndex"))),
        until=ends,
    )


def _check(root: etree._Element, kind: str, trust: Trust, now: datetime) -> datetime:
    """The moment it was made, once it is a message of that kind from them to us, and recent."""
    issuers = root.findall(saml("Issuer"))
    if root.tag != samlp(kind) or len(issuers) != 1 or not root.get("ID"):
        raise NotAccepted("wrong issuer", NOT_OURS)
    if text_of(issuers[0]) != trust.theirs.issuer:
        raise NotAccepted("wrong issuer", NOT_OURS)
    if root.get("Destination", trust.ours.sls) != trust.ours.sls:
        raise NotAccepted("wrong destination", NOT_OURS)
    issued = instant(root.get("IssueInstant"))
    if issued is None or not now - LIFE - SKEW < issued < now + SKEW:
        raise NotAccepted("not valid now", LATE)
    return issued
