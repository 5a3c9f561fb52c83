"""Settings of letters: what they say, which ways they take, whether the ways work."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.letter_kinds import KINDS, NOT_LISTED, PLACEHOLDERS, Channel, Group, Text
from policies.letter_ways import choosable, listed
from policies.letters import check_text, left_out, put_in
from policies.permissions import EDIT_SETTINGS, SEE_SETTINGS
from portal.queries.letter_samples import remark, sample
from portal.queries.letter_ways import channels_set_up, own_text, own_texts, text_of, ways_for
from portal.usecases.letter_choices import (
    change_letter_text,
    change_letter_ways,
    reset_letter_text,
    send_sample,
)
from portal.web.access import current_actor, requires
from portal.web.framed import framed, framing
from portal.web.pages import page

bp = Blueprint("letter_texts", __name__, url_prefix="/settings/letters")


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    return page(
        "letter_texts/index.html",
        kinds={kind: KINDS[kind] for kind in listed()},
        groups=tuple(Group),
        changed=own_texts(),
        ways=ways_for([]),
        channels=tuple(Channel),
        open_=channels_set_up(),
    )


@bp.post("/channels/test")
@requires(EDIT_SETTINGS)
def test() -> ResponseReturnValue:
    chosen = request.form.get("channel", "")
    channel = Channel(chosen) if chosen in list(Channel) else abort(404)
    letter = send_sample("test", channel, by=current_actor())
    flash(f"A letter by {channel.label} is on its way to {letter.person.name}.", "success")
    return redirect(url_for(".index"), 303)


@bp.get("/<kind>")
@requires(SEE_SETTINGS)
def edit(kind: str) -> Response:
    return _edit(_known(kind), _text(kind))


@bp.post("/<kind>")
@requires(EDIT_SETTINGS)
def change(kind: str) -> ResponseReturnValue:
    text = _typed()
    try:
        change_letter_text(_known(kind), text, by=current_actor())
    except Invalid as invalid:
        answer = _edit(kind, text, str(invalid))
        answer.status_code = 422
        return answer
    flash(f"{KINDS[kind].label}: saved. Letters say so from now on.", "success")
    return redirect(url_for(".edit", kind=kind), 303)


@bp.post("/<kind>/reset")
@requires(EDIT_SETTINGS)
def reset(kind: str) -> ResponseReturnValue:
    reset_letter_text(_known(kind), by=current_actor())
    flash(f"{KINDS[kind].label}: says again what comes with the product.", "success")
    return redirect(url_for(".edit", kind=kind), 303)


@bp.post("/<kind>/ways")
@requires(EDIT_SETTINGS)
def choose(kind: str) -> ResponseReturnValue:
    first, others = request.form.get("first", ""), request.form.getlist("channel")
    ways = [each for each in (first, *others) if each]
    may_stop = request.form.get("may_stop") == "1"
    change_letter_ways(_known(kind), ways, may_stop=may_stop, by=current_actor())
    flash(f"{KINDS[kind].label}: its ways are saved.", "success")
    return redirect(url_for(".edit", kind=kind), 303)


@bp.post("/<kind>/sample")
@requires(EDIT_SETTINGS)
def send(kind: str) -> ResponseReturnValue:
    letter = send_sample(_known(kind), by=current_actor())
    flash(f"A letter like this is on its way to {letter.person.name}.", "success")
    return redirect(url_for(".edit", kind=kind), 303)


@bp.get("/<kind>/preview")
@requires(SEE_SETTINGS)
def preview(kind: str) -> Response:
    return framed(sample(_known(kind), _text(kind)))


@bp.post("/<kind>/preview")
@requires(EDIT_SETTINGS)
def preview_typed(kind: str) -> Response:
    """What is being typed, as it would look; or what is wrong with it."""
    text = _typed()
    try:
        check_text(_known(kind), text)
    except Invalid as invalid:
        return framed(remark(str(invalid)))
    return framed(sample(kind, text))


def _known(kind: str) -> str:
    return kind if kind in KINDS and kind not in NOT_LISTED else abort(404)


def _text(kind: str) -> Text:
    """As it is, or with a placeholder that somebody wants in it; that is not saved yet."""
    return put_in(kind, text_of(kind), request.args.get("put_in", ""))


def _typed() -> Text:
    return Text(*(request.form.get(name, "") for name in Text._fields))


def _edit(kind: str, text: Text, error: str = "") -> Response:
    known: dict[str, Any] = {name: PLACEHOLDERS[name] for name in KINDS[kind].names}
    answer = page(
        "letter_texts/edit.html",
        kind=kind,
        facts=KINDS[kind],
        text=text,
        own=own_text(kind),
        known=known,
        error=error,
        lacking=left_out(kind, text),
        put_in=text != text_of(kind) and request.args.get("put_in"),
        allowed=ways_for([]).of(kind),
        choosable=choosable(kind),
        channel_choices=[(each.value, each.label) for each in KINDS[kind].channels],
        open_=channels_set_up(),
    )
    return framing(answer)
