"""How often work that waits in a row is begun before it is left to a person.

Of work that may take its worker down with it, starts are counted, not failures: it never tells
that it failed.
"""

MOST_STARTS = 3


def lost_each_time(work: str) -> str:
    """The sentence for work that was begun as often as it may be, and never came to an end."""
    return f"{MOST_STARTS} times a worker was lost while {work}; most likely it ran out of memory."
