"""Owners of entitlements: named on the application's pages, asked by campaigns."""

import pytest
from sqlalchemy import select

from policies.assignment import CAMPAIGN_OWNER, Basis, By, Level, Reviewing
from policies.errors import Denied, Invalid
from policies.filters import Filter
from policies.user_scope import Granularity
from portal.db import db
from portal.models import Assignment, Entitlement, Item, Letter, Person, TrailLine
from portal.queries.assignment_preview import preview_assignments
from portal.queries.entitlements import entitlements_of
from portal.queries.item_details import details_of
from portal.usecases.entitlements import describe_entitlement, set_entitlement_owner
from tests.factories import items_of, launch, salesforce, start
from tests.story import story

SAID = Reviewing((Level((Basis(By.ENTITLEMENT_OWNER),)),), (CAMPAIGN_OWNER,))
OWNED = {"Standard User": "rita", "System Admin": "otto", "Sales Manager": "olive"}


@story
def application(cast, acting):
    """Olive's Salesforce: Rita owns Standard User, Otto System Admin, Olive her own role."""
    found = salesforce(cast)
    ids = {each.name: each.id for each in all_of(found)}
    for name, first in OWNED.items():
        set_entitlement_owner(found, [ids[name]], getattr(cast, first), by=acting("alma"))
    return found


def all_of(application):
    return db.session.scalars(entitlements_of(application, Filter())).all()


def reviewers(review) -> dict[str, set[tuple[str, str]]]:
    """By line: who reviews it on which basis."""
    rows = db.session.execute(
        select(Item, Person.name, Assignment.basis)
        .join(Assignment, Assignment.item_id == Item.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Item.review_id == review.id)
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for item, name, basis in rows:
        key = f"{item.login} {item.entitlement}".strip()
        found.setdefault(key, set()).add((name.split()[0], basis))
    return found


OWNS, ELSE = "entitlement owner", ("Alma", "fallback: campaign owner")


def test_of_an_account_everybody_reviews_who_owns_something_it_holds(application, acting):
    review = start(launch(acting("alma"), reviewing=SAID), acting("alma"))
    assert reviewers(review) == {
        "max": {("Rita", OWNS)},
        "paula": {("Rita", OWNS)},
        "ghost": {("Rita", OWNS)},
        "rita": {("Otto", OWNS)},  # not Rita, who owns one of the two herself
        "olive": {ELSE},
        "emil": {ELSE},
        "sync-bot": {ELSE},
    }
    assert {(r.person.name, r.items) for r in review.reviewers} == {
        *(("Rita Reyes", 3), ("Otto Okafor", 1), ("Alma Ahlgren", 3)),
    }
    letters = db.session.scalars(select(Letter).where(Letter.kind == "invitation")).all()
    assert {each.person.name for each in letters} == {r.person.name for r in review.reviewers}


def test_by_entitlement_each_line_goes_to_its_owner(application, acting):
    by_line = {"granularity": Granularity.ENTITLEMENT}
    campaign = launch(acting("alma"), reviewing=SAID, **by_line)
    (foretold,) = preview_assignments(campaign).applications
    review = start(campaign, acting("alma"))
    found = reviewers(review)
    assert found["rita System Admin"] == {("Otto", OWNS)}
    assert found["rita Standard User"] == {ELSE}  # her own
    assert found["max Standard User"] == {("Rita", OWNS)}
    assert found["olive Sales Manager"] == {ELSE}
    before = {(each.person.name, each.accounts) for each in foretold.reviewers}
    assert before == {(each.person.name, each.items) for each in review.reviewers}


def test_without_fallbacks_the_queue_says_that_nobody_owns_it(application, acting):
    alone = Reviewing((Level((Basis(By.ENTITLEMENT_OWNER),)),), ())
    review = start(launch(acting("alma"), reviewing=alone), acting("alma"))
    assert review.frozen["unassigned_why"] == {
        "nobody owns what is held": 2,
        "it is the access of who would review": 1,
    }


def test_it_is_set_for_several_and_told_in_one_line(application, cast, acting):
    ids = [each.id for each in all_of(application)]
    alma = acting("alma")
    assert set_entitlement_owner(application, ids, cast.otto, by=alma) == len(ids) - 1
    assert {each.owner_id for each in all_of(application)} == {cast.otto.id}
    line = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()
    assert (line.verb, line.details["count"]) == ("entitlement owner set", len(ids) - 1)
    assert set_entitlement_owner(application, ids, cast.otto, by=alma) == 0
    assert set_entitlement_owner(application, ids[:1], None, by=alma) == 1
    with pytest.raises(Invalid, match="left the organisation"):
        set_entitlement_owner(application, ids, cast.paula, by=alma)
    with pytest.raises(Denied):
        set_entitlement_owner(application, ids, cast.otto, by=acting("rhea"))


def test_what_it_means_stands_in_the_details_of_an_account(application, acting):
    admin = next(each for each in all_of(application) if each.name == "System Admin")
    describe_entitlement(application, admin, " Changes  everything. ", by=acting("alma"))
    review = start(launch(acting("alma")), acting("olive"))
    held = details_of(items_of(review)["rita"], acting("olive")).held
    assert {each.name: each.description for each in held}["System Admin"] == "Changes everything."
    with pytest.raises(Invalid, match="500 characters"):
        describe_entitlement(application, admin, "x" * 501, by=acting("alma"))
    with pytest.raises(Denied):
        describe_entitlement(application, admin, "Mine.", by=acting("max"))


def test_an_entitlement_of_another_application_is_left_alone(application, cast, acting):
    from tests.factories import make_account, make_application  # noqa: PLC0415

    figma = make_application("Figma", cast.otto)
    make_account(figma, "max", roles="Editor")
    (editor,) = db.session.scalars(select(Entitlement).where(Entitlement.name == "Editor"))
    assert set_entitlement_owner(application, [editor.id], cast.otto, by=acting("alma")) == 0
