"""What one may filter, sort and show: the fields of items and of accounts in scope."""

from collections.abc import Mapping

from policies.filters import Field, Kind

YES_OR_NO = ("yes", "no")

_PERSON = (
    Field("department", "Department"),
    Field("title", "Title"),
    Field("manager", "Manager"),
    Field("person_status", "Person", Kind.CHOICE, ("current", "past", "external", "")),
    Field("employee_number", "Employee number"),
    Field("start_date", "Start date", Kind.DATE),
    Field("end_date", "End date", Kind.DATE),
)
_ACCOUNT = (
    Field("login", "Login"),
    Field("email", "Email"),
    Field("instance", "Instance"),
    Field("status", "Status"),
    Field("kind", "Kind", Kind.CHOICE, ("human", "service")),
    Field("roles", "Roles"),
    Field("last_used_at", "Last used", Kind.DATE),
    Field("created_on", "Created", Kind.DATE),
)
_BADGES = (
    Field("is_privileged", "Privileged", Kind.YES_NO, YES_OR_NO),
    Field("is_past", "Past user", Kind.YES_NO, YES_OR_NO),
    Field("is_external", "External", Kind.YES_NO, YES_OR_NO),
    Field("is_orphan", "Orphan", Kind.YES_NO, YES_OR_NO),
    Field("is_new", "New since last review", Kind.YES_NO, YES_OR_NO),
    Field("is_inactive", "Inactive", Kind.YES_NO, YES_OR_NO),
)

ITEM_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("label", "Name"),
        *_ACCOUNT,
        *_PERSON,
        Field("account_name", "Name in application"),
        Field("owner", "Service account owner"),
        Field("verdict", "Decision", Kind.CHOICE, ("undecided", "approved", "rejected")),
        Field("comment", "Comment"),
        *_BADGES,
    )
}

SCOPE_FIELDS: Mapping[str, Field] = {
    field.key: field
    for field in (
        Field("label", "Name"),
        *_ACCOUNT,
        *_PERSON,
        *(badge for badge in _BADGES if badge.key != "is_new"),
    )
}

SHOWN_AT_FIRST = ("label", "roles", "department", "last_used_at")


def attribute_fields(names: list[str]) -> dict[str, Field]:
    """Fields for the columns that a list brought along ("a." account, "p." person)."""
    return {name: Field(name, name[2:]) for name in names}
