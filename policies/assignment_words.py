"""Who reviews, in words: for pages, the trail and the evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.assignment import Basis, By, Handing, Level, Outcome, Reviewing, Which
from policies.care import Care, CommentRule, Comments, Needing


def reviewing_in_words(
    said: Reviewing, names: Mapping[int, str], labels: Mapping[str, str]
) -> dict[str, Any]:
    """A sentence's part for each of its parts; "levels" is a list of them.

    `names` are people's by id, `labels` those of custom fields by their key.
    """
    falling = [basis_in_words(basis, names, labels) for basis in said.fallbacks]
    removing = [basis_in_words(basis, names, labels) for basis in said.remediation]
    return {
        "levels": [level_in_words(level, names, labels) for level in said.levels],
        "fallbacks": ", else ".join(falling) or "nobody: the account stays unassigned",
        "remediation": ", else ".join(removing),
        "reassigning": _HANDING[said.reassigning.to],
        "care": care_in_words(said.care),
    }


def care_in_words(care: Care) -> str:
    """ "comments required on what takes access away; 5 approvals are looked at again" """
    said = [_rule_in_words(care.comments)]
    said += [f"{_rule_in_words(rule)} at level {n}" for n, rule in sorted(care.levels.items())]
    if not care.bulk_privileged:
        said.append("privileged access is approved one by one")
    if care.second_look:
        count = care.second_look
        said.append(f"{count} {'approval is' if count == 1 else 'approvals are'} looked at again")
    if care.planting:
        count = len(care.planting.accounts)
        said.append(
            f"{count} invented {'account is' if count == 1 else 'accounts are'} planted in lists "
            f"of {care.planting.least:,} or more"
        )
    return "; ".join(said)


def _rule_in_words(rule: CommentRule) -> str:
    if rule.mode is not Comments.REQUIRED:
        return f"{'no comments' if rule.mode is Comments.NONE else 'comments optional'}"
    on = " and ".join(_NEEDING[each] for each in Needing if each in rule.on)
    return f"comments required on {on or 'every decision'}"


def level_in_words(level: Level, names: Mapping[int, str], labels: Mapping[str, str]) -> str:
    """ "each person's manager and Rita Reyes; all of them must approve" """
    said = " and ".join(basis_in_words(basis, names, labels) for basis in level.bases)
    share = f"; {level.share} % of the time" if level.share else ""
    return said + _OUTCOMES[level.outcome] + share


def basis_in_words(basis: Basis, names: Mapping[int, str], labels: Mapping[str, str]) -> str:
    """ "the owners of the application" """
    said = _SAID.get(basis.by, "")
    if basis.by is By.NAMED:
        said = _listed([names.get(each, f"person {each}") for each in basis.people])
    if basis.by is By.OWNER and basis.which is Which.PRIMARY:
        said = "the primary owner of the application"
    if basis.by is By.FIELD:
        said = f"“{labels.get(basis.key, basis.key)}” of the application"
    return f"{said}, for “{basis.instance}” only" if basis.instance else said


def _listed(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


_SAID = {
    By.OWNER: "the owners of the application",
    By.MANAGER: "each person's manager",
    By.MANAGERS_MANAGER: "the manager's manager",
    By.ENTITLEMENT_OWNER: "the owners of what is held",
    By.REVIEWERS_MANAGER: "the manager of the reviewer of the level before",
    By.CAMPAIGN_OWNER: "the campaign's owner",
}
_OUTCOMES = {
    Outcome.ANY: "",
    Outcome.ALL: "; all of them must approve",
    Outcome.MAJORITY: "; the majority of them decides",
}
_NEEDING = {
    Needing.REJECT: "what takes access away",
    Needing.AGAINST: "approvals against the recommendation",
    Needing.PRIVILEGED: "privileged access",
}
_HANDING = {
    Handing.ANYBODY: "reviewers may hand accounts to anybody",
    Handing.LISTED: "reviewers may hand accounts to the people listed",
    Handing.NOBODY: "reviewers may not hand accounts on",
}
