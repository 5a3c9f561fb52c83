"""Rows of the review table by themselves: what a template needs to draw some of them again."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response
from flask.typing import ResponseReturnValue

from policies.lifecycle import ReviewState
from policies.permissions import REASSIGN_ITEMS, Actor, can
from portal.models import Item, Review
from portal.queries.bulks import last_step
from portal.queries.deadlines import spans_of
from portal.queries.item_fields import value_of
from portal.queries.items import Progress, fields_of, left_for, progress_seen_by
from portal.queries.levels import said_below, votes_on
from portal.queries.taking import takes_of
from portal.queries.tally import chip_counts
from portal.web.chips import standing_counts
from portal.web.columns import badges_of, read_columns
from portal.web.opened import opened_now
from portal.web.pages import block_of, part


def rows_of(review: Review, items: Sequence[Item], actor: Actor) -> dict[str, Any]:
    """What the rows of these items show besides the items: one row, or a page of them."""
    return {
        "below": said_below(review, items),
        "votes": votes_on(review, items),
        "takes": takes_of(items),
        "hands_on": can(REASSIGN_ITEMS, actor, review),
        "value_of": value_of,
        "badges_of": badges_of,
        "spans": spans_of(review.campaign),
        "care": review.care,
        "opened": opened_now(),
    }


def row_facts(review: Review, items: Sequence[Item], actor: Actor, back: str) -> dict[str, Any]:
    """All that a template needs to draw rows of these items, and how far the review is."""
    columns = read_columns(fields_of(review), review, actor)
    whole = progress_seen_by(actor, review)
    mine = left_for(actor, review, whole)
    picks = takes_picks(review, mine)
    return {
        "review": review,
        "columns": columns,
        "cells": columns.cells,
        "row_query": columns.as_query,
        "back_here": back,
        "progress": whole,
        "mine": mine,
        "picks": picks,
        "standing": standing_counts(chip_counts(review, actor)),
        "last_step": last_step(review, actor) if picks else None,
        **rows_of(review, items, actor),
    }


def takes_picks(review: Review, mine: Progress) -> bool:
    """Whether rows can be ticked: some are this person's to decide, now."""
    return review.state is ReviewState.IN_REVIEW and review.accepts_decisions and bool(mine.total)


def rows_again(
    facts: dict[str, Any], items: Iterable[Item], *, or_go_to: str, status: int = 200
) -> ResponseReturnValue:
    """The progress, and with it these rows, each to its own place; or back, without htmx.

    A row travels in a <template>: beside a <div> the parser of HTML would drop it.
    """
    answer = part("reviews/items.html", "progress_bar", or_go_to=or_go_to, status=status, **facts)
    if not isinstance(answer, Response) or answer.status_code == 303:
        return answer
    row = block_of("reviews/items.html", "item_row", {**facts, "again": True, "conflict": ""})
    drawn = [f"<template>{row(item=item)}</template>" for item in items]
    answer.set_data(answer.get_data(as_text=True) + "".join(drawn))
    return answer
