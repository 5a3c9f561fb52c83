"""When rejected access counts as gone.

Source: the product's seed ("Verification process"). Only data that came in after the
sign-off counts, and absence proves something only where the list was complete.
"""

from policies.lifecycle import RemovalState


def removal_after(*, listed: bool, complete: bool, has_access: bool) -> RemovalState | None:
    """What one fresh list says of a rejected account; None where it proves nothing."""
    if listed:
        return RemovalState.ACTION_REQUIRED if has_access else RemovalState.INACTIVE
    return RemovalState.GONE if complete else None
