"""Before signing off: what one did, and a few approvals once more; who may."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from policies.assignment import Reviewing
from policies.care import Care
from policies.filters import Filter
from portal.db import db
from portal.models import SecondLook
from portal.usecases.decisions import decide_view
from tests.factories import APPROVED, launch, salesforce, start


@pytest.fixture
def review(cast, acting):
    salesforce(cast)
    said = replace(Reviewing(), care=Care(second_look=1))
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    decide_view(review, Filter(), APPROVED, seen=0, by=acting("olive"))
    return review


def test_a_reviewer_sees_what_they_did_looks_again_and_signs_off(sign_in, review):
    olive, place = sign_in("olive"), f"/reviews/{review.id}"
    page = olive.get(f"{place}/sign-off").text
    assert "What you did" in page
    assert "Draw 1 of my 6 approvals" in page
    assert "Read this before you sign" not in page
    olive.post(f"{place}/second-look")
    ((number, _),) = db.session.scalars(select(SecondLook.items)).one()
    again = olive.get(f"{place}/second-look").text
    assert f'name="said-{number}"' in again
    saved = olive.post(f"{place}/second-look/answers", data={f"said-{number}": "approved"})
    assert saved.location.endswith("/second-look")
    assert olive.get(f"{place}/second-look").location.endswith("/sign-off")
    assert "Read this before you sign" in olive.get(f"{place}/sign-off").text
    assert olive.post(f"{place}/sign-off").location.endswith("/result")


def test_a_change_is_not_made_there(sign_in, review):
    olive, place = sign_in("olive"), f"/reviews/{review.id}/second-look"
    olive.post(place)
    ((number, _),) = db.session.scalars(select(SecondLook.items)).one()
    refused = olive.post(f"{place}/answers", data={f"said-{number}": "changed"})
    assert (refused.status_code, "take something away" in refused.text) == (422, True)


@pytest.mark.parametrize(("who", "status"), [("max", 404), ("rufus", 404), ("rhea", 403)])
def test_nobody_else_may(sign_in, review, who, status):
    client, place = sign_in(who), f"/reviews/{review.id}/second-look"
    answers = client.get(place), client.post(place), client.post(f"{place}/answers")
    assert {answer.status_code for answer in answers} == {status}
    assert sign_in("olive").get("/reviews/999/second-look").status_code == 404
