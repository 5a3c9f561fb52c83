"""Two sides that know each other: who the identity provider is, and who we are to it."""

from dataclasses import dataclass
from datetime import timedelta

SKEW = timedelta(minutes=2)  # how far their clock may be ahead of ours

NAMES = {
    "email": (
        "email",
        "mail",
        "emailaddress",
        "urn:oid:0.9.2342.19200300.100.1.3",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    ),
    "name": (
        "displayname",
        "name",
        "urn:oid:2.16.840.1.113730.3.1.241",
        "http://schemas.microsoft.com/identity/claims/displayname",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    ),
}


@dataclass(frozen=True)
class Theirs:
    """The identity provider: its entity id, its addresses, its certificates (PEM).

    While it changes keys it has two certificates; a signature by either counts.
    """

    issuer: str
    sso: str
    slo: str = ""
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ours:
    """The portal to this provider: entity id, addresses, private key and certificate (PEM)."""

    entity_id: str
    acs: str
    sls: str
    key: str
    certificate: str


@dataclass(frozen=True)
class Trust:
    """Both sides. `unsolicited`: whether people may start at the provider's own pages.

    `email` and `name` are the attributes that hold them; empty: the customary names.
    """

    theirs: Theirs
    ours: Ours
    unsolicited: bool = False
    email: str = ""
    name: str = ""
