"""Shopify's topic `fulfillment_events/create`: `X-Shopify-Hmac-SHA256` over the raw body."""

from collections.abc import Mapping
from datetime import datetime

from interviewer.adapters.carriers import payloads
from interviewer.adapters.carriers.signatures import base64_digest, header, is_same
from interviewer.core.scan import Scan

SIGNATURE = "x-shopify-hmac-sha256"


def verify(raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Whether Shopify sent this body."""
    return bool(secret) and is_same(header(headers, SIGNATURE), _signature(raw, secret))


def sign(raw: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that Shopify would send."""
    return {SIGNATURE: _signature(raw, secret)}


def _signature(raw: bytes, secret: str) -> str:
    return base64_digest(secret.encode(), raw)


def event_id(raw: bytes, headers: Mapping[str, str]) -> str:
    """The event's, which repeats across subscriptions, else the delivery's."""
    theirs = header(headers, "x-shopify-event-id") or header(headers, "x-shopify-webhook-id")
    return payloads.named(theirs, raw)


def parse(raw: bytes) -> list[Scan]:
    """The one scan of the event; a fulfillment is the shipment."""
    body = payloads.load(raw)
    status = payloads.needed(body, "status", "status").upper()
    at = payloads.time(body, "happened_at", "happened_at")
    raw_codes = {"status": status}
    return [
        Scan.model_validate(
            {
                "source": "shopify",
                "source_event_id": payloads.text(body, "id"),
                "code": payloads.needed(body, "fulfillment_id", "fulfillment_id"),
                "order_ref": payloads.text(body, "order_id"),
                **payloads.meaning("shopify", "shopify", raw_codes)._asdict(),
                "raw_codes": raw_codes,
                "occurred_at": at.at,
                "time_quality": at.quality,
                "written": at.written,
                "carrier_text": payloads.text(body, "message"),
                "city": payloads.text(body, "city"),
                "region": payloads.text(body, "province"),
                "country": payloads.text(body, "country"),
                "postal": payloads.text(body, "zip"),
                "estimated_at": payloads.estimate(body, "estimated_delivery_at"),
            }
        )
    ]
