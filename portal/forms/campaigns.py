"""What one types to plan a campaign, and the plan it becomes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from policies.assignment import reviewed_by
from policies.deadlines import Undecided
from policies.errors import Invalid
from policies.fields import SCOPE_FIELDS
from policies.filters import Fields, Filter, from_data, from_form
from portal import clock
from portal.models import Campaign, Person
from portal.models.campaign import UserScope
from portal.usecases.campaigns import Plan

FARTHEST = timedelta(days=3_660)

FindPerson = Callable[[str], Person | None]


class CampaignForm(FlaskForm):
    """Everything about a campaign on one page. The two filters are read beside it."""

    name = StringField("Name", [DataRequired("Give the campaign a name."), Length(max=120)])
    due = DateField(
        "Due date",
        [InputRequired("Choose a due date.")],
        description="The last day to decide, UTC.",
    )
    instructions = TextAreaField(
        "Note to reviewers", [Length(max=2000)], description="Shown on top of the review."
    )
    user_scope = RadioField(
        "Which accounts are reviewed?",
        choices=[
            SelectChoice("all", "All accounts"),
            SelectChoice("privileged", "Privileged accounts only"),
            SelectChoice("filter", "Accounts that match the conditions below"),
        ],
        default="all",
    )
    reviewers = RadioField(
        "Who reviews?",
        choices=[
            SelectChoice("owner", "The owners of each application"),
            SelectChoice("named", "People I name"),
        ],
        default="owner",
    )
    reviewer_emails = TextAreaField(
        "Reviewers", description="Email addresses, one a line. They need no account here."
    )
    remediation = RadioField(
        "Who removes rejected access?",
        choices=[
            SelectChoice("owner", "The owner of each application"),
            SelectChoice("named", "Someone I name"),
        ],
        default="owner",
    )
    remediation_email = StringField("Remediation owner", description="An email address.")
    accepts_late = BooleanField("Accept decisions after the due date")
    undecided = RadioField(
        "What happens to undecided accounts at the due date?",
        choices=[
            SelectChoice(Undecided.LEAVE.value, "They stay open"),
            SelectChoice(Undecided.REJECT.value, "They are rejected, with a note"),
            SelectChoice(Undecided.EXPIRE.value, "Their reviews expire"),
        ],
        description="Told 48 hours before to you and to whoever still owes something.",
        default=Undecided.LEAVE.value,
    )

    def __init__(self, find: FindPerson, application_fields: Fields, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._find = find
        self._filterable = application_fields
        self.found: list[Person] = []
        self.remover: Person | None = None

    def validate_due(self, field: DateField) -> None:
        if field.data and field.data < clock.today():
            raise ValidationError("The due date lies in the past. Choose today or later.")
        if field.data and field.data > clock.today() + FARTHEST:
            raise ValidationError("The due date lies over ten years ahead.")

    def validate_undecided(self, field: RadioField) -> None:
        if self.accepts_late.data and field.data != Undecided.LEAVE.value:
            raise ValidationError("Late decisions are taken only where these stay open.")

    def validate_reviewer_emails(self, field: TextAreaField) -> None:
        if self.reviewers.data != "named":
            return
        lines = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
        if not lines:
            raise ValidationError("Name at least one reviewer.")
        self.found = [self._person(line) for line in lines]

    def validate_remediation_email(self, field: StringField) -> None:
        if self.remediation.data == "named":
            if not (field.data or "").strip():
                raise ValidationError("Name who removes rejected access.")
            self.remover = self._person(field.data or "")

    def application_filter(self) -> Filter:
        return _read("app_", self._filterable)

    def user_filter(self) -> Filter:
        return _read("user_", SCOPE_FIELDS)

    def filter_errors(self) -> list[tuple[str, str]]:
        """What is wrong with the two filters, with the place on the page."""
        found = []
        for prefix, fields, anchor in (
            ("app_", self._filterable, "#applications"),
            ("user_", SCOPE_FIELDS, "#users"),
        ):
            try:
                from_form(request.values, fields, prefix)
            except Invalid as refusal:
                found.append((str(refusal), anchor))
        if self.user_scope.data == "filter" and not found and not self.user_filter():
            found.append(("Add a condition, or review all accounts.", "#users"))
        return found

    def named_reviewers(self) -> list[tuple[str, Person | None]]:
        """Each address typed, with whoever has it; none where the owners review."""
        typed = (self.reviewer_emails.data or "") if self.reviewers.data == "named" else ""
        return [(line.strip(), self._find(line)) for line in typed.splitlines() if line.strip()]

    def doubts(self) -> list[str]:
        """What the preview cannot take into account as it is typed, in sentences."""
        unread = [sentence for sentence, _ in self.filter_errors()]
        named = self.named_reviewers()
        return unread + [f"Nobody has the address “{line}”." for line, found in named if not found]

    def plan(self) -> Plan:
        """The plan; only after validate()."""
        scope = UserScope(self.user_scope.data)
        chosen = self.user_filter() if scope is UserScope.FILTER else Filter()
        due = self.due.data or clock.today()
        day_after = datetime.combine(due, time(), UTC) + timedelta(days=1)
        return Plan(
            name=self.name.data or "",
            due_at=day_after - timedelta(seconds=1),
            application_filter=self.application_filter().as_data(),
            user_scope=scope,
            user_filter=chosen.as_data(),
            reviewing=reviewed_by(
                [person.id for person in self.found], self.remover.id if self.remover else None
            ),
            accepts_late=bool(self.accepts_late.data),
            undecided=Undecided(self.undecided.data),
            instructions=self.instructions.data or "",
        )

    def _person(self, address: str) -> Person:
        person = self._find(address)
        if person is None:
            who = address.strip()
            raise ValidationError(f"Nobody has the address “{who}”. Import people first.")
        return person


def as_typed(campaign: Campaign, named: Sequence[Person]) -> dict[str, Any]:
    """A stored campaign as the form's data, for editing; `named` are its named reviewers."""
    remover = campaign.remediation_owner
    return {
        "name": campaign.name,
        "due": campaign.due_at.date(),
        "instructions": campaign.instructions,
        "user_scope": campaign.user_scope.value,
        "reviewers": "named" if named else "owner",
        "reviewer_emails": "\n".join(person.email or "" for person in named),
        "remediation": "named" if remover else "owner",
        "remediation_email": (remover.email or "") if remover else "",
        "accepts_late": campaign.accepts_late,
        "undecided": campaign.undecided.value,
    }


def stored_filters(campaign: Campaign) -> tuple[Filter, Filter]:
    return from_data(campaign.application_filter), from_data(campaign.user_filter)


def _read(prefix: str, fields: Fields) -> Filter:
    try:
        return from_form(request.values, fields, prefix)
    except Invalid:
        return Filter()
