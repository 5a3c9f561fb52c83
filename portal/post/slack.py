"""Carrying letters to Slack: a direct message by a bot, or a webhook. Nothing else speaks to it.

What goes wrong is told by Slack's own short codes, or by a sentence without addresses: neither
the token nor the address of a webhook is ever in a reason.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import requests

from portal.chat import slack_message
from portal.config import Config
from portal.letterhead import Envelope
from portal.outgoing import OutsideFailed, make_outgoing, problem_of
from portal.post.outcome import NotCarried, Unreachable

# What Slack says of the person, and of us: https://docs.slack.dev/reference/methods
_OF_PERSON = {
    "users_not_found": "Slack knows nobody with this address.",
    "user_not_found": "Slack knows nobody with this address.",
    "cannot_dm_bot": "This address belongs to a program.",
    "messages_tab_disabled": "This person takes no messages from apps.",
    "user_disabled": "This person’s Slack account is switched off.",
}
_OF_US = {
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
    *("missing_scope", "no_permission", "org_login_required", "ekm_access_denied"),
}


class Slack:
    """A connection to Slack. `found` are addresses of people, by their email."""

    def __init__(self, session: requests.Session, config: Config) -> None:
        self.session, self.config = session, config
        self.found: dict[str, str] = {}

    def carry(self, envelope: Envelope) -> None:
        """Hand one letter over. Raises NotCarried, or Unreachable."""
        if not self.config.slack_bot_token:
            self._post_to_webhook(envelope)
            return
        to = self.found.get(envelope.address) or self._find(envelope)
        said = slack_message(envelope, in_private=True) | {"channel": to}
        self._ask("chat.postMessage", json=said)

    def _find(self, envelope: Envelope) -> str:
        if not envelope.address:
            raise NotCarried(f"{envelope.name} has no email address to be found by.", refused=True)
        answer = self._ask("users.lookupByEmail", data={"email": envelope.address})
        self.found[envelope.address] = str(answer["user"]["id"])
        return self.found[envelope.address]

    def _ask(self, method: str, **sent: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.config.slack_bot_token}"}
        response = send(self.session, f"{self.config.slack_api}/{method}", headers=headers, **sent)
        try:
            answer = cast(dict[str, Any], response.json())
        except ValueError:
            raise Unreachable("Slack answered with something that is not JSON.") from None
        if answer.get("ok"):
            return answer
        code = str(answer.get("error", ""))[:60]
        if code in _OF_PERSON:
            raise NotCarried(_OF_PERSON[code], refused=True)
        if code in _OF_US:
            raise Unreachable(f"Slack does not let the portal in ({code}).")
        raise NotCarried(f"Slack did not take the letter ({code}).")

    def _post_to_webhook(self, envelope: Envelope) -> None:
        said = slack_message(envelope, in_private=False)
        said = {key: said[key] for key in ("text", "blocks", "unfurl_links", "unfurl_media")}
        send(self.session, self.config.slack_webhook, json=said)


@contextmanager
def slack(config: Config) -> Iterator[Slack]:
    with make_outgoing(requests.Session()) as session:
        yield Slack(session, config)


def send(session: requests.Session, url: str, **sent: Any) -> requests.Response:
    """POST to `url`. Raises NotCarried where what was sent is refused, or should come later;
    Unreachable where the other side is not there, or will take nothing."""
    try:
        response = session.post(url, **sent)
    except (OutsideFailed, ValueError) as error:
        raise Unreachable(problem_of(error)) from None
    status = response.status_code
    if status == 429:
        raise NotCarried("It takes no more letters just now.", again_in=_wait(response))
    if status in (401, 403, 404, 410) or status >= 500:
        raise Unreachable(f"It answered with the status {status}.")
    if status >= 400:
        raise NotCarried(f"It refused the letter (status {status}).", for_good=True)
    return response


def _wait(response: requests.Response) -> timedelta:
    said = response.headers.get("Retry-After", "")
    return timedelta(seconds=min(int(said), 3600) if said.isascii() and said.isdigit() else 30)
