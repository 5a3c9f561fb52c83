"""What people hold is counted as it is, whatever came in, and puts lists in order."""

import io

from sqlalchemy import select

from jobs.holdings import count_holdings
from policies.filters import Condition, Filter, Op
from policies.permissions import SYSTEM, Actor
from portal.db import db, name_key
from portal.models import Account, Holding, HoldingsCount, Person, Source
from portal.models.token import Purpose
from portal.queries.holders import holders_of, holders_order
from portal.queries.paging import page_of
from portal.queries.people import people_matching, people_order
from portal.usecases.provisioning import provision_person, reprovision_person
from portal.usecases.syncs import (
    accounts_source,
    apply_sync,
    confirm_sync,
    people_source,
    stage_sync,
    upload_list,
)
from tests.factories import make_application

HEADER = "Login,Email,Status,Last login\n"


def bring(source: Source, text: str) -> None:
    """Apply a list, and count after it, as the worker does."""
    sync = upload_list(
        source, "list.csv", io.BytesIO(text.encode()), by=SYSTEM, options={"trusting": True}
    )
    stage_sync(sync, by=SYSTEM)
    confirm_sync(sync, by=SYSTEM, accept_gone=True)
    assert apply_sync(sync, by=SYSTEM)
    count_holdings()
    assert kept() == counted()


def kept() -> dict[int, tuple]:
    db.session.expire_all()
    return {each.person_id: (each.accounts, each.used_at) for each in db.session.scalars(HOLDINGS)}


HOLDINGS = select(Holding)


def counted() -> dict[int, tuple]:
    """The same, as anybody would count it by hand."""
    found: dict[int, list] = {}
    for account in db.session.scalars(select(Account).where(Account.gone_at.is_(None))):
        if account.person_id:
            found.setdefault(account.person_id, []).append(account.last_used_at)
    return {who: (len(at), max(filter(None, at), default=None)) for who, at in found.items()}


def names(query, order, size=3) -> list[str]:
    """Page by page, forwards."""
    seen, cursor = [], ""
    while True:
        page = page_of(query, order, cursor, size)
        seen += [person.name for person in page.rows]
        if not (cursor := page.after):
            return seen


def in_figma(cast):
    """Olive has two accounts, Rita and Max one each; Max never came."""
    figma = make_application("Figma", cast.otto)
    source = accounts_source(figma.instances[0])
    bring(
        source,
        HEADER + "o1,olive@example.com,active,2026-01-02\no2,olive@example.com,active,2026-03-01\n"
        "r1,rita@example.com,active,2026-02-01\nm1,max@example.com,active,\n",
    )
    return figma, source


def test_holdings_are_what_lists_left(cast):
    _, source = in_figma(cast)
    assert kept()[cast.olive.id][0] == 2
    bring(
        source,  # one is gone, one is used again, one is somebody else's now
        HEADER + "o1,olive@example.com,active,2026-04-01\nr1,rita@example.com,active,2026-02-01\n"
        "m1,paula@example.com,active,2026-01-01\n",
    )
    assert cast.max.id not in kept()
    bring(people_source(), "Email,Name\nnew@example.com,Nora New\no1@example.com,Oona One\n")
    bring(source, HEADER + "o1,,active,2026-04-01\nx9,new@example.com,active,2026-05-05\n")
    assert set(kept()) == {person_named("Oona One").id, person_named("Nora New").id}


def test_nothing_is_counted_again_before_another_list_is_applied(cast):
    in_figma(cast)
    at = db.session.scalar(select(HoldingsCount.counted_at))
    count_holdings()
    assert db.session.scalar(select(HoldingsCount.counted_at)) == at


def test_people_and_holders_stand_in_the_order_of_what_they_hold(cast):
    figma, _ = in_figma(cast)
    everybody = people_matching(Filter())
    assert names(everybody, people_order("accounts", descending=True))[0] == "Olive Owens"
    used = names(everybody, people_order("used", descending=True))
    assert used[:2] == ["Olive Owens", "Rita Reyes"]
    assert len(used) == len(set(used)) == len(names(everybody, BY_NAME))
    nobody = Filter(((Condition("accounts", Op.LESS, "1"),),))
    assert len(names(people_matching(nobody), people_order("name", descending=False))) == 9
    for key, first in (("accounts", "Rita Reyes"), ("used", "Max Meyer"), ("name", "Max Meyer")):
        query = holders_of(figma, Filter(), by=key, of=5_000)
        found = names(query, holders_order(figma, key, Filter(), descending=False), size=2)
        assert (found[0], len(found)) == (first, 3)
        assert sorted(found) == sorted(names(holders_of(figma, Filter(), by=key), BY_NAME))


BY_NAME = people_order("name", descending=False)


def test_people_stand_in_the_order_of_their_managers(cast):
    cast.max.manager_id, cast.rita.manager_id = cast.otto.id, cast.olive.id
    cast.emil.manager_email = "aa@elsewhere.example"
    db.session.commit()
    found = names(people_matching(Filter()), people_order("manager", descending=True))
    assert found[:3] == ["Max Meyer", "Rita Reyes", "Emil Extern"]
    of_otto = Filter(((Condition("manager", Op.CONTAINS, "otto"),),))
    order = people_order("manager", descending=False)
    assert names(people_matching(of_otto), order) == ["Max Meyer"]


def test_the_key_of_a_name_follows_it_wherever_it_is_written(cast):
    cast.rita.name = "Ríta"
    db.session.commit()
    bring(people_source(), "Email,Name\nmax@example.com,Ömer Straße\nnew@example.com,Łea\n")
    okta = Actor(None, "Okta", purpose=Purpose.PROVISIONING.value)
    user = {"userName": "z@example.com", "displayName": "Åsa", "active": True}
    made = provision_person(user, by=okta)
    reprovision_person(made["id"], user | {"displayName": "Émil"}, by=okta)
    provision_person(user | {"userName": "y@example.com", "displayName": "Zoë"}, by=okta)
    db.session.expire_all()
    people = db.session.scalars(select(Person)).all()
    assert {person.name: person.name_key for person in people} == {
        person.name: name_key(person.name) for person in people
    }
    assert person_named("Ömer Straße").name_key == "omer strasse"


def person_named(name: str) -> Person:
    return db.session.scalars(select(Person).where(Person.name == name)).one()
