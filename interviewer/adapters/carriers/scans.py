"""From a scan to the event that the book keeps: its zone, its words, the days it speaks of."""

from datetime import date, datetime, time, timedelta
from typing import Any

from interviewer.core.book import Row, ShipmentEvent
from interviewer.core.scan import Scan
from interviewer.events.import_rows import Plan, RowReader
from interviewer.outreach.zones import zones_for
from interviewer.ports import Circumstances

# Carriers write some countries with three letters.
_COUNTRIES = {"USA": "US", "CAN": "CA", "MEX": "MX", "BRA": "BR", "GBR": "GB", "IRL": "IE"}
_COUNTRIES |= {"DEU": "DE", "AUT": "AT", "CHE": "CH", "FRA": "FR", "BEL": "BE", "NLD": "NL"}
_COUNTRIES |= {"ESP": "ES", "PRT": "PT", "ITA": "IT", "POL": "PL", "SWE": "SE", "DNK": "DK"}
_COUNTRIES |= {"AUS": "AU", "NZL": "NZ", "IND": "IN", "CHN": "CN", "JPN": "JP", "KOR": "KR"}


def scan_rows(
    scan: Scan, circumstances: Circumstances, zone: str | None = None, **more: Any
) -> list[Row]:
    """The event of a scan; none when the endpoint's value map ignores its word.

    Args:
        scan: What was said.
        circumstances: What is known beside it; words on no map are counted there.
        zone: Where its times without an offset are local; else it is looked for.
        more: Further columns of the event.

    Raises:
        InvalidInput: The column, the value and the fix.
    """
    zone = zone or (_zone(scan, circumstances) if _needs_zone(scan) else "UTC")
    plan = Plan(
        now=circumstances.now,
        source=scan.source,
        values=circumstances.words,
        unknown=circumstances.unknown,
    )
    record = {
        "shipment_ref": scan.code,
        "status": scan.status,
        "exception_code": scan.exception_code,
        "occurred_at": scan.written,
        "timezone": zone,
        "reported_at": _text(scan.reported_at),
        "source_event_id": scan.source_event_id,
        "carrier": scan.carrier,
        "account_ref": scan.account,
        "order_ref": scan.order_ref,
        "exception_text": scan.carrier_text if scan.exception_code else None,
        "raw_codes": scan.raw_codes,
        "city": scan.city,
        "region": scan.region,
        "country": scan.country,
        "promised_at": _day_or_time(scan.promised_at),
        "promised_source": scan.promised_source,
        "estimated_at": _day_or_time(scan.estimated_at),
        "estimate_before": _day_or_time(scan.estimate_before),
        "proof": scan.proof,
        **_own_words(scan, circumstances),
        **more,
    }
    said = {name: value for name, value in record.items() if value is not None}
    return list(RowReader(ShipmentEvent, plan).read(said).rows)


def _own_words(scan: Scan, circumstances: Circumstances) -> dict[str, str]:
    """The sender's word where the endpoint maps it, and where nothing else says what it means."""
    found: dict[str, str] = {}
    fallbacks = {"status": "unknown", "exception_code": "unspecified"}
    for column, fallback in fallbacks.items():
        mapped = circumstances.words.get(column, {})
        for name, word in scan.raw_codes.items():
            is_unheard = name == column in scan.unknown and getattr(scan, column) == fallback
            if word.casefold() in mapped or is_unheard:
                found[column] = word
    for name in scan.unknown:
        if name not in fallbacks and scan.raw_codes[name] not in found.values():
            circumstances.unknown[f"{name}={scan.raw_codes[name]}"] += 1
    return found


def _needs_zone(scan: Scan) -> bool:
    ahead = (scan.promised_at, scan.estimated_at)
    return scan.time_quality != "exact" or any(at is not None for at in ahead)


def _zone(scan: Scan, circumstances: Circumstances) -> str:
    """That of the scan's place, else of the destination, else UTC."""
    destination = circumstances.zone_of(scan.code)
    country = _COUNTRIES.get(scan.country or "", scan.country)
    place = f"{country}-{scan.region}" if country and scan.region else country
    zones = zones_for(region=place) if place and country and len(country) == 2 else frozenset()
    if not zones or destination in zones:
        return destination or "UTC"
    return min(zones) if len(zones) == 1 or not destination else destination


def _text(at: datetime | date | None) -> str | None:
    return at.isoformat() if at else None


def _day_or_time(at: datetime | date | None) -> str | None:
    """Midnight UTC is how carriers write a day that they promise or expect."""
    if isinstance(at, datetime) and at.utcoffset() == timedelta() and at.time() == time():
        return at.date().isoformat()
    return _text(at)
