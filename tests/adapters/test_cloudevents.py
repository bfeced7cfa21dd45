"""CloudEvents in, rows of the book out: one case per type, and nonsense of every kind."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.adapters.carriers import cloudevents
from interviewer.adapters.carriers.cloudevents import TYPES
from interviewer.core.book import (
    Account,
    Action,
    Claim,
    Consent,
    Contact,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
)
from interviewer.core.errors import InvalidInput
from interviewer.ports import Circumstances

NOW = datetime(2026, 9, 15, 14, tzinfo=UTC)
BEFORE = "2026-09-14T17:00:00-04:00"
IN_UTC = datetime(2026, 9, 14, 21, tzinfo=UTC)
ACCOUNT = {"ref": "ACME", "name": "Acme"}


def event(kind: str, data: Any, **changes: Any) -> str:
    envelope = {"specversion": "1.0", "id": "1", "source": "tms", "type": kind, "data": data}
    return json.dumps({**envelope, **changes})


def rows(kind: str, data: Any, **changes: Any) -> list[Row]:
    return cloudevents.rows(event(kind, data, **changes).encode(), Circumstances(NOW))


def test_an_event_is_named_by_its_source_and_its_id() -> None:
    assert cloudevents.identity(event("shipment.status", {}, id="7").encode()) == "tms/7"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": None}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"source": None}, "source"),
        ({"type": []}, "type"),
        ({"source": "s" * 201}, "source"),
        ({"id": "i" * 201}, "id"),
    ],
)
def test_an_envelope_that_breaks_a_rule_names_the_field(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        cloudevents.identity(event("shipment.status", {}, **changes).encode())
    assert caught.value.field == field


@pytest.mark.parametrize("raw", ["[]", "7", '"text"', "null"])
def test_what_is_no_object_is_no_event(raw: str) -> None:
    with pytest.raises(InvalidInput, match="body"):
        cloudevents.identity(raw.encode())


def test_a_delivery_with_recipient_account_and_consent() -> None:
    data = {
        "shipment_ref": "L-1",
        "carrier": "Example Freight",
        "tracking_code": "T1",
        "status": "delivered",
        "occurred_at": BEFORE,
        "promised_at": "2026-09-13",
        "item": None,
        "proof": "photo",
        "recipient": {
            "ref": "r-1",
            "name": "Ann",
            "phone": "(415) 555-0123",
            "email": "Ann@Example.com",
            "locale": "es",
            "timezone": "America/New_York",
            "region": "US-NY",
        },
        "account": ACCOUNT,
        "consent": {"sms": True, "email": False, "source": "checkout", "at": BEFORE},
    }
    shipment, sms, email, scan = rows("shipment.delivered", data)
    assert isinstance(shipment, Shipment)
    assert (shipment.recipient_name, shipment.language, shipment.item) == ("Ann", "es", None)
    assert (shipment.phone, shipment.email) == ("+14155550123", "ann@example.com")
    assert (shipment.account_ref, shipment.region, shipment.proof) == ("ACME", "US-NY", "photo")
    assert isinstance(scan, ShipmentEvent)
    assert (scan.status, scan.occurred_at, scan.source) == ("delivered", IN_UTC, "tms")
    assert scan.promised_at == datetime(2026, 9, 13, 4, tzinfo=UTC)  # that day in New York
    assert (scan.promised_quality, scan.timezone) == ("date", "America/New_York")
    assert isinstance(sms, Consent)
    assert isinstance(email, Consent)
    assert (sms.address, sms.channel, sms.status) == ("+14155550123", "sms", "granted")
    assert (email.address, email.channel, email.status) == (
        *("ann@example.com", "email", "withdrawn"),
    )


def test_an_exception_with_what_can_be_done() -> None:
    action = {"id": "pickup", "label": "Pick it up at the depot", "until": "2026-09-18T18:00:00Z"}
    data = {
        "shipment_ref": "L-1",
        "exception_code": "delay_weather",
        "exception_text": "snow on I-80",
        "occurred_at": BEFORE,
        "available_actions": [action],
    }
    shipment, scan = rows("shipment.exception", data)
    assert isinstance(scan, ShipmentEvent)
    assert (scan.exception_code, scan.exception_text) == ("delay_weather", "snow on I-80")
    assert scan.available_actions is not None
    assert scan.available_actions[0].id == "pickup"
    assert isinstance(shipment, Shipment)
    assert shipment.available_actions == scan.available_actions


def test_the_envelope_s_time_stands_in_for_a_missing_one() -> None:
    _, scan = rows("shipment.status", {"shipment_ref": "L-1", "status": "in_transit"}, time=BEFORE)
    assert isinstance(scan, ShipmentEvent)
    assert scan.occurred_at == IN_UTC


@pytest.mark.parametrize("closed_at", [BEFORE, None])
def test_claims(closed_at: str | None) -> None:
    opened = {"claim_ref": "C-1", "shipment_ref": "L-1", "account": ACCOUNT, "exception_code": None}
    (claim,) = rows("claim.opened", {**opened, "occurred_at": "2026-09-01T12:00:00Z"})
    assert isinstance(claim, Claim)
    assert (claim.claim_opened_at.day, claim.claim_closed_at) == (1, None)
    times = {"opened_at": "2026-09-01", "closed_at": closed_at, "occurred_at": BEFORE}
    (claim,) = rows("claim.closed", {**opened, **times, "outcome": "partial", "amount": 120.5})
    assert isinstance(claim, Claim)
    assert (claim.claim_closed_at, claim.claim_outcome, claim.amount) == (IN_UTC, "partial", 120.5)
    assert (claim.account_ref, claim.shipment_ref) == ("ACME", "L-1")


def test_an_account_with_its_contacts() -> None:
    data = {
        "account": {
            **ACCOUNT,
            "tier": "gold",
            "renewal_date": "2027-03-01",
            "owner": "Sam Field",
            "second_owner": "second@example.com",
            "lane": "CHI-DAL",
            "contacts": [
                {"ref": "c-1", "role": "buyer", "name": "Bo", "email": "bo@acme.example.com"},
                {"ref": "c-2", "role": "warehouse", "phone": "+14155550124", "locale": "de"},
            ],
        }
    }
    account, buyer, warehouse = rows("account.updated", data)
    assert isinstance(account, Account)
    assert (account.account_name, account.owner_name) == ("Acme", "Sam Field")
    assert (account.renewal_date, account.second_owner_email) == (
        *(date(2027, 3, 1), "second@example.com"),
    )
    assert account.context == {"lane": "CHI-DAL"}
    assert isinstance(buyer, Contact)
    assert (buyer.account_ref, buyer.contact_role, buyer.contact_name) == ("ACME", "buyer", "Bo")
    assert isinstance(warehouse, Contact)
    assert (warehouse.contact_ref, warehouse.language) == ("c-2", "de")


def test_a_score_and_an_outcome() -> None:
    (score,) = rows(
        "account.score",
        {"account": ACCOUNT, "metric": "otif", "value": 93.5, "period": "2026-08", "n": 40},
    )
    assert isinstance(score, Score)
    assert (score.account_ref, score.metric, score.value, score.n) == ("ACME", "otif", 93.5, 40)
    (outcome,) = rows(
        "account.outcome",
        {"account": ACCOUNT, "decided_at": "2026-09-10", "outcome": "shrunk", "value": 5000},
    )
    assert isinstance(outcome, Outcome)
    assert (outcome.outcome, outcome.value_after) == ("shrunk", 5000)


def test_what_the_account_team_said_it_would_look_at() -> None:
    data = {"account": ACCOUNT, "what": "the Friday slots", "said_at": "2026-09-10"}
    (action,) = rows("account.action", {**data, "contact": {"ref": "c-1"}})
    assert isinstance(action, Action)
    assert (action.account_ref, action.contact_ref, action.done_at) == ("ACME", "c-1", None)


@pytest.mark.parametrize(
    ("channel", "address"), [("sms", "+14155550123"), ("email", "ann@example.com")]
)
def test_a_consent_is_for_the_address_of_its_channel(channel: str, address: str) -> None:
    data = {
        "recipient": {"phone": "+1 415 555 0123", "email": "ann@example.com"},
        "channel": channel,
        "state": "withdrawn",
        "source": "web form",
        "at": BEFORE,
    }
    (consent,) = rows("consent.changed", data)
    assert isinstance(consent, Consent)
    assert (consent.address, consent.status, consent.at) == (address, "withdrawn", IN_UTC)


SHIPMENT = {"shipment_ref": "L-1", "status": "delivered", "occurred_at": BEFORE}


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("shipment.teleported", SHIPMENT, "type"),
        ("shipment.status", None, "data"),
        ("shipment.status", [], "data"),
        ("shipment.status", {**SHIPMENT, "shipment_ref": None}, "shipment_ref"),
        ("shipment.status", {**SHIPMENT, "shipment_ref": {}}, "shipment_ref"),
        ("shipment.status", {**SHIPMENT, "status": None}, "data.status"),
        ("shipment.status", {**SHIPMENT, "occurred_at": "yesterday"}, "data.occurred_at"),
        ("shipment.status", {**SHIPMENT, "promised_at": "soon"}, "data.promised_at"),
        ("action.confirmed", {"shipment_ref": "L-1"}, "data.request_id"),
        ("action.confirmed", {"request_id": "r-1", "until": "soon"}, "data.until"),
        (
            "shipment.status",
            {**SHIPMENT, "occurred_at": (NOW + timedelta(days=9)).isoformat()},
            "occurred_at",
        ),
        ("shipment.status", {**SHIPMENT, "recipient": "Ann"}, "recipient"),
        ("shipment.status", {**SHIPMENT, "recipient": {"phone": "12"}}, "phone"),
        ("shipment.status", {**SHIPMENT, "recipient": {"timezone": "Mars"}}, "timezone"),
        ("claim.opened", {"claim_ref": "C-1"}, "claim_opened_at"),
        ("claim.closed", {"claim_ref": "C-1", "occurred_at": BEFORE}, "claim_opened_at"),
        ("account.updated", {}, "account_ref"),
        (
            "account.updated",
            {"account": {"ref": "A", "contacts": {"ref": "c"}}},
            "account.contacts",
        ),
        ("account.updated", {"account": {"ref": "A", "contacts": ["c"]}}, "account.contacts"),
        ("account.score", {"account": ACCOUNT, "metric": "otif", "period": "2026-08"}, "value"),
        ("account.outcome", {"account": ACCOUNT, "decided_at": "2026-09-10"}, "outcome"),
        ("consent.changed", {"channel": "sms", "state": "granted", "at": BEFORE}, "address"),
    ],
)
def test_data_that_breaks_a_rule_names_the_field(kind: str, data: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows(kind, data)
    assert caught.value.field == field


def test_words_that_are_none_of_ours_stand_for_not_known_and_are_counted() -> None:
    data = {**SHIPMENT, "status": "Arrived-ish", "exception_code": "gremlins", "proof": "dance"}
    seen = Circumstances(NOW)
    *_, scan = cloudevents.rows(event("shipment.exception", data).encode(), seen)
    assert isinstance(scan, ShipmentEvent)
    assert (scan.status, scan.exception_code) == ("unknown", "unspecified")
    assert scan.raw_codes == {"status": "Arrived-ish", "exception_code": "gremlins"}
    assert seen.unknown["status=Arrived-ish"] == seen.unknown["exception_code=gremlins"] == 1

    words = {"status": {"arrived-ish": "delivered"}, "exception_code": {"gremlins": "damaged"}}
    mapped = Circumstances(NOW, words=words)
    *_, scan = cloudevents.rows(event("shipment.exception", data).encode(), mapped)
    assert isinstance(scan, ShipmentEvent)
    assert (scan.status, scan.exception_code) == ("delivered", "damaged")
    ignored = Circumstances(NOW, words={"status": {"arrived-ish": None}})
    data["exception_code"] = None
    found = cloudevents.rows(event("shipment.status", data).encode(), ignored)
    assert not any(isinstance(row, ShipmentEvent) for row in found)


def test_one_a_batch_and_the_binary_mode_are_the_same_events() -> None:
    one = event("shipment.status", SHIPMENT)
    batch = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}
    assert cloudevents.unpack(one.encode(), {}) == [one.encode()]
    unpacked = cloudevents.unpack(f"[{one}, {one}]".encode(), batch)
    assert [json.loads(each) for each in unpacked] == [json.loads(one)] * 2
    binary = {f"ce-{k}": v for k, v in json.loads(one).items() if k != "data"}
    (made,) = cloudevents.unpack(json.dumps(SHIPMENT).encode(), binary)
    assert json.loads(made) == json.loads(one)
    for broken in (b"[", b"7", b"\xff"):
        assert cloudevents.unpack(broken, batch) == [broken]


def test_facts_and_answers_beside_scans() -> None:
    answer = {"request_id": "r-1", "shipment_ref": "L-1", "text": "Booked for Friday"}
    (said,) = cloudevents.facts(event("action.refused", answer).encode())
    assert said == cloudevents.ActionAnswer("r-1", False, "L-1", "Booked for Friday", None)
    assert cloudevents.parse(event("claim.opened", {"claim_ref": "C"}).encode()) == []


Leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
Anything = Leaves | st.lists(Leaves, max_size=3) | st.dictionaries(st.text(max_size=6), Leaves)
NAMES = [
    *("shipment_ref", "status", "exception_code", "occurred_at", "promised_at", "recipient"),
    *("account", "consent", "available_actions", "claim_ref", "opened_at", "closed_at", "amount"),
    *("metric", "value", "period", "decided_at", "outcome", "channel", "state", "source", "at"),
    *("timezone", "phone", "email", "region", "ref", "name", "contacts", "locale", "context"),
]
Words = st.sampled_from(
    ["L-1", "delivered", BEFORE, "otif", "2026-08", "sms", "granted", "US", "{"]
)
Inner = st.dictionaries(st.sampled_from(NAMES), Words | Anything, max_size=8)


@given(
    kind=st.sampled_from(sorted(TYPES)),
    data=st.dictionaries(st.sampled_from(NAMES), Words | Inner | Anything | st.lists(Inner)),
)
def test_no_data_gives_a_traceback(kind: str, data: Any) -> None:
    try:
        made = rows(kind, data)
    except InvalidInput as error:
        made, named = [], error.field
    else:
        named = None
    assert named or made
    assert all(isinstance(row, Row) for row in made)
