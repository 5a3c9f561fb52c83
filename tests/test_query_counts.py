"""What is asked of the database does not grow with what is in it: ten rows, then sixty."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from policies.filters import Condition, Filter, Op
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import Account, Campaign, Person
from portal.queries.campaigns import matching_applications
from portal.usecases.campaigns import draft_campaign, schedule_campaign
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.freezing import start_review
from portal.usecases.launching import launch_campaign
from portal.usecases.letters import write_letter
from portal.usecases.remediation import verify_against
from portal.usecases.reviews import sign_off, submit_review
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    make_account,
    make_application,
    make_sync,
    plan,
)

FEW, MANY = 10, 60
EVERYTHING = Filter()
SALES = Filter(((Condition("department", Op.IS, "Sales"),),))
VIEWS = (
    "",
    "field=department&op=is&value=Sales&sort=-last_used_at",
    "field=roles&op=contains&value=user&sort=title",
    "field=verdict&op=is&value=undecided",
)
OF_APPLICATION = ("people", "accounts", "entitlements", "imports", "reviews", "documents", "trail")
OF_PERSON = ("access", "decisions", "applications", "reviews", "reports", "letters")
BY_MACHINES = ("/healthz", "/readyz", "/static", "/sign", "/scim")
NOTHING_YET = {"/again/held", "/tasks/help"}  # a page only while a form is kept, and for owners


@pytest.fixture
def asked(counting):
    """How many statements some work sends: `asked(lambda: ...)`."""

    def asked(work) -> int:
        with counting() as found:
            work()
        return found.count

    return asked


def test_no_page_of_the_console_asks_more_of_a_fuller_database(app, cast, sign_in, asked):
    client = sign_in("alma")
    pages = [rule.rule for rule in app.url_map.iter_rules() if _is_list(rule)]
    fill(cast, FEW)
    few = statements(client, pages, asked)
    db.session.add_all(vars(cast).values())
    fill(cast, MANY)
    many = statements(sign_in("alma"), pages, asked)  # in a session as young as the first
    assert {url: (few[url], many[url]) for url in pages if many[url] > few[url]} == {}
    assert {"/people", "/applications", "/campaigns", "/letters", "/trail"} <= set(pages)


def test_no_page_of_one_application_or_person_asks_more_for_more_rows(cast, sign_in, asked):
    few, many = (pages_of(*crowd(cast, size)) for size in (FEW, MANY))
    client, counts = sign_in("alma"), []
    for urls in (few, many):
        counts.append(list(statements(client, urls, asked).values()))
    grown = [url for url, a, b in zip(many, *counts, strict=True) if b > a]
    assert grown == []


def test_no_page_of_a_review_asks_more_for_more_accounts(cast, acting, sign_in, asked):
    counts = []
    for size in (FEW, MANY):
        client = sign_in("olive")  # in sessions of one age: an older one is noted as seen
        review = frozen(cast, acting, size)
        here = f"/reviews/{review.id}"
        urls = [f"{here}/items?{query}" for query in VIEWS]
        urls += [f"{here}/bulk?verdict=approved&{VIEWS[1]}", f"{here}/items.csv"]
        urls += [f"{here}/groups?by=title&{VIEWS[1]}"]
        counts.append([asked(partial(read, client, url)) for url in urls])
    assert counts[0] == counts[1]


def test_no_step_of_a_review_asks_more_for_more_accounts(cast, acting, asked):
    few, many = story(cast, acting, asked, FEW), story(cast, acting, asked, MANY)
    assert few == many


def test_no_preview_of_a_campaign_asks_more_for_more_applications_and_owners(cast, asked):
    counts = []
    for size in (FEW, MANY):
        fill(cast, size)
        number = db.session.scalars(select(Campaign.id).limit(1)).one()
        for each in set(db.session) - set(vars(cast).values()):
            db.session.expunge(each)  # whoever is known already would not be asked for
        counts.append(asked(lambda number=number: owners_of_all(number)))
    assert counts[0] == counts[1]


def owners_of_all(campaign_id) -> None:
    """Every application that the campaign matches, with the people who own it."""
    applications = matching_applications(db.session.get_one(Campaign, campaign_id))
    assert len(applications) >= FEW
    assert all(owner.person.name for each in applications for owner in each.owners)


def story(cast, acting, asked, size) -> dict[str, int]:
    """The statements of every step, from launch to submission."""
    alma, olive, counts = acting("alma"), acting("olive"), {}
    campaign = scheduled(cast, alma, size)
    counts["launch"] = asked(lambda: launch_campaign(campaign, by=SYSTEM))
    review = campaign.reviews[0]
    counts["freeze"] = asked(lambda: start_review(review, by=olive))
    item = min(items_of(review).values(), key=lambda item: item.id)
    counts["decide one"] = asked(
        lambda: decide_item(item, APPROVED, version=item.version, by=olive)
    )
    done = []
    counts["decide a view"] = asked(
        lambda: done.append(decide_view(review, SALES, REJECTED, seen=10**6, by=olive))
    )
    counts["undo"] = asked(lambda: undo_bulk(review, done[0].id, by=olive))
    counts["decide all"] = asked(
        lambda: decide_view(review, EVERYTHING, REJECTED, seen=10**6, by=olive)
    )
    counts["sign off"] = asked(lambda: sign_off(review, by=olive))
    clock.shift(timedelta(minutes=1))
    fresh = make_sync(review.application)
    db.session.query(Account).filter_by(application_id=review.application_id).update(
        {"last_sync_id": fresh.id, "status": "disabled"}
    )
    db.session.commit()
    counts["verify"] = asked(lambda: verify_against(fresh))
    counts["submit"] = asked(lambda: submit_review(review, by=olive))
    clock.shift(timedelta())
    return counts


def scheduled(cast, alma, size) -> Campaign:
    """A campaign over one application of Olive's with so many accounts, ready to be launched."""
    application = make_application(f"Application with {size}", cast.olive)
    make_sync(application)
    people = [cast.max, cast.rita, cast.emil, cast.paula]
    for number in range(size):
        person = people[number % 4]
        make_account(application, f"login{number}", person=person, roles="Standard User")
    chosen = Filter(((Condition("name", Op.IS, application.name),),)).as_data()
    campaign = draft_campaign(plan(name=f"With {size}", application_filter=chosen), by=alma)
    schedule_campaign(campaign, by=alma)
    return campaign


def frozen(cast, acting, size):
    campaign = scheduled(cast, acting("alma"), size)
    launch_campaign(campaign, by=SYSTEM)
    start_review(campaign.reviews[0], by=acting("olive"))
    return campaign.reviews[0]


def fill(cast, size) -> None:
    """So many of everything that lists show."""
    names = [f"{size} {number:03}" for number in range(size)]
    people = [Person(name=name, created_at=clock.now()) for name in names]
    db.session.add_all(people)
    db.session.commit()
    for name, person in zip(names, people, strict=True):
        application = make_application(name, cast.olive, person)
        make_account(application, name, person=person, roles="Standard User")
        make_sync(application)
        db.session.add(Campaign(name=name, created_at=clock.now(), due_at=clock.now()))
        db.session.commit()
        write_letter("completed", person, key=name, by=SYSTEM, campaign="Q4 2026")


def pages_of(application, person) -> list[str]:
    """Every list there is of one application, and of one person."""
    here, there = f"/applications/{application.id}", f"/people/{person.id}"
    urls = [here, there, *(f"{here}/{tab}" for tab in OF_APPLICATION)]
    urls += [f"{there}/{tab}" for tab in OF_PERSON]
    return [*urls, f"/applications/change?what=state&value_typed=closed&q={application.name}"]


def crowd(cast, size):
    """An application with so many holders, imports and lines; somebody with as much themselves."""
    boss = Person(name=f"Boss of {size}", created_at=clock.now())
    db.session.add(boss)
    db.session.commit()
    names = [f"{size} of {number:03}" for number in range(size)]
    staff = [Person(name=n, manager_id=boss.id, created_at=clock.now()) for n in names]
    db.session.add_all(staff)
    db.session.commit()
    big = make_application(f"Big {size}", cast.olive)
    for name, person in zip(names, staff, strict=True):
        make_sync(big)
        make_account(big, name, person=person, roles="Standard User, Admin")
        other = make_application(name, boss)
        make_account(other, f"boss{name}", person=boss, roles="Standard User")
        write_letter("completed", boss, key=f"boss{name}", by=SYSTEM, campaign="Q4 2026")
    return big, boss


def read(client, url) -> None:
    answer = client.get(url, follow_redirects=True)
    assert answer.status_code == 200, url
    assert answer.data


def statements(client, pages, asked) -> dict[str, int]:
    """How many each page sends, the second time it is opened, by a session with no memory."""

    def opened(url) -> int:
        db.session.expunge_all()
        return asked(lambda: read(client, url))

    return {url: opened(url) for _ in (1, 2) for url in pages}


def _is_list(rule) -> bool:
    """A page of the console; a CSV is read in batches, so it asks once more for so many rows."""
    if "GET" not in rule.methods or rule.arguments or rule.rule.endswith("csv"):
        return False
    return not rule.rule.startswith(BY_MACHINES) and rule.rule not in NOTHING_YET
