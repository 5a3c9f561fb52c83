"""Who reviews, in words: for pages, the trail and the evidence."""

from collections.abc import Mapping, Sequence
from typing import Any

from policies.assignment import Basis, By, Handing, Level, Outcome, Reviewing, Which


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
    }


def level_in_words(level: Level, names: Mapping[int, str], labels: Mapping[str, str]) -> str:
    """ "each person's manager and Rita Reyes; all of them must approve" """
    said = " and ".join(basis_in_words(basis, names, labels) for basis in level.bases)
    return said + _OUTCOMES[level.outcome]


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
    By.REVIEWERS_MANAGER: "the manager of the reviewer of the level before",
    By.CAMPAIGN_OWNER: "the campaign's owner",
}
_OUTCOMES = {
    Outcome.ANY: "",
    Outcome.ALL: "; all of them must approve",
    Outcome.MAJORITY: "; the majority of them decides",
}
_HANDING = {
    Handing.ANYBODY: "reviewers may hand accounts to anybody",
    Handing.LISTED: "reviewers may hand accounts to the people listed",
    Handing.NOBODY: "reviewers may not hand accounts on",
}
