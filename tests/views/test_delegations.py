"""The pages of delegates: one's own, and everybody's."""

from sqlalchemy import select

from portal.db import db
from portal.models import Delegation
from tests.factories import launch, salesforce, start

RITA = {"person": "rita@example.com", "reason": "on leave", "until_on": ""}


def test_a_reviewer_appoints_and_dismisses_a_delegate(sign_in, cast, acting):
    salesforce(cast)
    start(launch(acting("alma")), acting("olive"))
    client = sign_in("olive")
    assert "in your place" in client.get("/tasks").text
    assert client.post("/tasks/delegate", data={"person": "", "reason": ""}).status_code == 422
    wrong = client.post("/tasks/delegate", data={**RITA, "until_on": "soon"})
    assert wrong.status_code == 422
    assert "“soon” is not a day" in wrong.text
    assert client.post("/tasks/delegate", data=RITA).status_code == 303
    assert "Rita Reyes stands in for you" in client.get("/tasks/delegate").text
    said = db.session.scalars(select(Delegation)).one()
    assert sign_in("max").post(f"/tasks/delegate/{said.id}/end").status_code == 404
    assert client.post(f"/tasks/delegate/{said.id}/end").status_code == 303
    assert "stands in for you" not in client.get("/tasks/delegate").text


def test_whoever_runs_campaigns_appoints_for_others(sign_in, cast):
    client = sign_in("carl")
    form = {**RITA, "absent": "olive@example.com"}
    assert client.post("/delegates", data={**form, "absent": "x@y.z"}).status_code == 422
    assert client.post("/delegates", data=form).status_code == 303
    assert "Olive Owens" in sign_in("rhea").get("/delegates").text
    assert sign_in("rhea").post("/delegates", data=form).status_code == 403
    assert sign_in("max").get("/delegates").status_code == 404
    said = db.session.scalars(select(Delegation)).one()
    assert client.post(f"/delegates/{said.id}/end").status_code == 303
    assert client.post("/delegates/4711/end").status_code == 404
    assert "Nobody stands in for anybody now" in client.get("/delegates").text
