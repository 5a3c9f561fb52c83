"""A live portal and a real browser for whole stories.

The portal of tests/conftest.py is served from a thread on a free port, with its forgery
protection on and its links leading there. Whatever the browser complains about (an error in
the console, a violation of the content policy) fails the test.
"""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Person
from portal.queries.actors import member_of
from portal.queries.links import url_of
from portal.usecases.links import write_link
from tests.journeys.axe import axe
from tests.journeys.browser import NO_BROWSER, THEMES, BrowserMissing, Complaints, chromium, shots
from tests.journeys.browser import listen as listen_to

HERE = Path(__file__).parent
# Chromium keeps some inherited light-dark() colours when the scheme changes under a page.
_PAINT_ANEW = """() => {
  const { style } = document.documentElement;  // not body.hidden: pages say how it is shown
  for (const display of ["none", ""]) { style.display = display; document.body.offsetHeight; }
}"""
SHOTS = HERE.parents[1] / "build" / "shots"


class _Quiet(WSGIRequestHandler):
    """The portal logs its requests itself."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is a journey and may speak to this machine, nothing else."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "localhost"]))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    if os.environ.get("COUNTERSIGN_NO_BROWSER") == "1":
        pytest.skip(NO_BROWSER)
    try:
        with chromium() as started:
            yield started
    except BrowserMissing as missing:
        pytest.fail(str(missing), pytrace=False)


def _whole(app: Flask) -> Callable[[Any, Any], Iterable[bytes]]:
    """Answers all at once: the server leaves a file open when a browser hangs up midway."""

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        with closing(ClosingIterator(app(environ, start_response))) as parts:
            return [b"".join(parts)]

    return answer


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The address of the portal, served by a thread as long as the test lasts."""
    server = make_server("127.0.0.1", 0, _whole(app), threaded=True, request_handler=_Quiet)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    before = app.extensions["config"], app.config["WTF_CSRF_ENABLED"]
    app.extensions["config"] = replace(before[0], base_url=address)
    app.config["WTF_CSRF_ENABLED"] = True
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        app.extensions["config"], app.config["WTF_CSRF_ENABLED"] = before


@pytest.fixture
def open_page(browser: Browser, live_server: str) -> Iterator[Callable[[], Page]]:
    """Open a window of its own, as another person at another desk would."""
    opened: list[tuple[Page, Complaints]] = []

    def open_page(*, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=live_server,
            viewport={"width": 1440, "height": 900},
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        opened.append((page, listen_to(page)))
        page.complaints = opened[-1][1]  # type: ignore[attr-defined]  # a test may expect some
        return page

    yield open_page
    said = [line for _, complaints in opened for line in complaints.unexpected]
    for page, _ in opened:
        with suppress(PlaywrightError):
            page.context.close()
    assert not said, "The browser complained:\n" + "\n".join(said)


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    """One window."""
    return open_page()


@pytest.fixture
def come_in(cast: SimpleNamespace) -> Callable[[Page, str], None]:
    """Let someone of the cast in by a real personal link, pressing the button where it asks."""
    ids = {first: person.id for first, person in vars(cast).items()}

    def come_in(page: Page, first: str) -> None:
        person = db.session.get_one(Person, ids[first])
        purpose = "sign-in" if member_of(person.id) else "tasks"
        link = url_of(write_link(person, purpose, by=SYSTEM))
        db.session.remove()
        page.goto(link)
        if purpose == "sign-in":
            page.locator("main form button[type=submit]").first.click()
            page.wait_for_url(lambda url: "/in/" not in url)

    return come_in


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keep pictures of the page in build/shots, when SHOTS=1."""

    def shoot(page: Page, name: str) -> None:
        if os.environ.get("SHOTS") == "1":
            shots(page, SHOTS, name)

    return shoot


@pytest.fixture
def easy_to_use(shoot: Callable[[Page, str], None]) -> Callable[[Page, str], None]:
    """Nobody is shut out of this page, by axe's rules, in light and in dark."""

    def easy_to_use(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.locator("main h1").wait_for()
        shoot(page, name)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.evaluate(_PAINT_ANEW)
            found = axe(page, only_colours=theme != THEMES[0])
            assert not found, f"{name} in {theme}:\n" + "\n".join(found)
        page.emulate_media(color_scheme="light")

    return easy_to_use
