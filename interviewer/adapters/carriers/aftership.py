"""AfterShip Tracking: `aftership-hmac-sha256` over the raw body.

The time of sending is inside the body and signed with it; a replay is stopped by `event_id`.
"""

from collections.abc import Mapping
from datetime import datetime

from interviewer.adapters.carriers import payloads
from interviewer.adapters.carriers.payloads import Object
from interviewer.adapters.carriers.signatures import base64_digest, header, is_same
from interviewer.core.scan import Scan

SIGNATURE = "aftership-hmac-sha256"


def verify(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Whether AfterShip sent this body."""
    return bool(secret) and is_same(header(headers, SIGNATURE), _signature(raw, secret))


def sign(raw: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that AfterShip would send."""
    return {SIGNATURE: _signature(raw, secret)}


def _signature(raw: bytes, secret: str) -> str:
    return base64_digest(secret.encode(), raw)


def event_id(raw: bytes, headers: Mapping[str, str]) -> str:
    """Theirs, the same in every try."""
    return payloads.named(payloads.text(payloads.loaded(raw), "event_id"), raw)


def parse(raw: bytes) -> list[Scan]:
    """Every checkpoint; the newest takes the tracking's own tag and its estimates.

    A tracking of which the carrier has said nothing yet has none.
    """
    message = payloads.part(payloads.load(raw), "msg")
    code = payloads.needed(message, "tracking_number", "msg.tracking_number")
    tag = payloads.needed(message, "tag", "msg.tag")
    checkpoints = payloads.parts(message, "checkpoints")
    if not checkpoints and tag == "Pending":
        return []
    if not checkpoints:
        payloads.needed(message, "checkpoint_time", "msg.checkpoints.0.checkpoint_time")
    scans = payloads.in_order(
        [_scan(point, code, message, place) for place, point in enumerate(checkpoints)]
    )
    return [*scans[:-1], scans[-1].model_copy(update=_newest(message))]


def _scan(point: Object, code: str, message: Object, place: int) -> Scan:
    at = payloads.time(point, "checkpoint_time", f"msg.checkpoints.{place}.checkpoint_time")
    return Scan.model_validate(
        {
            "source": "aftership",
            "carrier": payloads.text(point, "slug") or payloads.text(message, "slug"),
            "code": code,
            "order_ref": payloads.text(message, "order_number"),
            **_words(point if payloads.text(point, "tag") else message),
            "occurred_at": at.at,
            "time_quality": at.quality,
            "written": at.written,
            "carrier_text": payloads.text(point, "message"),
            "city": payloads.text(point, "city"),
            "region": payloads.text(point, "state"),
            "country": payloads.text(point, "country_iso3"),
            "postal": payloads.text(point, "postal_code") or payloads.text(point, "zip"),
        }
    )


def _newest(message: Object) -> dict[str, object]:
    first = payloads.estimate(payloads.part(message, "first_estimated_delivery"), "datetime")
    latest = payloads.estimate(payloads.part(message, "latest_estimated_delivery"), "datetime")
    promised = payloads.estimate(message, "order_promised_delivery_date")
    found = _words(message)
    if reason := payloads.text(
        payloads.part(message, "latest_estimated_delivery"), "revise_reason"
    ):
        found["raw_codes"] = {**_raw(message), "revise_reason": reason}
    return {
        **found,
        "promised_at": promised,
        "promised_source": "order_promised_delivery_date" if promised else None,
        "estimated_at": latest or payloads.estimate(message, "expected_delivery"),
        "estimate_before": first if latest and first != latest else None,
        "proof": "signature" if payloads.text(message, "signed_by") else None,
    }


def _raw(tagged: Object) -> dict[str, str]:
    raw = {"status": payloads.text(tagged, "tag"), "detail": payloads.text(tagged, "subtag")}
    return {name: word for name, word in raw.items() if word}


def _words(tagged: Object) -> dict[str, object]:
    word = payloads.meaning("aftership", "aftership", _raw(tagged))
    return {**word._asdict(), "raw_codes": _raw(tagged)}
