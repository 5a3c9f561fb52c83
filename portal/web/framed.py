"""A letter shown within a page: a frame that may draw and nothing else."""

from flask import Response

from portal.web.headers import CSP

_FRAME = "; ".join(
    (
        *("default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"),
        *("frame-ancestors 'self'", "base-uri 'none'", "form-action 'none'", "sandbox"),
    )
)


def framed(html: str) -> Response:
    """Mail needs styles within it; here nothing runs, nothing is loaded, no link is followed."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAME
    return response


def framing(response: Response) -> Response:
    """Let this page show such a frame."""
    response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return response
