"""HTTP to addresses that somebody else chose: every way inside is closed."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import pytest

from interviewer.adapters import egress
from interviewer.core.errors import InvalidInput, Unavailable
from tests.hook_server import hook_server

INSIDE = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "192.0.0.8", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b:1::1"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_inner_address_is_not_public(address: str) -> None:
    assert not egress.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_an_address_of_the_internet_is(address: str) -> None:
    assert egress.is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "file:///etc/passwd", "//example.com/"),
        *("https://example.com:22/", "https://example.com:99999/", "https://", "nonsense"),
        *("https://user@example.com/", "https://u:p@example.com/", "https://example.com@evil/"),
        "http://127.0.0.1:9/",
    ],
)
def test_a_url_that_may_not_be_called_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="url"):
        egress.check_url(url, private_hosts=["127.0.0.1:8"])


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "017700000001", "[::1]"])
def test_loopback_written_otherwise_is_found_after_it_is_resolved(host: str) -> None:
    with pytest.raises(Unavailable, match="not public"):
        asyncio.run(egress.post(f"https://{host}/", {}, b""))


def test_the_address_that_was_checked_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that is public when it is looked up first and inner the second time."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    called: list[str] = []

    async def resolve(self: object, host: str, port: int, **_: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    async def connect(self: object, host: str, port: int, **_: Any) -> Any:
        called.append(host)
        raise OSError

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    monkeypatch.setattr(egress.httpcore2.AnyIOBackend, "connect_tcp", connect)
    with pytest.raises(Unavailable):
        asyncio.run(egress.post("https://rebinding.example/", {}, b""))
    assert called == ["93.184.216.34"]


def test_one_inner_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(self: object, host: str, port: int, **_: Any) -> Any:
        found = ("93.184.216.34", "10.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    with pytest.raises(Unavailable, match="not public"):
        asyncio.run(egress.post("https://both.example/", {}, b""))


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with hook_server() as inner, hook_server() as server:
        server.statuses, server.location = [302], inner.url
        answer = asyncio.run(egress.post(server.url, {}, b"{}", private_hosts=[server.host]))
        assert answer.status == 302
        assert inner.got == []


def test_a_host_that_is_allowed_by_name_and_port_only() -> None:
    with hook_server() as server, hook_server() as other:
        allowed = [server.host]
        sent = asyncio.run(egress.post(server.url, {"A": "b"}, b"hi", private_hosts=allowed))
        assert sent.status == 200
        assert [(headers["a"], body) for headers, body in server.got] == [("b", b"hi")]
        with pytest.raises(InvalidInput):
            asyncio.run(egress.post(other.url, {}, b"", private_hosts=allowed))
