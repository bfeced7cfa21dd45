"""HTTP to addresses that somebody else chose: only to public ones, however they are written.

Names are resolved once, every address is checked, and the connection is made to the address that
was checked, so a name cannot point elsewhere a moment later. No redirect is followed, no proxy of
the environment is used, and no more than 64 kB of an answer is read.
"""

import asyncio
import socket
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import httpcore2

from interviewer.core.errors import InvalidInput, Unavailable

PORTS = (443, 8443)
TIMEOUT = 10.0  # seconds for all of it
ANSWER_LIMIT = 64 * 1024  # bytes
PUBLIC_BUT_NOT = tuple(  # `is_global` says yes to these, and they lead inside
    ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "192.0.0.0/24")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is one of the open internet."""
    inner = getattr(address, "ipv4_mapped", None) or address
    is_inside = any(inner.version == net.version and inner in net for net in PUBLIC_BUT_NOT)
    return inner.is_global and not inner.is_multicast and not is_inside


def check_url(url: str, private_hosts: Collection[str] = ()) -> SplitResult:
    """The parts of a URL that may be called.

    Args:
        url: As somebody wrote it.
        private_hosts: `host:port` that the operator allows, also without encryption.

    Raises:
        InvalidInput: The scheme, the port or a user in it is not allowed.
    """
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise InvalidInput("url", "has no port that exists") from None
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("url", "names a user; leave out what is before the @")
    if not parts.hostname:
        raise InvalidInput("url", "names no host; write it as https://host/path")
    if f"{parts.hostname}:{port}" in private_hosts:
        return parts
    if parts.scheme != "https" or port not in PORTS:
        raise InvalidInput("url", "is no https:// address on port 443 or 8443")
    return parts


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were checked, and to the hosts that the operator allows."""

    def __init__(self, private_hosts: Collection[str]) -> None:
        self._private_hosts = frozenset(private_hosts)
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to the first address of the host, when all of them are public."""
        addresses = await _resolved(host, port)
        if f"{host}:{port}" not in self._private_hosts and not all(map(is_public, addresses)):
            raise Unavailable("the host has an address that is not public")
        return await self._backend.connect_tcp(str(addresses[0]), port, timeout=timeout)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def _resolved(host: str, port: int) -> list[IPv4Address | IPv6Address]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable("the host has no address") from None
    return [ip_address(str(each[4][0]).partition("%")[0]) for each in found]


async def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    private_hosts: Collection[str] = (),
) -> Answer:
    """Send a body and read the answer.

    Raises:
        InvalidInput: The URL may not be called.
        Unavailable: It cannot be reached, is not public, or does not answer in time.
    """
    check_url(url, private_hosts)
    backend = GuardedBackend(private_hosts)
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            httpcore2.AsyncConnectionPool(network_backend=backend) as pool,
            pool.stream("POST", url, headers=list(headers.items()), content=body) as response,
        ):
            return Answer(response.status, await _start_of(response))
    except TimeoutError:
        raise Unavailable(f"no answer within {TIMEOUT:.0f} seconds") from None
    except (OSError, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise Unavailable(f"cannot be reached ({type(error).__name__})") from None


async def _start_of(response: httpcore2.Response) -> bytes:
    read = b""
    async for part in response.aiter_stream():
        read += part
        if len(read) >= ANSWER_LIMIT:
            break
    return read[:ANSWER_LIMIT]
