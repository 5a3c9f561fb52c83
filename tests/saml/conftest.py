"""A portal and an identity provider that know each other, for every test of SAML."""

import pytest

from portal.saml.trust import Ours, Theirs, Trust
from tests.saml.idp import ISSUER, Says, key
from tests.saml.judging import REQUEST

HERE = "https://portal.test/saml/okta"


@pytest.fixture
def trust() -> Trust:
    """People must begin at the portal; answers are signed by the key "idp"."""
    ours = key("portal")
    return Trust(
        theirs=Theirs(
            issuer=ISSUER,
            sso="https://idp.example.com/sso",
            slo="https://idp.example.com/slo",
            certificates=(key("idp").certificate,),
        ),
        ours=Ours(
            entity_id=f"{HERE}/metadata",
            acs=f"{HERE}/acs",
            sls=f"{HERE}/sls",
            key=ours.private,
            certificate=ours.certificate,
        ),
    )


@pytest.fixture
def says(trust: Trust) -> Says:
    """What a right answer to the request REQUEST says: Alma came."""
    return Says(
        acs=trust.ours.acs,
        audience=trust.ours.entity_id,
        request_id=REQUEST,
        attributes={"email": ["alma@example.com"], "groups": ["IT", "Admins"]},
    )
