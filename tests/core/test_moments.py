import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.core.book import Shipment
from interviewer.core.guide import InterviewGuide
from interviewer.core.moments import Moment, is_sampled, shipment_moments, study_for, weigh
from interviewer.core.shipment import fold
from tests.core.test_shipment import STREAMS, event

DELIVERED = "2026-11-20T14:00Z"
NOW = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
SHIPMENT = Shipment(shipment_ref="S1", item="garden chair", carrier="Northway Parcel")


def guide(slug: str, *moments: str, **more: Any) -> InterviewGuide:
    return InterviewGuide.model_validate(
        {
            "slug": slug,
            "title": slug,
            "goal": "Learn what happened.",
            "audience": "recipient",
            "moments": moments,
            "languages": ["en"],
            "expires": "48h",
            "budget": {"questions": 2, "probes_in_a_row": 1},
            "topics": {"experience": {"must": True, "ask": {"en": "How was it?"}}},
            "opener": {"en": {"chat": "How was it?"}},
            **more,
        }
    )


CHECK = guide("delivery-check", "Delivered")
FOLLOW_UP = guide("exception-follow-up", "ExceptionResolved", "ExceptionRaised", "Delivered")
GUIDES = (CHECK, FOLLOW_UP)
LIVE = {"delivery-check", "exception-follow-up"}


def moments(*states: tuple[str, str], shipment: Shipment = SHIPMENT) -> tuple[Moment, ...]:
    return shipment_moments(fold(event(state, at) for state, at in states), shipment)


def verdicts(*states: tuple[str, str], **options: Any) -> list[tuple[str, str, str | None]]:
    options = {"guides": GUIDES, "now": NOW, **options}
    options.setdefault("live", {guide.slug for guide in options["guides"]})
    weighed = weigh(moments(*states), **options)
    return [(v.moment.kind, v.outcome, v.study) for v in weighed]


def test_a_plain_delivery_earns_the_delivery_check() -> None:
    (moment,) = moments(("promise", "2026-11-20"), ("delivered", DELIVERED))
    assert moment.moment_id == "Delivered/S1"
    assert moment.due_at - moment.occurred_at == timedelta(minutes=90)
    assert moment.context == {
        "shipment_ref": "S1",
        "carrier": "Northway Parcel",
        "item": "garden chair",
        "promised_at": "2026-11-20",
        "delivered_at": "2026-11-20T14:00:00+00:00",
        "late": False,
    }
    assert verdicts(("delivered", DELIVERED)) == [("Delivered", "planned", "delivery-check")]


def test_transit_alone_starts_nothing_unless_something_is_lost_or_harmed() -> None:
    assert moments(("in_transit", DELIVERED), ("in_transit:customs_hold", DELIVERED)) == ()
    (moment,) = moments(("in_transit:lost", DELIVERED))
    assert (moment.kind, moment.severity) == ("ExceptionRaised", 3)
    assert moment.due_at - moment.occurred_at == timedelta(minutes=30)
    assert moment.context["resolved_at"] is None


def test_a_chain_is_one_moment_raised_then_resolved() -> None:
    bad = ("attempt_failed:recipient_unavailable", "2026-11-19T10:00Z")
    (raised,) = moments(bad)
    (resolved,) = moments(bad, ("out_for_delivery", "2026-11-20T08:00Z"))
    assert (raised.kind, resolved.kind) == ("ExceptionRaised", "ExceptionResolved")
    assert raised.moment_id == resolved.moment_id
    assert resolved.due_at.isoformat() == "2026-11-20T09:30:00+00:00"
    assert resolved.context["resolved_at"] == "2026-11-20T08:00:00+00:00"


def test_one_delivery_one_interview_and_the_exception_takes_it() -> None:
    assert verdicts(
        ("attempt_failed:recipient_unavailable", "2026-11-19T10:00Z"), ("delivered", DELIVERED)
    ) == [
        ("ExceptionResolved", "planned", "exception-follow-up"),
        ("Delivered", "superseded", "delivery-check"),
    ]


@pytest.mark.parametrize(("share", "outcome"), [(1.0, "superseded"), (0.0, "planned")])
def test_severity_1_waits_for_the_delivery_and_falls_back_to_it(share: float, outcome: str) -> None:
    delay = ("exception:delay_weather", "2026-11-19T10:00Z")
    assert moments(delay) == ()
    sampled = guide("follow-up", "ExceptionResolved", sample={"severity": {1: share}})
    of_chain, of_delivery = verdicts(delay, ("delivered", DELIVERED), guides=(CHECK, sampled))
    assert of_chain[:2] == ("ExceptionResolved", "planned" if share else "not_sampled")
    assert of_delivery == ("Delivered", outcome, "delivery-check")


def test_a_loss_reported_after_the_delivery_turns_it_into_an_exception() -> None:
    states = (("delivered", DELIVERED), (":not_received", "2026-11-20T14:30Z"))
    assert verdicts(*states) == [
        ("ExceptionRaised", "planned", "exception-follow-up"),
        ("Delivered", "superseded", "delivery-check"),
    ]
    assert verdicts(*states, asked={"Delivered/S1"}) == [
        ("ExceptionRaised", "superseded", "exception-follow-up"),
        ("Delivered", "planned", "delivery-check"),
    ]


def test_what_a_person_closed_before_is_a_matter_of_its_own() -> None:
    state = fold(
        [
            event("attempt_failed:address_problem", "2026-11-17T10:00Z"),
            event("closing", "2026-11-18T10:00Z"),
            event("attempt_failed:recipient_unavailable", "2026-11-19T10:00Z"),
            event("delivered", DELIVERED),
        ]
    )
    weighed = weigh(shipment_moments(state, SHIPMENT), GUIDES, NOW, live=LIVE)
    assert [v.outcome for v in weighed] == ["planned", "planned", "superseded"]


def test_what_a_source_calls_resolved_still_shares_the_delivery() -> None:
    assert verdicts(
        ("attempt_failed:address_problem", "2026-11-17T10:00Z"),
        ("resolution", "2026-11-18T10:00Z"),
        ("delivered", DELIVERED),
    ) == [
        ("ExceptionResolved", "planned", "exception-follow-up"),
        ("Delivered", "superseded", "delivery-check"),
    ]


@pytest.mark.parametrize(
    ("days", "audience", "outcome"),
    [(5, "recipient", "planned"), (6, "recipient", "stale"), (6, "b2b", "planned")],
)
def test_old_facts_are_history(days: int, audience: str, outcome: str) -> None:
    guides = (guide("delivery-check", "Delivered", audience=audience),)
    late = datetime.fromisoformat(DELIVERED) + timedelta(days=days)
    assert verdicts(("delivered", DELIVERED), guides=guides, now=late)[0][1] == outcome
    seen = {"Delivered/S1": NOW}
    waited = verdicts(("delivered", DELIVERED), guides=guides, now=late, seen=seen)
    assert waited[0][1] == "planned"


def test_no_study_and_open_claims() -> None:
    delivered = ("delivered", DELIVERED)
    assert verdicts(delivered, guides=()) == [("Delivered", "no_study", None)]
    assert verdicts(delivered, claim_open=True) == [("Delivered", "superseded", "delivery-check")]
    assert verdicts((":lost", DELIVERED), guides=(CHECK,)) == [
        ("ExceptionRaised", "no_study", None)
    ]


def test_a_study_that_was_not_launched_leaves_the_delivery_to_one_that_was() -> None:
    failed = ("attempt_failed:recipient_unavailable", "2026-11-19T10:00Z")
    assert verdicts(failed, ("delivered", DELIVERED), live={"delivery-check"}) == [
        ("ExceptionResolved", "not_live", "exception-follow-up"),
        ("Delivered", "planned", "delivery-check"),
    ]


def test_a_plain_delivery_is_not_for_the_exception_study() -> None:
    (moment,) = moments(("delivered", DELIVERED))
    assert study_for(moment, [FOLLOW_UP]) is None
    assert study_for(moment, [FOLLOW_UP, CHECK]) == CHECK


def test_a_dock_window_has_half_an_hour_of_grace() -> None:
    promise = event("promise", "2026-11-20T13:45Z", promised_from="2026-11-20T12:00Z")
    state = fold([promise, event("delivered", DELIVERED)])
    b2b = SHIPMENT.model_copy(update={"account_ref": "A1"})
    assert shipment_moments(state, SHIPMENT)[0].context["late"] is True
    assert shipment_moments(state, b2b)[0].context["late"] is False


def test_a_date_only_delivery_is_asked_about_after_its_day() -> None:
    (moment,) = moments(("delivered", "2026-11-20"))
    assert moment.context["delivered_at"] == "2026-11-20"
    assert moment.due_at.isoformat() == "2026-11-21T01:30:00+00:00"


@given(st.text(min_size=1, max_size=40), st.floats(0, 1))
def test_a_draw_is_for_ever_and_a_larger_share_keeps_it(moment_id: str, share: float) -> None:
    drawn = is_sampled("delivery-check", moment_id, share)
    assert drawn == is_sampled("delivery-check", moment_id, share)
    assert not drawn or is_sampled("delivery-check", moment_id, 1.0)


def test_a_quarter_is_about_a_quarter() -> None:
    drawn = sum(is_sampled("delivery-check", f"Delivered/S{n}", 0.25) for n in range(4000))
    assert drawn == pytest.approx(1000, abs=120)  # four standard deviations


STATES = ["in_transit", "exception:delay_carrier", "attempt_failed:refused", "in_transit:lost"]
STATES += ["out_for_delivery", "delivered", "delivered:damaged", "returned", "cancelled"]


@given(st.lists(st.sampled_from(STATES), max_size=6), st.integers(0, 6))
def test_at_most_one_interview_per_delivery_whatever_comes_when(
    states: list[str], first: int
) -> None:
    """Asking after the first events, and weighing again after all, never asks rivals twice."""
    scans = [(state, f"2026-11-20T{n + 8:02}:00Z") for n, state in enumerate(states)]
    before = weigh(moments(*scans[:first]), GUIDES, NOW, live=LIVE)
    asked = {v.moment.moment_id for v in before if v.outcome == "planned"}
    after = weigh(moments(*scans), GUIDES, NOW, live=LIVE, asked=asked)
    planned = [v.moment.rival for v in after if v.outcome == "planned"]
    assert len(planned) == len(set(planned))
    assert {m.moment_id for m in moments(*scans[:first])} <= {v.moment.moment_id for v in after}


@pytest.mark.skipif(not STREAMS.exists(), reason="the fault streams are not beside this checkout")
@pytest.mark.parametrize("at_once", [True, False])
def test_the_fault_streams_start_as_many_interviews_as_expected(at_once: bool) -> None:
    """Whether an invitation goes out with each event or only after the last one."""
    for line in STREAMS.read_text(encoding="utf-8").splitlines():
        stream = json.loads(line)
        arrived, asked = [], set[str]()
        for e in stream["events"]:
            more = {key: e[key] for key in ("estimated_at",) if key in e}
            arrived.append(event(e["state"], e["occurred_at"], **more))
            if at_once or len(arrived) == len(stream["events"]):
                now = max(scan.occurred_at for scan in arrived)
                found = shipment_moments(fold(arrived), SHIPMENT)
                weighed = weigh(found, GUIDES, now, live=LIVE, asked=asked)
                asked |= {v.moment.moment_id for v in weighed if v.outcome == "planned"}
        assert len(asked) == stream["expect"]["interviews_started"], stream["stream"]


def test_a_quarter_of_small_exceptions_is_asked_about_where_the_study_says_nothing() -> None:
    plain = guide("follow-up", "ExceptionResolved")
    outcomes = [
        weigh(
            [one.model_copy(update={"moment_id": f"m{n}", "rival": f"r{n}", "severity": severity})],
            [plain],
            NOW,
            live={"follow-up"},
        )[0].outcome
        for severity in (1, 2, 3)
        for n in range(400)
        for one in [
            Moment(
                kind="ExceptionResolved",
                moment_id="m",
                subject="S1",
                rival="r",
                occurred_at=NOW,
                due_at=NOW,
            )
        ]
    ]
    assert 70 < outcomes[:400].count("planned") < 130
    assert set(outcomes[400:]) == {"planned"}


@pytest.mark.parametrize(
    ("stale_after", "days", "outcome"),
    [(None, 4, "planned"), (None, 6, "stale"), ("2d", 3, "stale"), ("10d", 6, "planned")],
)
def test_a_study_says_when_a_moment_is_too_old(
    stale_after: str | None, days: int, outcome: str
) -> None:
    check = guide("delivery-check", "Delivered", stale_after=stale_after)
    at = NOW + timedelta(days=days)
    (verdict,) = verdicts(("delivered", DELIVERED), guides=[check], now=at)
    assert verdict[1] == outcome
