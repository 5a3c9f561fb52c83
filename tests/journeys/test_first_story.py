"""The first whole story, in a real browser: from two lists to signed-off, verified evidence.

Alma (Admin) imports people and an account list and launches a campaign; Olive, who owns the
application, decides by her personal link; Rufus removes access and uploads a fresh list;
Carl (Compliance) takes the evidence away and checks it without the portal.
"""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.db import db
from portal.models import Letter
from portal.queries.links import url_of
from portal.queries.trail import first_broken_line

PEOPLE = """Email,Name,Employee no,Department,Title,Manager,Status
olive@example.com,Olive Owens,E006,Sales,Head of Sales,,active
max@example.com,Max Meyer,E010,Sales,Account Executive,olive@example.com,active
rita@example.com,Rita Reyes,E008,Security,Security Analyst,,active
paula@example.com,Paula Past,E011,Sales,Account Executive,olive@example.com,terminated
nils@example.com,Nils Nord,E020,Sales,Account Executive,olive@example.com,active
"""
HEADER = "Username;Email;Full name;Status;Profile;Last login"
ACCOUNTS = {
    "max": "max@example.com;max@example.com;Max Meyer;Active;Standard User;2026-11-01",
    "rita": "rita@example.com;rita@example.com;Rita Reyes;Active;System Administrator;2026-11-20",
    "paula": "paula@example.com;paula@example.com;Paula Past;Active;Standard User;2026-02-01",
    "nils": "nils@example.com;nils@example.com;Nils Nord;Active;Standard User;",
    "ghost": "old-agency;;Old agency;Active;Standard User;2024-01-01",
}

LOOKED_AT: set[str] = set()

ComeIn = Callable[[Page, str], None]
OpenPage = Callable[..., Page]
Check = Callable[[Page, str], None]
RunJobs = Callable[[], list[str]]


def listed(*logins: str) -> dict[str, str | bytes]:
    """A CSV file of these accounts, as the application exports it."""
    text = "\n".join([HEADER, *(ACCOUNTS[login] for login in logins)])
    return {"name": "salesforce.csv", "mimeType": "text/csv", "buffer": text.encode()}


@pytest.fixture
def story(
    cast: SimpleNamespace,
    open_page: OpenPage,
    come_in: ComeIn,
    run_jobs: RunJobs,
    easy_to_use: Check,
) -> "Story":
    return Story(cast, open_page, come_in, run_jobs, easy_to_use)


class Story:
    """The steps, each at the desk of whoever takes it."""

    def __init__(
        self,
        cast: SimpleNamespace,
        open_page: OpenPage,
        come_in: ComeIn,
        run_jobs: RunJobs,
        easy_to_use: Check,
    ) -> None:
        self.ids = {first: person.id for first, person in vars(cast).items()}
        self.come_in = come_in
        self.open_page, self._easy_to_use, self._run_jobs = open_page, easy_to_use, run_jobs
        self.desks: dict[str, Page] = {}

    def desk(self, first: str) -> Page:
        """The window of someone of the cast, signed in."""
        if first not in self.desks:
            self.desks[first] = self.open_page()
            self.come_in(self.desks[first], first)
        return self.desks[first]

    def look(self, page: Page, name: str) -> None:
        """Nobody is shut out of this page. Each is looked at once, in the story that is first."""
        page.wait_for_load_state()
        if name not in LOOKED_AT:
            self._easy_to_use(page, name)
            LOOKED_AT.add(name)

    def run_jobs(self) -> None:
        db.session.remove()
        self._run_jobs()
        db.session.remove()

    def imports_people(self) -> None:
        page = self.desk("alma")
        page.goto("/imports/new?noun=people")
        self.look(page, "import people")
        self._upload(page, "List", "people.csv", PEOPLE.encode(), "Upload and look")
        self._applied(page)

    def imports_accounts(self) -> None:
        page = self.desk("alma")
        page.goto("/imports/new?noun=accounts")
        page.get_by_label("Name of the application").fill("Salesforce")
        page.get_by_label("List", exact=True).set_input_files(listed(*ACCOUNTS))
        page.get_by_role("button", name="Upload and look").click()
        self._read(page)
        self.look(page, "import preview")
        expect(page.get_by_text("Nothing has changed yet")).to_be_visible()
        page.get_by_role("button", name="Apply 5 changes").click()
        self.run_jobs()
        page.reload()
        expect(page.locator("main")).to_contain_text("Applied")

    def names_the_owner(self) -> None:
        page = self.desk("alma")
        page.goto("/applications")
        self.look(page, "applications")
        page.get_by_role("link", name="Salesforce").click()
        self.look(page, "application")
        page.get_by_role("link", name="Change owners").click()
        page.get_by_label("Person", exact=True).fill("olive@example.com")
        page.get_by_role("button", name="Add the owner").click()
        expect(page.get_by_role("row", name="Olive Owens")).to_be_visible()

    def launches(self) -> None:
        page = self.desk("alma")
        page.goto("/campaigns")
        page.get_by_role("link", name="New campaign").click()
        self.look(page, "new campaign")
        page.get_by_role("button", name="Start from an empty plan").click()
        page.get_by_label("Name", exact=True).fill("Access review Q4 2026")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_label("Who removes rejected access? 1", exact=True).select_option("named")
        page.get_by_label("Who removes rejected access? 1: email").fill("rufus@example.com")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("row", name="Salesforce")).to_contain_text("Olive Owens")
        page.get_by_role("button", name="Publish and launch now").click()
        page.get_by_role("dialog").get_by_role("button", name="Publish and launch now").click()
        expect(page.locator("main")).to_contain_text("being launched")
        self.run_jobs()
        page.goto("/campaigns")
        page.get_by_role("link", name="Access review Q4 2026").click()
        expect(page.get_by_role("row", name="Salesforce")).to_contain_text("Pending")
        self.look(page, "campaign")

    def follows_the_letter(self, first: str, kind: str) -> Page:
        """Open the link of the latest letter of this kind in a window of one's own."""
        letter = db.session.scalars(
            select(Letter)
            .where(Letter.kind == kind, Letter.person_id == self.ids[first])
            .order_by(Letter.id.desc())
        ).first()
        assert letter
        assert letter.link
        address = url_of(letter.link)
        db.session.remove()
        page = self.desks[first] = self.open_page()
        page.goto(address)
        return page

    def decides(self) -> None:
        page = self.follows_the_letter("olive", "invitation")
        expect(page.locator("main")).to_contain_text("up to date")
        self.look(page, "data check")
        page.get_by_role("button", name="Continue with 5 accounts").click()
        self.look(page, "review table")
        page.get_by_role("button", name="Reject Paula Past").click()
        expect(page.locator("#progress_bar")).to_contain_text("1 of 5 decided")
        page.get_by_role("button", name="Reject Old agency").click()
        expect(page.locator("#progress_bar")).to_contain_text("2 of 5 decided")
        page.get_by_role("link", name=re.compile(r"^Undecided \d")).click()
        page.get_by_role("link", name="Approve 3 in view").click()
        self.look(page, "approve all in view")
        page.get_by_role("button", name="Approve 3").click()
        expect(page.locator("#progress_bar")).to_contain_text("5 of 5 decided")

    def signs_off(self) -> None:
        page = self.desk("olive")
        page.get_by_role("link", name="Sign off").click()
        self.look(page, "sign off")
        expect(page.locator("main")).to_contain_text("I have looked at 5 accounts in Salesforce")
        page.get_by_role("button", name="Sign off").click()
        expect(page.locator("main")).to_contain_text("your part of this review is closed")
        self.run_jobs()

    def brings_a_fresh_list(self, *logins: str, stands: str = "no list since the sign-off") -> Page:
        page = self.follows_the_letter("rufus", "remediation")
        expect(page.locator("main")).to_contain_text(stands)
        self.look(page, "remediation")
        page.get_by_label("User list of Salesforce").set_input_files(listed(*logins))
        page.get_by_role("button", name="Upload the list").click()
        self._read(page)
        self.look(page, "preview of the fresh list")
        if page.get_by_label("really are gone").count():
            page.get_by_label("really are gone").check()
        page.get_by_role("button", name="Apply").click()
        self.run_jobs()
        page.goto("/tasks")
        page.get_by_role("link", name="Salesforce").first.click()
        return page

    def submits(self) -> None:
        page = self.desk("rufus")
        expect(page.locator("main")).to_contain_text("All verified")
        self.look(page, "all verified")
        page.get_by_role("button", name="Submit the review").click()
        expect(page.locator("main")).to_contain_text("Completed")
        self.look(page, "completed review")
        self.run_jobs()

    def takes_the_evidence(self, folder: Path) -> None:
        page = self.desk("carl")
        page.goto("/campaigns?tab=completed")
        page.get_by_role("link", name="Access review Q4 2026").click()
        page.get_by_role("link", name="Reports").click()
        self.look(page, "reports")
        for link in page.get_by_role("link", name="Download").all():
            with page.expect_download() as coming:
                link.click()
            coming.value.save_as(folder / coming.value.suggested_filename)
        page.goto("/trail")
        self.look(page, "trail")

    def _upload(self, page: Page, label: str, name: str, content: bytes, button: str) -> None:
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        page.get_by_label(label, exact=True).set_input_files(file)
        page.get_by_role("button", name=button).click()
        self._read(page)

    def _read(self, page: Page) -> None:
        """Have the worker read the list, and confirm the columns where it asks."""
        page.wait_for_url("**/imports/*")
        self.run_jobs()
        page.reload()
        confirm = page.get_by_role("button", name="Read the list this way")
        if confirm.count():
            self.look(page, "columns of a list")
            confirm.click()
            self.run_jobs()
            page.reload()

    def _applied(self, page: Page) -> None:
        page.get_by_role("button", name="Apply").click()
        self.run_jobs()
        page.reload()
        expect(page.locator("main")).to_contain_text("Applied")


def check_the_evidence(folder: Path) -> None:
    """What Carl holds verifies without the portal, and the PDF says what it should be."""
    (pack,) = folder.glob("*.zip")
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder / "pack")
    root = next((folder / "pack").rglob("verify.py")).parent
    verdict = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=root, capture_output=True, text=True, check=False
    )
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    attestations = list(folder.glob("*.pdf"))
    assert attestations
    for path in attestations:
        with pikepdf.open(path) as pdf:
            assert pdf.Root.MarkInfo.Marked
            assert len(pdf.attachments)


@pytest.fixture
def until_signed_off(story: Story) -> Story:
    story.imports_people()
    story.imports_accounts()
    story.names_the_owner()
    story.launches()
    story.decides()
    story.signs_off()
    return story


def test_a_clean_review_ends_in_evidence(until_signed_off: Story, tmp_path: Path) -> None:
    story = until_signed_off
    story.brings_a_fresh_list("max", "rita", "nils")
    story.submits()
    story.takes_the_evidence(tmp_path)
    check_the_evidence(tmp_path)
    assert first_broken_line() is None


def test_a_forgotten_removal_is_caught(until_signed_off: Story, tmp_path: Path) -> None:
    story = until_signed_off
    page = story.brings_a_fresh_list("max", "rita", "nils", "paula")
    expect(page.locator("main")).to_contain_text("Action required: 1 account still active")
    first_row = page.get_by_role("region", name="Rejected access").locator("tbody tr").first
    expect(first_row).to_contain_text("Paula Past")
    expect(page.get_by_role("button", name="Submit the review")).to_have_count(0)
    first_row.get_by_role("textbox").fill("Ticket 4711, removed today")
    first_row.get_by_role("button", name="Save the note").click()
    expect(first_row).to_contain_text("Rufus Rand")
    story.brings_a_fresh_list("max", "rita", "nils", stands="1 account still active")
    story.submits()
    story.takes_the_evidence(tmp_path)
    check_the_evidence(tmp_path)
    assert first_broken_line() is None
