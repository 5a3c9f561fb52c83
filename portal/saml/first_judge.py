"""The first judge: python3-saml, which knows the protocol and verifies by libxmlsec.

It sees only what `reading` and `shape` let through: libxmlsec would otherwise run whatever
transforms a message asks for, stylesheets among them (python3-saml issue 447).
"""

import base64
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from portal.saml.facts import Facts
from portal.saml.names import POST, REDIRECT, RSA_SHA256, UNSPECIFIED, XENC
from portal.saml.reading import written
from portal.saml.refusal import NotAccepted
from portal.saml.trust import Trust

NO = "The identity provider's answer was not accepted ({}). Nobody was signed in."
APART = "The answer can be read in two ways. Nobody was signed in."


def agree(response: etree._Element, facts: Facts, trust: Trust, request_id: str) -> None:
    """NotAccepted unless python3-saml accepts the response, and read the same from it."""
    read = _read(response, trust, request_id)
    if read != (facts.assertion_id, facts.name_id, facts.index):
        raise NotAccepted("judges differ", APART)


def _read(response: etree._Element, trust: Trust, request_id: str) -> tuple[str, str, str]:
    """The assertion's id, the name and the session's index, as python3-saml sees them."""
    posted = base64.b64encode(written(response)).decode()
    try:
        judge = OneLogin_Saml2_Response(_settings(trust), posted)
        if judge.is_valid(_request(trust.ours.acs), request_id or None):
            return judge.get_assertion_id(), judge.get_nameid(), judge.get_session_index() or ""
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as problem:
        raise NotAccepted("first judge", NO.format(_short(str(problem)))) from None
    raise NotAccepted("first judge", NO.format(_short(judge.get_error())))


def _short(error: str | None) -> str:
    return (error or "no reason given").rstrip(".")[:200]


def _request(address: str) -> dict[str, Any]:
    """Where the message came in: by our own settings, not by what a request says of itself."""
    parts = urlsplit(address)
    secure = parts.scheme == "https"
    return {
        "https": "on" if secure else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
    }


def _settings(trust: Trust) -> OneLogin_Saml2_Settings:
    ours, theirs = trust.ours, trust.theirs
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "debug": False,
            "sp": {
                "entityId": ours.entity_id,
                "assertionConsumerService": {"url": ours.acs, "binding": POST},
                "singleLogoutService": {"url": ours.sls, "binding": REDIRECT},
                "NameIDFormat": UNSPECIFIED,
                "x509cert": ours.certificate,
                "privateKey": ours.key,
            },
            "idp": {
                "entityId": theirs.issuer,
                "singleSignOnService": {"url": theirs.sso, "binding": REDIRECT},
                "x509certMulti": {"signing": list(theirs.certificates), "encryption": []},
            },
            "security": {
                "wantAssertionsSigned": True,
                "wantNameId": True,
                "wantAttributeStatement": False,
                "allowRepeatAttributeName": True,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
                "signatureAlgorithm": RSA_SHA256,
                "digestAlgorithm": f"{XENC}sha256",
                "allowSingleLabelDomains": True,
            },
        }
    )
