"""How careful a campaign asks its reviewers to be: comments, decisions at once, a second look.

docs/admins/who-reviews.md explains it. Nothing here knows who decides.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from policies.errors import CommentMissing, Invalid
from policies.lifecycle import LOSING, Verdict
from policies.planting import Planting, planting_from_data

MOST_SUGGESTIONS = 20
LONGEST_SUGGESTION = 200
LARGEST_SAMPLE = 50


class Comments(StrEnum):
    """Whether whoever decides says why."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Needing(StrEnum):
    """What a comment may be required on: "reject" is every decision that takes something away."""

    REJECT = "reject"
    AGAINST = "against"
    PRIVILEGED = "privileged"


@dataclass(frozen=True)
class CommentRule:
    """`on` says where a comment is REQUIRED; on everything where it is empty."""

    mode: Comments = Comments.OPTIONAL
    on: frozenset[Needing] = frozenset()

    def as_data(self) -> dict[str, Any]:
        return {"mode": self.mode.value, "on": sorted(each.value for each in self.on)}


@dataclass(frozen=True)
class Care:
    """What a campaign asks for.

    `levels` are the comment rules of single levels, by their number, where they differ.
    `bulk_privileged`: privileged access may be approved on all in view. `second_look` is how many
    of one's approvals, drawn by lot, one looks at again before signing off; 0 for none. `planting`
    are invented accounts laid among the real ones (policies.planting).
    """

    comments: CommentRule = field(default_factory=CommentRule)
    levels: Mapping[int, CommentRule] = field(default_factory=dict)
    suggestions: tuple[str, ...] = ()
    bulk_privileged: bool = True
    second_look: int = 0
    planting: Planting = field(default_factory=Planting)

    def rule_at(self, level: int) -> CommentRule:
        return self.levels.get(level, self.comments)

    def as_data(self) -> dict[str, Any]:
        return {
            "comments": self.comments.as_data(),
            "levels": {str(n): rule.as_data() for n, rule in sorted(self.levels.items())},
            "suggestions": list(self.suggestions),
            "bulk_privileged": self.bulk_privileged,
            "second_look": self.second_look,
            "planting": self.planting.as_data(),
        }


def care_from_data(data: Mapping[str, Any]) -> Care:
    """Read what `Care.as_data` wrote; what is missing is as usual. Invalid on what is unknown."""
    return Care(
        _rule(data.get("comments", {})),
        {int(n): _rule(said) for n, said in data.get("levels", {}).items()},
        suggestions_in(data.get("suggestions", ())),
        bool(data.get("bulk_privileged", True)),
        checked_sample(int(data.get("second_look", 0))),
        planting_from_data(data.get("planting", {})),
    )


def suggestions_in(lines: Iterable[str]) -> tuple[str, ...]:
    """The comments suggested, each once; Invalid where they are too many or too long."""
    said = tuple(dict.fromkeys(filter(None, (" ".join(line.split()) for line in lines))))
    if len(said) > MOST_SUGGESTIONS:
        raise Invalid(f"Suggested comments: {MOST_SUGGESTIONS} at most, one a line.")
    if any(len(line) > LONGEST_SUGGESTION for line in said):
        raise Invalid(f"Suggested comments: {LONGEST_SUGGESTION} characters at most, each.")
    return said


def checked_sample(size: int) -> int:
    if not 0 <= size <= LARGEST_SAMPLE:
        raise Invalid(f"Approvals to look at again: 0 to {LARGEST_SAMPLE}.")
    return size


def refuse_uncommented(
    rule: CommentRule, verdict: Verdict, comment: str, *, is_privileged: bool, is_against: bool
) -> None:
    """CommentMissing, with the sentence, where this decision needs a comment it does not have;
    Invalid where it has one, and none is taken."""
    if comment.strip():
        if rule.mode is Comments.NONE:
            raise Invalid("This campaign takes no comments. Nothing was changed.")
        return
    why = why_needed(rule, verdict, is_privileged=is_privileged, is_against=is_against)
    if why:
        raise CommentMissing(f"{why} Write a comment with it; nothing was changed yet.")


def why_needed(
    rule: CommentRule, verdict: Verdict, *, is_privileged: bool, is_against: bool
) -> str:
    """Why this decision needs a comment, in a sentence; empty where it needs none."""
    if rule.mode is not Comments.REQUIRED or verdict is Verdict.UNDECIDED:
        return ""
    if not rule.on:
        return "Every decision of this review needs a reason."
    if Needing.REJECT in rule.on and verdict in LOSING:
        return "What takes access away needs a reason."
    if Needing.PRIVILEGED in rule.on and is_privileged:
        return "Privileged access needs a reason, whatever is decided."
    if Needing.AGAINST in rule.on and is_against and verdict is Verdict.APPROVED:
        return "To approve this is against the recommendation, and needs a reason."
    return ""


def _rule(data: Mapping[str, Any]) -> CommentRule:
    try:
        mode = Comments(data.get("mode", Comments.OPTIONAL))
        return CommentRule(mode, frozenset(map(Needing, data.get("on", ()))))
    except ValueError:
        raise Invalid("Comments are none, optional or required.") from None
