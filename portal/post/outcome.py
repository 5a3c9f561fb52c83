"""How carrying a letter can fail, whatever the channel."""

from datetime import timedelta


class NotCarried(Exception):
    """The letter was not taken. The message may be shown. `for_good`: trying again is no use;
    `refused`: because of the address. `again_in`: the other side said when."""

    def __init__(
        self,
        reason: str,
        *,
        for_good: bool = False,
        refused: bool = False,
        again_in: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.for_good = for_good or refused
        self.refused = refused
        self.again_in = again_in


class Unreachable(Exception):
    """There is no talking to the other side at all. The message may be shown."""
