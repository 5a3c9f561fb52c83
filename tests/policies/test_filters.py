"""The filter language as it is typed, edited without scripts, and said in words."""

import pytest
from werkzeug.datastructures import MultiDict

from policies.errors import Invalid
from policies.fields import SCOPE_FIELDS, names_applications
from policies.filters import (
    Condition,
    Field,
    Filter,
    Kind,
    Op,
    edited,
    from_data,
    from_form,
    rows_in,
)
from policies.user_scope import Services, Users, UserScope

FIELDS = {
    field.key: field
    for field in (
        Field("name", "Name"),
        Field("state", "State", Kind.CHOICE, ("sanctioned", "in review")),
        Field("users", "Users", Kind.NUMBER),
        Field("since", "Since", Kind.DATE),
        Field("fresh", "Fresh", Kind.YES_NO),
    )
}


def typed(*rows):
    """A form's parallel lists from (join, field, op, value)."""
    keys = ("join", "field", "op", "value")
    return MultiDict((key, value) for row in rows for key, value in zip(keys, row, strict=True))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("or", "state", "is", "sanctioned"), ("and", "users", "more", "10")],
            "State is Sanctioned and Users more than 10",
        ),
        (
            [("or", "name", "starts", "Sales"), ("or", "users", "between", "5 to 10")],
            "Name starts with Sales, or Users is between 5 and 10",
        ),
        (
            [("or", "state", "in", "sanctioned, in review")],
            "State is one of Sanctioned, In review",
        ),
        ([("or", "since", "between", "2026-01-01..2026-03-31")], None),
        ([("or", "", "is", ""), ("and", "name", "empty", "")], "Name is empty"),
    ],
)
def test_a_filter_is_said_as_a_person_would(rows, words):
    chosen = from_form(typed(*rows), FIELDS)
    said = words or "Since is between 2026-01-01 and 2026-03-31"
    assert chosen.in_words(FIELDS) == said
    assert from_data(chosen.as_data(), FIELDS) == chosen


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("users", "more", "many"), "“many” is not a number for Users. Write 10."),
        (("users", "between", "10"), "Users is between two values. Write 10 and 10."),
        (("users", "between", "10 and 5"), "Users is between: write the smaller one first."),
        (("since", "less", "soon"), "“soon” is not a date for Since. Write 2026-12-31."),
        (("fresh", "is", "maybe"), "Fresh is yes or no, not “maybe”."),
        (("name", "more", "1"), "Name cannot be compared by “>”."),
        (("name", "in", " , "), "Name is one of: write 1 to 50 values, with commas."),
        (("name", "is", ""), "Say what Name = should compare with."),
        (("salary", "is", "1"), "There is no field “salary” to filter by."),
        (("name", "resembles", "x"), "There is no comparison “resembles”."),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(row, sentence):
    with pytest.raises(Invalid) as refusal:
        from_form(typed(("or", *row)), FIELDS)
    assert str(refusal.value) == sentence


THREE = [("or", "name", "is", "a"), ("and", "name", "is", "b"), ("or", "name", "is", "c")]


@pytest.mark.parametrize(
    ("deed", "rows"),
    [
        ("add-0", ["or a", "and ", "and b", "or c"]),
        ("or", ["or a", "and b", "or c", "or "]),
        ("remove-0", ["or b", "or c"]),
        ("remove-1", ["or a", "or c"]),
        ("remove-2", ["or a", "and b"]),
        ("remove-9", ["or a", "and b", "or c"]),
        ("refresh", ["or a", "and b", "or c"]),
    ],
)
def test_rows_are_added_and_removed_without_scripts(deed, rows):
    after = edited(rows_in(typed(*THREE)), deed)
    assert [f"{join} {condition.value}" for join, condition in after] == rows


def test_fields_of_an_application_are_for_campaigns_that_name_their_applications():
    named = Condition("name", Op.IN, "Salesforce, Figma")
    others = Condition("state", Op.IS, "sanctioned")
    assert names_applications(Filter(((others, named),)))
    assert not names_applications(Filter(((named,), (others,))))
    assert not names_applications(Filter())


@pytest.mark.parametrize(
    ("users", "words"),
    [
        (Users(), "everybody"),
        (Users(services=Services.OUT), "everybody, without service accounts"),
        (Users(UserScope.EXTERNAL), "external people"),
        (Users(UserScope.INACTIVE, inactive_days=30), "accounts not used for 30 days"),
        (
            Users(UserScope.FILTER, Services.ONLY, filter=[[["a.Region", "is", "EU"]]]),
            "Region is EU, service accounts only",
        ),
    ],
)
def test_the_user_scope_is_said_in_words(users, words):
    assert users.in_words() == words
    assert "is_new" in SCOPE_FIELDS
