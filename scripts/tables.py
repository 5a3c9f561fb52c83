"""Write docs/lifecycles-and-rights.md from the tables that the portal itself reads.

    .venv/bin/python -m scripts.tables

A test fails when the page and the tables differ.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from policies.lifecycle import CAMPAIGN, REVIEW, SYNC, Lifecycle
from policies.rights import ME, OTHERS, every_permission, extent, sentences
from policies.rules import Actor
from policies.scopes import ADMIN, BUILT_IN_ROLES, MEANINGS, NEEDS, Access, Scope, levels_of

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lifecycles-and-rights.md"

_HEAD = """# Lifecycles and rights

Made by `python -m scripts.tables` from `policies/lifecycle.py`, `policies/scopes.py` and
`policies/permissions.py`, which the portal itself reads. Whatever is not in these tables does not
happen.
"""


def page() -> str:
    """The whole page as Markdown."""
    lifecycles = (_lifecycle(table) for table in (CAMPAIGN, REVIEW, SYNC))
    return "\n".join([_HEAD, *lifecycles, _scopes(), _roles(), _rights(), _refusals()])


def _lifecycle(table: Lifecycle[Any]) -> str:
    lines = [
        f"    {_node(source)} --> {_node(move.target)}: {name.replace('_', ' ')}"
        for name, move in table.moves.items()
        for source in sorted(move.sources)
    ]
    body = "\n".join(lines)
    return f"## {table.noun.capitalize()}\n\n```mermaid\nstateDiagram-v2\n{body}\n```\n"


def _scopes() -> str:
    rows = [
        [scope.value if not level else "", level.label, MEANINGS[scope][level]]
        for scope in Scope
        for level in levels_of(scope)
    ]
    needs = [
        f"- {need.scope.value} needs at least read-only on "
        f"{', '.join(other.value for other in need.others)}: {need.because}."
        for need in NEEDS
    ]
    table = _table(["Scope", "Level", "What this lets one do"], rows)
    return "\n".join(["## What each level lets one do", "", *table, "", *needs, ""])


def _roles() -> str:
    rows = [[scope.value, *(_access(role, scope) for role in BUILT_IN_ROLES)] for scope in Scope]
    note = (
        "Take action includes read-only. Without access to a scope, its pages do not exist. "
        "Only an Admin creates roles and invites members."
    )
    table = _table(["Scope", *BUILT_IN_ROLES], rows)
    return "\n".join(["## Built-in roles", "", *table, "", note, ""])


def _rights() -> str:
    columns = [_holder(role) for role in BUILT_IN_ROLES] + list(OTHERS)
    rows = [
        [permission.name.capitalize(), *(extent(permission, actor).value for actor in columns)]
        for permission in every_permission()
    ]
    note = (
        "Own only: on applications one owns, reviews and accounts one was asked to look at, access "
        "one was asked to remove, lists one uploaded. Owners without a role come in only where "
        "the organisation lets them."
    )
    table = _table(["To", *(actor.name for actor in columns)], rows)
    return "\n".join(["## Who may do what", "", *table, "", note, ""])


def _refusals() -> str:
    rows = [
        [permission.name.capitalize(), "<br>".join(sentences(permission))]
        for permission in every_permission()
    ]
    table = _table(["To", "Said to whoever may not"], rows)
    return "\n".join(["## What a refusal says", "", *table, ""])


def _holder(role: str) -> Actor:
    return Actor(ME, role, BUILT_IN_ROLES[role], role == ADMIN)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _access(role: str, scope: Scope) -> str:
    return BUILT_IN_ROLES[role].get(scope, Access.NONE).label.lower()


def _node(state: str) -> str:
    return state.replace(" ", "_")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
