"""Whoever has a list sees in it exactly what its permission lets them see, thing by thing."""

import re
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from policies import permissions
from policies.lifecycle import ReportState
from policies.permissions import Permission, can
from policies.scopes import Access, Scope
from portal.db import Base, db
from portal.models import (
    Application,
    Campaign,
    Document,
    Member,
    Person,
    Report,
    Review,
    Role,
    Session,
    Sync,
)
from portal.usecases.documents import keep_document
from portal.usecases.reports import order_report
from portal.usecases.roles import RoleText, create_role
from tests.cast import ROLES
from tests.factories import launch, make_application, salesforce

# Besides the cast: Max may only read applications, Rita everything but people and settings.
CUSTOM = {
    "max": {Scope.APPLICATIONS: Access.READ},
    "rita": {
        Scope.REVIEWS: Access.READ,
        Scope.APPLICATIONS: Access.READ,
        Scope.USERS: Access.READ,
    },
}
EVERYBODY = (*ROLES, *CUSTOM, "olive", "otto", "rufus", "emil")


class Listing(NamedTuple):
    """A list: its address, how its page names a thing, what may be seen of them."""

    path: str
    link: str
    kind: type[Base]
    permission: Permission[Any]
    application_id: int | None = None  # where it lists only things of this one


LISTINGS = {
    "applications": Listing(
        "/applications", r"/applications/(\d+)\"", Application, permissions.SEE_APPLICATION
    ),
    "people": Listing("/people", r"/people/(\d+)\"", Person, permissions.SEE_PEOPLE),
    "campaigns": Listing("/campaigns", r"/campaigns/(\d+)\"", Campaign, permissions.SEE_CAMPAIGNS),
    "reviews": Listing("/campaigns/1", r"/reviews/(\d+)\"", Review, permissions.SEE_REVIEW),
    "reports": Listing(
        "/campaigns/1/reports", r"/reports/(\d+)/download", Report, permissions.SEE_EVIDENCE
    ),
    "syncs": Listing("/imports", r"/imports/(\d+)\"", Sync, permissions.SEE_SYNC),
    "members": Listing(
        "/settings/members", r"/settings/members/(\d+)\"", Member, permissions.SEE_SETTINGS
    ),
    "reviews of an application": Listing(
        "/applications/1/reviews", r"/reviews/(\d+)\"", Review, permissions.SEE_REVIEW, 1
    ),
    "imports of an application": Listing(
        "/applications/1/imports", r"/imports/(\d+)\"", Sync, permissions.SEE_SYNC, 1
    ),
    "documents of an application": Listing(
        "/applications/1/documents", r"/documents/(\d+)\"", Document, permissions.SEE_DOCUMENT, 1
    ),
    "roles": Listing("/settings/roles", r"/settings/roles/(\d+)\"", Role, permissions.SEE_SETTINGS),
}


@pytest.fixture
def organisation(cast, acting):
    """Two applications, a campaign, a report of it that is ready, and two custom roles."""
    crm = salesforce(cast)
    make_application("Figma", cast.otto)
    keep_document(crm, "contract.pdf", BytesIO(b"%PDF-1.7"), note="", by=acting("alma"))
    campaign = launch(acting("alma"))
    report = order_report(campaign, "campaign", by=acting("alma"))
    report.state = ReportState.READY
    db.session.commit()
    for first, levels in CUSTOM.items():
        role = create_role(RoleText(f"Role of {first}", "", levels), by=acting("alma"))
        person = getattr(cast, first)
        member = Member(person_id=person.id, role_id=role.id, created_at=person.created_at)
        db.session.add(member)
    db.session.commit()


@pytest.mark.parametrize("what", LISTINGS)
def test_a_list_shows_what_may_be_seen_and_nothing_else(organisation, acting, sign_in, what):
    listing, wrong = LISTINGS[what], {}
    here = listing.application_id
    things = [
        thing
        for thing in db.session.scalars(select(listing.kind))
        if here is None or thing.application_id == here
    ]
    assert things
    for who in EVERYBODY:
        actor, answer = acting(who), sign_in(who).get(listing.path)
        allowed = {thing.id for thing in things if can(listing.permission, actor, thing)}
        if answer.status_code != 200:
            assert answer.status_code == 404, (who, answer.status_code)
            continue
        shown = set(map(int, re.findall(listing.link, answer.text)))
        if shown != allowed:
            wrong[who] = (shown, allowed)
    assert wrong == {}


@pytest.mark.parametrize("what", LISTINGS)
def test_who_may_see_everything_has_the_list(organisation, acting, sign_in, what):
    listing = LISTINGS[what]
    for who in ("alma", "ivan", "carl", "ada"):
        assert sign_in(who).get(listing.path).status_code == 200


@pytest.mark.parametrize("who", ["alma", "ada", "olive", "max"])
def test_everybody_sees_their_own_sessions_and_nobody_elses(cast, sign_in, who):
    for each in ("alma", "ada", "olive", "max", who):
        client = sign_in(each)
    mine = select(Session.id).where(Session.person_id == getattr(cast, who).id)
    shown = re.findall(r"/you/sessions/(\d+)/end", client.get("/you").text)
    assert sorted(map(int, shown)) == sorted(db.session.scalars(mine))
