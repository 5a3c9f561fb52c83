"""The trail: who did what, filtered, page by page, and as CSV."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from sqlalchemy import Select

from policies.permissions import SEE_CAMPAIGNS, SEE_TRAIL
from portal.models import Campaign, TrailLine
from portal.queries.evidence_rows import snapshot
from portal.queries.paging import Order, page_of
from portal.queries.trail import trail_lines, trail_rows, verbs_of
from portal.reports.columns import TRAIL
from portal.web.access import requires
from portal.web.lists import csv_answer
from portal.web.pages import page

bp = Blueprint("trail", __name__)

LAST_DAY = datetime.combine(date.max, time(), UTC)
NEWEST = Order(TrailLine.id, TrailLine.id, descending=True)


@dataclass(frozen=True)
class Asked:
    """What the URL asks for; a date that makes no sense is left out and said so."""

    actor: str
    verb: str
    thing: str
    since: str
    until: str
    error: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        keys = ("actor", "verb", "thing", "since", "until")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}

    def lines(self, campaign: Campaign | None) -> Select[TrailLine]:
        until = _day(self.until)
        return trail_lines(
            campaign_id=campaign.id if campaign else None,
            actor=self.actor,
            verb=self.verb,
            thing=self.thing,
            since=_day(self.since),
            until=until + timedelta(days=until < LAST_DAY) if until else None,
        )


@bp.get("/trail")
@requires(SEE_TRAIL)
def index() -> Response:
    return _shown(None, url_for(".index"), url_for(".index_csv"))


@bp.get("/trail.csv")
@requires(SEE_TRAIL)
def index_csv() -> Response:
    return csv_answer("trail", TRAIL, _rows(_asked().lines(None)))


@bp.get("/campaigns/<int:campaign_id>/trail")
@requires(SEE_CAMPAIGNS, Campaign)
def of_campaign(campaign: Campaign) -> Response:
    url = url_for(".of_campaign", campaign_id=campaign.id)
    return _shown(campaign, url, f"{url}.csv")


@bp.get("/campaigns/<int:campaign_id>/trail.csv")
@requires(SEE_CAMPAIGNS, Campaign)
def of_campaign_csv(campaign: Campaign) -> Response:
    lines = _rows(_asked().lines(campaign))
    return csv_answer(f"trail-campaign-{campaign.id}", TRAIL, lines, about=campaign)


def _shown(campaign: Campaign | None, url: str, csv_url: str) -> Response:
    asked, cursor = _asked(), request.args.get("at", "")
    found = page_of(asked.lines(campaign), NEWEST, cursor)

    def at(place: str) -> str:
        return f"{url}?{urlencode({**asked.parameters, 'at': place})}" if place else ""

    query = f"?{urlencode(asked.parameters)}" if asked.parameters else ""
    return page(
        "trail/index.html",
        parts=("trail_table",),
        campaign=campaign,
        asked=asked,
        found=found,
        verbs=verbs_of(campaign.id if campaign else None),
        url=url,
        csv_url=csv_url + query,
        previous_url=at(found.before),
        next_url=at(found.after),
    )


def _asked() -> Asked:
    values: dict[str, Any] = {
        key: request.args.get(key, "").strip()[:100] for key in ("actor", "verb", "thing")
    }
    dates = {key: request.args.get(key, "").strip() for key in ("since", "until")}
    wrong = [value for value in dates.values() if value and _day(value) is None]
    error = f"“{wrong[0]}” is not a date. Write 2026-12-31." if wrong else ""
    return Asked(**values, **dates, error=error)


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError:
        return None


def _rows(query: Select[TrailLine]) -> Iterator[Sequence[str]]:
    with snapshot() as view:
        yield from trail_rows(view, query)
