"""The components, in a real browser: nobody is shut out, and nothing breaks the content policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.axe import axe

OpenPage = Callable[..., Page]
Check = Callable[[Page, str], None]


@pytest.mark.parametrize("room", ["console", "portal"])
def test_every_component_is_easy_to_use(page: Page, room: str, easy_to_use: Check) -> None:
    page.goto(f"/_styleguide?room={room}")
    easy_to_use(page, f"style guide {room}")


def test_what_is_hard_to_use_is_found(page: Page) -> None:
    page.goto("/_styleguide")
    page.evaluate("""() => {
      document.documentElement.removeAttribute("lang");
      document.querySelector("main h1").style.color = "#ddd";
    }""")
    assert {said.partition(" ")[0] for said in axe(page)} == {"html-has-lang", "color-contrast"}
    assert [said.partition(" ")[0] for said in axe(page, only_colours=True)] == ["color-contrast"]


def test_the_page_never_scrolls_sideways_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/_styleguide")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_colours_and_row_height_are_remembered(page: Page) -> None:
    page.goto("/_styleguide")
    page.get_by_role("button", name="Colours").click()
    page.get_by_role("button", name="Rows").click()
    page.reload()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-density", "comfortable")


def test_a_question_is_asked_before_a_wide_action_and_can_be_declined(page: Page) -> None:
    page.goto("/_styleguide")
    posts: list[str] = []
    page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
    page.get_by_role("button", name="Relaunch").click()
    question = page.get_by_role("dialog", name="Relaunch the review of Figma?")
    expect(question).to_contain_text("Decisions on unchanged accounts are carried over.")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    assert posts == []


def test_what_needs_scripts_is_not_shown_without_them(open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto("/_styleguide")
    expect(page.get_by_role("button", name="Colours")).to_be_hidden()
    expect(page.get_by_role("button", name="Dismiss")).to_be_hidden()
    expect(page.get_by_role("button", name="Preview the campaign")).to_be_visible()


def test_rows_can_be_walked_with_the_keyboard(page: Page) -> None:
    page.goto("/_styleguide")
    table = page.get_by_role("region", name="Accounts in Salesforce")
    table.get_by_role("button", name="Reject").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    second = table.locator("tbody tr").nth(1)
    expect(second.get_by_role("button", name="Reject")).to_be_focused()
