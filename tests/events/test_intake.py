"""Events through the inbox to moments: once, in any order, and nothing blocks anybody."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviewer import worker
from interviewer.core.book import Account, Contact, Shipment
from interviewer.core.errors import InvalidInput, Unavailable
from interviewer.events import intake, settling
from interviewer.ports import Services
from interviewer.wiring import SOURCES
from tests.fakes import NOW, services_in
from tests.story import (
    EMAIL,
    HOUR,
    PHONE,
    channel,
    envelope,
    invitation,
    launch,
    outcomes,
    shipment,
    tell,
    wait,
    work,
)

DAY = timedelta(days=1)
STORY = [
    shipment("1", "in_transit", NOW - 2 * DAY, promised_at=(NOW - DAY).isoformat()),
    shipment("2", "exception", NOW - DAY, exception_code="damaged"),
    shipment("3", "out_for_delivery", NOW - 5 * HOUR),
    shipment("4", "delivered", NOW - HOUR),
    shipment("5", "delivered", NOW - HOUR / 2, proof="photo"),
]


@pytest.fixture
def services(tmp_path: Path) -> Services:
    services = services_in(tmp_path)
    launch(services, "delivery-check", "exception-follow-up", "account-renewal")
    return services


def test_a_delivery_becomes_one_moment_with_its_context(services: Services) -> None:
    tell(services, shipment("1", "delivered", item="desk"))
    (record,) = services.store.moments()
    assert (record.moment.kind, record.outcome, record.study) == (
        "Delivered",
        "planned",
        "delivery-check",
    )
    assert record.moment.context["item"] == "desk"
    assert invitation(services).due_at == NOW - HOUR + timedelta(minutes=90)


def told(services: Services, ref: str, events: list[dict[str, Any]], parts: int) -> str:
    """What came of these events, told of another shipment and in some parts, as text."""
    phone = f"+1212555{ref[-3:].zfill(4)}"
    renamed = json.loads(
        json.dumps(events).replace("S-1", ref).replace(PHONE, phone).replace(EMAIL, f"{ref}@a.io")
    )
    for n, event in enumerate(renamed):
        event["id"] = f"{ref} {n}"
    for start in range(parts):
        tell(services, *renamed[start::parts])
    moments = services.store.moments([ref])
    waits = [
        (one.moment_id, one.due_at, one.expires_at, one.state)
        for one in services.store.invitations()
        if one.shipment_ref == ref and one.state == "due"
    ]
    return str([*((m.moment, m.outcome) for m in moments), *waits]).replace(ref, "S-1")


NUMBERS = itertools.count(100)


@cache
def long_running() -> Services:
    services = services_in(Path(mkdtemp()))
    launch(services, "delivery-check", "exception-follow-up")
    return services


@settings(
    max_examples=15,
    deadline=None,
    database=None,
)
@given(
    st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=3), st.integers(1, len(STORY))
)
def test_any_order_with_any_repeats_gives_the_same_moments(
    order: list[dict[str, Any]],
    repeats: list[dict[str, Any]],
    parts: int,
) -> None:
    services = long_running()
    in_order = told(services, f"S-{next(NUMBERS)}", STORY, 1)
    assert "'planned'" in in_order
    assert told(services, f"S-{next(NUMBERS)}", [*order, *repeats], parts) == in_order


def test_a_repeated_event_is_taken_once(services: Services) -> None:
    raw = json.dumps(STORY[3])
    assert intake.receive_events(services, [raw, raw]) == 1
    assert intake.receive_events(services, [raw]) == 0
    assert intake.work_inbox(services) == 1
    assert intake.work_inbox(services) == 0


def test_telling_it_all_again_changes_nothing(services: Services) -> None:
    tell(services, *STORY)
    before = services.store.moments(), services.store.invitations()
    tell(services, *({**event, "id": f"{event['id']} again"} for event in STORY))
    assert (services.store.moments(), services.store.invitations()) == before


def test_a_late_exception_starts_no_second_interview(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    wait(services, HOUR)
    work(services)
    assert outcomes(services) == {"Delivered/S-1": "asked"}

    tell(services, shipment("2", "exception", NOW - 2 * HOUR, exception_code="damaged"))
    wait(services, DAY)
    work(services)
    assert outcomes(services) == {"Delivered/S-1": "asked", "Exception/S-1/0": "superseded"}
    assert len(channel(services).sent) == 1


def test_an_exception_inside_the_settle_time_takes_the_interview(services: Services) -> None:
    tell(services, shipment("1", "delivered"))
    tell(services, shipment("2", "exception", NOW - 2 * HOUR, exception_code="damaged"))
    assert outcomes(services) == {"Delivered/S-1": "superseded", "Exception/S-1/0": "planned"}
    states = {one.moment_id: one.state for one in services.store.invitations()}
    assert states == {"Delivered/S-1": "cancelled", "Exception/S-1/0": "due"}


def test_history_is_stale_and_sends_nothing(services: Services) -> None:
    tell(services, shipment("1", "delivered", NOW - timedelta(days=400)))
    wait(services, DAY)
    assert not work(services).worked
    assert outcomes(services) == {"Delivered/S-1": "stale"}
    assert services.store.invitations() == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (shipment("x", "delivered", occurred_at="yesterday"), "occurred_at"),
        (shipment("x", "delivered", shipment_ref=None), "shipment_ref"),
        (shipment("x", "delivered", recipient="Robin"), "recipient"),
        (envelope("x", "shipment.lost", {}), "type"),
        ({**envelope("x", "shipment.status", {}), "data": None}, "data"),
    ],
)
def test_what_cannot_be_read_is_held_back_and_blocks_nobody(
    services: Services, event: dict[str, Any], reason: str
) -> None:
    tell(services, event, shipment("2", "delivered"))
    (held,) = services.store.inbox(held_back=True)
    assert held.event_id == "acme/x"
    assert reason in (held.error or "")
    assert "Delivered/S-1" in outcomes(services)
    assert services.store.unprocessed(9) == []


class Broken:
    """A source with a fault of its own."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def __getattr__(self, name: str) -> Any:
        return getattr(SOURCES["cloudevents"], name)

    def rows(self, raw: bytes, circumstances: object) -> list[Any]:
        raise self.fault


@pytest.mark.parametrize("fault", [KeyError("x"), Unavailable()])
def test_a_fault_of_ours_holds_back_the_event_and_a_silent_database_does_not(
    services: Services, fault: Exception
) -> None:
    intake.receive_events(services, [json.dumps(STORY[0])])
    broken = replace(services, sources={"cloudevents": Broken(fault)})
    if isinstance(fault, Unavailable):
        with pytest.raises(Unavailable):
            intake.work_inbox(broken)
        assert len(services.store.unprocessed(9)) == 1
    else:
        intake.work_inbox(broken)
        assert services.store.inbox(held_back=True)[0].error == "a fault of ours: KeyError"


def test_an_event_that_cannot_be_stored_takes_nobody_with_it(services: Services) -> None:
    bad = shipment("x", "delivered", ref="S-\ud800")
    tell(services, shipment("1", "delivered"), bad, shipment("2", "delivered", ref="S-2"))
    assert set(outcomes(services)) == {"Delivered/S-1", "Delivered/S-2"}
    assert len(services.store.inbox(held_back=True)) == 1


def test_an_event_that_is_none_is_refused_at_the_door(services: Services) -> None:
    with pytest.raises(InvalidInput, match="specversion"):
        intake.receive_events(services, [json.dumps(STORY[0]), "{}"])
    assert services.store.inbox() == []


def test_a_closed_claim_is_asked_about_with_what_its_shipment_was(services: Services) -> None:
    launch(services, "claim-closed")
    tell(
        services,
        shipment("1", "delivered", NOW - 3 * DAY, item="desk"),
        envelope(
            "2",
            "claim.closed",
            {
                "claim_ref": "K-1",
                "shipment_ref": "S-1",
                "exception_code": "damaged",
                "opened_at": (NOW - 2 * DAY).isoformat(),
                "closed_at": (NOW - HOUR).isoformat(),
                "outcome": "paid",
            },
        ),
    )
    record = services.store.moment("ClaimClosed/K-1")
    assert (record.outcome, record.study) == ("planned", "claim-closed")
    assert record.moment.context["item"] == "desk"
    assert record.due_at > NOW + 20 * HOUR  # a business day later


def renewing(**more: Any) -> Account:
    return Account(
        account_ref="a1",
        account_name="Acme",
        renewal_date=(NOW + timedelta(days=89)).date(),
        timezone="America/New_York",
        **more,
    )


def test_a_renewal_comes_due_with_the_calendar(services: Services) -> None:
    intake.take(services, [renewing(), Contact(contact_ref="c1", account_ref="a1", email="c@a.io")])
    names = [f"RenewalDue/a1/{renewing().renewal_date}/{days}" for days in (180, 90, 30)]
    assert outcomes(services) == {names[0]: "stale", names[1]: "planned"}

    wait(services, timedelta(days=60))
    worker.look_at_accounts(services)
    assert outcomes(services)[names[2]] == "planned"


def test_a_renewal_that_was_put_off_is_not_asked_about(services: Services) -> None:
    intake.take(services, [renewing(), Contact(contact_ref="c1", account_ref="a1", email="c@a.io")])
    later = Account(account_ref="a1", account_name="Acme", renewal_date=NOW.date().replace(2028))
    _, moments = intake.take(services, [later])
    assert moments == {("RenewalDue", "withdrawn"): 1}
    assert invitation(services).state in ("cancelled", "refused")


def test_nobody_to_ask_is_said_and_mended_by_a_contact(services: Services) -> None:
    _, first = intake.take(services, [renewing()])
    assert first[("RenewalDue", "nobody_to_ask")] == 1
    assert not settling.settle(services, settling.Affected(accounts={"a1"}))
    contact = Contact(contact_ref="c1", account_ref="a1", email="c@a.io")
    _, then = intake.take(services, [contact])
    assert then == {("RenewalDue", "planned"): 1}
    assert invitation(services).contact_ref == "c1"


def test_a_study_that_is_launched_later_asks_about_no_history(tmp_path: Path) -> None:
    services = services_in(tmp_path)
    tell(services, shipment("1", "delivered"), shipment("2", "delivered", ref="S-2"))
    assert set(outcomes(services).values()) == {"not_live"}

    launch(services, "delivery-check")
    tell(services, shipment("3", "delivered", NOW - HOUR / 2))
    assert outcomes(services)["Delivered/S-1"] == "planned"

    wait(services, timedelta(days=30))
    intake.take(services, [Shipment(shipment_ref="S-2", item="lamp")])
    assert outcomes(services)["Delivered/S-2"] == "not_live"
