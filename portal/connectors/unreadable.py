"""The one way a connector says that it cannot read something."""


class Unreadable(Exception):
    """The bytes are not what they should be. The message is a sentence for whoever sent them."""
