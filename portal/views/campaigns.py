"""Campaigns: the list, and where each stands. Planning is in portal/views/plans.py."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.filters import from_data
from policies.lifecycle import CampaignState
from policies.permissions import RUN_CAMPAIGNS, SEE_CAMPAIGNS
from portal import clock
from portal.models import Campaign
from portal.queries import campaign_lists as lists
from portal.queries.applications import application_fields
from portal.queries.background import launch_key, trouble_with
from portal.queries.deadlines import Deadline, deadline_of
from portal.queries.dry_runs import dry_run_of
from portal.queries.follow_ups import follow_up_of
from portal.queries.paging import count_of, page_of
from portal.queries.preparations import preparation_of
from portal.queries.review_lists import (
    CAMPAIGN_REVIEW_FIELDS,
    SORTS,
    beside_reviews,
    reviews_matching,
    reviews_order,
)
from portal.queries.reviews import reviews_of
from portal.queries.series import (
    active_predecessor,
    is_being_launched,
    launch_is_held,
    overlap_in_words,
    rule_in_words,
    why_not_early,
)
from portal.queries.standing import standing_of
from portal.queries.starting import STARTING, fresh_in
from portal.usecases.campaigns import (
    cancel_campaign,
    delete_campaign,
)
from portal.web.access import current_actor, requires
from portal.web.campaign_rows import CSV_HEADER, campaign_rows
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page, wants_part

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")

SLOW_LAUNCH = timedelta(minutes=2)


@bp.get("")
@requires(SEE_CAMPAIGNS)
def index() -> Response:
    tab, listing = _tab(), read_listing(lists.CAMPAIGN_FIELDS, lists.SORTS, lists.first(_tab()))
    query = lists.campaigns_matching(tab, listing.filter, listing.text)
    order = lists.campaigns_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "campaigns/index.html",
        parts=("campaigns_list",),
        tab=tab,
        counts=lists.campaigns_by_tab(),
        listing=listing,
        found=found,
        total=count_of(query),
        completed=lists.completions(found.rows),
        rule_of=rule_in_words,
        now=clock.now(),
    )


@bp.get("/csv")
@requires(SEE_CAMPAIGNS)
def index_csv() -> Response:
    tab, listing = _tab(), read_download(lists.CAMPAIGN_FIELDS, lists.SORTS, lists.first(_tab()))
    order = lists.campaigns_order(listing.sort, descending=listing.descending)
    query = lists.campaigns_matching(tab, listing.filter, listing.text).order_by(*order.terms)
    return csv_answer(f"{tab}-campaigns", CSV_HEADER, campaign_rows(query))


@bp.get("/<int:campaign_id>")
@requires(SEE_CAMPAIGNS, Campaign)
def show(campaign: Campaign) -> ResponseReturnValue:
    launching = is_being_launched(campaign)
    if request.headers.get("HX-Target") == "launching" and not launching:
        return "", 200, {"HX-Refresh": "true"}  # it was being launched, and now it is
    has_reviews = campaign.launched_at or campaign.is_prepared
    return _launched(campaign, launching) if has_reviews else _planned(campaign, launching)


@bp.post("/<int:campaign_id>/deletion")
@requires(RUN_CAMPAIGNS, Campaign)
def delete(campaign: Campaign) -> ResponseReturnValue:
    name = campaign.name
    delete_campaign(campaign, by=current_actor())
    flash(f"“{name}” was deleted. It had not been launched.", "success")
    return redirect(url_for(".index", tab="draft"), 303)


@bp.get("/<int:campaign_id>/cancellation")
@requires(RUN_CAMPAIGNS, Campaign)
def confirm_cancel(campaign: Campaign) -> Response:
    return page("campaigns/cancel.html", campaign=campaign, reviews=reviews_of(campaign))


@bp.post("/<int:campaign_id>/cancellation")
@requires(RUN_CAMPAIGNS, Campaign)
def cancel(campaign: Campaign) -> ResponseReturnValue:
    cancel_campaign(campaign, request.form.get("reason", ""), by=current_actor())
    flash("The campaign was cancelled. What was decided in it stays.", "success")
    return redirect(url_for(".show", campaign_id=campaign.id), 303)


def _tab() -> str:
    asked = request.args.get("tab", "active")
    return asked if asked in lists.TABS else "active"


def _planned(campaign: Campaign, is_launching: bool) -> Response:
    """The page of a campaign that was not launched: what a launch would do now."""
    return page(
        "campaigns/show.html",
        parts=("launching",),
        campaign=campaign,
        facts=None if wants_part() else dry_run_of(campaign),
        is_held=launch_is_held(campaign),
        overlap=overlap_in_words(campaign),
        before=active_predecessor(campaign),
        not_early=why_not_early(campaign),
        **_launch_of(campaign, is_launching),
        **_set_up(campaign),
    )


def _launched(campaign: Campaign, is_launching: bool) -> Response:
    """The page of a campaign that has reviews: where it stands, application by application."""
    listing = read_listing(CAMPAIGN_REVIEW_FIELDS, SORTS, "application")
    query = reviews_matching(listing.filter, listing.text, campaign=campaign)
    order = reviews_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "campaigns/show.html",
        parts=("standing", "launching"),
        campaign=campaign,
        standing=standing_of(campaign),
        prepared=preparation_of(campaign) if campaign.is_prepared else None,
        fresh=fresh_in(campaign) if campaign.state in STARTING and not wants_part() else 0,
        listing=listing,
        found=found,
        total=count_of(query),
        beside=beside_reviews([review.id for review in found.rows]),
        deadline=_deadline(campaign),
        **_launch_of(campaign, is_launching),
        **_set_up(campaign),
    )


def _deadline(campaign: Campaign) -> Deadline | None:
    """What the due date does, above the part that a live page asks for again and again."""
    active = campaign.state is CampaignState.ACTIVE
    return deadline_of(campaign) if active and not wants_part() else None


def _launch_of(campaign: Campaign, is_launching: bool) -> dict[str, Any]:
    """How far its launch is, once a worker was asked for it."""
    return {
        "is_launching": is_launching,
        "trouble": trouble_with(launch_key(campaign.id)) if is_launching else None,
        "is_slow": bool(campaign.starts_at and clock.now() - campaign.starts_at > SLOW_LAUNCH),
    }


def _set_up(campaign: Campaign) -> dict[str, Any]:
    """How it was set up, in words."""
    return {
        "applications": from_data(campaign.application_filter).in_words(application_fields()),
        "users": campaign.users.in_words(),
        "again": follow_up_of(campaign),
        "rule": rule_in_words(campaign),
    }
