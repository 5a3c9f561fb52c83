"""What the freeze says of an account is what the pure rules say, over the whole table of facts."""

from datetime import timedelta
from itertools import product

from sqlalchemy import select

from policies.delta import changes_in_words, delta_of
from policies.lifecycle import ReviewState
from policies.recommendations import RULES, Facts, recommend
from portal import clock
from portal.db import db
from portal.models import Account, DutyConflict, Entitlement, GoneItem, Grant, Item, Person, Setting
from portal.models.person import Standing
from portal.queries.duties import holders_of_both
from portal.queries.recommending import limits
from portal.usecases.freezing import start_review
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    start,
)
from tests.story import story

PEOPLE = ("current", "past", "ended", "external", "moved", "")
USED = (None, 5, 45, 200)  # days ago
CREATED = (None, 10, 100)
ALL = frozenset(RULES)


@story
def application(cast):
    """An account for each way in which the facts of accounts can be combined."""
    application = make_application("Salesforce", cast.olive)
    make_sync(application)
    people = {name: _person(name) for name in PEOPLE if name}
    facts = product(PEOPLE, USED, CREATED, ("human", "service"), ("User", "Admin"))
    for nth, (who, used, created, kind, roles) in enumerate(facts):
        make_account(
            application,
            f"login{nth:03}",
            person=people.get(who),
            kind=kind,
            roles=roles,
            last_used_at=clock.now() - timedelta(days=used) if used else None,
            created_on=clock.today() - timedelta(days=created) if created else None,
            status="active" if nth % 3 else "suspended",
        )
    return application


@story
def last(application, acting):
    """A completed review of all of them, in which every fourth was rejected."""
    review = start(launch(acting("alma"), name="Q3"), acting("olive"))
    return complete(review)


def complete(review):
    for item in db.session.scalars(select(Item).where(Item.review_id == review.id)):
        item.verdict = APPROVED if item.id % 4 else REJECTED
    review.state, review.submitted_at = ReviewState.COMPLETED, clock.now()
    db.session.commit()
    return review


def test_every_rule_says_in_sql_what_it_says_by_itself(last, application, acting):
    moved = db.session.scalars(select(Person).where(Person.name == "P moved")).one()
    moved.department = "Finance"
    make_account(application, "newcomer", roles="User")
    before = {item.account_id: item for item in items_of(last).values()}
    review, by, held = start(launch(acting("alma")), acting("olive")), limits(), set()
    for item in items_of(review).values():
        facts = _facts(item, before.get(item.account_id))
        expected = recommend(facts, by, ALL)
        assert (item.recommendation, item.reasons) == (expected.advice, expected.in_words)
        held.update(key for key, rule in RULES.items() if rule.holds(facts, by))
    assert held == ALL - {"duties", "few"}


def test_where_a_list_tells_nothing_of_use_nothing_is_made_of_it(cast, acting):
    application = make_application("Wiki", cast.olive)
    make_sync(application)
    make_account(application, "max", person=cast.max)
    (item,) = items_of(start(launch(acting("alma")), acting("olive"))).values()
    assert (item.recommendation, item.reasons) == ("no information", "")


def test_a_campaign_may_do_without_rules(application, acting):
    campaign = launch(acting("alma"))
    campaign.guidance = {"off": sorted(ALL - {"external"})}
    db.session.commit()
    items = items_of(start(campaign, acting("olive"))).values()
    assert {item.reasons for item in items} == {"", "external"}


def test_a_campaign_without_any_rule_recommends_nothing(application, acting):
    campaign = launch(acting("alma"))
    campaign.guidance = {"off": sorted(ALL)}
    db.session.commit()
    items = items_of(start(campaign, acting("olive"))).values()
    assert {(item.recommendation, item.reasons) for item in items} == {("", "")}


def test_what_changed_is_told_in_words(cast, acting):
    application = make_application("CRM", cast.olive)
    make_sync(application)
    for login, person in (("max", cast.max), ("rita", cast.rita), ("left", None)):
        make_account(application, login, person=person, roles="Viewer, Editor")
    last = complete(start(launch(acting("alma"), name="Q3"), acting("olive")))
    account = db.session.scalars(select(Account).where(Account.login == "max")).one()
    _regrant(account, "Editor, Owner")
    was = cast.max.department
    cast.max.department, account.status, account.person = "Legal", "suspended", cast.max
    db.session.scalars(select(Account).where(Account.login == "left")).one().gone_at = clock.now()
    make_account(application, "new", roles="Viewer")
    review = start(launch(acting("alma")), acting("olive"))
    items, facts = (
        items_of(review),
        {"department": (was, "Legal"), "status": ("active", "suspended")},
    )
    words = changes_in_words(["Owner"], ["Viewer"], facts)
    assert items["max"].changes == words
    assert words.startswith("added: Owner; removed: Viewer; department: ")
    found = {login: item.delta for login, item in items.items()}
    assert found == {"max": "changed", "rita": "unchanged", "new": "new"}
    for item in items.values():
        facts = {"is_new": item.is_new, "has_previous": bool(item.previous_id)}
        assert item.delta == delta_of(**facts, changes=item.changes)
    assert items["rita"].previous_verdict in ("approved", "rejected")
    gone = db.session.scalars(select(GoneItem.item_id).where(GoneItem.review_id == review.id))
    assert list(gone) == [items_of(last)["left"].id]


def test_few_peers_are_counted_by_department_and_title(cast, acting):
    application = make_application("Vault", cast.olive)
    make_sync(application)
    db.session.add(_percent(15))
    for nth in range(10):
        person = _person(f"peer{nth}", title="Clerk")
        make_account(
            application, f"peer{nth}", person=person, roles="User" if nth else "User, Root"
        )
    make_account(application, "boss", person=_person("boss", title="Boss"), roles="User, Root")
    items = items_of(start(launch(acting("alma")), acting("olive")))
    assert items["peer0"].reasons == "few peers hold it: Root (1 of 10 in Sales, Clerk)"
    assert {items[key].reasons for key in ("peer1", "boss")} == {""}


def test_who_holds_both_sides_of_a_conflict_is_told_so_across_applications(cast, acting):
    vendors, payments = make_application("SAP", cast.olive), make_application("Coupa", cast.olive)
    make_sync(vendors), make_sync(payments)
    make_account(vendors, "max", person=cast.max, roles="Create vendor")
    make_account(vendors, "rita", person=cast.rita, roles="Create vendor")
    make_account(payments, "mm", person=cast.max, roles="Approve payment, Read")
    make_account(payments, "rr", person=cast.rita, roles="Approve payment", status="suspended")
    pair = DutyConflict(
        application_id=vendors.id,
        entitlement="create VENDOR",
        other_application_id=payments.id,
        other_entitlement="Approve payment",
        by_name="Alma",
        created_at=clock.now(),
    )
    db.session.add(pair)
    db.session.commit()
    campaign = launch(acting("alma"))
    for review in campaign.reviews:
        start_review(review, by=acting("olive"))
    items = {k: i for review in campaign.reviews for k, i in items_of(review).items()}
    told = "conflict of duties: create VENDOR (SAP) and Approve payment (Coupa)"
    assert items["max"].reasons == items["mm"].reasons == told
    assert {items["rita"].reasons, items["rr"].reasons} == {""}
    assert holders_of_both() == {pair.id: 1}


def _facts(item, before):
    return Facts(
        is_service=item.kind == "service",
        has_access=item.has_access,
        is_orphan=item.is_orphan,
        is_past=item.person_status == "past",
        is_external=item.is_external,
        is_privileged=item.is_privileged,
        is_new=item.is_new,
        end_date=item.end_date,
        last_used_at=item.last_used_at,
        created_on=item.created_on,
        department=item.department,
        department_before=before.department if before else "",
        verdict_before=before.verdict if before else "",
    )


def _person(name, title=""):
    standing = name if name in ("past", "external") else "current"
    person = Person(
        name=f"P {name}",
        email=f"{name}@example.com",
        standing=Standing(standing),
        department="Sales",
        title=title,
        end_date=clock.today() - timedelta(days=3) if name == "ended" else None,
        created_at=clock.now(),
    )
    db.session.add(person)
    db.session.commit()
    return person


def _percent(number):
    return Setting(key="few_peers_percent", value=number)


def _regrant(account, roles):
    for grant in db.session.scalars(select(Grant).where(Grant.account_id == account.id)):
        db.session.delete(grant)
    account.roles = roles
    for name in roles.split(", "):
        instance = account.instance_id
        found = db.session.scalar(select(Entitlement).where(Entitlement.name == name))
        if found is None:
            found = Entitlement(instance_id=instance, kind="role", name=name)
            db.session.add(found)
            db.session.flush()
        db.session.add(Grant(account_id=account.id, entitlement_id=found.id))
    db.session.commit()
