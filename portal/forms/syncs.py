"""What people may say of an upload: what it is a list of, and how it is to be read."""

from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from werkzeug.datastructures import FileStorage, MultiDict

from policies.columns import ACCOUNTS, PEOPLE, TARGETS
from policies.errors import Invalid
from policies.lists import SEPARATORS
from portal.connectors.delimited import DELIMITERS
from portal.connectors.encodings import CHOICES
from portal.models import Instance, Sync
from portal.queries.paging import key_in

FILE_TYPES = ".csv,.xlsx,.tsv,.txt"
ORDERS = {"day": "the day first (31/12/2026)", "month": "the month first (12/31/2026)"}
_FORMAT = ("encoding", "delimiter", "sheet", "header_row")


@dataclass(frozen=True)
class Upload:
    """A list as sent. `instance_id`, or names of what is to be added."""

    noun: str
    file_name: str
    stream: BinaryIO
    is_complete: bool
    instance_id: int | None
    application: str
    instance: str


def read_upload(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> Upload:
    """What was sent, or Invalid with what is missing."""
    sent = files.get("list")
    if sent is None or not sent.filename:
        raise Invalid("Choose a file first: a CSV or XLSX list.")
    noun = PEOPLE if form.get("noun") == PEOPLE else ACCOUNTS
    wanted = key_in(form.get("instance_id", ""))
    application = form.get("application_name", "").strip()[:200]
    if noun == ACCOUNTS and wanted is None and not application:
        raise Invalid("Say which application the list is from, or name a new one.")
    return Upload(
        noun,
        sent.filename,
        cast(BinaryIO, sent.stream),
        form.get("complete") == "1",
        None if application else wanted,
        application,
        form.get("instance_name", "").strip()[:200],
    )


def read_own_upload(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> Upload:
    """What was sent for an application that is known already, or Invalid."""
    known = MultiDict(form)
    known["noun"], known["application_name"] = ACCOUNTS, "known"
    sent = read_upload(known, files)
    return replace(sent, instance_id=key_in(form.get("instance_id", "")))


def read_mapping(form: MultiDict[str, str], sync: Sync) -> tuple[dict[str, str], dict[str, Any]]:
    """(mapping, options). Where the format is to be another, the columns are found anew."""
    options: dict[str, Any] = {}
    for key, known in (
        ("encoding", CHOICES),
        ("delimiter", DELIMITERS),
        ("separator", SEPARATORS),
        ("dates", ORDERS),
    ):
        if form.get(key) in known:
            options[key] = form[key]
    if form.get("sheet"):
        options["sheet"] = form["sheet"][:200]
    if (row := key_in(form.get("header_row", ""))) is not None:
        options["header_row"] = min(row, 1_000)
    if any(options.get(key) != sync.options.get(key) for key in _FORMAT):
        return {}, options
    return _mapping(form, sync), options


def targets(noun: str) -> list[tuple[str, str]]:
    """What a column can be, for a select."""
    return [(target.key, target.label) for target in TARGETS[noun]]


def instance_choices(instances: list[Instance]) -> list[tuple[int, str]]:
    """Instances for a select, by application; the name of the only one is left out."""
    counts: dict[int, int] = {}
    for instance in instances:
        counts[instance.application_id] = counts.get(instance.application_id, 0) + 1
    return [
        (
            instance.id,
            instance.application.name
            if counts[instance.application_id] == 1
            else f"{instance.application.name}: {instance.name}",
        )
        for instance in instances
    ]


def _mapping(form: MultiDict[str, str], sync: Sync) -> dict[str, str]:
    return {
        column["name"]: form.get(f"field-{nth}", column["field"])
        for nth, column in enumerate(sync.columns)
    }
