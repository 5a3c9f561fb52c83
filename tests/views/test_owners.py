"""Owners of an application: several, one of them primary, none of them gone."""

import pytest
from sqlalchemy import select

from policies.errors import Denied, Invalid
from portal.db import db
from portal.models import ApplicationOwner, TrailLine
from portal.usecases.applications import set_owners
from tests.factories import make_application
from tests.story import story


@story
def figma(cast):
    return make_application("Figma", cast.otto)


def owners_of(application) -> dict[int, bool]:
    query = select(ApplicationOwner).where(ApplicationOwner.application_id == application.id)
    return {owner.person_id: owner.is_primary for owner in db.session.scalars(query)}


def test_the_first_owner_is_the_primary_one_and_others_follow(sign_in, cast):
    slack = make_application("Slack")
    client = sign_in("ivan")
    for text in ("Max Meyer <max@example.com>", "RITA@example.com", "rita@example.com"):
        answer = client.post(f"/applications/{slack.id}/owners", data={"person": text})
        assert answer.status_code == 303
    assert owners_of(slack) == {cast.max.id: True, cast.rita.id: False}


def test_another_becomes_primary_and_exactly_one_stays_it(sign_in, cast, figma):
    client = sign_in("ivan")
    client.post(f"/applications/{figma.id}/owners", data={"person": "max@example.com"})
    client.post(f"/applications/{figma.id}/owners/{cast.max.id}/primary")
    assert owners_of(figma) == {cast.otto.id: False, cast.max.id: True}
    line = db.session.scalars(select(TrailLine).order_by(TrailLine.id.desc())).first()
    assert line.verb == "application owners set"
    assert line.details["was"] == ["Otto Okafor (primary)", "Max Meyer"]
    assert set(line.details["now"]) == {"Otto Okafor", "Max Meyer (primary)"}


def test_when_the_primary_owner_goes_the_next_one_takes_over(sign_in, cast, figma):
    client = sign_in("ivan")
    client.post(f"/applications/{figma.id}/owners", data={"person": "max@example.com"})
    client.post(f"/applications/{figma.id}/owners/{cast.otto.id}/remove")
    assert owners_of(figma) == {cast.max.id: True}
    client.post(f"/applications/{figma.id}/owners/{cast.max.id}/remove")
    assert owners_of(figma) == {}


def test_a_part_of_a_name_shows_whom_it_may_mean(sign_in, cast, figma):
    answer = sign_in("ivan").post(f"/applications/{figma.id}/owners", data={"person": "ri"})
    assert answer.status_code == 422
    assert "Whom do you mean?" in answer.text
    assert "Rita Reyes" in answer.text
    assert owners_of(figma) == {cast.otto.id: True}


def test_a_name_that_nobody_has_is_told(sign_in, figma):
    answer = sign_in("ivan").post(f"/applications/{figma.id}/owners", data={"person": "<b>Zoe"})
    assert answer.status_code == 422
    assert "Nobody is called “&lt;b&gt;Zoe”" in answer.text


def test_whoever_left_cannot_become_an_owner(sign_in, cast, figma):
    answer = sign_in("ivan").post(
        f"/applications/{figma.id}/owners", data={"person": "paula@example.com"}
    )
    assert answer.status_code == 422
    assert "Paula Past left the organisation" in answer.text


def test_a_reader_may_not_change_owners(sign_in, figma, acting, cast):
    assert sign_in("rhea").get(f"/applications/{figma.id}/owners").status_code == 403
    with pytest.raises(Denied):
        set_owners(figma, [cast.max], primary=cast.max, by=acting("rhea"))


def test_the_primary_owner_is_one_of_the_owners(figma, acting, cast):
    with pytest.raises(Invalid, match="must be the primary owner"):
        set_owners(figma, [cast.max], primary=cast.rita, by=acting("ivan"))
