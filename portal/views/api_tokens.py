"""Settings > API tokens: made, shown once, revoked."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import ADMINISTER
from portal.config import current_config
from portal.models import Token
from portal.queries.api_tokens import all_tokens, token_ended
from portal.usecases.api_tokens import DAYS, DEFAULT_DAYS, LONGEST_NAME, make_token, revoke_token
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("api_tokens", __name__, url_prefix="/settings/tokens")


@bp.get("")
@requires(ADMINISTER)
def index() -> Response:
    return _index()


@bp.post("")
@requires(ADMINISTER, fresh=True)
def make() -> ResponseReturnValue:
    """The token is in this answer and nowhere else: it is shown once."""
    name = request.form.get("name", "").replace("\0", "")
    days = request.form.get("days", "")
    try:
        token, text = make_token(name, days=int(days or 0), by=current_actor())
    except (Invalid, ValueError) as error:
        sentence = str(error) if isinstance(error, Invalid) else "Choose how long it lives."
        answer = _index(error=sentence, typed=request.form)
        answer.status_code = 422
        return answer
    return _index(made=token, text=text)


@bp.get("/<int:token_id>/revoke")
@requires(ADMINISTER, Token)
def ask(token: Token) -> Response:
    """What revoking does, before it is done."""
    return page("api_tokens/revoke.html", token=token, ended=token_ended(token))


@bp.post("/<int:token_id>/revoke")
@requires(ADMINISTER, Token, fresh=True)
def revoke(token: Token) -> ResponseReturnValue:
    revoke_token(token, by=current_actor())
    flash(f"The token {token.name} opens nothing any more.", "success")
    return redirect(url_for(".index"), 303)


def _index(**context: Any) -> Response:
    return page(
        "api_tokens/index.html",
        tokens=[(token, token_ended(token)) for token in all_tokens()],
        days=[(str(days), _life(days)) for days in DAYS],
        default_days=str(DEFAULT_DAYS),
        longest=LONGEST_NAME,
        address=current_config().base_url.rstrip("/") + "/scim/v2",
        **context,
    )


def _life(days: int) -> str:
    return f"{days} days" if days < 365 else "1 year" if days == 365 else f"{days // 365} years"
