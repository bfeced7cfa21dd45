"""Numbers of the operation: what counts where, and when there is not enough to say."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core import operations
from interviewer.core.book import CostAssumption, Score, ShipmentEvent
from interviewer.core.operations import Course, Passage, Period

MONDAY = datetime(2026, 9, 7, 9, tzinfo=UTC)
ZONE = "America/New_York"


def event(hours: float, status: str | None = None, **more: Any) -> ShipmentEvent:
    at = MONDAY + timedelta(hours=hours)
    values = {"shipment_ref": "S-1", "occurred_at": at, "status": status, "timezone": ZONE}
    return ShipmentEvent.model_validate({**values, **more})


def day(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T04:00:00+00:00")  # midnight in New York


SEVENTH, EIGHTH = date(2026, 9, 7), date(2026, 9, 8)
COURSES: list[tuple[str, list[ShipmentEvent], Course]] = [
    ("on its way", [event(0, "in_transit")], Course(SEVENTH)),
    (
        "delivered at once",
        [event(0, "in_transit"), event(5, "delivered")],
        Course(SEVENTH, SEVENTH, at_once=True),
    ),
    (
        "at the second attempt",
        [event(0, "in_transit"), event(5, "attempt_failed"), event(29, "delivered")],
        Course(SEVENTH, SEVENTH, failed=(SEVENTH,)),
    ),
    (
        "a delivery known by its day alone comes after the attempt of that day",
        [
            event(5, "attempt_failed"),
            event(0, "delivered", occurred_at=day("2026-09-07"), time_quality="date"),
        ],
        Course(SEVENTH, SEVENTH, failed=(SEVENTH,)),
    ),
    (
        "tried twice and never delivered",
        [event(5, "attempt_failed"), event(29, "attempt_failed")],
        Course(SEVENTH, SEVENTH, failed=(SEVENTH, EIGHTH)),
    ),
    (
        "a damage that is settled by the delivery",
        [
            event(0, "exception", exception_code="damaged"),
            event(12, "delivered"),
        ],
        Course(SEVENTH, SEVENTH, at_once=True, settled=((SEVENTH, 12.0),)),
    ),
    (
        "a damage that nobody settled",
        [event(0, "exception", exception_code="damaged")],
        Course(SEVENTH),
    ),
]


@pytest.mark.parametrize(("name", "events", "course"), COURSES)
def test_a_shipment_counts_by_its_events(
    name: str, events: list[ShipmentEvent], course: Course
) -> None:
    assert operations.course_of(events) == course
    assert operations.course_of(events[::-1]) == course, "in any order"


def test_a_shipment_without_trouble_needs_no_events() -> None:
    assert operations.clean(Passage("S-1", MONDAY, None, ZONE, False)) == Course(SEVENTH)
    delivered = Passage("S-1", MONDAY, MONDAY + timedelta(hours=5), ZONE, False)
    assert operations.clean(delivered) == Course(SEVENTH, SEVENTH, at_once=True)


@pytest.mark.parametrize(
    ("step", "as_of", "first", "last"),
    [
        ("week", "2026-09-15", "2026-09-07/2026-09-14", "2026-09-14/2026-09-21"),
        ("week", "2027-01-03", "2026-12-21/2026-12-28", "2026-12-28/2027-01-04"),
        ("month", "2026-09-15", "2026-08-01/2026-09-01", "2026-09-01/2026-10-01"),
        ("month", "2027-01-31", "2026-12-01/2027-01-01", "2027-01-01/2027-02-01"),
    ],
)
def test_the_newest_periods(step: operations.Step, as_of: str, first: str, last: str) -> None:
    found = operations.spans(step, date.fromisoformat(as_of), 2)
    assert [f"{start}/{end}" for start, end in found] == [first, last]


@given(st.dates(date(2001, 1, 1), date(2090, 1, 1)), st.sampled_from(("week", "month")))
def test_periods_leave_no_gap(as_of: date, step: operations.Step) -> None:
    found = operations.spans(step, as_of, 14)
    assert len(found) == 14
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert found[-1][0] <= as_of < found[-1][1]


AUGUST, SEPTEMBER = (date(2026, 8, 1), date(2026, 9, 1)), (date(2026, 9, 1), date(2026, 10, 1))


def month(courses: list[Course], **more: Any) -> Period:
    given = {"claims": [], "contacts": [], "scores": [], **more}
    return operations.add_up([AUGUST, SEPTEMBER], courses, **given)[1]


def test_what_falls_into_a_period_counts_there_alone() -> None:
    at_once = Course(date(2026, 8, 31), SEVENTH, at_once=True)
    failed = Course(SEVENTH, SEVENTH, failed=(SEVENTH,), settled=((EIGHTH, 20.0), (EIGHTH, 4.0)))
    early = Course(date(2026, 7, 31), date(2026, 7, 31), at_once=True)
    late = Course(date(2026, 10, 1))
    found = month(
        [at_once, failed, early, late],
        claims=[SEVENTH, date(2026, 8, 1)],
        contacts=[date(2026, 8, 9)],
    )
    assert (found.shipments, found.attempted, found.at_once, found.failed) == (1, 2, 1, 1)
    assert (found.claims, found.contacts, found.settled, found.hours) == (1, 0, 2, 12.0)


def test_few_shipments_make_no_share() -> None:
    few, enough = operations.LEAST_SHIPMENTS - 1, operations.LEAST_SHIPMENTS
    one = Course(SEVENTH, SEVENTH, at_once=True)
    failed = Course(SEVENTH, SEVENTH, failed=(SEVENTH,))
    said = {"claims": [SEVENTH], "contacts": [SEVENTH, EIGHTH, EIGHTH]}
    found = month([one] * (few - 1) + [failed], **said)
    assert found.first_attempt_rate is found.claims_per_1000 is found.contacts_per_1000 is None
    found = month([one] * (enough - 3) + [failed] * 3, **said)
    assert found.first_attempt_rate == pytest.approx(0.9)
    assert found.claims_per_1000 == pytest.approx(1000 / 30)
    assert found.contacts_per_1000 == pytest.approx(100)


def test_few_settled_exceptions_make_no_median() -> None:
    four = Course(SEVENTH, settled=((SEVENTH, 3.0),) * 4)
    assert month([four]).hours_to_settle is None
    assert month([four, Course(SEVENTH, settled=((EIGHTH, 9.0),))]).hours_to_settle == 3.0


def test_what_no_source_tells_is_not_nothing() -> None:
    found = month([Course(SEVENTH, SEVENTH, at_once=True)] * 40)
    assert (found.at_once, found.claims, found.contacts) == (None, None, None)
    assert found.first_attempt_rate is found.claims_per_1000 is None


def test_a_cost_is_that_of_what_has_one() -> None:
    found = Period(start=SEVENTH, end=EIGHTH, failed=3, claims=2, contacts=None)
    given = {"at": MONDAY, "by": "ann"}
    assert found.cost(CostAssumption(**given, reattempt=10, claim=50)) == 130
    assert found.cost(CostAssumption(**given, contact=5)) is None


@pytest.mark.parametrize(
    ("rows", "mean"),
    [
        ([("A", "2026-09", 90.0, 10), ("B", "2026-09", 80.0, 30)], 82.5),
        ([("A", "2026-09", 90.0, 10), ("B", "2026-09", 80.0, None)], 85.0),
        ([("A", "2026-09", 90.0, None), ("B", "2026-08", 10.0, None)], 90.0),
        ([("A", "2026-Q3", 90.0, None)], None),
    ],
)
def test_scores_of_just_the_period(
    rows: list[tuple[str, str, float, int | None]], mean: float | None
) -> None:
    scores = [
        Score(account_ref=ref, metric="otif", period=period, value=value, n=n)
        for ref, period, value, n in rows
    ]
    found = month([], scores=scores).scores
    assert [score.value for score in found] == ([] if mean is None else [mean])
    newest = operations.newest_score(scores, date(2026, 9, 15))
    assert newest is not None
    assert newest[0] == max(row[1] for row in rows)
    assert operations.newest_score(scores, date(2025, 1, 1)) is None
