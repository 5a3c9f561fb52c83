"""Importing from the command line: what it prints, what it changes, and how it exits."""

import csv

import pytest
from sqlalchemy import select

from policies.lifecycle import SyncState
from portal.db import db
from portal.models import Account, Application, Person, Sync
from tests.factories import make_application


@pytest.fixture
def run(app, tmp_path):
    """Run `flask import ...` on a file with this content."""

    def run(*arguments: str, content: str = "Login,Status\nann,active\nben,active\n"):
        path = tmp_path / "users.csv"
        path.write_text(content, encoding="utf-8")
        given = [str(path) if argument == "FILE" else argument for argument in arguments]
        return app.test_cli_runner().invoke(args=["import", *given])

    return run


def logins() -> list[str]:
    return sorted(db.session.scalars(select(Account.login).where(Account.gone_at.is_(None))))


def test_accounts_are_imported(run, cast):
    make_application("Figma")
    result = run("accounts", "FILE", "--application", "figma")
    assert result.exit_code == 0, result.output
    assert "2 rows read." in result.output
    assert "2 would be new" in result.output
    assert "Applied." in result.output
    assert logins() == ["ann", "ben"]
    sync = db.session.scalars(select(Sync)).one()
    assert (sync.state, sync.by_name, sync.file_name) == (
        *(SyncState.APPLIED, "command line"),
        "users.csv",
    )


def test_people_are_imported(run, cast):
    result = run("people", "FILE", "--partial", content="Email,Name\nnew@example.com,New\n")
    assert result.exit_code == 0, result.output
    assert db.session.scalar(select(Person.name).where(Person.email == "new@example.com")) == "New"


def test_a_dry_run_changes_nothing(run, cast):
    make_application("Figma")
    result = run("accounts", "FILE", "--application", "Figma", "--dry-run")
    assert (result.exit_code, logins()) == (0, [])
    assert "Dry run: nothing was changed." in result.output


def test_an_application_is_added_only_when_asked(run, cast):
    result = run("accounts", "FILE", "--application", "Miro")
    assert result.exit_code == 1
    assert "no application “Miro”" in result.output
    assert run("accounts", "FILE", "--application", "Miro", "--create").exit_code == 0
    assert db.session.scalar(select(Application.name)) == "Miro"


def test_a_refused_list_prints_its_problems_and_writes_them_all(run, cast, tmp_path):
    make_application("Figma")
    told = tmp_path / "problems.csv"
    bad = "Login,Status\n" + "".join(f"u{n},odd\n" for n in range(30))
    result = run("accounts", "FILE", "--application", "Figma", "--problems", str(told), content=bad)
    assert result.exit_code == 1
    assert "30 problems. Nothing was changed." in result.output
    assert result.output.count("a known status word") == 20
    with told.open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 31
    assert logins() == []


def test_columns_can_be_said_to_mean_something(run, cast):
    make_application("Figma")
    result = run("accounts", "FILE", "--application", "Figma", "--map", "Wer=login", "--map",
                 "Login=attribute", content="Wer,Login\nann,x\n")  # fmt: skip
    assert (result.exit_code, logins()) == (0, ["ann"])


@pytest.mark.parametrize(
    "wrong", [["--map", "nonsense"], ["--map", "=login"], ["--no-such-option"]]
)
def test_usage_errors_exit_with_2(run, cast, wrong):
    assert run("accounts", "FILE", "--application", "Figma", *wrong).exit_code == 2


def test_an_unknown_field_is_refused(run, cast):
    make_application("Figma")
    result = run("accounts", "FILE", "--application", "Figma", "--map", "Login=nothing")
    assert result.exit_code == 1
    assert "no field “nothing”" in result.output


def test_much_that_would_be_gone_must_be_accepted(run, cast):
    make_application("Figma")
    assert run("accounts", "FILE", "--application", "Figma").exit_code == 0
    less = "Login,Status\nann,active\n"
    result = run("accounts", "FILE", "--application", "Figma", content=less)
    assert (result.exit_code, logins()) == (1, ["ann", "ben"])
    assert "--accept-gone" in result.output
    assert (
        run("accounts", "FILE", "--application", "Figma", "--partial", content=less).exit_code == 0
    )
    assert logins() == ["ann", "ben"]
    result = run("accounts", "FILE", "--application", "Figma", "--accept-gone", content=less)
    assert (result.exit_code, logins()) == (0, ["ann"])
