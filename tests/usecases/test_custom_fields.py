"""Fields of one's own on applications: their values outlive what is done to the fields."""

import pytest
from sqlalchemy import select

from policies.assignment import Basis, By, Level, Reviewing
from policies.errors import Denied, Invalid, Stale
from policies.filters import Condition, Filter, Op
from portal.db import db
from portal.models import Application, CustomField, TrailLine
from portal.queries.applications import applications_matching
from portal.usecases.applications import Description, edit_application
from portal.usecases.campaigns import delete_campaign, draft_campaign
from portal.usecases.custom_fields import (
    add_custom_field,
    edit_choices,
    move_custom_field,
    remove_custom_field,
    rename_custom_field,
)
from portal.usecases.templates import delete_template, keep_template
from tests.factories import make_application, plan


@pytest.fixture
def ivan(acting):
    return acting("ivan")


@pytest.fixture
def figma(cast):
    return make_application("Figma", cast.otto)


def fill(application, by, **values):
    edit_application(application, Description(application.name, fields=values), by=by)


def names(field, op, value=""):
    chosen = Filter(((Condition(f"field.{field}", op, value),),))
    return [each.name for each in db.session.scalars(applications_matching(chosen))]


def line(verb):
    found = select(TrailLine).where(TrailLine.verb == verb).order_by(TrailLine.id.desc())
    return db.session.scalars(found.limit(1)).one()


@pytest.mark.parametrize("typed", ["Max Meyer <max@example.com>", "MAX@example.com", "max mey"])
def test_a_person_is_kept_by_id_and_found_by_name(cast, ivan, figma, typed):
    add_custom_field("Business owner", "person", [], by=ivan)
    fill(figma, ivan, business_owner=typed)
    assert figma.fields == {"business_owner": cast.max.id}
    assert names("business_owner", Op.CONTAINS, "meyer") == ["Figma"]
    assert names("business_owner", Op.EMPTY) == []
    told = line("application edited").details["fields"]["now"]["business_owner"]
    assert told == f"Max Meyer <max@example.com>, person {cast.max.id}"
    fill(figma, ivan, business_owner="")
    assert figma.fields == {}
    assert names("business_owner", Op.EMPTY) == ["Figma"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("Nemo", "nobody is called “Nemo”"), ("example.com", "more than one person"),
     ("paula@example.com", "Paula Past left the organisation")],
)  # fmt: skip
def test_only_somebody_who_is_here_can_be_named(ivan, figma, typed, sentence):
    add_custom_field("Business owner", "person", [], by=ivan)
    with pytest.raises(Invalid, match=sentence):
        fill(figma, ivan, business_owner=typed)


def test_whoever_left_since_stays_named_until_somebody_else_is(cast, ivan, figma):
    add_custom_field("Business owner", "person", [], by=ivan)
    fill(figma, ivan, business_owner="max@example.com")
    cast.max.standing = "past"
    db.session.commit()
    fill(figma, ivan, business_owner="Max Meyer <max@example.com>")
    assert figma.fields == {"business_owner": cast.max.id}


def test_renaming_a_choice_loses_no_value_and_no_campaign(ivan, acting, figma):
    field = add_custom_field("Class", "choice", ["Low", "High", "Odd"], by=ivan)
    other = make_application("Miro")
    fill(figma, ivan, **{"class": "Low"})
    fill(other, ivan, **{"class": "High"})
    asked = [[["field.class", "is", "low"]]]
    campaign = draft_campaign(plan(application_filter=asked), by=acting("carl"))
    edit_choices(field, {"Low": "High", "High": "Low", "Odd": ""}, ["Top"], by=ivan)
    assert field.choices == ["High", "Low", "Top"]
    values = dict(db.session.execute(select(Application.name, Application.fields)).all())
    assert values == {"Figma": {"class": "High"}, "Miro": {"class": "Low"}}
    db.session.refresh(campaign)
    assert campaign.application_filter == [[["field.class", "is", "High"]]]
    told = line("choices edited").details
    assert (told["applications"], told["campaigns"]) == (2, ["Q4 2026"])


def test_a_choice_that_is_held_cannot_be_taken_away(ivan, figma):
    field = add_custom_field("Class", "choice", ["Low", "High"], by=ivan)
    fill(figma, ivan, **{"class": "Low"})
    with pytest.raises(Invalid, match=r"Applications hold “Low” \(1\)"):
        edit_choices(field, {"Low": ""}, [], by=ivan)


def test_a_field_goes_with_its_values_once_no_campaign_waits_for_it(ivan, acting, figma):
    field = add_custom_field("Tier", "number", [], by=ivan)
    fill(figma, ivan, tier="1,5")
    campaign = draft_campaign(
        plan(application_filter=[[["field.tier", "more", "1"]]]), by=acting("carl")
    )
    with pytest.raises(Invalid, match="Tier is asked for by “Q4 2026”"):
        remove_custom_field(field, seen=1, by=ivan)
    campaign.application_filter = []
    db.session.commit()
    with pytest.raises(Stale, match="By now 1 applications"):
        remove_custom_field(field, seen=0, by=ivan)
    remove_custom_field(field, seen=1, by=ivan)
    db.session.refresh(figma)
    assert figma.fields == {}
    assert line("custom field removed").details["applications"] == 1


def test_fields_are_renamed_and_put_in_order(ivan, cast):
    for label in ("Tier", "Region", "Cost"):
        add_custom_field(label, "text", [], by=ivan)
    _, second, third = db.session.scalars(select(CustomField).order_by(CustomField.position))
    rename_custom_field(second, "Sales region", by=ivan)
    move_custom_field(third, -1, by=ivan)
    labels = select(CustomField.label).order_by(CustomField.position)
    assert list(db.session.scalars(labels)) == ["Tier", "Cost", "Sales region"]
    assert second.key == "region"
    with pytest.raises(Invalid, match="There is a field “TIER” already"):
        rename_custom_field(second, "TIER", by=ivan)
    with pytest.raises(Invalid, match="began as “Region” already"):
        add_custom_field("Region", "text", [], by=ivan)


def test_whoever_may_only_read_applications_changes_no_field(acting, cast):
    with pytest.raises(Denied):
        add_custom_field("Tier", "text", [], by=acting("rhea"))


def test_a_field_that_a_template_asks_for_stays(cast, acting, ivan, figma):
    tier = add_custom_field("Tier", "choice", ["one", "two"], by=ivan)
    boss = add_custom_field("Business owner", "person", [], by=ivan)
    chosen = [[["field.tier", "is", "one"]]]
    level = Level((Basis(By.FIELD, key="business_owner"),))
    draft = draft_campaign(
        plan(application_filter=chosen, reviewing=Reviewing((level,))), by=acting("carl")
    )
    kept = keep_template(draft, "Tier one", by=acting("carl"))
    delete_campaign(draft, by=acting("carl"))

    for field in (tier, boss):
        with pytest.raises(Invalid, match="asked for by “Tier one”"):
            remove_custom_field(field, seen=0, by=ivan)
    edit_choices(tier, {"one": "first"}, [], by=ivan)
    assert kept.plan["application_filter"] == [[["field.tier", "is", "first"]]]
    delete_template(kept, by=acting("carl"))
    remove_custom_field(boss, seen=0, by=ivan)
