"""The filter language in SQL: every comparison on every kind of field, as a person reads it."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from policies.errors import Invalid
from policies.filters import OPS, Condition, Field, Filter, Kind, Op
from portal.db import db
from portal.models import Application, ApplicationOwner, Person
from portal.models.person import Standing
from portal.queries.applications import applications_matching
from portal.queries.filters import where

FIELDS = {
    field.key: field
    for field in (
        Field("name", "Name"),
        Field("title", "Title"),
        Field("standing", "Standing", Kind.CHOICE),
        Field("team", "Team", Kind.CHOICE),
        Field("start", "Start", Kind.DATE),
        Field("added", "Added", Kind.DATE),
        Field("until", "Until", Kind.DATE),
        Field("floor", "Floor", Kind.NUMBER),
        Field("number", "Number", Kind.NUMBER),
        Field("chief", "Chief", Kind.PERSON),
        Field("past", "Past", Kind.YES_NO),
        Field("badge", "Badge", Kind.YES_NO),
    )
}
COLUMNS = {
    "name": Person.name,
    "title": Person.title,
    "standing": Person.standing,
    "team": Person.department,
    "start": Person.start_date,
    "added": Person.created_at,
    "until": Person.attributes["until"],
    "floor": Person.attributes["floor"],
    "number": Person.id,
    "chief": Person.attributes["chief"],
    "past": Person.standing == Standing.PAST,
    "badge": Person.attributes["badge"],
}
EVERYBODY = {"Ann", "Bea_10%", "Çelik", "Dan"}


@pytest.fixture
def people(app):
    """Ann has every value, Dan almost none; Bea's name looks like a pattern, Çelik's is foreign."""
    rows = [
        (1, "Ann", "Head of IT", "current", "Sales", "2020-01-01", "2026-03-01T23:59:59"),
        (2, "Bea_10%", "Engineer", "past", "sales", "2021-06-30", "2026-03-02T00:00:00"),
        (3, "Çelik", "engineer", "external", "Öffentlich", "2022-12-31", "2026-03-03T12:00:00"),
        (4, "Dan", "", "current", "", None, "2026-03-04T00:00:00"),
    ]
    attributes = {
        1: {"chief": "Olive Owens", "floor": 2, "until": "2026-12-31", "badge": "yes"},
        2: {"chief": "Otto", "floor": "10", "until": "2027-01-01T10:00", "badge": "No"},
        3: {"floor": "third", "until": "never", "badge": True},
    }
    for key, name, title, standing, team, start, added in rows:
        db.session.add(
            Person(
                id=key,
                name=name,
                title=title,
                standing=Standing(standing),
                department=team,
                start_date=start and date.fromisoformat(start),
                created_at=datetime.fromisoformat(added).replace(tzinfo=UTC),
                attributes=attributes.get(key, {}),
            )
        )
    db.session.commit()


CASES = [
    ("name", Op.CONTAINS, "AN", {"Ann", "Dan"}),
    ("name", Op.CONTAINS, "_10%", {"Bea_10%"}),
    ("name", Op.CONTAINS, "a%1", set()),
    ("name", Op.CONTAINS, "çel", {"Çelik"}),
    ("name", Op.CONTAINS, "'; DROP TABLE people; --", set()),
    ("name", Op.STARTS, "bea_1", {"Bea_10%"}),
    ("name", Op.STARTS, "ÇE", {"Çelik"}),
    ("name", Op.IN, "Dan, ÇELIK; nobody", {"Çelik", "Dan"}),
    ("name", Op.NOT_CONTAINS, "an", {"Bea_10%", "Çelik"}),
    ("name", Op.IS, "ann", {"Ann"}),
    ("name", Op.IS, "ÇELIK", {"Çelik"}),
    ("name", Op.IS_NOT, "ann", EVERYBODY - {"Ann"}),
    ("title", Op.IS, "ENGINEER", {"Bea_10%", "Çelik"}),
    ("title", Op.IS_NOT, "engineer", {"Ann", "Dan"}),
    ("title", Op.NOT_CONTAINS, "engineer", {"Ann", "Dan"}),
    ("title", Op.EMPTY, "", {"Dan"}),
    ("title", Op.NOT_EMPTY, "", EVERYBODY - {"Dan"}),
    ("standing", Op.IS, "Past", {"Bea_10%"}),
    ("standing", Op.IS_NOT, "past", EVERYBODY - {"Bea_10%"}),
    ("standing", Op.IS, "no such standing", set()),
    ("standing", Op.IN, "Past, external", {"Bea_10%", "Çelik"}),
    ("standing", Op.CONTAINS, "ERN", {"Çelik"}),
    ("standing", Op.EMPTY, "", set()),
    ("standing", Op.NOT_EMPTY, "", EVERYBODY),
    ("team", Op.IS, "SALES", {"Ann", "Bea_10%"}),
    ("team", Op.IS, "öffentlich", {"Çelik"}),
    ("team", Op.CONTAINS, "ale", {"Ann", "Bea_10%"}),
    ("team", Op.EMPTY, "", {"Dan"}),
    ("start", Op.IS, "2020-01-01", {"Ann"}),
    ("start", Op.IS_NOT, "2020-01-01", EVERYBODY - {"Ann"}),
    ("start", Op.MORE, "2021-06-30", {"Çelik"}),
    ("start", Op.LESS, "2021-06-30", {"Ann"}),
    ("start", Op.BETWEEN, "2021-06-30 and 2022-12-31", {"Bea_10%", "Çelik"}),
    ("start", Op.EMPTY, "", {"Dan"}),
    ("start", Op.NOT_EMPTY, "", EVERYBODY - {"Dan"}),
    ("added", Op.IS, "2026-03-02", {"Bea_10%"}),
    ("added", Op.IS_NOT, "2026-03-02", EVERYBODY - {"Bea_10%"}),
    ("added", Op.MORE, "2026-03-02", {"Çelik", "Dan"}),
    ("added", Op.LESS, "2026-03-02", {"Ann"}),
    ("added", Op.MORE, "9999-12-31", set()),
    ("added", Op.BETWEEN, "2026-03-01..2026-03-02", {"Ann", "Bea_10%"}),
    ("added", Op.EMPTY, "", set()),
    ("added", Op.NOT_EMPTY, "", EVERYBODY),
    ("until", Op.IS, "2027-01-01", {"Bea_10%"}),
    ("until", Op.MORE, "2026-12-31", {"Bea_10%"}),
    ("until", Op.LESS, "2027-01-01", {"Ann"}),
    ("until", Op.EMPTY, "", {"Dan"}),
    ("floor", Op.IS, "2", {"Ann"}),
    ("floor", Op.IS_NOT, "2", EVERYBODY - {"Ann"}),
    ("floor", Op.MORE, "2.5", {"Bea_10%"}),
    ("floor", Op.LESS, "11", {"Ann", "Bea_10%"}),
    ("floor", Op.IN, "2, 10, 11", {"Ann", "Bea_10%"}),
    ("floor", Op.BETWEEN, "2 to 9,5", {"Ann"}),
    ("floor", Op.EMPTY, "", {"Dan"}),
    ("floor", Op.NOT_EMPTY, "", EVERYBODY - {"Dan"}),
    ("number", Op.IS, "3", {"Çelik"}),
    ("number", Op.IS_NOT, "3", EVERYBODY - {"Çelik"}),
    ("number", Op.MORE, "2.5", {"Çelik", "Dan"}),
    ("number", Op.LESS, "2,5", {"Ann", "Bea_10%"}),
    ("number", Op.EMPTY, "", set()),
    ("number", Op.NOT_EMPTY, "", EVERYBODY),
    ("chief", Op.IS, "olive owens", {"Ann"}),
    ("chief", Op.IS_NOT, "Olive Owens", EVERYBODY - {"Ann"}),
    ("chief", Op.CONTAINS, "owens", {"Ann"}),
    ("chief", Op.NOT_CONTAINS, "owens", EVERYBODY - {"Ann"}),
    ("chief", Op.STARTS, "ot", {"Bea_10%"}),
    ("chief", Op.IN, '"Olive Owens", Otto', {"Ann", "Bea_10%"}),
    ("chief", Op.EMPTY, "", {"Çelik", "Dan"}),
    ("chief", Op.NOT_EMPTY, "", {"Ann", "Bea_10%"}),
    ("past", Op.IS, "yes", {"Bea_10%"}),
    ("past", Op.IS, "no", EVERYBODY - {"Bea_10%"}),
    ("past", Op.IS_NOT, "yes", EVERYBODY - {"Bea_10%"}),
    ("badge", Op.IS, "yes", {"Ann", "Çelik"}),
    ("badge", Op.IS, "no", {"Bea_10%", "Dan"}),
]


def test_every_comparison_of_every_kind_is_in_the_cases():
    tried = {(FIELDS[field].kind, op) for field, op, *_ in CASES}
    assert {(kind, op) for kind, ops in OPS.items() for op in ops} == tried


@pytest.mark.parametrize(("field", "op", "value", "expected"), CASES)
def test_a_comparison_finds_what_a_person_expects(people, field, op, value, expected):
    assert matched(Filter(((Condition(field, op, value),),))) == expected


def test_an_empty_filter_matches_everything(people):
    assert matched(Filter()) == EVERYBODY


def test_conditions_of_a_group_all_hold_and_any_group_is_enough(people):
    ann = (Condition("name", Op.CONTAINS, "a"), Condition("title", Op.CONTAINS, "head"))
    dan = (Condition("title", Op.EMPTY),)
    assert matched(Filter((ann, dan))) == {"Ann", "Dan"}


def test_a_field_that_was_removed_meanwhile_is_refused_with_its_name(people):
    with pytest.raises(Invalid, match="“salary”"):
        where(Filter(((Condition("salary", Op.IS, "1"),),)), FIELDS, COLUMNS)


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        (Op.CONTAINS, "otto", {"Figma"}),
        (Op.CONTAINS, "OWENS", {"Figma", "Salesforce"}),
        (Op.IS, "olive@example.com", {"Figma", "Salesforce"}),
        (Op.IS_NOT, "otto@example.com", {"Salesforce", "Slack"}),
        (Op.NOT_CONTAINS, "olive", {"Slack"}),
        (Op.EMPTY, "", {"Slack"}),
        (Op.NOT_EMPTY, "", {"Figma", "Salesforce"}),
    ],
)
def test_an_application_is_found_by_any_of_its_owners(cast, op, value, expected):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    for name, owners in {
        "Salesforce": [cast.olive],
        "Figma": [cast.otto, cast.olive],
        "Slack": [],
    }.items():
        application = Application(name=name, created_at=now)
        application.owners = [ApplicationOwner(person_id=person.id) for person in owners]
        db.session.add(application)
    db.session.commit()
    found = db.session.scalars(applications_matching(Filter(((Condition("owner", op, value),),))))
    assert {application.name for application in found} == expected


def matched(wanted: Filter) -> set[str]:
    return set(db.session.scalars(select(Person.name).where(where(wanted, FIELDS, COLUMNS))))
