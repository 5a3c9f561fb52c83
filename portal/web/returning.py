"""Where a form without JavaScript goes back to."""

from flask import request


def way_back(otherwise: str) -> str:
    """The `back` path a form or link carried, if it stays below `otherwise`; else that.

    Only a path of the very list one came from is accepted, never another site.
    """
    wanted = request.values.get("back", "")
    same = wanted == otherwise or wanted.startswith((otherwise + "?", otherwise + "#"))
    return wanted if same and wanted.isprintable() else otherwise
