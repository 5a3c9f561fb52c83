"""Fifth law: every door says who may enter; and behind each door there is a page for everyone."""

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM, Permission
from portal.db import db
from portal.models import Entitlement, Item, Letter, Link, Member, Report, Role, Sync, Token
from portal.models.provider import ProviderKind
from portal.queries.links import url_of
from portal.usecases.api_tokens import make_token
from portal.usecases.custom_fields import add_custom_field
from portal.usecases.links import write_link
from portal.usecases.providers import ProviderDraft, add_provider
from tests.cast import ROLES
from tests.factories import launch, salesforce, start

EVERYBODY = (*ROLES, "olive", "rufus", "max", "emil")
PROBED_BY_MACHINES = {"health.healthz", "health.readyz"}  # 503 is one of their answers
# There is nothing in this world to fill these addresses with; tests of their own visit them.
NOT_REACHED = {"scim.query", "scim.search", "scim.schema", "scim.resource_type", "scim.no_get"}
NOT_REACHED |= {"letter_wishes.ask"}  # tests/views/test_letter_wishes.py goes there
NOT_REACHED |= {"duties.ask"}  # tests/views/test_insight.py goes there
NOT_REACHED |= {"documents.download"}  # tests/security/test_matrix.py knocks there
NOT_REACHED |= {"reports.download", "shares.new", "logos.of_application", "logos.of_organisation"}


def doors(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_door_says_who_may_enter(app):
    unguarded = [rule.endpoint for rule in doors(app) if _access(app, rule) is None]
    assert unguarded == []


def test_few_doors_are_open_to_anyone_and_all_are_known(app):
    public = {rule.endpoint for rule in doors(app) if _access(app, rule) == "public"}
    assert public == {
        *("health.healthz", "health.readyz", "styleguide.show"),
        *("oidc.start", "oidc.callback", "oidc.logged_out"),
        *("saml.metadata", "saml.start", "saml.acs", "saml.sls", "saml.sls_form"),
        *("session.home", "session.door", "session.ask", "session.arrive", "session.enter"),
        *("letter_wishes.ask", "letter_wishes.stop", "shares.open_shared", "shares.take"),
        *("session.prove", "codes.ask", "codes.check", "codes.set_up_first"),
        *("passwords.forgotten", "passwords.send", "logos.of_organisation"),
        "feeds.read",
    }


def test_a_door_that_is_not_public_names_a_permission(app):
    for rule in doors(app):
        access = _access(app, rule)
        assert access == "public" or isinstance(access, Permission), rule.endpoint


def test_nothing_changes_by_following_a_link(app):
    """GET pages are safe to open; the one exception is a personal link, which notes its use."""
    both = [rule.endpoint for rule in doors(app) if {"GET", "POST"} <= set(rule.methods)]
    assert both == []


@pytest.fixture
def world(cast, acting, run_jobs):
    """A review that has begun, with everything around it: what fills the addresses."""
    application = salesforce(cast)
    campaign = launch(acting("carl"))
    review = start(campaign, acting("olive"))
    run_jobs()
    draft = ProviderDraft("Okta", {"issuer": "https://okta.example", "client_id": "us"})
    add_provider(ProviderKind.OIDC, "organisation", draft, by=SYSTEM)
    make_token("Directory", by=SYSTEM)
    field = add_custom_field("Data class", "choice", ["public"], by=SYSTEM)
    first = {kind: db.session.scalars(select(kind.id).order_by(kind.id)).first()
             for kind in (Entitlement, Item, Letter, Link, Member, Report, Role, Sync,
                          Token)}  # fmt: skip
    token = url_of(write_link(cast.olive, "tasks", by=SYSTEM)).rpartition("/")[2]
    return {
        "application_id": application.id,
        "campaign_id": campaign.id,
        "review_id": review.id,
        "person_id": cast.max.id,
        "item_id": first[Item],
        "entitlement_id": first[Entitlement],
        "letter_id": first[Letter],
        "link_id": first[Link],
        "member_id": first[Member],
        "report_id": first[Report],
        "role_id": first[Role],
        "token_id": first[Token],
        "sync_id": first[Sync],
        "customfield_id": field.id,
        "key": "organisation",
        "kind": "invitation",
        "token": token,
    }


def addresses(app, world):
    """Every page that can be opened in this world, and the endpoints of those that cannot."""
    found, missed = [], set()
    for rule in doors(app):
        if "GET" not in rule.methods or rule.endpoint in PROBED_BY_MACHINES:
            continue
        if all(world.get(argument) is not None for argument in rule.arguments):
            values = {argument: world[argument] for argument in rule.arguments}
            found.append(app.url_map.bind("portal.test").build(rule.endpoint, values))
        else:
            missed.add(rule.endpoint)
    return found, missed


@pytest.mark.parametrize("who", EVERYBODY)
def test_no_page_breaks_for_anybody(app, sign_in, world, who):
    client = sign_in(who)
    found, _ = addresses(app, world)
    answers = {address: client.get(address).status_code for address in found}
    broken = {address: code for address, code in answers.items() if code >= 500}
    assert broken == {}


def test_a_page_is_either_visited_here_or_known_not_to_be(app, world):
    assert addresses(app, world)[1] <= NOT_REACHED


def test_nobody_gets_in_without_a_session(app, world):
    client = app.test_client()
    found, _ = addresses(app, world)
    at = app.url_map.bind("portal.test").match
    shut = [
        path for path in found if _access(app, at(path, "GET", return_rule=True)[0]) != "public"
    ]
    assert {client.get(path).status_code for path in shut if "/scim/" not in path} == {302}
    assert {client.get(path).status_code for path in shut if "/scim/" in path} == {401}


def _access(app, rule):
    return getattr(app.view_functions[rule.endpoint], "__access__", None)
