"""Names stand where people look for them, whatever their case and accents, on every page."""

import pytest

from policies.filters import Filter
from portal import clock
from portal.db import db, name_key
from portal.models import Person
from portal.queries.paging import page_of
from portal.queries.people import people_matching, people_order
from tests.factories import items_of, launch, make_account, make_application, make_sync, start

IN_ORDER = (
    *("adam", "Ägir", "Åke", "Bea", "ghost", "Łukasz", "otto", "Øyvind", "Öz", "Rita"),
    *("Zoë Ash", "zoe berg"),
)


@pytest.fixture
def people(cast):
    db.session.execute(db.update(Person).values(department="Cast"))
    for number, name in enumerate(sorted(IN_ORDER)):
        db.session.add(Person(name=name, email=f"p{number}@x.example", created_at=clock.now()))
    db.session.commit()
    return people_matching(Filter()).where(Person.department == "")


@pytest.mark.parametrize("descending", [False, True])
def test_a_list_of_people_is_in_order_across_its_pages(people, descending):
    order, seen, cursor = people_order("name", descending=descending), [], ""
    while True:
        page = page_of(people, order, cursor, size=5)
        seen += [person.name for person in page.rows]
        cursor = page.after
        if not cursor:
            break
    assert tuple(seen) == (IN_ORDER[::-1] if descending else IN_ORDER)


def test_the_accounts_of_a_review_are_in_order(cast, acting):
    application = make_application("Figma", cast.olive)
    make_sync(application)
    for number, name in enumerate(sorted(IN_ORDER)):
        make_account(application, f"u{number}", name=name)
    review = start(launch(acting("alma")), acting("olive"))
    items = sorted(items_of(review).values(), key=lambda item: item.id)
    assert tuple(item.label for item in items) == IN_ORDER


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("different", [3, 7, 1_001])
def test_departments_are_in_order_across_pages_however_many_there_are(
    people, descending, different
):
    names = ["", "Ärzte", "arzt", "Zoo", "zoo", "Öl", "oil", *map(str, range(different))]
    names = names[:different]
    for number in range(max(different, 20)):
        made = Person(name=f"N{number}", created_at=clock.now())
        made.department = names[number % different]
        db.session.add(made)
    db.session.commit()
    everybody, seen, cursor = people_matching(Filter()), [], ""
    size = max(7, different // 5)
    order = people_order("department", descending=descending)
    for _ in range(20):
        page = page_of(everybody, order, cursor, size=size)
        seen += [(name_key(person.department), person.id) for person in page.rows]
        cursor = page.after
        if not cursor:
            break
        back = page_of(everybody, order, page.before, size=size).rows if page.before else ()
        assert [(name_key(p.department), p.id) for p in back] == seen[-len(page.rows) - size :][
            : len(back)
        ]
    all_of_them = [(name_key(p.department), p.id) for p in db.session.scalars(everybody)]
    assert seen == sorted(all_of_them, reverse=descending)
