"""There is always somebody left who can let others in: the last Admin stays Admin."""

from policies.errors import IllegalMove


def admin_remains(name: str, others: int) -> None:
    """Raise IllegalMove where nobody else would be Admin once `name` no longer is.

    `others` counts the active Admins without an end date, `name` not among them.
    """
    if others < 1:
        raise IllegalMove(
            f"{name} is the last Admin. Make somebody else Admin, for good, before changing this."
        )
