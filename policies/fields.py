"""What one may filter, sort and show: the fields of items and of accounts in scope."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from policies.delta import Delta
from policies.filters import Field, Filter, Kind, Op
from policies.recommendations import Advice

YES_OR_NO = ("yes", "no")

PEOPLE, ACCOUNTS, BADGES, ITEMS = "Person", "Account", "Badges", "Review"
APPLICATION = "In these applications"

_PERSON = (
    Field("department", "Department", group=PEOPLE),
    Field("title", "Title", group=PEOPLE),
    Field("manager", "Manager", Kind.PERSON, group=PEOPLE),
    Field("person_status", "Person", Kind.CHOICE, ("current", "past", "external", ""), PEOPLE),
    Field("employee_number", "Employee number", group=PEOPLE),
    Field("start_date", "Start date", Kind.DATE, group=PEOPLE),
    Field("end_date", "End date", Kind.DATE, group=PEOPLE),
)
_LABEL = Field("label", "Name", group=ACCOUNTS)
_EVERYWHERE = (
    Field("login", "Login", group=ACCOUNTS),
    Field("email", "Email", group=ACCOUNTS),
    Field("kind", "Kind", Kind.CHOICE, ("human", "service"), ACCOUNTS),
)
_SPECIFIC = (
    Field("instance", "Instance", group=ACCOUNTS),
    Field("status", "Status", group=ACCOUNTS),
    Field("roles", "Roles", group=ACCOUNTS),
    Field("last_used_at", "Last used", Kind.DATE, group=ACCOUNTS),
    Field("created_on", "Created", Kind.DATE, group=ACCOUNTS),
)
_GRANTS = (
    Field("license", "License"),
    Field("group", "Group"),
    Field("permission", "Permission"),
)
_BADGES = (
    Field("is_privileged", "Privileged", Kind.YES_NO, YES_OR_NO, BADGES),
    Field("is_past", "Past user", Kind.YES_NO, YES_OR_NO, BADGES),
    Field("is_external", "External", Kind.YES_NO, YES_OR_NO, BADGES),
    Field("is_orphan", "Orphan", Kind.YES_NO, YES_OR_NO, BADGES),
    Field("is_new", "New since last review", Kind.YES_NO, YES_OR_NO, BADGES),
    Field("is_inactive", "Inactive", Kind.YES_NO, YES_OR_NO, BADGES),
)

_LINE = (
    Field("entitlement", "Entitlement", group=ACCOUNTS),
    Field("entitlement_kind", "Kind of entitlement", group=ACCOUNTS),
)
LINE_FIELDS = tuple(field.key for field in _LINE)  # only where a line is an entitlement

_INSIGHT = (
    Field("recommendation", "Recommended", Kind.CHOICE, (*map(str, Advice), ""), ITEMS),
    Field("reasons", "Reasons", group=ITEMS),
    Field("is_against", "Against recommendation", Kind.YES_NO, YES_OR_NO, ITEMS),
    Field("delta", "Since last review", Kind.CHOICE, tuple(map(str, Delta)), ITEMS),
    Field("changes", "What changed", group=ITEMS),
    Field("is_different", "New or changed", Kind.YES_NO, YES_OR_NO, ITEMS),
    Field(
        "previous_verdict",
        "Decided last time",
        Kind.CHOICE,
        ("approved", "changed", "rejected", "undecided", ""),
        ITEMS,
    ),
    Field("previous_by", "Decided last time by", group=ITEMS),
    Field("previous_at", "Decided last time on", Kind.DATE, group=ITEMS),
)

ITEM_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        _LABEL,
        *_LINE,
        *_EVERYWHERE,
        *_SPECIFIC,
        *_PERSON,
        Field("account_name", "Name in application", group=ACCOUNTS),
        Field("owner", "Service account owner", Kind.PERSON, group=ACCOUNTS),
        Field(
            "verdict",
            "Decision",
            Kind.CHOICE,
            ("undecided", "approved", "rejected", "changed"),
            ITEMS,
        ),
        Field("comment", "Comment", group=ITEMS),
        Field("level", "Level", Kind.NUMBER, group=ITEMS),
        *_INSIGHT,
        Field("decided_by", "Decided by", Kind.CHOICE, ("me", "others", "nobody"), ITEMS),
        *_BADGES,
    )
}

# Of accounts in any application; and what means something only within an application, so that it
# is asked for where the campaign names its applications.
GENERAL_FIELDS: Mapping[str, Field] = {
    field.key: field for field in (_LABEL, *_EVERYWHERE, *_PERSON, *_BADGES)
}
SPECIFIC_FIELDS: Mapping[str, Field] = {
    field.key: replace(field, group=APPLICATION) for field in (*_SPECIFIC, *_GRANTS)
}
SCOPE_FIELDS: Mapping[str, Field] = {**GENERAL_FIELDS, **SPECIFIC_FIELDS}

SHOWN_AT_FIRST = ("label", "roles", "recommendation", "last_used_at", "department")
LINES_AT_FIRST = ("label", "entitlement", *SHOWN_AT_FIRST[2:])


def attribute_fields(names: Iterable[str], own: str = ACCOUNTS) -> dict[str, Field]:
    """Fields for the columns that a list brought along ("a." account, "p." person).

    `own` heads those of accounts.
    """
    groups = {"a": own, "p": PEOPLE}
    return {name: Field(name, name[2:], group=groups[name[0]]) for name in names}


def names_applications(chosen: Filter) -> bool:
    """Whether a filter of applications says which ones by name, whatever else it says."""
    named = (Op.IS, Op.IN)
    groups = chosen.groups
    return bool(groups) and all(
        any(c.field == "name" and c.op in named for c in group) for group in groups
    )


def stored_fields(chosen: Filter) -> Mapping[str, Field]:
    """The fields by which a stored user filter is read: own columns it speaks of are among them."""
    own = [key for key in sorted(chosen.fields) if key[:2] in ("a.", "p.")]
    return {**SCOPE_FIELDS, **attribute_fields(own, APPLICATION)}
