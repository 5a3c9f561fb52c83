"""The pages of people: the list, and what one person holds."""

import pytest

from portal.db import db
from portal.models import Person
from portal.queries.people import people_named, person_by_address
from tests.factories import make_account, make_application, make_sync, salesforce


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=OLIVE", ["Olive Owens"]),
        ("q=e005", ["Rhea Ruiz"]),
        ("field=standing&op=is&value=past", ["Paula Past"]),
        ("field=department&op=is&value=sales&sort=-name",
         ["Paula Past", "Olive Owens", "Max Meyer", "Emil Extern"]),
        ("field=department&op=empty", ["Ada Abbot"]),
        ("field=manager&op=contains&value=olive", ["Max Meyer"]),
        ("join=or&field=name&op=is&value=max+meyer&field=title&op=contains&value=controller",
         ["Max Meyer", "Rhea Ruiz"]),
    ],
)  # fmt: skip
def test_people_are_found_by_text_and_by_filter(sign_in, cast, query, expected):
    cast.max.manager_id = cast.olive.id
    db.session.commit()
    lines = sign_in("rhea").get(f"/people/csv?{query}").text.splitlines()[1:]
    assert [line.split('","')[0].strip('"') for line in lines] == expected


@pytest.mark.parametrize("sort", ["name", "-name", "department", "-standing", "start", "-title"])
def test_every_order_pages_through_everyone_there_and_back(sign_in, cast, sort):
    for number in range(110):
        db.session.add(
            Person(
                name=f"Person {number % 7}",
                email=f"p{number}@example.com",
                created_at=cast.max.created_at,
                department="Sales" if number % 3 else "",
            )
        )
    db.session.commit()
    client, seen, url, last = sign_in("rhea"), [], f"/people?sort={sort}", ""
    while url:
        page = client.get(url).text
        seen += [
            part.split('"')[0] for part in page.split('href="/people/')[1:] if "csv" not in part[:4]
        ]
        last, url = page, neighbour(page, "next")
    assert len(seen) == len(set(seen)) == 122
    assert client.get(neighbour(last, "prev")).status_code == 200
    back = client.get(neighbour(last, "prev")).text
    assert neighbour(back, "next")
    assert neighbour(back, "prev")


def test_a_person_shows_every_account_everywhere_and_what_was_decided(sign_in, cast):
    salesforce(cast)
    figma = make_application("Figma", cast.otto)
    make_sync(figma)
    make_account(figma, "max@figma", person=cast.max, roles="Editor")
    robot = make_account(figma, "robot", kind="service", roles="API")
    robot.owner_id = cast.max.id
    db.session.commit()
    page = sign_in("ada").get(f"/people/{cast.max.id}").text
    assert page.count('<th scope="row"><a href="/applications/') == 3
    assert "they answer for it" in page
    assert "Nobody has decided on their access yet" in page


def test_someone_without_the_scope_cannot_tell_that_people_exist(sign_in, cast):
    client = sign_in("max")
    assert client.get("/people").status_code == 404
    assert client.get(f"/people/{cast.olive.id}").status_code == 404
    assert client.get(f"/people/{1 << 40}").status_code == 404


def test_an_address_is_understood_with_and_without_a_name(cast):
    for text in ("max@example.com", " Max Meyer <MAX@example.com> "):
        assert person_by_address(text).id == cast.max.id
    assert person_by_address("Max Meyer") is None


def test_whoever_left_comes_last_among_people_of_a_name(cast):
    cast.paula.name = "Aaron Meyer"
    db.session.commit()
    assert [person.id for person in people_named("MEYER")] == [cast.max.id, cast.paula.id]


def test_a_page_of_people_asks_the_same_for_few_and_for_many(sign_in, cast, counting):
    client = sign_in("rhea")
    with counting() as few:
        client.get("/people?field=name&op=is&value=max+meyer")
    with counting() as many:
        client.get("/people")
    assert many.count <= few.count + 1


def test_text_from_a_list_is_never_markup(sign_in, cast):
    cast.max.name = "<script>alert(1)</script>"
    cast.max.attributes = {"<b>k</b>": "\"'><img src=x>"}
    db.session.commit()
    page = sign_in("rhea").get(f"/people/{cast.max.id}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>k" not in page


def neighbour(page: str, which: str) -> str:
    before, marker, _ = page.partition(f'rel="{which}"')
    return before.rpartition('href="')[2].split('"')[0].replace("&amp;", "&") if marker else ""
