"""What one types to share a report."""

from collections.abc import Callable, Sequence

from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from policies.letter_kinds import Channel
from portal.models import Person
from portal.usecases.sharing import MOST_DAYS, Sharing

FindPerson = Callable[[str], Person | None]
MOST_PEOPLE = 50


class ShareForm(FlaskForm):
    """With whom, for how long, by which way."""

    people = TextAreaField(
        "With whom?", description="Email addresses of people the portal knows, one a line."
    )
    days = IntegerField(
        "For how many days?",
        [InputRequired("Give a number of days."), NumberRange(1, MOST_DAYS)],
        default=14,
        description="Then the link closes by itself; you can close it before.",
    )
    channel = SelectField("How is it sent?", validate_choice=False, default="")
    message = TextAreaField("What do you want to say?", [Length(max=1000)])

    def __init__(self, find: FindPerson, channels: Sequence[Channel]) -> None:
        super().__init__()
        self._find, self._channels = find, channels
        self.channel.choices = [
            SelectChoice("", "As each person usually gets letters"),
            *(SelectChoice(each.value, each.label) for each in channels),
        ]
        self.found: list[Person] = []

    def validate_people(self, field: TextAreaField) -> None:
        lines = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
        if not 1 <= len(lines) <= MOST_PEOPLE:
            raise ValidationError(f"Name 1 to {MOST_PEOPLE} people.")
        known = {line: self._find(line) for line in lines}
        unknown = [line for line, person in known.items() if person is None]
        if unknown:
            raise ValidationError(
                f"Nobody has the address {', '.join(unknown)}. Invite them as a member, or import "
                "them, first: a report goes only to people the portal knows."
            )
        self.found = [person for person in known.values() if person]

    def sharing(self) -> Sharing:
        """What was typed; only after validate()."""
        chosen = [each for each in self._channels if each.value == self.channel.data]
        message = (self.message.data or "").strip()
        channel = chosen[0] if chosen else None
        return Sharing(self.found, int(self.days.data or 0), message, channel)
