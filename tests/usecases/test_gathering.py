"""What comes to one person several times at once comes in one letter, where it is wanted so."""

import pytest
from sqlalchemy import select

from policies.errors import Invalid
from portal.db import db
from portal.models import Letter
from portal.queries.assignment_preview import preview_assignments
from portal.queries.letters import page_of_letter
from portal.usecases.letter_choices import wish_for_letters
from portal.usecases.settings import change_setting
from tests.factories import launch, make_application


@pytest.fixture
def launched(cast, acting):
    """A campaign over two applications of Olive's and one of Otto's."""

    def launched():
        for name, owner in (
            ("Salesforce", cast.olive),
            ("Asana", cast.olive),
            ("Figma", cast.otto),
        ):
            make_application(name, owner)
        return launch(acting("carl"), instructions="Look twice.")

    return launched


def invitations() -> list[tuple[str, str]]:
    """(kind, name) of each, in the order of people."""
    kinds = Letter.kind.in_(("invitation", "invitations"))
    found = db.session.scalars(select(Letter).where(kinds)).all()
    return sorted(((letter.kind, letter.person.name) for letter in found), key=lambda x: x[1])


def test_several_reviews_launched_at_once_are_one_letter(launched, cast):
    campaign = launched()
    assert invitations() == [("invitations", cast.olive.name), ("invitation", cast.otto.name)]
    letter = db.session.scalars(select(Letter).where(Letter.kind == "invitations")).one()
    assert letter.subject == f"Please review who has access to 2 applications, by {due(campaign)}"
    assert "\n\n- Asana\n- Salesforce\n\n" in letter.body
    assert "Look twice." in letter.body
    assert (letter.campaign_id, letter.review_id) == (campaign.id, None)
    assert page_of_letter(letter).endswith(f"/campaigns/{campaign.id}")
    assert letter.link.review_id is None  # it leads to all tasks


@pytest.mark.parametrize("wish", ["singly", "none"])
def test_who_wants_no_digest_is_invited_to_each_review(launched, cast, acting, wish):
    wish_for_letters({"digest": wish}, by=acting("olive"))
    launched()
    assert invitations() == [
        ("invitation", cast.olive.name),
        ("invitation", cast.olive.name),
        ("invitation", cast.otto.name),
    ]


def test_an_organisation_may_want_single_letters_and_somebody_a_digest(launched, cast, acting):
    change_setting("letters_gathered", "no", by=acting("ivan"))
    wish_for_letters({"digest": "email"}, by=acting("olive"))
    launched()
    assert invitations()[0] == ("invitations", cast.olive.name)
    wish_for_letters({"digest": ""}, by=acting("olive"))
    launch(acting("carl"), name="Other")
    assert len(invitations()) == 2 + 3


def test_what_is_foretold_is_what_is_written(launched, cast, acting):
    campaign = launched()
    assert preview_assignments(campaign).letters == 2
    wish_for_letters({"digest": "singly"}, by=acting("olive"))
    assert preview_assignments(campaign).letters == 3


def test_only_digests_come_singly(acting):
    with pytest.raises(Invalid):
        wish_for_letters({"reminder": "singly"}, by=acting("olive"))


def test_the_page_of_ones_letters_offers_what_can_be_chosen(sign_in, acting):
    page = sign_in("olive").get("/you/letters").text
    assert '<option value="singly">One letter for each</option>' in page
    change_setting("letters_gathered", "no", by=acting("ivan"))
    page = sign_in("olive").get("/you/letters").text
    assert "As usual: one letter for each" in page
    assert "singly" not in page


def due(campaign) -> str:
    return f"{campaign.due_at:%a %-d %b %Y}"
