"""What an Admin types to invite people, and the invitation it becomes."""

from collections.abc import Sequence
from datetime import datetime

from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import InputRequired, ValidationError

from policies.errors import Invalid
from policies.invitations import Invitee, end_of_day, invitees
from portal import clock
from portal.models import Role
from portal.queries.invitations import Invitation


class InvitationForm(FlaskForm):
    """Who, as what, until when."""

    people = TextAreaField(
        "Email addresses",
        [InputRequired("Write at least one email address.")],
        description="One, or a whole list: by lines, commas or semicolons, with or without names, "
        "as in Ada Abbot <ada@audit.example>.",
    )
    role = SelectField("Role", validate_choice=False)
    is_external = BooleanField(
        "External people",
        description="They do not belong to the organisation: auditors, for instance. They need a "
        "last day, and what they download carries their name.",
    )
    ends = StringField(
        "Last day",
        description="Access ends at the end of this day (UTC). Leave it empty for no end.",
    )

    def __init__(self, roles: Sequence[Role]) -> None:
        super().__init__()
        self.roles = {role.name: role for role in roles}
        self.role.choices = [SelectChoice(name, name) for name in self.roles]
        self.named: list[Invitee] = []
        self.ends_at: datetime | None = None

    def validate_people(self, field: TextAreaField) -> None:
        try:
            self.named = invitees(field.data or "")
        except Invalid as invalid:
            raise ValidationError(str(invalid)) from invalid

    def validate_role(self, field: SelectField) -> None:
        if field.data not in self.roles:
            raise ValidationError("Choose a role.")

    def validate_ends(self, field: StringField) -> None:
        try:
            self.ends_at = end_of_day(field.data or "", clock.today())
        except Invalid as invalid:
            raise ValidationError(str(invalid)) from invalid
        if self.is_external.data and self.ends_at is None:
            raise ValidationError("External people come for a time: give their last day.")

    def asked(self) -> Invitation:
        """What was typed, once it is valid by itself; nobody is looked up yet."""
        role = self.roles[str(self.role.data)]
        return Invitation(self.named, role, self.ends_at, bool(self.is_external.data))
