from zoneinfo import ZoneInfo

import pytest

from interviewer.core.errors import InvalidInput
from interviewer.outreach.zones import (
    SUBDIVISION_ZONES,
    normalize_email,
    normalize_phone,
    zones_for,
)


@pytest.mark.parametrize(
    ("known", "zones"),
    [
        ({}, set()),
        ({"timezone": "Asia/Tokyo", "region": "US-FL"}, {"Asia/Tokyo"}),
        ({"region": "US-FL"}, {"America/New_York", "America/Chicago"}),
        ({"region": "US-CA", "phone": "+12125550123"}, {"America/Los_Angeles"}),
        ({"region": "DE"}, {"Europe/Berlin", "Europe/Busingen"}),
        ({"country": "JP"}, {"Asia/Tokyo"}),
        ({"region": "JP-13"}, {"Asia/Tokyo"}),
        ({"region": "XX", "phone": "+14155550123"}, {"America/Los_Angeles"}),
        ({"phone": "+14155550123"}, {"America/Los_Angeles"}),
        # a number that no table places: every zone of its country code
        (
            {"phone": "+447700900123"},
            {"Europe/London", "Europe/Guernsey", "Europe/Isle_of_Man", "Europe/Jersey"},
        ),
    ],
)
def test_the_best_known_place_counts(known: dict[str, str], zones: set[str]) -> None:
    assert zones_for(**known) == zones


def test_a_number_of_no_place_may_be_anywhere_in_its_plan() -> None:
    assert len(zones_for(phone="+18005550123")) > 30


def test_every_zone_of_the_table_exists() -> None:
    names = {name for zones in SUBDIVISION_ZONES.values() for name in zones}
    assert {ZoneInfo(name).key for name in names} == names
    assert sum(region.startswith("US-") for region in SUBDIVISION_ZONES) == 51


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+1 (415) 555-0123", None, "+14155550123"),
        ("415-555-0123", "US", "+14155550123"),
        ("415-555-0123", "US-CA", "+14155550123"),
        ("0171 5550123", "DE", "+491715550123"),
        ("020 7946 0018", "GB", "+442079460018"),
    ],
)
def test_a_phone_number_becomes_e164(text: str, region: str | None, number: str) -> None:
    assert normalize_phone(text, region) == number


@pytest.mark.parametrize(
    ("text", "region"),
    [("415-555-0123", None), ("12", "US"), ("none", "US"), ("", None), ("+1", "")],
)
def test_what_is_no_phone_number_is_refused(text: str, region: str | None) -> None:
    with pytest.raises(InvalidInput, match="--region"):
        normalize_phone(text, region)


def test_an_email_address_is_written_one_way() -> None:
    assert normalize_email(" Ana.Silva@Example.COM ") == "ana.silva@example.com"


@pytest.mark.parametrize(
    "text", ["", "ana", "ana@", "ana@example", "a b@example.com", "a@b.com\r\n."]
)
def test_what_is_no_email_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        normalize_email(text)
