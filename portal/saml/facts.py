"""What a signed assertion says, and whether it says it to us, now, about whoever asked."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from portal.saml.names import BEARER, saml
from portal.saml.refusal import NotAccepted
from portal.saml.trust import SKEW, Trust

INSTANT = re.compile(r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z\Z", re.ASCII)
CONDITIONS = {saml(n) for n in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}

ELSEWHERE = "The identity provider's answer is meant for somebody else ({}). Nobody was signed in."
LATE = (
    "The identity provider's answer is not valid now. Begin again at the sign-in page. If it "
    "happens again, the clock of the portal or of the identity provider is wrong."
)
NOT_ASKED = (
    "This is no answer to a sign-in begun in this browser, or it came too late. "
    "Begin again at the sign-in page."
)
LACKING = "The identity provider's answer lacks something that is needed: {}. Nobody was signed in."


@dataclass(frozen=True)
class Asked:
    """What the answer must answer: our request, now. Without `request_id` nobody asked.

    `fresh_since`: they must have proved who they are anew since then.
    """

    now: datetime
    request_id: str = ""
    fresh_since: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What the provider vouches for. After `until` nobody accepts the assertion any more."""

    assertion_id: str
    name_id: str
    index: str
    attributes: dict[str, list[str]]
    until: datetime


def facts_of(assertion: etree._Element, trust: Trust, asked: Asked) -> Facts:
    """Read an assertion that was verified; NotAccepted where it is not for us, here and now."""
    if text_of(_one(assertion, "Issuer")) != trust.theirs.issuer:
        raise NotAccepted("wrong issuer", ELSEWHERE.format("it is another provider's"))
    _check_conditions(_one(assertion, "Conditions"), trust, asked.now)
    subject = _one(assertion, "Subject")
    until = _confirmed_until(subject, trust, asked)
    return Facts(
        assertion_id=str(assertion.get("ID")),
        name_id=text_of(_one(subject, "NameID")),
        index=_session_index(_one(assertion, "AuthnStatement"), asked),
        attributes=_attributes(assertion),
        until=until,
    )


def text_of(element: etree._Element) -> str:
    """The whole text of an element that has nothing but text."""
    text = "".join(element.itertext()).strip()
    if len(element) or not text:
        raise NotAccepted("lacking", LACKING.format(etree.QName(element).localname))
    return text


def instant(text: str | None) -> datetime | None:
    """A moment as SAML writes it, in UTC; None where there is none."""
    if text is None:
        return None
    if not INSTANT.match(text):
        raise NotAccepted("lacking", LACKING.format("a time in UTC"))
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise NotAccepted("lacking", LACKING.format("a time that exists")) from None


def _one(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(saml(name))
    if len(found) != 1:
        raise NotAccepted("lacking", LACKING.format(f"one {name}"))
    return found[0]


def _check_conditions(conditions: etree._Element, trust: Trust, now: datetime) -> None:
    if any(child.tag not in CONDITIONS for child in conditions):
        raise NotAccepted("unknown condition", LACKING.format("conditions that are known"))
    if not _holds(conditions, now):
        raise NotAccepted("not valid now", LATE)
    restrictions = conditions.findall(saml("AudienceRestriction"))
    meant = [{text_of(each) for each in one.findall(saml("Audience"))} for one in restrictions]
    if not meant or any(trust.ours.entity_id not in audiences for audiences in meant):
        raise NotAccepted("wrong audience", ELSEWHERE.format("its audience is not this portal"))


def _holds(period: etree._Element, now: datetime) -> bool:
    """Clocks that differ are forgiven at the beginning; what has ended has ended."""
    begins, ends = instant(period.get("NotBefore")), instant(period.get("NotOnOrAfter"))
    return not (begins and begins > now + SKEW) and not (ends and ends <= now)


def _confirmed_until(subject: etree._Element, trust: Trust, asked: Asked) -> datetime:
    """Until when the bearer may show it; any one confirmation that holds is enough."""
    problem = NotAccepted("lacking", LACKING.format("a confirmation by bearer"))
    for confirmation in subject.findall(saml("SubjectConfirmation")):
        data = confirmation.findall(saml("SubjectConfirmationData"))
        if confirmation.get("Method") != BEARER or len(data) != 1:
            continue
        try:
            return _bearer_until(data[0], trust, asked)
        except NotAccepted as found:
            problem = found
    raise problem


def _bearer_until(data: etree._Element, trust: Trust, asked: Asked) -> datetime:
    """SAML profiles 4.1.4.3: recipient, time and request are all needed, and exact."""
    if data.get("Recipient") != trust.ours.acs:
        raise NotAccepted("wrong recipient", ELSEWHERE.format("its address is not ours"))
    ends = instant(data.get("NotOnOrAfter"))
    if ends is None or not _holds(data, asked.now):
        raise NotAccepted("not valid now", LATE)
    if data.get("InResponseTo", "") != asked.request_id:
        raise NotAccepted("not asked for", NOT_ASKED)
    return ends


def _session_index(statement: etree._Element, asked: Asked) -> str:
    ends = instant(statement.get("SessionNotOnOrAfter"))
    if ends and ends <= asked.now:
        raise NotAccepted("not valid now", LATE)
    proved = instant(statement.get("AuthnInstant"))
    if asked.fresh_since and (proved is None or proved < asked.fresh_since - SKEW):
        raise NotAccepted("not fresh", LACKING.format("a sign-in made just now"))
    return str(statement.get("SessionIndex", ""))


def _attributes(assertion: etree._Element) -> dict[str, list[str]]:
    """Values by the attribute's name, repeated ones joined, empty ones left out."""
    found: dict[str, list[str]] = {}
    for attribute in assertion.iterfind(f"{saml('AttributeStatement')}/{saml('Attribute')}"):
        values = attribute.findall(saml("AttributeValue"))
        texts = ("".join(value.itertext()).strip() for value in values)
        found.setdefault(str(attribute.get("Name")), []).extend(filter(None, texts))
    return found
