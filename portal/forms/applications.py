"""What people may type about an application, its owners and its instances."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField, Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import DataRequired, Length, Optional

from policies.custom_fields import CHOICE, DATE, PERSON
from portal.models import Application, CustomField
from portal.models.application import ApplicationState
from portal.usecases.applications import Description

STATES = [SelectChoice(state.value, state.value.capitalize()) for state in ApplicationState]
PREFIX = "field_"
WHOM = "Part of a name, or an email address."
OF_PEOPLE = {"list": "people", "autocomplete": "off"}


class ApplicationForm(FlaskForm):
    """Name, description, state, and the fields that the organisation added.

    Where an owner fills it, name and state are not in it: they stay as `shown` has them.
    """

    shown: Application | None = None

    name = StringField("Name", [DataRequired("Give the application a name."), Length(max=200)])
    description = TextAreaField(
        "Description",
        [Length(max=5000)],
        description="What it is for. Reviewers read this.",
    )
    state = SelectField(
        "State",
        choices=STATES,
        description="Closed and hidden applications are left out of campaigns, "
        "unless a campaign asks for the state.",
    )

    def said(self) -> Description:
        """What was typed, as the use-case wants it."""
        return Description(
            name=self.name.data or "" if self.name else self._kept.name,
            description=self.description.data or "",
            state=ApplicationState(self.state.data) if self.state else self._kept.state,
            fields={
                bound.name.removeprefix(PREFIX): str(bound.data or "") for bound in self.custom
            },
        )

    @property
    def _kept(self) -> Application:
        if self.shown is None:
            raise RuntimeError("an owner's form is about an application")
        return self.shown

    @property
    def custom(self) -> list[Field]:
        """The custom fields' inputs."""
        return [bound for bound in self if bound.name.startswith(PREFIX)]


def application_form(
    added: Sequence[CustomField],
    shown: Application | None = None,
    *,
    people: Mapping[int, str] = {},
    wholly: bool = True,
) -> Any:
    """A form with these custom fields, filled from the request or from `shown`; not `wholly`:
    without name and state. `people` are the names of those whom the fields name, by id."""
    kind = type("FormWithFields", (ApplicationForm,), {})
    for each in added:
        setattr(kind, PREFIX + each.key, _input(each))
    if shown is None:
        return kind()
    values = {PREFIX + f.key: _typed(f, shown.fields.get(f.key), people) for f in added}
    facts = {"name": shown.name, "description": shown.description, "state": shown.state.value}
    form = kind(data=facts | values)
    form.shown = shown
    if not wholly:
        del form.name, form.state
    return form


def _input(custom: CustomField) -> Any:
    if custom.kind == CHOICE:
        choices = [SelectChoice("", "–"), *(SelectChoice(str(c), str(c)) for c in custom.choices)]
        return SelectField(custom.label, choices=choices)
    if custom.kind == DATE:
        return DateField(custom.label, [Optional()])
    if custom.kind == PERSON:
        return StringField(custom.label, [Length(max=400)], description=WHOM, render_kw=OF_PEOPLE)
    return StringField(custom.label, [Length(max=1000)])


def _typed(custom: CustomField, kept: Any, people: Mapping[int, str]) -> Any:
    if custom.kind == DATE:
        return date.fromisoformat(kept) if kept else None
    if custom.kind == PERSON:
        return people.get(kept, "")
    return kept or ""
