"""CloudEvents 1.0 in JSON: the contract that any transport system can meet.

One envelope in, rows of the book out. Types and their data are listed in README, "Events in".
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from interviewer.adapters.import_rows import Plan, RowReader
from interviewer.core.book import (
    Account,
    Claim,
    Consent,
    Contact,
    Kind,
    Outcome,
    Row,
    Score,
    Shipment,
    ShipmentEvent,
)
from interviewer.core.errors import InvalidInput

Data = Mapping[str, Any]
Record = dict[str, Any]

EVENT_COLUMNS = (
    "shipment_ref",
    "carrier",
    "order_ref",
    "status",
    "exception_code",
    "exception_text",
    "occurred_at",
    "promised_at",
    "promised_from",
    "estimated_at",
    "proof",
    "proof_place",
    "available_actions",
)
SHIPMENT_COLUMNS = (
    "shipment_ref",
    "carrier",
    "tracking_code",
    "order_ref",
    "service_level",
    "reference",
    "item",
    "notified_at",
    "option_chosen",
    "proof",
    "proof_place",
    "available_actions",
)
ACCOUNT_NAMES = {
    "ref": "account_ref",
    "name": "account_name",
    "owner": "owner_name",
    "second_owner": "second_owner_email",
}
CONTACT_NAMES = {
    "ref": "contact_ref",
    "name": "contact_name",
    "role": "contact_role",
    "locale": "language",
}
LONGEST_NAME = 200  # characters, of what the inbox is indexed by
PERSON = {"name": "recipient_name", "phone": "phone", "email": "email", "locale": "language"}


def event_id(raw: str) -> str:
    """Source and id together: what the specification makes unique.

    Raises:
        InvalidInput: It is no CloudEvent.
    """
    event = _envelope(raw)
    return f"{event['source']}/{event['id']}"


def rows(raw: str, now: datetime) -> list[Row]:
    """What an event says, as rows.

    Raises:
        InvalidInput: The field, the value and the fix.
    """
    event = _envelope(raw)
    data = event.get("data")
    if not isinstance(data, dict):
        raise InvalidInput("data", "is missing; it is an object")
    reader = TYPES.get(event["type"])
    if reader is None:
        raise InvalidInput("type", f"is none of {', '.join(TYPES)}", event["type"])
    if "occurred_at" not in data and event.get("time"):
        data = {**data, "occurred_at": event["time"]}
    region = _part(data, "recipient").get("region")  # the country of numbers written without one
    plan = Plan(now=now, source=event["source"], region=region if isinstance(region, str) else None)
    return [row for kind, record in reader(data) for row in _read(kind, record, plan)]


def _envelope(raw: str) -> dict[str, Any]:
    event = json.loads(raw)
    if not isinstance(event, dict):
        raise InvalidInput("event", "is no JSON object")
    if event.get("specversion") != "1.0":
        raise InvalidInput("specversion", "is not 1.0", event.get("specversion"))
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise InvalidInput(name, "is missing; a CloudEvent needs it")
        if len(event[name]) > LONGEST_NAME:
            raise InvalidInput(name, f"is longer than {LONGEST_NAME} characters", event[name])
    return event


def _read(kind: Kind, record: Record, plan: Plan) -> tuple[Row, ...]:
    """The rows of a record; a status or an exception code that is none of ours is refused."""
    said = {name: value for name, value in record.items() if value is not None}
    return RowReader(kind, plan).read(said).rows


def _shipment(data: Data) -> Iterator[tuple[Kind, Record]]:
    recipient, account = _part(data, "recipient"), _part(data, "account")
    region = recipient.get("region")
    own: Record = {"account_ref": account.get("ref"), "timezone": recipient.get("timezone")}
    details: Record = {name: data.get(name) for name in SHIPMENT_COLUMNS}
    person: Record = {ours: recipient.get(theirs) for theirs, ours in PERSON.items()}
    yield Shipment, {**details, **person, **own, "region": region}
    yield ShipmentEvent, {**{name: data.get(name) for name in EVENT_COLUMNS}, **own}
    yield from _consents(_part(data, "consent"), recipient)


def _consents(consent: Data, person: Data) -> Iterator[tuple[Kind, Record]]:
    for channel, address in (("sms", person.get("phone")), ("email", person.get("email"))):
        if address and isinstance(consent.get(channel), bool):
            yield (
                Consent,
                {
                    "address": address,
                    "channel": channel,
                    "status": "granted" if consent[channel] else "withdrawn",
                    "source": consent.get("source"),
                    "at": consent.get("at"),
                },
            )


def _claim(data: Data) -> Iterator[tuple[Kind, Record]]:
    yield (
        Claim,
        {
            "claim_ref": data.get("claim_ref"),
            "shipment_ref": data.get("shipment_ref"),
            "account_ref": _part(data, "account").get("ref"),
            "exception_code": data.get("exception_code"),
            "claim_opened_at": data.get("opened_at"),
            "claim_closed_at": data.get("closed_at"),
            "claim_outcome": data.get("outcome"),
            "amount": data.get("amount"),
            "currency": data.get("currency"),
        },
    )


def _claim_opened(data: Data) -> Iterator[tuple[Kind, Record]]:
    yield from _claim(_timed(data, "opened_at"))


def _claim_closed(data: Data) -> Iterator[tuple[Kind, Record]]:
    yield from _claim(_timed(data, "closed_at"))


def _timed(data: Data, name: str) -> Data:
    """The data with this time; where it is not given, it is when the event occurred."""
    return data if data.get(name) else {**data, name: data.get("occurred_at")}


def _account(data: Data) -> Iterator[tuple[Kind, Record]]:
    account = _part(data, "account")
    contacts = account.get("contacts") or []
    if not isinstance(contacts, list) or not all(isinstance(c, dict) for c in contacts):
        raise InvalidInput("account.contacts", "is no list of objects", contacts)
    plain = {name: value for name, value in account.items() if name != "contacts"}
    yield Account, _renamed(plain, ACCOUNT_NAMES)
    for contact in contacts:
        yield Contact, {**_renamed(contact, CONTACT_NAMES), "account_ref": account.get("ref")}


def _renamed(data: Data, names: Mapping[str, str]) -> Record:
    return {names.get(name, name): value for name, value in data.items()}


def _score(data: Data) -> Iterator[tuple[Kind, Record]]:
    names = ("metric", "period", "value", "scale_min", "scale_max", "n")
    score = {name: data.get(name) for name in names}
    yield Score, {**score, "account_ref": _part(data, "account").get("ref")}


def _outcome(data: Data) -> Iterator[tuple[Kind, Record]]:
    yield (
        Outcome,
        {
            "account_ref": _part(data, "account").get("ref"),
            "decided_at": data.get("decided_at"),
            "outcome": data.get("outcome"),
            "value_after": data.get("value"),
        },
    )


def _consent(data: Data) -> Iterator[tuple[Kind, Record]]:
    recipient = _part(data, "recipient")
    channel = data.get("channel")
    yield (
        Consent,
        {
            "address": recipient.get("phone" if channel == "sms" else "email"),
            "channel": channel,
            "status": data.get("state"),
            "source": data.get("source"),
            "evidence": data.get("evidence"),
            "at": data.get("at"),
        },
    )


def _part(data: Data, name: str) -> Data:
    """An object inside the data; an absent or null one is empty."""
    part = data.get(name)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise InvalidInput(name, "is no object", part)
    return part


TYPES: Mapping[str, Callable[[Data], Iterator[tuple[Kind, Record]]]] = {
    "shipment.status": _shipment,
    "shipment.delivered": _shipment,
    "shipment.exception": _shipment,
    "claim.opened": _claim_opened,
    "claim.closed": _claim_closed,
    "account.updated": _account,
    "account.score": _score,
    "account.outcome": _outcome,
    "consent.changed": _consent,
}
