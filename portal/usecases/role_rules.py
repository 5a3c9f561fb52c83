"""The rules of an identity provider: who gets which role. The first that holds decides."""

from collections.abc import Sequence

from policies.errors import Invalid
from policies.permissions import ADMINISTER, Actor, require
from portal.db import db
from portal.models import IdentityProvider, Role, RoleRule
from portal.usecases.trail import record
from portal.usecases.unit import usecase

MOST_RULES = 200
LONGEST = 200


@usecase
def add_rule(
    provider: IdentityProvider, claim: str, value: str, role: Role | None, *, by: Actor
) -> RoleRule:
    """A rule behind all others: `claim` having `value` ("*": any) gives `role` (None: none)."""
    require(ADMINISTER, by, None)
    claim, value = _typed("Claim", claim), _typed("Value", value)
    if len(provider.rules) >= MOST_RULES:
        raise Invalid(f"There are {MOST_RULES} rules already. Have the provider send fewer groups.")
    rule = RoleRule(
        provider_id=provider.id,
        position=len(provider.rules),
        claim=claim,
        value=value,
        role_id=role.id if role else None,
    )
    db.session.add(rule)
    record("rule added", provider, by=by, rule=_said(claim, value, role))
    return rule


@usecase
def move_rule(provider: IdentityProvider, rule_id: int, step: int, *, by: Actor) -> None:
    """Move a rule one place up (-1) or down (1); nothing happens at either end."""
    require(ADMINISTER, by, None)
    rules = list(provider.rules)
    old = _index(rules, rule_id)
    new = max(0, min(len(rules) - 1, old + (1 if step > 0 else -1)))
    moved = rules.pop(old)
    rules.insert(new, moved)
    _number(rules)
    said = _said(moved.claim, moved.value, moved.role)
    record("rule moved", provider, by=by, rule=said, was=old + 1, now=new + 1)


@usecase
def remove_rule(provider: IdentityProvider, rule_id: int, *, by: Actor) -> None:
    """Take a rule away; whoever has a role by it loses that at their next sign-in."""
    require(ADMINISTER, by, None)
    rules = list(provider.rules)
    gone = rules.pop(_index(rules, rule_id))
    said = _said(gone.claim, gone.value, gone.role)
    provider.rules.remove(gone)
    _number(rules)
    record("rule removed", provider, by=by, rule=said)


def _typed(label: str, text: str) -> str:
    words = " ".join(text.split())
    if not words or len(words) > LONGEST:
        raise Invalid(f"{label}: write from 1 to {LONGEST} characters.")
    return words


def _index(rules: Sequence[RoleRule], rule_id: int) -> int:
    for index, rule in enumerate(rules):
        if rule.id == rule_id:
            return index
    raise Invalid("Somebody removed this rule meanwhile. Nothing was changed.")


def _number(rules: Sequence[RoleRule]) -> None:
    for position, rule in enumerate(rules):
        rule.position = position


def _said(claim: str, value: str, role: Role | None) -> str:
    return f"{claim} is {value}: {role.name if role else 'plain employee'}"
