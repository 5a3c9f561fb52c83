"""What went wrong or waits for somebody in the last days, as something always does."""

from datetime import date, timedelta
from functools import partial
from io import BytesIO

from policies.permissions import SYSTEM
from portal.demo.company import IT_ADMIN
from portal.demo.days import at, working_day
from portal.demo.office import Office, application, product, sources_of
from portal.usecases.applications import hide_application
from portal.usecases.remediation import remove_source
from portal.usecases.sources import accounts_source
from portal.usecases.syncs import stage_sync, upload_list

_NOTION = """Member;Joined on the;Workspace role;Invited by
mkt-planning@harrowlane.example;2026-03-02;Owner;
boat.show@harrowlane.example;2026-03-02;Member;mkt-planning@harrowlane.example
spares@harrowlane.example;2026-05-18;Member;mkt-planning@harrowlane.example
"""


def leave_loose_ends(office: Office, today: date) -> None:
    """Note an application hidden, a source removed under a review, and imports that wait, are
    refused, or unread."""
    note = office.diary.note
    note(at(working_day(today - timedelta(days=70)), 11, 30), partial(_hide_what_is_over, office))
    note(at(working_day(today - timedelta(days=4)), 15, 40), partial(_remove_source, office))
    last = working_day(today - timedelta(days=1))
    note(at(last, 9, 20), partial(_bring_changed_list, office))
    note(at(last, 10, 5), partial(_bring_broken_list, office))
    note(at(last, 10, 30), partial(_bring_list_to_confirm, office))
    note(at(last, 11, 10), partial(_bring_strange_list, office))


def _hide_what_is_over(office: Office) -> None:
    hide_application(application("WeTransfer"), by=office.working_as(IT_ADMIN))


def _remove_source(office: Office) -> None:
    """Snowflake moved to another region, and its exports stopped in the middle of a review."""
    by = office.working_as(IT_ADMIN)
    for source in sources_of("Snowflake"):
        remove_source(source, "moved to the eu-north region; the old export is closed", by=by)


def _bring_changed_list(office: Office) -> None:
    """After the freeze of its review: the page tells how the source drifted."""
    office.import_lists(product("GitHub"), by=office.working_as(IT_ADMIN))


def _bring_broken_list(office: Office) -> None:
    name, stream = office.export(product("Tableau"), "Main")
    lines = stream.getvalue().decode().splitlines()
    lines[3] = lines[3].replace(",active,", ",dormant,")
    lines[7] = lines[7].replace("harrowlane.example", "harrowlane example")
    lines[12] = lines[12].rpartition(",")[0] + ",31.02.2024"
    _bring(office, "Tableau", name, BytesIO("\r\n".join(lines).encode()))


def _bring_list_to_confirm(office: Office) -> None:
    name, stream = office.export(product("Figma"), "Main")
    _bring(office, "Figma", name, stream)


def _bring_strange_list(office: Office) -> None:
    _bring(office, "Notion", "notion members.csv", BytesIO(_NOTION.encode()))


def _bring(office: Office, name: str, file_name: str, stream: BytesIO) -> None:
    by = office.working_as(IT_ADMIN)
    source = accounts_source(application(name).instances[0], by=by)
    sync = upload_list(source, file_name, stream, by=by)
    office.diary.pass_time(2)
    stage_sync(sync, by=SYSTEM)
