"""What one types to say how careful reviewers are to be, and the policies.care.Care it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from policies.care import Care, CommentRule, Comments, Needing, checked_sample, suggestions_in
from policies.errors import Invalid
from policies.planting import LEAST, MOST, SUGGESTED, Planting, checked_least, planted_in

REQUIRED_ON = (
    (Needing.REJECT.value, "decisions that take access away"),
    (Needing.AGAINST.value, "approvals against the recommendation"),
    (Needing.PRIVILEGED.value, "decisions on privileged access"),
)
AS_CAMPAIGN = "campaign"  # of a level: no rule of its own
SUGGESTIONS = 3  # names at a press


@dataclass(frozen=True)
class TypedRule:
    """A comment rule as typed; a level's `mode` may be AS_CAMPAIGN."""

    mode: str = Comments.OPTIONAL.value
    on: tuple[str, ...] = ()


@dataclass(frozen=True)
class TypedCare:
    """The part of the step that is about care, as typed or stored."""

    comments: TypedRule = TypedRule()
    levels: Mapping[str, TypedRule] = field(default_factory=dict)
    suggestions: str = ""
    bulk_privileged: bool = True
    second_look: str = "0"
    planted: str = ""
    planted_least: str = str(LEAST)

    def at(self, key: str) -> TypedRule:
        """The rule of the level whose part of the form has this key: "l2"."""
        return self.levels.get(key, TypedRule(AS_CAMPAIGN))


def typed_care(form: Any, levels: int) -> TypedCare:
    """What the form says. One without these fields is as it was before there were any."""
    if "comments_mode" not in form:
        return TypedCare()
    return TypedCare(
        _typed_rule(form, "comments"),
        {f"l{n}": _typed_rule(form, f"l{n}_comments") for n in range(1, levels + 1)},
        form.get("suggestions", "").replace("\0", "")[:5000],
        form.get("bulk_privileged") == "1",
        form.get("second_look", "0").strip()[:10],
        form.get("planted", "").replace("\0", "")[:5000],
        form.get("planted_least", str(LEAST)).strip()[:10],
    )


def stored_care(care: Care) -> TypedCare:
    """What is stored, as the form shows it."""
    return TypedCare(
        _as_typed(care.comments),
        {f"l{n}": _as_typed(rule) for n, rule in care.levels.items()},
        "\n".join(care.suggestions),
        care.bulk_privileged,
        str(care.second_look),
        "\n".join(each.line for each in care.planting.accounts),
        str(care.planting.least),
    )


def care_of(typed: TypedCare) -> Care:
    """What was typed. Raises Invalid with a sentence on the first that makes no sense."""
    own = {key: rule for key, rule in typed.levels.items() if rule.mode != AS_CAMPAIGN}
    if not typed.second_look.isdecimal():
        raise Invalid("Approvals to look at again: a number, 0 for none.")
    return Care(
        _rule(typed.comments),
        {int(key[1:]): _rule(rule) for key, rule in own.items()},
        suggestions_in(typed.suggestions.splitlines()),
        typed.bulk_privileged,
        checked_sample(int(typed.second_look)),
        _planting(typed),
    )


def with_suggested(typed: TypedCare) -> TypedCare:
    """With a few more names that could be planted, if there is room for them."""
    there = [line for line in typed.planted.splitlines() if line.strip()]
    new = [name for name in SUGGESTED if not any(line.startswith(name) for line in there)]
    lines = [*there, *new[: min(SUGGESTIONS, MOST - len(there))]] if len(there) < MOST else there
    return replace(typed, planted="\n".join(lines))


def _planting(typed: TypedCare) -> Planting:
    if not typed.planted_least.isdecimal():
        raise Invalid("Planted accounts: the least number of accounts in a list is a number.")
    accounts = planted_in(typed.planted.splitlines())
    return Planting(accounts, checked_least(int(typed.planted_least)))


def _typed_rule(form: Any, name: str) -> TypedRule:
    known = {each.value for each in Needing}
    on = tuple(each for each in form.getlist(f"{name}_on") if each in known)
    return TypedRule(form.get(f"{name}_mode", AS_CAMPAIGN), on)


def _as_typed(rule: CommentRule) -> TypedRule:
    return TypedRule(rule.mode.value, tuple(sorted(each.value for each in rule.on)))


def _rule(typed: TypedRule) -> CommentRule:
    if typed.mode not in {each.value for each in Comments}:
        raise Invalid("Say whether comments are taken: not at all, optional or required.")
    mode = Comments(typed.mode)
    on = typed.on if mode is Comments.REQUIRED else ()
    return CommentRule(mode, frozenset(map(Needing, on)))
