"""Take pictures of a running portal: every width, light and dark, on paper, and ask axe.

    .venv/bin/python scripts/look.py --sign-in LINK /campaigns /people
    .venv/bin/python scripts/look.py --base http://127.0.0.1:5000 --axe --print /_styleguide

Pictures land in build/shots. The exit status is 1 when axe or the browser complained.
"""

import argparse
import sys
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.journeys.axe import axe  # noqa: E402  the repository is on the path only from here on
from tests.journeys.browser import (  # noqa: E402  as above
    THEMES,
    BrowserMissing,
    chromium,
    listen,
    printed,
    shots,
)


def main() -> int:
    """Look at the pages named on the command line."""
    wanted = _arguments()
    try:
        with chromium() as browser:
            page = browser.new_page()
            if wanted.sign_in:
                _enter(page, wanted.sign_in)
            complaints = listen(page)
            found = [said for path in wanted.paths for said in _look_at(page, path, wanted)]
    except BrowserMissing as missing:
        print(missing, file=sys.stderr)
        return 2
    print("\n".join(found + complaints.unexpected) or "No complaints.")
    return 1 if found or complaints.unexpected else 0


def _enter(page: Page, link: str) -> None:
    """Follow a personal link; a sign-in link asks to press a button first."""
    page.goto(link)
    if "/in/" in page.url:
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url(lambda url: "/in/" not in url)


def _look_at(page: Page, path: str, wanted: argparse.Namespace) -> list[str]:
    page.goto(urljoin(wanted.base, path), wait_until="networkidle")
    for taken in shots(page, wanted.out, path, whole=not wanted.fold):
        print(taken)
    if wanted.print:
        print(printed(page, wanted.out, path))
    return _ask_axe(page, path) if wanted.axe else []


def _ask_axe(page: Page, path: str) -> list[str]:
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [f"{path} in {theme}: {said}" for said in axe(page)]
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="+", help="URL paths, such as /campaigns")
    parser.add_argument("--sign-in", help="a one-time sign-in link, opened first")
    parser.add_argument("--base", help="where the portal runs; taken from --sign-in if left out")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "shots")
    parser.add_argument("--print", action="store_true", help="also print each page to PDF")
    parser.add_argument("--axe", action="store_true", help="also ask axe, light and dark")
    parser.add_argument("--fold", action="store_true", help="only what is seen without scrolling")
    wanted = parser.parse_args()
    wanted.base = wanted.base or _origin(wanted.sign_in)
    return wanted


def _origin(link: str | None) -> str:
    parts = urlsplit(link or "http://127.0.0.1:5000")
    return f"{parts.scheme}://{parts.netloc}"


if __name__ == "__main__":
    sys.exit(main())
