"""The review table in a real browser: a review by keyboard alone, and two people at once."""

import os
from collections.abc import Callable
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, request
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import func, select

from portal.db import db
from portal.models import Decision, Item, SignOff
from portal.models.decision import How
from tests.factories import APPROVED, REJECTED, crowded, launch, salesforce, start

MANY = int(os.environ.get("JOURNEY_ACCOUNTS", "52"))  # more than a page
AT_ONCE = int(os.environ.get("JOURNEY_AT_ONCE", "38"))  # of them by one selection
LOOKING = float(os.environ.get("JOURNEY_SECONDS", "0"))  # at each account, as a person would
EVERY, REASON = 25, "moved on"  # one in so many is rejected, with these words


class Keyboard:
    """Presses keys, and counts them; nothing of the page is touched but by it."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.presses += len(text)

    @property
    def row(self) -> Locator:
        """The row that has the focus."""
        return self.page.locator("#items_table tbody tr:focus")

    def until_undecided(self) -> None:
        """As a person would: look where the focus is before the next key.

        Waited for, not expected: what is expected and not there yet is described by Playwright,
        with all of the page, which takes seconds where there are hundreds of rows.
        """
        self.row.locator("form.decide:not(.decided)").wait_for()
        sleep(LOOKING)


def test_what_is_written_while_an_answer_is_on_its_way_is_kept(
    app: Flask,
    cast: SimpleNamespace,
    acting: Callable[[str], Any],
    page: Page,
    come_in: Callable[[Page, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dawdle() -> None:
        if request.method == "POST":
            sleep(0.6)

    crowded(cast, 3)
    review_id = start(launch(acting("alma")), acting("olive")).id
    come_in(page, "olive")
    page.goto(f"/reviews/{review_id}/items")
    monkeypatch.setitem(app.before_request_funcs, None, [*app.before_request_funcs[None], dawdle])
    first, words = (
        page.locator("#items_table tbody tr").first,
        "as agreed, a matter of rotating work",
    )
    keys = Keyboard(page)
    keys.press("j", "a", "k", "c")
    keys.write(words)
    expect(first.locator(".decided")).to_have_count(1)
    expect(first.locator("[name=comment]")).to_be_focused()
    expect(first.locator("[name=comment]")).to_have_value(words)
    keys.press("Enter")
    expect(first.locator(".said").first).to_contain_text(words)
    expect(page.locator("#progress_bar")).to_contain_text("1 of 3 decided")


def test_a_comment_opens_by_mouse_where_it_was_closed(
    cast: SimpleNamespace,
    acting: Callable[[str], Any],
    page: Page,
    come_in: Callable[[Page, str], None],
    easy_to_use: Callable[[Page, str], None],
) -> None:
    crowded(cast, 2)
    review_id = start(launch(acting("alma")), acting("olive")).id
    come_in(page, "olive")
    page.goto(f"/reviews/{review_id}/items")
    expect(page.locator("#items_table tbody [name=comment]")).to_have_count(0)
    page.locator("#items_table [data-key=c]").last.click()
    expect(page.locator("#items_table tbody [name=comment]")).to_be_focused()
    expect(page.get_by_role("link", name="Hand over Person 000001")).to_be_visible()
    easy_to_use(page, "a comment is open")


def test_a_review_is_done_by_keyboard_alone(
    cast: SimpleNamespace,
    acting: Callable[[str], Any],
    page: Page,
    come_in: Callable[[Page, str], None],
    easy_to_use: Callable[[Page, str], None],
) -> None:
    crowded(cast, MANY)
    review_id = start(launch(acting("alma")), acting("olive")).id
    come_in(page, "olive")
    page.goto(f"/reviews/{review_id}/items")
    keys, began = Keyboard(page), monotonic()

    keys.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    easy_to_use(page, "keys of the table")
    keys.press("Escape", "j")
    expect(keys.row).to_contain_text("Person 000000")
    keys.press("a")
    expect(page.locator("#announce")).to_contain_text(f"1 of {MANY} decided")
    expect(keys.row).to_contain_text("Person 000001")
    keys.press("z")  # a slip: it is put back, and has the focus again
    expect(keys.row).to_contain_text("Person 000000")
    keys.until_undecided()

    keys.press("x", "Shift+ArrowDown", "Shift+ArrowDown", "Shift+ArrowDown")
    expect(page.locator("#selection_form")).to_contain_text("4 selected")
    easy_to_use(page, "rows selected")
    keys.press(*["Shift+ArrowDown"] * (AT_ONCE - 4))
    expect(page.locator("#selection_form")).to_contain_text(f"{AT_ONCE} selected")
    keys.press("a")
    expect(page.locator("#announce")).to_contain_text(f"{AT_ONCE} of {MANY} decided")
    keys.press("n")
    for nth in range(AT_ONCE, MANY):
        keys.until_undecided()
        if nth % EVERY:
            keys.press("a")
            continue
        row = page.locator(f"#{keys.row.get_attribute('id')}")
        keys.press("c")
        keys.write(REASON)
        keys.press("Enter")
        row.locator(".said", has_text=REASON).first.wait_for()
        keys.press("r")
    expect(page.locator("#progress_bar")).to_contain_text(f"{MANY} of {MANY} decided")
    keys.press("Home")  # no row stands half under the head
    easy_to_use(page, "all is decided")
    keys.press("s")
    page.wait_for_url("**/sign-off")
    page.locator("main form button").last.focus()
    keys.press("Enter")
    page.wait_for_url("**/result")

    counts = dict(
        db.session.execute(select(Item.verdict, func.count()).group_by(Item.verdict)).all()
    )
    rejected = len([nth for nth in range(AT_ONCE, MANY) if not nth % EVERY])
    assert counts == {APPROVED: MANY - rejected, REJECTED: rejected}
    assert db.session.scalars(select(SignOff.items)).one() == MANY
    ways = db.session.execute(select(Decision.how, func.count()).group_by(Decision.how)).all()
    assert dict(ways)[How.BULK] == AT_ONCE
    took = f"{keys.presses} keystrokes, {monotonic() - began:.0f} seconds"
    print(f"\n{MANY} accounts by keyboard: {took}")  # noqa: T201  the result


def test_after_many_rows_the_next_page_is_one_of_its_own(
    cast: SimpleNamespace,
    acting: Callable[[str], Any],
    page: Page,
    come_in: Callable[[Page, str], None],
) -> None:
    def sooner(route: Route) -> None:
        text, most = route.fetch().text(), "MOST_ROWS = 300"
        assert most in text
        route.fulfill(body=text.replace(most, "MOST_ROWS = 50"), content_type="text/javascript")

    crowded(cast, 52)
    review_id = start(launch(acting("alma")), acting("olive")).id
    page.route("**/table.js*", sooner)
    come_in(page, "olive")
    page.goto(f"/reviews/{review_id}/items")
    keys = Keyboard(page)
    keys.press("j", "End")
    expect(keys.row).to_contain_text("Person 000049")
    keys.press("a")
    page.wait_for_url("**/items?*#undecided")
    expect(keys.row).to_contain_text("Person 000050")
    expect(page.locator("#progress_bar")).to_contain_text("1 of 52 decided")
    keys.press("a", "a")
    expect(page.locator("#progress_bar")).to_contain_text("3 of 52 decided")


def test_two_people_decide_on_the_same_rows_at_once(
    cast: SimpleNamespace,
    acting: Callable[[str], Any],
    open_page: Callable[..., Page],
    come_in: Callable[[Page, str], None],
) -> None:
    salesforce(cast)
    review_id = start(launch(acting("alma")), acting("olive")).id
    olive, alma = open_page(), open_page()
    for page, first in ((olive, "olive"), (alma, "alma")):
        come_in(page, first)
        page.goto(f"/reviews/{review_id}/items")
        page.complaints.expect("409")  # type: ignore[attr-defined]  # see open_page

    def row(page: Page, name: str) -> Locator:
        return page.locator("#items_table tbody tr", has_text=name)

    olive.keyboard.press("j")
    alma.keyboard.press("j")
    alma.keyboard.press("r")
    expect(row(alma, "Emil Extern")).to_contain_text("Rejected")
    olive.keyboard.press("a")
    expect(row(olive, "Emil Extern").get_by_role("alert")).to_contain_text("Alma Ahlgren changed")
    expect(row(olive, "Emil Extern")).to_contain_text("Rejected")

    for name in ("Max Meyer", "Paula Past"):
        row(olive, name).locator("input[name=pick]").check()
    row(alma, "Max Meyer").get_by_role("button", name="Reject").click()
    expect(row(alma, "Max Meyer")).to_contain_text("Rejected")
    olive.locator("#selection_form").get_by_role("button", name="Approve").click()
    expect(olive.locator("#announce")).to_contain_text("Someone changed one of them")
    expect(row(olive, "Max Meyer")).to_contain_text("Rejected")
    expect(row(olive, "Paula Past").locator("form.decide:not(.decided)")).to_have_count(1)

    row(olive, "Paula Past").locator("input[name=pick]").check()
    olive.locator("#selection_form").get_by_role("button", name="Approve").click()
    expect(row(olive, "Paula Past")).to_contain_text("Approved")
    verdicts = dict(db.session.execute(select(Item.label, Item.verdict)).all())
    assert verdicts["Max Meyer"] is verdicts["Emil Extern"] is REJECTED
    assert verdicts["Paula Past"] is APPROVED
