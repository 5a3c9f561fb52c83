"""The quarterly series, set up once in the wizard, in a real browser; and once without scripts.

Carl (Compliance) starts from the built-in template, narrows the applications, leaves the service
accounts out, gives managers a say, reads what it would do, and publishes it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

from playwright.sync_api import Page, expect
from sqlalchemy import select

from policies.assignment import By
from policies.lifecycle import CampaignState
from policies.recurrence import Day, Unit, recurrence_from_data
from policies.user_scope import Services
from portal.db import db
from portal.models import Campaign
from tests.factories import make_account, make_application, make_sync, salesforce

ComeIn = Callable[[Page, str], None]
Check = Callable[[Page, str], None]


def arrange(cast: SimpleNamespace) -> None:
    """Salesforce of seven accounts, Figma of two, and Miro, which nobody owns."""
    cast.max.manager_id = cast.olive.id
    salesforce(cast)
    figma = make_application("Figma", cast.otto)
    make_sync(figma)
    make_account(figma, "max", person=cast.max, roles="Editor")
    make_account(figma, "rita", person=cast.rita, roles="Admin")
    make_application("Miro")


def stored() -> Campaign:
    db.session.expire_all()
    return db.session.scalars(select(Campaign)).one()


def test_the_quarterly_series_is_set_up_in_five_minutes(
    cast: SimpleNamespace, page: Page, come_in: ComeIn, easy_to_use: Check
) -> None:
    arrange(cast)
    come_in(page, "carl")
    page.goto("/campaigns")
    page.get_by_role("link", name="New campaign").click()
    easy_to_use(page, "plan-0-start")
    page.get_by_role("button", name="Start from Quarterly, all sanctioned").click()
    for step in (
        says_which_applications,
        says_which_users,
        says_who_reviews,
        says_what_helps,
        says_when,
    ):
        step(page)
        easy_to_use(page, f"plan-{step.__name__}")
        page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("row", name="Salesforce")).to_contain_text("Olive Owens")
    easy_to_use(page, "plan-summary")
    page.get_by_role("button", name="Publish and schedule").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish and schedule").click()
    expect(page.locator("main")).to_contain_text("every quarter on its last business day")
    campaign = stored()
    rule = recurrence_from_data(campaign.series.recurrence if campaign.series else {})
    assert (campaign.state, campaign.services) == (CampaignState.SCHEDULED, Services.OUT)
    assert (rule.unit, rule.day, rule.zone) == (Unit.QUARTER, Day.LAST_BUSINESS, "Europe/Berlin")
    assert [level.bases[0].by for level in campaign.who.levels] == [By.MANAGER, By.NAMED]
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Dry run").click()
    expect(page.locator("main")).to_contain_text("Kept when it was published")
    easy_to_use(page, "plan-dry-run")


def says_which_applications(page: Page) -> None:
    """Sanctioned ones with more than one user; the list below follows."""
    preview = page.locator("#plan_preview")
    expect(preview).to_contain_text("3 applications match now")
    page.get_by_role("button", name="And: add a condition").click()
    page.get_by_label("Condition 2: field").select_option("accounts")
    comparison = page.get_by_label("Condition 2: comparison")
    expect(comparison.get_by_role("option", name="contains", exact=True)).to_have_count(0)
    comparison.select_option("more")
    page.get_by_label("Condition 2: value").fill("1")
    expect(preview).to_contain_text("2 applications match now")
    expect(preview).to_contain_text("State is Sanctioned and Users more than 1")


def says_which_users(page: Page) -> None:
    """Without service accounts. Going back and forth loses nothing."""
    preview = page.locator("#plan_preview")
    expect(preview).to_contain_text("9 accounts of 5 people now")
    page.get_by_label("Left out").check()
    expect(preview).to_contain_text("8 accounts of 5 people now")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Condition 2: value")).to_have_value("1")
    page.get_by_role("button", name="User scope").click()
    expect(page.get_by_label("Left out")).to_be_checked()


def says_who_reviews(page: Page) -> None:
    """Managers first, then Rita; where there is no manager, the owners."""
    preview = page.locator("#plan_preview")
    page.get_by_role("button", name="Add a level of approval").click()
    page.get_by_label("Reviewers of level 2 1", exact=True).select_option("named")
    page.get_by_label("Reviewers of level 2 1: email addresses").fill("rita@example.com")
    page.get_by_label("Reviewers of level 1 1", exact=True).select_option("manager")
    page.get_by_role("button", name="Remove who stands in? 1").click()
    expect(preview).to_contain_text("would fall to nobody")
    expect(preview).to_contain_text("no manager is known")
    page.get_by_role("button", name="Else: Who stands in?").click()
    page.get_by_label("Who stands in? 1", exact=True).select_option("owner")
    expect(preview).to_contain_text("Otto Okafor")


def says_what_helps(page: Page) -> None:
    page.get_by_label("External").uncheck()
    expect(page.locator("#plan_preview")).to_contain_text("every rule but external")


def says_when(page: Page) -> None:
    """On the last business day of the quarter, due at five; the next five dates follow."""
    preview = page.locator("#plan_preview")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("the last business day").check()
    page.get_by_label("Due at").fill("17:00")
    expect(preview.get_by_role("row")).to_have_count(6)
    expect(preview).to_contain_text("17:00 (Europe/Berlin)")


def test_it_is_set_up_without_scripts_as_well(
    cast: SimpleNamespace, open_page: Callable[..., Page], come_in: ComeIn
) -> None:
    arrange(cast)
    page = open_page(scripts=False)
    come_in(page, "carl")
    page.goto("/campaigns/new")
    page.get_by_role("button", name="Start from Quarterly, all sanctioned").click()
    page.get_by_role("button", name="Or: add a group of conditions").click()
    page.get_by_label("Condition 2: field").select_option("name")
    page.get_by_label("Condition 2: comparison").select_option("starts")
    page.get_by_label("Condition 2: value").fill("Fig")
    page.get_by_role("button", name="Update the preview").click()
    expect(page.locator("#plan_preview")).to_contain_text(
        "State is Sanctioned, or Name starts with"
    )
    page.get_by_role("button", name="Remove condition 1").click()
    expect(page.locator("#plan_preview")).to_contain_text("1 application matches now")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Only external people").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Once, at a time of my choice").check()
    page.get_by_label("Date, or first possible date").fill("2099-01-05")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Publish and schedule").click()
    expect(page.locator("main")).to_contain_text("Launches Mon 5 Jan 2099, 09:00")
    campaign = stored()
    assert campaign.application_filter == [[["name", "starts", "Fig"]]]
    assert campaign.starts_at == datetime(2099, 1, 5, 9, tzinfo=UTC)
