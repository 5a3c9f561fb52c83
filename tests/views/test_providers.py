"""Settings > Single sign-on, as Admins, IT Admins and others see it."""

import json

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import IdentityProvider, Role, TrailLine
from portal.models.provider import ProviderKind
from portal.queries.settings import setting
from portal.usecases.providers import ProviderDraft, add_provider, open_provider
from tests.story import story

TYPED = {"name": "Okta", "issuer": "https://acme.okta.com", "client_id": "0oa1", "secret": "geheim",
         "domains": "Example.com, @acme.org", "unmatched": "refuse", "kind": "oidc"}  # fmt: skip


@story
def okta(cast):
    config = {"issuer": "https://acme.okta.com", "client_id": "0oa1"}
    return add_provider(ProviderKind.OIDC, "okta", ProviderDraft("Okta", config, "s3"), by=SYSTEM)


def the_only():
    return db.session.scalars(select(IdentityProvider)).one()


def words(answer):
    return answer.get_data(as_text=True)


def test_an_admin_adds_a_provider_and_its_secret_is_sealed(cast, sign_in):
    answer = sign_in("alma").post("/settings/sso/new", data=TYPED)
    assert answer.location == "/settings/sso/okta"
    provider = the_only()
    assert provider.domains == ["example.com", "acme.org"]
    assert (provider.is_enabled, provider.unmatched.value) == (False, "refuse")
    assert "geheim" not in provider.secret
    assert len(provider.secret) > 50


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Name: write"),
        ("issuer", "acme.okta.com", "begins with https://"),
        ("issuer", "javascript:alert(1)", "begins with https://"),
        ("issuer", "https://login.microsoftonline.com/common/v2.0", "any organisation"),
        ("client_id", " ", "cannot be empty"),
        ("domains", "example", "is no domain"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(cast, sign_in, field, value, sentence):
    answer = sign_in("alma").post("/settings/sso/new", data={**TYPED, field: value})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "geheim" not in words(answer)
    assert "0oa1" in words(answer) or field == "client_id"


def test_an_empty_secret_keeps_the_one_there_is(okta, sign_in):
    kept = okta.secret
    sign_in("alma").post("/settings/sso/okta/edit", data={**TYPED, "secret": ""})
    assert the_only().secret == kept
    assert the_only().domains == ["example.com", "acme.org"]


def test_ivan_may_look_and_not_touch(okta, sign_in):
    client = sign_in("ivan")
    page = client.get("/settings/sso/okta")
    assert page.status_code == 200
    assert "Add a rule" not in words(page)
    assert client.post("/settings/sso/okta/open", data={"on": "1"}).status_code == 404
    assert client.get("/settings/sso/new").status_code == 404
    assert the_only().is_enabled is False


@pytest.mark.parametrize("who", ["rhea", "max"])
def test_for_whoever_sees_no_settings_there_is_no_such_page(okta, sign_in, who):
    assert sign_in(who).get("/settings/sso").status_code == 404


def test_rules_are_added_moved_and_removed_by_forms_alone(okta, sign_in):
    client, role = sign_in("alma"), db.session.scalars(select(Role.id)).first()
    for value in ("one", "two", "three"):
        form = {"claim": "groups", "value": value, "role": role}
        client.post("/settings/sso/okta/rules", data=form)
    last = the_only().rules[2].id
    client.post(f"/settings/sso/okta/rules/{last}/move", data={"to": "up"})
    assert [rule.value for rule in the_only().rules] == ["one", "three", "two"]
    client.post(f"/settings/sso/okta/rules/{the_only().rules[0].id}/remove")
    assert [(r.position, r.value) for r in the_only().rules] == [(0, "three"), (1, "two")]
    answer = client.post("/settings/sso/okta/rules", data={"claim": "", "value": "x"})
    assert answer.status_code == 422


def test_what_somebody_would_get_is_shown_and_nothing_is_changed(okta, sign_in):
    client = sign_in("alma")
    role = db.session.scalars(select(Role.id).where(Role.name == "Compliance")).one()
    form = {"claim": "realm_access.roles", "value": "auditors", "role": role}
    client.post("/settings/sso/okta/rules", data=form)
    okta.creates_members = True
    db.session.commit()
    before = len(db.session.scalars(select(TrailLine.id)).all())
    claims = json.dumps({"email": "nina@example.com", "realm_access": {"roles": ["auditors"]}})
    page = words(client.post("/settings/sso/okta/who", data={"claims": claims}))
    assert "with the role Compliance" in page
    page = words(client.post("/settings/sso/okta/who", data={"email": "paula@example.com"}))
    assert "They would be refused" in page
    assert len(db.session.scalars(select(TrailLine.id)).all()) == before
    for wrong in ({"claims": "{"}, {"claims": "[1]"}, {}):
        assert client.post("/settings/sso/okta/who", data=wrong).status_code == 422


def test_single_sign_on_cannot_become_the_only_way_before_an_admin_came_by_it(okta, sign_in):
    client = sign_in("alma")
    open_provider(okta, True, by=SYSTEM)
    answer = client.post("/settings/sso/only", data={"on": "1"})
    assert answer.status_code == 409
    assert setting("sign_in_only_by_sso") is False
    okta.admin_came_at = clock.now()
    db.session.commit()
    page = words(client.get("/settings/sso/only"))
    assert "Carl Conrad (Compliance)" in page
    client.post("/settings/sso/only", data={"on": "1"})
    assert setting("sign_in_only_by_sso") is True


@pytest.mark.parametrize("how", ["open", "delete", "edit"])
def test_the_one_way_in_cannot_be_closed(okta, sign_in, how):
    open_provider(okta, True, by=SYSTEM)
    okta.admin_came_at = clock.now()
    db.session.commit()
    client = sign_in("alma")
    client.post("/settings/sso/only", data={"on": "1"})
    form = {**TYPED, "issuer": "https://another.example", "on": ""}
    answer = client.post(f"/settings/sso/okta/{how}", data=form)
    assert answer.status_code == 409
    assert the_only().is_enabled
    client.post("/settings/sso/only", data={"on": ""})
    assert client.post(f"/settings/sso/okta/{how}", data=form).status_code == 303


def test_a_provider_that_others_may_come_by_counts_as_never_tried(okta, sign_in):
    okta.tested_at = okta.admin_came_at = clock.now()
    db.session.commit()
    form = {**TYPED, "secret": "", "unmatched": "employee"}
    sign_in("alma").post("/settings/sso/okta/edit", data=form)
    assert the_only().tested_at
    sign_in("alma").post("/settings/sso/okta/edit", data={**form, "client_id": "another"})
    assert the_only().tested_at is None
    assert the_only().admin_came_at is None


def test_a_check_is_wanted_by_the_page_and_done_by_a_job(okta, sign_in, run_jobs, socket_enabled):
    okta.config = {**okta.config, "issuer": "https://127.0.0.1:9"}
    db.session.commit()
    client = sign_in("alma")
    client.post("/settings/sso/okta/check")
    assert the_only().check_wanted_at
    assert "has not been done yet" in words(client.get("/settings/sso/okta"))
    assert "jobs.providers.check_providers" in run_jobs()
    assert the_only().check_wanted_at is None
    assert "is an address inside" in words(client.get("/settings/sso/okta"))
