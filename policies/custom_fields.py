"""Fields an organisation adds to its applications: their kinds, and what may stand in one.

Whom a name in a field of the kind "person" means is found where people are
(portal.usecases.custom_fields): kept is the person's id.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from policies.errors import Invalid

TEXT, NUMBER, DATE, PERSON, CHOICE = KINDS = ("text", "number", "date", "person", "choice")
LONGEST_LABEL, LONGEST_CHOICE = 60, 100  # characters
_EXAMPLES = {NUMBER: "1.5", DATE: "2026-12-31"}


def key_of(label: str) -> str:
    """The key under which values are kept, for good: "Data class" gives data_class.

    Empty where the label has no letter or digit.
    """
    return "".join(each if each.isalnum() else "_" for each in label.lower()).strip("_")


def checked_label(text: str) -> str:
    """The name of a field, without needless space. Raises Invalid with a sentence."""
    label = " ".join(text.split())
    if not key_of(label):
        raise Invalid("Give the field a name, such as “Data class”.")
    if len(label) > LONGEST_LABEL:
        raise Invalid(f"The name of a field has at most {LONGEST_LABEL} characters.")
    return label


def checked_choices(kind: str, typed: Sequence[str]) -> list[str]:
    """What one can choose from, in order; none for any other kind than "choice"."""
    if kind != CHOICE:
        return []
    choices = [" ".join(each.split()) for each in typed if each.strip()]
    if not choices:
        raise Invalid("Say what one can choose from, one choice a line.")
    if any(len(each) > LONGEST_CHOICE for each in choices):
        raise Invalid(f"A choice has at most {LONGEST_CHOICE} characters.")
    twice = {each for each in choices if sum(each.lower() == c.lower() for c in choices) > 1}
    if twice:
        raise Invalid(f"“{min(twice)}” stands twice among the choices.")
    return choices


def read_value(kind: str, label: str, choices: Sequence[str], text: str) -> str:
    """The value in the one way its kind is written: 1.5, 2026-12-31. Empty stays empty.

    Not for persons. Raises Invalid with a sentence.
    """
    try:
        if text and kind == NUMBER:
            return _plain(text)
        if text and kind == DATE:
            return date.fromisoformat(text).isoformat()
    except (ValueError, InvalidOperation):
        example = _EXAMPLES[kind]
        raise Invalid(f"{label}: “{text}” is not a {kind}. Write {example}.") from None
    if text and kind == CHOICE and text not in choices:
        raise Invalid(f"{label}: choose one of {', '.join(choices)}.")
    return text


def _plain(text: str) -> str:
    number = Decimal(text.replace(",", "."))
    if not number.is_finite() or number.adjusted() > 30:
        raise ValueError(text)
    return f"{number:f}"
