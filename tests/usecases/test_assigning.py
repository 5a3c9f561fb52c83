"""Who comes to review: at the launch, for letters, and at the freeze, for every item."""

import pytest
from sqlalchemy import event, select

from policies.assignment import CAMPAIGN_OWNER, Basis, By, Level, Reviewing
from portal.db import db
from portal.models import Account, Assignment, Item, Letter, Person, Setting
from portal.queries.assignment_preview import preview_assignments
from tests.factories import launch, make_account, salesforce, start
from tests.story import story

MANAGERS = Basis(By.MANAGER)


@story
def application(cast):
    """Olive's Salesforce. Max and Paula report to Rita, Rita and Olive to Otto."""
    managers = {"max": cast.rita, "paula": cast.rita, "rita": cast.otto, "olive": cast.otto}
    for first, manager in managers.items():
        getattr(cast, first).manager_id = manager.id
    db.session.commit()
    return salesforce(cast)


def reviewing(*levels, fallbacks=(CAMPAIGN_OWNER,), **more):
    return Reviewing(tuple(Level(bases) for bases in levels), fallbacks, **more)


def assigned(review, level=1):
    """By login: who reviews it on which basis."""
    rows = db.session.execute(
        select(Item.login, Person.name, Assignment.basis)
        .join(Assignment, Assignment.item_id == Item.id)
        .join(Person, Person.id == Assignment.person_id)
        .where(Item.review_id == review.id, Assignment.level == level)
    )
    return {login: (name.split()[0], basis) for login, name, basis in rows}


def test_each_persons_manager_reviews_and_what_has_none_falls_back(application, acting):
    campaign = launch(acting("alma"), reviewing=reviewing((MANAGERS,)))
    fallback = ("Alma", "fallback: campaign owner")
    review = start(campaign, acting("rita"))
    assert assigned(review) == {
        "max": ("Rita", "manager"),
        "paula": ("Rita", "manager"),
        "rita": ("Otto", "manager"),
        "olive": ("Otto", "manager"),
        "emil": fallback,
        "sync-bot": fallback,
        "ghost": fallback,
    }
    assert {(r.person.name, r.items) for r in review.reviewers} == {
        ("Rita Reyes", 2),
        ("Otto Okafor", 2),
        ("Alma Ahlgren", 3),
    }
    letters = db.session.scalars(select(Letter).where(Letter.kind == "invitation")).all()
    assert {letter.person.name for letter in letters} == {r.person.name for r in review.reviewers}


def test_what_nobody_can_take_is_left_in_the_queue_with_the_reasons(application, acting):
    said = reviewing((MANAGERS,), fallbacks=(Basis(By.MANAGERS_MANAGER),))
    review = start(launch(acting("alma"), reviewing=said), acting("rita"))
    assert review.frozen["unassigned"] == 3
    assert review.frozen["unassigned_why"] == {
        "no manager is known": 1,
        "the account belongs to nobody": 2,
    }


def test_whoever_is_never_assigned_gives_place_to_their_manager(application, cast, acting):
    db.session.add(Setting(key="never_assigned", value=["rita@example.com"]))
    cast.rita.manager_id = cast.otto.id
    db.session.commit()
    said = reviewing((Basis(By.NAMED, (cast.rita.id,)),))
    review = start(launch(acting("alma"), reviewing=said), acting("otto"))
    assert set(assigned(review).values()) == {("Otto", "deny list")}


def test_levels_have_reviewers_of_their_own_never_the_same_person_twice(application, cast, acting):
    said = reviewing((MANAGERS,), (Basis(By.REVIEWERS_MANAGER), Basis(By.OWNER)))
    review = start(launch(acting("alma"), reviewing=said), acting("rita"))
    second = assigned(review, 2)
    assert second["rita"] == ("Olive", "owner")
    assert second["olive"] == ("Alma", "fallback: campaign owner")
    both = select(Assignment.item_id, Assignment.person_id)
    pairs = db.session.execute(both).all()
    assert len(pairs) == len(set(pairs))


def test_an_instance_has_reviewers_of_its_own(application, cast, acting):
    main = Basis(By.NAMED, (cast.rita.id,), instance="Main")
    other = Basis(By.NAMED, (cast.otto.id,), instance="Sandbox")
    review = start(launch(acting("alma"), reviewing=reviewing((main, other))), acting("rita"))
    assert set(assigned(review).values()) == {
        ("Rita", "named"),
        ("Alma", "fallback: campaign owner"),  # Rita's own
    }
    assert [r.person.name for r in review.reviewers] == ["Alma Ahlgren", "Rita Reyes"]


def test_a_field_of_the_application_names_its_reviewer_and_who_removes(application, cast, acting):
    application.fields = {"risk_owner": cast.rita.id}
    db.session.commit()
    field = Basis(By.FIELD, key="risk_owner")
    said = reviewing((field,), remediation=(field,))
    review = start(launch(acting("alma"), reviewing=said), acting("rita"))
    assert review.remediation_owner_id == cast.rita.id
    assert assigned(review)["max"] == ("Rita", "field")
    assert review.campaign.scope_report["reviewing"]["levels"] == [
        "“risk_owner” of the application"
    ]


def test_sqlite_looks_each_item_up_among_the_classes(application, acting):
    """And not all items for each class: with thousands of managers that took minutes."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL joins by hash")
    plans: list[str] = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, context, many):
        if "INSERT INTO assignments" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall())

    campaign = launch(acting("alma"), reviewing=reviewing((MANAGERS,)))
    start(campaign, acting("rita"))
    event.remove(db.engine, "before_cursor_execute", explain)
    assert [step for step in plans if step.startswith("SEARCH given")]
    assert not [step for step in plans if step.startswith("SCAN given")]


def test_a_column_of_a_list_names_the_manager_where_people_data_names_none(
    application, cast, acting
):
    db.session.add(Setting(key="manager_column", value="Manager email"))
    named = {"emil": " Otto@Example.com", "ghost": "rita@example.com", "max": "otto@example.com"}
    for account in db.session.scalars(select(Account).where(Account.login.in_(named))):
        account.attributes = {"Manager email": named[account.login]}
    cast.otto.attributes = {"Manager email": "otto@example.com"}  # names himself
    make_account(application, "otto", person=cast.otto)
    cast.otto.manager_id = None
    db.session.commit()
    said = reviewing((MANAGERS,), fallbacks=())
    campaign = launch(acting("alma"), reviewing=said)
    (foretold,) = preview_assignments(campaign).applications
    review = start(campaign, acting("rita"))
    assert assigned(review) == {
        "max": ("Rita", "manager"),  # people data goes before
        "paula": ("Rita", "manager"),
        "rita": ("Otto", "manager"),
        "olive": ("Otto", "manager"),
        "emil": ("Otto", "manager, by a list"),
        "ghost": ("Rita", "manager, by a list"),
    }
    assert review.frozen["unassigned_why"] == {
        "it is the access of who would review": 1,
        "the account belongs to nobody": 1,
    }
    assert {(each.person.name, each.accounts) for each in foretold.reviewers} == {
        (each.person.name, each.items) for each in review.reviewers
    }
