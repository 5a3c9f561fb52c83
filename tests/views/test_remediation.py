"""Removing rejected access in the browser, up to the list that proves it."""

import io

import pytest

from policies.lifecycle import RemovalState, ReviewState
from portal.db import db
from portal.models import Removal
from portal.usecases.decisions import decide_item
from portal.usecases.reviews import sign_off
from tests.factories import (
    APPROVED,
    REJECTED,
    items_of,
    launch,
    make_account,
    make_application,
    make_sync,
    start,
)
from tests.story import story

BEFORE = b"Login,Status\nmax,active\nrita,active\nemil,active\n"
STILL_RITA = b"Login,Status\nrita,active\nemil,active\n"
CLEAN = b"Login,Status\nrita,suspended\nemil,active\n"


@story
def review(cast, acting):
    """Otto's Figma, signed off: Max and Rita rejected, Rufus removes."""
    figma = make_application("Figma", cast.otto)
    make_sync(figma)
    for person in (cast.max, cast.rita, cast.emil):
        make_account(figma, person.email.partition("@")[0], person=person, roles="Editor")
    review = start(launch(acting("alma"), remediation_owner_id=cast.rufus.id), acting("otto"))
    for login, item in items_of(review).items():
        verdict = APPROVED if login == "emil" else REJECTED
        decide_item(item, verdict, version=0, by=acting("otto"))
    sign_off(review, by=acting("otto"))
    return review


def upload(client, review, content, name="users.csv", **form):
    data = {"list": (io.BytesIO(content), name), "complete": "1", **form}
    return client.post(f"/reviews/{review.id}/lists", data=data, content_type="multipart/form-data")


def bring_in(client, review, content, run_jobs):
    """Upload a list, say what its columns mean if asked, and apply it: all in pages."""
    here = upload(client, review, content).location
    run_jobs()
    if "Say what each column means" in client.get(here).text:
        client.post(f"{here}/columns", data={"field-0": "login", "field-1": "status"})
        run_jobs()
    assert "Nothing has changed yet" in client.get(here).text
    applied = client.post(f"{here}/apply", data={"accept_gone": "1"})
    assert applied.status_code == 303
    run_jobs()


def states(review):
    db.session.expire_all()
    items = items_of(review)
    return {login: removal.state for login, item in items.items()
            if (removal := db.session.get(Removal, item.id))}  # fmt: skip


def test_the_remediation_owner_sees_only_what_was_rejected(sign_in, review):
    client = sign_in("rufus")
    page = client.get(f"/reviews/{review.id}/remediation").text
    assert "2 accounts to remove; no list since the sign-off yet" in page
    assert "still active" not in page.lower()
    assert "Action required" not in page
    assert "You remove the access that was rejected." in page
    assert "Max Meyer" in page
    assert "Emil Extern" not in page
    assert "Emil Extern" not in client.get(f"/reviews/{review.id}/items").text
    lines = client.get(f"/reviews/{review.id}/removals.csv").text.splitlines()
    assert len(lines) == 3


def test_others_do_not_see_it(sign_in, review):
    for path in ("remediation", "removals.csv", "items"):
        assert sign_in("max").get(f"/reviews/{review.id}/{path}").status_code == 404


def test_an_auditor_looks_on(sign_in, review):
    client = sign_in("ada")
    page = client.get(f"/reviews/{review.id}/remediation").text
    assert "Rufus Rand removes the access that was rejected." in page
    assert "Upload the list" not in page
    assert 'name="note"' not in page
    assert upload(client, review, CLEAN).status_code == 403
    note = client.post(f"/items/{items_of(review)['max'].id}/note", data={"note": "x"})
    assert note.status_code == 403


def test_a_note_comes_back_in_its_row(sign_in, review):
    item = items_of(review)["max"]
    headers = {"HX-Request": "true", "HX-Target": f"removal_row-{item.id}"}
    client, url = sign_in("rufus"), f"/items/{item.id}/note"
    answer = client.post(url, data={"note": "Ticket 4711"}, headers=headers)
    assert answer.text.strip().startswith(f'<tr id="removal_row-{item.id}"')
    assert 'value="Ticket 4711"' in answer.text
    assert "Rufus Rand" in answer.text
    back = client.post(url, data={"note": "Ticket 4712"})
    assert back.location == f"/reviews/{review.id}/remediation#removal_row-{item.id}"


def test_nobody_notes_anything_on_access_that_was_approved(sign_in, review):
    item = items_of(review)["emil"]
    assert sign_in("otto").post(f"/items/{item.id}/note", data={"note": "x"}).status_code == 404
    assert sign_in("rufus").post(f"/items/{item.id}/note", data={"note": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "", "Choose a file first"),
        (b"", "empty.csv", "The file is empty. Nothing was kept"),
    ],
)
def test_what_is_wrong_with_an_upload_is_said_where_one_uploads(
    sign_in, review, content, name, sentence
):
    client = sign_in("rufus")
    answer = upload(client, review, content, name)
    assert answer.location == f"/reviews/{review.id}"
    page = client.get(answer.location, follow_redirects=True).text
    assert sentence in page
    assert "Upload the list" in page


def test_a_picture_is_not_a_list(sign_in, review, run_jobs):
    client = sign_in("rufus")
    here = upload(client, review, b"\x89PNG\r\n\x1a\n" + bytes(200), "list.png").location
    run_jobs()
    assert "could not be read" in client.get(here).text
    assert states(review)["max"] is RemovalState.ACTION_REQUIRED


def test_an_instance_of_another_application_is_refused(sign_in, cast, review):
    other = make_application("Miro").instances[0]
    client = sign_in("rufus")
    answer = upload(client, review, CLEAN, instance=str(other.id))
    page = client.get(answer.location, follow_redirects=True).text
    assert "Choose one of the application’s instances." in page


def test_from_the_fresh_list_to_the_submission(sign_in, review, run_jobs):
    client, here = sign_in("rufus"), f"/reviews/{review.id}"
    bring_in(client, review, STILL_RITA, run_jobs)
    assert states(review) == {"max": RemovalState.GONE, "rita": RemovalState.ACTION_REQUIRED}
    page = client.get(f"{here}/remediation").text
    assert "Action required: 1 account still active" in page
    assert page.index("Rita Reyes") < page.index("Max Meyer")  # what is left to do stands on top
    assert "Submit the review" not in page
    assert client.post(f"{here}/submission").status_code == 409

    bring_in(client, review, CLEAN, run_jobs)
    assert states(review)["rita"] is RemovalState.INACTIVE
    page = client.get(f"{here}/remediation").text
    assert "All verified" in page
    assert client.post(f"{here}/submission").location == f"{here}/result"
    db.session.refresh(review)
    assert review.state is ReviewState.COMPLETED
    assert "Submitted by Rufus Rand" in client.get(f"{here}/result").text


def test_an_extract_that_does_not_speak_of_them_proves_nothing(sign_in, review, run_jobs):
    client = sign_in("rufus")
    here = upload(client, review, b"Login,Status\nemil,active\n", complete="").location
    run_jobs()
    client.post(f"{here}/columns", data={"field-0": "login", "field-1": "status"})
    run_jobs()
    client.post(f"{here}/apply")
    run_jobs()
    page = client.get(f"/reviews/{review.id}/remediation").text
    assert "Action required: 2 accounts not shown to be gone yet" in page


def test_a_list_with_everybody_still_on_it_proves_nothing(sign_in, review, run_jobs):
    client = sign_in("rufus")
    bring_in(client, review, BEFORE, run_jobs)
    assert set(states(review).values()) == {RemovalState.ACTION_REQUIRED}
    page = client.get(f"/reviews/{review.id}/remediation").text
    assert "still active on" in page
