"""Where connections may go: nowhere inside, nowhere by detour, and never for long."""

import socket
from dataclasses import replace

import pytest
import requests

from portal.config import current_config
from portal.outgoing import NotReached, fetch_page, judged_address, make_outgoing, problem_of

PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch):
    """The names that machines have: the edge of the world."""
    known = {}

    def look_up(host, port, *_, **__):
        if host not in known:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


INSIDE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),  # noqa: S104
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"),
)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_asked(names, address):
    names["idp.example"] = [address]
    with pytest.raises(NotReached, match="inside"):
        judged_address("idp.example", 443, "https", inside=False)


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "64:ff9b::5db8:d70e"])
def test_an_address_of_the_internet_is_asked(names, address):
    names["idp.example"] = [address]
    assert judged_address("idp.example", 443, "https", inside=False) == address


def test_one_address_inside_among_others_is_enough_to_ask_none(names):
    names["idp.example"] = [PUBLIC, "10.0.0.1"]
    with pytest.raises(NotReached):
        judged_address("idp.example", 443, "https", inside=False)


def test_plain_http_is_for_addresses_inside_alone_and_only_where_they_are_allowed(names):
    names |= {"out.example": [PUBLIC], "in.example": ["10.0.0.1"]}
    assert judged_address("in.example", 80, "http", inside=True) == "10.0.0.1"
    with pytest.raises(NotReached, match="https"):
        judged_address("out.example", 80, "http", inside=True)


def test_a_name_is_looked_up_once_and_its_judged_address_is_connected_to(app, names, monkeypatch):
    """Whoever answers the second look-up with another address (DNS rebinding) is not asked."""
    asked, connected = [], []
    names["idp.example"] = [PUBLIC]
    look_up = socket.getaddrinfo

    def counted(host, *args, **more):
        asked.append(host)
        return look_up(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", counted)

    def connect(address, *_, **__):
        connected.append(address)
        raise OSError("nobody is there")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    with pytest.raises(requests.ConnectionError):
        fetch_page("https://idp.example/")
    assert (asked, connected) == (["idp.example"], [(PUBLIC, 443)])


@pytest.mark.parametrize(
    "url",
    ["http://idp.example/", "https://user:word@idp.example/", "https://nobody.example/",
     "https://inside.example/", "https://[::1]/", "https://127.0.0.1/"],
)  # fmt: skip
def test_what_is_refused_is_said_in_a_sentence(app, monkeypatch, url):
    def look_up(host, port, *_, **__):
        known = {"idp.example": PUBLIC, "inside.example": "10.0.0.1"}
        address = known.get(host, host)
        if address == "nobody.example":
            raise socket.gaierror
        return [(0, 0, 0, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NotReached) as refused:
        fetch_page(url)
    assert problem_of(refused.value).endswith(".")


def test_no_proxy_cookie_or_password_file_is_used_and_a_ca_of_ones_own_is(app):
    kept = current_config()
    app.extensions["config"] = replace(kept, ca_file="/etc/own.pem")
    session = make_outgoing(requests.Session())
    app.extensions["config"] = kept
    assert (session.trust_env, session.verify) == (False, "/etc/own.pem")
