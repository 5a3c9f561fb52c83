"""The pages of people: the list, and what one person holds."""

import csv
from io import StringIO

import pytest

from jobs.holdings import count_holdings
from portal import clock
from portal.db import db
from portal.models import Person, Source
from portal.queries.people import people_named, person_by_address
from portal.usecases.decisions import decide_item
from portal.usecases.freezing import start_review
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    salesforce,
)
from tests.story import story


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


@story
def held(cast, acting):
    """Max has two accounts and answers for a machine's; Olive and Otto decide on them."""
    salesforce(cast)
    figma = make_application("Figma", cast.otto)
    make_sync(figma)
    make_account(figma, "max@figma", person=cast.max, roles="Editor")
    robot = make_account(figma, "robot", kind="service", roles="Admin API")
    make_account(figma, "old@figma", person=cast.max, gone_at=clock.now())
    robot.owner_id = cast.max.id
    db.session.commit()
    campaign = launch(acting("alma"))
    for review, by in zip(campaign.reviews, ("otto", "olive"), strict=True):
        start_review(review, by=acting(by))
        item = items_of(review)["max@figma" if by == "otto" else "max"]
        verdict = REJECTED if by == "otto" else APPROVED
        decide_item(item, verdict, comment=f"by {by}", version=item.version, by=acting(by))
    return campaign


def names(client, url, column):
    answer = client.get(url)
    assert answer.status_code == 200, url
    return [row[column] for row in csv.DictReader(StringIO(answer.text.removeprefix("\ufeff")))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["max@figma", "robot", "max"]),
        ("sort=-application", ["max", "robot", "max@figma"]),
        ("field=answers&op=is&value=yes", ["robot"]),
        ("field=privileged&op=is&value=yes", ["robot"]),
        ("field=gone&op=is&value=yes", ["old@figma"]),
        ("q=salesforce", ["max"]),
        ("sort=used&field=roles&op=contains&value=editor", ["max@figma"]),
    ],
)
def test_a_person_shows_every_account_everywhere(sign_in, cast, held, query, expected):
    here = f"/people/{cast.max.id}/access"
    assert names(sign_in("ada"), f"{here}/csv?{query}", "Login") == expected
    page = sign_in("ada").get(f"{here}?{query}").text
    assert all(f">{login}" in page or f"{login} " in page for login in expected)


def test_past_decisions_say_who_when_why_and_what_became_of_it(sign_in, cast, held):
    here, client = f"/people/{cast.max.id}/decisions", sign_in("ada")
    assert names(client, f"{here}/csv", "Comment") == ["by olive", "by otto"]
    rejected = f"{here}/csv?field=said&op=is&value=rejected"
    assert names(client, rejected, "By") == ["Otto Okafor"]
    assert names(client, rejected, "Outcome") == ["rejected"]
    assert names(client, f"{here}/csv?sort=by&q=figma", "Application") == ["Figma"]
    assert "by otto" in client.get(here).text


def test_what_somebody_owns_must_review_and_was_written_is_on_their_pages(sign_in, cast, held):
    here, alma = f"/people/{cast.olive.id}", sign_in("alma")
    cast.max.manager_id = cast.olive.id
    db.session.commit()
    assert names(alma, f"{here}/applications/csv", "Application") == ["Salesforce"]
    assert names(alma, f"{here}/reviews/csv", "Application") == ["Salesforce"]
    assert names(alma, f"{here}/reports/csv", "Name") == ["Max Meyer"]
    assert names(alma, f"{here}/letters/csv", "Person") == ["Olive Owens"]
    for tab in ("applications", "reviews", "reports", "letters"):
        assert alma.get(f"{here}/{tab}").status_code == 200
    assert 'To review <span class="count">1</span>' in alma.get(here).text
    rhea = sign_in("rhea")
    assert f"{here}/letters" not in rhea.get(here).text
    assert rhea.get(f"{here}/letters").status_code == 403


def test_whose_manager_left_is_told_and_can_be_asked_for(sign_in, cast, held):
    cast.max.manager_id = cast.paula.id
    db.session.commit()
    count_holdings()
    client = sign_in("rhea")
    for query, expected in (
        ("field=manager_left&op=is&value=yes", ["Max Meyer"]),
        ("field=manages&op=is&value=yes", ["Paula Past"]),
        ("field=privileged&op=is&value=yes", ["Rita Reyes"]),
        ("field=owns&op=is&value=yes", ["Olive Owens", "Otto Okafor"]),
        ("field=answers&op=is&value=yes", ["Max Meyer"]),
        ("field=accounts&op=more&value=1", ["Max Meyer"]),
    ):
        assert names(client, f"/people/csv?{query}", "Name") == expected, query
        assert client.get(f"/people?{query}&sort=-accounts").status_code == 200
    assert "Has left" in client.get(f"/people/{cast.max.id}").text


def test_columns_of_the_list_of_people_can_be_shown_and_asked_for(sign_in, cast):
    mapping = {"Site": "attribute", "Email": "email"}
    db.session.add(Source(noun="people", mapping=mapping, created_at=clock.now()))
    cast.max.attributes = {"Site": "Oslo"}
    db.session.commit()
    client = sign_in("rhea")
    assert names(client, "/people/csv?field=a.Site&op=is&value=oslo", "Name") == ["Max Meyer"]
    assert '<td data-label="Site">Oslo</td>' in client.get("/people?cols=a.Site").text


def test_someone_without_the_scope_cannot_tell_that_people_exist(sign_in, cast):
    client = sign_in("max")
    assert client.get("/people").status_code == 404
    assert client.get(f"/people/{cast.olive.id}").status_code == 404
    for tab in ("access", "decisions", "applications", "reviews", "reports", "letters"):
        assert client.get(f"/people/{cast.olive.id}/{tab}").status_code == 404
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
