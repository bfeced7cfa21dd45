import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.book import ShipmentEvent
from interviewer.core.errors import InvalidInput
from interviewer.core.shipment import fold, is_late
from interviewer.core.times import parse_time
from interviewer.core.vocabulary import (
    EXCEPTIONS,
    STATUS_RANK,
    ExceptionCode,
    GuideVariant,
    Status,
)

STREAMS = Path(__file__).parents[3] / "shared/data/payloads/streams_fault.jsonl"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def event(state: str, at: str, timezone: str = "UTC", **more: Any) -> ShipmentEvent:
    """`state` is a status, status:code, `promise`, `resolution` or `closing`."""
    status, _, code = state.partition(":")
    occurred_at, quality = parse_time(at, timezone, None)
    values: dict[str, Any] = {"status": status or None, "exception_code": code or None}
    if state == "promise":
        values = {"event_kind": "promise", "promised_at": occurred_at, "promised_quality": quality}
    elif state in ("resolution", "closing"):
        values = {"event_kind": state}
    if "estimated_at" in more:
        more["estimated_at"], more["estimated_quality"] = parse_time(
            more["estimated_at"], timezone, None
        )
    return ShipmentEvent(
        shipment_ref="S1",
        occurred_at=occurred_at,
        time_quality=quality,
        timezone=timezone,
        **values,
        **more,
    )


def test_every_word_of_the_vocabulary_is_described() -> None:
    assert set(STATUS_RANK) == set(get_args(Status))
    assert set(EXCEPTIONS) == set(get_args(ExceptionCode))
    assert {e.guide for e in EXCEPTIONS.values()} == (
        set(get_args(GuideVariant)) - {"delivered_ok", "renewal_b2b"}
    )


@pytest.mark.parametrize(
    ("text", "timezone", "at", "quality"),
    [
        ("2026-11-20T14:03:00Z", "UTC", "2026-11-20T14:03:00+00:00", "exact"),
        ("2026-11-20T14:03:00-05:00", "UTC", "2026-11-20T19:03:00+00:00", "exact"),
        ("2026-11-20T00:00:00Z", "UTC", "2026-11-20T00:00:00+00:00", "exact"),
        ("2026-11-20 14:03", "America/New_York", "2026-11-20T19:03:00+00:00", "local"),
        ("2026-07-20 14:03", "America/New_York", "2026-07-20T18:03:00+00:00", "local"),
        ("2026-11-20", "America/New_York", "2026-11-20T05:00:00+00:00", "date"),
        ("2026-11-20 00:00:00", "America/New_York", "2026-11-20T05:00:00+00:00", "date"),
    ],
)
def test_a_time_is_read_with_its_quality(text: str, timezone: str, at: str, quality: str) -> None:
    assert parse_time(text, timezone, NOW) == (datetime.fromisoformat(at), quality)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no time"),
        ("yesterday", "no time"),
        ("20/11/2026", "no time"),
        ("1999-12-31T23:59:59Z", "before the year 2000"),
        ("0001-01-01T00:00:00+14:00", "before the year 2000"),
        ("9999-12-31", "out of range"),
        ("2026-11-22T12:00:01Z", "in the future"),
    ],
)
def test_a_bad_time_is_refused_never_replaced(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as caught:
        parse_time(text, "UTC", NOW, "delivered_at")
    assert (caught.value.field, caught.value.value) == ("delivered_at", text)


def test_a_promise_may_lie_in_the_future() -> None:
    assert parse_time("2027-01-01", "UTC", None)[1] == "date"


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (["pre_transit", "in_transit", "out_for_delivery", "delivered"], "delivered"),
        (["delivered", "in_transit"], "delivered"),
        (["delivered", "cancelled"], "delivered"),
        (["delivered", "exception:damaged"], "delivered"),
        (["delivered", "returning"], "returning"),
        (["delivered", "returning", "in_transit"], "returning"),
        (["delivered", "returning", "returned"], "returned"),
        (["cancelled", "delivered"], "delivered"),
        (["in_transit", "unknown"], "in_transit"),
        ([":delay_carrier"], "exception"),
        ([":returned"], "returned"),
        ([], "unknown"),
    ],
)
def test_the_status_after_scans_in_order(states: list[str], status: str) -> None:
    events = [event(s, f"2026-11-{n + 1:02}T10:00Z") for n, s in enumerate(states)]
    assert fold(events).status == status


def test_at_one_time_the_higher_rank_is_the_later() -> None:
    at = "2026-11-20T10:00Z"
    assert fold([event("delivered", at), event("out_for_delivery", at)]).status == "delivered"


def test_a_date_only_scan_never_decides_the_order_of_timed_ones() -> None:
    timed = [
        event("out_for_delivery", "2026-11-20T08:00Z"),
        event("delivered", "2026-11-20T14:00Z"),
        event("returning", "2026-11-20T18:00Z"),
    ]
    assert fold([*timed, event("exception:damaged", "2026-11-20")]).status == "returning"
    assert fold([*timed[:1], event("delivered", "2026-11-20")]).status == "delivered"


def test_a_person_may_correct_a_delivery() -> None:
    wrong = [event("delivered", "2026-11-20T10:00Z")]
    corrected = [*wrong, event("in_transit", "2026-11-20T12:00Z", event_kind="correction")]
    state = fold(corrected)
    assert (state.status, state.delivered) == ("in_transit", None)
    again = fold([*corrected, event("delivered", "2026-11-21T09:00Z")])
    assert again.delivered
    assert again.delivered.at.day == 21


def test_a_second_delivered_scan_resets_nothing() -> None:
    state = fold([event("delivered", f"2026-11-{day}T10:00Z") for day in (20, 22)])
    assert state.delivered
    assert state.delivered.at.day == 20


def test_exceptions_outlive_the_delivery_with_first_and_last_time() -> None:
    state = fold(
        [
            event("exception:delay_weather", "2026-11-18T10:00Z", source="a"),
            event("exception:delay_weather", "2026-11-19T10:00Z", source="b"),
            event("delivered:damaged", "2026-11-20T10:00Z"),
        ]
    )
    delay, damage = state.exceptions
    assert (delay.code, delay.first.at.day, delay.last.at.day, delay.source) == (
        "delay_weather",
        18,
        19,
        "a",
    )
    assert (damage.code, damage.chain, damage.raised) == ("damaged", 1, damage.first)
    assert state.status == "delivered"


def test_a_late_scan_never_renumbers_a_chain() -> None:
    after = [event("delivered", "2026-11-20T10:00Z"), event(":damaged", "2026-11-21T10:00Z")]
    late = event("exception:lost", "2026-11-19T10:00Z")
    assert fold(after).chains[-1].number == fold([*after, late]).chains[-1].number == 1


@pytest.mark.parametrize(
    ("state", "raised"),
    [
        ("in_transit:lost", True),
        ("exception:customs_hold", True),
        ("attempt_failed:recipient_unavailable", True),
        ("in_transit:customs_hold", False),
        ("exception:delay_carrier", False),
    ],
)
def test_what_is_bad_enough_to_ask_about(state: str, raised: bool) -> None:
    (chain,) = fold([event(state, "2026-11-20T10:00Z")]).chains
    assert (chain.raised is not None) is raised


def test_a_new_failure_after_good_news_is_open_again() -> None:
    bad = event("attempt_failed:recipient_unavailable", "2026-11-18T10:00Z")
    good = event("out_for_delivery", "2026-11-19T08:00Z")
    worse = event("attempt_failed:business_closed", "2026-11-19T10:00Z")
    assert fold([bad, good]).chains[0].resolved
    assert not fold([bad, good, worse]).chains[0].resolved
    assert fold([bad, event("resolution", "2026-11-20T10:00Z")]).chains[0].resolved


@pytest.mark.parametrize(
    ("estimates", "changed"),
    [
        (["2026-11-18", "2026-11-20", "2026-11-19"], True),
        (["2026-11-20", "2026-11-18"], False),
        (["2026-11-20T08:00", "2026-11-20T19:00"], False),
        (["2026-11-20"], False),
    ],
)
def test_a_changed_date_is_derived_from_the_estimates(estimates: list[str], changed: bool) -> None:
    events = [
        event("in_transit", f"2026-11-1{n}T10:00Z", estimated_at=estimate)
        for n, estimate in enumerate(estimates)
    ]
    state = fold(events)
    assert state.exception_codes == (("date_changed",) if changed else ())
    assert state.promised
    assert state.promised.text() == parse_text(estimates[0])
    assert state.promised_source == "first_estimate"


def parse_text(text: str) -> str:
    at, quality = parse_time(text, "UTC", None)
    return at.date().isoformat() if quality == "date" else at.isoformat()


def test_the_estimate_before_counts_as_the_one_before() -> None:
    moved = event(
        "in_transit",
        "2026-11-17T10:00Z",
        estimated_at="2026-11-20",
        estimate_before="2026-11-18T00:00Z",
    )
    state = fold([moved])
    assert state.exception_codes == ("date_changed",)
    assert state.promised
    assert state.promised.day.day == 18


def test_an_explicit_promise_goes_before_estimates_and_carrier_promises() -> None:
    estimate = event("in_transit", "2026-11-15T10:00Z", estimated_at="2026-11-18")
    carrier = event(
        "in_transit",
        "2026-11-16T10:00Z",
        promised_at="2026-11-19T00:00Z",
        promised_source="original_eta",
    )
    own = event("promise", "2026-11-21", source="tms")
    assert [fold(events).promised_source for events in ([estimate], [estimate, carrier])] == [
        "first_estimate",
        "original_eta",
    ]
    state = fold([estimate, carrier, own])
    assert state.promised_source == "tms"
    assert state.promised
    assert state.promised.text() == "2026-11-21"


@pytest.mark.parametrize(
    ("promised", "delivered", "grace", "late"),
    [
        ("2026-11-20", "2026-11-20T23:59:59", 0, False),
        ("2026-11-20", "2026-11-21T00:00:01", 0, True),
        ("2026-11-20 00:00:00", "2026-11-20T10:00:00", 0, False),
        ("2026-11-20", "2026-11-20", 0, False),
        ("2026-11-20", "2026-11-21", 0, True),
        ("2026-11-20", "2026-11-21T00:20:00", 30, False),
        ("2026-11-20T14:00", "2026-11-20T14:00", 0, False),
        ("2026-11-20T14:00", "2026-11-20T14:05", 0, True),
        ("2026-11-20T14:00", "2026-11-20T14:30", 30, False),
        ("2026-11-20T14:00", "2026-11-20", 0, False),
        ("2026-11-20T14:00", "2026-11-21", 0, True),
        (None, "2026-11-20", 0, None),
        ("2026-11-20", None, 0, None),
    ],
)
@pytest.mark.parametrize("timezone", ["UTC", "America/Sao_Paulo", "Asia/Tokyo"])
def test_late(
    promised: str | None, delivered: str | None, grace: int, late: bool | None, timezone: str
) -> None:
    events = [event("promise", promised, timezone)] if promised else []
    events += [event("delivered", delivered, timezone)] if delivered else []
    assert is_late(fold(events), timedelta(minutes=grace)) is late


def test_a_date_ends_with_its_own_day_when_the_clocks_change() -> None:
    promise = event("promise", "2026-11-01", "America/New_York")  # a day of 25 hours
    last_hour = event("delivered", "2026-11-01T23:30", "America/New_York")
    assert is_late(fold([promise, last_hour])) is False


TIMES = st.sampled_from(
    ["2026-11-18", "2026-11-18T09:00Z", "2026-11-18T15:00Z", "2026-11-19T09:00Z"]
)
EVENTS = st.builds(
    lambda state, at, more: event(state, at, **more),
    st.sampled_from(
        [
            "in_transit",
            "out_for_delivery",
            "attempt_failed:recipient_unavailable",
            "exception:delay_carrier",
            "in_transit:lost",
            "delivered",
            "delivered:damaged",
            "returning",
            "returned",
            "cancelled",
            "promise",
            "resolution",
            "closing",
        ]
    ),
    TIMES,
    st.fixed_dictionaries(
        {"source": st.sampled_from(["carrier", "tms"])},
        optional={"estimated_at": st.sampled_from(["2026-11-18", "2026-11-20"])},
    ),
) | st.builds(
    lambda status, at: event(status, at, event_kind="correction"),
    st.sampled_from(["in_transit", "delivered", "returned"]),
    TIMES,
)


@given(st.lists(EVENTS, max_size=8), st.data())
def test_any_order_with_any_repeats_folds_to_the_same_state(
    events: list[ShipmentEvent], data: st.DataObject
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    shuffled = data.draw(st.permutations(events + repeats))
    assert fold(shuffled) == fold(events)


@pytest.mark.skipif(not STREAMS.exists(), reason="the fault streams are not beside this checkout")
def test_the_fault_streams() -> None:
    for line in STREAMS.read_text(encoding="utf-8").splitlines():
        stream = json.loads(line)
        state = fold(
            event(
                e["state"],
                e["occurred_at"],
                source_event_id=e["event_id"],
                **({"estimated_at": e["estimated_at"]} if "estimated_at" in e else {}),
            )
            for e in stream["events"]
        )
        expected = stream["expect"]
        assert state.status == expected["final_status"], stream["stream"]
        codes = expected.get("exception_codes", state.exception_codes)
        assert list(state.exception_codes) == list(codes), stream["stream"]
