"""Where sources deliver: making, finding, turning and watching over endpoints."""

import hmac
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from interviewer.access import audit
from interviewer.core import standard_webhooks
from interviewer.core.errors import Conflict, InvalidInput, NotFound
from interviewer.events import intake
from interviewer.ports import Services
from interviewer.store import Endpoint, EndpointCount, InboxEvent

FOLDER = "folder"
CLOUD_EVENTS = intake.CLOUD_EVENTS
OVERLAP = timedelta(hours=24)  # how long an old secret lives beside the new one
TOKEN_SOURCES = ("shippo",)  # they sign nothing by default: the URL carries the secret
KNOWN_FOR = timedelta(seconds=1)  # how long an endpoint is used as it was looked up
LONGEST_NAME = 60
FORBIDDEN = ("/", "?", "#", " ")  # a name is part of an event's id, and of lines on a screen


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint, and its secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


def add(
    services: Services,
    source: str,
    name: str,
    *,
    secret: str | None = None,
    words: Mapping[str, Mapping[str, str | None]] | None = None,
    actor: str = audit.COMMAND_LINE,
) -> NewEndpoint:
    """Make an endpoint; with the provider's own secret where the provider makes it.

    Raises:
        InvalidInput: No such source, a name that cannot be used, no key to keep the secret with.
        Conflict: The name is taken.
    """
    if source not in services.sources:
        raise InvalidInput("source", f"is none of {', '.join(services.sources)}, {FOLDER}", source)
    _check_name(services, name)
    secret = secret or new_secret(source)
    endpoint = Endpoint(
        name=name,
        source=source,
        path=secrets.token_urlsafe(12),
        secrets=[{"sealed": services.sealer.seal(secret), "until": None}],
        words=words or {},
        folder=None,
        enabled=True,
        created_at=services.clock.now(),
    )
    services.store.save_endpoint(endpoint)
    audit.record(services, actor, "source.add", f"source:{name}", source=source)
    return NewEndpoint(endpoint, secret)


def add_folder(
    services: Services,
    name: str,
    path: str,
    reading: Mapping[str, Any],
    words: Mapping[str, Mapping[str, str | None]],
) -> Endpoint:
    """Watch a folder; `reading` says how its files are read (`interviewer/events/folders.py`).

    Raises:
        InvalidInput: A name that cannot be used.
        Conflict: The name is taken, or the folder is watched already.
    """
    _check_name(services, name)
    now = services.clock.now()
    endpoint = Endpoint(name, FOLDER, path, [], words, reading, True, now)
    services.store.save_endpoint(endpoint)
    audit.record(services, audit.COMMAND_LINE, "source.add", f"source:{name}", source=FOLDER)
    return endpoint


def _check_name(services: Services, name: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME or any(sign in name for sign in FORBIDDEN):
        fix = f"is no name; use up to {LONGEST_NAME} letters, digits, - and _"
        raise InvalidInput("--name", fix, name)
    if name == intake.API:
        raise InvalidInput("--name", "is kept for the JSON API", name)
    if name in {one.name for one in services.store.endpoints()}:
        raise Conflict(f"There is a source {name!r} already; choose another --name.")


def new_secret(source: str) -> str:
    """256 bits of chance, written as the source expects it."""
    if source == intake.CLOUD_EVENTS:
        return standard_webhooks.new_secret(secrets.token_bytes(standard_webhooks.CHANCE))
    return secrets.token_urlsafe(32)


def rotate(
    services: Services,
    name: str,
    *,
    secret: str | None = None,
    at_once: bool = False,
    actor: str = audit.COMMAND_LINE,
) -> NewEndpoint:
    """Add a second secret; the one before ends after 24 hours, or at once.

    Raises:
        NotFound: No such endpoint.
        InvalidInput: It is a folder.
    """
    endpoint = services.store.endpoint(name)
    if endpoint.source == FOLDER:
        raise InvalidInput("name", "is a folder; it has no secret", name)
    now, secret = services.clock.now(), secret or new_secret(endpoint.source)
    kept = [] if at_once else [_ending(each, now + OVERLAP) for each in _live(endpoint, now)[:1]]
    fresh = {"sealed": services.sealer.seal(secret), "until": None}
    endpoint = replace(endpoint, secrets=[fresh, *kept])
    services.store.save_endpoint(endpoint)
    audit.record(services, actor, "source.rotate", f"source:{name}")
    return NewEndpoint(endpoint, secret)


def _ending(secret: Mapping[str, str | None], at: datetime) -> dict[str, str | None]:
    return {"sealed": secret["sealed"], "until": secret["until"] or at.isoformat()}


def _live(endpoint: Endpoint, now: datetime) -> list[Mapping[str, str | None]]:
    return [
        each
        for each in endpoint.secrets
        if each["until"] is None or datetime.fromisoformat(each["until"]) > now
    ]


def live_secrets(services: Services, endpoint: Endpoint) -> list[str]:
    """The secrets that count now, newest first."""
    live = _live(endpoint, services.clock.now())
    return [services.sealer.open(str(each["sealed"])) for each in live]


def url(base: str, endpoint: Endpoint, secret: str) -> str:
    """Where the source delivers; it carries the secret where the source signs nothing."""
    token = f"?token={secret}" if endpoint.source in TOKEN_SOURCES else ""
    return f"{base}/hooks/{endpoint.source}/{endpoint.path}{token}"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the URL of an endpoint."""

    source: str
    path: str
    raw: bytes
    headers: Mapping[str, str]
    token: str = ""
    test: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An endpoint with the secrets that count, as it was looked up."""

    endpoint: Endpoint
    secrets: Sequence[str] = field(repr=False)
    at: datetime


class Lookup:
    """Endpoints by their URLs, each read at most once a second: a request needs no query."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: dict[tuple[str, str], Opened] = {}

    def recent(self, call: Call) -> Opened | None:
        """The endpoint as it was a moment ago, if it was looked up then."""
        known = self._known.get((call.source, call.path))
        is_recent = known and abs(self._services.clock.now() - known.at) < KNOWN_FOR
        return known if is_recent else None

    def find(self, call: Call) -> Opened:
        """The endpoint as it is now. Raises NotFound, also for one that is turned off."""
        place = (call.source, call.path)
        self._known.pop(place, None)
        endpoint = find(self._services, *place)
        secrets = live_secrets(self._services, endpoint)
        self._known[place] = Opened(endpoint, secrets, self._services.clock.now())
        return self._known[place]


def is_theirs(services: Services, opened: Opened, call: Call) -> bool:
    """Whether the source sent this: it is signed, or came by the URL that only it knows."""
    source, now = services.sources[call.source], services.clock.now()
    by_token = call.token if call.source in TOKEN_SOURCES else ""
    return any(
        [
            source.verify(call.raw, call.headers, secret, now)
            or hmac.compare_digest(by_token.encode("utf-8", "replace"), secret.encode())
            for secret in opened.secrets
        ]
    )


def events_in(services: Services, opened: Opened, call: Call) -> list[InboxEvent]:
    """The events of a verified request, as the inbox keeps them."""
    name, source = opened.endpoint.name, call.source
    events = services.sources[source].unpack(call.raw, call.headers)
    return intake.inbox_events(services, name, source, events, call.headers, test=call.test)


def note(services: Services, endpoint: Endpoint, what: str, n: int = 1) -> None:
    """Count what happened at an endpoint."""
    services.store.count([EndpointCount(endpoint.name, intake.hour(services), what, n=n)])


def overview(services: Services, base: str) -> list[dict[str, Any]]:
    """Every endpoint with its last event and what happened there in 24 hours."""
    since = services.clock.now() - timedelta(hours=24)
    counts = services.store.counts(since)
    held = Counter(event.source for event in services.store.inbox(held_back=True))
    return [
        _line(services, endpoint, base, [c for c in counts if c.name == endpoint.name], held)
        for endpoint in services.store.endpoints()
    ]


def _line(
    services: Services,
    endpoint: Endpoint,
    base: str,
    counts: Sequence[EndpointCount],
    held: Counter[str],
) -> dict[str, Any]:
    n = {w: sum(c.n for c in counts if c.what == w) for w in ("event", "refused", "unknown")}
    last = [c.hour for c in counts if c.what == "event"]
    is_folder = endpoint.source == FOLDER
    words = Counter({c.word: c.n for c in counts if c.what == "unknown"}).most_common(3)
    return {
        "name": endpoint.name,
        "source": endpoint.source,
        "where": endpoint.path if is_folder else url(base, endpoint, "..."),
        "last event": f"{max(last):%Y-%m-%d %H:%M}" if last else None,
        "events 24 h": n["event"],
        "refused 24 h": n["refused"],
        "unknown words 24 h": ", ".join(f"{word} ({times})" for word, times in words) or None,
        "held back": held[endpoint.name],
        "live secrets": len(_live(endpoint, services.clock.now())),
    }


def find(services: Services, source: str, path: str) -> Endpoint:
    """The endpoint that a URL names. Raises NotFound, also for one that is turned off."""
    endpoint = services.store.endpoint_at(source, path)
    if not endpoint.enabled or endpoint.source == FOLDER:
        raise NotFound("No such endpoint.")
    return endpoint
