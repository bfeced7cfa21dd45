"""Numbers of the operation: what the shipments, claims and support contacts of a time add up to.

A shipment counts in the period in which it was first seen, its first attempt in that of the
attempt, an exception in that in which it was settled.
"""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean, median
from typing import Literal, NamedTuple

from interviewer.core import book
from interviewer.core.book import ShipmentEvent, period_span
from interviewer.core.reading import Value
from interviewer.core.shipment import fold, in_order
from interviewer.core.times import local_day

Step = Literal["week", "month"]

LEAST_SHIPMENTS = 30  # below, a share of them says too little
LEAST_SETTLED = 5  # exceptions below which their median time says too little


@dataclass(frozen=True, slots=True)
class Passage:
    """A shipment as the store sums it up."""

    shipment_ref: str
    began: datetime  # its first scan
    delivered: datetime | None  # the first time
    timezone: str  # in which its days count
    troubled: bool  # a failed attempt or an exception is among its events


class Course(NamedTuple):
    """A shipment as it counts here."""

    began: date
    attempted: date | None = None  # the first time somebody was at the door
    at_once: bool = False  # and it was delivered then
    failed: tuple[date, ...] = ()  # attempts
    settled: tuple[tuple[date, float], ...] = ()  # exceptions: the day, and hours since raised


class Score(Value):
    """A metric in one period, over the accounts that have a value for it."""

    metric: str
    value: float
    accounts: int


class ThemeShare(Value):
    """How many of those heard in one period speak of a theme."""

    theme_id: str
    title: str
    speaking: int
    heard: int


class Period(Value):
    """One week or month in numbers; the newest may still go on."""

    start: date
    end: date  # the first day after it
    shipments: int = 0
    attempted: int = 0  # for the first time
    at_once: int | None = 0  # of these, delivered then; None: no source tells of failed attempts
    failed: int = 0  # attempts, the first and later ones
    claims: int | None = 0  # None: none were ever imported
    contacts: int | None = 0  # the same
    settled: int = 0  # exceptions
    hours: float | None = None  # from raised to settled, the median
    scores: tuple[Score, ...] = ()
    themes: tuple[ThemeShare, ...] = ()  # the largest

    @property
    def first_attempt_rate(self) -> float | None:
        """0 to 1; None where too few were attempted."""
        if self.at_once is None or self.attempted < LEAST_SHIPMENTS:
            return None
        return self.at_once / self.attempted

    @property
    def claims_per_1000(self) -> float | None:
        """None where too few were shipped."""
        return self._per_1000(self.claims)

    @property
    def contacts_per_1000(self) -> float | None:
        """None where too few were shipped."""
        return self._per_1000(self.contacts)

    @property
    def hours_to_settle(self) -> float | None:
        """The median; None where too few were settled."""
        return self.hours if self.settled >= LEAST_SETTLED else None

    def _per_1000(self, n: int | None) -> float | None:
        if n is None or self.shipments < LEAST_SHIPMENTS:
            return None
        return 1000 * n / self.shipments

    def cost(self, costs: book.CostAssumption) -> float | None:
        """Of all for which a cost is assumed; None where that is nothing."""
        parts = (
            (self.contacts, costs.contact),
            (self.failed, costs.reattempt),
            (self.claims, costs.claim),
        )
        known = [n * each for n, each in parts if n is not None and each is not None]
        return sum(known) if known else None


def clean(passage: Passage) -> Course:
    """A shipment without trouble: delivered at the first attempt, or not attempted yet."""
    began = local_day(passage.began, passage.timezone)
    if passage.delivered is None:
        return Course(began)
    return Course(began, local_day(passage.delivered, passage.timezone), at_once=True)


def course_of(events: Sequence[ShipmentEvent]) -> Course:
    """A shipment by all its events, at least one of them a scan."""
    scans = [event for event in in_order(list(events)) if event.event_kind == "scan"]
    tries = [event for event in scans if event.status in ("attempt_failed", "delivered")]
    first = tries[0] if tries else None
    chains = fold(events).chains
    return Course(
        began=_day(scans[0]),
        attempted=_day(first) if first else None,
        at_once=bool(first and first.status == "delivered"),
        failed=tuple(_day(event) for event in tries if event.status == "attempt_failed"),
        settled=tuple(
            (chain.resolved.day, (chain.resolved.at - chain.raised.at) / timedelta(hours=1))
            for chain in chains
            if chain.raised and chain.resolved and chain.resolved.at >= chain.raised.at
        ),
    )


def _day(event: ShipmentEvent) -> date:
    return local_day(event.occurred_at, event.timezone)


def spans(step: Step, as_of: date, number: int) -> list[tuple[date, date]]:
    """The newest weeks or months, oldest first, each with the first day after it."""
    first = as_of - timedelta(days=as_of.weekday()) if step == "week" else as_of.replace(day=1)
    found = []
    for _ in range(number):
        after = first + timedelta(days=7 if step == "week" else 31)
        found.append((first, after if step == "week" else after.replace(day=1)))
        before = first - timedelta(days=7 if step == "week" else 1)
        first = before if step == "week" else before.replace(day=1)
    return found[::-1]


def add_up(
    found: Sequence[tuple[date, date]],
    courses: Sequence[Course],
    claims: Sequence[date],
    contacts: Sequence[date],
    scores: Sequence[book.Score],
) -> list[Period]:
    """The periods with all that fell into them.

    Args:
        found: The periods, oldest first and without gaps.
        courses: Of the shipments.
        claims: The days on which claims were opened.
        contacts: The days on which somebody turned to support.
        scores: Of accounts; those of just these periods count.
    """
    sums = [_Sum() for _ in found]

    def of(day: date) -> _Sum:
        place = bisect(found, day, key=lambda span: span[0]) - 1
        return sums[place] if place >= 0 and day < found[place][1] else _Sum()  # elsewhere

    for course in courses:
        of(course.began).counts["shipments"] += 1
        if course.attempted:
            of(course.attempted).counts.update(("attempted", *["at_once"] * course.at_once))
        for day in course.failed:
            of(day).counts["failed"] += 1
        for day, took in course.settled:
            of(day).hours.append(took)
    for name, days in (("claims", claims), ("contacts", contacts)):
        for day in days:
            of(day).counts[name] += 1
    told = {
        "at_once": any(course.failed for course in courses),
        "claims": bool(claims),
        "contacts": bool(contacts),
    }
    missing = {name: None for name, is_told in told.items() if not is_told}
    return [
        Period(
            start=start,
            end=end,
            settled=len(own.hours),
            hours=median(own.hours) if own.hours else None,
            scores=_scores(scores, (start, end)),
            **{**own.counts, **missing},
        )
        for (start, end), own in zip(found, sums, strict=True)
    ]


@dataclass(slots=True)
class _Sum:
    """What fell into one period."""

    counts: Counter[str] = field(default_factory=Counter)
    hours: list[float] = field(default_factory=list)


def _scores(scores: Iterable[book.Score], span: tuple[date, date]) -> tuple[Score, ...]:
    """Each metric over its accounts, weighed by the answers or shipments behind each value."""
    own: dict[str, list[book.Score]] = {}
    for score in scores:
        if period_span(score.period) == span:
            own.setdefault(score.metric, []).append(score)
    return tuple(
        Score(metric=metric, value=_mean(rows), accounts=len(rows))
        for metric, rows in sorted(own.items())
    )


def newest_score(scores: Sequence[book.Score], as_of: date) -> tuple[str, Score] | None:
    """The newest period that has begun, and one metric in it over the accounts."""
    begun = [score.period for score in scores if period_span(score.period)[0] <= as_of]
    if not begun:
        return None
    newest = max(begun, key=lambda period: period_span(period)[::-1])
    return newest, _scores([s for s in scores if s.period == newest], period_span(newest))[0]


def _mean(rows: Sequence[book.Score]) -> float:
    weights = [row.n for row in rows if row.n]
    if len(weights) < len(rows):
        return fmean(row.value for row in rows)
    return fmean((row.value for row in rows), weights)
