"""Settings of a SAML provider: metadata taken over, certificates watched, our own key."""

from io import BytesIO

import pytest

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import TrailLine
from portal.queries.providers import provider_by_key
from portal.queries.saml import trust_of
from portal.usecases.providers import open_provider
from tests.saml.idp import key
from tests.saml.test_metadata import theirs

PAGE = "/settings/sso/okta"


def test_the_page_shows_what_the_provider_needs_and_its_certificates(sign_in, okta):
    shown = sign_in("alma").get(PAGE).text
    for said in ("http://portal.test/saml/okta/acs", "http://portal.test/saml/okta/metadata"):
        assert said in shown
    assert "CN=idp" in shown
    assert "expire" not in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize(("days", "said"), [(20, "expires on"), (-1, "expired on")])
def test_a_certificate_that_ends_is_warned_of(sign_in, okta, days, said):
    okta.config = {**okta.config, "certificates": key(f"ends {days}", days).certificate}
    db.session.commit()
    assert said in sign_in("alma").get(PAGE).text


def test_an_admin_adds_a_provider_by_its_metadata_alone(app, sign_in, okta):
    typed = {"kind": "saml", "name": "Second", "metadata": theirs("idp").decode()}
    assert sign_in("alma").post("/settings/sso/new", data=typed).status_code == 303
    second = provider_by_key("second")
    assert second.config["issuer"] == "https://idp.example.com/saml"
    assert "metadata" not in second.config
    trust = trust_of(second)
    assert trust.theirs.certificates == (key("idp").certificate,)
    assert trust.ours.certificate != trust_of(okta).ours.certificate


def test_metadata_is_taken_over_from_a_file_or_a_text(sign_in, okta):
    admin = sign_in("alma")
    both = theirs("idp", "idp next")
    file = {"file": (BytesIO(both), "idp.xml")}
    assert admin.post(f"{PAGE}/saml/metadata", data=file).status_code == 303
    assert len(trust_of(okta).theirs.certificates) == 2
    text = {"xml": theirs("idp next").decode()}
    assert admin.post(f"{PAGE}/saml/metadata", data=text).status_code == 303
    assert trust_of(okta).theirs.certificates == (key("idp next").certificate,)
    for line in db.session.query(TrailLine).filter_by(verb="metadata taken over"):
        assert "BEGIN" not in str(line.details)


def test_another_providers_metadata_is_not_taken_for_this_ones(sign_in, okta):
    before = dict(okta.config)
    other = theirs("other").replace(b"https://idp.example.com/saml", b"https://evil.example.com")
    refused = sign_in("alma").post(f"{PAGE}/saml/metadata", data={"xml": other.decode()})
    assert refused.status_code == 409
    assert "another provider" in refused.text
    db.session.refresh(okta)
    assert okta.config == before


@pytest.mark.parametrize("xml", ["", "<a/>", "<!DOCTYPE a><a/>", "no xml"])
def test_what_is_no_metadata_is_refused_with_a_sentence(sign_in, okta, xml):
    assert sign_in("alma").post(f"{PAGE}/saml/metadata", data={"xml": xml}).status_code == 422


def test_our_key_can_be_renewed_and_is_never_shown(sign_in, okta):
    admin, before = sign_in("alma"), trust_of(okta).ours
    assert admin.post(f"{PAGE}/saml/renew").status_code == 303
    db.session.refresh(okta)
    after = trust_of(okta).ours
    assert (before.key, before.certificate) != (after.key, after.certificate)
    shown = admin.get(f"{PAGE}/saml/certificate")
    assert shown.text == after.certificate
    assert shown.headers["Content-Disposition"] == "attachment; filename=okta.pem"


@pytest.mark.parametrize("who", ["carl", "ivan", "ada", "rhea"])
def test_nobody_but_an_admin_changes_whom_we_believe(sign_in, okta, who):
    client, before = sign_in(who), dict(okta.config)
    for path in ("metadata", "renew"):
        answer = client.post(f"{PAGE}/saml/{path}", data={"xml": theirs("other").decode()})
        assert answer.status_code in (403, 404)
    db.session.refresh(okta)
    assert okta.config == before


def test_what_is_not_set_up_cannot_be_switched_on(sign_in, okta, app):
    okta.config = {**okta.config, "certificates": ""}
    db.session.commit()
    open_provider(okta, False, by=SYSTEM)
    refused = sign_in("alma").post(f"{PAGE}/open", data={"on": "1"})
    assert refused.status_code == 409
    assert "does not know enough" in refused.text
