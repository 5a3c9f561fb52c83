"""How carrying a letter can fail, whatever the channel."""


class NotCarried(Exception):
    """The letter was not taken. The message may be shown; `for_good`: trying again is no use."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Unreachable(Exception):
    """There is no talking to the other side at all. The message may be shown."""
