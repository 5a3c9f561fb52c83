"""Templates keep to the content policy and to the sprite."""

import hashlib
import re
from pathlib import Path

import pytest

PORTAL = Path(__file__).parents[2] / "portal"
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))

INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=\"|\shx-on|javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE
)
ICON = re.compile(r"""icon\(\s*["']([a-z-]+)["']|icon_name=["']([a-z-]+)["']""")


def _name(path: Path) -> str:
    return str(path.relative_to(PORTAL))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_no_template_carries_a_style_or_a_script_of_its_own(path: Path) -> None:
    found = [line.strip() for line in path.read_text().splitlines() if INLINE.search(line)]
    assert not found


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_icon_a_template_names_is_in_the_sprite(path: Path) -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (PORTAL / "static/icons.svg").read_text()))
    named = {first or second for first, second in ICON.findall(path.read_text())}
    assert named <= drawn | {"state-"}


def test_the_vendored_htmx_is_the_one_that_was_published() -> None:
    vendor = PORTAL / "static/vendor"
    expected, name = (vendor / "htmx-2.0.11.min.js.sha256").read_text().split()
    assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == expected
