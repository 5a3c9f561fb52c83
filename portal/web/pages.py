"""One template, two answers: a whole page, or the parts of it that htmx swaps."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import (
    Flask,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue


def page(template: str, *, parts: tuple[str, ...] = (), **context: Any) -> Response:
    """Answer a GET with `template`, or with the one part the swap is aimed at.

    An element's id is the name of the block it comes from (a row adds its own key:
    `item_row-42`), so the target htmx announces is the block it wants. Only blocks listed
    in `parts` are served alone: asking for a block must not be a way round the condition
    that encloses it.
    """
    wanted = request.headers.get("HX-Target", "").partition("-")[0]
    if _wants_part() and wanted in parts:
        return make_response(_blocks(template, (wanted,), context))
    return make_response(render_template(template, **context))


def part(
    template: str, *blocks: str, or_go_to: str, status: int = 200, **context: Any
) -> ResponseReturnValue:
    """Answer a POST with the blocks it changed; without htmx, go back to the page.

    The first block replaces the target. The others find their own place: they are
    rendered with `elsewhere` set, and mark themselves `hx-swap-oob` by it.
    """
    if not _wants_part():
        return redirect(or_go_to, 303)
    return make_response(_blocks(template, blocks, context), status)


def block_of(template: str, name: str, context: dict[str, Any]) -> Callable[..., str]:
    """A function that draws one block of `template` again and again, with what differs."""
    source = current_app.jinja_env.get_template(template)
    current_app.update_template_context(context)

    def drawn(**differing: Any) -> str:
        return "".join(source.blocks[name](source.new_context({**context, **differing})))

    return drawn


def announced(response: ResponseReturnValue, sentence: str) -> ResponseReturnValue:
    """Have `sentence` read aloud by screen readers once the answer is swapped in."""
    if isinstance(response, Response) and sentence:
        response.headers["X-Announce"] = quote(sentence)
    return response


def wants_part() -> bool:
    """Whether htmx asks, and not the back button."""
    return _wants_part()


def _wants_part() -> bool:
    restoring = "HX-History-Restore-Request" in request.headers
    return "HX-Request" in request.headers and not restoring


def _blocks(template: str, names: tuple[str, ...], context: dict[str, Any]) -> str:
    source = current_app.jinja_env.get_template(template)
    current_app.update_template_context(context)
    rendered: list[str] = []
    for nth, name in enumerate(names):
        scope = source.new_context({**context, "elsewhere": nth > 0})
        rendered.extend(source.blocks[name](scope))
    return "".join(rendered)


def init_app(app: Flask) -> None:
    @app.context_processor
    def components() -> dict[str, Any]:
        # A block rendered alone does not run the template's top-level lines, imports
        # included, so every template is given the components instead.
        return {"ui": app.jinja_env.get_template("ui.html").module}

    @app.after_request
    def vary(response: Response) -> Response:
        response.vary.update(("HX-Request", "HX-Target"))
        return response
