"""A review of three levels in a real browser, line by line of what is held: on a phone, by a
delegate, a rejection at each."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select

from policies.assignment import Basis, By, Level, Reviewing
from policies.permissions import Actor
from policies.user_scope import Granularity
from portal.db import db
from portal.models import Item, Removal, Review
from portal.usecases.decisions import decide_item
from portal.usecases.reviews import sign_off
from tests.factories import APPROVED, REJECTED, items_of, launch, salesforce, start

PHONE = {"width": 390, "height": 844}


def test_each_level_looks_at_what_the_one_below_approved(
    cast: SimpleNamespace,
    acting: Callable[[str], Any],
    open_page: Callable[..., Page],
    come_in: Callable[[Page, str], None],
    easy_to_use: Callable[[Page, str], None],
    run_jobs: Callable[[], list[str]],
) -> None:
    salesforce(cast)
    levels = (_named(cast.otto, 50), _named(cast.max, 30), _named(cast.carl, 20))
    remover = (Basis(By.NAMED, (cast.rufus.id,)),)
    said = Reviewing(levels, remediation=remover)
    by_line = {"granularity": Granularity.ENTITLEMENT}
    number = start(launch(acting("alma"), reviewing=said, **by_line), acting("otto")).id

    rest = {"rita": acting("max"), "max": acting("alma")}  # nobody decides on their own

    away = open_page()
    come_in(away, "max")
    away.goto("/tasks/delegate")
    away.get_by_label("Who stands in").fill("rita@example.com")
    away.get_by_label("Why").fill("On leave.")
    away.get_by_role("button", name="Have them stand in").click()
    expect(away.locator("main")).to_contain_text("Rita Reyes stands in for you")

    first = open_page()
    first.set_viewport_size(PHONE)
    come_in(first, "otto")
    first.goto(f"/reviews/{number}/items")
    hers = first.locator("#items_table tbody tr", has_text="Rita Reyes")
    expect(hers).to_contain_text(["Standard User", "System Admin"])
    _decides(first, number, rejecting="Paula Past", level="Level 1, now")
    easy_to_use(first, "the first level is decided on a phone")
    _signs(first)
    run_jobs()
    second = open_page()
    come_in(second, "rita")
    _decides(second, number, rejecting="Emil Extern", level="Level 2, now")
    second.goto(f"/reviews/{number}/items")
    expect(second.locator("main")).to_contain_text("approved by Otto Okafor")
    easy_to_use(second, "a delegate decides at the second level")
    _signs(second)
    _the_rest_of_level_2(number, rest)
    third = open_page()
    come_in(third, "carl")
    _decides(third, number, rejecting="ghost", level="Level 3, now")
    third.goto(f"/reviews/{number}/items")
    expect(third.locator("main")).not_to_contain_text("Paula Past")
    third.get_by_role("link", name="Rejected at level 1").click()
    expect(third.locator("#items_table")).to_contain_text("Paula Past")
    expect(third.locator("#items_table form.decide")).to_have_count(0)
    easy_to_use(third, "the third level looks at what the first rejected")
    _signs(third)

    rejected = {
        item.login: (item.level, item.decided_by.name)
        for item in items_of(db.session.get_one(Review, number)).values()
        if item.verdict is REJECTED
    }
    assert rejected == {
        "paula": (1, "Otto Okafor"),
        "emil": (2, "Rita Reyes"),
        "ghost": (3, "Carl Conrad"),
    }
    assert len(db.session.scalars(select(Removal)).all()) == len(rejected)


def _named(person: Any, share: int) -> Level:
    return Level((Basis(By.NAMED, (person.id,)),), share=share)


def _decides(page: Page, number: int, *, rejecting: str, level: str) -> None:
    """Reject one, and approve all that is left in view."""
    page.goto(f"/reviews/{number}/items?field=verdict&op=is&value=undecided")
    expect(page.get_by_label("Levels of this review")).to_contain_text(level)
    row = page.locator("#items_table tbody tr", has_text=rejecting)
    row.get_by_role("button", name="Reject").click()
    expect(row).to_contain_text("Rejected")
    page.reload()
    page.get_by_role("link", name="in view").first.click()
    page.get_by_role("button", name="Approve").first.click()


def _signs(page: Page) -> None:
    page.get_by_role("link", name="Sign off").first.click()
    page.wait_for_url("**/sign-off")
    page.locator("main form button").last.click()
    page.wait_for_url("**/result")


def _the_rest_of_level_2(number: int, rest: dict[str, Actor]) -> None:
    for login, by in rest.items():
        review = db.session.get_one(Review, number)
        lines = select(Item).where(Item.review_id == number, Item.login == login)
        for own in db.session.scalars(lines).all():
            decide_item(own, APPROVED, version=own.version, by=by)
        sign_off(review, by=by)
    db.session.remove()
