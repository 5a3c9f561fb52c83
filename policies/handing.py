"""Handing items on: who may take them, in which words it is refused and told."""

from policies.assignment import Handing, Reassigning
from policies.errors import Invalid
from policies.reviewers import Somebody

LONGEST_REASON = 500


def check_taker(
    taker: Somebody, name: str, said: Reassigning, *, may_choose: bool, giver_id: int | None
) -> None:
    """Raise Invalid with a sentence where `taker` cannot take over what a reviewer hands on.

    `may_choose`: whoever runs the campaign is not held to the campaign's list.
    """
    if taker.is_past:
        raise Invalid(f"{name} is not here any more. Choose somebody who is.")
    if taker.is_denied:
        raise Invalid(f"{name} is on the list of people never assigned (Settings).")
    if taker.id == giver_id:
        raise Invalid(f"{name} has them already. Choose somebody else.")
    if may_choose:
        return
    if said.to is Handing.NOBODY:
        raise Invalid("In this campaign accounts are not handed on. Ask whoever runs it.")
    if said.to is Handing.LISTED and taker.id not in said.people:
        raise Invalid(f"{name} is not among those this campaign lets you hand accounts to.")


def checked_reason(text: str) -> str:
    """Why, as it is kept; Invalid where nothing is said."""
    reason = " ".join(text.split())
    if not reason:
        raise Invalid("Say why; the reason is kept in the evidence, and told to whoever takes it.")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"The reason is too long: {LONGEST_REASON} characters at most.")
    return reason
