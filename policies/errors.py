"""Refusals. Each carries the sentence shown to whoever was refused."""


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
