"""What cells mean: dates are never guessed, words are known or refused."""

from datetime import UTC, date, datetime

import pytest

from policies.columns import check_mapping, fits, normalised, overruled, propose
from policies.dates import AMBIGUOUS, MIXED, date_order, read_date, read_instant
from policies.errors import Invalid
from policies.lists import FirstWalk, Plan
from policies.values import (
    Bad,
    has_access,
    names_separator,
    read_email,
    read_flag,
    read_kind,
    read_names,
    read_standing,
    status_reader,
)


@pytest.mark.parametrize(
    "text",
    ["2026-12-31", "31.12.2026", "2026/12/31", "20261231", "31 Dec 2026", "December 31, 2026",
     "31/12/2026", "20261231000000Z", "2026-12-31T00:00:00Z"],
)  # fmt: skip
def test_a_date_is_read_in_the_forms_people_write(text):
    assert read_date(text, "day") == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-31T10:15:00+02:00", datetime(2026, 12, 31, 8, 15, tzinfo=UTC)),
        ("2026-12-31 10:15:00", datetime(2026, 12, 31, 10, 15, tzinfo=UTC)),
        ("31.12.2026 10:15", datetime(2026, 12, 31, 10, 15, tzinfo=UTC)),
        ("12/31/2026 10:15 PM", datetime(2026, 12, 31, 22, 15, tzinfo=UTC)),
        ("12/31/2026 12:05 AM", datetime(2026, 12, 31, 0, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_is_kept_in_utc(text, expected):
    assert read_instant(text, "month") == expected


@pytest.mark.parametrize("text", ["", "never", "-", "N/A", "nie"])
def test_no_date_is_no_date(text):
    assert read_instant(text) is None


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-02-30", "31.12.26", "45123", "1764547200", "0001-01-01", "12/31/2026"],
)
def test_what_is_no_date_is_refused_with_what_was_expected(text):
    bad = read_date(text, "day")
    assert isinstance(bad, Bad)
    assert "2026-12-31" in bad.expected


def test_a_spreadsheet_may_count_days():
    assert read_date("46387", serials=True) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3/4/2026", "25/4/2026"], "day"),
        (["3/4/2026", "4/25/2026"], "month"),
        (["3/4/2026", "5/6/2026"], AMBIGUOUS),
        (["25/4/2026", "4/25/2026"], MIXED),
        (["3/3/2026", "2026-04-05"], ""),
        (["03-04-2026", "25-04-2026"], "day"),
    ],
)
def test_a_column_of_dates_must_prove_its_order(cells, expected):
    assert date_order(cells) == expected


def test_ambiguous_dates_are_refused_with_the_reason():
    assert "day or the month" in read_date("3/4/2026", AMBIGUOUS).expected
    assert "some dates" in read_date("3/4/2026", MIXED).expected
    assert read_date("3/3/2026", AMBIGUOUS) == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("word", "standing"),
    [("Active", "current"), ("", "current"), ("Terminated", "past"), ("ausgeschieden", "past"),
     ("Contractor", "external"), ("on-leave", "current"), ("ON LEAVE", "current")],
)  # fmt: skip
def test_a_status_of_a_person_becomes_a_standing(word, standing):
    assert read_standing(word) == standing


def test_unknown_words_are_refused():
    assert isinstance(read_standing("Dormant?"), Bad)
    assert isinstance(read_kind("alien"), Bad)
    assert isinstance(read_flag("maybe"), Bad)
    assert isinstance(read_email("ana at example.com"), Bad)


def test_status_words_of_accounts_are_those_of_the_settings():
    read = status_reader(["active"], ["Parked"])
    assert (read("ACTIVE"), read("parked"), read("")) == ("ACTIVE", "parked", "")
    assert isinstance(read("enabled"), Bad)
    assert has_access("", ["parked"])
    assert not has_access(" Parked ", ["parked"])


def test_several_names_in_a_cell_are_told_apart():
    assert read_names("Admin; Editor;;Admin ", ";") == ("Admin", "Editor")
    assert read_names("Sales, EMEA", "") == ("Sales, EMEA",)


@pytest.mark.parametrize(
    ("cells", "separator"),
    [(["a;b"], ";"), (["a,b"], ","), (["a|b,c"], "|"), (["a\nb"], "\n"), (["a"], ";"),
     (["cn=admins,ou=groups,dc=example"], ";"), (["a,b", "c;d"], ";")],
)  # fmt: skip
def test_what_separates_names_is_found(cells, separator):
    assert names_separator(cells) == separator


def test_a_separator_that_appears_late_in_the_list_is_found():
    plan = Plan(["login", "roles"], {"login": "login", "roles": "role"})
    walk = FirstWalk(plan)
    walk.look([[f"user{n}", "Member"] for n in range(5000)])
    walk.look([["last", "Member, Admin"]])
    walk.settle()
    assert plan.separators == {"roles": ","}


@pytest.mark.parametrize(
    ("header", "field"),
    [("User Name", "login"), ("Benutzername", "login"), ("E-Mail-Adresse", "email"),
     ("lastLogin", "last_used"), ("Last_Login (UTC)", "last_used"), ("Rollen", "role"),
     ("Kostenstelle", "attribute"), ("Personalnummer", "employee_number")],
)  # fmt: skip
def test_headers_are_recognised_in_english_and_german(header, field):
    assert propose([header], "accounts")[header] == field


def test_only_one_column_is_proposed_for_what_there_is_one_of():
    assert propose(["Email", "Mail"], "people") == {"Email": "email", "Mail": "attribute"}
    assert propose(["Role", "Roles"], "accounts") == {"Role": "role", "Roles": "role"}


def test_a_field_given_away_is_free_again():
    said = overruled({"Email": "email", "Mail": "attribute"}, {"Mail": "email"}, "people")
    assert said == {"Email": "attribute", "Mail": "email"}


def test_a_mapping_must_say_who_is_who():
    with pytest.raises(Invalid, match="employee number"):
        check_mapping({"Name": "name"}, ["Name"], "people")
    with pytest.raises(Invalid, match="no column “Gone”"):
        check_mapping({"Gone": "login"}, ["Name"], "accounts")
    with pytest.raises(Invalid, match="Only one column can be Email; 2 are"):
        check_mapping({"a": "email", "b": "email"}, ["a", "b"], "people")


def test_a_remembered_mapping_fits_while_nothing_unknown_appears():
    remembered = {"Email": "email", "Team": "attribute"}
    assert fits(remembered, ["Email", "Team"])
    assert fits(remembered, ["Email"])
    assert not fits(remembered, ["Team"])
    assert not fits(remembered, ["Email", "Team", "New"])
    assert not fits({}, ["Email"])


def test_headers_are_compared_without_punctuation():
    assert normalised("Last_Login (UTC)") == "last login"
    assert normalised("employeeNumber") == "employee number"
