"""Who comes in, in a real browser: a member from their invitation on, and an owner of applications.

Nora is invited, chooses a password and an app, and comes in again by both, and by a recovery code;
she proves anew who she is before she gives somebody a role. Alma lets app owners in, takes it back
in time, lets them in again; Olive comes by her invitation to what is hers, and to nothing else.
"""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pyotp
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal import clock
from portal.db import db
from portal.models import Link, Person
from portal.queries.actors import member_of
from portal.queries.links import url_of
from tests.factories import salesforce

ComeIn = Callable[[Page, str], None]
OpenPage = Callable[..., Page]
Check = Callable[[Page, str], None]

PASSWORD = "a kettle on the winter roof"
LATER = timedelta(seconds=30)  # the next code of an app


def invited(email: str, purpose: str) -> str:
    """The address in the latest letter to this person."""
    query = select(Link).join(Person, Person.id == Link.person_id)
    mine = query.where(Person.email == email, Link.purpose == purpose, Link.revoked_at.is_(None))
    address = url_of(db.session.scalars(mine.order_by(Link.id.desc())).first())
    db.session.remove()
    return address


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def knock(page: Page) -> None:
    page.goto("/sign-in")
    page.fill("#email", "nora@example.com")
    page.fill("#password", PASSWORD)
    press(page, "Sign in")


def test_a_member_comes_in_from_the_invitation_on(
    cast: SimpleNamespace, open_page: OpenPage, come_in: ComeIn, easy_to_use: Check
) -> None:
    alma, nora = open_page(), open_page()
    carl = member_of(cast.carl.id).id
    come_in(alma, "alma")
    _invite(alma, easy_to_use)
    secret, codes = _set_up(nora, easy_to_use)

    press(nora, "Sign out")
    knock(nora)
    easy_to_use(nora, "the code of an app")
    nora.fill("#code", codes[0])
    press(nora, "Sign in")
    expect(nora.get_by_role("navigation", name="Main").first).to_be_visible()
    press(nora, "Sign out")
    clock.shift(LATER)
    knock(nora)
    nora.fill("#code", pyotp.TOTP(secret).at(clock.now()))
    press(nora, "Sign in")
    expect(nora.get_by_role("navigation", name="Main").first).to_be_visible()

    clock.shift(timedelta(minutes=11))
    nora.goto(f"/settings/members/{carl}/role?role=Read-only")
    expect(nora.get_by_role("heading", level=1)).to_have_text("Is it still you?")
    easy_to_use(nora, "is it still you")
    nora.fill("#password", PASSWORD)
    nora.fill("#code", pyotp.TOTP(secret).at(clock.now()))
    press(nora, "Go on")
    expect(nora.get_by_role("heading", level=2)).to_have_text("From Compliance to Read-only")
    easy_to_use(nora, "another role")
    press(nora, "Make Carl Conrad Read-only")
    expect(nora.get_by_text("Carl Conrad is now Read-only")).to_be_visible()
    easy_to_use(nora, "a member")


def _invite(alma: Page, easy_to_use: Check) -> None:
    alma.goto("/settings/members")
    easy_to_use(alma, "members")
    alma.goto("/settings/members/invitations/new")
    alma.fill("#people", "Nora New <nora@example.com>")
    alma.select_option("#role", "Admin")
    easy_to_use(alma, "an invitation")
    press(alma, "Show what will be sent")
    expect(alma.get_by_text("Alma Ahlgren invites you to the access review portal")).to_be_visible()
    easy_to_use(alma, "an invitation before it goes out")
    press(alma, "Send 1 invitation")
    alma.wait_for_url("**/settings/members")


def _set_up(nora: Page, easy_to_use: Check) -> tuple[str, list[str]]:
    """The secret of the app, and the recovery codes."""
    nora.goto(invited("nora@example.com", "invitation"))
    easy_to_use(nora, "an invitation that is followed")
    press(nora, "Sign in as Nora New")
    nora.fill("#password", PASSWORD)
    nora.fill("#again", PASSWORD)
    easy_to_use(nora, "choosing a password")
    press(nora, "Save the password")
    easy_to_use(nora, "one's own page")
    press(nora, "Sign out")
    easy_to_use(nora, "the front door")
    knock(nora)
    easy_to_use(nora, "setting up an app")
    secret = "".join(nora.locator(".numbered code").first.inner_text().split())
    nora.fill("#code", pyotp.TOTP(secret).at(clock.now()))
    press(nora, "Confirm")
    expect(nora.locator(".recovery-codes code")).to_have_count(10)
    codes = nora.locator(".recovery-codes code").all_inner_texts()
    easy_to_use(nora, "recovery codes")
    nora.get_by_role("link", name="I have kept them").click()
    expect(nora.get_by_role("navigation", name="Main").first).to_be_visible()
    return secret, codes


def test_an_owner_is_let_in_to_what_is_theirs(
    cast: SimpleNamespace, open_page: OpenPage, come_in: ComeIn, easy_to_use: Check
) -> None:
    number = salesforce(cast).id
    alma, olive = open_page(), open_page()
    come_in(alma, "alma")
    alma.goto("/settings/owners")
    easy_to_use(alma, "app owners, shut out")
    for again in (False, True):
        alma.get_by_role("link", name="Let app owners in").click()
        easy_to_use(alma, f"the switch of app owners, {again}")
        press(alma, "Let app owners in, invite 1")
        expect(alma.get_by_text("1 invitation goes out in")).to_be_visible()
        easy_to_use(alma, f"app owners, with a letter that waits, {again}")
        if not again:
            press(alma, "Cancel")
            expect(alma.get_by_text("1 invitation withdrawn, nothing was sent")).to_be_visible()

    olive.goto(invited("olive@example.com", "owner"))
    expect(olive.get_by_role("heading", name="What you can do here")).to_be_visible()
    expect(olive.get_by_role("navigation", name="Main")).to_have_count(0)
    easy_to_use(olive, "an owner's first visit")
    press(olive, "I have read this")
    expect(olive.get_by_role("heading", name="What you can do here")).to_have_count(0)
    olive.get_by_role("link", name="How this works").click()
    easy_to_use(olive, "what an owner can do")
    olive.goto("/")
    olive.get_by_role("link", name="Salesforce").click()
    expect(olive.get_by_role("link", name="Change owners")).to_have_count(0)
    easy_to_use(olive, "an owner's application")
    for page in ("accounts", "documents"):
        olive.goto(f"/applications/{number}/{page}")
        easy_to_use(olive, f"an owner's {page}")
    olive.complaints.expect("404")  # type: ignore[attr-defined]  # what is not theirs
    olive.goto("/people")
    expect(olive.get_by_role("heading", level=1)).to_have_text("There is nothing here")
