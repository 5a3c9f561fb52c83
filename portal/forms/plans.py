"""What one types in the steps of planning a campaign: its name, its applications, its users."""

from dataclasses import replace
from typing import Any

from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import DataRequired, Length, NumberRange, ValidationError

from policies.filters import Filter
from policies.guidance import Guidance, StartView
from policies.recommendations import RULES
from policies.templates import FRAMEWORKS
from policies.user_scope import LONGEST_DAYS, Granularity, Services, UserScope
from portal.models import Campaign
from portal.usecases.campaigns import Plan


class ApplicationsForm(FlaskForm):
    """The first step. Its filter is read beside it."""

    name = StringField("Name", [DataRequired("Give the campaign a name."), Length(max=120)])
    frameworks = SelectMultipleField("What it serves", validate_choice=False)

    def __init__(self, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        own = [each for each in campaign.frameworks if each not in FRAMEWORKS]
        self.frameworks.choices = [SelectChoice(each, each) for each in (*FRAMEWORKS, *own)]

    def plan(self, was: Plan, chosen: Filter) -> Plan:
        """The plan with what this step says."""
        tags = tuple(tag for tag in (self.frameworks.data or []) if len(tag) <= 60)
        name = (self.name.data or "").replace("\0", "").strip()
        return replace(was, name=name, frameworks=tags, application_filter=chosen.as_data())


_SCOPES = [
    SelectChoice(UserScope.ALL.value, "Everybody"),
    SelectChoice(UserScope.PRIVILEGED.value, "Only accounts with privileged access"),
    SelectChoice(UserScope.EXTERNAL.value, "Only external people"),
    SelectChoice(UserScope.INACTIVE.value, "Only accounts that were not used for a while"),
    SelectChoice(UserScope.NEW.value, "Only what is new since the last review"),
    SelectChoice(UserScope.FILTER.value, "Accounts that match conditions"),
    SelectChoice(UserScope.AGAIN.value, "Those chosen to be decided again"),
]


class UsersForm(FlaskForm):
    """The second step. Its filter is read beside it."""

    user_scope = RadioField("Which accounts are reviewed?", choices=_SCOPES)
    inactive_days = IntegerField(
        "Days without use",
        [NumberRange(1, LONGEST_DAYS)],
        description="Accounts whose last use is not known are left out.",
    )
    services = RadioField(
        "Service accounts",
        choices=[
            SelectChoice(Services.IN.value, "Reviewed like the others"),
            SelectChoice(Services.OUT.value, "Left out"),
            SelectChoice(Services.ONLY.value, "Nothing but service accounts"),
        ],
    )

    granularity = RadioField(
        "One line to decide is",
        choices=[
            SelectChoice(Granularity.ACCOUNT.value, "An account, with everything it holds"),
            SelectChoice(
                Granularity.ENTITLEMENT.value,
                "One entitlement of an account: a role, group, license or permission",
            ),
        ],
        description="By entitlement, rejecting takes one thing away and the account keeps the rest."
        " An account that holds nothing is one line either way.",
        validate_choice=False,  # what is not said stays as it was
    )

    def __init__(self, *, has_conditions: bool = True, again: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._has_conditions = has_conditions
        if not again:  # only a follow-up can be about that
            self.user_scope.choices = _SCOPES[:-1]

    def validate_user_scope(self, field: RadioField) -> None:
        if field.data == UserScope.FILTER.value and not self._has_conditions:
            raise ValidationError("Add a condition, or review everybody.")

    def plan(self, was: Plan, chosen: Filter) -> Plan:
        """The plan with what this step says; what makes no sense yet stays as it was."""
        days, scope, services = self.inactive_days.data, self.user_scope.data, self.services.data
        by = self.granularity.data
        return replace(
            was,
            user_scope=UserScope(scope) if scope in set(UserScope) else was.user_scope,
            user_filter=chosen.as_data(),
            inactive_days=days if days and 1 <= days <= LONGEST_DAYS else was.inactive_days,
            services=Services(services) if services in set(Services) else was.services,
            granularity=Granularity(by) if by in set(Granularity) else was.granularity,
        )


class GuidanceForm(FlaskForm):
    """The step that says by what is recommended, and what reviewers see first."""

    on = SelectMultipleField(
        "Recommend by", choices=[SelectChoice(key, rule.name) for key, rule in RULES.items()]
    )
    start = RadioField(
        "What reviewers see first",
        choices=[
            SelectChoice(StartView.EVERYTHING.value, "Everything"),
            SelectChoice(
                StartView.CHANGED.value,
                "Only what changed since the last review, with the rest one press away",
            ),
        ],
    )

    def plan(self, was: Plan) -> Plan:
        """The plan with what this step says."""
        start = self.start.data
        said = Guidance(
            frozenset(RULES) - frozenset(self.on.data or ()),
            StartView(start) if start in set(StartView) else was.guidance.start,
        )
        return replace(was, guidance=said)
