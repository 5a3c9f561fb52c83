"""Write docs/lifecycles-and-rights.md from the tables that the portal itself reads.

    .venv/bin/python -m scripts.tables

A test fails when the page and the tables differ.
"""

from pathlib import Path
from typing import Any

from policies.lifecycle import CAMPAIGN, REVIEW, SYNC, Lifecycle
from policies.scopes import BUILT_IN_ROLES, Access, Scope

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lifecycles-and-rights.md"

_HEAD = """# Lifecycles and rights

Made by `python -m scripts.tables` from `policies/lifecycle.py` and `policies/scopes.py`, which
the portal itself reads. Whatever is not in these tables does not happen.
"""


def page() -> str:
    """The whole page as Markdown."""
    parts = [_HEAD, *(_lifecycle(table) for table in (CAMPAIGN, REVIEW, SYNC)), _roles()]
    return "\n".join(parts)


def _lifecycle(table: Lifecycle[Any]) -> str:
    lines = [
        f"    {_node(source)} --> {_node(move.target)}: {name.replace('_', ' ')}"
        for name, move in table.moves.items()
        for source in sorted(move.sources)
    ]
    body = "\n".join(lines)
    return f"## {table.noun.capitalize()}\n\n```mermaid\nstateDiagram-v2\n{body}\n```\n"


def _roles() -> str:
    rows = [
        f"| {scope.value} | " + " | ".join(_access(role, scope) for role in BUILT_IN_ROLES) + " |"
        for scope in Scope
    ]
    head = f"| Scope | {' | '.join(BUILT_IN_ROLES)} |"
    rule = "|---" * (len(BUILT_IN_ROLES) + 1) + "|"
    note = "Take action includes read-only. Without access to a scope, its pages do not exist."
    return "\n".join(["## Built-in roles", "", head, rule, *rows, "", note, ""])


def _access(role: str, scope: Scope) -> str:
    return BUILT_IN_ROLES[role].get(scope, Access.NONE).label.lower()


def _node(state: str) -> str:
    return state.replace(" ", "_")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
