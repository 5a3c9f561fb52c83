"""Importing: nothing before it is confirmed, all or nothing, and what it changed is counted."""

import io
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from policies.errors import Denied, IllegalMove, Invalid, Stale
from policies.lifecycle import SyncState
from policies.permissions import SYSTEM
from portal import clock
from portal.db import db
from portal.models import (
    Account,
    Entitlement,
    File,
    FilePart,
    Grant,
    Person,
    StagedAccount,
    StagedGrant,
    StagedPerson,
    Sync,
    SyncProblem,
    TrailLine,
)
from portal.queries.files import open_file, read_parts
from portal.usecases.syncs import (
    accounts_source,
    apply_sync,
    confirm_sync,
    discard_sync,
    map_columns,
    people_source,
    stage_sync,
    upload_list,
)
from tests.factories import make_application
from tests.story import story

ACCOUNTS = "Login,Email,Name,Status,Roles,Last login,Type\n"


@story
def figma(cast) -> SimpleNamespace:
    application = make_application("Figma", cast.otto)
    return SimpleNamespace(
        application=application, source=accounts_source(application.instances[0])
    )


def staged(source, text: str | bytes, **facts) -> Sync:
    """A list uploaded and read, its columns as proposed."""
    content = text.encode() if isinstance(text, str) else text
    facts.setdefault("options", {"trusting": True})
    sync = upload_list(source, "list.csv", io.BytesIO(content), by=SYSTEM, **facts)
    assert stage_sync(sync, by=SYSTEM)
    return sync


def applied(source, text: str, *, accept_gone: bool = True, **facts) -> Sync:
    sync = staged(source, text, **facts)
    assert sync.state is SyncState.PREVIEW, problems(sync) or sync.error
    confirm_sync(sync, by=SYSTEM, accept_gone=accept_gone)
    assert apply_sync(sync, by=SYSTEM)
    return sync


def problems(sync: Sync) -> list[tuple[int, str, str, str]]:
    query = (
        select(SyncProblem)
        .where(SyncProblem.sync_id == sync.id)
        .order_by(SyncProblem.row, SyncProblem.id)
    )
    return [(p.row, p.column, p.value, p.expected) for p in db.session.scalars(query)]


def accounts() -> dict[str, Account]:
    return {account.login: account for account in db.session.scalars(select(Account))}


def grants(login: str) -> list[tuple[str, str]]:
    query = (
        select(Entitlement.kind, Entitlement.name)
        .join(Grant, Grant.entitlement_id == Entitlement.id)
        .join(Account, Account.id == Grant.account_id)
        .where(Account.login == login)
        .order_by(Entitlement.kind, Entitlement.name)
    )
    return [tuple(row) for row in db.session.execute(query)]


def counts(sync: Sync) -> tuple[int, int, int, int]:
    return sync.new, sync.changed, sync.gone, sync.unchanged


# Files


def test_a_file_is_kept_in_parts_and_read_back(app, figma):
    content = bytes(range(256)) * 10_000
    sync = upload_list(figma.source, "../../etc/big.csv", io.BytesIO(content), by=SYSTEM)
    file = db.session.get(File, sync.file_id)
    assert (file.name, file.size) == ("big.csv", len(content))
    assert b"".join(read_parts(file.id)) == content
    assert db.session.scalar(select(func.count()).select_from(FilePart)) == 3
    with open_file(file.id) as opened:
        opened.seek(-3, 2)
        assert opened.read() == b"\xfd\xfe\xff"
    assert sync.sha256 == file.sha256
    assert len(file.sha256) == 64


class Endless(io.RawIOBase):
    """300 MB that are made while they are read, and counted."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        if self.given >= 300_000_000:
            return b""
        self.given += size
        return b"a@b.c,A\n" * (size // 8)


def test_a_file_that_is_too_large_is_refused_while_it_arrives(app, figma):
    stream = Endless()
    with pytest.raises(Invalid, match="larger than 64 MB"):
        upload_list(figma.source, "big.csv", stream, by=SYSTEM)
    assert stream.given < 66_000_000
    assert db.session.scalar(select(func.count()).select_from(FilePart)) == 0
    assert db.session.scalar(select(func.count()).select_from(Sync)) == 0


def test_an_empty_file_is_not_kept(app, figma):
    with pytest.raises(Invalid, match="empty"):
        upload_list(figma.source, "list.csv", io.BytesIO(b""), by=SYSTEM)


# Accounts


def test_nothing_changes_before_a_list_is_confirmed(figma):
    sync = staged(figma.source, ACCOUNTS + "max,max@example.com,Max,active,Editor,,\n")
    assert sync.state is SyncState.PREVIEW
    assert counts(sync) == (1, 0, 0, 0)
    assert accounts() == {}
    discard_sync(sync, by=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(StagedAccount)) == 0
    with pytest.raises(IllegalMove):
        confirm_sync(sync, by=SYSTEM)


def test_accounts_come_with_all_their_facts(figma, cast):
    sync = applied(
        figma.source,
        "User,E-Mail,Vorname,Nachname,Status,Roles,Team,Letzte Anmeldung,"
        "Created at,Type,Owner,Cost\n"
        "bot,,Deploy,Bot,active,Admin;Editor,Core,2026-11-20T10:00:00+02:00,31.12.2024,service,"
        "otto@example.com,42\n",
    )
    bot = accounts()["bot"]
    assert (bot.name, bot.status, bot.kind, bot.roles) == (
        *("Deploy Bot", "active", "service"),
        "Core, Admin, Editor",
    )
    assert grants("bot") == [("group", "Core"), ("role", "Admin"), ("role", "Editor")]
    assert bot.last_used_at.isoformat() == "2026-11-20T08:00:00+00:00"
    assert bot.created_on.isoformat() == "2024-12-31"
    assert bot.attributes == {"Cost": "42"}
    assert bot.owner_id == cast.otto.id
    assert (bot.person_id, bot.first_sync_id, bot.last_sync_id) == (None, sync.id, sync.id)
    assert (sync.rows_read, sync.rows_applied, sync.rows_skipped, sync.unmatched) == (1, 1, 0, 1)
    assert sync.duration_ms is not None


def test_an_import_leaves_its_lines_in_the_trail(figma):
    sync = applied(figma.source, ACCOUNTS + "max,,Max,active,Editor,,\n")
    lines = db.session.scalars(
        select(TrailLine).where(TrailLine.thing == f"sync:{sync.id}").order_by(TrailLine.id)
    ).all()
    assert [line.verb for line in lines] == [
        *("list uploaded", "list read", "list confirmed", "list applied"),
    ]
    assert lines[-1].details["sha256"] == sync.sha256
    assert lines[-1].details["new"] == 1
    assert lines[-1].details["application"] == "Figma"


def test_a_second_list_says_what_is_new_changed_gone_and_unchanged(figma):
    first = applied(
        figma.source,
        ACCOUNTS + "ann,,Ann,active,Editor;Viewer,,\nben,,Ben,active,Editor,,\ncy,,Cy,active,,,\n",
    )
    second = staged(
        figma.source,
        ACCOUNTS + "ANN,,Ann,active,Editor;Admin,,\nben,,Ben,active,Editor,,\ndee,,Dee,active,,,\n",
    )
    assert counts(second) == (1, 1, 1, 1)
    confirm_sync(second, by=SYSTEM, accept_gone=True)
    apply_sync(second, by=SYSTEM)
    known = accounts()
    assert set(known) == {"ANN", "ben", "cy", "dee"}
    assert known["cy"].gone_at is not None
    assert known["cy"].last_sync_id == first.id
    assert {known[name].last_sync_id for name in ("ANN", "ben", "dee")} == {second.id}
    assert grants("ANN") == [("role", "Admin"), ("role", "Editor")]
    assert grants("ben") == [("role", "Editor")]
    held = {
        grant.first_sync_id
        for grant in db.session.scalars(select(Grant).where(Grant.account_id == known["ANN"].id))
    }
    assert held == {first.id, second.id}  # what was kept keeps its beginning
    third = applied(figma.source, ACCOUNTS + "cy,,Cy,active,,,\n")
    assert counts(third) == (0, 1, 3, 0)
    assert accounts()["cy"].gone_at is None


def test_the_same_list_again_changes_nothing(figma):
    text = ACCOUNTS + "ann,,Ann,active,Editor;Viewer,2026-01-02,\nben,,Ben,active,,,service\n"
    applied(figma.source, text)
    assert counts(applied(figma.source, text)) == (0, 0, 0, 2)


def test_absence_from_a_partial_list_means_nothing(figma):
    applied(figma.source, ACCOUNTS + "ann,,Ann,active,,,\nben,,Ben,active,,,\n")
    sync = applied(figma.source, ACCOUNTS + "ann,,Ann,active,,,\n", is_complete=False)
    assert counts(sync) == (0, 0, 0, 1)
    assert accounts()["ben"].gone_at is None


def test_instances_of_an_application_are_kept_apart(figma, cast):
    from portal.usecases.applications import add_instance  # noqa: PLC0415  only here

    applied(figma.source, ACCOUNTS + "ann,,Ann,active,,,\n")
    sandbox = accounts_source(add_instance(figma.application, "Sandbox", by=SYSTEM))
    assert counts(applied(sandbox, ACCOUNTS + "ann,,Ann,active,,,\n")) == (1, 0, 0, 0)
    assert accounts_source(sandbox.instance).id == sandbox.id


def test_rows_of_one_login_that_differ_in_roles_are_one_account(figma):
    sync = applied(
        figma.source,
        ACCOUNTS + "ann,a@b.c,Ann,active,Editor,,\nben,,Ben,active,Viewer,,\n"
        "Ann,,Ann,active,Admin,2026-01-02,\nann,a@b.c,Ann,active,Editor,,\n",
    )
    assert (sync.rows_read, sync.rows_applied, sync.rows_skipped, sync.new) == (4, 3, 1, 2)
    assert grants("ann") == [("role", "Admin"), ("role", "Editor")]
    assert accounts()["ann"].roles == "Admin, Editor"
    assert accounts()["ann"].last_used_at is not None
    assert [(row, said) for row, _, _, said in problems(sync)] == [
        (5, "nothing: it repeats row 2, and was left out")
    ]


def test_rows_of_one_login_that_contradict_each_other_are_refused(figma):
    sync = staged(
        figma.source,
        ACCOUNTS + "ann,a@b.c,Ann,active,Editor,,\nann,a@b.c,Anna,suspended,Admin,,\n",
    )
    assert sync.state is SyncState.REFUSED
    assert [(row, column, value) for row, column, value, _ in problems(sync)] == [
        (3, "Name", "Anna"),
        (3, "Status", "suspended"),
    ]
    assert "as row 2 says of the same login" in problems(sync)[0][3]
    assert accounts() == {}


def test_all_problems_are_told_not_only_the_first(figma):
    sync = staged(
        figma.source,
        "Login,Email,Status,Last login,Type\n"
        "ann,not an address,actve,yesterday,alien\n"
        ",b@c.d,active,,\n"
        "cy,c@d.e,active\n"
        "dee,d@e.f,active,,,,extra\n"
        "eve,e@f.g,active,,\n",
    )
    assert sync.state is SyncState.REFUSED
    assert sync.problems == 7
    assert [problem[:3] for problem in problems(sync)] == [
        (2, "Email", "not an address"),
        (2, "Status", "actve"),
        (2, "Type", "alien"),
        (2, "Last login", "yesterday"),
        (3, "Login", ""),
        (4, "", "cy | c@d.e | active"),
        (5, "", "dee | d@e.f | active |  |  |  | extra"),
    ]
    assert (sync.rows_read, sync.rows_applied) == (5, 0)
    assert db.session.scalar(select(func.count()).select_from(StagedAccount)) == 0


def test_ambiguous_dates_are_refused_until_somebody_says_which(figma):
    text = "Login,Last login\nann,03/04/2026\nben,05/06/2026\n"
    sync = staged(figma.source, text)
    assert sync.state is SyncState.REFUSED
    assert "whether the day or the month comes first" in problems(sync)[0][3]
    map_columns(sync, sync.mapping, {"dates": "month"}, by=SYSTEM)
    assert stage_sync(sync, by=SYSTEM)
    assert sync.state is SyncState.PREVIEW
    confirm_sync(sync, by=SYSTEM)
    apply_sync(sync, by=SYSTEM)
    assert accounts()["ann"].last_used_at.date().isoformat() == "2026-03-04"
    assert applied(figma.source, text).unchanged == 2  # it is remembered


def test_one_telling_date_settles_the_whole_column(figma):
    applied(figma.source, "Login,Last login\nann,03/04/2026\nben,25/04/2026\n")
    assert accounts()["ann"].last_used_at.date().isoformat() == "2026-04-03"


def test_formulas_are_kept_as_they_were_written(figma):
    applied(figma.source, 'Login,Name,Note\nann,=1+1,"@SUM(A1)"\n')
    assert accounts()["ann"].name == "=1+1"
    assert accounts()["ann"].attributes == {"Note": "@SUM(A1)"}


def test_a_yes_or_no_column_says_whether_an_account_is_active(figma):
    applied(figma.source, "Login,Active\nann,TRUE\nben,false\n")
    assert [accounts()[name].status for name in ("ann", "ben")] == ["active", "inactive"]


def test_cells_beyond_all_measure_are_refused(figma):
    sync = staged(figma.source, "Login,Name\nann," + "x" * 10_001 + "\n")
    assert (sync.state, sync.problems) == (SyncState.REFUSED, 1)
    assert problems(sync)[0][3] == "at most 10,000 characters in a cell"


def test_a_list_with_a_header_only_is_refused(figma):
    sync = staged(figma.source, ACCOUNTS)
    assert sync.state is SyncState.REFUSED
    assert "no rows" in sync.error


def test_a_web_page_is_refused_with_its_own_sentence(figma):
    sync = staged(figma.source, "<!DOCTYPE html><html>Sign in</html>")
    assert (sync.state, sync.problems) == (SyncState.REFUSED, 1)
    assert sync.error.startswith("This is a web page")


def test_a_quote_never_closed_is_a_problem_of_its_row(figma):
    sync = staged(figma.source, 'Login,Name\nann,Ann\nben,"Ben\ncy,Cy\n')
    assert (sync.state, problems(sync)[0][0]) == (SyncState.REFUSED, 3)


# Matching


def test_accounts_match_by_email_then_login_then_employee_number(figma, cast):
    sync = applied(
        figma.source,
        "Login,Email,Employee ID\n"
        "whoever,MAX@example.com,E006\n"
        "rita@example.com,,\n"
        "rufus,,E010\n"
        "e007,,\n"
        "somebody,,E010\n"
        "ghost,,E999\n",
    )
    found = {login: (a.person_id, a.matched_by) for login, a in accounts().items()}
    assert found == {
        "whoever": (cast.max.id, "email"),
        "rita@example.com": (cast.rita.id, "login"),
        "rufus": (cast.rufus.id, "login"),
        "e007": (cast.otto.id, "login"),
        "somebody": (cast.max.id, "employee number"),
        "ghost": (None, ""),
    }
    assert sync.unmatched == 1


def test_a_login_that_two_people_could_have_matches_neither(figma, cast):
    db.session.add(Person(email="max@other.example", name="Max Other", created_at=clock.now()))
    db.session.commit()
    applied(figma.source, "Login,Status\nmax,active\n")
    assert accounts()["max"].person_id is None


def test_people_imported_later_are_found_for_the_accounts_already_there(figma, cast):
    applied(figma.source, "Login,Email\nnew,new@example.com\nrita,\n")
    assert accounts()["new"].person_id is None
    applied(
        people_source(), "Email,Name,Employee ID\nnew@example.com,New,E100\n", is_complete=False
    )
    person = db.session.scalars(select(Person).where(Person.email == "new@example.com")).one()
    assert (accounts()["new"].person_id, accounts()["new"].matched_by) == (person.id, "email")
    assert accounts()["rita"].person_id == cast.rita.id


def test_an_account_whose_person_changed_address_is_matched_anew(figma, cast):
    applied(figma.source, "Login,Email\nx1,max@example.com\n")
    applied(people_source(), "Email,Employee ID\nmaximilian@example.com,E010\n", is_complete=False)
    assert db.session.get(Person, cast.max.id).email == "maximilian@example.com"
    assert accounts()["x1"].person_id is None


# People


PEOPLE = "Email,Name,Employee ID,Department,Title,Manager,Status,Start date,End date,Site\n"


def test_people_come_with_all_their_facts(cast):
    sync = applied(
        people_source(),
        PEOPLE
        + "Nora@Example.com,Nora Nyberg,E200,Sales,Lead,olive@example.com,Active,2024-01-31,,Oslo\n"
        "nils@example.com,Nils,E201,Sales,Rep,E200,Contractor,,,\n"
        "nina@example.com,Nina,E202,Sales,Rep,Nora Nyberg,Active,,2025-01-31,\n",
        is_complete=False,
    )
    people = {
        p.name: p for p in db.session.scalars(select(Person).where(Person.first_sync_id == sync.id))
    }
    nora = people["Nora Nyberg"]
    assert (nora.email, nora.manager_id, nora.standing) == (
        "nora@example.com",
        cast.olive.id,
        "current",
    )
    assert (nora.attributes, nora.start_date.isoformat()) == ({"Site": "Oslo"}, "2024-01-31")
    assert (people["Nils"].manager_id, people["Nils"].standing) == (nora.id, "external")
    assert (people["Nina"].manager_id, people["Nina"].standing) == (
        nora.id,
        "past",
    )  # her last day is over
    assert counts(sync) == (3, 0, 0, 0)


def test_only_mapped_columns_overwrite_what_is_known(cast):
    sync = applied(people_source(), "Email,Title\nmax@example.com,Head\n", is_complete=False)
    person = db.session.get(Person, cast.max.id)
    assert (person.title, person.name, person.department) == ("Head", "Max Meyer", "Sales")
    assert counts(sync) == (0, 1, 0, 0)


def test_who_is_missing_from_a_complete_list_becomes_past_if_they_came_from_it(cast):
    applied(people_source(), "Email,Name\na@x.example,A\nb@x.example,B\n")
    assert db.session.get(Person, cast.max.id).standing == "current"  # came from elsewhere
    sync = applied(people_source(), "Email,Name\na@x.example,A\n")
    gone = db.session.scalars(select(Person).where(Person.email == "b@x.example")).one()
    assert (gone.standing, sync.gone) == ("past", 1)
    applied(people_source(), "Email,Name\na@x.example,A\nb@x.example,B\n")
    back = db.session.scalars(select(Person).where(Person.email == "b@x.example")).one()
    assert (back.standing, back.status) == ("current", "")


def test_members_keep_their_person(cast):
    from portal.queries.actors import member_of  # noqa: PLC0415  only here

    applied(people_source(), "Email,Name,Title\nalma@example.com,Alma A.,CIO\n", is_complete=False)
    member = member_of(cast.alma.id)
    assert (member.person.name, member.role.name) == ("Alma A.", "Admin")


def test_two_people_may_swap_their_numbers(cast):
    applied(
        people_source(),
        "Email,Employee ID\nmax@example.com,E008\nrita@example.com,E010\n",
        is_complete=False,
    )
    numbers = [db.session.get(Person, p.id).employee_number for p in (cast.max, cast.rita)]
    assert numbers == ["E008", "E010"]


def test_a_row_that_names_two_people_at_once_is_refused(cast):
    sync = staged(people_source(), "Email,Employee ID\nmax@example.com,E008\n", is_complete=False)
    assert sync.state is SyncState.REFUSED
    assert problems(sync) == [
        (2, "Employee ID", "E008",
         "the number of Max Meyer, whose email this is; the number belongs to Rita Reyes")
    ]  # fmt: skip


def test_one_person_in_two_rows_is_refused(cast):
    sync = staged(
        people_source(),
        "Email,Employee ID\nn@x.example,1\nN@x.example,2\nm@x.example,2\nmax@example.com,\n,E010\n",
    )
    assert [problem[:3] for problem in problems(sync)] == [
        (3, "Email", "n@x.example"),
        (4, "Employee ID", "2"),
        (6, "", ""),
    ]


# Confirming


def test_a_list_that_would_lose_much_must_be_accepted(figma):
    applied(figma.source, ACCOUNTS + "".join(f"u{n},,U,active,,,\n" for n in range(10)))
    sync = staged(figma.source, ACCOUNTS + "u0,,U,active,,,\n")
    with pytest.raises(Invalid, match="more than 30 %"):
        confirm_sync(sync, by=SYSTEM)
    assert sync.state is SyncState.PREVIEW
    confirm_sync(sync, by=SYSTEM, accept_gone=True)
    apply_sync(sync, by=SYSTEM)
    assert sync.gone == 9


def test_a_list_applied_when_read_still_stops_where_much_would_be_lost(figma, run_jobs):
    applied(figma.source, ACCOUNTS + "".join(f"u{n},,U,active,,,\n" for n in range(10)))
    for text, state in (
        ("u0,,U,active,,,\n", SyncState.PREVIEW),
        ("".join(f"u{n},,U,active,,,\n" for n in range(9)), SyncState.APPLIED),
    ):
        sync = upload_list(
            figma.source,
            "l.csv",
            io.BytesIO((ACCOUNTS + text).encode()),
            apply_when_read=True,
            by=SYSTEM,
        )
        run_jobs()
        db.session.refresh(sync)
        assert sync.state is state


def test_a_preview_overtaken_by_another_list_must_be_read_again(figma):
    old = staged(figma.source, ACCOUNTS + "ann,,Ann,active,,,\n")
    applied(figma.source, ACCOUNTS + "ben,,Ben,active,,,\n")
    with pytest.raises(Stale):
        confirm_sync(old, by=SYSTEM)
    map_columns(old, old.mapping, {}, by=SYSTEM)
    assert stage_sync(old, by=SYSTEM)
    assert counts(old) == (1, 0, 1, 0)


def test_a_remembered_mapping_goes_straight_to_the_preview(figma):
    text = "Konto,Wer,Rolle\nann,Ann,Admin\n"
    first = staged(figma.source, text, options={})
    assert first.state is SyncState.MAPPING
    assert [column["field"] for column in first.columns] == ["login", "attribute", "role"]
    assert first.columns[0]["samples"] == ["ann"]
    map_columns(first, {"Konto": "login", "Wer": "name", "Rolle": "role"}, {}, by=SYSTEM)
    stage_sync(first, by=SYSTEM)
    confirm_sync(first, by=SYSTEM)
    apply_sync(first, by=SYSTEM)
    assert accounts()["ann"].name == "Ann"
    assert staged(figma.source, text, options={}).state is SyncState.PREVIEW
    more = "Konto,Wer,Rolle,Neu\nann,Ann,Admin,x\n"
    assert staged(figma.source, more, options={}).state is SyncState.MAPPING


def test_a_column_can_be_left_out_and_rows_then_merge(figma):
    sync = staged(
        figma.source,
        "Login,Role,Granted\nann,Admin,monday\nann,Editor,tuesday\n",
    )
    assert sync.state is SyncState.REFUSED
    map_columns(sync, {**sync.mapping, "Granted": "ignore"}, {}, by=SYSTEM)
    stage_sync(sync, by=SYSTEM)
    assert (sync.state, sync.new) == (SyncState.PREVIEW, 1)


@pytest.mark.parametrize(("who", "may"), [("alma", True), ("ivan", True), ("carl", False),
    ("ada", False), ("otto", False), ("max", False)])  # fmt: skip
def test_only_who_may_import_uploads_and_applies(figma, acting, who, may):
    actor = acting(who)
    if not may:
        with pytest.raises(Denied):
            upload_list(figma.source, "l.csv", io.BytesIO(b"Login\nann\n"), by=actor)
        with pytest.raises(Denied):
            confirm_sync(staged(figma.source, "Login\nann\n"), by=actor)
        return
    sync = upload_list(figma.source, "l.csv", io.BytesIO(b"Login\nann\n"), by=actor)
    assert (sync.by_person_id, sync.by_name) == (actor.person_id, actor.name)


def test_staged_rows_are_forgotten_once_applied(figma, run_jobs):
    sync = upload_list(figma.source, "l.csv", io.BytesIO(b"Login,Roles\nann,Admin\n"),
                       apply_when_read=True, by=SYSTEM)  # fmt: skip
    run_jobs()
    db.session.refresh(sync)
    assert sync.state is SyncState.APPLIED
    for model in (StagedAccount, StagedGrant, StagedPerson):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0
