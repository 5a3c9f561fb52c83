"""What an Admin may type about a role: its name, its description, a level for each scope."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older
from wtforms.validators import DataRequired, InputRequired, Length

from policies.scopes import MEANINGS, Access, Scope, levels_of, shortfalls
from portal.models import Role
from portal.queries.roles import overview_of
from portal.usecases.roles import LONGEST_DESCRIPTION, LONGEST_NAME, RoleText


class RoleForm(FlaskForm):
    """Name and description; the levels are added below, one field for each scope."""

    name = StringField("Name", [DataRequired("Give the role a name."), Length(max=LONGEST_NAME)])
    description = TextAreaField(
        "Description",
        [Length(max=LONGEST_DESCRIPTION)],
        description="Who it is for. Whoever invites a member reads this.",
    )

    def scopes(self) -> list[tuple[Scope, Field, list[tuple[str, str, str]]]]:
        """Each scope with its field, and its levels as (value, word, what it lets one do)."""
        return [(scope, self[field_of(scope)], meanings_of(scope)) for scope in Scope]

    def said(self) -> RoleText:
        """What was typed, as the use-case wants it."""
        levels = {scope: Access(self[field_of(scope)].data) for scope in Scope}
        return RoleText(self.name.data or "", self.description.data or "", levels)

    def validate(self, extra_validators: Any = None) -> bool:
        """Also hold the levels against each other; each sentence stands at what is too low."""
        if not super().validate(extra_validators):
            return False
        lacking = shortfalls(self.said().levels)
        for scope, sentence in lacking:
            bound = self[field_of(scope)]
            bound.errors = [*bound.errors, sentence]
        return not lacking


def field_of(scope: Scope) -> str:
    """The name of the scope's field."""
    return f"scope_{scope.name.lower()}"


def meanings_of(scope: Scope) -> list[tuple[str, str, str]]:
    """The levels the scope offers: value, word, and what it lets one do."""
    return [(str(level.value), level.label, MEANINGS[scope][level]) for level in levels_of(scope)]


def role_form(shown: Role | None = None, *, is_copy: bool = False) -> RoleForm:
    """The form, filled from the request, or from the role that is edited or copied."""
    if shown is None:
        return RoleForm()
    overview = overview_of(shown)
    name = f"{shown.name[: LONGEST_NAME - 5]} copy" if is_copy else shown.name
    levels = {field_of(scope): level.value for scope, level in overview.levels.items()}
    return RoleForm(data={"name": name, "description": overview.description, **levels})


for _scope in Scope:
    _choices = [SelectChoice(level.value, level.label) for level in levels_of(_scope)]
    _field = RadioField(
        _scope.value,
        [InputRequired(f"{_scope.value}: choose a level.")],
        choices=_choices,
        coerce=int,
        default=0,
    )
    setattr(RoleForm, field_of(_scope), _field)
