from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.quiet_hours import QuietHours

HOURS = QuietHours()
ZONES = [
    *("America/New_York", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu"),
    *("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Tokyo", "UTC"),
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "zones", "regions", "opening"),
    [
        ("2026-11-20T09:00-05:00", ["America/New_York"], [], "2026-11-20T09:00-05:00"),
        ("2026-11-20T08:59:59-05:00", ["America/New_York"], [], "2026-11-20T09:00-05:00"),
        ("2026-11-20T19:59:59-05:00", ["America/New_York"], [], "2026-11-20T19:59:59-05:00"),
        ("2026-11-20T20:00-05:00", ["America/New_York"], [], "2026-11-21T09:00-05:00"),
        # both coasts: opens with the west, closes with the east
        (
            "2026-11-20T09:00-05:00",
            ["America/New_York", "America/Los_Angeles"],
            [],
            "2026-11-20T12:00-05:00",
        ),
        (
            "2026-11-20T20:00-05:00",
            ["America/New_York", "America/Los_Angeles"],
            [],
            "2026-11-21T12:00-05:00",
        ),
        # the clocks go back and forward in the night
        ("2026-10-31T22:00-04:00", ["America/New_York"], [], "2026-11-01T09:00-05:00"),
        ("2027-03-13T22:00-05:00", ["America/New_York"], [], "2027-03-14T09:00-04:00"),
        # Sunday, 22 November 2026
        ("2026-11-22T09:00-06:00", ["America/Chicago"], ["US-TX"], "2026-11-22T12:00-06:00"),
        ("2026-11-20T18:00-05:00", ["America/New_York"], ["US-RI"], "2026-11-23T09:00-05:00"),
        ("2026-11-20T08:30-05:00", ["America/New_York"], ["US-FL"], "2026-11-20T09:00-05:00"),
        ("2026-11-20T10:00-05:00", ["America/New_York"], ["DE"], "2026-11-20T10:00-05:00"),
    ],
)
def test_the_next_opening(when: str, zones: list[str], regions: list[str], opening: str) -> None:
    assert HOURS.next_open(at(when), zones, regions) == at(opening)


def test_without_a_zone_or_a_common_hour_there_is_no_opening() -> None:
    assert HOURS.next_open(at("2026-11-20T12:00Z"), []) is None
    assert not HOURS.is_open(at("2026-11-20T12:00Z"), [])
    narrow = QuietHours(opens=time(9), closes=time(10))
    assert narrow.next_open(at("2026-11-20T12:00Z"), ["Europe/Berlin", "Asia/Tokyo"]) is None


@given(
    st.integers(0, 730 * 24 * 60).map(lambda m: at("2026-01-01T00:00Z") + timedelta(minutes=m)),
    st.sets(st.sampled_from(ZONES), min_size=1, max_size=3),
)
def test_the_opening_is_open_and_is_the_first(now: datetime, zones: set[str]) -> None:
    opening = HOURS.next_open(now, zones)
    if opening is None:
        return
    assert opening >= now
    assert HOURS.is_open(opening, zones)
    minutes = int((opening - now) / timedelta(minutes=15))
    tried = [now + timedelta(minutes=15 * n) for n in range(min(minutes, 96))]
    assert not any(HOURS.is_open(earlier, zones) for earlier in tried if earlier < opening)
