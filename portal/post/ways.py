"""Opening a channel: whichever it is, what comes back carries envelopes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from policies.letter_kinds import Channel
from portal.config import Config
from portal.letterhead import Envelope
from portal.post.mail import carry, mail_server
from portal.post.slack import slack
from portal.post.teams import teams

Carry = Callable[[Envelope], None]


@contextmanager
def open_channel(channel: Channel, config: Config) -> Iterator[Carry]:
    """Raises Unreachable where there is no talking to the other side; so does what it gives."""
    if channel is Channel.SLACK:
        with slack(config) as bot:
            yield bot.carry
    elif channel is Channel.TEAMS:
        with teams(config) as workflow:
            yield workflow.carry
    else:
        with mail_server(config) as server:
            yield partial(carry, server=server, config=config)
