"""An answer from an identity provider: who came, or why nobody did.

In this order, so that nothing is interpreted before it was looked at: size, plain XML, shape,
decryption, signature (signxml), what is signed, and whether python3-saml says the same.
"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from policies.arrivals import Identity
from portal.saml.facts import ELSEWHERE, NOT_ASKED, Asked, Facts, facts_of
from portal.saml.names import SUCCESS, saml, samlp
from portal.saml.opening import closed, opened
from portal.saml.reading import decoded, read
from portal.saml.refusal import NotAccepted
from portal.saml.shape import only_assertion, signatures
from portal.saml.signed import what_is_signed
from portal.saml.trust import NAMES, Trust

UNSIGNED = (
    "The identity provider did not sign the assertion. An administrator there must switch on "
    "“Sign assertions” for this application; a signature of the response alone is not enough."
)
FAILED = (
    "The identity provider did not sign anybody in ({}). Begin again, or ask its administrator."
)
UNSOLICITED = (
    "Sign-in was begun at the identity provider, which is switched off here. "
    "Begin at the portal's own sign-in page."
)


@dataclass(frozen=True)
class Answer:
    """Who came, and the assertion that says so: it is good once, and for nothing after `until`."""

    identity: Identity
    assertion_id: str
    until: datetime


def answer_in(posted: str, trust: Trust, asked: Asked) -> Answer:
    """Judge a SAMLResponse as it was posted, in base64. NotAccepted says why it is refused."""
    response = read(decoded(posted))
    _check_status(response)
    assertion = only_assertion(response)
    if assertion.tag == saml("EncryptedAssertion"):
        facts = _from_encrypted(response, assertion, trust, asked)
    else:
        facts = _from_plain(response, assertion, trust, asked)
    return Answer(_identity(facts, trust), facts.assertion_id, facts.until)


def _from_plain(
    response: etree._Element, assertion: etree._Element, trust: Trust, asked: Asked
) -> Facts:
    signed = signatures(response, response, assertion)
    if assertion not in signed:
        raise NotAccepted("assertion not signed", UNSIGNED)
    if response in signed:
        what_is_signed(response, response, trust.theirs.certificates)
    sure = what_is_signed(response, assertion, trust.theirs.certificates)
    return _judged(response, sure, trust, asked)


def _from_encrypted(
    response: etree._Element, encrypted: etree._Element, trust: Trust, asked: Asked
) -> Facts:
    """As if it had come in plain; a signature over the encrypted response is checked first."""
    if response in signatures(response, response):
        what_is_signed(response, response, trust.theirs.certificates)
    assertion = opened(encrypted, trust.ours.key)
    try:
        if assertion not in signatures(assertion, assertion):
            raise NotAccepted("assertion not signed", UNSIGNED)
        sure = what_is_signed(assertion, assertion, trust.theirs.certificates)
    except NotAccepted as problem:
        raise closed() from problem
    return _judged(_with_plain(response, encrypted, assertion), sure, trust, asked)


def _with_plain(
    response: etree._Element, encrypted: etree._Element, assertion: etree._Element
) -> etree._Element:
    """The response with the opened assertion at its place. Its own signature, made over the
    encrypted one and checked, is left out."""
    place = list(response).index(encrypted)
    plain = deepcopy(response)
    plain.replace(plain[place], deepcopy(assertion))
    for child in plain.findall("{*}Signature"):
        plain.remove(child)
    again = read(etree.tostring(plain, encoding="UTF-8", xml_declaration=False))
    signatures(again, only_assertion(again))
    return again


def _judged(response: etree._Element, sure: etree._Element, trust: Trust, asked: Asked) -> Facts:
    _check_frame(response, trust, asked)
    facts = facts_of(sure, trust, asked)
    from portal.saml import first_judge  # noqa: PLC0415  7 MB, for those who sign in this way

    first_judge.agree(response, facts, trust, asked.request_id)
    return facts


def _check_frame(response: etree._Element, trust: Trust, asked: Asked) -> None:
    """What stands around the assertion is perhaps unsigned, but may not contradict it."""
    destination = response.get("Destination")
    if destination is not None and destination != trust.ours.acs:
        raise NotAccepted("wrong destination", ELSEWHERE.format("its address is not ours"))
    if response.get("InResponseTo", "") != asked.request_id:
        raise NotAccepted("not asked for", NOT_ASKED)
    if not asked.request_id and not trust.unsolicited:
        raise NotAccepted("unsolicited", UNSOLICITED)


def _check_status(response: etree._Element) -> None:
    """A refusal by the provider itself. It is unsigned: nothing but its name is believed."""
    codes = [str(code.get("Value")) for code in response.iter(samlp("StatusCode"))]
    if response.tag == samlp("Response") and codes and codes[0] != SUCCESS:
        name = codes[-1].rsplit(":", 1)[-1][:40]
        raise NotAccepted("provider refused", FAILED.format(name if name.isalnum() else "no name"))


def _identity(facts: Facts, trust: Trust) -> Identity:
    address = _named(facts, trust.email, NAMES["email"])
    if not address and "@" in facts.name_id:
        address = facts.name_id
    name = _named(facts, trust.name, NAMES["name"])
    return Identity(
        subject=facts.name_id,
        email=address,
        name=name,
        claims=facts.attributes,
        index=facts.index,
    )


def _named(facts: Facts, chosen: str, customary: tuple[str, ...]) -> str:
    """The first value of the chosen attribute, or of the first customary one that is there."""
    known = {key.casefold(): values for key, values in facts.attributes.items() if values}
    wanted = (chosen.casefold(),) if chosen else customary
    return next((known[key][0] for key in wanted if key in known), "")
