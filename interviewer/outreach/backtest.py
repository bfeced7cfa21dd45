"""What a study would have brought about: past events replayed on a copy, with the clock of then.

Moments, planning, gate and worker are those of every day; only the clock and the channels differ:
nothing leaves, and nobody answers.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from interviewer import worker
from interviewer.clock import StoryClock
from interviewer.core.book import (
    Account,
    Claim,
    Consent,
    Contact,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
    Suppression,
    period_span,
)
from interviewer.core.errors import InvalidInput
from interviewer.core.invitation import Invitation, OutboundMessage
from interviewer.core.sms_text import sms_size
from interviewer.events import intake
from interviewer.ports import Services
from interviewer.studies import lifecycle

KINDS: tuple[type[Row], ...] = (
    Account,
    Contact,
    Consent,
    Suppression,
    Shipment,
    Score,
    Claim,
    Outcome,
    ShipmentEvent,
)
TICK = timedelta(minutes=15)  # what becomes known within it is taken in together
MORNING = time(6)  # when the calendars of the accounts are looked at, UTC


@dataclass
class Recorder:
    """A channel that keeps count and sends nothing."""

    taken: list[OutboundMessage] = field(default_factory=list)

    async def send(self, message: OutboundMessage) -> str:
        """Take one message."""
        self.taken.append(message)
        return f"backtest-{message.message_key}"

    async def lookup(self, message: OutboundMessage) -> str | None:
        """Nothing is ever in doubt here."""
        return None


@dataclass(slots=True)
class Day:
    """One day of a backtest, in UTC."""

    day: date
    moments: int = 0  # of kinds that the study takes
    invitations: int = 0  # sent
    refused: Counter[str] = field(default_factory=Counter)  # by rule, and moments by outcome
    messages: int = 0
    segments: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Backtest:
    """What would have happened."""

    study: str
    channels: Sequence[str]  # that were taken as set up
    days: Sequence[Day]
    deferred: int  # invitations that quiet hours or holidays moved
    out_of_hours: int  # messages that went at night, where the person lives: none should
    peak: int  # messages in the busiest hour
    peak_at: datetime | None
    capped: int  # people whom the cap kept from a further question


def days_of(text: str) -> tuple[date, date]:
    """`2026-09-01..2026-10-31`, both days included. Raises InvalidInput."""
    first, dots, last = text.partition("..")
    try:
        since, until = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        since, until = date.max, date.min
    if not dots or since > until:
        raise InvalidInput("--backtest", "is no span; write 2026-09-01..2026-10-31", text)
    return since, until


def known_at(row: Row, begin: datetime) -> Iterator[tuple[datetime, Row]]:
    """When a row becomes known; a claim once when it is opened and once when it is closed.

    What says no time of its own is there from the beginning.
    """
    if isinstance(row, Claim) and row.claim_closed_at:
        still_open = {"claim_closed_at": None, "claim_outcome": None, "paid_amount": None}
        yield row.claim_opened_at, row.model_copy(update=still_open)
        yield row.claim_closed_at, row
    elif isinstance(row, Claim):
        yield row.claim_opened_at, row
    elif isinstance(row, Score):
        yield datetime.combine(period_span(row.period)[1], time(), UTC), row
    elif isinstance(row, ShipmentEvent) and row.event_kind != "promise":
        yield row.occurred_at, row
    elif isinstance(row, Consent | Suppression):
        yield row.at, row
    elif isinstance(row, Outcome):
        yield datetime.combine(row.decided_at, time(12), UTC), row
    else:
        yield begin, row


def backtest(
    services: Services,
    copy: Services,
    slug: str,
    since: date,
    until: date,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Replay what is stored from one day to another, both included. Raises NotFound.

    Args:
        services: Where the events are; it is only read.
        copy: An empty installation that is thrown away afterwards.
        slug: The study that is taken as live; others are as they are.
        since: The first day, UTC.
        until: The last.
        progress: Told of the days done.
    """
    lifecycle.named(services, slug)
    clock = StoryClock(datetime.combine(since, time(), UTC))
    recorders = {name: Recorder() for name in services.channels or ("sms", "email")}
    copy = replace(copy, clock=clock, channels=recorders, model=None)
    rows = sorted(_rows(services, clock.at), key=lambda known: known[0])
    place = sum(at < clock.at for at, _ in rows)
    for study in services.store.studies():
        lifecycle.add(copy, study.guide, study.source)
    intake.take(copy, [row for _, row in rows[:place]])
    for study in services.store.studies():
        if study.state == "live" or study.slug == slug:
            lifecycle.set_state(copy, study.slug, "live")
    asyncio.run(_play(copy, clock, rows[place:], datetime.combine(until, time.max, UTC), progress))
    return _result(copy, slug, since, until, recorders)


def _rows(services: Services, begin: datetime) -> Iterator[tuple[datetime, Row]]:
    before = begin - TICK
    for kind in KINDS:
        for row in services.store.find(kind):
            yield from known_at(row, before)


async def _play(
    copy: Services,
    clock: StoryClock,
    rows: Sequence[tuple[datetime, Row]],
    ends: datetime,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Move the clock from one thing that happens to the next."""
    place, begin = 0, clock.at.date()
    looked: date | None = None
    while clock.at <= ends:
        if clock.at.time() >= MORNING and looked != clock.at.date():
            worker.look_at_accounts(copy)
            looked = clock.at.date()
            if progress:
                progress((looked - begin).days, (ends.date() - begin).days + 1)
        first = place
        while place < len(rows) and rows[place][0] <= clock.at:
            place += 1
        if place > first:
            intake.take(copy, [row for _, row in rows[first:place]])
        while (await worker.work(copy)).worked:
            pass
        clock.move_to(_next(copy, clock.at, rows[place][0] if place < len(rows) else ends + TICK))


def _next(copy: Services, now: datetime, row_at: datetime) -> datetime:
    """The end of the quarter of an hour in which the next row is known; or what is due before."""
    morning = datetime.combine(now.date(), MORNING, UTC)
    morning = morning if morning > now else morning + timedelta(days=1)
    quarter = row_at + (datetime.min.replace(tzinfo=UTC) - row_at) % TICK
    due_at = copy.store.next_due_at()
    waiting = [at for at in (quarter, morning, due_at) if at and at > now]
    return min(waiting)


def _result(
    copy: Services, slug: str, since: date, until: date, recorders: Mapping[str, Recorder]
) -> Backtest:
    span = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    days = {day: Day(day) for day in span}
    invitations = copy.store.invitations(study=slug)
    _count_moments(copy, slug, days)
    own = {one.interview_id: one for one in invitations if one.interview_id}
    hours: Counter[datetime] = Counter()
    out_of_hours = 0
    for message in (m for recorder in recorders.values() for m in recorder.taken):
        invitation = own.get(message.interview_id or "")
        if invitation is None or message.gated_at is None:
            continue
        _count(copy, days[message.gated_at.date()], message)
        hours[message.gated_at.replace(minute=0, second=0, microsecond=0)] += 1
        out_of_hours += _is_at_night(copy, invitation, message.gated_at)
    for one in invitations:
        if one.state in ("refused", "expired", "held") and one.due_at.date() in days:
            days[one.due_at.date()].refused[(one.reason or one.state)[:3]] += 1
    at, peak = max(hours.items(), key=lambda hour: hour[1], default=(None, 0))
    return Backtest(
        study=slug,
        channels=sorted(recorders),
        days=list(days.values()),
        deferred=sum(_was_deferred(copy, one) for one in invitations),
        out_of_hours=out_of_hours,
        peak=peak,
        peak_at=at,
        capped=len({one.address for one in invitations if (one.reason or "")[:3] == "G09"}),
    )


def _count_moments(copy: Services, slug: str, days: dict[date, Day]) -> None:
    for record in copy.store.moments():
        day = days.get(record.seen_at.date())
        if day and record.study == slug:
            day.moments += 1
            if record.outcome not in ("planned", "asked", "stale"):
                day.refused[record.outcome.replace("_", " ")] += 1


def _count(copy: Services, day: Day, message: OutboundMessage) -> None:
    segments = sms_size(message.text).segments if message.channel == "sms" else 0
    price = copy.prices.mail if message.channel == "email" else copy.prices.segment * segments
    day.messages += 1
    day.invitations += message.seq == 0
    day.segments += segments
    day.cost += price


def _is_at_night(copy: Services, invitation: Invitation, at: datetime) -> bool:
    hours = copy.policy.quiet_hours
    return any(
        not hours.opens <= at.astimezone(ZoneInfo(zone)).time() < hours.closes
        for zone in invitation.zones
    )


def _was_deferred(copy: Services, invitation: Invitation) -> bool:
    """Whether it was planned for another time than the end of its moment's settle time."""
    record = copy.store.moment(invitation.moment_id)
    return invitation.due_at > max(record.due_at, record.seen_at) + TICK
