"""Fields of applications: added, renamed, put in order, taken away, and what stands in them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select, update

from policies.custom_fields import (
    CHOICE,
    KINDS,
    checked_choices,
    checked_label,
    key_of,
)
from policies.errors import Invalid, Stale
from policies.permissions import EDIT_APPLICATIONS, Actor, require
from portal.db import db
from portal.models import Application, Campaign, CustomField, Template
from portal.queries.custom_fields import (
    PREFIX,
    asks_for,
    custom_fields,
    filter_in,
    has_value,
    holds,
    uses_of,
    values_of_choices,
)
from portal.queries.filters import same_text
from portal.queries.json_objects import with_value, without_key
from portal.usecases.trail import record
from portal.usecases.unit import usecase

MOST = 60  # fields


@usecase
def add_custom_field(label: str, kind: str, choices: Sequence[str], *, by: Actor) -> CustomField:
    """Give every application one more field, after the others. `choices` are for "choice" only."""
    require(EDIT_APPLICATIONS, by, None)
    label = _new_label(label)
    if kind not in KINDS:
        raise Invalid(f"Choose one of the kinds {', '.join(KINDS)}.")
    if db.session.scalar(select(CustomField.id).where(CustomField.key == key_of(label))):
        raise Invalid(f"A field began as “{label}” already. Give this one another name.")
    last = db.session.execute(select(func.count(), func.max(CustomField.position))).one()
    if last[0] >= MOST:
        raise Invalid(f"There are {MOST} fields already. Remove one that nobody needs.")
    wanted = checked_choices(kind, choices)
    added = CustomField(
        key=key_of(label), label=label, kind=kind, choices=wanted, position=(last[1] or 0) + 1
    )
    db.session.add(added)
    record("custom field added", added, by=by, kind=kind, choices=wanted)
    return added


@usecase
def rename_custom_field(field: CustomField, label: str, *, by: Actor) -> None:
    """Call it otherwise. Its values, and the filters that compare it, stay as they are."""
    require(EDIT_APPLICATIONS, by, None)
    was, now = field.label, _new_label(label, field)
    if was == now:
        return
    field.label = now
    record("custom field renamed", field, by=by, was=was, now=now)


@usecase
def move_custom_field(field: CustomField, steps: int, *, by: Actor) -> None:
    """Put it so many places further down, or up where `steps` is negative."""
    require(EDIT_APPLICATIONS, by, None)
    order = custom_fields()
    was = order.index(field)
    now = min(max(was + steps, 0), len(order) - 1)
    if was == now:
        return
    order.insert(now, order.pop(was))
    for position, each in enumerate(order, start=1):
        each.position = position
    record("custom field moved", field, by=by, was=was + 1, now=now + 1)


@usecase
def edit_choices(
    field: CustomField, renamed: Mapping[str, str], added: Sequence[str], *, by: Actor
) -> None:
    """Let one choose from what each choice is `renamed` to, and from what is `added`.

    Applications that hold a renamed choice hold its new name, and campaigns still to be launched
    and templates ask for it. A choice without a new name is taken away; Invalid where an
    application holds it.
    """
    require(EDIT_APPLICATIONS, by, None)
    was = list(map(str, field.choices))
    names = {choice: " ".join(renamed.get(choice, choice).split()) for choice in was}
    now = checked_choices(CHOICE, [*filter(None, names.values()), *added])
    if was == now:
        return
    _require_unused(field, [choice for choice, name in names.items() if not name])
    changed = {choice: name for choice, name in names.items() if name and name != choice}
    moved = _rewrite_values(field, changed)
    campaigns = _rewrite_filters(field, changed)
    field.choices = now
    record(
        "choices edited", field, by=by, was=was, now=now, applications=moved, campaigns=campaigns
    )


@usecase
def remove_custom_field(field: CustomField, *, seen: int, by: Actor) -> None:
    """Take it away, with what stands in it. `seen` is in how many applications, as was shown.

    Stale where these are others by now; Invalid where a campaign still to be launched, or a
    template, asks for it.
    """
    require(EDIT_APPLICATIONS, by, None)
    uses = uses_of(field)
    if uses.to_come:
        names = ", ".join(f"“{each.name}”" for each in uses.to_come)
        raise Invalid(f"{field.label} is asked for by {names}. Change that first.")
    if uses.values != seen:
        raise Stale(
            f"By now {uses.values:,} applications have a value for {field.label}. "
            "Nothing was removed; look at the numbers again."
        )
    emptied = update(Application).where(has_value(field.key))
    db.session.execute(emptied.values(fields=without_key(Application.fields, field.key)))
    record("custom field removed", field, by=by, kind=field.kind, applications=seen)
    db.session.delete(field)


def _new_label(text: str, itself: CustomField | None = None) -> str:
    label = checked_label(text)
    same = select(CustomField.id).where(same_text(CustomField.label, label))
    if itself is not None:
        same = same.where(CustomField.id != itself.id)
    if db.session.scalar(same):
        raise Invalid(f"There is a field “{label}” already.")
    return label


def _require_unused(field: CustomField, choices: Sequence[str]) -> None:
    held = values_of_choices(field)
    used = [f"“{choice}” ({held[choice]:,})" for choice in choices if held[choice]]
    if used:
        raise Invalid(
            f"Applications hold {', '.join(used)}. Nothing was changed: give them another value "
            "first, or call the choice otherwise."
        )


def _rewrite_values(field: CustomField, changed: Mapping[str, str]) -> int:
    """Write the new names over the old, all at once: two choices may change places."""
    ids = {
        choice: db.session.scalars(select(Application.id).where(holds(field.key, choice))).all()
        for choice in changed
    }
    for choice, name in changed.items():
        those = update(Application).where(Application.id.in_(ids[choice]))
        db.session.execute(those.values(fields=with_value(Application.fields, field.key, name)))
    return sum(map(len, ids.values()))


def _rewrite_filters(field: CustomField, changed: Mapping[str, str]) -> list[str]:
    """Let campaigns still to be launched, and templates, ask for the new names; which those are."""
    asking: list[Campaign | Template] = []
    for each in uses_of(field).to_come if changed else ():
        stored = filter_in(each) if isinstance(each, Template) else each.application_filter
        rewritten = [[_renamed(c, field.key, changed) for c in group] for group in stored]
        if rewritten == stored:
            continue
        if isinstance(each, Template):
            each.plan = {**each.plan, "application_filter": rewritten}
        else:
            each.application_filter = rewritten
        asking.append(each)
    return [each.name for each in asking]


def _renamed(condition: Sequence[str], key: str, changed: Mapping[str, str]) -> list[str]:
    field, op, value = condition
    lower = {choice.lower(): name for choice, name in changed.items()}
    if asks_for([[condition]], key) and op in ("is", "is-not"):
        return [PREFIX + key, op, lower.get(value.lower(), value)]
    return [field, op, value]
