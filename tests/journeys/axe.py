"""axe-core in the page: what a screen reader or a keyboard would stumble over."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

_SOURCE = Path(__file__).with_name("vendor") / "axe.min.js"
COLOURS = ("color-contrast", "link-in-text-block")  # the rules that look at colours
# What passes is counted, not described: to describe every element takes most of the time.
_RUN = """async (asked) => {
  const found = await axe.run(document, {runOnly: asked, resultTypes: ["violations"]});
  return [found.passes.length, found.violations];
}"""


def axe(page: Page, *, only_colours: bool = False) -> list[str]:
    """Violations on the page as it stands, one readable paragraph each; empty is good.

    axe is evaluated by the debugger, not loaded by the page, so the CSP stays in force.
    `only_colours`: where all the rest was looked at before, in another theme.
    """
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_SOURCE.read_text())
    rules = {"type": "rule", "values": list(COLOURS)}
    asked = rules if only_colours else {"type": "tag", "values": list(TAGS)}
    passed, violations = page.evaluate(_RUN, asked)
    assert passed, "axe looked at nothing"
    return [_readable(violation) for violation in violations]


def _readable(violation: dict[str, Any]) -> str:
    places = [
        f"  {' '.join(map(str, node['target']))}\n    {_reason(node)}"
        for node in violation["nodes"][:8]
    ]
    head = f"{violation['id']} ({violation['impact']}): {violation['help']}"
    return "\n".join([f"{head}, {len(violation['nodes'])} x", *places])


def _reason(node: dict[str, Any]) -> str:
    return " ".join(str(node["failureSummary"]).split())
