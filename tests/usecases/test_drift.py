"""What a reviewer is told of lists that came in after the list of the review was fixed."""

import io

import pytest
from sqlalchemy import select

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import TrailLine
from portal.usecases.sources import accounts_source
from portal.usecases.syncs import apply_sync, confirm_sync, stage_sync, upload_list
from tests.factories import launch, make_application, start

HEADER = "Login,Name,Status,Roles,Last login\n"
ANN, BEN, CY = (
    "ann,Ann,active,Editor,2026-01-05\n",
    "ben,Ben,active,Viewer,2026-01-06\n",
    "cy,Cy,active,Viewer,\n",
)


@pytest.fixture
def bring(cast):
    application = make_application("Figma", cast.olive)
    source = accounts_source(application.instances[0])

    def bring(*rows):
        content = io.BytesIO((HEADER + "".join(rows)).encode())
        sync = upload_list(source, "l.csv", content, options={"trusting": True}, by=SYSTEM)
        stage_sync(sync, by=SYSTEM)
        confirm_sync(sync, accept_gone=True, by=SYSTEM)
        apply_sync(sync, by=SYSTEM)

    bring(ANN, BEN, CY)
    return bring


@pytest.fixture
def notice(bring, acting, sign_in):
    """What the page of the review says of the drift; empty for nothing."""
    review = start(launch(acting("alma")), acting("olive"))

    def notice():
        page = sign_in("olive").get(f"/reviews/{review.id}/items").text
        return page.partition("Figma changed: ")[2].partition(".")[0]

    return notice


def test_that_somebody_used_their_account_is_no_change(bring, notice):
    bring(ANN.replace("2026-01-05", "2026-02-01"), BEN, CY)
    assert notice() == ""


@pytest.mark.parametrize(
    ("before", "after"), [("Editor", "Admin"), ("active", "suspended"), (",Ann,", ",Ann Berg,")]
)
def test_other_access_is_a_change(bring, notice, before, after):
    bring(ANN.replace(before, after), BEN, CY)
    assert notice() == "0 new, 1 changed, 0 gone"


def test_accounts_that_came_and_went_are_told(bring, notice):
    bring(ANN, BEN.replace("ben", "bea"), CY)
    assert notice() == "1 new, 0 changed, 1 gone"


def test_what_is_as_it_was_again_is_no_change(bring, notice):
    bring(ANN.replace("Editor", "Admin"), BEN)
    assert notice() == "0 new, 1 changed, 1 gone"
    bring(ANN, BEN, CY)
    assert notice() == ""
    drift = select(TrailLine).where(TrailLine.verb == "drift noted").order_by(TrailLine.id)
    said = db.session.scalars(drift).all()
    assert [line.details["changed"] for line in said] == [1, 0]
