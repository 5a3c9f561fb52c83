"""Carrying letters to Microsoft Teams: a workflow's webhook that takes Adaptive Cards."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from portal.chat import teams_message
from portal.config import Config
from portal.letterhead import Envelope
from portal.outgoing import make_outgoing
from portal.post.slack import send


class Teams:
    """A connection to the workflow."""

    def __init__(self, session: requests.Session, config: Config) -> None:
        self.session, self.config = session, config

    def carry(self, envelope: Envelope) -> None:
        """Hand one letter over. Raises NotCarried, or Unreachable."""
        send(self.session, self.config.teams_webhook, json=teams_message(envelope))


@contextmanager
def teams(config: Config) -> Iterator[Teams]:
    with make_outgoing(requests.Session()) as session:
        yield Teams(session, config)
