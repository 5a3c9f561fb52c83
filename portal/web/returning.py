"""Where people go on to: after a form without JavaScript, and after they signed in."""

from urllib.parse import urlsplit

from flask import request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.config import current_config

TARGET_SECONDS = 24 * 60 * 60
LONGEST_TARGET = 2000


def way_back(otherwise: str, *others: str) -> str:
    """The `back` path a form or link carried, if it stays below `otherwise` or one of `others`;
    else `otherwise`.

    Only a path of the very list one came from is accepted, never another site.
    """
    wanted = request.values.get("back", "")
    same = wanted.partition("?")[0].partition("#")[0] in {otherwise, *others}
    return wanted if same and wanted.isprintable() else otherwise


def signed_target(path: str) -> str:
    """`path` as a value for `next`, which nobody else can make; "" for what is no path of ours."""
    return _signer().dumps(path) if is_local(path) else ""


def target_of(signed: str, otherwise: str = "") -> str:
    """The path that was signed as `next` within the last day; else `otherwise`, or the start."""
    try:
        path = _signer().loads(signed, max_age=TARGET_SECONDS)
    except BadData:
        path = ""
    return path if is_local(path) else otherwise or url_for("session.home")


def is_local(path: object) -> bool:
    """Whether it is a path of this portal and can lead nowhere else, however it is read."""
    if not isinstance(path, str) or not path.isprintable() or "\\" in path:
        return False
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST_TARGET:
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def where_asked() -> str:
    """The path of this request; of a part, or a form, the page it is on. "" for none of ours."""
    if "HX-Request" in request.headers:
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
        path = parts.path + ("?" + parts.query if parts.query else "")
        return path if parts.netloc == request.host and is_local(path) else ""
    path = request.full_path.rstrip("?")
    return path if request.method == "GET" and is_local(path) else ""


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_config().secret_key, salt="next")
