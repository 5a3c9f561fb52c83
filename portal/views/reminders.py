"""Who still owes something in a campaign, and reminding them at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import RUN_CAMPAIGNS, SEE_CAMPAIGNS
from portal import clock
from portal.models import Campaign, Person
from portal.queries.letter_ways import reached_by_nothing, unreachable
from portal.queries.owed import (
    Owed,
    last_decided,
    last_reminded,
    owed_in,
    reminded_within,
    reminders_waiting,
    tasks_by_person,
)
from portal.queries.owing import owing_in, place_of
from portal.queries.paging import Page, part_of
from portal.queries.reminders import rule_of
from portal.usecases.reminders import HOUR, remind_now
from portal.web.access import current_actor, requires
from portal.web.formats import exact, plural
from portal.web.lists import csv_answer
from portal.web.pages import page

bp = Blueprint("reminders", __name__, url_prefix="/campaigns/<int:campaign_id>/owed")

ALL = "all"  # in place of a page's cursor: everybody, as for print
HEADER = (
    *("Person", "Email", "Manager", "Application", "Still to do", "Undecided"),
    *("Due (UTC)", "Last decided (UTC)", "Last reminded (UTC)"),
    "Not reachable",
)


@dataclass(frozen=True)
class Line:
    """What somebody owes, with when they were last heard of and written to. `waits_until`: when
    a reminder goes out that waits for their working hours. `unreachable`: why nothing reaches
    them, if so."""

    person: Person
    tasks: Sequence[Owed]
    decided_at: datetime | None
    reminded_at: datetime | None
    waits_until: datetime | None
    unreachable: str = ""


@bp.get("")
@requires(SEE_CAMPAIGNS, Campaign)
def index(campaign: Campaign) -> Response:
    return _page(campaign)


@bp.get("/csv")
@requires(SEE_CAMPAIGNS, Campaign)
def index_csv(campaign: Campaign) -> Response:
    return csv_answer("still-owed", HEADER, _csv_rows(campaign))


@bp.post("")
@requires(RUN_CAMPAIGNS, Campaign)
def remind(campaign: Campaign) -> ResponseReturnValue:
    chosen = [int(key) for key in request.form.getlist("person") if key.isdecimal()]
    everybody = request.form.get("who") == "all"
    try:
        written, too_soon = remind_now(campaign, None if everybody else chosen, by=current_actor())
    except Invalid as invalid:
        answer = _page(campaign, str(invalid))
        answer.status_code = 422
        return answer
    rest = f" {plural(too_soon, 'person', 'people')} had one within the hour." if too_soon else ""
    flash(f"{plural(written, 'letter')} written.{rest}", "success" if written else "info")
    return redirect(url_for(".index", campaign_id=campaign.id, at=request.args.get("at")), 303)


def _page(campaign: Campaign, error: str = "") -> Response:
    everybody, cursor = owing_in(campaign), request.args.get("at", "")
    shown = Page(everybody) if cursor == ALL else part_of(everybody, cursor, place_of, Person)
    only = None if cursor == ALL else [each.id for each in shown.rows]
    return page(
        "reminders/index.html",
        parts=("owed",),
        campaign=campaign,
        lines=_lines(campaign, owed_in([campaign], only)),
        shown=shown,
        people=len(everybody),
        lately=reminded_within(campaign.id, HOUR) & {each.id for each in everybody},
        lost=len(reached_by_nothing({each.id: each.email for each in everybody})),
        rule=rule_of(campaign),
        late=clock.now() > campaign.due_at,
        error=error,
    )


def _lines(campaign: Campaign, owed: Sequence[Owed]) -> list[Line]:
    tasks = tasks_by_person(owed)
    decided, lost = last_decided(campaign), unreachable(list(tasks))
    ids = [person.id for person in tasks]
    reminded, waiting = last_reminded(ids), reminders_waiting(ids)
    return [
        Line(
            who,
            mine,
            decided.get(who.id),
            reminded.get(who.id),
            waiting.get(who.id),
            lost.get(who.id, ""),
        )
        for who, mine in tasks.items()
    ]


def _csv_rows(campaign: Campaign) -> Iterator[list[str]]:
    for line in _lines(campaign, owed_in([campaign])):
        person, manager = line.person, line.person.manager
        for task in line.tasks:
            yield [
                person.name,
                person.email or "",
                manager.name if manager else "",
                task.review.application.name,
                task.what,
                str(task.left),
                exact(campaign.due_at),
                exact(line.decided_at),
                exact(line.reminded_at),
                line.unreachable,
            ]
