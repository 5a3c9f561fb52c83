"""The page of a review of several levels."""

from datetime import timedelta

from jobs.reminders import remind_people
from policies.assignment import Basis, By, Level, Reviewing
from portal.usecases.decisions import decide_item
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start
from tests.reminding import MONDAY, at, letters


def test_the_second_level_sees_what_the_first_said_and_on_request_what_it_rejected(
    sign_in, cast, acting
):
    salesforce(cast)
    rita = Level((Basis(By.NAMED, (cast.rita.id,)),))
    remover = (Basis(By.NAMED, (cast.rufus.id,)),)
    said = Reviewing((Level((Basis(By.OWNER),)), rita), remediation=remover)
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    here = f"/reviews/{review.id}"
    assert sign_in("rita").get(f"{here}/items").status_code == 404
    assert "Level 2, later" in sign_in("olive").get(f"{here}/items").text
    for login, item in items_of(review).items():
        by = acting("alma" if login == "olive" else "olive")
        verdict = REJECTED if login == "paula" else APPROVED
        decide_item(item, verdict, comment=f"about {login}", version=0, by=by)
    for first in ("olive", "alma"):
        sign_off(review, by=acting(first))
    client = sign_in("rita")
    page = client.get(f"{here}/items").text
    assert "approved 6, rejected 1" in page
    assert "approved by Olive Owens" in page
    assert "about max" in page
    assert "about paula" not in page
    assert "about paula" in client.get(f"{here}/items?field=level&op=is&value=1").text
    assert "Remove 1 account from Salesforce" in sign_in("rufus").get("/tasks").text
    assert "Paula Past" in sign_in("rufus").get(f"{here}/remediation").text
    assert "Your part is done" in sign_in("olive").get("/tasks").text


def test_a_level_with_a_share_of_the_time_is_due_before_the_campaign_and_reminded_of(
    sign_in, cast, acting
):
    at(MONDAY)
    salesforce(cast)
    rita = Level((Basis(By.NAMED, (cast.rita.id,)),), share=50)
    said = Reviewing((Level((Basis(By.OWNER),), share=50), rita))
    review = start(launch(acting("alma"), reviewing=said), acting("olive"))
    assert review.campaign.due_at.date() == MONDAY.date() + timedelta(days=14)
    olive = sign_in("olive")
    assert "due Mon 30 Nov 2026" in olive.get("/tasks").text
    assert (
        'by <time datetime="2026-11-30T23:59:59+00:00"'
        in olive.get(f"/reviews/{review.id}/items").text
    )
    at(MONDAY + timedelta(days=8))
    remind_people()
    assert ("overdue", "Olive") in letters()
    assert "was due Mon 30 Nov 2026" in sign_in("olive").get("/tasks").text
    for login, item in items_of(review).items():  # late for the level, not for the campaign
        decide_item(item, APPROVED, version=0, by=acting("alma" if login == "olive" else "olive"))
    for first in ("olive", "alma"):
        sign_off(review, by=acting(first))
    assert "due Mon 7 Dec 2026" in sign_in("rita").get("/tasks").text
