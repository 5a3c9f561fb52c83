"""Handing out a file: its bytes as they come, with its name."""

from collections.abc import Iterator

from flask import Response


def as_download(chunks: Iterator[bytes], name: str, size: int, media_type: str) -> Response:
    """An answer that a browser keeps as a file."""
    response = Response(chunks, mimetype=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.content_length = size
    return response
