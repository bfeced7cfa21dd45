"""EasyPost trackers: `X-Hmac-Signature` over the raw body, keyed by the NFKD form of the secret."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime

from interviewer.adapters.carriers import payloads
from interviewer.adapters.carriers.payloads import Object
from interviewer.adapters.carriers.signatures import digest, header, is_same
from interviewer.core.scan import Scan

SIGNATURE = "x-hmac-signature"


def verify(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Whether EasyPost sent this body."""
    return bool(secret) and is_same(header(headers, SIGNATURE), _signature(raw, secret))


def sign(raw: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that EasyPost would send."""
    return {SIGNATURE: _signature(raw, secret)}


def _signature(raw: bytes, secret: str) -> str:
    key = unicodedata.normalize("NFKD", secret).encode()
    return f"hmac-sha256-hex={digest(key, raw).hex()}"


def event_id(raw: bytes, headers: Mapping[str, str]) -> str:
    """Theirs, the same in every try."""
    return payloads.named(payloads.text(payloads.loaded(raw), "id"), raw)


def parse(raw: bytes) -> list[Scan]:
    """Every tracking detail; the newest takes the tracker's own status and estimate.

    The body is an event with the tracker as its `result`, or a tracker itself.
    """
    body = payloads.load(raw)
    is_event = isinstance(body.get("result"), dict)
    tracker, path = (payloads.part(body, "result"), "result.") if is_event else (body, "")
    code = payloads.needed(tracker, "tracking_code", f"{path}tracking_code")
    status = payloads.needed(tracker, "status", f"{path}status")
    details = payloads.parts(tracker, "tracking_details")
    if not details and status == "unknown":
        return []  # made a moment ago; the carrier has said nothing yet
    if not details:
        payloads.needed(tracker, "datetime", f"{path}tracking_details.0.datetime")
    before = payloads.part(body, "previous_attributes") if is_event else payloads.NOTHING
    scans = payloads.in_order(
        [
            _scan(detail, code, tracker, f"{path}tracking_details.{place}.datetime")
            for place, detail in enumerate(details)
        ]
    )
    return [*scans[:-1], scans[-1].model_copy(update=_newest(tracker, before))]


def _scan(detail: Object, code: str, tracker: Object, path: str) -> Scan:
    at = payloads.time(detail, "datetime", path)
    place = payloads.part(detail, "tracking_location")
    return Scan.model_validate(
        {
            "source": "easypost",
            "carrier": payloads.text(tracker, "carrier"),
            "code": code,
            **_words(detail if payloads.text(detail, "status") else tracker),
            "occurred_at": at.at,
            "time_quality": at.quality,
            "written": at.written,
            "carrier_text": payloads.text(detail, "message"),
            "city": payloads.text(place, "city"),
            "region": payloads.text(place, "state"),
            "country": payloads.text(place, "country"),
            "postal": payloads.text(place, "zip"),
        }
    )


def _newest(tracker: Object, before: Object) -> dict[str, object]:
    return {
        **_words(tracker),
        "estimated_at": payloads.estimate(tracker, "est_delivery_date"),
        "estimate_before": payloads.estimate(before, "est_delivery_date"),
        "proof": "signature" if payloads.text(tracker, "signed_by") else None,
    }


def _words(tracked: Object) -> dict[str, object]:
    given = {
        "status": payloads.text(tracked, "status"),
        "detail": payloads.text(tracked, "status_detail"),
    }
    raw = {name: word for name, word in given.items() if word}
    word = payloads.meaning("easypost_status", "easypost_status_detail", raw)
    return {**word._asdict(), "raw_codes": raw}
