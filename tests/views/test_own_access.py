"""Nobody decides on their own access, and whoever reviews is told who does."""

from portal.db import db
from tests.factories import launch, make_account, salesforce, start
from tests.story import story


@story
def review(cast, acting):
    salesforce(cast)
    return start(launch(acting("alma")), acting("olive"))


def page_of(client, review):
    return client.get(f"/reviews/{review.id}/items").text


def test_a_reviewer_is_told_who_decides_on_their_own_account(sign_in, review):
    page = page_of(sign_in("olive"), review)
    assert "Your own account is decided by Alma Ahlgren." in page
    assert "item_row" in page
    assert ">Olive Owens<" not in page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_who_has_no_account_there_is_told_nothing(sign_in, review):
    assert "our own account" not in page_of(sign_in("alma"), review)


def test_several_accounts_of_ones_own_are_told_as_several(sign_in, cast, acting):
    make_account(salesforce(cast), "olive-admin", person=cast.olive, roles="System Admin")
    review = start(launch(acting("alma")), acting("olive"))
    page = page_of(sign_in("olive"), review)
    assert "Your own 2 accounts are decided by Alma Ahlgren." in page


def test_where_nobody_else_can_decide_it_says_so(sign_in, cast, acting):
    salesforce(cast)
    campaign = launch(acting("alma"))
    campaign.owner_id = cast.olive.id  # who would be the fallback
    db.session.commit()
    review = start(campaign, acting("olive"))
    assert review.frozen["unassigned"] == 1
    page = page_of(sign_in("olive"), review)
    assert "Your own account is not yours to decide; nobody is assigned yet." in page
