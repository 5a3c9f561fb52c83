"""When rejected access, or the part of it to be taken away, counts as gone.

Source: the product's seed ("Verification process"). Only data that came in after the
sign-off counts, and absence proves something only where the list was complete.
"""

from policies.lifecycle import RemovalState


def reduction_after(
    *, listed: bool, complete: bool, has_access: bool, still_held: bool, tells: bool
) -> RemovalState | None:
    """What one fresh list says of an account some of whose grants are to be taken away.

    `still_held`: one of these grants is still on it. `tells`: the list has a column for each of
    their kinds; one that has none shows nothing of them. An account that is gone altogether, or
    has no access any more, has lost them too.
    """
    if not listed or not has_access:
        return removal_after(listed=listed, complete=complete, has_access=has_access)
    if not tells:
        return None
    return RemovalState.ACTION_REQUIRED if still_held else RemovalState.REDUCED


def removal_after(*, listed: bool, complete: bool, has_access: bool) -> RemovalState | None:
    """What one fresh list says of a rejected account; None where it proves nothing."""
    if listed:
        return RemovalState.ACTION_REQUIRED if has_access else RemovalState.INACTIVE
    return RemovalState.GONE if complete else None
