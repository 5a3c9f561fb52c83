"""A real Chromium for journeys and screenshots: found, started, watched.

Where no browser is found there is one sentence, and it fails the run unless
COUNTERSIGN_NO_BROWSER=1 asks for the journeys to be left out.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

Theme = Literal["light", "dark"]

WIDTHS = {1440: 900, 768: 1024, 390: 844}
THEMES: tuple[Theme, ...] = ("light", "dark")
NO_BROWSER = (
    "The journeys need Chromium: run `apt-get install chromium` or "
    "`.venv/bin/playwright install chromium`, or set COUNTERSIGN_NO_BROWSER=1 to leave them out."
)

# htmx tells the console of a question taken back because a newer one or another page came; and
# once more that it is over, as after every question that failed, whose own line says why.
_TAKEN_BACK = ("htmx:sendAbort", "htmx:afterRequest")
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class BrowserMissing(Exception):
    """No Chromium on this machine; the message is what to do about it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium: CHROMIUM, else one on the PATH, else Playwright's own."""
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Complaints:
    """What the browser said against a page: console errors, CSP violations, exceptions."""

    heard: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Let a complaint that contains `part` pass: a refused form is logged as an error too."""
        self.expected.append(part)

    @property
    def unexpected(self) -> list[str]:
        return [said for said in self.heard if not any(part in said for part in self.expected)]


def listen(page: Page) -> Complaints:
    """Collect what the browser complains about from now on."""
    complaints = Complaints()

    def on_console(message: ConsoleMessage) -> None:
        said = message.text
        if said.startswith(_TAKEN_BACK):
            return
        if message.type == "error" or "Content Security Policy" in said:
            complaints.heard.append(f"{said} ({message.location.get('url', '')})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.heard.append(str(error)))
    return complaints


def shots(page: Page, folder: Path, name: str, *, whole: bool = True) -> list[Path]:
    """Pictures of the page as it stands, at every width, light and dark."""
    before = page.viewport_size
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate("scrollTo(0, 0)")
            path = folder / f"{_slug(name)}-{width}-{theme}.png"
            page.screenshot(path=path, full_page=whole, animations="disabled")
            taken.append(path)
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)
    return taken


def printed(page: Page, folder: Path, name: str) -> Path:
    """The page as it comes out of a printer."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_slug(name)}.pdf"
    page.pdf(path=path, prefer_css_page_size=True, print_background=False)
    return path


def _launch(playwright: Playwright) -> Browser:
    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)
    try:
        return playwright.chromium.launch(executable_path=_found(_candidates()), args=flags)
    except PlaywrightError as missing:
        if "Executable doesn't exist" in str(missing):
            raise BrowserMissing(NO_BROWSER) from missing
        raise


def _candidates() -> Iterable[str | None]:
    yield os.environ.get("CHROMIUM")
    yield from map(shutil.which, _NAMES)


def _found(candidates: Iterable[str | None]) -> str | None:
    return next((path for path in candidates if path), None)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "start"
