"""What sources say, on its way in: `receive_events`, `work_inbox`, `take` and `store`."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial

from interviewer.core.book import Row
from interviewer.core.errors import (
    Conflict,
    InterviewerError,
    NotAllowed,
    Unavailable,
)
from interviewer.core.offer import ActionAnswer
from interviewer.events.settling import Affected, Counts, settle
from interviewer.faults import log_fault
from interviewer.followup import actions
from interviewer.ports import Circumstances, Services
from interviewer.store import Endpoint, EndpointCount, InboxEvent, Put

log = logging.getLogger(__name__)

API = "api"  # where the JSON API's events are kept in the inbox; they are CloudEvents
CLOUD_EVENTS = "cloudevents"
AT_ONCE = 500  # events of the inbox in one round
LONGEST_WORD = 80  # characters of an unknown word that are kept


def receive_events(services: Services, events: Sequence[str]) -> int:
    """Put the JSON API's CloudEvents into the inbox; how many were new.

    Raises:
        InvalidInput: One of them is no CloudEvent; none was stored.
    """
    raws = [event.encode() for event in events]
    for raw in raws:
        services.sources[CLOUD_EVENTS].check(raw)
    return sum(services.store.add_to_inbox(inbox_events(services, API, CLOUD_EVENTS, raws, {})))


def inbox_events(
    services: Services,
    name: str,
    source: str,
    raws: Sequence[bytes],
    headers: Mapping[str, str],
    *,
    test: bool = False,
) -> list[InboxEvent]:
    """Verified events as the inbox keeps them, under the name of their endpoint."""
    now, sender = services.clock.now(), services.sources[source]
    return [
        InboxEvent(
            source=name,
            event_id=sender.event_id(raw, headers),
            raw=storable(raw),
            received_at=now,
            test=test,
        )
        for raw in raws
    ]


def storable(raw: bytes) -> str:
    """Text that every database can hold; what is no UTF-8 shows as such and is held back later."""
    return raw.decode("utf-8", "replace").replace("\x00", "\ufffd")


def work_inbox(services: Services) -> int:
    """Work on what the inbox holds, oldest first; how many events were looked at.

    All that can be read is taken in one go. One event that cannot is held back with the reason
    and blocks nobody. When the database does not answer, all wait for the next round.
    """
    events = services.store.unprocessed(AT_ONCE)
    if not events:
        return 0
    reading = Reading(services)
    read = [(event, *reading.rows(event)) for event in events]
    reasons = {_name(event): reason for event, _, reason in read if reason}
    taken = [(event, said) for event, said, reason in read if not reason]
    is_taken = _is_taken(services, [row for _, said in taken for row in rows_in(said)])
    for event, said in taken:
        if is_taken and len(rows_in(said)) == len(said):
            continue
        if reason := _reason(event, partial(_taken_alone, services, event, said)):
            reasons[_name(event)] = reason
    now = services.clock.now()
    for event in events:
        if _name(event) in reasons:
            log.warning("an event of %s is held back", event.source)
    services.store.save_inbox(
        [replace(event, processed_at=now, error=reasons.get(_name(event))) for event in events]
    )
    services.store.count(reading.counts())
    return len(events)


def _name(event: InboxEvent) -> tuple[str, str]:
    return event.source, event.event_id


def _is_taken(services: Services, rows: Sequence[Row]) -> bool:
    """Whether all of them could be taken together; else each event is taken alone."""
    return _failure(lambda: take(services, rows)) is None


def rows_in(said: Sequence[Row | ActionAnswer]) -> list[Row]:
    """What the book takes of it."""
    return [one for one in said if isinstance(one, Row)]


def _taken_alone(services: Services, event: InboxEvent, said: Sequence[Row | ActionAnswer]) -> None:
    take(services, rows_in(said))
    for one in said:
        if isinstance(one, ActionAnswer):
            _answer(services, event, one)


def _answer(services: Services, event: InboxEvent, said: ActionAnswer) -> None:
    try:
        actions.answer(services, said, actor=f"source:{event.source}")
    except Conflict as error:  # it was answered otherwise: no race that trying again would win
        raise NotAllowed(error.message) from None


def _reason(event: InboxEvent, work: Callable[[], object]) -> str | None:
    """Why it could not be worked on."""
    error = _failure(work)
    if error is None:
        return None
    if isinstance(error, InterviewerError):
        return str(error)
    log_fault(log, f"an event of {event.source}", error)
    return f"a fault of ours: {type(error).__name__}"


def _failure(work: Callable[[], object]) -> Exception | None:
    """What went wrong with it; one event, whatever is in it, stops no other.

    Raises:
        Conflict, Unavailable: It is no event's fault: all wait for the next round.
    """
    try:
        work()
    except (Conflict, Unavailable):
        raise
    except Exception as error:
        return error
    return None


class Reading:
    """Reads events of the inbox, with what their endpoints and shipments add."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.endpoint: Callable[[str], Endpoint | None] = cache(self._endpoint)
        self.zone_of: Callable[[str], str | None] = cache(services.store.zone_of)
        self.unknown: dict[str, Counter[str]] = {}  # by endpoint

    def rows(self, event: InboxEvent) -> tuple[Sequence[Row | ActionAnswer], str | None]:
        """What it says, or why it cannot be read."""
        found: list[Row | ActionAnswer] = []
        reason = _reason(event, lambda: found.extend(self.read(event)))
        return found, reason

    def read(self, event: InboxEvent) -> Sequence[Row | ActionAnswer]:
        """What it says.

        Raises:
            InvalidInput: The path of the part, its value and the fix.
        """
        endpoint = self.endpoint(event.source)
        circumstances = Circumstances(
            now=event.received_at,
            words=endpoint.words if endpoint else {},
            zone_of=self.zone_of,
        )
        source = self.services.sources[endpoint.source if endpoint else CLOUD_EVENTS]
        rows = source.rows((event.mended or event.raw).encode(), circumstances)
        self.unknown.setdefault(event.source, Counter()).update(circumstances.unknown)
        return rows

    def counts(self) -> list[EndpointCount]:
        """The words that were none of ours."""
        at = hour(self.services)
        return [
            EndpointCount(name, at, "unknown", word, n)
            for name, words in self.unknown.items()
            for word, n in _shortened(words).items()
        ]

    def _endpoint(self, name: str) -> Endpoint | None:
        return None if name == API else self.services.store.endpoint(name)


def hour(services: Services) -> datetime:
    """The hour that it is now, under which things are counted."""
    return services.clock.now().replace(minute=0, second=0, microsecond=0)


def _shortened(words: Counter[str]) -> Counter[str]:
    short: Counter[str] = Counter()
    for word, n in words.items():
        short[word[:LONGEST_WORD]] += n
    return short


def take(services: Services, rows: Sequence[Row]) -> tuple[list[Put], Counts]:
    """Store rows and look again at everything that they changed."""
    puts, affected = store(services, rows)
    return puts, settle(services, affected)


def store(services: Services, rows: Sequence[Row]) -> tuple[list[Put], Affected]:
    """Store rows; what they changed is settled later, once for a whole file."""
    puts = services.store.put(rows)
    affected = Affected()
    for row, put in zip(rows, puts, strict=True):
        if put != "known":
            affected.add(row)
    return puts, affected
