"""Refusals. Each carries the sentence shown to whoever was refused."""

from datetime import datetime


class Refusal(Exception):
    """A rule said no, and nothing was changed."""


class Denied(Refusal):
    """This actor may not do this (HTTP 403)."""


class IllegalMove(Refusal):
    """Nobody may do this now: the thing is in the wrong state (HTTP 409)."""


class Stale(Refusal):
    """Someone else changed the thing since it was shown (HTTP 409)."""


class Invalid(Refusal):
    """What was typed or uploaded cannot be taken as it is (HTTP 422)."""


class CommentMissing(Invalid):
    """This decision needs a comment, by the rule of the campaign."""


class TooSoon(Refusal):
    """This was tried too often; it may be tried again from `again_at` on (HTTP 429)."""

    def __init__(self, sentence: str, again_at: datetime) -> None:
        super().__init__(sentence)
        self.again_at = again_at
