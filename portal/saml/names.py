"""The names that SAML, XML Signature and XML Encryption give to things."""

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = DS + "enveloped-signature"
MORE = "http://www.w3.org/2001/04/xmldsig-more#"

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"

RSA_SHA256 = MORE + "rsa-sha256"


def saml(name: str) -> str:
    """The tag of an element of assertions, as lxml writes it."""
    return f"{{{SAML}}}{name}"


def samlp(name: str) -> str:
    """The tag of an element of messages."""
    return f"{{{SAMLP}}}{name}"


def md(name: str) -> str:
    """The tag of an element of metadata."""
    return f"{{{MD}}}{name}"


def ds(name: str) -> str:
    """The tag of an element of signatures."""
    return f"{{{DS}}}{name}"


def xenc(name: str) -> str:
    """The tag of an element of encryption."""
    return f"{{{XENC}}}{name}"
