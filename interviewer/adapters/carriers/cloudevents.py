"""CloudEvents 1.0 in JSON: the contract that any transport system can meet.

One envelope is one event, signed as Standard Webhooks says. Types and their data are listed in
README, "Events in".
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, get_args
from urllib.parse import unquote

from interviewer.adapters.carriers import payloads
from interviewer.adapters.carriers.scans import scan_rows
from interviewer.adapters.carriers.signatures import (
    header,
    is_recent,
    is_same,
)
from interviewer.core import standard_webhooks
from interviewer.core.book import (
    Account,
    Action,
    Claim,
    Consent,
    Contact,
    Kind,
    Outcome,
    Row,
    Score,
    Shipment,
)
from interviewer.core.errors import InvalidInput
from interviewer.core.offer import ActionAnswer
from interviewer.core.scan import Scan
from interviewer.core.times import parse_time
from interviewer.core.vocabulary import ExceptionCode, Status
from interviewer.events.import_rows import Plan, RowReader
from interviewer.ports import Circumstances

Data = Mapping[str, Any]
Record = dict[str, Any]

EVENT_COLUMNS = ("promised_from", "proof", "proof_place", "available_actions")
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
PERSON = {"name": "recipient_name", "phone": "phone", "email": "email", "locale": "language"}


class Fact(NamedTuple):
    """What an event says beside scans: a row to be, not yet checked."""

    kind: Kind
    record: Record


def verify(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Whether one of the signatures is ours, made within five minutes of the clock."""
    key = standard_webhooks.key_of(secret)
    message_id, signed_at = header(headers, "webhook-id"), header(headers, "webhook-timestamp")
    if not key or not message_id or not is_recent(signed_at, now):
        return False
    expected = standard_webhooks.signature(raw, key, message_id, signed_at)
    given = header(headers, "webhook-signature").split()
    return any([is_same(one, expected) for one in given])  # every one is compared


def sign(raw: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that a sender adds."""
    signed = standard_webhooks.headers(event_id(raw, {}), now, raw, [secret])
    return {**signed, "content-type": "application/cloudevents+json"}


def event_id(raw: bytes, headers: Mapping[str, str]) -> str:
    """Source and id together: what the specification makes unique; else the body's hash."""
    try:
        return identity(raw)
    except InvalidInput:
        return payloads.named(None, raw)


def identity(raw: bytes) -> str:
    """Source and id of an event.

    Raises:
        InvalidInput: It is no CloudEvent.
    """
    event = _envelope(raw)
    return f"{event['source']}/{event['id']}"


def check(raw: bytes) -> None:
    """Refuse what is no CloudEvent."""
    identity(raw)


def unpack(raw: bytes, headers: Mapping[str, str]) -> list[bytes]:
    """Each event of a request in structured mode: of one, of a batch, of the binary mode."""
    if header(headers, "ce-specversion"):
        return [_structured(raw, headers)]
    if header(headers, "content-type").startswith("application/cloudevents-batch"):
        try:
            batch = json.loads(raw)
        except (ValueError, RecursionError):
            return [raw]
        if isinstance(batch, list):
            return [json.dumps(event, ensure_ascii=False).encode() for event in batch]
    return [raw]


def _structured(raw: bytes, headers: Mapping[str, str]) -> bytes:
    """Binary mode: the attributes are headers, the body is the data."""
    attributes = {
        name.lower().removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        data = raw.decode("utf-8", "replace")
    return json.dumps({**attributes, "data": data}, ensure_ascii=False).encode()


def parse(raw: bytes) -> list[Scan]:
    """The scan of a `shipment.*` event; the other types have none.

    Raises:
        InvalidInput: The path, the value and the fix.
    """
    event = _envelope(raw)
    data = _data(event)
    if event["type"] not in SHIPMENT_TYPES:
        return []
    at = payloads.time(
        {"at": data.get("occurred_at") or event.get("time")}, "at", "data.occurred_at"
    )
    return [
        Scan.model_validate(
            {
                "source": event["source"],
                "source_event_id": event["id"],
                "carrier": payloads.text(data, "carrier"),
                "code": payloads.needed(data, "shipment_ref", "data.shipment_ref"),
                "order_ref": payloads.text(data, "order_ref"),
                "account": payloads.text(_part(data, "account"), "ref"),
                **_words(data),
                "occurred_at": at.at,
                "time_quality": at.quality,
                "written": at.written,
                "carrier_text": payloads.text(data, "exception_text"),
                "promised_at": _ahead(data, "promised_at"),
                "estimated_at": _ahead(data, "estimated_at"),
            }
        )
    ]


def _ahead(data: Data, name: str) -> datetime | date | None:
    at = payloads.estimate(data, name)
    if at is None and data.get(name):
        fix = "is no time; write ISO 8601 such as 2026-11-20T14:03:00Z or 2026-11-20"
        raise InvalidInput(f"data.{name}", fix, data[name])
    return at


def _words(data: Data) -> dict[str, Any]:
    raw = {
        name: word
        for name in ("status", "exception_code")
        if (word := payloads.text(data, name)) is not None
    }
    if not raw:
        raise InvalidInput("data.status", "is missing; give a status or an exception_code")
    status, code = (raw.get(name, "").casefold() for name in ("status", "exception_code"))
    is_status, is_code = status in get_args(Status), code in get_args(ExceptionCode)
    known = {"status": is_status or not status, "exception_code": is_code or not code}
    return {
        "status": (status if is_status else "unknown") if status else None,
        "exception_code": (code if is_code else "unspecified") if code else None,
        "raw_codes": raw,
        "unknown": tuple(name for name, is_known in known.items() if not is_known),
    }


def facts(raw: bytes) -> list[Fact | ActionAnswer]:
    """What an event says beside its scan.

    Raises:
        InvalidInput: The field, the value and the fix.
    """
    event = _envelope(raw)
    data = _data(event)
    if event["type"] in ANSWERS:
        return [_answer(event["type"], data)]
    reader = TYPES.get(event["type"])
    if reader is None:
        raise InvalidInput("type", f"is none of {', '.join((*TYPES, *ANSWERS))}", event["type"])
    if "occurred_at" not in data and event.get("time"):
        data = {**data, "occurred_at": event["time"]}
    return [Fact(kind, record) for kind, record in reader(data)]


def _answer(kind: str, data: Data) -> ActionAnswer:
    return ActionAnswer(
        request_id=payloads.needed(data, "request_id", "data.request_id"),
        is_confirmed=kind == "action.confirmed",
        shipment_ref=payloads.text(data, "shipment_ref"),
        text=payloads.text(data, "text"),
        until=_time(data, "until"),
    )


def _time(data: Data, name: str) -> datetime | None:
    text = payloads.text(data, name)
    return parse_time(text, "UTC", None, f"data.{name}")[0] if text else None


def rows(raw: bytes, circumstances: Circumstances) -> list[Row | ActionAnswer]:
    """What an event says, as rows of the book and answers to actions.

    Raises:
        InvalidInput: The field, the value and the fix.
    """
    event = _envelope(raw)
    recipient = _part(_data(event), "recipient")
    region = recipient.get("region")  # the country of numbers written without one
    plan = Plan(
        now=circumstances.now,
        source=event["source"],
        region=region if isinstance(region, str) else None,
        values=circumstances.words,
        unknown=circumstances.unknown,
    )
    found: list[Row | ActionAnswer] = []
    for fact in facts(raw):
        found += [fact] if isinstance(fact, ActionAnswer) else _checked(fact, plan)
    more = {name: _data(event).get(name) for name in EVENT_COLUMNS}
    for scan in parse(raw):
        found += scan_rows(scan, circumstances, recipient.get("timezone"), **more)
    return found


def _data(event: Mapping[str, Any]) -> Data:
    data = event.get("data")
    if not isinstance(data, dict):
        raise InvalidInput("data", "is missing; it is an object")
    return data


def _envelope(raw: bytes) -> payloads.Object:
    event = payloads.load(raw)
    if event.get("specversion") != "1.0":
        raise InvalidInput("specversion", "is not 1.0", event.get("specversion"))
    for name in ("id", "source", "type"):
        if not isinstance(event.get(name), str) or not event[name]:
            raise InvalidInput(name, "is missing; a CloudEvent needs it")
        if len(event[name]) > payloads.LONGEST_ID:
            fix = f"is longer than {payloads.LONGEST_ID} characters"
            raise InvalidInput(name, fix, event[name])
    return event


def _checked(fact: Fact, plan: Plan) -> tuple[Row, ...]:
    said = {name: value for name, value in fact.record.items() if value is not None}
    return RowReader(fact.kind, plan).read(said).rows


def _shipment(data: Data) -> Iterator[tuple[Kind, Record]]:
    recipient, account = _part(data, "recipient"), _part(data, "account")
    region = recipient.get("region")
    own: Record = {"account_ref": account.get("ref"), "timezone": recipient.get("timezone")}
    details: Record = {name: data.get(name) for name in SHIPMENT_COLUMNS}
    person: Record = {ours: recipient.get(theirs) for theirs, ours in PERSON.items()}
    yield Shipment, {**details, **person, **own, "region": region}
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
            **{
                name: data.get(name)
                for name in ("value_before", "renewal_date", "competitor", "reason")
            },
        },
    )


def _action(data: Data) -> Iterator[tuple[Kind, Record]]:
    names = ("what", "said_at", "topic", "done_at")
    action = {name: data.get(name) for name in names}
    contact = _part(data, "contact").get("ref")
    yield (
        Action,
        {**action, "account_ref": _part(data, "account").get("ref"), "contact_ref": contact},
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


SHIPMENT_TYPES = ("shipment.status", "shipment.delivered", "shipment.exception")
ANSWERS = ("action.confirmed", "action.refused")
TYPES: Mapping[str, Callable[[Data], Iterator[tuple[Kind, Record]]]] = {
    **dict.fromkeys(SHIPMENT_TYPES, _shipment),
    "claim.opened": _claim_opened,
    "claim.closed": _claim_closed,
    "account.updated": _account,
    "account.score": _score,
    "account.outcome": _outcome,
    "account.action": _action,
    "consent.changed": _consent,
}
