"""What a shipment's events say together: status, exceptions, promise, lateness.

The state is a function of the *set* of events: any order of arrival, with any repeats, folds to
the same state.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from interviewer.core.book import AvailableAction, Proof, ShipmentEvent, Time
from interviewer.core.reading import Value
from interviewer.core.times import EARLIEST, When, local_day
from interviewer.core.vocabulary import EXCEPTIONS, STATUS_RANK, ExceptionCode, Severity, Status

# An exception code that arrives without a status implies one.
IMPLIED: dict[ExceptionCode, Status] = {
    "returning": "returning",
    "returned": "returned",
    "cancelled": "cancelled",
}
AFTER_DELIVERY: frozenset[Status] = frozenset({"delivered", "returning", "returned"})
FINAL: frozenset[Status] = frozenset({"delivered", "returned", "cancelled"})
RECYCLED = timedelta(days=60)  # after which a code that was final stands for another shipment
RAISES_SEVERITY_2: frozenset[Status] = frozenset(
    {"attempt_failed", "exception", "available_for_pickup", "returning", "returned", "expired"}
)
# The promise is the first present of these sources; a source not named here comes first.
PROMISE_ORDER = {"order_promised_delivery_date": 1, "original_eta": 2}


class ExceptionSeen(Value):
    """One exception code of a shipment, from its first to its last mention in one chain."""

    code: ExceptionCode
    chain: int
    first: When
    last: When
    raised: When | None = None  # when it first was bad enough to ask about
    source: str
    text: str | None = None  # the carrier's words: untrusted

    @property
    def severity(self) -> Severity:
        """1 inconvenience, 2 needs an action, 3 loss or harm."""
        return EXCEPTIONS[self.code].severity


class Chain(Value):
    """A shipment's exceptions until it is delivered, returned, cancelled, or a person closes them.

    `number` counts the endings before it, so a late scan never renumbers a chain.
    `resolved` is the first good news after its last raised code.
    """

    number: int
    exceptions: tuple[ExceptionSeen, ...]
    resolved: When | None = None
    delivered: When | None = None  # the delivery that ended it
    ended: bool = False
    after_delivery: bool = False

    @property
    def raised(self) -> When | None:
        """When it first was bad enough to ask about."""
        times = [seen.raised for seen in self.exceptions if seen.raised]
        return min(times, key=lambda when: when.at, default=None)

    @property
    def worst(self) -> ExceptionSeen:
        """The code of highest severity, then the latest."""
        return max(self.exceptions, key=lambda seen: (seen.severity, seen.last.at, seen.code))


class ShipmentState(Value):
    """What is known of a shipment now."""

    status: Status = "unknown"
    delivered: When | None = None  # the first delivery; a second scan resets nothing
    promised: When | None = None
    promised_from: Time | None = None
    promised_source: str | None = None
    estimated: When | None = None  # the newest estimate
    chains: tuple[Chain, ...] = ()  # those with at least one code, in order
    last_event: When | None = None
    carrier: str | None = None
    account_ref: str | None = None
    proof: Proof | None = None
    proof_place: str | None = None
    available_actions: tuple[AvailableAction, ...] = ()

    @property
    def exceptions(self) -> tuple[ExceptionSeen, ...]:
        """Every code seen, of all chains."""
        return tuple(seen for chain in self.chains for seen in chain.exceptions)

    @property
    def exception_codes(self) -> tuple[ExceptionCode, ...]:
        """Each code once, in the order first seen."""
        return tuple(dict.fromkeys(seen.code for seen in self.exceptions))


def is_late(state: ShipmentState, grace: timedelta = timedelta()) -> bool | None:
    """Whether the shipment came after its promise; None while there is no promise or delivery.

    A date-only promise ends with its local day; a date-only delivery counts as that day, so a
    delivery on the promised day is never late.
    """
    promised, delivered = state.promised, state.delivered
    if promised is None or delivered is None:
        return None
    if promised.quality == "date":
        if delivered.quality == "date":
            return delivered.day > promised.day
        return delivered.at >= promised.end + grace
    limit = promised.at + grace
    if delivered.quality == "date":
        return delivered.day > local_day(limit, delivered.timezone)
    return delivered.at > limit


def fold(events: Iterable[ShipmentEvent]) -> ShipmentState:
    """The state of one shipment after these events, whatever their order and repeats."""
    ordered = in_order(_once_each(events))
    walk = _Walk(_moved_dates(ordered))
    for event in ordered:
        if event.event_kind != "promise":
            walk.apply(event)
    return walk.state(ordered)


def windows(events: Iterable[ShipmentEvent]) -> list[list[ShipmentEvent]]:
    """What was said of one code, by shipment: carriers give a code again once it is long final.

    A scan 60 days or more after a shipment was final begins the next one. There is always a first.
    """
    parts: list[list[ShipmentEvent]] = [[]]
    final_at: datetime | None = None
    for event in in_order(list(events)):
        if final_at and event.event_kind == "scan" and event.occurred_at >= final_at + RECYCLED:
            parts.append([])
            final_at = None
        parts[-1].append(event)
        if _status(event) in FINAL:
            final_at = event.occurred_at
    return parts


def in_order(events: Sequence[ShipmentEvent]) -> list[ShipmentEvent]:
    """The events by time, then rank, source and the source's id.

    A date-only event stands after the timed events of its day that rank no higher, so it never
    decides the order of scans whose times are known.
    """
    timed = sorted((e for e in events if e.time_quality != "date"), key=_order)
    if len(timed) == len(events):
        return timed
    placed = [((event.occurred_at, 1, *_order(event)[1:]), event) for event in timed]
    placed += [(_place(event, timed), event) for event in events if event.time_quality == "date"]
    return [event for _, event in sorted(placed, key=lambda pair: pair[0])]


def _order(event: ShipmentEvent) -> tuple[datetime, int, str, str, str]:
    return (event.occurred_at, _rank(event), event.source, event.source_event_id or "", _id(event))


def _place(
    event: ShipmentEvent, timed: Sequence[ShipmentEvent]
) -> tuple[datetime, int, int, str, str, str]:
    end = _when(event).end
    before = [
        other.occurred_at
        for other in timed
        if event.occurred_at <= other.occurred_at < end and _rank(other) <= _rank(event)
    ]
    at, side = (before[-1], 2) if before else (event.occurred_at, 0)
    return (at, side, *_order(event)[1:])


def _rank(event: ShipmentEvent) -> int:
    status = _status(event)
    return STATUS_RANK[status] if status else 0


def _status(event: ShipmentEvent) -> Status | None:
    if event.status or not event.exception_code:
        return event.status
    return IMPLIED.get(event.exception_code, "exception")


def _id(event: ShipmentEvent) -> str:
    return "|".join(map(str, event.natural_key))


def _when(event: ShipmentEvent) -> When:
    return When.model_construct(
        at=event.occurred_at, quality=event.time_quality, timezone=event.timezone
    )


def _once_each(events: Iterable[ShipmentEvent]) -> list[ShipmentEvent]:
    once: dict[tuple[object, ...], ShipmentEvent] = {}
    for event in events:
        known = once.setdefault(event.natural_key, event)
        if known != event:  # one scan told twice in different words: the same telling wins always
            once[event.natural_key] = min(known, event, key=lambda e: e.model_dump_json())
    return list(once.values())


def _estimates(ordered: Sequence[ShipmentEvent]) -> list[ShipmentEvent]:
    told = [event for event in ordered if event.estimated_at]
    return sorted(told, key=lambda event: event.reported_at or event.occurred_at)


def _moved_dates(ordered: Sequence[ShipmentEvent]) -> set[int]:
    """The `id()` of each event whose estimate is on a later local day than the one before."""
    moved: set[int] = set()
    before: date | None = None
    for event in _estimates(ordered):
        if event.estimate_before:
            before = local_day(event.estimate_before, event.timezone)
        day = event.estimated_at and local_day(event.estimated_at, event.timezone)
        if day and before and day > before:
            moved.add(id(event))
        before = day
    return moved


class _Walk:
    """Goes through the events of a shipment once, in order."""

    def __init__(self, moved: set[int]) -> None:
        self.moved = moved
        self.status: Status = "unknown"
        self.delivered: When | None = None
        self.number = 0
        self.seen: dict[tuple[int, ExceptionCode], ExceptionSeen] = {}
        self.resolved: dict[int, When] = {}
        self.ended_by_delivery: dict[int, When] = {}

    def apply(self, event: ShipmentEvent) -> None:
        """One step; the codes of a delivery scan belong to what comes after the delivery."""
        status, when = _status(event), _when(event)
        if id(event) in self.moved:
            self._see("date_changed", None, event, when)
        if status == "delivered":
            self._enter(status, event, when)
        if event.exception_code:
            self._see(event.exception_code, status, event, when)
        if status and status != "delivered":
            self._enter(status, event, when)
        if event.event_kind in ("resolution", "closing"):
            self.resolved.setdefault(self.number, when)
            self.number += event.event_kind == "closing"

    def _enter(self, status: Status, event: ShipmentEvent, when: When) -> None:
        if event.event_kind == "correction":
            if status != "delivered":
                self.delivered = None
        elif status == "unknown" or (self.delivered and status not in AFTER_DELIVERY):
            return
        if status in ("out_for_delivery", "delivered"):
            self.resolved.setdefault(self.number, when)
        if status == "delivered" and self.delivered is None:
            self.delivered = self.ended_by_delivery[self.number] = when
            self.number += 1
        elif status in ("returned", "cancelled") and self.status != status:
            self.number += 1
        self.status = status

    def _see(
        self, code: ExceptionCode, status: Status | None, event: ShipmentEvent, when: When
    ) -> None:
        severity = EXCEPTIONS[code].severity
        raises = severity == 3 or (severity == 2 and status in RAISES_SEVERITY_2)
        if raises:
            self.resolved.pop(self.number, None)
        known = self.seen.get((self.number, code))
        self.seen[self.number, code] = ExceptionSeen.model_construct(
            code=code,
            chain=self.number,
            first=known.first if known else when,
            last=when,
            raised=(known and known.raised) or (when if raises else None),
            source=known.source if known else event.source,
            text=event.exception_text or (known.text if known else None),
        )

    def _chains(self) -> tuple[Chain, ...]:
        numbers = sorted({number for number, _ in self.seen})
        return tuple(
            Chain(
                number=number,
                exceptions=tuple(seen for (n, _), seen in self.seen.items() if n == number),
                resolved=self.resolved.get(number),
                delivered=self.ended_by_delivery.get(number),
                ended=number < self.number,
                after_delivery=any(number > n for n in self.ended_by_delivery),
            )
            for number in numbers
        )

    def state(self, ordered: Sequence[ShipmentEvent]) -> ShipmentState:
        """The state at the end of the walk."""
        promised, promise, source = _promise(ordered)
        estimates = _estimates(ordered)
        scans = [event for event in ordered if event.event_kind != "promise"]
        return ShipmentState(
            status=self.status,
            delivered=self.delivered,
            promised=promised,
            promised_from=promise and promise.promised_from,
            promised_source=source or None,
            estimated=_estimate(estimates[-1]) if estimates else None,
            chains=self._chains(),
            last_event=_when(scans[-1]) if scans else None,
            carrier=_newest(ordered, "carrier"),
            account_ref=_newest(ordered, "account_ref"),
            proof=_newest(ordered, "proof"),
            proof_place=_newest(ordered, "proof_place"),
            available_actions=_newest(ordered, "available_actions") or (),
        )


def _newest(ordered: Sequence[ShipmentEvent], column: str) -> Any:
    values = (getattr(event, column) for event in reversed(ordered))
    return next((value for value in values if value is not None), None)


def _promise(ordered: Sequence[ShipmentEvent]) -> tuple[When | None, ShipmentEvent | None, str]:
    """What was promised, the event that said so, and its source; else the first estimate."""
    explicit = [event for event in ordered if event.promised_at]
    if explicit:
        event = min(explicit, key=_promise_order)
        at, quality = event.promised_at, event.promised_quality
        when = When(at=at, quality=quality, timezone=event.timezone) if at else None
        return when, event, event.promised_source or event.source
    estimates = _estimates(ordered)
    if not estimates:
        return None, None, ""
    return _estimate(estimates[0], first=True), None, "first_estimate"


def _promise_order(event: ShipmentEvent) -> tuple[int, datetime, datetime | None, str]:
    made_at = EARLIEST if event.event_kind == "promise" else event.occurred_at
    source = event.promised_source or event.source
    return PROMISE_ORDER.get(source, 0), event.reported_at or made_at, event.promised_at, _id(event)


def _estimate(event: ShipmentEvent, *, first: bool = False) -> When | None:
    at = event.estimate_before if first and event.estimate_before else event.estimated_at
    if at is None:
        return None
    return When(at=at, quality=event.estimated_quality, timezone=event.timezone)
