"""The pages of imports: uploading, saying what columns mean, seeing what would change, applying."""

import io
import re

import pytest
from sqlalchemy import event, func, select

from policies.lifecycle import SyncState
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Account, Application, Instance, Sync
from portal.usecases.syncs import (
    accounts_source,
    apply_sync,
    confirm_sync,
    people_source,
    stage_sync,
    upload_list,
)
from tests.factories import launch, make_account, make_application, make_sync, start
from tests.story import story

LIST = b"Login,Name,Status,Roles\nann,Ann,active,Admin\nben,Ben,active,Viewer\n"
HTMX = {"HX-Request": "true", "HX-Target": "sync_body"}


@story
def figma(cast) -> Application:
    return make_application("Figma", cast.otto)


def put(source, content=LIST, **facts) -> Sync:
    sync = upload_list(source, "users.csv", io.BytesIO(content), by=SYSTEM, **facts)
    stage_sync(sync, by=SYSTEM)
    return sync


def trusted(application, content=LIST) -> Sync:
    return put(accounts_source(application.instances[0]), content, options={"trusting": True})


def sent(client, content=LIST, **form):
    form = {"noun": "accounts", "complete": "1", "list": (io.BytesIO(content), "users.csv"), **form}
    return client.post("/imports", data=form, content_type="multipart/form-data")


def test_an_admin_uploads_maps_previews_and_applies(sign_in, figma, run_jobs):
    client = sign_in("alma")
    form = client.get(f"/imports/new?noun=accounts&application={figma.id}").text
    assert f'value="{figma.instances[0].id}" selected' in form
    answer = sent(client, instance_id=figma.instances[0].id)
    assert answer.status_code == 303
    here = answer.location
    assert 'hx-trigger="every 1s"' in client.get(here).text
    run_jobs()
    mapping = client.get(here)
    assert "Say what each column means" in mapping.text
    assert "hx-trigger" not in mapping.text.partition('id="sync_body"')[2].partition(">")[0]
    assert "ann" in mapping.text
    fields = {"field-0": "login", "field-1": "name", "field-2": "status", "field-3": "role"}
    assert client.post(f"{here}/columns", data=fields).location == here
    run_jobs()
    preview = client.get(here).text
    assert "Apply 2 changes" in preview
    assert "Nothing has changed yet" in preview
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0
    assert client.post(f"{here}/apply").location == here
    assert "Applying the list" in client.get(here).text
    run_jobs()
    assert "2 rows read = 2 applied + 0 left out" in client.get(here).text
    assert db.session.scalar(select(func.count()).select_from(Account)) == 2


def test_the_page_follows_by_htmx(sign_in, figma, run_jobs):
    client = sign_in("alma")
    here = sent(client, instance_id=figma.instances[0].id).location
    part = client.get(here, headers=HTMX).text.strip()
    assert part.startswith('<section id="sync_body"')
    assert "<html" not in part
    run_jobs()
    assert "every 1s" not in client.get(here, headers=HTMX).text


def test_people_are_imported_from_their_own_page(sign_in, cast, run_jobs):
    client = sign_in("ivan")
    assert 'name="application_name"' not in client.get("/imports/new?noun=people").text
    here = sent(client, b"Email,Name\nnew@example.com,New\n", noun="people").location
    run_jobs()
    assert "Email" in client.get(here).text


def test_a_new_application_is_added_by_name(sign_in, cast):
    answer = sent(sign_in("alma"), application_name="Miro", instance_name="EU")
    assert answer.status_code == 303
    added = db.session.scalars(select(Instance).where(Instance.name == "EU")).one()
    assert added.application.name == "Miro"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Say which application"),
        ({"instance_id": "1", "list": (io.BytesIO(b""), "")}, "Choose a file first"),
        ({"instance_id": "1", "list": (io.BytesIO(b""), "empty.csv")}, "The file is empty"),
    ],
)
def test_what_is_missing_is_said_on_the_form(sign_in, figma, form, sentence):
    answer = sent(sign_in("alma"), **form)
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize("said", [{"CONTENT_LENGTH": "300000000"}, {"wsgi.input_terminated": True}])
def test_a_file_of_300_mb_is_refused_without_being_taken_in(sign_in, figma, said):
    stream = Endless()
    answer = sign_in("alma").post(
        "/imports",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"wsgi.input": stream, **said},
    )
    assert answer.status_code == 413
    assert "too large" in answer.text
    assert stream.given < 70_000_000


class Endless(io.RawIOBase):
    """A form whose file goes on and on, whether or not its length was said before."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        head = b'--x\r\nContent-Disposition: form-data; name="list"; filename="l.csv"\r\n\r\n'
        piece = head if not self.given else b"a@b.example,Ann\n" * 4096
        piece = piece[: len(buffer)]
        buffer[: len(piece)] = piece
        self.given += len(piece)
        return len(piece)


def test_refused_lists_show_their_problems_page_by_page_and_as_csv(sign_in, figma):
    bad = b"Login,Status\n" + b"".join(b"user%d,=odd\n" % n for n in range(450))
    sync = trusted(figma, bad)
    assert sync.state is SyncState.REFUSED
    client = sign_in("ada")
    page = client.get(f"/imports/{sync.id}").text
    assert "450 problems" in page
    assert page.count("a known status word") == 200
    following = re.search(r'href="(/imports/\d+\?at=[^"]+)"', page)[1]
    assert client.get(following).text.count("a known status word") == 200
    lines = client.get(f"/imports/{sync.id}/problems.csv").text.splitlines()
    assert len(lines) == 451
    assert lines[1].startswith('"2","Status","\'=odd","a known status word')


def test_a_preview_says_what_gone_means_and_asks_where_much_is_lost(sign_in, figma):
    first = trusted(figma, b"Login,Status\n" + b"".join(b"u%d,active\n" % n for n in range(10)))
    confirm_sync(first, by=SYSTEM)
    apply_sync(first, by=SYSTEM)
    sync = trusted(figma, b"Login,Status\nu0,active\n")
    client = sign_in("alma")
    page = client.get(f"/imports/{sync.id}").text
    assert "9 of 10 accounts would be gone" in page
    assert 'name="accept_gone"' in page
    refused = client.post(f"/imports/{sync.id}/apply")
    assert refused.status_code == 422
    assert "more than 30 %" in refused.text
    assert client.post(f"/imports/{sync.id}/apply", data={"accept_gone": "1"}).status_code == 303
    assert db.session.get(Sync, sync.id).state is SyncState.APPLYING


def test_another_encoding_can_be_chosen(sign_in, figma, run_jobs):
    sync = put(accounts_source(figma.instances[0]), "Login,Name\njg,Jörg\n".encode("mac-roman"))
    client = sign_in("alma")
    assert "Encoding guessed" in client.get(f"/imports/{sync.id}").text
    client.post(f"/imports/{sync.id}/columns", data={"encoding": "mac-roman"})
    run_jobs()
    page = client.get(f"/imports/{sync.id}").text
    assert "Jörg" in page
    assert "Encoding guessed" not in page


def test_a_list_is_discarded(sign_in, figma):
    sync = trusted(figma)
    client = sign_in("alma")
    client.post(f"/imports/{sync.id}/discard")
    assert "This list was discarded" in client.get(f"/imports/{sync.id}").text
    assert client.post(f"/imports/{sync.id}/apply").status_code == 409


def test_imports_are_listed_newest_first_filtered_and_as_csv(sign_in, figma):
    trusted(figma)
    put(people_source(), b"Email,Name\na@b.example,A\n", options={"trusting": True})
    client = sign_in("ada")
    page = client.get("/imports").text
    assert page.index("People</a>") < page.index("Figma</a>")
    only = client.get("/imports?field=noun&op=is&value=people").text
    assert "Figma</a>" not in only
    lines = client.get("/imports/csv?field=application&op=is&value=figma").text.splitlines()
    assert len(lines) == 2
    assert '"Figma","Main","users.csv"' in lines[1]


def test_a_longer_list_of_imports_asks_no_more_of_the_database(sign_in, figma):
    client = sign_in("ada")
    trusted(figma)
    few = statements(client, "/imports")
    for number in range(12):
        trusted(make_application(f"App {number}"))
    assert statements(client, "/imports") == few


def statements(client, path) -> int:
    asked = []

    def note(*_: object) -> None:
        asked.append(1)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(asked)


@pytest.mark.parametrize(
    ("who", "seeing", "importing"),
    [("alma", 200, 200), ("ivan", 200, 200), ("carl", 200, 403), ("ada", 200, 403),
     ("otto", 404, 404), ("max", 404, 404)],
)  # fmt: skip
def test_who_may_see_imports_and_who_may_import(sign_in, figma, who, seeing, importing):
    client = sign_in(who)
    sync = trusted(figma)
    assert client.get("/imports").status_code == seeing
    assert client.get(f"/imports/{sync.id}").status_code == seeing
    assert client.get("/imports/new?noun=accounts").status_code == importing
    allowed = {200: 303}.get(importing, importing)
    assert sent(client, instance_id=figma.instances[0].id).status_code == allowed
    assert client.post(f"/imports/{sync.id}/apply").status_code == allowed


def test_text_from_a_list_is_never_markup(sign_in, figma):
    evil = b'Login,Name,Status\n<script>alert(1)</script>,"<b>x</b>",active\n'
    page = sign_in("alma").get(f"/imports/{trusted(figma, evil).id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_who_removes_access_applies_their_own_list_and_goes_back_to_the_review(
    sign_in, figma, cast, acting, run_jobs
):
    make_sync(figma)
    make_account(figma, "max", person=cast.max)
    review = start(launch(acting("alma"), remediation_owner_id=cast.rufus.id), acting("otto"))
    sync = upload_list(
        *(accounts_source(figma.instances[0]), "fresh.csv", io.BytesIO(LIST)),
        review=review,
        options={"trusting": True},
        by=acting("otto"),
    )
    run_jobs()
    otto, here = sign_in("otto"), f"/imports/{sync.id}"
    assert sign_in("max").get(here).status_code == 404
    page = otto.get(here).text
    assert '<body class="portal"' in page
    assert "Nothing has changed yet" in page
    assert otto.post(f"{here}/apply", data={"accept_gone": "1"}).status_code == 303
    run_jobs()
    assert otto.get(here, headers=HTMX).headers["HX-Redirect"] == f"/reviews/{review.id}"
    assert f'href="/reviews/{review.id}"' in otto.get(here).text


def test_columns_that_make_no_sense_come_back_as_they_were_chosen(sign_in, figma, run_jobs):
    client = sign_in("alma")
    here = sent(client, instance_id=figma.instances[0].id).location
    run_jobs()
    fields = {"field-0": "", "field-1": "name", "field-2": "status", "field-3": "role"}
    answer = client.post(f"{here}/columns", data=fields)
    assert answer.status_code == 422
    assert "Say which column holds the login or the email." in answer.text
    assert "Say what each column means" in answer.text
