"""The one way out to the web: no surprises about where, how long or how much.

A name is resolved once, every address it has is judged, and the connection goes to the address
that was judged, so that a name cannot mean one machine to the check and another to the
connection. No proxy, no redirect, no cookie. Addresses inside (private, loopback, link-local)
are refused unless ALLOW_PRIVATE_ADDRESSES says otherwise, and only to them may plain http be
spoken. Nothing here knows what is asked for, or why.
"""

import ipaddress
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util import connection

from portal.config import current_config

SECONDS = 5.0  # to connect, and to wait for the next byte
LONGEST_SECONDS = 15.0  # for the whole answer
MOST_BYTES = 1_000_000  # of an answer, unpacked


# Everything that can go wrong on the way: what follows here, and a network that fails.
OutsideFailed = requests.RequestException


class NotReached(requests.RequestException):
    """The other side was not asked, or its answer not taken; the text is a sentence."""


def make_outgoing(session: requests.Session) -> requests.Session:
    """Bind `session` to the rules above, and return it. Everything it raises for them, and
    for a network that fails, is a `requests.RequestException`."""
    adapter = _Adapter(inside=current_config().allow_private_addresses)
    session.trust_env = False
    session.verify = str(current_config().ca_file or "") or True
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def fetch_page(url: str) -> bytes:
    """What a GET of `url` answers, at most MOST_BYTES; `requests.RequestException` if nothing."""
    with make_outgoing(requests.Session()) as session:
        answer = session.get(url)
        answer.raise_for_status()
        return answer.content


def problem_of(error: Exception) -> str:
    """A sentence about why nothing came back, without addresses or secrets."""
    if isinstance(error, NotReached):
        return str(error)
    if isinstance(error, requests.exceptions.SSLError):
        return "Its certificate is not trusted here."
    if isinstance(error, requests.Timeout):
        return f"It did not answer within {SECONDS:.0f} seconds."
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"It answered with the status {error.response.status_code}."
    if isinstance(error, requests.ConnectionError):
        return "It cannot be connected to."
    return "Its answer could not be understood."


class _Adapter(HTTPAdapter):
    def __init__(self, *, inside: bool) -> None:
        self.inside = inside
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        inside = self.inside

        class Plain(_Judged, HTTPConnection):
            allowed, spoken = inside, "http"

        class Secret(_Judged, HTTPSConnection):
            allowed, spoken = inside, "https"

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecretPool(HTTPSConnectionPool):
            ConnectionCls = Secret

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecretPool}

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send it, and read the answer here and now, as far as it is bounded."""
        began = time.monotonic()
        parts = urlsplit(request.url or "")
        if parts.scheme != "https" and not self.inside:
            raise NotReached("Only addresses that begin with https:// are asked.")
        if parts.username or parts.password:
            raise NotReached("An address with a password in it is not asked.")
        kwargs |= {"stream": True, "timeout": (SECONDS, SECONDS), "proxies": None}
        try:
            response = super().send(request, *args, **kwargs)
        except requests.ConnectionError as error:
            raise _refusal_within(error) or error from None
        with response:
            _take_whole(response, began)
        return response


class _Judged:
    """A connection that goes only to an address that was judged."""

    allowed: bool
    spoken: str

    def _new_conn(self) -> socket.socket:
        mine: Any = self
        try:
            address = judged_address(mine._dns_host, mine.port, self.spoken, inside=self.allowed)
            return connection.create_connection(
                (address, mine.port), mine.timeout, socket_options=mine.socket_options
            )
        except NotReached as refusal:
            raise NewConnectionError(mine, str(refusal)) from refusal
        except OSError as error:
            raise NewConnectionError(mine, type(error).__name__) from error


def judged_address(host: str, port: int, scheme: str, *, inside: bool) -> str:
    """An address of `host` that may be asked; NotReached where one it has may not be."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotReached(f"There is no machine with the name {host}.") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    private = [address for address in addresses if not _is_public(address)]
    if private and not inside:
        raise NotReached(
            f"{host} is an address inside (private or loopback). Whoever runs the portal can "
            "allow such addresses by ALLOW_PRIVATE_ADDRESSES."
        )
    if scheme == "http" and len(private) < len(addresses):
        raise NotReached("Only addresses that begin with https:// are asked.")
    return str(addresses[0])


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return _is_public(inner)
    if isinstance(address, ipaddress.IPv6Address) and address in _NAT64:
        return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _refusal_within(error: BaseException) -> NotReached | None:
    """What was raised by our own connection, under what urllib3 and requests made of it."""
    seen: list[Any] = [error]
    while seen:
        each = seen.pop()
        if isinstance(each, NotReached):
            return each
        inner = [each.__cause__, getattr(each, "reason", None), *each.args]
        seen.extend(one for one in inner if isinstance(one, BaseException))
    return None


def _take_whole(response: Response, began: float) -> None:
    if response.is_redirect:
        raise NotReached("It answered with a redirect, and none is followed.")
    taken = bytearray()
    try:
        for part in response.raw.stream(16_384, decode_content=True):
            taken += part
            if len(taken) > MOST_BYTES:
                raise NotReached(f"Its answer is longer than {MOST_BYTES:,} bytes.")
            if time.monotonic() - began > LONGEST_SECONDS:
                raise NotReached(f"Its answer took longer than {LONGEST_SECONDS:.0f} seconds.")
    except (HTTPError, OSError) as error:
        raise NotReached("Its answer broke off.") from error
    response._content = bytes(taken)
    response._content_consumed = True  # type: ignore[attr-defined]  # how requests marks it read
