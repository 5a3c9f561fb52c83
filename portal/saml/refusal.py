"""Why a message was not accepted: a word for the trail, a sentence for whoever sent it."""

from policies.errors import Denied


class NotAccepted(Denied):
    """A message that changes nothing and lets nobody in. `reason` is for the trail."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
