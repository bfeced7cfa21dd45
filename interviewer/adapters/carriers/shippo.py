"""Shippo tracking: `Shippo-Auth-Signature: t=...,v1=...` over `t.body`, where it is turned on.

By default Shippo signs nothing; the endpoint's URL then carries the secret as its token, which
the route compares.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from interviewer.adapters.carriers import payloads
from interviewer.adapters.carriers.payloads import Object
from interviewer.adapters.carriers.signatures import digest, header, is_recent, is_same
from interviewer.core.scan import Scan

SIGNATURE = "shippo-auth-signature"


def verify(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Whether Shippo signed this body, within five minutes of the clock."""
    fields = dict(
        pair.strip().partition("=")[::2] for pair in header(headers, SIGNATURE).split(",")
    )
    signed_at = fields.get("t", "")
    if not secret or not is_recent(signed_at, now):
        return False
    return is_same(fields.get("v1", ""), _signature(raw, secret, signed_at))


def sign(raw: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that Shippo would send."""
    signed_at = str(int(now.timestamp()))
    return {SIGNATURE: f"t={signed_at},v1={_signature(raw, secret, signed_at)}"}


def _signature(raw: bytes, secret: str, signed_at: str) -> str:
    return digest(secret.encode(), signed_at.encode("utf-8", "replace"), b".", raw).hex()


def event_id(raw: bytes, headers: Mapping[str, str]) -> str:
    """Shippo gives none: the hash of what the newest scan says."""
    data = payloads.part(payloads.loaded(raw), "data")
    status = payloads.part(data, "tracking_status")
    says = (
        payloads.text(data, "carrier"),
        payloads.text(data, "tracking_number"),
        payloads.text(status, "status"),
        _substatus(status),
        payloads.text(status, "status_date"),
    )
    if not any(says):
        return payloads.named(None, raw)
    return hashlib.sha256("\x1f".join(word or "" for word in says).encode()).hexdigest()


def parse(raw: bytes) -> list[Scan]:
    """The history and the newest scan, which has the estimates."""
    data = payloads.part(payloads.load(raw), "data")
    code = payloads.needed(data, "tracking_number", "data.tracking_number")
    status = payloads.part(data, "tracking_status")
    newest = _scan(status, code, data, "data.tracking_status")
    history = [
        _scan(each, code, data, f"data.tracking_history.{place}")
        for place, each in enumerate(payloads.parts(data, "tracking_history"))
    ]
    before = [scan for scan in history if not _is_same_scan(scan, newest)]
    eta, promised = payloads.estimate(data, "eta"), payloads.estimate(data, "original_eta")
    told = {
        "promised_at": promised,
        "promised_source": "original_eta" if promised else None,
        "estimated_at": eta,
        "estimate_before": promised if eta and promised != eta else None,
    }
    return payloads.in_order([*before, newest.model_copy(update=told)])


def _is_same_scan(scan: Scan, other: Scan) -> bool:
    return (scan.raw_codes, scan.occurred_at) == (other.raw_codes, other.occurred_at)


def _scan(status: Object, code: str, data: Object, path: str) -> Scan:
    payloads.needed(status, "status", f"{path}.status")
    at = payloads.time(status, "status_date", f"{path}.status_date")
    place = payloads.part(status, "location")
    return Scan.model_validate(
        {
            "source": "shippo",
            "source_event_id": payloads.text(status, "object_id"),
            "carrier": payloads.text(data, "carrier"),
            "code": code,
            **_words(status),
            "occurred_at": at.at,
            "time_quality": at.quality,
            "written": at.written,
            "reported_at": _reported_at(status),
            "carrier_text": payloads.text(status, "status_details"),
            "city": payloads.text(place, "city"),
            "region": payloads.text(place, "state"),
            "country": payloads.text(place, "country"),
            "postal": payloads.text(place, "zip"),
        }
    )


def _reported_at(status: Object) -> datetime | None:
    """When Shippo told it: not when it was scanned."""
    at = payloads.estimate(status, "object_updated")
    return at if isinstance(at, datetime) and at.tzinfo else None


def _substatus(status: Object) -> str | None:
    """Its code; older versions give the code alone."""
    return payloads.text(payloads.part(status, "substatus"), "code") or payloads.text(
        status, "substatus"
    )


def _words(status: Object) -> dict[str, object]:
    given = {
        "status": (payloads.text(status, "status") or "").upper(),
        "detail": _substatus(status),
    }
    raw = {name: word for name, word in given.items() if word}
    word = payloads.meaning("shippo_status", "shippo_substatus", raw)
    return {**word._asdict(), "raw_codes": raw}
