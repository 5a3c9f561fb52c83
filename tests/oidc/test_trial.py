"""A trial from end to end, and the look-up of a provider's description."""

from sqlalchemy import select

from portal.db import db
from portal.models import Member, Person, Session
from tests.oidc.conftest import Browser, said


def test_a_trial_shows_the_claims_and_opens_no_session(okta, idp, sign_in):
    okta.is_enabled = False
    db.session.commit()
    alma = Browser(sign_in("alma"), idp)
    before = _rows()
    idp.claims |= {"email": "nina@example.com", "groups": ["audit", "ski"], "secret_thing": "42"}
    page = alma.come_back(**idp.authorize(alma.leave("/sso/okta/try")))
    assert page.status_code == 200
    assert "They would come in with the role Compliance" in said(page)
    assert "ski" in said(page)
    assert _rows() == before
    assert okta.tested_at


def test_a_trial_warns_of_groups_that_were_left_out(okta, idp, sign_in):
    alma = Browser(sign_in("alma"), idp)
    idp.claims |= {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}
    page = alma.come_back(**idp.authorize(alma.leave("/sso/okta/try")))
    assert "left out by the provider: groups" in said(page)


def test_only_the_admin_who_began_a_trial_sees_its_end(app, okta, idp, sign_in):
    alma = Browser(sign_in("alma"), idp)
    answer = idp.authorize(alma.leave("/sso/okta/try"))
    alma.client.post("/sign-out")
    page = alma.come_back(**answer)
    assert page.status_code == 400
    assert "u-max" not in said(page)


def test_nobody_but_an_admin_begins_a_trial(okta, sign_in):
    assert sign_in("ivan").post("/sso/okta/try").status_code == 404


def test_the_check_says_what_the_provider_says_of_itself(okta, idp, sign_in, run_jobs):
    client = sign_in("alma")
    client.post("/settings/sso/okta/check")
    run_jobs()
    page = said(client.get("/settings/sso/okta"))
    assert "It describes itself, and its keys can be read." in page
    assert "RS256" in page
    assert "HS256" not in page


def _rows():
    return [len(db.session.scalars(select(kind.id)).all()) for kind in (Session, Member, Person)]
